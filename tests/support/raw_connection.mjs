// Connections without a WebSocket library: whoever accepts one writes the frames, or invalid ones,
// itself.

import { createHash } from "node:crypto";
import { STATUS_CODES } from "node:http";
import { FrameReader, Opcode } from "./frames.mjs";

/** @typedef {import("node:http").IncomingMessage} IncomingMessage */
/** @typedef {import("node:stream").Duplex} Duplex */

/**
 * `head` is what the client sent after its handshake without waiting for the answer.
 *
 * @typedef {{ request: IncomingMessage, socket: Duplex, head: Buffer }} Upgrade
 */

/**
 * @param {Upgrade} upgrade
 * @param {string[]} [headers]
 * @param {{ accept?: string, status?: number }} [wrong] replaces the right values of the answer
 */
export function acceptRaw({ request, socket, head }, headers = [], wrong = {}) {
  socket.write(switchingProtocols(request, headers, wrong));
  if (head.length > 0) socket.unshift(head);
  readUntilGone(socket);
}

/**
 * A client may wait for the server to end TCP (RFC 6455 §7.1.1).
 *
 * @param {Duplex} socket
 */
export function endAfterClose(socket) {
  const frames = new FrameReader();
  socket.on("data", (chunk) => {
    if (frames.read(chunk).some(({ opcode }) => opcode === Opcode.close)) socket.end();
  });
}

/**
 * Only a socket that is read reports that its client has gone.
 *
 * @param {Duplex} socket
 */
export function readUntilGone(socket) {
  socket.on("end", () => socket.destroy());
  socket.resume();
}

/**
 * RFC 6455 §4.2.2.
 *
 * @param {IncomingMessage} request
 * @param {string[]} [headers]
 * @param {{ accept?: string, status?: number }} [wrong]
 * @returns {string}
 */
export function switchingProtocols(
  request,
  headers = [],
  { accept = acceptKey(request), status = 101 } = {},
) {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Accept: ${accept}`,
    ...headers,
  ];
  return `${head.join("\r\n")}\r\n\r\n`;
}

/**
 * The Sec-WebSocket-Accept that answers a request (RFC 6455 §4.2.2).
 *
 * @param {IncomingMessage} request
 */
export function acceptKey(request) {
  const key = request.headers["sec-websocket-key"];
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}
