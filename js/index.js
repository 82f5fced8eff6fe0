// What npm users import: the capability check, which needs no wasm, and the loader of the module.

import create from "../dist/hawser.mjs";
import { createLoader } from "./load.js";
import { defineWebSocket } from "./web_socket.js";

export { canWebSocket } from "./load.js";

const start = createLoader(
  create,
  (module) => Object.freeze({ WebSocket: defineWebSocket(module) }),
  "dist/hawser.wasm",
);

/** @param {import("./index.js").LoadOptions} [options] */
export async function load({ wasm = new URL("../dist/hawser.wasm", import.meta.url), WebSocket } = {}) {
  return start(wasm, WebSocket);
}
