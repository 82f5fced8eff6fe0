// Checks that the servers of tests/support/hostile.mjs break exactly the rules they claim to break.
// npm's ws, a strict client, reports what it finds.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { WebSocket } from "ws";
import { startServer } from "../support/server.mjs";

const frame = "Invalid WebSocket frame: ";

/** The start of ws's error for each; an array lists messages that it accepts. */
const handshakes = {
  "without-upgrade": "Unexpected server response: 101", // Node's HTTP client does not count this as an upgrade
  "another-upgrade": "Invalid Upgrade header",
  "without-connection": "Unexpected server response: 101",
  "another-connection": "Unexpected server response: 101",
  "without-accept": "Invalid Sec-WebSocket-Accept header",
  "empty-accept": "Invalid Sec-WebSocket-Accept header",
  "another-accept": "Invalid Sec-WebSocket-Accept header",
  "accept-twice": "Invalid Sec-WebSocket-Accept header",
  "accept-twice-once-wrong": "Invalid Sec-WebSocket-Accept header",
  "protocol-unasked": "Server sent a subprotocol but none was requested",
  "protocol-empty": "Server sent a subprotocol but none was requested",
  "protocol-twice": "Server sent a subprotocol but none was requested",
  "protocol-list": "Server sent a subprotocol but none was requested",
  "extension-unasked": "Server indicated an extension that was not requested",
  "extension-twice": [],
  "deflate-window-of-7": "Invalid Sec-WebSocket-Extensions header",
  "deflate-window-of-99": "Invalid Sec-WebSocket-Extensions header",
  "deflate-parameter-unknown": "Invalid Sec-WebSocket-Extensions header",
  "deflate-parameter-twice": "Invalid Sec-WebSocket-Extensions header",
  "status-200": "Unexpected server response: 200",
  "status-204": "Unexpected server response: 204",
  "status-301": "Unexpected server response: 301",
  "status-307": "Unexpected server response: 307",
  "status-401": "Unexpected server response: 401",
  "status-403": "Unexpected server response: 403",
  "status-407": "Unexpected server response: 407",
  "status-426": "Unexpected server response: 426",
  "status-503": "Unexpected server response: 503",
  "status-999": "Unexpected server response: 999",
  "status-200-held": "Unexpected server response: 200",
  "status-in-words": "Parse Error: Invalid status code",
  "http-1.0": [],
  "http-2.0": [],
  "http-9.9": "Parse Error: Invalid HTTP version",
  "line-without-colon": "Parse Error: Invalid header token",
  "nul-in-header": "Parse Error: Invalid header value char",
  "body-by-length": `${frame}RSV2 and RSV3 must be clear`, // as the text "hello", read as a frame
  "body-chunked": `${frame}RSV2 and RSV3 must be clear`,
  nothing: "socket hang up",
  "status-line-cut": "socket hang up",
  "header-cut": "socket hang up",
  "header-held": "Opening handshake has timed out",
  "garbage-cut": "Parse Error: Expected HTTP/",
  "garbage-held": "Parse Error: Expected HTTP/",
  "another-protocol": "Parse Error: Expected HTTP/",
  "a-tls-record": "Parse Error: Expected HTTP/",
  "endless-headers": "Parse Error: Header overflow",
  "endless-header": "Parse Error: Header overflow",
  slow: [],
};

const frames = {
  masked: `${frame}MASK must be clear`,
  "rsv-1": `${frame}RSV1 must be clear`,
  "rsv-2": `${frame}RSV2 and RSV3 must be clear`,
  "rsv-3": `${frame}RSV2 and RSV3 must be clear`,
  ...Object.fromEntries(
    [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [
      `opcode-${opcode}`,
      `${frame}invalid opcode ${opcode}`,
    ]),
  ),
  "long-ping": `${frame}invalid payload length 126`,
  "long-pong": `${frame}invalid payload length 126`,
  "long-close": `${frame}invalid payload length 126`,
  "very-long-ping": `${frame}invalid payload length 127`, // the marker of a length in 8 bytes
  "fragmented-ping": `${frame}FIN must be set`,
  "fragmented-pong": `${frame}FIN must be set`,
  "fragmented-close": `${frame}FIN must be set`,
  "continuation-of-nothing": `${frame}invalid opcode 0`,
  "continuation-of-a-whole-message": `${frame}invalid opcode 0`,
  "text-in-a-fragmented-message": `${frame}invalid opcode 1`,
  "binary-in-a-fragmented-message": `${frame}invalid opcode 2`,
  "close-of-one-byte": `${frame}invalid payload length 1`,
  ...Object.fromEntries(
    [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map((code) => [
      `close-${code}`,
      `${frame}invalid status code ${code}`,
    ]),
  ),
  "close-reason-not-utf-8": `${frame}invalid UTF-8 sequence`,
  "message-after-close": [],
  "close-twice": [],
  "garbage-after-close": [],
  "length-of-2-bytes-too-many": ["a"],
  "length-of-8-bytes-too-many": ["a"],
  "length-with-its-top-bit": "Unsupported WebSocket frame: payload length > 2^53 - 1",
  "length-of-all-bits": "Unsupported WebSocket frame: payload length > 2^53 - 1",
  "length-of-the-largest": "Unsupported WebSocket frame: payload length > 2^53 - 1",
  "length-beyond-2-to-53": "Unsupported WebSocket frame: payload length > 2^53 - 1",
  "length-beyond-2-to-32": "Max payload size exceeded",
  "a-gigabyte-announced": "Max payload size exceeded",
  "a-gigabyte-of-text-announced": "Max payload size exceeded",
  "a-gigabyte-announced-cut": "Max payload size exceeded",
  "header-cut": [],
  "length-cut": [],
  "longer-than-sent": [],
  "fragment-cut": [],
  "close-cut": [],
  "not-utf-8": `${frame}invalid UTF-8 sequence`,
  "not-utf-8-but-overlong": `${frame}invalid UTF-8 sequence`,
  "not-utf-8-but-a-surrogate": `${frame}invalid UTF-8 sequence`,
  "not-utf-8-beyond-unicode": `${frame}invalid UTF-8 sequence`,
  "not-utf-8-in-long-text": `${frame}invalid UTF-8 sequence`,
  "not-utf-8-over-fragments": `${frame}invalid UTF-8 sequence`,
  "utf-8-cut-by-the-end": `${frame}invalid UTF-8 sequence`,
  "empty-messages": Array(100_000).fill(""),
  "empty-fragments": "Too many message fragments",
  pings: [],
  pongs: [],
  slow: ["slow, but right"],
};

const bomb = "a".repeat(32 * 1024 * 1024);
const deflated = {
  bomb: [bomb],
  "binary-bomb": [bomb],
  "fragmented-bomb": [bomb],
  bombs: [bomb, bomb, bomb, bomb],
  garbage: "invalid block type",
  "block-of-no-type": "invalid block type",
  "distance-before-the-beginning": "invalid distance too far back",
  "cut-short": ["helh"],
  "not-utf-8": `${frame}invalid UTF-8 sequence`,
  empty: [""],
  "rsv-1-in-a-continuation": `${frame}RSV1 must be clear`,
  "rsv-1-in-a-ping": `${frame}RSV1 must be clear`,
  "rsv-2": `${frame}RSV2 and RSV3 must be clear`,
};

/** The code of a connection that ws accepts, if it is not the server's 4000. */
const codes = /** @type {Record<string, number>} */ ({
  "message-after-close": 4001,
  "close-twice": 4001,
  "garbage-after-close": 4001,
  "header-cut": 1006,
  "length-cut": 1006,
  "longer-than-sent": 1006,
  "fragment-cut": 1006,
  "close-cut": 1006,
  pings: 1006, // ws drops a peer that sends too many at once
});

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;

// In a suite, because Node calls no hook after a file from which no test was selected.
describe("the hostile server", () => {
  before(async () => {
    server = await startServer();
  });

  after(() => server.close());

  for (const [kind, verdicts] of Object.entries({ handshake: handshakes, frames, deflated })) {
    describe(`/hostile/${kind}`, () => {
      for (const [what, verdict] of Object.entries(verdicts)) {
        it(`has, for ${what}, the error that ws reports`, async () => {
          // The deadline matters only if nothing else ends the handshake, and then the test waits
          // for it.
          const handshakeTimeout = String(verdict).includes("timed out") ? 100 : 10_000;
          const { error, messages, code } = await visit(`/hostile/${kind}?what=${what}`, {
            handshakeTimeout,
          });
          if (typeof verdict === "string") return assert.ok(error.startsWith(verdict), error);
          assert.equal(error, "");
          assert.ok(
            messages.length === verdict.length &&
              messages.every((message, index) => message === verdict[index]),
          );
          assert.equal(code, codes[what] ?? 4000);
        });
      }
    });
  }

  describe("/hostile", () => {
    it("lists all paths, and each of them is tested above", async () => {
      const paths = await (await fetch(`${server.http}/hostile`)).json();
      const tested = Object.entries({ handshake: handshakes, frames, deflated }).flatMap(
        ([kind, verdicts]) => Object.keys(verdicts).map((what) => `/hostile/${kind}?what=${what}`),
      );
      assert.deepEqual(
        new Set(paths),
        new Set([...tested, "/hostile/handshake?what=endless-interim"]),
      );
    });

    it("refuses the handshake with 400 and says why for an unknown kind", async (t) => {
      const warn = t.mock.method(console, "warn", () => {});
      assert.equal(
        (await visit("/hostile/frames?what=nice")).error,
        "Unexpected server response: 400",
      );
      assert.match(String(warn.mock.calls[0].arguments[0]), /what=nice is none of masked, /);
    });

    it("sends interim answers without an end", async () => {
      const interim = "HTTP/1.1 102 Processing\r\n\r\n";
      const client = ask("/hostile/handshake?what=endless-interim");
      let seen = "";
      for await (const chunk of client) if ((seen += chunk).length > 4 * 1024 * 1024) break;
      assert.equal(seen.replaceAll(interim, "").length, seen.length % interim.length);
    });

    it("holds a connection until the next client connects, and no longer", async () => {
      const held = ask("/hostile/handshake?what=header-held");
      await once(held, "data");
      assert.equal(held.readyState, "open");
      const ended = once(held, "close");
      await visit("/hostile/handshake?what=nothing");
      await ended;
    });
  });
});

/**
 * @param {string} path
 * @returns {import("node:net").Socket} which receives the answer
 */
function ask(path) {
  const client = connect(server.port, "127.0.0.1");
  client.write(
    `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
  );
  return client;
}

/**
 * @param {string} path
 * @param {import("ws").ClientOptions} [options]
 * @returns {Promise<{ error: string, messages: string[], code: number }>}
 */
function visit(path, options) {
  return new Promise((resolve) => {
    let error = "";
    /** @type {string[]} */
    const messages = [];
    const webSocket = new WebSocket(server.ws + path, options);
    webSocket.on("open", () => webSocket.send("go on"));
    webSocket.on("message", (data) => messages.push(data.toString()));
    webSocket.on("error", ({ message }) => (error = message));
    webSocket.on("close", (code) => resolve({ error, messages, code }));
  });
}
