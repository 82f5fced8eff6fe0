// esbuild leaves `new URL(…, import.meta.url)` as it is, so the page says where the .wasm went.

import { load } from "hawser";
import wasm from "hawser/hawser.wasm";
import { exchange } from "./exchange.js";

const server = String(new URLSearchParams(location.search).get("server"));

Object.assign(globalThis, { exchanged: load({ wasm }).then(({ WebSocket }) => exchange(WebSocket, server)) });
