// esbuild does not rewrite `new URL(…, import.meta.url)`, so the page says where each .wasm is.

import { load } from "hawser";
import wasm from "hawser/hawser.wasm";
import { load as loadSession } from "hawser/session";
import sessionWasm from "hawser/session.wasm";
import { exchange } from "./exchange.js";

const server = String(new URLSearchParams(location.search).get("server"));

async function run() {
  const { WebSocket } = await load({ wasm });
  const { Session } = await loadSession({ wasm: sessionWasm });
  return exchange({ WebSocket, Session }, server);
}

Object.assign(globalThis, { exchanged: run() });
