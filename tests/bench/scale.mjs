// Thousands of connections in one page or one Node: memory, the cost of a message while all are
// open, the time to reconnect after the server has restarted, and how long the main thread is busy
// meanwhile.

import { createLocalWebSocket } from "../scale/local_web_socket.mjs";
import { Service } from "../scale/service.mjs";
import { countConstructors, watchMainThread } from "../scale/turns.mjs";
import { collect, watchMemory } from "../support/garbage.mjs";
import { startProgram } from "./program.mjs";

/** @typedef {import("./statistics.mjs").Measurement} Measurement */

/**
 * The longest delay before a bare socket is opened again, in milliseconds: the session's own,
 * before its first attempt.
 */
const bareDelay = 4000;

/** How many answers are awaited at a time. */
const mostUnanswered = 100;

/**
 * The options for one contender, in a fresh page or process.
 *
 * @typedef {object} Options
 * @property {string} contender
 * @property {string} what "sockets", or "sessions", which reconnect after a restart
 * @property {string} [program] in C or C++
 * @property {string} [entry] of the npm package; without both it is the environment's class
 * @property {string} [name] of the class in `entry`
 * @property {string} server
 * @property {boolean} isLocal whether the server is in the page
 * @property {number} count
 * @property {number} atOnce how many connect at a time
 * @property {number} rounds
 * @property {number} down how long the server is, in milliseconds
 */

/**
 * @typedef {object} Clients
 * @property {(index: number) => void} open
 * @property {(index: number) => void} send 16 bytes
 * @property {() => number} wasmBytes
 */

/** What the clients report. @typedef {{ opened: () => void, received: () => void }} Heard */

/**
 * @param {Options} options
 * @returns {AsyncGenerator<Measurement>}
 */
export async function* measurements(options) {
  const { contender, what, program, server, isLocal, count, atOnce, rounds, down } = options;
  const wasmMemory = watchMemory();
  const { WebSocket, mostInTask } = countConstructors(
    isLocal ? createLocalWebSocket(new Service()) : globalThis.WebSocket,
  );
  globalThis.WebSocket = WebSocket; // websocket.h uses that
  let opened = 0;
  let received = 0;
  let hear = () => {};
  const heard = {
    opened: () => (++opened, hear()),
    received: () => (++received, hear()),
  };
  const until = (/** @type {() => boolean} */ isSo) =>
    new Promise((resolve) => {
      hear = () => isSo() && resolve(undefined);
      hear();
    });
  const clients = program
    ? await clientsOfProgram(program, `${server}/echo`, heard)
    : await clientsOfClass(options, `${server}/echo`, heard, WebSocket);
  const measured = (
    /** @type {string} */ name,
    /** @type {string} */ unit,
    /** @type {number[]} */ samples,
  ) => ({
    case: `${count} ${what}: ${name}`,
    contender,
    unit,
    samples,
  });
  const { process } = globalThis;
  const busy = process ? "longest turn of the event loop" : "longest task from 50 ms on";

  const heap = await heapBytes();
  const resident = process?.memoryUsage().rss;
  const wasm = program ? clients.wasmBytes() : wasmMemory();
  let watch = watchMainThread();
  // When one has opened, starts the next one: the clients do not report which.
  let started = 0;
  const startMore = () => {
    while (started < count && started - opened < atOnce) clients.open(started++);
    return opened === count;
  };
  await until(startMore);
  yield measured(`${busy} while they open`, "ms", [await watch()]);
  yield measured("JavaScript heap of each", "bytes", [
    Math.max(0, (await heapBytes()) - heap) / count,
  ]);
  if (process)
    yield measured("memory of the process, each", "bytes", [
      Math.max(0, process.memoryUsage().rss - resident) / count,
    ]);
  if (contender !== "bare") {
    const bytes = program ? clients.wasmBytes() : wasmMemory();
    yield measured(`${program ? "malloc" : "wasm memory"} of each`, "bytes", [
      (bytes - wasm) / count,
    ]);
  }

  const samples = [];
  watch = watchMainThread();
  for (let round = 0; round < rounds; ++round) {
    const start = performance.now();
    received = 0;
    let sent = 0;
    const sendMore = () => {
      while (sent < count && sent - received < mostUnanswered) clients.send(sent++);
      return received === count;
    };
    await until(sendMore);
    samples.push(((performance.now() - start) * 1000) / count);
  }
  yield measured("echo 16 B, each once", "µs", samples);
  yield measured(`${busy} while they exchange messages`, "ms", [await watch()]);

  if (what !== "sessions") return;
  watch = watchMainThread();
  opened = 0;
  const start = performance.now();
  mostInTask(); // those that opened first
  new WebSocket(`${server}/restart?down=${down}`);
  await until(() => opened === count);
  yield measured("all reconnected after a restart", "ms", [performance.now() - start]);
  yield measured(`${busy} while they reconnect`, "ms", [await watch()]);
  yield measured("most sockets opened in one task while they reconnect", "sockets", [mostInTask()]);
}

/**
 * @param {string} file
 * @param {string} url
 * @param {Heard} heard
 * @returns {Promise<Clients>}
 */
async function clientsOfProgram(file, url, { opened, received }) {
  const { WebSocket } = globalThis;
  const tell = (/** @type {"open" | "close"} */ what) => what === "open" && opened();
  const program = await startProgram(file, { tell, received, WebSocket });
  program.tellEach(true);
  return {
    open: (index) => program.open(url, index),
    send(index) {
      program.select(index);
      program.sendBinary(16, 1);
    },
    wasmBytes: program.allocatedBytes,
  };
}

/**
 * @param {Options} options
 * @param {string} url
 * @param {Heard} heard
 * @param {any} WebSocket
 * @returns {Promise<Clients>}
 */
async function clientsOfClass(
  { entry, name = "WebSocket", what },
  url,
  { opened, received },
  WebSocket,
) {
  const Class = entry ? (await (await import(entry)).load({ WebSocket }))[name] : WebSocket;
  const bytes = new Uint8Array(16);
  /** @type {any[]} */
  const clients = [];
  /** @param {number} index */
  function open(index) {
    const client = (clients[index] = new Class(url));
    client.binaryType = "arraybuffer";
    client.onopen = opened;
    client.onmessage = received;
    // The least that a page would do instead of a session.
    if (what === "sessions" && !entry)
      client.onclose = () => setTimeout(open, Math.random() * bareDelay, index);
  }
  return {
    open,
    send: (index) => clients[index].send(bytes),
    wasmBytes: () => 0,
  };
}

async function heapBytes() {
  await collect(3);
  const { process, performance } = /** @type {any} */ (globalThis);
  return process?.memoryUsage().heapUsed ?? performance.memory.usedJSHeapSize;
}
