import { load } from "hawser";
import { load as loadSession } from "hawser/session";
import { exchange } from "./exchange.js";

onmessage = async ({ data }) => {
  const { WebSocket } = await load();
  const { Session } = await loadSession();
  postMessage(await exchange({ WebSocket, Session }, data));
};
