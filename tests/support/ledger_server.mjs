// A server that writes every message to a file before it acknowledges it, so that a test can kill
// it at any moment and know what it had received: node tests/support/ledger_server.mjs PORT FILE.
// It prints "listening" when it is ready. A client names itself in the query (?session=7). Its
// first message on each connection is "open N", the number of the connection. The following
// messages are numbers from 1 up. Each is answered with the highest number up to which nothing is
// missing, and "ping" with "pong".

import fs from "node:fs";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { readLedger } from "./ledger.mjs";

const [port, file] = process.argv.slice(2);
const ledger = fs.openSync(file, "a+");

/** @type {Map<string, number>} By session: the last number that it sent. */
const last = new Map();
for (const [session, what] of readLedger(file)) {
  if (typeof what === "number") last.set(session, Math.max(last.get(session) ?? 0, what));
}

const server = createServer();
const webSockets = new WebSocketServer({ server });
webSockets.on("connection", (webSocket, { url = "" }) => {
  const session = new URLSearchParams(url.split("?")[1]).get("session") ?? "";
  webSocket.on("error", () => {});
  webSocket.on("message", (data) => {
    const text = String(data);
    if (text === "ping") return webSocket.send("pong");
    fs.writeSync(ledger, `${session} ${text}\n`);
    const number = Number(text);
    if (number === (last.get(session) ?? 0) + 1) last.set(session, number);
    if (number) webSocket.send(String(last.get(session) ?? 0));
  });
});
server.listen(Number(port), "127.0.0.1", () => console.log("listening"));
process.on("disconnect", () => process.exit()); // together with its parent
