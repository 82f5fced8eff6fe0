// What the package's tests do with it, in Node, in a page and in a worker alike.

/** @typedef {typeof import("../../js/index.js")} Package */

/**
 * Opens a socket, and gives what its handlers were told until its end, a line each.
 *
 * @param {import("../../js/index.js").Hawser} hawser
 * @param {string} url
 * @param {import("../../js/index.js").OpenOptions & { then?: (socket: import("../../js/index.js").Socket) => void }} [options]
 * @returns {Promise<string[]>}
 */
export function journal(hawser, url, { then, ...options } = {}) {
  return new Promise((resolve) => {
    /** @type {string[]} */
    const lines = [];
    const socket = hawser.open(url, options);
    socket.onopen = () => {
      lines.push("open");
      then?.(socket);
    };
    socket.onmessage = ({ data }) => {
      lines.push(typeof data === "string" ? `text ${data}` : `binary ${new Uint8Array(data)}`);
      options.onmessage?.({ data });
    };
    socket.onerror = ({ message }) => lines.push(`error ${message}`);
    socket.onclose = ({ code, reason, wasClean }) => {
      lines.push(`close ${code} ${reason} ${wasClean ? "clean" : "unclean"}`);
      resolve(lines);
    };
  });
}

/**
 * Loads the package at `entry`, sends both kinds of message, and closes.
 *
 * @param {string} entry
 * @param {string} server ws://HOST:PORT
 */
export async function exchange(entry, server) {
  /** @type {Package} */
  const { canWebSocket, load } = await import(entry);
  const hawser = await load();
  let received = 0;
  /** @type {import("../../js/index.js").Socket | undefined} */
  let socket;
  const lines = await journal(hawser, `${server}/echo`, {
    then(opened) {
      socket = opened;
      opened.send("h\u00e9llo \u20ac \u{1F680} \0");
      opened.send(new Uint8Array([0, 1, 2, 254, 255]).subarray(1));
    },
    onmessage() {
      if (++received === 2) socket?.close(4000, "done");
    },
  });
  return { can: canWebSocket(), supported: hawser.supported(), lines };
}

export const expected = {
  can: true,
  supported: true,
  lines: ["open", "text h\u00e9llo \u20ac \u{1F680} \0", "binary 1,2,254,255", "close 4000 done clean"],
};
