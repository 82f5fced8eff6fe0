// A visitor of a room without hawser: it sends the frames that a test wants, even invalid ones, and
// stores those that it gets.

import { once } from "node:events";
import WebSocket from "ws";
import { within } from "./deadline.mjs";

/** A secret that no other visitor has. @param {number} number */
export const secretOf = (number) => Buffer.alloc(16, number);

/** @param {{ secret?: Buffer, after?: number, colour?: number, name?: string }} [join] */
export function joinFrame({ secret = secretOf(1), after = 0, colour = 2, name = "Ada" } = {}) {
  const frame = Buffer.alloc(22);
  frame[0] = 1;
  secret.copy(frame, 1);
  frame.writeUInt32BE(after, 17);
  frame[21] = colour;
  return Buffer.concat([frame, Buffer.from(name)]);
}

/** @param {number} number @param {number} [points] */
export function strokeFrame(number, points = 1) {
  const frame = Buffer.alloc(6 + 4 * points, 7);
  frame[0] = 3;
  frame.writeUInt32BE(number, 1);
  frame[5] = 2;
  return frame;
}

export const pointerFrame = Buffer.of(2, 0, 1, 0, 2);

const names = new Map([
  [129, "welcome"],
  [130, "pointer"],
  [131, "stroke"],
  [132, "here"],
  [133, "left"],
  [134, "stored"],
  [135, "pong"],
  [136, "cluster"],
]);

/** @typedef {{ type: string, bytes: Buffer }} Frame */

export class Visitor {
  /** @type {Frame[]} */
  frames = [];
  /** @type {{ code: number, reason: string } | undefined} */
  end;
  #wake = () => {};

  /** @param {string | URL} url */
  constructor(url) {
    this.webSocket = new WebSocket(url);
    this.webSocket.on("error", () => {});
    this.webSocket.on("message", (data) => {
      const bytes = /** @type {Buffer} */ (data);
      this.frames.push({ type: names.get(bytes[0]) ?? "", bytes });
      this.#wake();
    });
    this.webSocket.on("close", (code, reason) => {
      this.end = { code, reason: String(reason) };
      this.#wake();
    });
  }

  /** @param {string | URL} url @param {Parameters<typeof joinFrame>[0]} [join] */
  static async join(url, join) {
    const visitor = new Visitor(url);
    try {
      await within(once(visitor.webSocket, "open"), `a connection to ${url}`);
      visitor.send(joinFrame(join));
      await visitor.until((frames) => frames.some(({ type }) => type === "welcome"));
    } catch (error) {
      visitor.close();
      throw error;
    }
    return visitor;
  }

  /** @param {Buffer} frame */
  send(frame) {
    this.webSocket.send(frame);
  }

  /** @param {string} type */
  all(type) {
    return this.frames.filter((frame) => frame.type === type).map(({ bytes }) => bytes);
  }

  get strokes() {
    return this.all("stroke").map((bytes) => ({
      sequence: bytes.readUInt32BE(1),
      client: bytes.toString("hex", 5, 13),
      number: bytes.readUInt32BE(13),
    }));
  }

  /** @param {(frames: Frame[]) => unknown} isSo Waits for a message after which this is true. */
  async until(isSo) {
    while (!isSo(this.frames)) {
      if (this.end) throw new Error(`The room closed with ${this.end.code} ${this.end.reason}.`);
      await within(new Promise((resolve) => (this.#wake = () => resolve(undefined))), `${isSo}`);
    }
  }

  async untilClosed() {
    if (!this.end) await within(once(this.webSocket, "close"), "the end of the connection");
    return this.end;
  }

  close() {
    this.webSocket.terminate();
  }
}
