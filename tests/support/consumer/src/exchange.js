/**
 * @typedef {{ WebSocket: import("hawser").WebSocketClass, Session: import("hawser/session").SessionClass }} Classes
 */

/**
 * Exchanges text and bytes with an echo server, by one class and then by the other.
 *
 * @param {Classes} classes
 * @param {string} server ws://HOST:PORT
 */
export async function exchange({ WebSocket, Session }, server) {
  return [await exchangeBy(WebSocket, server), await exchangeBy(Session, server)];
}

/**
 * Returns all events, one line each.
 *
 * @param {any} WebSocket
 * @param {string} server
 * @returns {Promise<string[]>}
 */
function exchangeBy(WebSocket, server) {
  return new Promise((resolve) => {
    /** @type {string[]} */
    const lines = [WebSocket.name]; // which a minifier must not have changed
    const ws = new WebSocket(`${server}/protocol?choose=echo.v1`, ["echo.v2", "echo.v1"]);
    ws.binaryType = "arraybuffer";
    ws.onopen = () => {
      lines.push(`open ${ws.protocol}`);
      ws.send("h\u00e9llo");
      ws.send(new Uint8Array([0, 255]));
    };
    ws.onmessage = (/** @type {MessageEvent} */ { data }) => {
      if (typeof data === "string") return lines.push(`text ${data}`);
      lines.push(`binary ${new Uint8Array(data)}`);
      ws.close(4000, "done");
    };
    ws.onclose = (/** @type {CloseEvent} */ { code, reason, wasClean }) => {
      lines.push(`close ${code} ${reason} ${wasClean ? "clean" : "unclean"}`);
      resolve(lines);
    };
  });
}

export const expected = ["WebSocket", "Session"].map((name) => [
  ...[name, "open echo.v1", "text h\u00e9llo", "binary 0,255", "close 4000 done clean"],
]);
