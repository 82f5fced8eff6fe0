// What npm users import: the capability check, which needs no wasm, and the loader of the module.

import create from "../dist/hawser.mjs";
import { createLoader } from "./load.js";
import { defineWebSocket } from "./web_socket.js";

export { canWebSocket } from "./load.js";

// Pure, so that bundlers drop it with all that it needs if an app only asks canWebSocket().
export const load = /* @__PURE__ */ createLoader(
  create,
  (module) => Object.freeze({ WebSocket: defineWebSocket(module) }),
  "dist/hawser.wasm",
  () => new URL("../dist/hawser.wasm", import.meta.url),
);
