// One soak run: hawser under load for a while, sampled many times in between.

import { schedule, startFaultProxy } from "../support/fault_proxy.mjs";
import { startInChromium, startInNode } from "../support/places.mjs";
import { startServer } from "../support/server.mjs";

/** @typedef {import("./workload.mjs").Sample} Sample */
/**
 * @typedef {{ messages: number, bytes: number, sockets: number, connections: number, faults: string[] }} Counted
 */
/**
 * @typedef {{ engine: string, minutes: number, samples: Sample[], end: Sample, counted: Counted }} Result
 */

/**
 * The minimum between two samples, so that a slow machine is as warm as a fast one when they are
 * compared.
 */
const messagesPerSample = 500;

export const engines = { Node: startInNode, Chromium: startInChromium };

/**
 * @param {keyof typeof engines} engine
 * @param {{ minutes: number, looks: number }} options
 * @returns {Promise<Result>}
 */
export async function soak(engine, { minutes, looks }) {
  const server = await startServer();
  const proxy = await startFaultProxy(server.port);
  const place = await engines[engine]("tests/soak/workload.mjs");
  const stopping = new AbortController();
  try {
    await place.call("start", { echo: `${server.ws}/echo`, sessions: `${proxy.ws}/echo` });
    const following = keepFailing(stopping.signal);
    const samples = [];
    for (let look = 0; look < looks; ++look) {
      do await new Promise((resolve) => setTimeout(resolve, (minutes * 60_000) / looks));
      while ((await place.call("counted")).messages < (look + 1) * messagesPerSample);
      samples.push(await place.call("sample"));
    }
    stopping.abort();
    await following;
    await place.call("stop");
    return {
      engine,
      minutes,
      samples,
      end: await place.call("sample"),
      counted: await place.call("counted"),
    };
  } finally {
    stopping.abort();
    await place.close();
    await proxy.close();
    await server.close();
  }

  /** @param {AbortSignal} signal */
  async function keepFailing(signal) {
    for (let seed = 1; !signal.aborted; ++seed) {
      await proxy.follow(schedule(seed, { steps: 10, longest: 400 }), { signal });
    }
  }
}

/**
 * Finds growth: compares the last third of the samples with the second, so that everything has been
 * warm for long.
 *
 * @param {Result} result
 * @returns {string[]}
 */
export function findGrowth({ samples, end, counted }) {
  const third = Math.floor(samples.length / 3);
  const [before, after] = [samples.slice(third, 2 * third), samples.slice(-third)];
  const growth = [...counted.faults];
  const median = (/** @type {number[]} */ values) =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const heaps = [before, after].map((some) => median(some.map(({ jsHeap }) => jsHeap)));
  // Allows for a round more or less in flight, and a twentieth.
  if (heaps[1] > heaps[0] * 1.05 + 8e6)
    growth.push(`the JavaScript heap grew from ${heaps[0]} to ${heaps[1]} bytes`);
  const sizes = [before, after].map((some) =>
    Math.max(...some.map(({ wasmMemory }) => wasmMemory)),
  );
  if (sizes[1] > sizes[0]) growth.push(`wasm memory grew from ${sizes[0]} to ${sizes[1]} bytes`);
  const resources = [before, after].map((some) =>
    Math.max(...some.map((sample) => sample.resources)),
  );
  if (resources[1] > resources[0] + 10)
    growth.push(`resources grew from ${resources[0]} to ${resources[1]}`);
  // All sockets are closed then. The last ones may still be on a stack.
  if (end.liveSockets > 8)
    growth.push(`${end.liveSockets} sockets are still not garbage after the end`);
  return growth;
}

/**
 * A row of the table.
 *
 * @param {Result} result
 */
export function rowOf({ engine, samples, end, counted }) {
  const third = Math.floor(samples.length / 3);
  const heap = (/** @type {number} */ from) =>
    megabytes(samples.slice(from, from + third).map((one) => one.jsHeap));
  const memory = [samples[third], samples[samples.length - 1]].map(
    ({ wasmMemory }) => `${wasmMemory / 1024} KiB`,
  );
  return {
    engine,
    messages: counted.messages.toLocaleString("en"),
    payload: `${(counted.bytes / 1e9).toFixed(1)} GB`,
    "sockets opened and closed": counted.sockets.toLocaleString("en"),
    "connections of 3 sessions": counted.connections.toLocaleString("en"),
    "wasm memory after a third, at the end": memory.join(", "),
    "JavaScript heap in the second third, in the last": `${heap(third)}, ${heap(samples.length - third)}`,
    "sockets left": String(end.liveSockets),
  };
}

/** @param {number[]} values */
function megabytes(values) {
  const median = [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
  return `${(median / 1e6).toFixed(1)} MB`;
}
