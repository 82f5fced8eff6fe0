// The module that npm users import as hawser.

import create from "../dist/hawser.mjs";
import { createLoader } from "./load.js";
import { defineWebSocket } from "./web_socket.js";
import { openModule } from "./web_socket_module.js";

export { canWebSocket } from "./load.js";

// Pure, so that bundlers can drop it if an app only calls canWebSocket().
export const load = /* @__PURE__ */ createLoader(
  create,
  (module, observer) => Object.freeze({ WebSocket: defineWebSocket(openModule(module), observer) }),
  "dist/hawser.wasm",
  () => new URL("../dist/hawser.wasm", import.meta.url),
);
