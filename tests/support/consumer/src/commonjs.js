// For Node, as CommonJS: import.meta.url does not exist, so the program must say where each .wasm
// is.

import { load } from "hawser";
import { load as loadSession } from "hawser/session";

async function run() {
  const [wasm, sessionWasm] = process.argv.slice(2);
  const { readFile } = process.getBuiltinModule("node:fs/promises");
  const messages = [await load().catch(String), await loadSession().catch(String)];
  const { WebSocket } = await load({ wasm: await readFile(wasm) });
  const { Session } = await loadSession({ wasm: await readFile(sessionWasm) });
  console.log(JSON.stringify({ messages, names: [WebSocket.name, Session.name] }));
}

void run();
