// A TCP proxy that breaks connections on command, for tests of code that outlives its connections.
//
//   const proxy = await startFaultProxy(server.port);
//   const socket = new WebSocket(`${proxy.ws}/echo`);
//   const [connection] = await once(proxy, "connection");
//   connection.stall({ direction: "toClient" });
//   proxy.cut({ how: "reset" });
//   await proxy.refuse();
//   await proxy.heal();
//   await proxy.follow(schedule(7, { steps: 30 }));
//   await proxy.close();
//
// A momentary fault (cut, halfOpen) applies to the current connections. A lasting one (cutAfter,
// stall, delay, refuse) applies to them and to all new ones, until it is lifted. Each Connection
// has all of them except refuse.

import { EventEmitter, once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** @typedef {import("node:net").Server} Server */
/** @typedef {import("node:net").Socket} Socket */

/** @typedef {"toClient" | "toServer"} Direction */

/**
 * How TCP ends: by a FIN, which arrives after all forwarded bytes, or by a RST, which may overtake
 * bytes that the receiver has not read.
 *
 * @typedef {"end" | "reset"} Ending
 */

/**
 * One of the proxy's methods, with its arguments.
 *
 * @typedef {{ fault: "cut", how: Ending }
 *   | { fault: "cutAfter", direction: Direction, bytes: number, how: Ending }
 *   | { fault: "stall", direction: Direction | "both" }
 *   | { fault: "delay", direction: Direction | "both", ms: number }
 *   | { fault: "refuse", how: "closed" | "reset" }
 *   | { fault: "halfOpen", gone: "client" | "server" }
 *   | { fault: "heal" }} Fault
 */

/**
 * @typedef {Fault & { after: number }} Step `after` is the milliseconds since the previous step.
 */

const host = "127.0.0.1";
const nothing = Buffer.alloc(0);
const mostQueued = 1024 * 1024;

/**
 * Listens on 127.0.0.1 and a free port, and forwards each connection to `target`, a port there.
 *
 * @param {number} target
 */
export async function startFaultProxy(target) {
  return new FaultProxy(await listenAnywhere(), target);
}

/**
 * Emits "connection" with each Connection before any of its bytes are forwarded, and "refused" for
 * each that it accepted only to reset it.
 *
 * @extends {EventEmitter<{ connection: [Connection], refused: [] }>}
 */
export class FaultProxy extends EventEmitter {
  /** @type {Set<Connection>} */
  #connections = new Set();
  // The faults for new connections.
  /** @type {((connection: Connection) => void)[]} */
  #lasting = [];
  /** @type {"closed" | "reset" | undefined} */
  #refusal;
  #listening = Promise.resolve();
  #closing = new AbortController();
  /** @type {Server} */
  #listener;
  #target;

  /**
   * @param {Server} listener
   * @param {number} target
   */
  constructor(listener, target) {
    super();
    this.#listener = listener;
    this.#target = target;
    listener.on("connection", (client) => this.#pass(client));
    this.port = /** @type {import("node:net").AddressInfo} */ (listener.address()).port;
    this.http = `http://${host}:${this.port}`;
    this.ws = `ws://${host}:${this.port}`;
  }

  /** The connections that are neither cut nor ended, oldest first. */
  get connections() {
    return [...this.#connections].filter(({ isCut }) => !isCut);
  }

  /** @param {Parameters<Connection["cut"]>[0]} [options] */
  cut(options) {
    for (const connection of this.connections) connection.cut(options);
  }

  /**
   * Counts the bytes of each connection separately, from now or from its first.
   *
   * @param {Parameters<Connection["cutAfter"]>[0]} options
   */
  cutAfter(options) {
    this.#last((connection) => connection.cutAfter(options));
  }

  /** @param {Parameters<Connection["stall"]>[0]} [options] */
  stall(options) {
    this.#last((connection) => connection.stall(options));
  }

  /** @param {Parameters<Connection["resume"]>[0]} [options] */
  resume(options) {
    this.#last((connection) => connection.resume(options));
  }

  /** @param {Parameters<Connection["delay"]>[0]} options */
  delay(options) {
    this.#last((connection) => connection.delay(options));
  }

  /** @param {Parameters<Connection["halfOpen"]>[0]} options */
  halfOpen(options) {
    for (const connection of this.connections) connection.halfOpen(options);
  }

  /**
   * Accepts no more connections: the port is closed, or resets new ones. Existing connections keep
   * running.
   *
   * @param {{ how?: "closed" | "reset" }} [options]
   */
  async refuse({ how = "closed" } = {}) {
    this.#refusal = how;
    await this.#listenOrNot();
  }

  /** Ends `refuse`, on the same port. */
  async accept() {
    this.#refusal = undefined;
    await this.#listenOrNot();
  }

  /** Lifts every fault. A half-open connection cannot be repaired, and is reset. */
  async heal() {
    this.#lasting = [];
    for (const connection of this.connections) connection.heal();
    await this.accept();
  }

  /**
   * Takes the steps one after another. Heals at the end, and when `signal` aborts or the proxy is
   * closed.
   *
   * @param {Iterable<Step>} steps
   * @param {{ signal?: AbortSignal }} [options]
   */
  async follow(steps, { signal } = {}) {
    const stop = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    try {
      for (const step of steps) {
        await sleep(step.after, undefined, { signal: stop });
        await /** @type {any} */ (this)[step.fault](step);
      }
    } catch (error) {
      if (!stop.aborted) throw error;
    } finally {
      await this.heal();
    }
  }

  /** Ends every connection at once, and everything else. */
  async close() {
    this.#closing.abort();
    const ended = [...this.#connections].map((connection) => {
      connection.destroy();
      return connection.closed;
    });
    await Promise.all([this.#listenOrNot(), ...ended]);
  }

  /** @param {Socket} client */
  #pass(client) {
    if (this.#refusal) {
      client.resetAndDestroy();
      return this.emit("refused");
    }
    const server = connect({ port: this.#target, host, allowHalfOpen: true, noDelay: true });
    const connection = new Connection(client, server);
    this.#connections.add(connection);
    connection.closed.then(() => this.#connections.delete(connection));
    for (const befall of this.#lasting) befall(connection);
    this.emit("connection", connection);
  }

  /** @param {(connection: Connection) => void} befall */
  #last(befall) {
    this.#lasting.push(befall);
    for (const connection of this.connections) befall(connection);
  }

  /** Listening takes several turns of the event loop. Later requests wait until it is done. */
  #listenOrNot() {
    this.#listening = this.#listening
      .catch(() => {}) // reported to its caller
      .then(async () => {
        const isWanted = this.#refusal !== "closed" && !this.#closing.signal.aborted;
        if (isWanted === this.#listener.listening) return;
        if (!isWanted) return void this.#listener.close();

        this.#listener = await listen(this.port);
        this.#listener.on("connection", (client) => this.#pass(client));
      });
    return this.#listening;
  }
}

/**
 * A client's TCP connection, and the one to the server. `toClient` and `toServer` count the bytes
 * they have forwarded.
 */
export class Connection {
  /** Whether `cut` ended it. */
  isCut = false;
  #isHalfOpen = false;
  #client;
  #server;

  /**
   * @param {Socket} client
   * @param {Socket} server
   */
  constructor(client, server) {
    this.#client = client;
    this.#server = server;
    this.toServer = new Flow(client, server);
    this.toClient = new Flow(server, client);
    /** Resolves when both sides are closed: after a cut by "end", when both have answered it. */
    this.closed = Promise.all(
      [client, server].map((socket) => new Promise((resolve) => socket.once("close", resolve))),
    );
  }

  /**
   * Ends both sides at once. Bytes still queued here are lost.
   *
   * @param {{ how?: Ending }} [options]
   */
  cut({ how = "end" } = {}) {
    this.isCut = true;
    this.#swallow();
    end(this.#client, how);
    end(this.#server, how);
  }

  /**
   * Cuts as soon as exactly this many more bytes have been forwarded in that direction. If `bytes`
   * is 0, it cuts instead of forwarding the next byte. Only the last call for a direction counts.
   *
   * @param {{ direction: Direction, bytes: number, how?: Ending }} options
   */
  cutAfter({ direction, bytes, how }) {
    const receiver = direction === "toClient" ? this.#client : this.#server;
    // A reset discards bytes that the system has not taken yet.
    this[direction].limit(bytes, (last) => receiver.write(last, () => this.cut({ how })));
  }

  /**
   * Stops forwarding anything, even an end. A sender can continue until its own buffers, the
   * system's and 1 MiB here are full.
   *
   * @param {{ direction?: Direction | "both" }} [options]
   */
  stall({ direction = "both" } = {}) {
    for (const flow of this.#flows(direction)) flow.stall();
  }

  /**
   * Ends `stall`, and forwards queued bytes.
   *
   * @param {{ direction?: Direction | "both" }} [options]
   */
  resume({ direction = "both" } = {}) {
    for (const flow of this.#flows(direction)) flow.resume();
  }

  /**
   * Forwards everything `ms` milliseconds after it arrived, in order. A change, such as to 0, also
   * applies to bytes in flight.
   *
   * @param {{ direction?: Direction | "both", ms: number }} options
   */
  delay({ direction = "both", ms }) {
    for (const flow of this.#flows(direction)) flow.delay(ms);
  }

  /**
   * Ends one side without the other noticing: its later bytes are swallowed, and its end stays
   * unanswered.
   *
   * @param {{ gone: "client" | "server" }} options
   */
  halfOpen({ gone }) {
    this.#isHalfOpen = true;
    this.#swallow();
    end(gone === "client" ? this.#client : this.#server, "end");
  }

  /** Lifts every fault, and resets a half-open connection. */
  heal() {
    if (this.#isHalfOpen) return this.cut({ how: "reset" });
    for (const flow of this.#flows("both")) flow.heal();
  }

  destroy() {
    this.#client.destroy();
    this.#server.destroy();
  }

  #swallow() {
    for (const flow of this.#flows("both")) flow.swallow();
  }

  /** @param {Direction | "both"} direction */
  #flows(direction) {
    return direction === "both" ? [this.toServer, this.toClient] : [this[direction]];
  }
}

/** The bytes from one side on their way to the other. */
class Flow {
  /** How many bytes the other side got. */
  forwarded = 0;
  /** @type {{ bytes: Buffer, ending: Ending | undefined, since: number }[]} */
  #queue = [];
  #queuedBytes = 0;
  #isStalled = false;
  #isSwallowed = false;
  #milliseconds = 0;
  #left = Infinity;
  /** @type {((last: Buffer) => void) | undefined} */
  #whenSpent;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #from;
  #to;

  /**
   * @param {Socket} from
   * @param {Socket} to
   */
  constructor(from, to) {
    this.#from = from;
    this.#to = to;
    from.on("data", (bytes) => this.#take(bytes));
    from.on("end", () => this.#take(nothing, "end"));
    from.on("error", () => this.#take(nothing, "reset"));
    to.on("drain", () => this.#forward());
    to.on("close", () => this.swallow());
  }

  /**
   * @param {number} bytes
   * @param {(last: Buffer) => void} whenSpent gets the last bytes, instead of the other side
   */
  limit(bytes, whenSpent) {
    this.#left = bytes;
    this.#whenSpent = whenSpent;
  }

  stall() {
    this.#isStalled = true;
  }

  resume() {
    this.#isStalled = false;
    this.#forward();
  }

  /** @param {number} milliseconds */
  delay(milliseconds) {
    this.#milliseconds = milliseconds;
    this.#forward();
  }

  heal() {
    this.#left = Infinity;
    this.#milliseconds = 0;
    this.resume();
  }

  /** Discards queued and future bytes. */
  swallow() {
    this.#isSwallowed = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#forward();
  }

  /**
   * @param {Buffer} bytes
   * @param {Ending} [ending]
   */
  #take(bytes, ending) {
    if (this.#isSwallowed) return;
    this.#queue.push({ bytes, ending, since: performance.now() });
    this.#queuedBytes += bytes.length;
    this.#forward();
  }

  #forward() {
    clearTimeout(this.#timer);
    for (let first = this.#next(); first; first = this.#next()) {
      this.#queue.shift();
      this.#queuedBytes -= first.bytes.length;
      if (first.ending) end(this.#to, first.ending);
      else this.#give(first.bytes);
    }
    // Only a socket that is read reports that its other side has ended.
    if (this.#queuedBytes < mostQueued) this.#from.resume();
    else this.#from.pause();
  }

  /** What may be forwarded now. */
  #next() {
    const [first] = this.#queue;
    if (!first || this.#isStalled || this.#to.writableNeedDrain) return undefined;

    const remaining = first.since + this.#milliseconds - performance.now();
    if (remaining <= 0) return first;
    this.#timer = setTimeout(() => this.#forward(), Math.ceil(remaining));
    return undefined;
  }

  /** @param {Buffer} bytes */
  #give(bytes) {
    const part = bytes.subarray(0, this.#left);
    this.forwarded += part.length;
    this.#left -= part.length;
    if (this.#left > 0) this.#to.write(part);
    else this.#whenSpent?.(part);
  }
}

// Schedules

/**
 * Random faults, and as many repairs: the same for the same seed. No step takes longer than
 * `longest` milliseconds, so a test of slow clients asks for more.
 *
 * @param {number} seed a whole number below 2^32
 * @param {{ steps: number, longest?: number }} options
 * @returns {Step[]}
 */
export function schedule(seed, { steps, longest = 100 }) {
  const random = randomNumbers(seed);
  return Array.from({ length: steps }, () => ({
    ...randomFault(random, longest),
    after: below(longest + 1),
  }));

  /** @param {number} limit */
  function below(limit) {
    return Math.floor(random() * limit);
  }
}

/**
 * @param {() => number} random
 * @param {number} longest
 * @returns {Fault}
 */
function randomFault(random, longest) {
  if (random() < 0.5) return { fault: "heal" };

  const how = pick(/** @type {Ending[]} */ (["end", "reset"]));
  const direction = pick(/** @type {Direction[]} */ (["toClient", "toServer"]));
  const directions = pick(/** @type {(Direction | "both")[]} */ ([direction, "both"]));
  return pick(
    /** @type {Fault[]} */ ([
      { fault: "cut", how },
      { fault: "cutAfter", direction, bytes: Math.floor(random() * 300), how },
      { fault: "stall", direction: directions },
      { fault: "delay", direction: directions, ms: Math.ceil(random() * longest) },
      { fault: "refuse", how: pick(["closed", "reset"]) },
      { fault: "halfOpen", gone: pick(["client", "server"]) },
    ]),
  );

  /**
   * @template T
   * @param {T[]} values
   */
  function pick(values) {
    return values[Math.floor(random() * values.length)];
  }
}

/**
 * Mulberry32 by Tommy Ettinger.
 *
 * @param {number} seed
 * @returns {() => number} from 0 up to but excluding 1
 */
function randomNumbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

// TCP

/**
 * Systems hand out ports from 32768 up as free ports, and as a client's own port. A lower port
 * stays free while the proxy refuses, and no client that tries it connects to itself.
 *
 * @returns {Promise<Server>}
 */
async function listenAnywhere() {
  for (;;) {
    try {
      return await listen(20_000 + Math.floor(Math.random() * 12_000));
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EADDRINUSE") throw error;
    }
  }
}

/**
 * @param {number} port
 * @returns {Promise<Server>}
 */
async function listen(port) {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  server.listen(port, host);
  await once(server, "listening");
  return server;
}

/**
 * @param {Socket} socket
 * @param {Ending} how
 */
function end(socket, how) {
  if (how === "end") socket.end();
  // Node never closes a socket that is reset while its end is being sent.
  else if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
