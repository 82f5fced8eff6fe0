// Code with hawser/testing that a test in TypeScript may contain. It is compiled and never run.

import {
  Browser,
  Failure,
  type BrowserOptions,
  type CloseFrame,
  type EngineName,
  type Handshake,
  type Peer,
} from "hawser/testing";
import { load } from "hawser/session";
import { load as loadWebSocket } from "hawser";

const options: BrowserOptions = { engine: "node26", seed: 7, now: new Date(0) };
const browser = new Browser(options);
const engine: EngineName = browser.engine;
// @ts-expect-error there is no such engine
new Browser({ engine: "opera" });

// The class
const { Session } = await load({ WebSocket: browser.WebSocket });
await loadWebSocket({ WebSocket: browser.WebSocket });
new Session("wss://example.org/feed");
const socket: WebSocket = new browser.WebSocket("wss://example.org/feed", ["feed.v2"]);
globalThis.WebSocket = browser.WebSocket;

// The peer
const peer: Peer = await browser.expectConnection(new URL("wss://example.org/feed"), "feed.v2");
const handshake: Handshake = { protocol: "feed.v2", extensions: "" };
peer.accept(handshake);
peer.refuse();
for (const data of ["text", new Uint8Array([1]), new ArrayBuffer(1)]) peer.send(data);
// @ts-expect-error a peer sends text or bytes
peer.send(new Blob([]));
peer.onMessage((data) => peer.send(data));
peer.onClose((code, reason) => console.log(code + 1, reason.length));
const message: string | Uint8Array = await peer.expectMessage();
const next: string | Uint8Array | undefined = peer.tryReceive();
await peer.expectText("subscribe");
await peer.expectBinary(new Uint8Array([1]));
await peer.expectNothing();
const { code, reason }: CloseFrame = await peer.expectClose();
peer.answerClose();
peer.close(1000, "bye");
peer.cut();
peer.stall();
peer.resume();
// @ts-expect-error a peer comes from a browser
new Peer();
// @ts-expect-error they are promises
browser.expectConnection().accept();

// The browser
browser.onConnection((peer) => peer.accept());
await browser.expectNoConnection();
await browser.advance(30_000);
await browser.runUntilIdle();
browser.goOffline();
browser.goOnline();
browser.hidePage();
browser.showPage();
browser.leavePage();
browser.returnToPage();
const time: number = browser.now + browser.connections;
await browser.uninstall();
await browser[Symbol.asyncDispose]();
const failure: Error = new Failure("expected a connection");

console.log(
  engine,
  socket,
  message,
  next,
  code,
  reason,
  peer.url + peer.protocols.length,
  peer.isOpen,
  time,
  failure,
);
