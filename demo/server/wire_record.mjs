// The record of one connection's bytes, for the view "On the wire".

import { FrameReader } from "../page/frames.mjs";

const LONGEST_HEAD = 16 * 1024; // Node.js's limit
const LONGEST_PAYLOAD = 125; // payload bytes that the record contains: all of a control frame (RFC 6455 §5.5)
const MAX_FRAMES = 400;
const CLOSE_OPCODE = 8;

/** @typedef {import("node:stream").Duplex} Socket */

/**
 * An entry of the record. Entries are in the order in which they happened. `at` is in milliseconds
 * since the request. `bytes` are in Base64. If a frame's payload is long, they contain only its
 * beginning. `size` is the size of the whole frame. `end` means that one direction of the TCP
 * connection has ended, `closed` that both have, and `full` that the record accepts no more
 * entries.
 *
 * @typedef {{ kind: "request" | "answer" | "frame", from: "page" | "server", at: number, bytes: string, size: number } | { kind: "end", from: "page" | "server", at: number } | { kind: "closed" | "full", at: number }}
 *   Entry
 */

/**
 * @typedef {Entry extends infer One ? One extends Entry ? Omit<One, "at"> : never : never} NewEntry
 */

/**
 * The bytes that a TCP connection has received so far. They must be kept, because a request is
 * reported only after its bytes have passed.
 */
export class Tape {
  isStopped = false;
  /** @type {(chunk: Buffer) => void} */
  #play = (chunk) => this.#keep(chunk);
  #socket;
  #start;
  #kept = Buffer.alloc(0);

  /**
   * @param {Socket} socket
   * @param {string} start of the requests to record
   */
  constructor(socket, start) {
    this.#socket = socket;
    this.#start = start;
    // Listens before Node.js parses the bytes, so that its reactions are recorded after them.
    socket.prependListener("data", this.#hear);
  }

  #hear = (/** @type {Buffer} */ chunk) => this.#play(chunk);

  /** @param {Buffer} chunk */
  #keep(chunk) {
    this.#kept = Buffer.concat([this.#kept, chunk]);
    const start = this.#kept.toString("latin1", 0, this.#start.length);
    if (!this.#start.startsWith(start) || this.#kept.length > LONGEST_HEAD) this.#stop();
  }

  /** @param {(chunk: Buffer) => void} play called with the stored bytes, and then with new ones */
  playTo(play) {
    this.#play = play;
    play(this.#kept);
  }

  #stop() {
    this.#socket.removeListener("data", this.#hear);
    this.#kept = Buffer.alloc(0);
    this.isStopped = true;
  }
}

/** One direction of a connection: an HTTP head, followed by frames. */
class Direction {
  #head = Buffer.alloc(0);
  #isHead = true;
  #frames = new FrameReader(LONGEST_PAYLOAD);

  /** @param {Buffer} chunk */
  read(chunk) {
    if (!this.#isHead) return { head: undefined, frames: this.#frames.read(chunk) };
    this.#head = Buffer.concat([this.#head, chunk]);
    const end = this.#head.indexOf("\r\n\r\n") + 4;
    if (end < 4) return { head: undefined, frames: [] };
    this.#isHead = false;
    return {
      head: this.#head.subarray(0, end),
      frames: this.#frames.read(this.#head.subarray(end)),
    };
  }
}

/** The record of one connection, and the page that watches it. */
export class WireRecord {
  /** @type {import("ws").WebSocket | undefined} */
  webSocket;
  isUsed = false;
  /** @type {number[]} The times of the last wishes. */
  wishes = [];
  #watcher;
  #frames = 0;
  #began = 0;

  /** @param {import("node:http").ServerResponse} watcher */
  constructor(watcher) {
    this.#watcher = watcher;
  }

  /**
   * Records a connection, starting with the request.
   *
   * @param {Socket} socket
   * @param {Tape} tape the connection's bytes so far
   */
  follow(socket, tape) {
    this.isUsed = true;
    this.#began = performance.now();
    const [received, sent] = [new Direction(), new Direction()];
    tape.playTo((chunk) => this.#add("page", "request", received.read(chunk)));
    const { write } = socket;
    socket.write = (/** @type {any} */ chunk, /** @type {any[]} */ ...rest) => {
      this.#add("server", "answer", sent.read(Buffer.from(chunk)));
      return write.call(socket, chunk, .../** @type {[any]} */ (rest));
    };
    socket.once("end", () => this.#write({ kind: "end", from: "page" }));
    socket.once("finish", () => this.#write({ kind: "end", from: "server" }));
    socket.once("close", () => {
      this.#write({ kind: "closed" });
      this.end();
    });
  }

  end() {
    this.webSocket?.terminate();
    this.#watcher.end();
  }

  /**
   * @param {"page" | "server"} from
   * @param {"request" | "answer"} kind of the head
   * @param {ReturnType<Direction["read"]>} read
   */
  #add(from, kind, { head, frames }) {
    if (head) this.#write({ kind, from, bytes: head.toString("base64"), size: head.length });
    for (const { bytes, size } of frames) {
      if (++this.#frames === MAX_FRAMES) this.#fill();
      const isClose = (bytes[0] & 0x0f) === CLOSE_OPCODE;
      if (this.#frames > MAX_FRAMES && !isClose) continue;
      this.#write({ kind: "frame", from, bytes: Buffer.from(bytes).toString("base64"), size });
    }
  }

  /** Closes the connection, because further frames could not be shown. */
  #fill() {
    this.#write({ kind: "full" });
    // Deferred, because ws may be writing a frame.
    setImmediate(() => this.webSocket?.close(1008, "the record is full"));
  }

  /** @param {NewEntry} entry */
  #write(entry) {
    if (this.#watcher.writableEnded) return;
    const at = Math.round((performance.now() - this.#began) * 10) / 10;
    this.#watcher.write(`data: ${JSON.stringify({ ...entry, at })}\n\n`);
  }
}
