// Tests that are known to fail, and why. The lists are exact: a listed test that passes is a
// failure too.

/** @typedef {Record<string, Record<string, string>>} Reasons of each section's tests, by name */

const wrongBase =
  "Firefox resolves against the URL of the script's document, and knows no other base";
const noSelection = "it opens although the server selected no subprotocol";
const frameOverhead =
  "WebKit counts the bytes of a frame's header when sending to a closed connection";
const cutAtNul = "WebKit cuts a reason at its first NUL";
const unknownCode =
  "WebKit treats the close codes that were registered after RFC 6455 as a violation";

/**
 * Deviations of the browser's own class from the Standard. Chromium is the reference: what fails
 * there is no test. Hawser's class may do either.
 *
 * @type {Record<import("../../support/browsers.mjs").Engine, Reasons>}
 */
export const deviations = {
  chromium: {},
  firefox: {
    url: {
      'resolves "" against the base URL': "Firefox refuses an empty URL",
      "resolves against the <base> of the document": wrongBase,
      "resolves against a <base> that is a ws: URL": wrongBase,
      "throws SyntaxError for a relative URL when the <base> has another scheme": wrongBase,
      "resolves against the document's URL as pushState has changed it": wrongBase,
    },
    protocols: {
      "offers an object whose iterator is null as its string":
        "Firefox treats null as an iterator that is not a function",
    },
    "buffered-amount": {
      "does not change during a synchronous request":
        "Firefox runs other tasks during the request, which transmit queued data",
    },
    end: {
      "fails with error, then close with 1006, for a subprotocol though none was offered in the handshake":
        "Firefox ignores the subprotocol",
      "fails with error, then an unclean close, for a masked frame (§5.1)":
        "Firefox unmasks the frame",
      "fails with error, then an unclean close, for a Close frame of one byte (§5.5.1)":
        "Firefox treats the frame as an empty one",
    },
    negotiation: {
      "fails when the server selects none of the subprotocols": noSelection,
    },
    realms: {
      "resolves relative URLs against the document of its own window": wrongBase,
      "throws SyntaxError for a relative URL in a worker from a blob: URL, and accepts an absolute one":
        "Firefox resolves against the URL of the page that made the worker",
    },
  },
  webkit: {
    protocols: {
      "does not call return of the iterator when an element cannot be converted (Web IDL §3.2.21)":
        "WebKit closes the iterator as for-of does",
      "asks for Symbol.iterator once": "WebKit checks whether it exists, and reads it again",
    },
    send: {
      "sends earlier messages before the Close frame":
        "WebKit drops a Blob that it has yet to read",
    },
    "buffered-amount": {
      "counts the same when it is closing and when it is closed": frameOverhead,
      "does not fall when the connection closes": frameOverhead,
      "grows when it is closed before it was open": frameOverhead,
      "grows when the connection could not be opened": frameOverhead,
    },
    close: {
      "sends a reason with a NUL and a byte order mark": cutAtNul,
    },
    end: {
      "reports the code 1012 of the server": unknownCode,
      "reports the code 1013 of the server": unknownCode,
      "reports the code 1014 of the server": unknownCode,
      "keeps a byte order mark and a NUL in the reason": cutAtNul,
      "counts data that is sent after a Close frame was received, before TCP has ended":
        frameOverhead,
      "fails with error, then close with 1006, for a redirection in the handshake":
        "WebKit follows it",
      "fails for a port that is blocked, and does not throw (Fetch §2.9)":
        "WebKit fires error while it is CONNECTING, and no close",
    },
    negotiation: {
      "fails when the server selects none of the subprotocols": noSelection,
      "fails when the server selects one in another case": "WebKit compares without regard to case",
    },
  },
};

const cutsFractions =
  "hawser's class cuts off the fraction of a close code in every engine, and Firefox rounds";

/**
 * Differences of hawser's class, which is the same in every engine, from this engine's own.
 *
 * @type {Partial<Record<import("../../support/browsers.mjs").Engine, Reasons>>}
 */
export const differences = {
  firefox: {
    engine: Object.fromEntries(
      [999.5, 999.6, 1000.6, 2999.5, 2999.6, 4999.5, 4999.6, 3001.5].map((code) => [
        `does as the browser's own class does: close(${code})`,
        cutsFractions,
      ]),
    ),
  },
};

/**
 * What no JavaScript class can do, in any engine.
 *
 * @type {Reasons}
 */
export const impossible = {
  interface: {
    "has methods and accessors whose source text is native code": "it is JavaScript",
  },
  events: {
    "fires events whose isTrusted is true": "only a browser makes trusted events",
    "runs the microtasks of one listener before the next":
      "microtasks run when no JavaScript is left on the stack, and the code that dispatches the event is JavaScript",
  },
  realms: {
    "has methods that work on an instance of another window's class":
      "each window has its own module and heap",
  },
};
