// The module that npm users import as hawser/session.

import create from "../dist/session.mjs";
import { createLoader } from "./load.js";
import { defineSession } from "./session_class.js";

export { canWebSocket } from "./load.js";

// Pure, so that bundlers can drop it if an app only calls canWebSocket().
export const load = /* @__PURE__ */ createLoader(
  create,
  (module, observer) => Object.freeze({ Session: defineSession(module, observer) }),
  "dist/session.wasm",
  () => new URL("../dist/session.wasm", import.meta.url),
);
