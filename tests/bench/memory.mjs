// Measures the memory of an open connection, in the program and in JavaScript's heap, with a
// WebSocket that only counts.

import { textOf } from "./cases.mjs";
import { CountingWebSocket } from "./counting_web_socket.mjs";
import { startProgram } from "./program.mjs";
import { watchMemory } from "../support/garbage.mjs";

/** @typedef {import("./statistics.mjs").Measurement} Measurement */

/**
 * The options for one contender, in a fresh page or process.
 *
 * @typedef {object} Options
 * @property {string} contender
 * @property {string} [program] in C or C++
 * @property {string} [entry] of the npm package; without both it is the bare class
 * @property {string} [name] of the class in `entry`
 * @property {number} count
 */

/**
 * @typedef {object} Client
 * @property {(index: number) => void} open
 * @property {() => number} wasmBytes
 */

/**
 * @param {Options} options
 * @returns {AsyncGenerator<Measurement>}
 */
export async function* measurements({ contender, program, entry, name = "WebSocket", count }) {
  const client = program ? await clientOfProgram(program) : await clientOfClass(entry, name);
  const data = textOf("ASCII", 16);
  const [first] = await openAll(client, 0, 1); // the first one also needs memory for the program itself
  first.onmessage?.({ data });
  const before = { heap: await heapBytes(), wasm: client.wasmBytes() };
  const sockets = await openAll(client, 1, count);
  for (const socket of sockets) socket.onmessage?.({ data });
  const after = { heap: await heapBytes(), wasm: client.wasmBytes() };
  const each = (/** @type {"heap" | "wasm"} */ what) =>
    Math.max(0, after[what] - before[what]) / (count - 1);
  if (before.heap !== undefined) {
    yield { case: "JavaScript heap of each", contender, unit: "bytes", samples: [each("heap")] };
  }
  yield {
    case: `${program ? "malloc" : "wasm memory"} of each`,
    contender,
    unit: "bytes",
    samples: [each("wasm")],
  };
}

/**
 * Opens connections with an index from `from` up to `to`. Sessions create their sockets in later
 * turns.
 *
 * @param {Client} client
 * @param {number} from
 * @param {number} to
 * @returns {Promise<CountingWebSocket[]>}
 */
async function openAll({ open }, from, to) {
  CountingWebSocket.made = [];
  for (let index = from; index < to; ++index) open(index);
  while (CountingWebSocket.made.length < to - from)
    await new Promise((resolve) => void setTimeout(resolve));
  for (const socket of CountingWebSocket.made) socket.onopen?.({});
  return CountingWebSocket.made;
}

/**
 * @param {string} file
 * @returns {Promise<Client>}
 */
async function clientOfProgram(file) {
  const program = await startProgram(file, { WebSocket: CountingWebSocket });
  globalThis.WebSocket = /** @type {any} */ (CountingWebSocket);
  return { open: (index) => program.open("ws://bench/", index), wasmBytes: program.allocatedBytes };
}

/**
 * @param {string | undefined} entry
 * @param {string} name
 * @returns {Promise<Client>}
 */
async function clientOfClass(entry, name) {
  const wasmBytes = watchMemory();
  const Class = entry
    ? (await (await import(entry)).load({ WebSocket: CountingWebSocket }))[name]
    : CountingWebSocket;
  /** @type {any[]} */
  const clients = [];
  return {
    open(index) {
      clients[index] = new Class("ws://bench/");
      clients[index].onmessage = () => {};
    },
    wasmBytes,
  };
}

async function heapBytes() {
  const { gc, process, performance } = /** @type {any} */ (globalThis);
  for (let i = 0; i < 3; ++i) {
    gc();
    await new Promise((resolve) => setTimeout(resolve));
  }
  return process?.memoryUsage().heapUsed ?? performance.memory.usedJSHeapSize;
}
