// Measures the cost of the network for a thread other than the main thread, on a real server over
// loopback, in Node or in a page. This module runs on the main thread, which is either idle or busy
// most of the time.

import { nameOf } from "./cases.mjs";
import { startClients } from "./threads/clients.mjs";
import { inTurn } from "./turns.mjs";

/** @typedef {import("./threads/clients.mjs").Client} Client */
/** @typedef {import("./statistics.mjs").Measurement} Measurement */

/**
 * The main thread is busy for this part of each period, in milliseconds, like a page that renders.
 */
const frame = { period: 16, busy: 14 };

/**
 * How many messages each thread sends if each message waits for the main thread: enough for some of
 * its frames.
 */
const slowCount = 50;

/**
 * `share` is the part of the usual number of messages that a sample has.
 *
 * @param {{ programs: Record<string, string>, server: string, rounds: number, share: number }}
 *   options
 * @returns {AsyncGenerator<Measurement>}
 */
export async function* measurements({ programs, server, rounds, share }) {
  const clients = await startClients(programs);
  const shareOf = (/** @type {number} */ usual) => Math.max(4, Math.round(share * usual));
  const sendCount = (/** @type {string} */ contender, /** @type {number} */ usual) =>
    contender === "websocket.h" ? slowCount : shareOf(usual);

  for (const load of ["idle", "busy"]) {
    const rest = load === "busy" ? beBusy() : () => {};
    const when = `main thread ${load}`;

    for (const size of [16, 1024]) {
      // Not more than fit into the queue, so that no send waits.
      const usual = size === 16 ? 5000 : 500;
      const costs = await inTurns(clients, rounds, async (client, contender) => {
        const count = sendCount(contender, usual);
        const [cost] = await client.send({ url: `${server}/count`, size, count, threads: 1 });
        return [cost * 1000];
      });
      yield* named(costs, {
        section: "thread send cost",
        case: `send ${nameOf(size)}, ${when}`,
        unit: "ns",
        bytes: size,
      });
    }

    const trips = await inTurns(clients, rounds, (client) =>
      client.exchange({ url: `${server}/echo`, size: 16, count: shareOf(60), threads: 1 }),
    );
    yield* named(trips, {
      section: "thread latency",
      case: `echo 16 B, ${when}`,
      unit: "µs",
      bytes: 16,
    });

    const received = await inTurns(clients, rounds, async (client) => {
      const count = shareOf(5000);
      const url = `${server}/flood?wait&count=${count}&kind=binary&size=16`;
      const [time] = await client.receive({ url, size: 16, count, threads: 1 });
      return [time / count];
    });
    yield* named(received, {
      section: "thread throughput",
      case: `receive 16 B, ${when}`,
      unit: "µs",
      bytes: 16,
    });

    for (const threads of [1, 2, 4]) {
      // A worker with its own socket is a single thread.
      const its = new Map([...clients].filter(([name]) => threads === 1 || name !== "own socket"));
      const sent = await inTurns(its, rounds, async (client, contender) => {
        const count = sendCount(contender, 20_000 / threads);
        const times = await client.send({ url: `${server}/count`, size: 16, count, threads });
        return [times[threads] / (count * threads)];
      });
      const from = threads === 1 ? "1 thread" : `${threads} threads`;
      yield* named(sent, {
        section: "thread throughput",
        case: `send 16 B from ${from}, ${when}`,
        unit: "µs",
        bytes: 16,
      });
    }
    rest();
  }
}

/** @returns {() => void} what ends it */
function beBusy() {
  const work = () => {
    const end = performance.now() + frame.busy;
    while (performance.now() < end);
  };
  const timer = setInterval(work, frame.period);
  return () => clearInterval(timer);
}

/**
 * @param {Map<string, number[]>} samples
 * @param {Omit<Measurement, "contender" | "samples">} what
 */
function* named(samples, what) {
  for (const [contender, its] of samples) yield { ...what, contender, samples: its };
}

/**
 * @param {Map<string, Client>} clients
 * @param {number} rounds
 * @param {(client: Client, contender: string) => Promise<number[]>} run
 */
async function inTurns(clients, rounds, run) {
  /** @type {Map<string, number[]>} */
  const samples = new Map([...clients.keys()].map((name) => [name, []]));
  for (const [name, client] of clients) await run(client, name); // warm
  for (let round = 0; round < rounds; ++round) {
    for (const [name, client] of inTurn([...clients], round))
      samples.get(name)?.push(...(await run(client, name)));
  }
  return samples;
}
