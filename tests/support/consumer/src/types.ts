// Code that a TypeScript program may contain. It is compiled and never run.

import {
  canWebSocket,
  load,
  type LoadOptions,
  type ObservedEvent,
  type ObserveEvent,
  type WebSocketClass,
} from "hawser";
import { Recorder, type Har } from "hawser/recorder";
import wasm from "hawser/hawser.wasm";

const options: LoadOptions = { wasm };
const can: boolean = canWebSocket();
const { WebSocket } = await load(options);

// Construction
const ws = new WebSocket("wss://example.org/feed", "feed.v2");
new WebSocket(new URL("wss://example.org/feed"), ["feed.v2", "feed.v1"]);
// @ts-expect-error a URL is needed
new WebSocket();

// Events
ws.onopen = () => ws.send("hello");
ws.onmessage = (event) => event.data;
ws.onmessage = ({ data, origin }: MessageEvent<string>) => console.log(data.length, origin);
ws.onerror = null;
ws.onclose = function ({ code, reason, wasClean }) {
  console.log(this.url, code + 1, reason.length, !wasClean);
};
ws.addEventListener("message", ({ data }) => data, { once: true });
ws.addEventListener("close", ({ code }) => code + 1);
ws.addEventListener("open", { handleEvent: (event: Event) => event.type });

// Observing
const events: ObservedEvent[] = [];
const recorder = new Recorder({
  maxEvents: 10,
  maxDataBytes: 100,
  redact: (event) => (event.type === "opening" ? { ...event, url: event.url.slice(0, 9) } : null),
});
await load({ observe: recorder.observe, observeData: true });
await load({ observe: true });
await load({
  observe(event) {
    events.push(event);
    if (event.type === "sent") console.log(event.bufferedAmount + event.size, event.binary);
    if (event.type === "close") console.log(event.code + 1, event.reason.length, !event.wasClean);
    if (event.type === "retry")
      console.log(event.delay + event.attempt + event.socket + (event.session ?? 0));
    // @ts-expect-error only messages have a size
    if (event.type === "open") console.log(event.size);
  },
});
ws.addEventListener("observe", (event) => event.detail.time + 1);
ws.addEventListener("observe", ({ detail }: ObserveEvent) => detail.socket + 1, { once: true });
const har: Har = recorder.har();
console.log(
  har.log.entries[0]._webSocketMessages[0].data.length,
  recorder.dump().length,
  recorder.events.length,
);
await recorder.settled();
// @ts-expect-error it takes a number
new Recorder({ maxEvents: "all" });

// Data
ws.binaryType = "arraybuffer";
const bytes = new Uint8Array([1, 2, 3]);
for (const data of [
  "text",
  new Blob([bytes]),
  bytes.buffer,
  bytes.subarray(1),
  new DataView(bytes.buffer),
]) {
  ws.send(data);
}
// @ts-expect-error a number is not a message
ws.send(42);

// State
const state: globalThis.WebSocket["readyState"] = ws.readyState;
if (state === WebSocket.OPEN || state === ws.CONNECTING) ws.close(4000, "done");
// @ts-expect-error it is read-only
ws.url = "";

// Used as a WebSocket and the other way around, and extended
const plain: globalThis.WebSocket = ws;
const plainClass: typeof globalThis.WebSocket = WebSocket;
const own: InstanceType<typeof WebSocket> = new globalThis.WebSocket("wss://example.org");
const ownClass: WebSocketClass = globalThis.WebSocket;
globalThis.WebSocket = WebSocket;
plain.onmessage = ws.onmessage;
ws.onclose = plain.onclose;
class Feed extends WebSocket {
  constructor() {
    super("wss://example.org/feed");
  }
}
const feed: globalThis.WebSocket = new Feed();

// The class that it wraps
await load({ WebSocket: globalThis.WebSocket });
await load({
  WebSocket: class {
    readonly readyState = 0;
    readonly bufferedAmount = 0;
    readonly extensions = "";
    readonly protocol = "";
    binaryType: "blob" | "arraybuffer" = "blob";
    constructor(readonly url: string) {}
    send() {}
    close() {}
  },
});
// @ts-expect-error it makes no connections
await load({ WebSocket: class {} });

// The module's source
await load({ wasm: new URL("https://example.org/hawser.wasm") });
await load({ wasm: bytes });
// @ts-expect-error a number is not a location
await load({ wasm: 42 });

console.log(can, plain, plainClass, own, ownClass, feed);
