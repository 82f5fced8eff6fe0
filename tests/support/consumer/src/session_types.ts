// Code with sessions that a TypeScript program may contain. It is compiled and never run.

import {
  canWebSocket,
  load,
  type DropEvent,
  type HawserSession,
  type HeartbeatOptions,
  type KeptMessage,
  type LoadOptions,
  type SendResult,
  type Session as SessionType,
  type SessionCounters,
  type SessionError,
  type SessionOptions,
  type SessionStatus,
  type SessionUrl,
} from "hawser/session";
import wasm from "hawser/session.wasm";
import type { WebSocket } from "hawser";

const loading: LoadOptions = { wasm, WebSocket: globalThis.WebSocket };
const can: boolean = canWebSocket();
const loaded: HawserSession = await load(loading);
const { Session } = loaded;

// Construction
const heartbeat: HeartbeatOptions = {
  ping: () => new Uint8Array([1]),
  isPong: (data) => data === "pong",
  interval: 1,
};
const options: SessionOptions = {
  backoffBase: 100,
  backoffCap: Infinity,
  backoffFactor: 1.3,
  jitter: "decorrelated",
  minUptime: 0,
  maxAttempts: 5,
  giveUpAfter: 60_000,
  finalCodes: new Set([4001]),
  tryAgainLater: 1,
  retryHint: true,
  maxRetryHint: 1,
  shouldReconnectOnClose: ({ code, wasClean }) =>
    wasClean ? code === 4000 : code === 1006 ? 500 : undefined,
  connectTimeout: 1,
  closeTimeout: 1,
  endpointTimeout: 1,
  start: "later",
  heartbeat,
  maxOutboxMessages: 1,
  maxOutboxBytes: 1,
  whenOutboxFull: "drop-oldest",
  whenHidden: "close",
  hiddenGrace: 30_000,
  acknowledgement: true,
  seed: 1,
};
const aliases: SessionOptions = {
  minReconnectionDelay: 100,
  maxReconnectionDelay: Infinity,
  reconnectionDelayGrowFactor: 1.3,
  maxRetries: 5,
  connectionTimeout: 1,
  maxEnqueuedMessages: 1,
  startClosed: true,
};
const session = new Session("wss://example.org/feed", "feed.v2", { ...options, ...aliases });
const urls: SessionUrl[] = [
  new URL("wss://example.org"),
  ["wss://example.org/1", new URL("wss://example.org/2")],
  () => "wss://example.org",
  async () => new URL("wss://example.org"),
];
for (const url of urls) new Session(url, null, {});
new Session("wss://example.org", () => ["feed.v2"]);
new Session("wss://example.org", async () => null);
// @ts-expect-error a URL is needed
new Session();
// @ts-expect-error there is no such option
new Session("wss://example.org", [], { reconnect: true });
// @ts-expect-error there is no such kind
new Session("wss://example.org", [], { jitter: "some" });
// @ts-expect-error a heartbeat needs a ping
new Session("wss://example.org", [], { heartbeat: {} });
// @ts-expect-error the decision must be synchronous
new Session("wss://example.org", [], { shouldReconnectOnClose: async () => true });

// Events
session.onopen = function () {
  this.sendNow("token");
};
session.onmessage = ({ data }: MessageEvent<string>) => console.log(data.length);
session.onerror = ({ message, error, cause }) =>
  console.log(message.length, error === "connection-timed-out", cause);
session.onclose = ({ code, reason, wasClean }) => console.log(code + 1, reason.length, !wasClean);
session.onstatuschange = ({ status: { state, retryIn, why, end } }) => {
  if (state === "waiting") console.log(retryIn + 1, end?.error === "connection-lost");
  if (why === "too-many-attempts") session.reconnect();
};
session.ondrop = null;
session.addEventListener("statuschange", ({ status }) => status.attempt + 1, { once: true });
session.addEventListener("drop", function (event: DropEvent) {
  console.log(this.bufferedAmount, event.id + 1, typeof event.data === "string");
});
session.addEventListener("error", ({ error }) => error.length);
session.addEventListener("observe", ({ detail }) => (detail.session ?? 0) + detail.time);
session.addEventListener("own", { handleEvent: (event: Event) => event.type });
session.removeEventListener("message", () => {});

// Data
const bytes = new Uint8Array([1, 2, 3]);
for (const data of ["text", new Blob([bytes]), bytes.buffer, bytes, new DataView(bytes.buffer)])
  session.send(data);
const { delivery, id }: SendResult = session.send("position", { keep: false });
if (delivery === "kept" && id === session.nextId - 1)
  session.acknowledge(id) + session.acknowledgeOne(id);
const [first]: KeptMessage[] = session.takeOutbox();
if (first.wasSent && typeof first.data !== "string") session.send(first.data.subarray(first.id));
session.send(first.data);
session.restoreOutbox(structuredClone(session.copyOutbox()), session.nextId);
session.restoreOutbox([{ id: 1, data: bytes, wasSent: true }]);
// @ts-expect-error a Blob has to be read first
session.restoreOutbox([{ id: 1, data: new Blob([bytes]), wasSent: true }]);
// @ts-expect-error it is read-only
first.id = 2;
// @ts-expect-error a Blob has to be read first
session.sendNow(new Blob([bytes]));
// @ts-expect-error a number is not a message
session.send(42);

// State
const state: 0 | 1 | 2 | 3 = session.readyState;
if (state === Session.OPEN || state === session.CONNECTING) session.close(4000, "done");
const status: SessionStatus = session.status;
const counters: SessionCounters = session.counters;
const error: SessionError | null = counters.lastError;
const roundTrip: number | null = counters.roundTrip;
console.log(
  status.isOffline || status.isHidden,
  session.retryCount + counters.uptime,
  error,
  roundTrip,
  session.url + session.protocol,
);
session.binaryType = "arraybuffer";
session.retryNow();
session.reconnect(1000, "again");
// @ts-expect-error it is read-only
status.state = "open";
// @ts-expect-error not an error that ends a connection
const wrong: SessionError = "outbox-full";

// Used as a WebSocket, and extended
const event: EventTarget = session;
const plain: globalThis.WebSocket = session;
const socket: WebSocket = new Session("wss://example.org");
const plainClass: typeof globalThis.WebSocket = Session;
function use(ws: globalThis.WebSocket) {
  ws.onmessage = ({ data }) => ws.send(data);
  ws.addEventListener("close", ({ code }) => code + 1);
}
use(session);
use(socket);
globalThis.WebSocket = Session;
session.onerror = session.onerror;
session.onerror = function ({ message }) {
  this.retryNow();
  console.log(message.length);
};
// @ts-expect-error the event has no such member
session.onerror = ({ messages }) => messages;
plain.onopen = session.onopen;
class Feed extends Session {
  constructor() {
    super("wss://example.org/feed");
  }
  greet() {
    return this.send("hello").delivery === "sent";
  }
}
const feed: SessionType = new Feed();

console.log(can, event, feed, wrong, plainClass);
