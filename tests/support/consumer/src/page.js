// In the page only, without anything that needs a bundler.

import { load } from "hawser";
import { load as loadSession } from "hawser/session";
import { exchange } from "./exchange.js";

const server = String(new URLSearchParams(location.search).get("server"));

async function run() {
  const [{ WebSocket }, { Session }] = await Promise.all([load(), loadSession()]);
  return exchange({ WebSocket, Session }, server);
}

Object.assign(globalThis, { exchanged: run() });
