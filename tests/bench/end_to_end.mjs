// The contenders on a real server over loopback, in Node or in a page.

import { nameOf } from "./cases.mjs";
import { startClients } from "./clients.mjs";
import { inTurn } from "./turns.mjs";

/** @typedef {import("./clients.mjs").Client} Client */
/** @typedef {import("./statistics.mjs").Measurement} Measurement */

const kinds = ["binary", "text"];

/**
 * `share` is the part of the usual number of messages that a sample has.
 *
 * @param {{ programs: Record<string, string>, server: string, sizes: number[], rounds: number, share: number }}
 *   options
 * @returns {AsyncGenerator<Measurement>}
 */
export async function* measurements({ programs, server, sizes, rounds, share }) {
  const clients = await startClients(programs);
  const count = (
    /** @type {number} */ bytes,
    /** @type {number} */ size,
    /** @type {number} */ most,
  ) => Math.max(4, Math.round(share * Math.min(most, bytes / size)));

  for (const kind of kinds) {
    for (const size of sizes) {
      for (const client of clients.values()) client.fill("x".repeat(size));
      const name = `${kind} ${nameOf(size)}`;
      const trips = await latency(clients, server, {
        kind,
        size,
        count: count(8 << 20, size, 200),
        rounds,
      });
      yield* named(trips, { section: "latency", case: `echo ${name}`, unit: "µs", bytes: size });

      const flow = { kind, size, count: count(16 << 20, size, 4000) };
      const received = await inTurns(clients, rounds, (client) => receive(client, server, flow));
      yield* named(received, {
        section: "throughput",
        case: `receive ${name}`,
        unit: "µs",
        bytes: size,
      });
      const sent = await inTurns(clients, rounds, (client) => send(client, server, flow));
      yield* named(sent, { section: "throughput", case: `send ${name}`, unit: "µs", bytes: size });
    }
  }
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
 * @param {(client: Client) => Promise<number[]>} run
 */
async function inTurns(clients, rounds, run) {
  /** @type {Map<string, number[]>} */
  const samples = new Map([...clients.keys()].map((name) => [name, []]));
  for (const client of clients.values()) await run(client); // warm
  for (let round = 0; round < rounds; ++round) {
    for (const [name, client] of inTurn([...clients], round))
      samples.get(name)?.push(...(await run(client)));
  }
  return samples;
}

/**
 * Sends each message when the previous one has come back. A sample is one round trip.
 *
 * @param {Map<string, Client>} clients
 * @param {string} server
 * @param {{ kind: string, size: number, count: number, rounds: number }} options
 */
async function latency(clients, server, { kind, size, count, rounds }) {
  let hear = () => {};
  for (const client of clients.values()) await client.open(`${server}/echo`, () => hear());
  // Opening overwrote the memory from which text is sent.
  for (const client of clients.values()) client.fill("x".repeat(size));

  const samples = await inTurns(clients, rounds, async (client) => {
    /** @type {number[]} */
    const times = [];
    await new Promise((resolve) => {
      let start = performance.now();
      hear = () => {
        const now = performance.now();
        times.push((now - start) * 1000);
        if (times.length === count) return resolve(undefined);
        start = now;
        client.send(kind, size, 1);
      };
      client.send(kind, size, 1);
    });
    return times;
  });

  for (const client of clients.values()) {
    client.close();
    await client.ended();
  }
  return samples;
}

/**
 * Receives messages as fast as the server sends them. A sample is the mean time of a message, with
 * its share of the handshakes, because the first messages arrive together with the answer to the
 * opening handshake.
 *
 * @param {Client} client
 * @param {string} server
 * @param {{ kind: string, size: number, count: number }} flow
 */
async function receive(client, server, { kind, size, count }) {
  const start = performance.now();
  await client.open(`${server}/flood?count=${count}&kind=${kind}&size=${size}`);
  await client.ended();
  return [((performance.now() - start) * 1000) / count];
}

/**
 * Sends messages as fast as the engine accepts them, until the server has counted them.
 *
 * @param {Client} client
 * @param {string} server
 * @param {{ kind: string, size: number, count: number }} flow
 */
async function send(client, server, { kind, size, count }) {
  /** @type {(value?: unknown) => void} */
  let hear = () => {};
  await client.open(`${server}/count`, () => hear());
  client.fill("x".repeat(size));
  const counted = new Promise((resolve) => (hear = resolve));
  const start = performance.now();
  client.send(kind, size, count);
  client.fill("stop");
  client.send("text", 4, 1);
  await counted;
  const time = performance.now() - start;
  client.close();
  await client.ended();
  return [(time * 1000) / count];
}
