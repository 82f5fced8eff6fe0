import { exchange } from "./exchange.mjs";

onmessage = async ({ data }) => postMessage(await exchange("/js/index.js", data));
