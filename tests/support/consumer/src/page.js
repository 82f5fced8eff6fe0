// In the page alone, without anything that only a bundler understands.

import { load } from "hawser";
import { load as loadSession } from "hawser/session";
import { exchange } from "./exchange.js";

const server = String(new URLSearchParams(location.search).get("server"));

async function run() {
  const [{ WebSocket }, { Session }] = await Promise.all([load(), loadSession()]);
  return exchange({ WebSocket, Session }, server);
}

Object.assign(globalThis, { exchanged: run() });
