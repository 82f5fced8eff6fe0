// Programs that observe, for a page and for Node. Each needs its own page or process, since `load`
// accepts `observe` only once. They return JSON.

import { Recorder } from "../../js/recorder.js";
import { Peer } from "../session/peer.mjs";
import { longestWait } from "./patience.mjs";

/** @typedef {any} Event an ObservedEvent */

/** @type {import("../../js/session.js").SessionOptions} */
const quick = { backoffBase: 1, backoffCap: 1, jitter: "none", minUptime: 0 };

/** @param {(resolve: (value?: any) => void) => void} start */
const promise = (start) => new Promise(start);

/** @param {number} milliseconds */
const sleep = (milliseconds) => promise((resolve) => setTimeout(resolve, milliseconds));

/** @param {any} target @param {string} type */
const next = (target, type) =>
  promise((resolve) => target.addEventListener(type, resolve, { once: true }));

/**
 * Waits until that many sockets have closed, and a little longer, for events that should not come.
 *
 * @param {Event[]} events
 * @param {number} sockets
 */
async function haveClosed(events, sockets) {
  const deadline = performance.now() + longestWait;
  const closed = () => events.filter(({ type, socket }) => type === "close" && socket).length;
  while (closed() < sockets && performance.now() < deadline) await sleep(1);
  await sleep(20);
}

/** Without times, and with bytes as a list. @param {Event} event */
function plain({ data, ...rest }) {
  delete rest.time;
  if (data === undefined) return rest;
  return { ...rest, data: typeof data === "string" ? data : [...new Uint8Array(data)] };
}

/**
 * The events of one socket, as the function and a listener see them.
 *
 * @param {string} ws
 * @param {boolean} observeData
 */
export async function watchSocket(ws, observeData) {
  /** @type {Event[]} */
  const events = [];
  /** @type {Event[]} */
  const fired = [];
  const { load } = await import("../../js/index.js");
  const start = performance.now();
  const { WebSocket } = await load({ observe: (event) => void events.push(event), observeData });
  const socket = new WebSocket(`${ws}/echo`);
  socket.binaryType = "arraybuffer";
  socket.addEventListener("observe", ({ detail }) => void fired.push(detail));
  await next(socket, "open");
  socket.send("\u00e9");
  await next(socket, "message");
  const bytes = new Uint8Array([1, 2, 3]);
  socket.send(bytes.subarray(1));
  bytes.fill(0); // it was copied
  await next(socket, "message");
  socket.close(4000, "bye");
  await next(socket, "close");
  socket.send("late");
  await sleep(0);
  const times = events.map(({ time }) => time);
  return {
    events: events.map(plain),
    firedAreSame:
      fired.length === events.length && fired.every((event, index) => event === events[index]),
    timesAreOrdered:
      times.every((time, index) => time >= (times[index - 1] ?? start)) &&
      performance.now() >= start,
  };
}

/** A server that refuses the handshake. @param {string} ws */
export async function watchFailure(ws) {
  const recorder = new Recorder();
  const { load } = await import("../../js/index.js");
  const { WebSocket } = await load({ observe: recorder.observe });
  await next(new WebSocket(`${ws}/refuse?status=503`, ["a", "b"]), "close");
  await sleep(0);
  return { events: recorder.events.map(plain), har: recorder.har() };
}

/** A handler and a listener that throw. @param {string} ws */
export async function throwAlways(ws) {
  /** @type {string[]} */
  const reported = [];
  const target = /** @type {any} */ (globalThis);
  if (target.process?.on)
    target.process.on("uncaughtException", (/** @type {Error} */ e) => reported.push(e.message));
  else
    target.onerror = (/** @type {string} */ message) => {
      reported.push(message.replace(/^.*Error: /, ""));
      return true;
    };
  const { load } = await import("../../js/index.js");
  const { WebSocket } = await load({
    observe({ type }) {
      throw new Error(`handler of ${type}`);
    },
  });
  const socket = new WebSocket(`${ws}/echo`);
  socket.addEventListener("observe", ({ detail }) => {
    throw new Error(`listener of ${detail.type}`);
  });
  await next(socket, "open");
  socket.send("hello");
  const { data } = await next(socket, "message");
  socket.close();
  await next(socket, "close");
  await sleep(0);
  return { data, reported: reported.sort() };
}

/**
 * A handler that closes its socket while it sends, and opens another while that connects.
 *
 * @param {string} ws
 */
export async function actInside(ws) {
  /** @type {string[]} */
  const types = [];
  /** @type {any} */
  let other;
  const { load } = await import("../../js/index.js");
  const { WebSocket } = await load({
    observe({ type, socket }) {
      types.push(`${type} ${socket}`);
      if (type === "opening" && socket === 1) other = new WebSocket(`${ws}/echo`);
      if (type === "sent") first.close(4001);
      if (type === "close" && socket === 1) other.close();
    },
  });
  const first = new WebSocket(`${ws}/echo`);
  await next(first, "open");
  if (other.readyState === 0) await next(other, "open");
  first.send("a");
  const { code } = await next(first, "close");
  if (other.readyState !== 3) await next(other, "close");
  await sleep(0);
  return { code, types: types.filter((type) => !type.startsWith("received")).sort() };
}

/** The arguments that load refuses. */
export async function callTwice() {
  const { load } = await import("../../js/session.js");
  const message = (/** @type {Error} */ error) => `${error.name}: ${error.message}`;
  const wrong = await load({ observe: /** @type {any} */ (42) }).catch(message);
  const observe = () => {};
  const loaded = await load({ observe });
  return [
    wrong,
    (await load({ observe })) === loaded,
    (await load()) === loaded,
    await load({ observe: true }).catch(message),
  ];
}

/** A session whose connection the server cuts twice. @param {string} server of sessions */
export async function watchSession(server) {
  const recorder = new Recorder();
  const { load } = await import("../../js/session.js");
  const { Session } = await load({ observe: recorder.observe, observeData: true });
  const peer = new Peer(server, "echo");
  const session = new Session(peer.url, [], { ...quick, heartbeat: { ping: "ping" } });
  session.binaryType = "arraybuffer";
  let opened = next(session, "open");
  for (const round of [1, 2, 3]) {
    await opened;
    session.send(`text ${round} \u{1F680}`);
    await next(session, "message");
    session.send(new Uint8Array([0, 255, round]));
    await next(session, "message");
    if (round === 3) break;
    opened = next(session, "open");
    await peer.drop();
  }
  session.close(1000, "done");
  await next(session, "close");
  session.send("never");
  await haveClosed(recorder.events, 3);
  await recorder.settled();
  const attempts = await peer.log({ ends: 3 });
  return {
    attempts,
    har: recorder.har(),
    events: recorder.events.map(plain),
    url: peer.url,
    dump: recorder.dump(),
  };
}

/**
 * Two sessions to one URL, one of which calls a function for it, and one socket per connection.
 * @param {string} server
 */
export async function watchTwo(server) {
  /** @type {Event[]} */
  const events = [];
  const { load } = await import("../../js/session.js");
  const { Session } = await load({ observe: (event) => void events.push(event) });
  const peer = new Peer(server, "open");
  const sessions = [peer.url, () => peer.url, [peer.url]].map((url) => new Session(url, [], quick));
  /** @type {Set<number>[]} */
  const fired = sessions.map((session) => {
    /** @type {Set<number>} */
    const ids = new Set();
    session.addEventListener("observe", ({ detail }) => void ids.add(detail.session ?? -1));
    return ids;
  });
  await Promise.all(sessions.map((session) => next(session, "open")));
  for (const session of sessions) session.reconnect();
  await Promise.all(sessions.map((session) => next(session, "open")));
  for (const session of sessions) session.close();
  await Promise.all(sessions.map((session) => next(session, "close")));
  await haveClosed(events, 6);
  const opened = events.filter(({ type }) => type === "opening").map(({ session }) => session);
  const closed = events.filter(({ type }) => type === "close").map(({ socket }) => socket);
  return { fired: fired.map((ids) => [...ids]), opened: opened.sort(), closed: closed.sort() };
}

/** A session whose server does not answer in time, and which then stops. @param {string} server */
export async function watchDeadline(server) {
  const recorder = new Recorder();
  const { load } = await import("../../js/session.js");
  const { Session } = await load({ observe: recorder.observe });
  const session = new Session(new Peer(server, "hang").url, [], {
    ...quick,
    connectTimeout: 50,
    maxAttempts: 0,
  });
  await next(session, "close");
  await haveClosed(recorder.events, 1);
  return recorder.events.map(plain);
}

/**
 * Whether objects of ended connections are freed; null in a page that can't collect garbage.
 *
 * @param {string} ws
 * @param {string} server
 */
export async function watchGarbage(ws, server) {
  const { gc } = /** @type {any} */ (globalThis);
  if (!gc) return null;
  const observe = () => {};
  const { WebSocket } = await (await import("../../js/index.js")).load({ observe });
  const { Session } = await (await import("../../js/session.js")).load({ observe });
  const url = new Peer(server, "open").url;
  /** @param {() => any} create */
  async function ended(create) {
    const object = create();
    await next(object, "open");
    object.close();
    await next(object, "close");
    await sleep(20);
    return new WeakRef(object);
  }
  /** @type {WeakRef<any>[][]} */
  const seen = [];
  for (const create of [
    () => new WebSocket(`${ws}/echo`),
    () => new Session(url),
    () => new Session(() => url),
  ]) {
    seen.push([await ended(create), await ended(create), await ended(create)]);
  }
  // Node itself keeps the last socket for a while, observed or not.
  const areFreed = () =>
    seen.map((objects) => objects.filter((object) => !object.deref()).length >= 2);
  const deadline = performance.now() + longestWait;
  while (areFreed().includes(false) && performance.now() < deadline) {
    await sleep(20);
    gc();
  }
  return areFreed();
}

/** A class whose constructor throws. */
export async function watchRefusal() {
  const recorder = new Recorder();
  class Refusing {
    constructor() {
      throw new DOMException("No.", "SecurityError");
    }
  }
  const { load } = await import("../../js/index.js");
  const { WebSocket } = await load({
    observe: recorder.observe,
    WebSocket: /** @type {any} */ (Refusing),
  });
  let thrown = "";
  try {
    new WebSocket("ws://127.0.0.1/");
  } catch (exception) {
    thrown = /** @type {Error} */ (exception).name;
  }
  await sleep(0);
  return { thrown, events: recorder.events.map(plain) };
}

/**
 * Without `observe`: the native class itself makes the sockets, and no event fires.
 *
 * @param {string} ws
 */
export async function watchNothing(ws) {
  /** @type {any[]} */
  const made = [];
  class Given extends globalThis.WebSocket {
    /** @param {[string, string[]]} args */
    constructor(...args) {
      super(...args);
      made.push(new.target === Given);
    }
  }
  const { load } = await import("../../js/index.js");
  const { WebSocket } = await load({ WebSocket: /** @type {any} */ (Given) });
  const socket = new WebSocket(`${ws}/echo`);
  let fired = 0;
  socket.addEventListener("observe", () => void ++fired);
  await next(socket, "open");
  socket.close();
  await next(socket, "close");
  return { made, fired };
}
