import { load } from "hawser";
import { exchange } from "./exchange.js";

const { WebSocket } = await load();
console.log(JSON.stringify(await exchange(WebSocket, process.argv[2])));
