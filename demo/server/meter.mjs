// Which bytes of a TCP connection belong to which of its requests, counted at the socket: headers, chunks and frames too.
//
// Over HTTP/1.1, browsers send one request after another on a connection. So all bytes since the previous one belong to a
// request, and what goes out until its answer ends.

/** @typedef {import("node:net").Socket} Socket */

/** @type {WeakMap<Socket, number>} The bytes that came up to the end of the last request. */
const readBefore = new WeakMap();

/**
 * Call it with every request of a server, after all other listeners.
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
