// The soak test's workload, in Node and in a page: sockets that open and close and have messages of
// every size echoed, and sessions whose connections are cut. It also samples the memory and
// resources in use.

import { load } from "../../js/index.js";
import { load as loadSessions } from "../../js/session.js";
import { collect, watchMemory } from "../support/garbage.mjs";

const sizes = [0, 1, 15, 200, 5_000, 70_000, 1_000_000];

/**
 * @typedef {{ jsHeap: number, wasmMemory: number, liveSockets: number, resources: number }} Sample
 */

/**
 * @param {{ echo: string, sessions: string }} servers ws://HOST:PORT/… of an echo server, and of
 * one behind a fault proxy
 */
export async function start({ echo, sessions }) {
  const live = countSockets();
  const wasmMemory = watchMemory();
  const { WebSocket } = await load({ WebSocket: live.WebSocket });
  const { Session } = await loadSessions({ WebSocket: live.WebSocket });

  let isOver = false;
  const counted = {
    messages: 0,
    bytes: 0,
    sockets: 0,
    connections: 0,
    faults: /** @type {string[]} */ ([]),
  };
  const running = [0, 1].map((number) => keepExchanging(number));
  running.push(...[0, 1, 2].map(() => keepSession()));

  return {
    counted: () => counted,

    /** @returns {Promise<Sample>} */
    async sample() {
      await collect(5);
      const { memory } = /** @type {any} */ (performance);
      const node = globalThis.process;
      return {
        jsHeap: memory ? memory.usedJSHeapSize : node.memoryUsage().heapUsed,
        wasmMemory: wasmMemory(),
        liveSockets: live.count(),
        resources: node ? node.getActiveResourcesInfo().length : 0,
      };
    },

    /** Stops everything. */
    async stop() {
      isOver = true;
      await Promise.all(running);
    },
  };

  /** @param {number} number chooses how a socket ends */
  async function keepExchanging(number) {
    for (let round = number; !isOver; ++round) {
      const socket = new WebSocket(echo);
      socket.binaryType = round % 3 ? "arraybuffer" : "blob";
      ++counted.sockets;
      const ended = new Promise((resolve) => (socket.onclose = resolve));
      await Promise.race([ended, new Promise((resolve) => (socket.onopen = resolve))]);
      for (const size of sizes)
        await exchange(socket, size, round % 2 ? "x".repeat(size) : new Uint8Array(size).fill(7));
      if (round % 5) socket.close(4000, "done");
      else socket.close();
      await ended;
    }
  }

  /**
   * @param {import("../../js/index.js").WebSocket} socket
   * @param {number} size
   * @param {string | Uint8Array<ArrayBuffer>} data
   */
  async function exchange(socket, size, data) {
    const answered = new Promise((resolve) => (socket.onmessage = resolve));
    socket.send(data);
    const { data: answer } = await answered;
    const length = answer.length ?? answer.byteLength ?? answer.size;
    if (length !== size) counted.faults.push(`${size} bytes came back as ${length}`);
    ++counted.messages;
    counted.bytes += size;
  }

  /**
   * Sends text and bytes, each after the answer to the previous message. The session resends what a
   * cut loses.
   */
  async function keepSession() {
    const session = new Session(sessions, undefined, {
      minReconnectionDelay: 10,
      maxReconnectionDelay: 200,
      acknowledgement: true,
      heartbeat: {
        ping: "ping",
        isPong: (data) => data === "ping",
        interval: 500,
        deadline: 1_000,
      },
    });
    session.binaryType = "arraybuffer";
    // All sessions keep the largest message twice before they are connected. Otherwise wasm memory
    // would grow whenever several happen to keep it at the same moment.
    const largest = sizes[sizes.length - 2];
    const messages = ["y".repeat(largest), new Uint8Array(largest)];
    let arrived = 0;
    await new Promise((resolve) => {
      session.onmessage = () => ++arrived === messages.length && resolve(undefined);
      for (const message of messages) session.send(message);
    });
    session.acknowledge(messages.length);

    for (let number = messages.length + 1; !isOver; ++number) {
      const size = sizes[number % (sizes.length - 1)];
      const answered = new Promise((resolve) => (session.onmessage = resolve));
      session.send(number % 2 ? "y".repeat(size) : new Uint8Array(size));
      await answered;
      session.acknowledge(number);
      ++counted.messages;
      counted.bytes += size;
    }
    counted.connections += session.counters.connections;
    const stopped = new Promise((resolve) => (session.onstatuschange = resolve));
    session.close();
    await stopped;
  }
}

/** Wraps the environment's class, to count how many of its objects are not garbage yet. */
function countSockets() {
  let count = 0;
  const registry = new FinalizationRegistry(() => --count);
  class CountedWebSocket extends globalThis.WebSocket {
    /**
     * @param {string | URL} url
     * @param {string | string[]} [protocols]
     */
    constructor(url, protocols) {
      super(url, protocols);
      ++count;
      registry.register(this, undefined);
    }
  }
  return { WebSocket: /** @type {any} */ (CountedWebSocket), count: () => count };
}
