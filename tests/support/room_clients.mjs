// Runs room_clients.cpp in its own process, and calls its functions for the parent: a message names
// one, with arguments.

import { fileURLToPath } from "node:url";

const module = fileURLToPath(new URL("../../build/release/demo/room-clients.mjs", import.meta.url));

if (!globalThis.WebSocket) {
  const { WebSocket } = await import("undici"); // Node 20 has none without a flag
  Object.assign(globalThis, { WebSocket });
}
const { default: create } = await import(module);
const clients = await create();

process.on("message", (/** @type {{ name: string, args: unknown[] }} */ { name, args }) =>
  process.send?.(clients[name](...args) ?? null),
);
process.on("disconnect", () => process.exit());
process.send?.("ready");
