// Measures the cost of a message in this process, in Node or in a page, with a WebSocket that only
// counts.

import { alphabets, nameOf, textOf } from "./cases.mjs";
import { CountingWebSocket, openCounting } from "./counting_web_socket.mjs";
import { startProgram } from "./program.mjs";
import { timeInTurns } from "./turns.mjs";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @typedef {import("./statistics.mjs").Measurement} Measurement */

/**
 * @typedef {object} Contender
 * @property {CountingWebSocket} socket
 * @property {(text: string) => void} fill sets the text that `sendText` sends
 * @property {(bytes: number, times: number) => void} sendText
 * @property {(bytes: number, times: number) => void} sendBinary
 * @property {() => number} allocations
 * @property {() => void} [poll] takes a message that has arrived, if the contender does not by
 *   itself
 */

/**
 * A JavaScript handler that copies nothing: the browser's own cost.
 *
 * @returns {Contender}
 */
function bare() {
  const socket = new CountingWebSocket("ws://bench/");
  return inJavaScript(socket, socket);
}

/**
 * @param {any} client the socket, or an object like it
 * @param {CountingWebSocket} socket
 * @returns {Contender}
 */
function inJavaScript(client, socket) {
  const received = { bytes: 0 };
  let text = "";
  const bytes = new Uint8Array(4 << 20);
  client.binaryType = "arraybuffer";
  client.onmessage = (/** @type {MessageEvent} */ { data }) => {
    received.bytes += typeof data === "string" ? data.length : data.byteLength;
  };
  return {
    socket,
    fill: (filled) => void (text = filled),
    sendText(size, times) {
      for (let i = 0; i < times; ++i) client.send(text);
    },
    sendBinary(size, times) {
      const view = bytes.subarray(0, size);
      for (let i = 0; i < times; ++i) client.send(view);
    },
    allocations: () => 0,
  };
}

/**
 * The least work for a program in wasm memory. To receive: a copy and a call. To send: a call, and
 * a view or a decoding.
 *
 * @param {any} module
 * @returns {Contender}
 */
function floor(module) {
  const socket = new CountingWebSocket("ws://bench/");
  const address = module._payload_address();
  socket.onmessage = ({ data }) => {
    const { HEAPU8, _count } = module;
    if (typeof data === "string") {
      _count(encoder.encodeInto(data, HEAPU8.subarray(address, address + (4 << 20))).written);
    } else {
      HEAPU8.set(new Uint8Array(data), address);
      _count(data.byteLength);
    }
  };
  return {
    socket,
    fill: () => {}, // done by the program that owns this memory
    sendText(size, times) {
      for (let i = 0; i < times; ++i) {
        module._count(0);
        socket.send(decoder.decode(new Uint8Array(module.HEAPU8.buffer, address, size)));
      }
    },
    sendBinary(size, times) {
      for (let i = 0; i < times; ++i) {
        module._count(0);
        socket.send(new Uint8Array(module.HEAPU8.buffer, address, size));
      }
    },
    allocations: () => 0,
  };
}

/**
 * A class of the npm package.
 *
 * @param {string} entry its URL
 * @returns {Promise<Contender>}
 */
async function packaged(entry) {
  const { load } = await import(entry);
  const { WebSocket, Session = WebSocket } = await load({ WebSocket: CountingWebSocket });
  const { client, socket } = await openCounting(() => new Session("ws://bench/"));
  return inJavaScript(client, socket);
}

/**
 * @typedef {object} Options
 * @property {Record<string, string>} programs
 * @property {Record<string, string>} [entries] of the npm package
 * @property {string[]} [scripts] alphabets of the text; all by default
 * @property {number[]} sizes
 * @property {number} rounds
 * @property {number} milliseconds how long a sample takes at least
 */

/**
 * @param {Options} options
 * @returns {AsyncGenerator<Measurement>}
 */
export async function* measurements({ programs, entries, scripts, sizes, rounds, milliseconds }) {
  /** @type {Map<string, Contender>} */
  const contenders = new Map([["bare", bare()]]);
  for (const [name, url] of Object.entries(programs)) {
    const program = await startProgram(url, entries && { WebSocket: CountingWebSocket });
    const { _poll: poll } = program.module;
    const { socket } = entries
      ? await openCounting(() => program.open("ws://bench/"))
      : { socket: program.openCounting() };
    contenders.set(name, { ...program, socket, poll });
    if (name === "hawser" && !entries) contenders.set("floor", floor(program.module));
  }
  for (const [name, url] of Object.entries(entries ?? {}))
    contenders.set(name, await packaged(url));
  // Engines compile in several tiers, the last one after thousands of calls, and in parallel with
  // the program.
  for (const one of casesOf(sizes[0], scripts))
    timeCase(one, contenders, { rounds: 0, milliseconds: 3 * milliseconds });
  for (const size of sizes) {
    for (const one of casesOf(size, scripts)) {
      for (const measured of measureCase(one, contenders, { rounds, milliseconds })) {
        yield { case: one.name, unit: "ns", bytes: size, ...measured };
      }
    }
  }
}

/**
 * @param {Options} options
 */
export async function measure(options) {
  const all = [];
  for await (const measurement of measurements(options)) all.push(measurement);
  return all;
}

/**
 * `prepare` runs before, and is not timed.
 *
 * @typedef {object} Case
 * @property {string} name
 * @property {(contender: Contender, times: number) => void} run
 * @property {(contender: Contender) => void} [prepare]
 */

/**
 * @param {number} size
 * @param {string[]} [scripts]
 * @returns {Case[]}
 */
function casesOf(size, scripts = Object.keys(alphabets)) {
  const name = nameOf(size);
  const texts = scripts.flatMap((alphabet) => {
    const text = textOf(alphabet, size);
    const bytes = encoder.encode(text).length;
    return [
      { name: `receive ${alphabet} ${name}`, run: receiver(text) },
      {
        name: `send ${alphabet} ${name}`,
        prepare: (/** @type {Contender} */ { fill }) => fill(text),
        run: (/** @type {Contender} */ { sendText }, /** @type {number} */ times) =>
          sendText(bytes, times),
      },
    ];
  });
  return [
    { name: `receive binary ${name}`, run: receiver(new ArrayBuffer(size)) },
    { name: `send binary ${name}`, run: ({ sendBinary }, times) => sendBinary(size, times) },
    ...texts,
  ];
}

/**
 * @param {string | ArrayBuffer} data
 * @returns {(contender: Contender, times: number) => void}
 */
function receiver(data) {
  return ({ socket, poll }, times) => {
    for (let i = 0; i < times; ++i) {
      socket.onmessage?.({ data });
      poll?.();
    }
  };
}

/**
 * @param {Case} measured
 * @param {Map<string, Contender>} contenders
 * @param {{ rounds: number, milliseconds: number }} options
 */
function timeCase({ run, prepare }, contenders, options) {
  const runs = new Map();
  for (const [key, contender] of contenders) {
    prepare?.(contender);
    runs.set(key, (/** @type {number} */ times) => run(contender, times));
  }
  return timeInTurns(runs, options);
}

/**
 * @param {Case} measured
 * @param {Map<string, Contender>} contenders
 * @param {{ rounds: number, milliseconds: number }} options
 */
function measureCase(measured, contenders, options) {
  const { run } = measured;
  const timed = timeCase(measured, contenders, options);
  return [...contenders].map(([key, contender]) => {
    const { samples, times } = /** @type {{ samples: number[], times: number }} */ (timed.get(key));
    const few = Math.min(times, 1000);
    const before = contender.allocations();
    run(contender, few);
    const allocations = (contender.allocations() - before) / few;
    return {
      contender: key,
      samples,
      allocations,
      garbage: garbageOf(() => run(contender, few), few),
    };
  });
}

/**
 * Returns the bytes of JavaScript's heap per message; null if they can't be measured.
 *
 * @param {() => void} run
 * @param {number} times
 */
function garbageOf(run, times) {
  const { gc, process, performance } = /** @type {any} */ (globalThis);
  const used = () => process?.memoryUsage().heapUsed ?? performance.memory?.usedJSHeapSize;
  if (!gc || used() === undefined) return null;
  gc();
  const before = used();
  run();
  return Math.max(0, used() - before) / times;
}
