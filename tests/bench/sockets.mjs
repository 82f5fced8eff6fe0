// Measures the cost of a message and the memory of a socket when a program has many sockets.

import { textOf } from "./cases.mjs";
import { CountingWebSocket } from "./counting_web_socket.mjs";
import { startProgram } from "./program.mjs";
import { timeInTurns } from "./turns.mjs";

/** @typedef {import("./statistics.mjs").Measurement} Measurement */

/**
 * @typedef {object} Crowd of open sockets in one program
 * @property {string} contender
 * @property {CountingWebSocket[]} sockets
 * @property {(index: number) => void} send 16 bytes
 * @property {Record<string, number>} memory for a socket, in bytes
 */

/**
 * @param {{ programs: Record<string, string>, counts: number[], rounds: number, milliseconds: number }}
 *   options
 * @returns {AsyncGenerator<Measurement>}
 */
export async function* measurements({ programs, counts, rounds, milliseconds }) {
  /** @type {Map<string, Crowd>} */
  const crowds = new Map();
  for (const count of counts) {
    crowds.set(`bare ${count}`, bareCrowd(count));
    for (const [name, url] of Object.entries(programs)) {
      const crowd = await programCrowd(name, url, count);
      crowds.set(`${name} ${count}`, crowd);
      for (const [what, bytes] of Object.entries(crowd.memory)) {
        yield {
          case: `${what} of ${socketsOf(count)}`,
          contender: name,
          unit: "bytes",
          samples: [bytes],
        };
      }
    }
  }

  const timeCase = (
    /** @type {(crowd: Crowd, times: number) => void} */ run,
    /** @type {number} */ rounds,
  ) => {
    const runs = new Map(
      [...crowds].map(([key, crowd]) => [key, (/** @type {number} */ times) => run(crowd, times)]),
    );
    return timeInTurns(runs, { rounds, milliseconds });
  };
  for (const run of Object.values(cases())) timeCase(run, 0); // as in in_process.mjs
  for (const [name, run] of Object.entries(cases())) {
    for (const [key, { samples }] of timeCase(run, rounds)) {
      const { contender, sockets } = /** @type {Crowd} */ (crowds.get(key));
      yield { case: `${name} of ${socketsOf(sockets.length)}`, contender, unit: "ns", samples };
    }
  }
}

/** @param {number} count */
function socketsOf(count) {
  return `${count} ${count === 1 ? "socket" : "sockets"}`;
}

/** @returns {Record<string, (crowd: Crowd, times: number) => void>} */
function cases() {
  const event = { data: new ArrayBuffer(16) };
  return {
    "receive 16 B by one": ({ sockets }, times) => {
      const socket = sockets[sockets.length >> 1];
      for (let i = 0; i < times; ++i) socket.onmessage?.(event);
    },
    "receive 16 B by each": ({ sockets }, times) => {
      for (let i = 0, next = 0; i < times; ++i) {
        sockets[next].onmessage?.(event);
        if (++next === sockets.length) next = 0;
      }
    },
    "send 16 B by each": ({ sockets, send }, times) => {
      for (let i = 0, next = 0; i < times; ++i) {
        send(next);
        if (++next === sockets.length) next = 0;
      }
    },
  };
}

/**
 * @param {number} count
 * @returns {Crowd}
 */
function bareCrowd(count) {
  let received = 0;
  const bytes = new Uint8Array(16);
  const sockets = Array.from({ length: count }, () => {
    const socket = new CountingWebSocket("ws://bench/");
    socket.onmessage = ({ data }) => (received += data.byteLength);
    return socket;
  });
  return { contender: "bare", sockets, send: (index) => sockets[index].send(bytes), memory: {} };
}

/**
 * @param {string} contender
 * @param {string} url
 * @param {number} count
 * @returns {Promise<Crowd>}
 */
async function programCrowd(contender, url, count) {
  const program = await startProgram(url);
  const sockets = [program.openCounting("ws://bench/", 0)];
  const data = textOf("ASCII", 1024);
  sockets[0].onmessage?.({ data });
  // The first one also needs memory for the program itself.
  const first = program.allocatedBytes();
  for (let index = 1; index < count; ++index)
    sockets.push(program.openCounting("ws://bench/", index));
  const open = program.allocatedBytes() - first;
  for (const socket of sockets) socket.onmessage?.({ data });
  const used = program.allocatedBytes() - first;
  const memory = {
    "malloc, open, by each": open / (count - 1),
    "malloc, after 1 KiB of text, by each": used / (count - 1),
  };
  return {
    contender,
    sockets,
    send(index) {
      program.select(index);
      program.sendBinary(16, 1);
    },
    memory: count === 1 ? {} : memory,
  };
}
