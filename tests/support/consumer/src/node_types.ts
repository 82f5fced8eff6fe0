// Code that a program for Node alone may contain, without the DOM's types. It is compiled and never
// run.

import { canWebSocket, load, type WebSocket as WebSocketType } from "hawser";
import { load as loadSession, type Session as SessionType } from "hawser/session";
import { Browser } from "hawser/testing";
import wasm from "hawser/hawser.wasm";
import { readFile } from "node:fs/promises";

const { WebSocket } = await load({
  wasm: await readFile("hawser.wasm"),
  WebSocket: globalThis.WebSocket,
});
const { Session } = await loadSession({ wasm: new URL(wasm) });

const ws: WebSocketType = new WebSocket("wss://example.org", ["feed.v2"]);
const plain: globalThis.WebSocket = ws;
ws.onmessage = ({ data }) => data;
ws.onclose = ({ code, reason, wasClean }) => console.log(code + 1, reason.length, !wasClean);
ws.addEventListener("close", ({ code }) => code + 1);
for (const data of ["text", new Blob(["text"]), new ArrayBuffer(1), new Uint8Array(1)])
  ws.send(data);
// @ts-expect-error a number is not a message
ws.send(42);
// @ts-expect-error Node's own class accepts a dictionary, and hawser's does not
new WebSocket("wss://example.org", { headers: {} });

const session: SessionType = new Session("wss://example.org", [], {
  heartbeat: { ping: new Uint8Array(1) },
  shouldReconnectOnClose: ({ code }) => code === 4000,
});
const plainSession: globalThis.WebSocket = session;
session.onerror = ({ message, error }) =>
  console.log(message.length, error === "connection-timed-out");
session.onclose = ({ code }) => code + 1;
// @ts-expect-error the event has no such member
session.onclose = ({ number }) => number;
session.addEventListener("statuschange", ({ status }) => status.attempt + 1);
session.sendNow(new Uint8Array(1));

console.log(canWebSocket(), plain, plainSession, session.send("hello").delivery === "sent");

const browser = new Browser({ engine: "node20" });
await loadSession({ WebSocket: browser.WebSocket });
(await browser.expectConnection()).send(new Uint8Array(1));
await browser[Symbol.asyncDispose]();
