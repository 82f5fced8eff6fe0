// The page's half of class.mjs.

import { load } from "../../js/index.js";

const rounds = 15;

/** @typedef {import("../../js/index.js").WebSocketClass} WebSocketClass */

/**
 * Sends a message when the one before has come back, and gives milliseconds for each.
 *
 * @param {WebSocketClass} WebSocket
 * @param {string} server
 * @param {string | Uint8Array<ArrayBuffer>} data
 * @param {number} count
 */
async function echo(WebSocket, server, data, count) {
  const socket = await open(WebSocket, `${server}/echo`);
  const start = performance.now();
  await new Promise((resolve) => {
    let left = count;
    socket.onmessage = () => (--left ? socket.send(data) : resolve(undefined));
    socket.send(data);
  });
  const time = performance.now() - start;
  await close(socket);
  return time / count;
}

/**
 * Receives messages as fast as the server sends them.
 *
 * @param {WebSocketClass} WebSocket
 * @param {string} server
 * @param {string} query
 * @param {number} count
 */
async function receive(WebSocket, server, query, count) {
  const socket = await open(WebSocket, `${server}/flood?count=${count}&${query}`);
  let start = 0;
  let received = 0;
  socket.onmessage = () => {
    start ||= performance.now();
    received += 1;
  };
  await new Promise((resolve) => (socket.onclose = resolve));
  return (performance.now() - start) / received;
}

/**
 * Sends messages as fast as the browser takes them, until the server has counted them.
 *
 * @param {WebSocketClass} WebSocket
 * @param {string} server
 * @param {string | Uint8Array<ArrayBuffer>} data
 * @param {number} count
 */
async function send(WebSocket, server, data, count) {
  const socket = await open(WebSocket, `${server}/count`);
  const start = performance.now();
  for (let i = 0; i < count; ++i) socket.send(data);
  socket.send("stop");
  await new Promise((resolve) => (socket.onmessage = resolve));
  const time = performance.now() - start;
  await close(socket);
  return time / count;
}

/**
 * @param {WebSocketClass} WebSocket
 * @param {string} url
 */
async function open(WebSocket, url) {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  await new Promise((resolve) => (socket.onopen = resolve));
  return socket;
}

/** @param {import("../../js/index.js").WebSocket} socket */
async function close(socket) {
  socket.close();
  await new Promise((resolve) => (socket.onclose = resolve));
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** @param {string} server */
export async function measure(server) {
  const native = /** @type {WebSocketClass} */ (/** @type {unknown} */ (globalThis.WebSocket));
  const { WebSocket } = await load();
  const small = new Uint8Array(1024);
  const large = new Uint8Array(1024 * 1024);
  const text = "x".repeat(1024);
  /** @type {Record<string, (Class: WebSocketClass) => Promise<number>>} */
  const cases = {
    "echo, binary, 1 KiB": (Class) => echo(Class, server, small, 500),
    "echo, text, 1 KiB": (Class) => echo(Class, server, text, 500),
    "echo, binary, 1 MiB": (Class) => echo(Class, server, large, 10),
    "receive, binary, 1 KiB": (Class) => receive(Class, server, "kind=binary&size=1024", 10_000),
    "receive, text, 1 KiB": (Class) => receive(Class, server, "kind=text&size=1024", 10_000),
    "receive, binary, 1 MiB": (Class) => receive(Class, server, "kind=binary&size=1048576", 30),
    "send, binary, 1 KiB": (Class) => send(Class, server, small, 5000),
    "send, text, 1 KiB": (Class) => send(Class, server, text, 5000),
    "send, binary, 1 MiB": (Class) => send(Class, server, large, 30),
  };
  const classes = [native, /** @type {WebSocketClass} */ (/** @type {unknown} */ (Wrapper)), WebSocket];
  /** @type {Record<string, Record<string, number>>} */
  const rows = {};
  for (const [name, run] of Object.entries(cases)) {
    /** @type {number[][]} */
    const times = [[], [], []];
    for (let i = 0; i < 3 * rounds; ++i) {
      // In another order each round, since the first may pay for the next.
      const which = (i + Math.floor(i / 3)) % 3;
      times[which].push(await run(classes[which]));
    }
    const [floor, wrapper, hawser] = times.map(median);
    const round = (/** @type {number} */ value) => Number(value.toPrecision(3));
    rows[name] = {
      "native, µs": round(floor * 1000),
      "hawser, µs": round(hawser * 1000),
      "wrapper / native": round(wrapper / floor),
      "hawser / native": round(hawser / floor),
    };
  }
  return rows;
}

/** The least that a class in JavaScript can do: it makes an event of each message, and dispatches that. */
class Wrapper extends EventTarget {
  #socket;
  #handlers = new Map();

  /** @param {string} url */
  constructor(url) {
    super();
    this.#socket = new globalThis.WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.dispatchEvent(new Event("open"));
    this.#socket.onmessage = ({ data, origin }) => this.dispatchEvent(new MessageEvent("message", { data, origin }));
    this.#socket.onclose = () => this.dispatchEvent(new CloseEvent("close"));
    for (const type of ["open", "message", "close"]) {
      this.addEventListener(type, (event) => this.#handlers.get(type)?.call(this, event));
    }
  }

  set onopen(/** @type {unknown} */ handler) {
    this.#handlers.set("open", handler);
  }
  set onmessage(/** @type {unknown} */ handler) {
    this.#handlers.set("message", handler);
  }
  set onclose(/** @type {unknown} */ handler) {
    this.#handlers.set("close", handler);
  }

  /** @param {string | Uint8Array<ArrayBuffer>} data */
  send(data) {
    this.#socket.send(data);
  }

  close() {
    this.#socket.close();
  }
}
