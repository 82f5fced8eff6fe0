// Thousands of real connections from one program, in Node.

import { startProgram } from "./program.mjs";

/** @typedef {import("./statistics.mjs").Measurement} Measurement */

/** How many connect at a time, because a server's queue of connections is limited. */
const batch = 100;

/**
 * @typedef {object} Connections
 * @property {(index: number) => void} open
 * @property {(index: number) => void} send 16 bytes
 * @property {() => number} allocatedBytes
 */

/**
 * @param {{ contender: string, program: string | null, server: string, count: number, rounds: number }}
 * options `program` is null for the bare class
 * @returns {AsyncGenerator<Measurement>}
 */
export async function* measurements({ contender, program, server, count, rounds }) {
  let awaited = 0;
  let resolveAll = () => {};
  const heard = () => void (--awaited === 0 && resolveAll());
  const hear = (/** @type {number} */ times, /** @type {() => void} */ work) =>
    new Promise((resolve) => {
      awaited = times;
      resolveAll = () => resolve(undefined);
      work();
    });
  const connections = program ? await ofProgram(program, server, heard) : ofClass(server, heard);
  const measured = (
    /** @type {string} */ name,
    /** @type {string} */ unit,
    /** @type {number[]} */ samples,
  ) => ({
    case: `${name} of ${count} connections`,
    contender,
    unit,
    samples,
  });

  const memory = residentBytes();
  const malloc = connections.allocatedBytes();
  const start = performance.now();
  for (let opened = 0; opened < count; opened += batch) {
    const size = Math.min(batch, count - opened);
    await hear(size, () => {
      for (let i = 0; i < size; ++i) connections.open(opened + i);
    });
  }
  yield measured("open, each", "µs", [((performance.now() - start) * 1000) / count]);
  yield measured("memory of the process, each", "bytes", [(residentBytes() - memory) / count]);
  if (program)
    yield measured("malloc, each", "bytes", [(connections.allocatedBytes() - malloc) / count]);

  const samples = [];
  for (let round = 0; round < rounds; ++round) {
    const start = performance.now();
    await hear(count, () => {
      for (let i = 0; i < count; ++i) connections.send(i);
    });
    samples.push(((performance.now() - start) * 1000) / count);
  }
  yield measured("echo 16 B, each", "µs", samples);
}

function residentBytes() {
  const { gc } = /** @type {any} */ (globalThis);
  gc?.();
  return process.memoryUsage().rss;
}

/**
 * @param {string} url
 * @param {string} server
 * @param {() => void} heard called for each opened connection and each received message
 * @returns {Promise<Connections>}
 */
async function ofProgram(url, server, heard) {
  const program = await startProgram(url, {
    tell(what) {
      if (what === "close") throw new Error(`${server} closed a connection.`);
      heard();
    },
    received: heard,
  });
  program.tellEach(true);
  return {
    open: (index) => program.open(`${server}/echo`, index),
    send(index) {
      program.select(index);
      program.sendBinary(16, 1);
    },
    allocatedBytes: program.allocatedBytes,
  };
}

/**
 * @param {string} server
 * @param {() => void} heard
 * @returns {Connections}
 */
function ofClass(server, heard) {
  /** @type {WebSocket[]} */
  const sockets = [];
  const bytes = new Uint8Array(16);
  return {
    open(index) {
      const socket = (sockets[index] = new WebSocket(`${server}/echo`));
      socket.binaryType = "arraybuffer";
      socket.onopen = heard;
      socket.onmessage = heard;
      socket.onclose = () => {
        throw new Error(`${server} closed a connection.`);
      };
    },
    send: (index) => sockets[index].send(bytes),
    allocatedBytes: () => 0,
  };
}
