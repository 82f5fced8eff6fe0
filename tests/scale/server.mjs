// A server on 127.0.0.1 that restarts when a client asks for it, by a connection to
// /restart?down=MILLISECONDS.

import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocketServer } from "ws";
import { Service } from "./service.mjs";

/** Connections that wait to be accepted. Linux allows this many by default. */
const backlog = 4096;

/** @returns {Promise<{ ws: string, service: Service, close: () => Promise<void> }>} */
export async function startServer() {
  const service = new Service();
  /** @type {Set<import("node:stream").Duplex>} */
  const sockets = new Set();
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server = createServer();
  let restarting = Promise.resolve();

  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket, head) => {
    const url = new URL(request.url ?? "", "ws://server");
    const down = Number(url.searchParams.get("down"));
    if (url.pathname === "/restart")
      return void (restarting = restarting.then(() => restart(down)));
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on("error", () => {});
      webSocket.on("message", (data, isBinary) =>
        webSocket.send(isBinary ? data : service.answer(url, String(data))),
      );
    });
  });
  const port = await listen(0);

  /** @param {number} down milliseconds */
  async function restart(down) {
    await stop();
    await sleep(down);
    await listen(port);
  }

  /** Ends every connection, as if its process were killed. */
  async function stop() {
    const stopped = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await stopped;
  }

  /** @param {number} port @returns {Promise<number>} */
  async function listen(port) {
    await new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host: "127.0.0.1", backlog }, () => resolve(undefined));
    });
    server.removeAllListeners("error");
    return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
  }

  return {
    ws: `ws://127.0.0.1:${port}`,
    service,
    async close() {
      await restarting;
      await stop();
    },
  };
}
