// Servers that break the protocol, or attack within it. A path names a kind of attack, and `?what=`
// one of that kind:
//
//   /hostile/handshake?what=http-1.0   answers the handshake in that way
//   /hostile/frames?what=masked        answers it correctly, and sends this once it has received anything
//   /hostile/deflated?what=bomb        the same, with permessage-deflate negotiated
//   /hostile                           lists all of these paths, as JSON
//
// If a client tolerates an attack, a Close frame with 4000 ends the connection, unless the tables
// say otherwise.

import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { constants, deflateRawSync } from "node:zlib";
import { Opcode, encodeClose, encodeFrame } from "./frames.mjs";
import { acceptKey, acceptRaw, endAfterClose, readUntilGone } from "./raw_connection.mjs";

/** @typedef {import("node:stream").Duplex} Duplex */
/** @typedef {import("./raw_connection.mjs").Upgrade} Upgrade */

/**
 * What is sent, and how TCP then ends: by a closing handshake, cut after the last byte, or held
 * open.
 *
 * @typedef {string | Buffer | Iterable<string | Buffer> | AsyncIterable<string | Buffer>} Pieces
 * @typedef {{ send: Pieces, then?: "close" | "cut" | "hold" }} Wrong
 */

const { text, binary, continuation, close, ping, pong } = Opcode;
const rsv = [0, 0x40, 0x20, 0x10];
const mebibyte = 1024 * 1024;

/** The lines of a correct answer. */
class Answer {
  /** @param {Upgrade["request"]} request */
  constructor(request) {
    this.status = "HTTP/1.1 101 Switching Protocols";
    this.upgrade = "Upgrade: websocket";
    this.connection = "Connection: Upgrade";
    this.accept = `Sec-WebSocket-Accept: ${acceptKey(request)}`;
    this.right = [this.status, this.upgrade, this.connection, this.accept];
    this.headers = this.right.slice(1);
  }
}

/** @type {Record<string, (answer: Answer) => string[] | Wrong>} */
const handshakes = {
  "without-upgrade": ({ status, connection, accept }) => [status, connection, accept],
  "another-upgrade": ({ status, connection, accept }) => [
    status,
    "Upgrade: h2c",
    connection,
    accept,
  ],
  "without-connection": ({ status, upgrade, accept }) => [status, upgrade, accept],
  "another-connection": ({ status, upgrade, accept }) => [
    status,
    upgrade,
    "Connection: close",
    accept,
  ],
  "without-accept": ({ status, upgrade, connection }) => [status, upgrade, connection],
  "empty-accept": ({ status, upgrade, connection }) => [
    status,
    upgrade,
    connection,
    "Sec-WebSocket-Accept:",
  ],
  "another-accept": ({ status, upgrade, connection }) => [
    status,
    upgrade,
    connection,
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  ],
  "accept-twice": ({ right, accept }) => [...right, accept],
  "accept-twice-once-wrong": ({ right }) => [
    ...right,
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  ],
  "protocol-unasked": ({ right }) => [...right, "Sec-WebSocket-Protocol: chat"],
  "protocol-empty": ({ right }) => [...right, "Sec-WebSocket-Protocol:"],
  "protocol-twice": ({ right }) => [
    ...right,
    "Sec-WebSocket-Protocol: a",
    "Sec-WebSocket-Protocol: b",
  ],
  "protocol-list": ({ right }) => [...right, "Sec-WebSocket-Protocol: a, b"],
  "extension-unasked": ({ right }) => [...right, "Sec-WebSocket-Extensions: x-unknown"],
  "extension-twice": ({ right }) => [
    ...right,
    "Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate",
  ],
  "deflate-window-of-7": ({ right }) => deflate(right, "server_max_window_bits=7"),
  "deflate-window-of-99": ({ right }) => deflate(right, "server_max_window_bits=99"),
  "deflate-parameter-unknown": ({ right }) => deflate(right, "x-unknown=1"),
  "deflate-parameter-twice": ({ right }) =>
    deflate(right, "server_no_context_takeover; server_no_context_takeover"),
  "status-200": ({ headers }) => whole("HTTP/1.1 200 OK", headers),
  "status-204": ({ headers }) => whole("HTTP/1.1 204 No Content", headers),
  "status-301": ({ headers }) =>
    whole("HTTP/1.1 301 Moved Permanently", [...headers, "Location: /echo"]),
  "status-307": ({ headers }) =>
    whole("HTTP/1.1 307 Temporary Redirect", [...headers, "Location: /echo"]),
  "status-401": ({ headers }) =>
    whole("HTTP/1.1 401 Unauthorized", [...headers, 'WWW-Authenticate: Basic realm="harm"']),
  "status-403": ({ headers }) => whole("HTTP/1.1 403 Forbidden", headers),
  "status-407": ({ headers }) =>
    whole("HTTP/1.1 407 Proxy Authentication Required", [
      ...headers,
      'Proxy-Authenticate: Basic realm="harm"',
    ]),
  "status-426": ({ headers }) => whole("HTTP/1.1 426 Upgrade Required", headers),
  "status-503": ({ headers }) =>
    whole("HTTP/1.1 503 Service Unavailable", [...headers, "Retry-After: 1"]),
  "status-999": ({ headers }) => whole("HTTP/1.1 999 Whatever", headers),
  "status-200-held": ({ headers }) => ({
    send: lines(["HTTP/1.1 200 OK", ...headers]),
    then: "hold",
  }),
  "status-in-words": ({ headers }) => ["HTTP/1.1 Switching Protocols", ...headers],
  "http-1.0": ({ headers }) => ["HTTP/1.0 101 Switching Protocols", ...headers],
  "http-2.0": ({ headers }) => ["HTTP/2.0 101 Switching Protocols", ...headers],
  "http-9.9": ({ headers }) => ["HTTP/9.9 101 Switching Protocols", ...headers],
  "line-without-colon": ({ right }) => [...right, "What a fine day"],
  "nul-in-header": ({ right }) => [...right, "X-Header: a\0b"],
  "body-by-length": ({ right }) => ({
    send: `${lines([...right, "Content-Length: 5"])}hello`,
    then: "cut",
  }),
  "body-chunked": ({ right }) => ({
    send: `${lines([...right, "Transfer-Encoding: chunked"])}5\r\nhello\r\n0\r\n\r\n`,
    then: "cut",
  }),
  nothing: () => ({ send: "", then: "cut" }),
  "status-line-cut": () => ({ send: "HTTP/1.1 10", then: "cut" }),
  "header-cut": ({ right }) => ({ send: right.join("\r\n"), then: "cut" }),
  "garbage-cut": () => ({ send: garbage(1000), then: "cut" }),
  "garbage-held": () => ({ send: garbage(1000), then: "hold" }),
  "another-protocol": () => ({ send: "SSH-2.0-OpenSSH_9.2\r\n", then: "hold" }),
  "a-tls-record": () => ({ send: Buffer.of(0x15, 3, 3, 0, 2, 2, 40), then: "hold" }),
  "header-held": ({ right }) => ({ send: right.join("\r\n"), then: "hold" }),
  "endless-headers": ({ right }) => ({
    send: endless(`${right.join("\r\n")}\r\n`, "X-Header: xxxxxxxxxxxx\r\n"),
    then: "hold",
  }),
  "endless-header": ({ right }) => ({
    send: endless(`${right.join("\r\n")}\r\nX-Header: `, "x"),
    then: "hold",
  }),
  "endless-interim": () => ({ send: endless("", "HTTP/1.1 102 Processing\r\n\r\n"), then: "hold" }),
  slow: ({ right }) => ({ send: oneByOne(lines(right)) }),
};

/** @type {Record<string, () => Buffer | Wrong>} */
const frames = {
  masked: () => encodeFrame(text, "a", { maskingKey: Buffer.of(1, 2, 3, 4) }),
  "rsv-1": () => encodeFrame(text | rsv[1], "a"),
  "rsv-2": () => encodeFrame(text | rsv[2], "a"),
  "rsv-3": () => encodeFrame(text | rsv[3], "a"),
  ...Object.fromEntries(
    [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [
      `opcode-${opcode}`,
      () => encodeFrame(opcode, "a"),
    ]),
  ),

  "long-ping": () => encodeFrame(ping, Buffer.alloc(126)),
  "long-pong": () => encodeFrame(pong, Buffer.alloc(126)),
  "long-close": () => encodeClose(1000, "x".repeat(124)),
  "very-long-ping": () => encodeFrame(ping, Buffer.alloc(mebibyte)),
  "fragmented-ping": () => encodeFrame(ping, "a", { fin: false }),
  "fragmented-pong": () => encodeFrame(pong, "a", { fin: false }),
  "fragmented-close": () => encodeFrame(close, Buffer.of(3, 0xe8), { fin: false }),

  "continuation-of-nothing": () => encodeFrame(continuation, "a"),
  "continuation-of-a-whole-message": () =>
    Buffer.concat([encodeFrame(text, "a"), encodeFrame(continuation, "b")]),
  "text-in-a-fragmented-message": () => Buffer.concat([begun("a"), encodeFrame(text, "b")]),
  "binary-in-a-fragmented-message": () => Buffer.concat([begun("a"), encodeFrame(binary, "b")]),

  "close-of-one-byte": () => encodeFrame(close, Buffer.of(3)),
  ...Object.fromEntries(
    [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map((code) => [
      `close-${code}`,
      () => encodeClose(code),
    ]),
  ),
  "close-reason-not-utf-8": () => encodeFrame(close, Buffer.from("\x03\xe8\xff", "latin1")),
  "message-after-close": () => Buffer.concat([encodeClose(4001), encodeFrame(text, "late")]),
  "close-twice": () => Buffer.concat([encodeClose(4001), encodeClose(4002)]),
  "garbage-after-close": () => Buffer.concat([encodeClose(4001), garbage(1000)]),

  "length-of-2-bytes-too-many": () => Buffer.of(0x81, 126, 0, 1, 0x61),
  "length-of-8-bytes-too-many": () => Buffer.of(0x81, 127, 0, 0, 0, 0, 0, 0, 0, 1, 0x61),
  "length-with-its-top-bit": () => announced(0x82, 0x8000000000000001n),
  "length-of-all-bits": () => announced(0x82, 0xffffffffffffffffn),
  "length-of-the-largest": () => ({ send: announced(0x82, 0x7fffffffffffffffn), then: "hold" }),
  "length-beyond-2-to-53": () => ({ send: announced(0x82, 2n ** 53n + 1n), then: "hold" }),
  "length-beyond-2-to-32": () => ({ send: announced(0x81, 2n ** 32n + 1n), then: "hold" }),
  "a-gigabyte-announced": () => ({ send: announced(0x82, 2n ** 30n), then: "hold" }),
  "a-gigabyte-of-text-announced": () => ({ send: announced(0x81, 2n ** 30n), then: "hold" }),

  "header-cut": () => ({ send: Buffer.of(0x81), then: "cut" }),
  "length-cut": () => ({ send: Buffer.of(0x82, 127, 0, 0, 0), then: "cut" }),
  "longer-than-sent": () => ({ send: Buffer.from("\x81\x7fhello", "latin1"), then: "cut" }),
  "a-gigabyte-announced-cut": () => ({
    send: Buffer.concat([announced(0x82, 2n ** 30n), Buffer.alloc(mebibyte)]),
    then: "cut",
  }),
  "fragment-cut": () => ({ send: begun("a"), then: "cut" }),
  "close-cut": () => ({ send: encodeClose(1000, "bye").subarray(0, 5), then: "cut" }),

  "not-utf-8": () => encodeFrame(text, Buffer.of(0x61, 0xff)),
  "not-utf-8-but-overlong": () => encodeFrame(text, Buffer.of(0xc0, 0xaf)),
  "not-utf-8-but-a-surrogate": () => encodeFrame(text, Buffer.of(0xed, 0xa0, 0x80)),
  "not-utf-8-beyond-unicode": () => encodeFrame(text, Buffer.of(0xf4, 0x90, 0x80, 0x80)),
  "not-utf-8-in-long-text": () =>
    encodeFrame(text, Buffer.from(`${"x".repeat(100_000)}\xff`, "latin1")),
  "not-utf-8-over-fragments": () =>
    Buffer.concat([
      begun(Buffer.of(0xe2)),
      encodeFrame(continuation, Buffer.of(0x82), { fin: false }),
      encodeFrame(continuation, "a"),
    ]),
  "utf-8-cut-by-the-end": () =>
    Buffer.concat([begun(Buffer.of(0xe2)), encodeFrame(continuation, Buffer.of(0x82))]),

  "empty-messages": () => Buffer.alloc(2 * 100_000, encodeFrame(text)),
  "empty-fragments": () =>
    Buffer.concat([
      begun(""),
      Buffer.alloc(2 * 100_000, encodeFrame(continuation, "", { fin: false })),
      encodeFrame(continuation, "a"),
    ]),
  pings: () => Buffer.alloc(7 * 100_000, encodeFrame(ping, "hello")),
  pongs: () => Buffer.alloc(7 * 100_000, encodeFrame(pong, "hello")),
  slow: () => ({
    send: oneByOne(Buffer.concat([encodeFrame(text, "slow, but right"), encodeClose(4000)])),
  }),
};

/**
 * What is sent once permessage-deflate (RFC 7692) is negotiated.
 *
 * @type {Record<string, () => Buffer | Wrong>}
 */
const deflated = {
  bomb: () => encodeFrame(text | rsv[1], bomb()),
  "binary-bomb": () => encodeFrame(binary | rsv[1], bomb()),
  bombs: () => Buffer.concat(Array.from({ length: 4 }, () => encodeFrame(binary | rsv[1], bomb()))),
  "fragmented-bomb": () => fragmented(binary | rsv[1], bomb(), 100),
  garbage: () => encodeFrame(text | rsv[1], Buffer.alloc(100, 0xff)),
  "block-of-no-type": () => encodeFrame(text | rsv[1], Buffer.of(0x06)),
  "distance-before-the-beginning": () => encodeFrame(text | rsv[1], Buffer.of(0x02, 0x86, 0x01)),
  "cut-short": () =>
    encodeFrame(text | rsv[1], compressed(Buffer.from("hello, hello, hello")).subarray(0, 4)),
  "not-utf-8": () => encodeFrame(text | rsv[1], compressed(Buffer.of(0x61, 0xff))),
  empty: () => encodeFrame(text | rsv[1]),
  "rsv-1-in-a-continuation": () =>
    Buffer.concat([begun("a"), encodeFrame(continuation | rsv[1], "b")]),
  "rsv-1-in-a-ping": () => encodeFrame(ping | rsv[1], "a"),
  "rsv-2": () => encodeFrame(text | rsv[2], "a"),
};

/** @type {Record<string, (upgrade: Upgrade & { query: URLSearchParams }) => void>} */
export const hostileEndpoints = {
  "/hostile/handshake": answerWrongly,
  "/hostile/frames": (upgrade) => sendWrong(upgrade, frames),
  "/hostile/deflated": (upgrade) =>
    sendWrong(upgrade, deflated, ["Sec-WebSocket-Extensions: permessage-deflate"]),
};

export const hostilePaths = Object.entries({ handshake: handshakes, frames, deflated }).flatMap(
  ([kind, table]) => Object.keys(table).map((what) => `/hostile/${kind}?what=${what}`),
);

/**
 * The connection of the last client. Firefox opens at most six to a server that holds them, so each
 * is held only until the next client connects.
 *
 * @type {Duplex | undefined}
 */
let held;

/** @param {Duplex} socket */
function letGoOfLast(socket) {
  held?.destroy();
  held = socket;
}

/** @param {Upgrade & { query: URLSearchParams }} upgrade */
function answerWrongly({ request, socket, query }) {
  const answer = entry(handshakes, query)(new Answer(request));
  letGoOfLast(socket);
  const { send, then = "close" } = Array.isArray(answer) ? { send: lines(answer) } : answer;
  readUntilGone(socket);
  write(socket, send, then);
  if (then !== "close") return;
  endAfterClose(socket);
  socket.once("data", () => socket.write(encodeClose(4000)));
}

/**
 * @param {Upgrade & { query: URLSearchParams }} upgrade
 * @param {Record<string, () => Buffer | Wrong>} table
 * @param {string[]} [headers]
 */
function sendWrong(upgrade, table, headers) {
  const wrong = entry(table, upgrade.query)();
  const { send, then = "close" } = Buffer.isBuffer(wrong)
    ? { send: Buffer.concat([wrong, encodeClose(4000)]) }
    : wrong;
  const { socket } = upgrade;
  letGoOfLast(socket);
  acceptRaw(upgrade, headers);
  if (then === "close") endAfterClose(socket);
  socket.once("data", () => write(socket, send, then));
}

/**
 * @template Value
 * @param {Record<string, Value>} table
 * @param {URLSearchParams} query
 */
function entry(table, query) {
  const what = query.get("what") ?? "";
  if (!Object.hasOwn(table, what))
    throw new RangeError(`what=${what} is none of ${Object.keys(table).join(", ")}.`);
  return table[what];
}

/**
 * Sends as fast as the client reads, until the client has gone.
 *
 * @param {Duplex} socket
 * @param {Pieces} pieces
 * @param {Wrong["then"]} then
 */
function write(socket, pieces, then) {
  if (pieces === "") return then === "cut" ? socket.end() : socket;
  /** @type {import("node:net").Socket} */ (socket).setNoDelay(true);
  return Readable.from(pieces).pipe(socket, { end: then === "cut" });
}

// Helpers for the tables

/** @param {string[]} head */
function lines(head) {
  return `${head.join("\r\n")}\r\n\r\n`;
}

/**
 * @param {string} status
 * @param {string[]} headers
 * @returns {Wrong}
 */
function whole(status, headers) {
  return { send: lines([status, ...headers]), then: "cut" };
}

/**
 * @param {string[]} right
 * @param {string} parameters
 */
function deflate(right, parameters) {
  return [...right, `Sec-WebSocket-Extensions: permessage-deflate; ${parameters}`];
}

/** @param {string | Buffer} payload */
function begun(payload) {
  return encodeFrame(text, payload, { fin: false });
}

/**
 * @param {number} opcode
 * @param {Buffer} payload
 * @param {number} size of a fragment
 */
function fragmented(opcode, payload, size) {
  const starts = Array.from(
    { length: Math.ceil(payload.length / size) },
    (_, index) => index * size,
  );
  const fragments = starts.map((start) =>
    encodeFrame(start === 0 ? opcode : continuation, payload.subarray(start, start + size), {
      fin: start + size >= payload.length,
    }),
  );
  return Buffer.concat(fragments);
}

/**
 * The start of a frame, and five bytes of its announced payload.
 *
 * @param {number} first
 * @param {bigint} length
 */
function announced(first, length) {
  const head = Buffer.of(first, 127, 0, 0, 0, 0, 0, 0, 0, 0);
  head.writeBigUInt64BE(length, 2);
  return Buffer.concat([head, Buffer.from("hello")]);
}

/**
 * The same bytes each time, by the generator of Park and Miller, none of which is a letter of
 * "HTTP".
 *
 * @param {number} size
 */
function garbage(size) {
  let state = 1;
  return Buffer.from(
    Array.from({ length: size }, () => 0x80 | (state = (state * 48271) % 0x7fffffff)),
  );
}

/**
 * @param {string} start
 * @param {string} repeated
 */
function* endless(start, repeated) {
  yield start;
  for (const piece = repeated.repeat(10_000); ;) yield piece;
}

/** @param {string | Buffer} bytes */
async function* oneByOne(bytes) {
  for (const byte of Buffer.from(bytes)) {
    yield Buffer.of(byte);
    await setImmediate(); // otherwise the system joins them into one packet
  }
}

/**
 * The payload of a message, in the format of RFC 7692 §7.2.1.
 *
 * @param {Buffer} bytes
 */
function compressed(bytes) {
  return deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

/** @type {Buffer | undefined} */
let madeBomb;

/** 32 MiB of the letter a in 32 KiB. */
function bomb() {
  return (madeBomb ??= compressed(Buffer.alloc(32 * mebibyte, "a")));
}
