// Which bytes of a TCP connection belong to which of its requests, counted at the socket: headers, chunks and frames too.
//
// Browsers send one request after another on a connection of HTTP/1.1. So what came since the one before belongs to a
// request, and what goes out until its answer ends.

/** @typedef {import("node:net").Socket} Socket */

/** @type {WeakMap<Socket, number>} The bytes that came up to the end of the last request. */
const readBefore = new WeakMap();

/**
 * To be called with every request of a server, after all that looks at it.
 *
 * @param {import("node:http").IncomingMessage} request
 */
export function endOfRequest({ socket }) {
  readBefore.set(socket, socket.bytesRead);
}

/**
 * The bytes of a request and of its answer.
 *
 * @typedef {object} Exchange
 * @property {() => { up: number, down: number }} bytes up to now, or to the end
 * @property {() => void} end
 */

/**
 * Starts to count at the beginning of a request that was just received.
 *
 * @param {Socket} socket
 * @returns {Exchange}
 */
export function startExchange(socket) {
  const read = readBefore.get(socket) ?? 0;
  const written = socket.bytesWritten;
  const now = () => ({ up: socket.bytesRead - read, down: socket.bytesWritten - written });
  /** @type {ReturnType<typeof now> | undefined} */
  let ended;
  return {
    bytes: () => ended ?? now(),
    end: () => (ended ??= now()),
  };
}
