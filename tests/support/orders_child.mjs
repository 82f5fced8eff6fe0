// Plays the scenarios of event_orders.mjs in a separate Node, and prints what happened as JSON.

import { playAll } from "./event_orders.mjs";

const [server, expected] = process.argv.slice(2);
console.log(JSON.stringify(await playAll(server, JSON.parse(expected))));
process.exit();
