// Rooms in which visitors draw together: /room?room=NAME. room_protocol.mjs has the protocol, and
// memory_room.mjs and nats_room.mjs store the strokes.
//
//   GET /room/servers  the WebSocket origins of all servers with the same rooms, as JSON

import { randomBytes } from "node:crypto";
import { WebSocketServer } from "ws";
import { MemoryStore } from "./memory_room.mjs";
import * as frames from "./room_protocol.mjs";

export const LIMITS = {
  rooms: 16,
  visitors: 32, // per room and server
  strokes: 5_000, // kept per room; older ones are dropped
  frames: 100, // per second and visitor: more have to wait
  burst: 200,
  queued: 64, // strokes of a visitor that wait to be stored
  unread: 4 * 2 ** 20, // bytes buffered for a visitor who does not read
};

const JOIN_PRICE = 20; // in frames, because the answer contains the history
const POINTER_UNREAD = 64 * 1024; // bytes buffered for a visitor, above which it gets no pointers
const ANNOUNCE = 2_000; // ms between a server's announcements of its visitors to other servers
const FORGET = 7_000; // ms after which the visitors of a server that stopped responding are dropped

/** @typedef {import("ws").WebSocket} WebSocket */
/** @typedef {import("./server.mjs").Service} Service */
/** @typedef {import("./memory_room.mjs").Store} Store */
/** @typedef {import("./memory_room.mjs").Channel} Channel */
/** @typedef {typeof LIMITS} Limits */

/**
 * The parts that visitors may kill and restart. The last running server can't be killed.
 *
 * @typedef {object} Cluster
 * @property {() => { servers: boolean[], nodes: boolean[] }} state which parts are up
 * @property {(part: { isKill: boolean, isServer: boolean, index: number }) => void} control
 */

/**
 * @typedef {object} RoomOptions
 * @property {Store} [store]
 * @property {string[]} [servers] the origins of all servers, such as ws://127.0.0.1:8080
 * @property {number} [index] of this server
 * @property {Cluster} [cluster]
 * @property {Partial<Limits>} [limits]
 * @property {() => number} [now] milliseconds of any clock
 */

/** @implements {Service} */
export class Rooms {
  endpoints = {
    "/room": {
      /** @param {URLSearchParams} query */
      refusal: (query) => this.#refusal(query),
      /** @param {import("./server.mjs").Upgrade} upgrade */
      accept: ({ request, socket, head, query }) =>
        this.#webSockets.handleUpgrade(request, socket, head, (webSocket) =>
          this.#enter(webSocket, nameIn(query)),
        ),
    },
  };

  /** @type {Record<string, import("./server.mjs").Route>} */
  routes = {
    "/room/servers": {
      method: "GET",
      answer: ({ response }) =>
        response
          .writeHead(200, { "Content-Type": "application/json" })
          .end(JSON.stringify(this.#servers)),
    },
  };

  #webSockets = new WebSocketServer({ noServer: true, maxPayload: frames.MAX_FRAME_BYTES });
  /** @type {Map<string, Room>} The room that was entered last comes last. */
  #rooms = new Map();
  #store;
  #servers;
  #index;
  #cluster;
  #limits;
  #now;
  #timer;

  /** @param {RoomOptions} options */
  constructor({
    store = new MemoryStore(),
    servers = [],
    index = 0,
    cluster,
    limits,
    now = () => performance.now(),
  }) {
    this.#store = store;
    this.#servers = servers;
    this.#index = index;
    this.#cluster = cluster;
    this.#limits = { ...LIMITS, ...limits };
    this.#now = now;
    if (store.isShared) {
      this.#timer = setInterval(() => this.#rooms.forEach((room) => room.announce()), ANNOUNCE);
      this.#timer.unref();
    }
  }

  get connections() {
    return this.#webSockets.clients.size;
  }

  /** Sends all visitors the state of the cluster. */
  announceCluster() {
    const frame = this.#clusterFrame();
    if (frame) for (const webSocket of this.#webSockets.clients) webSocket.send(frame);
  }

  #clusterFrame() {
    const state = this.#cluster?.state();
    return state && frames.cluster(state.servers, state.nodes);
  }

  /**
   * Returns the HTTP status with which to refuse a visitor, or 0 to accept it.
   *
   * @param {URLSearchParams} query
   */
  #refusal(query) {
    const name = nameIn(query);
    if (!name) return 400;
    const room = this.#rooms.get(name);
    if (room) return room.size < this.#limits.visitors ? 0 : 503;
    const isFull =
      this.#rooms.size >= this.#limits.rooms &&
      ![...this.#rooms.values()].some(({ size }) => size === 0);
    return isFull ? 503 : 0;
  }

  /**
   * @param {WebSocket} webSocket
   * @param {string} name
   */
  #enter(webSocket, name) {
    const room = this.#find(name);
    const visitor = new Visitor(webSocket, room, {
      limits: this.#limits,
      now: this.#now,
      index: this.#index,
      cluster: this.#cluster,
      clusterFrame: () => this.#clusterFrame(),
    });
    room.enter(visitor);
  }

  /** @param {string} name */
  #find(name) {
    const known = this.#rooms.get(name);
    if (known) this.#rooms.delete(name);
    else if (this.#rooms.size >= this.#limits.rooms) {
      const [empty, room] = [...this.#rooms].find(([, { size }]) => size === 0) ?? [];
      if (empty && this.#rooms.delete(empty)) room?.close();
    }
    const room = known?.hasFailed ? undefined : known;
    const found = room ?? new Room(this.#store, name, this.#limits);
    this.#rooms.set(name, found);
    return found;
  }

  close() {
    clearInterval(this.#timer);
    for (const webSocket of this.#webSockets.clients) webSocket.terminate();
    for (const room of this.#rooms.values()) room.close();
    this.#rooms.clear();
  }
}

/** @param {URLSearchParams} query */
function nameIn(query) {
  return query.get("room")?.match(/^[a-z0-9-]{1,32}$/)?.[0] ?? "";
}

/** The strokes of a room, and its visitors. */
class Room {
  /** @type {Set<Visitor>} Including those that have not joined yet. */
  #visitors = new Set();
  /**
   * Visitors on other servers.
   *
   * @type {Map<string, { server: string, here: Buffer, seen: number }>}
   */
  #others = new Map();
  /** The frames of the stored strokes. @type {Buffer[]} */
  #history = [];
  #first = 1;
  /** The highest stroke number of each client with stored strokes. @type {Map<string, number>} */
  #numbers = new Map();
  /** @type {Channel | undefined} */
  #channel;
  #limits;
  #id = randomBytes(8); // identifies this server to the others
  #isClosed = false;
  hasFailed = false;

  /**
   * @param {Store} store
   * @param {string} name
   * @param {Limits} limits
   */
  constructor(store, name, limits) {
    this.#limits = limits;
    this.ready = store
      .open(name, {
        onStroke: (sequence, stroke) => this.#keep(sequence, stroke),
        onShout: (bytes) => this.#hear(bytes),
      })
      .then((channel) => {
        this.#channel = channel;
        if (this.#isClosed) void channel.close();
        return channel;
      });
    this.ready.catch(() => (this.hasFailed = true));
  }

  get size() {
    return this.#visitors.size;
  }

  /** @param {Visitor} visitor */
  enter(visitor) {
    this.#visitors.add(visitor);
  }

  /** @param {Visitor} visitor */
  leave(visitor) {
    this.#visitors.delete(visitor);
    const { client } = visitor;
    if (!client || [...this.#visitors].some((other) => other.client === client)) return;
    this.#broadcast(frames.left(client));
    this.#shout(frames.left(client));
  }

  /**
   * Adds a visitor. It gets the strokes after a sequence number, and the list of all visitors.
   *
   * @param {Visitor} visitor
   * @param {{ here: Buffer, after: number, epoch: number, index: number }} joined `here` announces
   *   the visitor to the others
   */
  join(visitor, { here, after, epoch, index }) {
    for (const other of this.#visitors) {
      // A previous connection of the same client, whose end the server has not noticed yet.
      if (other !== visitor && other.client === visitor.client) other.webSocket.terminate();
    }
    const last = this.#first + this.#history.length - 1;
    visitor.send(
      frames.welcome({ epoch, client: visitor.client, first: this.#first, last, server: index }),
    );
    const from = after > last ? 0 : Math.max(0, after + 1 - this.#first);
    for (const frame of this.#history.slice(from)) visitor.send(frame);
    for (const other of [...this.#visitors, ...this.#others.values()])
      if (other.here) visitor.send(other.here);
    this.#broadcast(here, visitor);
    this.#shout(here);
  }

  /** @param {string} client @param {number} number */
  has(client, number) {
    return number <= (this.#numbers.get(client) ?? 0);
  }

  /**
   * Sends a pointer to all other visitors, except those with much unread data.
   *
   * @param {string} client
   * @param {Buffer} at
   */
  point(client, at) {
    const frame = frames.pointer(client, at);
    this.#sendPointer(frame, client);
    this.#shout(frame);
  }

  /** @param {Buffer} frame @param {string} [client] the sender */
  #sendPointer(frame, client) {
    for (const visitor of this.#visitors) {
      const isBusy = visitor.webSocket.bufferedAmount > POINTER_UNREAD;
      if (visitor.here && visitor.client !== client && !isBusy) visitor.send(frame);
    }
  }

  /**
   * Announces this server's visitors to the other servers, and drops those that are no longer
   * announced.
   */
  announce() {
    for (const { here } of this.#visitors) if (here) this.#shout(here);
    for (const [client, { seen }] of this.#others) {
      if (performance.now() - seen < FORGET) continue;
      this.#others.delete(client);
      this.#broadcast(frames.left(client));
    }
  }

  /**
   * @param {number} sequence
   * @param {Buffer} stroke as stored
   */
  #keep(sequence, stroke) {
    const { client, number } = frames.authorOf(stroke);
    if (this.#history.length === 0) this.#first = sequence;
    this.#numbers.set(client, Math.max(number, this.#numbers.get(client) ?? 0));
    const frame = frames.stroke(sequence, stroke);
    this.#history.push(frame);
    if (this.#history.length > this.#limits.strokes) this.#forgetOldest();
    this.#broadcast(frame);
  }

  #forgetOldest() {
    const oldest = /** @type {Buffer} */ (this.#history.shift());
    ++this.#first;
    const { client, number } = frames.authorOf(oldest.subarray(5));
    if (this.#numbers.get(client) === number) this.#numbers.delete(client);
  }

  /** @param {Buffer} bytes from another server: its id, and a frame for this server's visitors */
  #hear(bytes) {
    const server = bytes.toString("hex", 0, 8);
    const frame = bytes.subarray(8);
    const client = frame.toString("hex", 1, 9);
    if (frame[0] === 130) return this.#sendPointer(frame);
    const known = this.#others.get(client);
    if (frame[0] === 133) {
      if (known?.server !== server) return; // it is on another server now
      this.#others.delete(client);
      if (![...this.#visitors].some((visitor) => visitor.client === client)) this.#broadcast(frame);
      return;
    }
    this.#others.set(client, { server, here: Buffer.from(frame), seen: performance.now() });
    if (!known) this.#broadcast(frame);
  }

  /** @param {Buffer} frame @param {Visitor} [except] */
  #broadcast(frame, except) {
    for (const visitor of this.#visitors)
      if (visitor.here && visitor !== except) visitor.send(frame);
  }

  /** @param {Buffer} frame */
  #shout(frame) {
    this.#channel?.shout(Buffer.concat([this.#id, frame]));
  }

  close() {
    this.#isClosed = true;
    void this.#channel?.close();
  }
}

/** @typedef {{ data: Buffer, isBinary: boolean }} RawFrame */

/** One visitor's connection. */
class Visitor {
  client = "";
  epoch = 0; // the room's epoch
  /** Announces the visitor to others. Undefined before it has joined. @type {Buffer | undefined} */
  here;
  /**
   * Strokes are stored one after the other, so that their numbers ascend.
   *
   * @type {{ number: number, content: Buffer }[]}
   */
  #strokes = [];
  #isStoring = false;
  /** Frames from ws that have not been processed. @type {RawFrame[]} */
  #frames = [];
  #credit; // frames that it may send now
  #since;
  /** @type {NodeJS.Timeout | undefined} */
  #waiting;
  #room;
  #options;

  /**
   * @param {WebSocket} webSocket
   * @param {Room} room
   * @param {{ limits: Limits, now: () => number, index: number, cluster?: Cluster,
   *   clusterFrame: () => Buffer | undefined }} options
   */
  constructor(webSocket, room, options) {
    this.webSocket = webSocket;
    this.#room = room;
    this.#options = options;
    this.#credit = options.limits.burst;
    this.#since = options.now();
    // After an error, such as a message that is too big, ws closes by itself. Without a listener,
    // the event would end the server.
    webSocket.on("error", () => {});
    webSocket.on("close", () => {
      clearTimeout(this.#waiting);
      room.leave(this);
    });
    webSocket.pause();
    room.ready.then(
      ({ epoch }) => {
        this.epoch = epoch;
        webSocket.on("message", (data, isBinary) => {
          this.#frames.push({ data: /** @type {Buffer} */ (data), isBinary });
          this.#takeFrames();
        });
        webSocket.resume();
      },
      () => {
        webSocket.resume(); // to read the answer to the Close frame
        webSocket.close(1013, "the room cannot be opened now");
      },
    );
  }

  /** @param {Buffer} frame */
  send(frame) {
    if (this.webSocket.bufferedAmount > this.#options.limits.unread)
      return this.webSocket.terminate();
    this.webSocket.send(frame);
  }

  /** Processes frames as far as the visitor's credit allows, and reads more if none is left. */
  #takeFrames() {
    while (this.#frames.length > 0) {
      const { webSocket } = this;
      if (webSocket.readyState !== webSocket.OPEN) return;
      if (this.#waiting || this.#strokes.length >= this.#options.limits.queued)
        return webSocket.pause();
      const wait = this.#budget();
      if (wait > 0) {
        this.#waiting = setTimeout(() => {
          this.#waiting = undefined;
          this.#takeFrames();
        }, wait);
        return webSocket.pause();
      }
      this.#take(/** @type {RawFrame} */ (this.#frames.shift()));
    }
    this.webSocket.resume();
  }

  /** Returns how many milliseconds the visitor has to wait until it may send another frame. */
  #budget() {
    const { limits, now } = this.#options;
    const time = now();
    this.#credit = Math.min(
      limits.burst,
      this.#credit + ((time - this.#since) * limits.frames) / 1000,
    );
    this.#since = time;
    return this.#credit >= 1 ? 0 : ((1 - this.#credit) * 1000) / limits.frames;
  }

  /** @param {RawFrame} frame */
  #take({ data, isBinary }) {
    const frame = isBinary ? frames.decode(data) : undefined;
    if (!frame) return this.webSocket.close(1008, "not a frame of a room");
    if (!this.here && frame.type !== "join" && frame.type !== "ping")
      return this.webSocket.close(1008, "join first");
    this.#credit -= frame.type === "join" ? JOIN_PRICE : 1;
    switch (frame.type) {
      case "join":
        return this.#join(frame);
      case "pointer":
        return this.#room.point(this.client, frame.at);
      case "stroke":
        this.#strokes.push(frame);
        return void this.#storeAll();
      case "control": {
        const { cluster } = this.#options;
        if (!cluster) return this.webSocket.close(1008, "there is no cluster");
        return cluster.control(frame);
      }
      case "ping":
        return this.send(frames.PONG);
    }
  }

  /** @param {{ client: string, after: number, colour: number, name: Buffer }} frame */
  #join({ client, after, colour, name }) {
    if (this.client && this.client !== client)
      return this.webSocket.close(1008, "one secret for a connection");
    this.client = client;
    this.here = frames.here(client, colour, name);
    this.#room.join(this, {
      here: this.here,
      after,
      epoch: this.epoch,
      index: this.#options.index,
    });
    const cluster = this.#options.clusterFrame();
    if (cluster) this.send(cluster);
  }

  async #storeAll() {
    if (this.#isStoring) return;
    this.#isStoring = true;
    const channel = await this.#room.ready;
    while (this.#strokes.length > 0 && this.webSocket.readyState === this.webSocket.OPEN) {
      const { number, content } = this.#strokes[0];
      if (!this.#room.has(this.client, number)) {
        const stroke = frames.storedStroke(this.client, content);
        try {
          await channel.append(`${this.client}-${number}`, stroke);
        } catch {
          // It is unknown whether the stroke was stored. The visitor sends it again, to this or
          // another server.
          this.webSocket.close(1013, "strokes cannot be stored now");
          break;
        }
      }
      this.#strokes.shift();
      if (this.webSocket.readyState === this.webSocket.OPEN) this.send(frames.stored(number));
      this.#takeFrames();
    }
    this.#isStoring = false;
  }
}
