// In the page alone, without anything that only a bundler understands.

import { load } from "hawser";
import { exchange } from "./exchange.js";

const server = String(new URLSearchParams(location.search).get("server"));

Object.assign(globalThis, { exchanged: load().then(({ WebSocket }) => exchange(WebSocket, server)) });
