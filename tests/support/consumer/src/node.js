import { load } from "hawser";
import { load as loadSession } from "hawser/session";
import { exchange } from "./exchange.js";

const { WebSocket } = await load();
const { Session } = await loadSession();
console.log(JSON.stringify(await exchange({ WebSocket, Session }, process.argv[2])));
