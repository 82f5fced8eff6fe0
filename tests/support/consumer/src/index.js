// In the page and in a worker. The test reads `exchanged`.

import { canWebSocket, load } from "hawser";
import * as sessions from "hawser/session";
import { exchange } from "./exchange.js";

const server = String(new URLSearchParams(location.search).get("server"));

async function inPage() {
  if (!canWebSocket() || !sessions.canWebSocket())
    throw new Error("canWebSocket() returned false.");
  const { WebSocket } = await load();
  const { Session } = await sessions.load();
  return exchange({ WebSocket, Session }, server);
}

function inWorker() {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(server);
  });
}

Object.assign(globalThis, { exchanged: Promise.all([inPage(), inWorker()]) });
