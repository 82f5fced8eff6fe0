// An exchange over the package, in Node, in a page and in a worker alike.

/** @typedef {typeof import("../../js/index.js")} Package */
/** @typedef {import("../../js/index.js").WebSocket} WebSocket */

/**
 * Returns all events of a socket until its end, one line each.
 *
 * @param {WebSocket} socket
 * @param {{ opened?: () => void, received?: (data: unknown) => void }} [then]
 * @returns {Promise<string[]>}
 */
export function journal(socket, { opened, received } = {}) {
  return new Promise((resolve) => {
    /** @type {string[]} */
    const lines = [];
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      lines.push("open");
      opened?.();
    };
    socket.onmessage = ({ data }) => {
      lines.push(typeof data === "string" ? `text ${data}` : `binary ${new Uint8Array(data)}`);
      received?.(data);
    };
    socket.onerror = () => lines.push("error");
    socket.onclose = ({ code, reason, wasClean }) => {
      lines.push(`close ${code} ${reason} ${wasClean ? "clean" : "unclean"}`);
      resolve(lines);
    };
  });
}

/**
 * Loads the package at `entry`, sends every kind of message over its class, and closes.
 *
 * @param {string} entry
 * @param {string} server ws://HOST:PORT
 */
export async function exchange(entry, server) {
  /** @type {Package} */
  const { canWebSocket, load } = await import(entry);
  const [WebSocket] = Object.values(await load()); // or Session, which has its interface
  const socket = new WebSocket(`${server}/echo`);
  let received = 0;
  const lines = await journal(socket, {
    opened() {
      socket.send("h\u00e9llo \u20ac \u{1F680} \0");
      socket.send(new Uint8Array([0, 1, 2, 254, 255]).subarray(1));
      socket.send(new Blob([new Uint8Array([3])]));
    },
    received() {
      if (++received === 3) socket.close(4000, "done");
    },
  });
  return { can: canWebSocket(), lines };
}

export const expected = {
  can: true,
  lines: [
    "open",
    "text h\u00e9llo \u20ac \u{1F680} \0",
    "binary 1,2,254,255",
    "binary 3",
    "close 4000 done clean",
  ],
};
