// Where the class Session differs from the browser's WebSocket on a connection that is never lost, and why. All of it is
// deliberate, and docs/sessions.md tells users of it ("Instead of a WebSocket"). The list is exact: a test that is here and
// passes is a failure too.

/** @typedef {import("./deviations.mjs").Reasons} Reasons */

const subprotocols = "C++ takes subprotocols that differ in case for the same one, in every class";
const none = "null is no subprotocol";
const asked = "a function is asked before each attempt";
const more = "it has more members, and a name of its own";
const proxied = "the test makes it through a Proxy, so that it does not connect again";
const kept = "what is sent before there is a connection is kept";
const result = "send returns what has become of the message";
const dropped = "what is sent after close is dropped, which an event tells, and does not count as buffered";
const script = "it is JavaScript";
const told = "an error event tells why, also for a connection that only broke off";
const withoutCode = "engines disagree about a reason without a code: here it goes with 1000, and an empty one is none";

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
    "fires error as an Event without more": told,
    "fires events whose isTrusted is true": "only a browser makes trusted events",
    "runs the microtasks of error before close": "C++ tells of both in one call",
    "runs the microtasks of one listener before the next": script,
  },
  send: {
    "gives undefined and ignores further arguments": result,
    "throws InvalidStateError while it connects": kept,
    "sends nothing later of what it refused while it connected": kept,
    "converts its argument before it throws InvalidStateError": kept,
    "gives undefined when it is closing and when it is closed": result,
  },
  "buffered-amount": {
    "counts the same when it is closing and when it is closed": dropped,
    "does not fall when the connection closes": dropped,
    "grows when it is closed before it was open": dropped,
    "grows when the connection could not be opened": dropped,
    "does not grow when send throws": kept,
  },
  end: {
    "counts what is sent once a Close frame has come, before TCP has ended": dropped,
  },
  negotiation: {
    "protocol keeps its case": subprotocols,
  },
  independence: {
    "works when the page replaces setTimeout": "its deadlines are the page's timers, so that fake ones reach them",
    "throws its own InvalidStateError when the page replaces DOMException": kept,
  },
  realms: {
    "throws InvalidStateError of its own realm while it connects": kept,
    "has methods that work on an instance of another window's class": "each window has a module and a heap of its own",
  },
  engine: {
    'does as the browser\'s own class does: close(NaN, "reason")': withoutCode,
    "does as the browser's own class does: the events after a message to /drop-after-message": told,
    "does as the browser's own class does: what becomes of it when its frame is removed":
      "the module ends with its frame, and what it has counted stays",
    "does as the browser's own class does: a connection that the page's policy forbids":
      "it connects from the next turn on, and tells of a failure by events",
  },
};

/** @type {Partial<Record<import("../../support/browsers.mjs").Engine, Reasons>>} */
const inEngines = {
  chromium: {
    engine: { 'does as the browser\'s own class does: close(NaN, "")': withoutCode },
  },
  firefox: {
    engine: {
      "does as the browser's own class does: what is told of a Close frame with the code 1006": told,
      "does as the browser's own class does: what is told of a Close frame with the code 1015": told,
    },
  },
};

/**
 * @param {import("../../support/browsers.mjs").Engine} engine
 * @param {string} section
 * @returns {Record<string, string>}
 */
export const sessionDifferences = (engine, section) => ({ ...everywhere[section], ...inEngines[engine]?.[section] });

/** All of them. */
export const listed = [everywhere, ...Object.values(inEngines)];
