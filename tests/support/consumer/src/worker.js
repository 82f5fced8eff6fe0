import { load } from "hawser";
import { exchange } from "./exchange.js";

onmessage = async ({ data }) => {
  const { WebSocket } = await load();
  postMessage(await exchange(WebSocket, data));
};
