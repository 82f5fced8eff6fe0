/**
 * Sends text and bytes to an echo server, and gives what happened, a line for each event.
 *
 * @param {import("hawser").WebSocketClass & { name: string }} WebSocket
 * @param {string} server ws://HOST:PORT
 * @returns {Promise<string[]>}
 */
export function exchange(WebSocket, server) {
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
    ws.onmessage = ({ data }) => {
      if (typeof data === "string") return lines.push(`text ${data}`);
      lines.push(`binary ${new Uint8Array(data)}`);
      ws.close(4000, "done");
    };
    ws.onclose = ({ code, reason, wasClean }) => {
      lines.push(`close ${code} ${reason} ${wasClean ? "clean" : "unclean"}`);
      resolve(lines);
    };
  });
}

export const expected = ["WebSocket", "open echo.v1", "text h\u00e9llo", "binary 0,255", "close 4000 done clean"];
