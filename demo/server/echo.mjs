// The endpoint that echoes each message.

import { WebSocketServer } from "ws";

const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const SUBPROTOCOLS = ["echo.v1", "echo.v2"];

/** @typedef {import("./server.mjs").Service} Service */

/** @implements {Service} */
export class Echo {
  endpoints = {
    "/echo": {
      /** @type {import("./server.mjs").Endpoint["accept"]} */
      accept: ({ request, socket, head }) =>
        this.#webSockets.handleUpgrade(request, socket, head, echo),
    },
    "/refuse": { refusal: () => 403, accept() {} },
  };

  #webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) =>
      [...offered].find((protocol) => SUBPROTOCOLS.includes(protocol)) ?? false,
  });

  get connections() {
    return this.#webSockets.clients.size;
  }

  close() {
    for (const webSocket of this.#webSockets.clients) webSocket.terminate();
  }
}

/** @param {import("ws").WebSocket} webSocket */
export function echo(webSocket) {
  // After an error, such as a message that is too big, ws closes by itself. Without a listener, the
  // event would end the server.
  webSocket.on("error", () => {});
  webSocket.on("message", (data, isBinary) => {
    // A peer that sends but never reads would fill this server's memory with answers.
    webSocket.pause();
    webSocket.send(data, { binary: isBinary }, () => webSocket.resume());
  });
}
