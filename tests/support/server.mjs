// The WebSocket server for tests: each endpoint misbehaves in its own way, and the query says how
// much. It uses npm's ws; if ws is too polite, an endpoint writes to the socket itself.
//
//   const server = await startServer({ root: { "/build/": "build/" } });
//   const socket = new WebSocket(`${server.ws}/close?code=4001&reason=bye`);
//   await server.close();
//
// From the command line, `node tests/support/server.mjs` prints the URL and serves until SIGINT or
// SIGTERM.

import { EventEmitter } from "node:events";
import { STATUS_CODES, createServer } from "node:http";
import { pathToFileURL } from "node:url";
import sirv from "sirv";
import { WebSocketServer } from "ws";
import { serveBroker } from "./brokers.mjs";
import { FrameReader, Opcode, encodeClose, encodeFrame } from "./frames.mjs";
import { hostileEndpoints, hostilePaths } from "./hostile.mjs";
import { acceptRaw, endAfterClose, readUntilGone, switchingProtocols } from "./raw_connection.mjs";

/** @typedef {import("node:http").IncomingMessage} IncomingMessage */
/** @typedef {import("node:http").ServerResponse} ServerResponse */
/** @typedef {import("node:stream").Duplex} Duplex */
/** @typedef {import("ws").ServerOptions} ServerOptions */
/** @typedef {import("ws").WebSocket} WebSocket */

/**
 * The last client of each /report?id=, and how it ended; `ended` emits an id when that becomes
 * known.
 *
 * @typedef {object} Reports
 * @property {Map<string, WebSocket>} clients
 * @property {Map<string, { code: number, reason: string, messages: number }>} ends
 * @property {EventEmitter} ended
 */

/**
 * `head` is what the client sent after its handshake without waiting for the answer.
 *
 * @typedef {{ request: IncomingMessage, socket: Duplex, head: Buffer, query: URLSearchParams, reports: Reports }}
 *   Handshake
 */

const maxPayload = 64 * 1024 * 1024;
const longPollMilliseconds = 10_000;

/** @type {Record<string, ((handshake: Handshake) => void) | undefined>} */
const endpoints = {
  "/echo": echo,
  "/close": closeAtOnce,
  "/close-after-message": closeAfterMessage,
  "/refuse": refuseHandshake,
  "/protocol": selectProtocol,
  "/handshake": answerOddly,
  "/request": tellRequest,
  "/drop": dropAtOnce,
  "/drop-after-message": dropAfterMessage,
  "/no-answer": neverAnswer,
  "/never-close": neverClose,
  "/close-and-hold": closeAndHold,
  "/early": sendEarly,
  "/raw": sendRaw,
  "/invalid-utf8": sendInvalidUtf8,
  "/fragmented": sendFragments,
  "/bom": sendUnusualText,
  "/slow-reader": readLate,
  "/flood": flood,
  "/count": countMessages,
  "/json-rpc": answerCalls,
  "/broker": (handshake) =>
    accept(handshake, (webSocket) => void serveBroker(webSocket, handshake.query)),
  "/report": reportEnd,
  ...hostileEndpoints,
};

/**
 * Listens on 127.0.0.1 and a free port. It also serves the folders in `root`, a map from URL prefix
 * ("/build/", with both slashes) to folder, with the headers that give a page SharedArrayBuffer,
 * and with `headers`. `close()` ends every connection at once, whatever its endpoint is doing.
 *
 * @param {{ root?: Record<string, string>, headers?: Record<string, string> }} [options]
 * @returns {Promise<{ port: number, http: string, ws: string, close: () => Promise<void> }>}
 */
export async function startServer({ root = {}, headers = {} } = {}) {
  /** @type {Reports} */
  const reports = { clients: new Map(), ends: new Map(), ended: new EventEmitter() };
  const serveFile = fileServer(root);

  const server = createServer((request, response) => {
    response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
    response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);

    const { pathname, searchParams } = target(request);
    if (pathname === "/ended") answerEnded(searchParams, response, reports);
    else if (pathname === "/hostile") response.end(JSON.stringify(hostilePaths));
    else serveFile(request, response);
  });
  server.on("upgrade", (request, socket, head) => answerUpgrade(request, socket, head, reports));

  /** @type {Set<Duplex>} */
  const sockets = new Set();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    // A client that resets its connection is not the server's failure, but an error without a
    // listener ends the process.
    socket.on("error", () => {});
  });

  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(undefined));
  });
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

  return {
    port,
    http: `http://127.0.0.1:${port}`,
    ws: `ws://127.0.0.1:${port}`,
    async close() {
      const stopped = new Promise((resolve) => server.close(resolve));
      const ended = [...sockets].map(
        (socket) => new Promise((resolve) => socket.once("close", resolve)),
      );
      for (const socket of sockets) socket.destroy();
      await Promise.all([stopped, ...ended]);
    },
  };
}

// Endpoints

/**
 * Echoes: text as text, binary as binary. `?deflate` accepts permessage-deflate.
 *
 * @param {Handshake} handshake
 */
function echo(handshake) {
  accept(handshake, echoMessages, { perMessageDeflate: handshake.query.has("deflate") });
}

/**
 * Closes right after open, with `?code=` and `&reason=`, or with an empty Close frame.
 *
 * @param {Handshake} handshake
 */
function closeAtOnce(handshake) {
  const close = closeArguments(handshake.query, "code");
  accept(handshake, (webSocket) => webSocket.close(...close));
}

/**
 * The same once it has received a message.
 *
 * @param {Handshake} handshake
 */
function closeAfterMessage(handshake) {
  const close = closeArguments(handshake.query, "code");
  accept(handshake, (webSocket) => webSocket.once("message", () => webSocket.close(...close)));
}

/**
 * Answers the handshake with 403, or with `?status=`.
 *
 * @param {Handshake} handshake
 */
function refuseHandshake({ socket, query }) {
  const status = wholeNumber(query, "status", 403);
  refuse(socket, status, "This endpoint refuses every handshake.");
}

/**
 * Selects `?choose=` if the client offered it, otherwise none. `?force=` selects one whether it was
 * offered or not; then it answers nothing, and ends TCP on the client's Close frame.
 *
 * @param {Handshake} handshake
 */
function selectProtocol(handshake) {
  const forced = handshake.query.get("force");
  if (forced !== null) {
    acceptRaw(handshake, [`Sec-WebSocket-Protocol: ${forced}`]);
    return endAfterClose(handshake.socket);
  }

  const wanted = handshake.query.get("choose") ?? "";
  accept(handshake, echoMessages, { handleProtocols: (offered) => offered.has(wanted) && wanted });
}

/**
 * Answers the handshake with additional headers (`?header=`, "Name: value"), with `&accept=` for a
 * wrong key, and with `&status=` for the status line of another answer, which ends after the
 * otherwise right headers.
 *
 * @param {Handshake} handshake
 */
function answerOddly(handshake) {
  const { query } = handshake;
  const status = wholeNumber(query, "status", 101);
  acceptRaw(handshake, query.getAll("header"), {
    accept: query.get("accept") ?? undefined,
    status,
  });
  if (status === 101) endAfterClose(handshake.socket);
  else handshake.socket.end();
}

/**
 * Sends the client's request as JSON, `{ url, headers }`, then echoes.
 *
 * @param {Handshake} handshake
 */
function tellRequest(handshake) {
  const { url, headers } = handshake.request;
  accept(handshake, (webSocket) => {
    webSocket.send(JSON.stringify({ url, headers }));
    echoMessages(webSocket);
  });
}

/**
 * Drops TCP right after the 101, without a Close frame.
 *
 * @param {Handshake} handshake
 */
function dropAtOnce({ request, socket }) {
  socket.write(switchingProtocols(request), () => socket.destroy());
}

/**
 * Drops TCP once it has received a message, without a Close frame.
 *
 * @param {Handshake} handshake
 */
function dropAfterMessage(handshake) {
  accept(handshake, (webSocket) => webSocket.once("message", () => webSocket.terminate()));
}

/**
 * Accepts TCP and never answers the handshake.
 *
 * @param {Handshake} handshake
 */
function neverAnswer({ socket }) {
  readUntilGone(socket);
}

/**
 * Opens, then answers nothing, not even a Close frame, and never ends TCP.
 *
 * @param {Handshake} handshake
 */
function neverClose(handshake) {
  acceptRaw(handshake);
}

/**
 * Sends a Close frame (1000, or `?code=`) after the first message, then never ends TCP, which is
 * the server's part (RFC 6455 §7.1.1).
 *
 * @param {Handshake} handshake
 */
function closeAndHold(handshake) {
  const { socket, query } = handshake;
  const code = wholeNumber(query, "code", 1000);
  const frames = new FrameReader();
  acceptRaw(handshake);
  socket.on("data", function sendClose(chunk) {
    const message = frames.read(chunk).find(({ fin, opcode }) => fin && opcode < Opcode.close);
    if (!message) return;
    socket.off("data", sendClose);
    socket.write(encodeClose(code));
  });
}

/**
 * Sends `?count=` text messages "early 0", "early 1", … and, with `&close=`, a Close frame, all in
 * the TCP write of the 101: a client that listens late misses them.
 *
 * @param {Handshake} handshake
 */
function sendEarly(handshake) {
  const total = wholeNumber(handshake.query, "count", 3);
  const close = handshake.query.has("close") ? closeArguments(handshake.query, "close") : undefined;
  handshake.socket.cork();
  accept(handshake, (webSocket) => {
    for (let index = 0; index < total; index++) webSocket.send(`early ${index}`);
    if (close) webSocket.close(...close);
  });
  handshake.socket.uncork();
}

/**
 * Sends the bytes of `?hex=`, valid frames or not, once it has received anything, and ends TCP on
 * the client's Close frame.
 *
 * @param {Handshake} handshake
 */
function sendRaw(handshake) {
  const { socket, query } = handshake;
  const hex = query.get("hex") ?? "";
  if (!/^([0-9a-f]{2})*$/.test(hex))
    throw new RangeError(`hex=${hex} is not pairs of the digits 0 to 9 and a to f.`);
  acceptRaw(handshake);
  endAfterClose(socket);
  socket.once("data", () => socket.write(Buffer.from(hex, "hex")));
}

/**
 * Sends one text message that is not valid UTF-8: "hello", then the bytes C3 28.
 *
 * @param {Handshake} handshake
 */
function sendInvalidUtf8(handshake) {
  const text = Buffer.from("hello\xc3\x28", "latin1");
  accept(handshake, () => handshake.socket.write(encodeFrame(Opcode.text, text)));
}

/**
 * Sends the text "héllo wörld" in three fragments, split inside é and inside ö, with a ping
 * between; then the bytes 0 to 255 as one binary message in three fragments.
 *
 * @param {Handshake} handshake
 */
function sendFragments(handshake) {
  const text = Buffer.from("héllo wörld");
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const frames = [
    encodeFrame(Opcode.text, text.subarray(0, 2), { fin: false }),
    encodeFrame(Opcode.ping, "between"),
    encodeFrame(Opcode.continuation, text.subarray(2, 9), { fin: false }),
    encodeFrame(Opcode.continuation, text.subarray(9)),
    encodeFrame(Opcode.binary, bytes.subarray(0, 1), { fin: false }),
    encodeFrame(Opcode.continuation, bytes.subarray(1, 100), { fin: false }),
    encodeFrame(Opcode.continuation, bytes.subarray(100)),
  ];
  accept(handshake, () => handshake.socket.write(Buffer.concat(frames)));
}

/**
 * Sends three texts that careless code changes: "\uFEFFbom" (a byte order mark first), "a\u0000b"
 * (a NUL inside), "\u{1F600}\u{10348}\u{10FFFF}" (code points of 4 bytes of UTF-8, two units of
 * UTF-16 each).
 *
 * @param {Handshake} handshake
 */
function sendUnusualText(handshake) {
  const texts = ["\uFEFFbom", "a\u0000b", "\u{1F600}\u{10348}\u{10FFFF}"];
  accept(handshake, (webSocket) => texts.forEach((text) => webSocket.send(text)));
}

/**
 * Reads nothing until the client has been connected for `?ms=` milliseconds (500), so that the
 * client's messages pile up at the client. With `&every=`, it pauses again for that long whenever
 * it has read that many bytes. Answers the text "done" with the number of bytes of all previous
 * messages.
 *
 * @param {Handshake} handshake
 */
function readLate(handshake) {
  const milliseconds = wholeNumber(handshake.query, "ms", 500);
  const every = wholeNumber(handshake.query, "every", Number.MAX_SAFE_INTEGER);
  accept(handshake, (webSocket) => {
    let read = 0;
    /** @type {NodeJS.Timeout} */
    let timer;
    pause();
    webSocket.on("message", (data) => {
      read += /** @type {Buffer} */ (data).length;
      if (read >= every) pause();
    });
    handshake.socket.once("close", () => clearTimeout(timer));
    tally(webSocket, "done", ({ bytes }) => `${bytes}`);

    function pause() {
      read = 0;
      webSocket.pause();
      clearTimeout(timer);
      timer = setTimeout(() => webSocket.resume(), milliseconds);
    }
  });
}

/**
 * Sends `?count=` messages of `&size=` bytes as fast as the client reads them, then closes with
 * 1000. A `&kind=binary` message starts with its index (4 bytes, little-endian), a `text` one with
 * its index in decimal and a space; both are padded by "x", and never shorter than their index.
 * Text may be padded by `&pad=`, to as many UTF-16 code units.
 *
 * @param {Handshake} handshake
 */
function flood(handshake) {
  const { socket, query } = handshake;
  const total = wholeNumber(query, "count", 1000);
  const size = wholeNumber(query, "size", 16);
  const pad = query.get("pad") ?? "x";
  const message = query.get("kind") === "text" ? numberedText : numberedBytes;
  accept(handshake, (webSocket) => {
    let index = 0;
    if (query.has("wait")) webSocket.once("message", sendBatch);
    else sendBatch();

    function sendBatch() {
      while (index < total && !socket.writableNeedDrain)
        webSocket.send(message(index++, size, pad));
      if (index === total) webSocket.close(1000);
      else socket.once("drain", sendBatch);
    }
  });
}

/**
 * Answers the text "stop" with a count of the previous messages, as JSON:
 * `{"messages":2,"bytes":10}`.
 *
 * @param {Handshake} handshake
 */
function countMessages(handshake) {
  accept(handshake, (webSocket) => tally(webSocket, "stop", JSON.stringify));
}

/**
 * JSON-RPC 2.0. "add" adds its numbers, "add-later" answers after the next call, "lose" ends the
 * connection without a Close frame, and other methods don't exist.
 *
 * @param {Handshake} handshake
 */
function answerCalls(handshake) {
  accept(handshake, (webSocket) => {
    /** @type {string[]} */
    const later = [];
    webSocket.on("message", (data) => {
      const { id, method, params } = JSON.parse(String(data));
      if (method === "lose") return webSocket.terminate();
      const answer = method.startsWith("add")
        ? {
            result: params.reduce(
              (/** @type {number} */ sum, /** @type {number} */ number) => sum + number,
              0,
            ),
          }
        : { error: { code: -32601, message: "Method not found" } };
      const reply = JSON.stringify({ jsonrpc: "2.0", id, ...answer });
      if (method === "add-later") return later.push(reply);
      for (const text of [reply, ...later.splice(0)]) webSocket.send(text);
    });
  });
}

/**
 * Echoes, and remembers for `GET /ended?id=` how the client of `?id=` ended. Only the last client
 * of an id counts: when it opens, the previous client's end is forgotten.
 *
 * @param {Handshake} handshake
 */
function reportEnd(handshake) {
  const { clients, ends, ended } = handshake.reports;
  const id = handshake.query.get("id") ?? "";
  accept(handshake, (webSocket) => {
    let messages = 0;
    clients.set(id, webSocket);
    ends.delete(id);
    echoMessages(webSocket);
    webSocket.on("message", () => messages++);
    webSocket.on("close", (code, reason) => {
      if (clients.get(id) !== webSocket) return;
      ends.set(id, { code, reason: reason.toString(), messages });
      ended.emit(`id ${id}`);
    });
  });
}

/**
 * Answers `GET /ended?id=` once the client of `/report?id=` has ended, with what the server saw: `{
 * code, reason, messages }`. The code is 1005 for an empty Close frame and 1006 for none, and
 * `messages` counts the messages before it.
 *
 * @param {URLSearchParams} query
 * @param {ServerResponse} response
 * @param {Reports} reports
 */
function answerEnded(query, response, { ends, ended }) {
  const id = query.get("id") ?? "";
  response.setHeader("Access-Control-Allow-Origin", "*");
  response.setHeader("Cache-Control", "no-store");
  if (ends.has(id)) return answer();

  const timer = setTimeout(giveUp, longPollMilliseconds);
  ended.once(`id ${id}`, answer);
  response.once("close", () => {
    clearTimeout(timer);
    ended.off(`id ${id}`, answer);
  });

  function answer() {
    response.setHeader("Content-Type", "application/json").end(JSON.stringify(ends.get(id)));
  }
  function giveUp() {
    sendText(
      response,
      504,
      `No client of /report?id=${id} has ended within ${longPollMilliseconds} ms.`,
    );
  }
}

// Helpers for endpoints

/**
 * @param {IncomingMessage} request
 * @param {Duplex} socket
 * @param {Buffer} head
 * @param {Reports} reports
 */
function answerUpgrade(request, socket, head, reports) {
  const { pathname, searchParams: query } = target(request);
  const endpoint = endpoints[pathname];
  try {
    if (!endpoint) throw new RangeError(`There is no endpoint ${pathname}.`);
    endpoint({ request, socket, head, query, reports });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // No browser shows why a handshake was refused, so print it here, for a mistyped URL.
    console.warn(`${request.url}: ${error.message}`);
    refuse(socket, endpoint ? 400 : 404, error.message);
  }
}

/**
 * Opens a connection that ws manages: it answers Ping and Close, and ends TCP.
 *
 * @param {Handshake} handshake
 * @param {(webSocket: WebSocket) => void} onOpen runs before any of the client's messages are read
 * @param {ServerOptions} [options]
 */
function accept({ request, socket, head }, onOpen, options = {}) {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload,
    ...options,
  });
  server.handleUpgrade(request, socket, head, (webSocket) => {
    // ws closes a client that breaks the protocol; that is not the server's failure.
    webSocket.on("error", () => {});
    onOpen(webSocket);
  });
}

/**
 * @param {Duplex} socket
 * @param {number} status
 * @param {string} message
 */
function refuse(socket, status, message) {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "Connection: close",
    "Content-Type: text/plain; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(message)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${message}`);
  socket.resume();
}

/** @param {WebSocket} webSocket */
function echoMessages(webSocket) {
  webSocket.on("message", (data, isBinary) => webSocket.send(data, { binary: isBinary }));
}

/**
 * @param {WebSocket} webSocket
 * @param {string} last the text that asks for the answer; it is not counted itself
 * @param {(seen: { messages: number, bytes: number }) => string} describe
 */
function tally(webSocket, last, describe) {
  const seen = { messages: 0, bytes: 0 };
  webSocket.on("message", (data, isBinary) => {
    const message = /** @type {Buffer} */ (data);
    if (!isBinary && message.toString() === last) return webSocket.send(describe(seen));
    seen.messages += 1;
    seen.bytes += message.length;
  });
}

/**
 * @param {number} index
 * @param {number} size
 * @param {string} pad
 */
function numberedText(index, size, pad) {
  return `${index} `.padEnd(size, pad);
}

/**
 * @param {number} index
 * @param {number} size
 */
function numberedBytes(index, size) {
  const bytes = Buffer.alloc(Math.max(size, 4), "x");
  bytes.writeUInt32LE(index);
  return bytes;
}

/**
 * @param {URLSearchParams} query
 * @param {string} name of the parameter that holds the code
 * @returns {[code?: number, reason?: string]} the arguments of ws's close
 */
function closeArguments(query, name) {
  if (!query.get(name)) return [];

  const code = wholeNumber(query, name, 1000);
  const reason = query.get("reason") ?? "";
  if (!maySend(code))
    throw new RangeError(`${name}=${code} is not a code that ws sends (RFC 6455 §7.4).`);
  if (Buffer.byteLength(reason) > 123)
    throw new RangeError("A reason has at most 123 bytes (RFC 6455 §5.5).");
  return [code, reason];
}

/**
 * The codes that ws agrees to send: it throws for any other code, and too late to refuse the
 * handshake.
 *
 * @param {number} code
 * @returns {boolean}
 */
function maySend(code) {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
}

/**
 * @param {URLSearchParams} query
 * @param {string} name
 * @param {number} fallback
 * @returns {number}
 */
function wholeNumber(query, name, fallback) {
  const text = query.get(name) ?? `${fallback}`;
  if (!/^\d+$/.test(text)) throw new RangeError(`${name}=${text} is not a whole number.`);
  return Number(text);
}

// Files

/**
 * @param {Record<string, string>} root
 * @returns {(request: IncomingMessage, response: ServerResponse) => void}
 */
function fileServer(root) {
  const folders = Object.entries(root)
    .sort(([first], [second]) => second.length - first.length)
    .map(([prefix, folder]) => ({ prefix, serve: sirv(folder, { dev: true }) }));

  return (request, response) => {
    const url = request.url ?? "/";
    const found = folders.find(({ prefix }) => url.startsWith(prefix));
    const giveUp = () => sendText(response, 404, `There is no file ${url}.`);
    if (!found) return giveUp();

    request.url = url.slice(found.prefix.length - 1);
    found.serve(request, response, giveUp);
  };
}

/**
 * @param {IncomingMessage} request
 * @returns {URL}
 */
function target(request) {
  return new URL(`http://server${request.url}`);
}

/**
 * @param {ServerResponse} response
 * @param {number} status
 * @param {string} text
 */
function sendText(response, status, text) {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}

async function runFromCommandLine() {
  const server = await startServer();
  console.log(server.ws);
  process.once("SIGINT", server.close);
  process.once("SIGTERM", server.close);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await runFromCommandLine();
