// How the WebSocket events of engines differ, as far as a program can see.

/**
 * @typedef {object} Engine
 * @property {boolean} raisesErrorOnLoss whether an error event precedes the close event of a lost
 *   connection
 * @property {boolean} closesAfterFailure whether a close event follows the error event of a failed
 *   handshake
 * @property {boolean} endsInsideClose whether `close` while connecting raises its events before it
 *   returns
 * @property {boolean} countsDropped whether `bufferedAmount` counts messages sent after `close`
 * @property {boolean} countsFrames whether it then counts the frame header, too
 * @property {boolean} needsSubprotocol whether a handshake fails if it selects none of the offered
 *   subprotocols
 * @property {boolean} isNode whether there is no page, and timers are objects
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

const node = {
  ...browser,
  endsInsideClose: true,
  countsDropped: false,
  needsSubprotocol: true,
  isNode: true,
};

/** @type {Record<string, Engine>} */
export const engines = {
  chromium: { ...browser, needsSubprotocol: true },
  firefox: browser,
  webkit: { ...browser, countsFrames: true },
  node20: { ...node, closesAfterFailure: false },
  node26: { ...node, raisesErrorOnLoss: true },
};
