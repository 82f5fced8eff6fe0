// Where the class Session differs from the browser's WebSocket on a connection that is never lost,
// and why. All of it is deliberate, and documented in docs/sessions-javascript.md ("Instead of a
// WebSocket"). The list is exact: a listed test that passes is a failure too.

/** @typedef {import("./deviations.mjs").Reasons} Reasons */

const subprotocols = "C++ treats subprotocols that differ in case as the same one, in every class";
const none = "null means no subprotocol";
const asked = "a function is called before each attempt";
const more = "it has more members, and its own name";
const proxied = "the test makes it through a Proxy, so that it does not reconnect";
const kept = "messages sent before there is a connection are queued";
const result = "send returns what happened to the message";
const dropped =
  "messages sent after close are dropped, which an event reports, and do not count as buffered";
const script = "it is JavaScript";
const withReason = "an error event says why, even for a lost connection";
const withoutCode =
  "engines disagree about a reason without a code: here it is sent with 1000, and an empty one is not sent";

/** @type {Reasons} */
const everywhere = {
  protocols: {
    "offers two that differ in case": subprotocols,
    "offers null as the string null": none,
    "offers a function without an iterator as its string": asked,
  },
  interface: {
    "is a function named WebSocket of one parameter": more,
    "is the constructor of its prototype": proxied,
    "has Symbol.toStringTag on its prototype": more,
    "has on its prototype the members of the interface and nothing else": more,
    "shows its members to for-in, on an instance and on its prototype": more,
    "has methods and accessors whose source text is native code": script,
  },
  events: {
    "fires error as a plain Event": withReason,
    "fires events whose isTrusted is true": "only a browser makes trusted events",
    "runs the microtasks of error before close": "C++ reports both in one call",
    "runs the microtasks of one listener before the next": script,
  },
  send: {
    "returns undefined and ignores further arguments": result,
    "throws InvalidStateError while it connects": kept,
    "never sends data that it refused while it connected": kept,
    "converts its argument before it throws InvalidStateError": kept,
    "returns undefined when it is closing and when it is closed": result,
  },
  "buffered-amount": {
    "counts the same when it is closing and when it is closed": dropped,
    "does not fall when the connection closes": dropped,
    "grows when it is closed before it was open": dropped,
    "grows when the connection could not be opened": dropped,
    "does not grow when send throws": kept,
  },
  end: {
    "counts data that is sent after a Close frame was received, before TCP has ended": dropped,
  },
  negotiation: {
    "protocol keeps its case": subprotocols,
  },
  independence: {
    "works when the page replaces setTimeout":
      "its deadlines are the page's timers, so that fake ones reach them",
    "throws its own InvalidStateError when the page replaces DOMException": kept,
  },
  realms: {
    "throws InvalidStateError of its own realm while it connects": kept,
    "has methods that work on an instance of another window's class":
      "each window has its own module and heap",
  },
  engine: {
    'does as the browser\'s own class does: close(NaN, "reason")': withoutCode,
    "does as the browser's own class does: the events after a message to /drop-after-message":
      withReason,
    "does as the browser's own class does: what happens to it when its frame is removed":
      "the module ends with its frame, and its counters stay",
    "does as the browser's own class does: a connection that the page's policy forbids":
      "it connects from the next turn on, and reports a failure by events",
  },
};

/** @type {Partial<Record<import("../../support/browsers.mjs").Engine, Reasons>>} */
const inEngines = {
  chromium: {
    engine: { 'does as the browser\'s own class does: close(NaN, "")': withoutCode },
  },
  firefox: {
    engine: {
      "does as the browser's own class does: the events for a Close frame with the code 1006":
        withReason,
      "does as the browser's own class does: the events for a Close frame with the code 1015":
        withReason,
    },
  },
};

/**
 * @param {import("../../support/browsers.mjs").Engine} engine
 * @param {string} section
 * @returns {Record<string, string>}
 */
export const sessionDifferences = (engine, section) => ({
  ...everywhere[section],
  ...inEngines[engine]?.[section],
});

/** All of them. */
export const listed = [everywhere, ...Object.values(inEngines)];
