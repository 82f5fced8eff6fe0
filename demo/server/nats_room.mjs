// Stores the strokes of rooms in JetStream. NATS connects the servers that share a room.
//
// Each room has a stream, room-NAME, whose sequence numbers are those of its strokes. A stroke's id
// is its Nats-Msg-Id, so that JetStream can detect one that is published again.

import { setTimeout as sleep } from "node:timers/promises";
import {
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiError,
  StorageType,
  jetstream,
  jetstreamManager,
} from "@nats-io/jetstream";
import { connect, nanos } from "@nats-io/transport-node";
import { LIMITS } from "./room.mjs";

const MAX_AGE = 24 * 3_600_000; // ms that a stroke is kept
const MAX_STREAMS = 64;
const DUPLICATE_WINDOW = 10 * 60_000; // ms during which JetStream detects a stroke that is published again
const PUBLISH_TIMEOUT = 1_000; // ms; a killed node never answers
const GIVE_UP_AFTER = 30_000; // ms
const START_WITHIN = 120_000; // ms in which a cluster starts, even on a busy machine
const RETRY = 50; // ms
const HEARTBEAT = 500; // ms between heartbeats of a consumer without messages
const SILENCE = 4 * HEARTBEAT;

/** @typedef {import("./memory_room.mjs").Store} Store */
/** @typedef {import("./memory_room.mjs").Channel} Channel */
/** @typedef {import("./memory_room.mjs").Listener} Listener */

/** @implements {Store} */
export class NatsStore {
  isShared = true;
  #connection;
  #replicas;
  #strokes;
  #rooms;

  /**
   * @param {import("@nats-io/transport-node").NatsConnection} connection
   * @param {{ replicas: number, strokes: number, rooms: number }} options `rooms` is the most rooms
   *   in the cluster
   */
  constructor(connection, { replicas, strokes, rooms }) {
    this.#rooms = rooms;
    this.#connection = connection;
    this.#replicas = replicas;
    this.#strokes = strokes;
  }

  /**
   * @param {string[]} servers such as 127.0.0.1:4222
   * @param {{ replicas?: number, strokes?: number, rooms?: number }} [options]
   */
  static async connect(
    servers,
    { replicas = 3, strokes = LIMITS.strokes, rooms = MAX_STREAMS } = {},
  ) {
    const connection = await connect({
      servers,
      noEcho: true, // a server does not receive its own shouts
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
      reconnectJitter: 50,
      pingInterval: 2_000,
      maxPingOut: 2,
      ignoreClusterUpdates: true,
    });
    return new NatsStore(connection, { replicas, strokes, rooms });
  }

  /**
   * Waits until as many nodes have joined the cluster as a room needs. JetStream does not know a
   * node that dies before it has joined, and then refuses new rooms until that node is restarted.
   */
  async whenComplete() {
    const { streams } = await this.#manager();
    const trial = {
      name: "trial",
      subjects: ["trial"],
      num_replicas: this.#replicas,
      storage: StorageType.Memory,
    };
    await retry(() => streams.add(trial), START_WITHIN);
    await retry(() => streams.delete(trial.name).catch(ignoreMissing), START_WITHIN);
  }

  /**
   * @param {string} name
   * @param {Listener} listener
   * @returns {Promise<Channel>}
   */
  async open(name, { onStroke, onShout }) {
    const nc = this.#connection;
    const stream = `room-${name}`;
    const info = await retry(() => this.#makeStream(stream));

    const shouts = nc.subscribe(`room.${name}.shouts`, {
      callback: (_, { data }) => onShout(Buffer.from(data)),
    });
    const strokes = follow(nc, stream, onStroke);
    const js = jetstream(nc, { timeout: PUBLISH_TIMEOUT });
    return {
      epoch: Math.floor(Date.parse(String(info.created)) / 1000) >>> 0,
      append: async (id, stroke) =>
        void (await retry(() =>
          js.publish(`room.${name}.strokes`, stroke, { msgID: id, timeout: PUBLISH_TIMEOUT }),
        )),
      shout: (bytes) => {
        if (!nc.isClosed()) nc.publish(`room.${name}.shouts`, bytes);
      },
      async close() {
        shouts.unsubscribe();
        await strokes.stop();
      },
    };
  }

  /** @param {string} stream */
  async #makeStream(stream) {
    const manager = await this.#manager();
    const { streams } = manager;
    const existing = await streams.info(stream).catch(ignoreMissing);
    if (existing) return existing;
    const { streams: count } = await manager.getAccountInfo();
    if (count >= this.#rooms) throw new TooManyRooms(this.#rooms);
    return streams.add({
      name: stream,
      subjects: [`room.${stream.slice("room-".length)}.strokes`],
      num_replicas: this.#replicas,
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
      max_msgs: this.#strokes,
      max_age: nanos(MAX_AGE),
      duplicate_window: nanos(DUPLICATE_WINDOW),
    });
  }

  #manager() {
    return jetstreamManager(this.#connection, { timeout: 5_000, checkAPI: false });
  }

  async close() {
    await this.#connection.close();
  }
}

/** A retry is pointless. */
class TooManyRooms extends Error {
  /** @param {number} count */
  constructor(count) {
    super(`There are ${count} rooms already, and no more can be made.`);
  }
}

/** Ignores "stream not found", and throws anything else. @param {unknown} error */
function ignoreMissing(error) {
  if (!(error instanceof JetStreamApiError) || error.code !== 10059) throw error;
}

/**
 * Calls `onStroke` with each message of a stream, in order and once, even if nodes are killed.
 *
 * @param {import("@nats-io/transport-node").NatsConnection} nc
 * @param {string} stream
 * @param {Listener["onStroke"]} onStroke
 */
function follow(nc, stream, onStroke) {
  let last = 0;
  let isStopped = false;
  /** @type {import("@nats-io/jetstream").ConsumerMessages | undefined} */
  let messages;

  async function read() {
    const js = jetstream(nc, { timeout: 2_000 });
    // Each read creates a consumer that starts after the last received message. It lives in the
    // memory of one node.
    const consumer = await js.consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: last + 1,
    });
    messages = await consumer.consume({
      expires: 3_000,
      idle_heartbeat: HEARTBEAT,
      max_messages: 1_000,
    });
    const silence = endWhenSilent(messages);
    for await (const message of messages) {
      silence.refresh();
      const { seq } = message;
      if (seq > last) onStroke((last = seq), Buffer.from(message.data));
      if (isStopped) break;
    }
    clearTimeout(silence);
  }

  void (async () => {
    while (!isStopped && !nc.isClosed()) {
      await read().catch(() => {}); // the cluster has no leader at the moment
      if (!isStopped) await sleep(RETRY);
    }
  })();
  return {
    async stop() {
      isStopped = true;
      await messages?.close();
    },
  };
}

/**
 * Stops reading if neither a message nor a heartbeat arrives for a while. Returns the timer.
 * Otherwise, the library would ask whether the consumer still exists, and would keep asking as long
 * as the consumer's node is down, because no one answers.
 *
 * @param {import("@nats-io/jetstream").ConsumerMessages} messages
 */
function endWhenSilent(messages) {
  const timer = setTimeout(() => void messages.close(), SILENCE);
  void (async () => {
    for await (const { type } of messages.status()) if (type === "heartbeat") timer.refresh();
  })();
  return timer;
}

/**
 * Retries until it succeeds. A cluster that elects a leader refuses for a moment, and a killed node
 * never answers.
 *
 * @template Result
 * @param {() => Promise<Result>} action must be repeatable
 * @param {number} [giveUpAfter] ms
 */
async function retry(action, giveUpAfter = GIVE_UP_AFTER) {
  const deadline = performance.now() + giveUpAfter;
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (performance.now() > deadline || error instanceof TooManyRooms) throw error;
      await sleep(RETRY);
    }
  }
}
