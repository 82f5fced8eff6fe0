// Counts the bytes on a TCP connection for each of its requests. It counts at the socket, so
// headers, chunks and frames are included.
//
// With HTTP/1.1, browsers send the requests of a connection one after the other. So all bytes
// received since the previous request belong to the current one, and so do all bytes sent until its
// answer ends.

/** @typedef {import("node:net").Socket} Socket */

/** @type {WeakMap<Socket, number>} The bytes received up to the end of the last request. */
const readBefore = new WeakMap();

/**
 * Call this with every request of a server, after all other listeners.
 *
 * @param {import("node:http").IncomingMessage} request
 */
export function endOfRequest({ socket }) {
  readBefore.set(socket, socket.bytesRead);
}

/**
 * The bytes of a request and its answer.
 *
 * @typedef {object} Exchange
 * @property {() => { up: number, down: number }} bytes counted so far, or until the end
 * @property {() => void} end
 */

/**
 * Starts counting at the beginning of a request that was just received.
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
