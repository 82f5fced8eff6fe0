// senders.mjs in a Node of its own, which is told what to do: [name, ...arguments], and answers each.

import * as module from "../../js/session.js";
import { startSenders } from "./senders.mjs";

/** @type {any} */
let senders;
process.on("message", async ([name, ...args]) => {
  if (name === "start") senders = await startSenders(module, args[0]);
  process.send?.({ answer: name === "start" ? null : (senders[name](...args) ?? null) });
});
process.on("disconnect", () => process.exit());
