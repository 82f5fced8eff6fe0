// How engines differ in the events of a WebSocket, as far as a program can see it.

/**
 * @typedef {object} Engine
 * @property {boolean} raisesErrorOnLoss whether an error event precedes the close event of a lost connection
 * @property {boolean} closesAfterFailure whether a close event follows the error event of a failed handshake
 * @property {boolean} endsInsideClose whether `close` while connecting raises its events before it returns
 * @property {boolean} countsDropped whether `bufferedAmount` counts what is sent after `close`
 * @property {boolean} countsFrames whether it counts the head of its frame then, too
 * @property {boolean} needsSubprotocol whether a handshake fails that selects none of the subprotocols offered
 * @property {boolean} isNode without a page, and with timers that are objects
 */

const browser = {
  raisesErrorOnLoss: false,
  closesAfterFailure: true,
  endsInsideClose: false,
  countsDropped: true,
  countsFrames: false,
  needsSubprotocol: false,
  isNode: false,
};

const node = { ...browser, endsInsideClose: true, countsDropped: false, needsSubprotocol: true, isNode: true };

/** @type {Record<string, Engine>} */
export const engines = {
  chromium: { ...browser, needsSubprotocol: true },
  firefox: browser,
  webkit: { ...browser, countsFrames: true },
  node20: { ...node, closesAfterFailure: false },
  node26: { ...node, raisesErrorOnLoss: true },
};
