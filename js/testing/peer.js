// The other end of a connection: the server, as the application sees it.

import { sizeOf, toBytes } from "../bytes.js";
import { toUSVString } from "../webidl.js";
import { mostReason } from "./connection.js";
import { describeClose, describeMessage, Failure } from "./failure.js";

/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {import("./event_loop.js").EventLoop} EventLoop */

/** @param {string | BufferSource} data @returns {string | Uint8Array<ArrayBuffer>} */
const copyOf = (data) => {
  if (typeof data === "string") return data;
  if (!ArrayBuffer.isView(data) && !(data instanceof ArrayBuffer)) {
    throw new TypeError("A peer sends text or bytes: a string, an ArrayBuffer or a view of one.");
  }
  return /** @type {Uint8Array<ArrayBuffer>} */ (toBytes(data)).slice();
};

/**
 * @param {string | Uint8Array} one
 * @param {string | Uint8Array} other
 */
function areEqual(one, other) {
  if (typeof one === "string" || typeof other === "string") return one === other;
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/**
 * Why no server can send this Close frame. Empty if one can.
 *
 * @param {number} code 1005 for a frame without a code
 * @param {string} reason
 */
function faultOf(code, reason) {
  const isCode = Number.isInteger(code) && code >= 1000 && code <= 4999;
  if (!isCode || code === 1006 || code === 1015) {
    return `no Close frame may have the code ${code} (cut() ends a connection without a Close frame)`;
  }
  const size = sizeOf(reason);
  if (size > mostReason)
    return `a close reason has at most ${mostReason} bytes, and this one has ${size}`;
  return code === 1005 && reason ? "a Close frame without a code has no reason" : "";
}

export class Peer {
  #connection;
  #loop;
  #hasReceived = false;
  #hasSeenClose = false;

  /**
   * @param {Connection} connection
   * @param {EventLoop} loop
   */
  constructor(connection, loop) {
    this.#connection = connection;
    this.#loop = loop;
  }

  get url() {
    return this.#connection.url;
  }

  get protocols() {
    return [...this.#connection.protocols];
  }

  get isOpen() {
    return this.#connection.isOpen;
  }

  // Events

  /** @param {{ protocol?: string, extensions?: string }} [handshake] */
  accept({ protocol = this.#connection.protocols[0] ?? "", extensions = "" } = {}) {
    this.#act("accept the connection", this.#mayAnswer(), (connection) =>
      connection.open(protocol, extensions),
    );
  }

  refuse() {
    this.#act("refuse the connection", this.#mayAnswer(), (connection) =>
      connection.fail("the peer refused it"),
    );
  }

  #mayAnswer() {
    // A server can't know yet that an application has given up.
    return this.#connection.isConnecting || this.#connection.isGivenUp;
  }

  /** @param {string | BufferSource} data */
  send(data) {
    const copy = copyOf(data);
    this.#act(`send ${describeMessage(copy)}`, this.#hasOpened(), (connection) =>
      connection.message(copy),
    );
  }

  close(code = 1000, reason = "") {
    const text = toUSVString(reason);
    const fault = faultOf(code, text);
    if (fault) throw new RangeError(`A peer can't close the connection: ${fault}.`);
    this.#act("close the connection", this.#hasOpened(), (connection) =>
      connection.end({ code, reason: text }, "the peer closed it"),
    );
  }

  answerClose() {
    this.#connection.transmit();
    const frame = this.#connection.closeFrame;
    this.#act("answer a Close frame", frame !== undefined && this.#hasOpened(), (connection) => {
      if (frame) connection.end(frame, "the application closed it");
    });
  }

  cut() {
    this.#act("cut the connection", !this.#connection.ending, (connection) => connection.lose());
  }

  stall() {
    this.#connection.isStalled = true;
  }

  resume() {
    this.#connection.isStalled = false;
    this.#connection.transmit();
  }

  #hasOpened() {
    const { isConnecting, isGivenUp, ending } = this.#connection;
    return !isConnecting && !isGivenUp && !ending;
  }

  /**
   * @param {string} what
   * @param {boolean} isPossible
   * @param {(connection: Connection) => void} event
   */
  #act(what, isPossible, event) {
    const connection = this.#connection;
    if (!isPossible)
      throw new Failure(`the peer can't ${what} on ${connection.url}: ${this.#state()}`);
    this.#loop.deliver(() => event(connection));
  }

  // Servers that answer by themselves

  /** @param {(data: string | Uint8Array) => void} handler */
  onMessage(handler) {
    this.#connection.onMessage = handler;
    this.#loop.queue(() => this.#connection.flushInbox());
  }

  /** @param {(code: number, reason: string) => void} handler */
  onClose(handler) {
    this.#connection.onClose = handler;
  }

  // Expectations

  tryReceive() {
    const message = this.#connection.inbox.shift();
    if (message !== undefined) this.#hasReceived = true;
    return message;
  }

  async expectMessage() {
    return this.#next("a message");
  }

  /** @param {string} text */
  async expectText(text) {
    await this.#expect(String(text));
  }

  /** @param {BufferSource} bytes */
  async expectBinary(bytes) {
    await this.#expect(copyOf(bytes));
  }

  async expectNothing() {
    await this.#loop.idle();
    const something = this.#something();
    if (something) throw this.#failure("expected nothing more from the application", something);
  }

  async expectClose() {
    await this.#loop.idle();
    const connection = this.#connection;
    const isClosed = connection.closeFrame !== undefined || connection.isGivenUp;
    if (!isClosed || this.#hasSeenClose || connection.inbox.length > 0) {
      throw this.#failure("expected the application to close the connection", this.#whatElse());
    }
    this.#hasSeenClose = true;
    return { ...(connection.closeFrame ?? { code: 1005, reason: "" }) };
  }

  /** @param {string | Uint8Array} expected */
  async #expect(expected) {
    const message = await this.#next(describeMessage(expected));
    if (areEqual(message, expected)) return;
    throw this.#failure(
      `expected ${describeMessage(expected)} from the application`,
      `sent ${describeMessage(message)}`,
    );
  }

  /** @param {string} what */
  async #next(what) {
    await this.#loop.idle();
    const message = this.tryReceive();
    if (message === undefined)
      throw this.#failure(`expected ${what} from the application`, this.#whatElse());
    return message;
  }

  /**
   * @param {string} expected
   * @param {string} happened
   */
  #failure(expected, happened) {
    return new Failure(`${expected}, but it ${happened} (${this.#connection.url})`);
  }

  /** What the application did that no expectation has handled yet. */
  #something() {
    const { inbox, closeFrame, isGivenUp } = this.#connection;
    if (inbox.length > 0) return `sent ${describeMessage(inbox[0])}`;
    if (this.#hasSeenClose) return "";
    if (closeFrame) return `has closed the connection ${describeClose(closeFrame)}`;
    return isGivenUp ? "has given up the connection before it was open" : "";
  }

  #whatElse() {
    const something = this.#something();
    if (something) return something;
    return `has sent nothing${this.#hasReceived ? " more" : ""}: ${this.#state()}`;
  }

  #state() {
    const { ending, isConnecting, isStalled, isOpen, closeFrame } = this.#connection;
    if (ending) return `the connection has ended, ${ending}`;
    if (isConnecting) return "the connection is not open yet, accept() opens it";
    if (isStalled) return "the peer reads nothing, resume() lets it read";
    if (isOpen) return "the connection is open";
    return closeFrame
      ? "the application is closing the connection, answerClose() ends it"
      : "the connection is closing";
  }
}
