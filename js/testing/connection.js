// One connection as a browser sees it: the state behind a WebSocket on one side, and what its peer
// has received on the other. `engines.js` lists how engines differ.

import { readBlob, sizeOf, toBytes } from "../bytes.js";
import { isBlob, readyStates } from "../webidl.js";
import { describeClose } from "./failure.js";

const { CONNECTING, OPEN, CLOSING, CLOSED } = readyStates;

/** Bytes of UTF-8 that fit in a Close frame, after its code (RFC 6455 5.5). */
export const mostReason = 123;

/** @typedef {import("./event_loop.js").EventLoop} EventLoop */
/** @typedef {import("./engines.js").Engine} Engine */
/** @typedef {{ code: number, reason: string }} CloseFrame 1005 for a frame without a code */

/**
 * Functions with which web_socket.js raises events.
 *
 * @typedef {object} Events
 * @property {() => void} open
 * @property {(data: unknown) => void} message
 * @property {() => void} error
 * @property {(code: number, reason: string, wasClean: boolean) => void} close
 */

/** @typedef {{ data: string | Uint8Array | Blob, size: number } | CloseFrame} Outgoing */

/**
 * The size of a client's frame header (RFC 6455 5.2), including the mask.
 *
 * @param {number} size of the payload
 */
const headSize = (size) => (size < 126 ? 6 : size < 0x10000 ? 8 : 14);

export class Connection {
  readyState = CONNECTING;
  protocol = "";
  extensions = "";
  bufferedAmount = 0;
  receivesBlobs = true;

  /** Messages that the peer has received. @type {(string | Uint8Array)[]} */
  inbox = [];
  /**
   * The application's Close frame, once the peer has received it.
   *
   * @type {CloseFrame | undefined}
   */
  closeFrame;
  /** Whether the application closed it before it was open. */
  isGivenUp = false;
  /** How it ended, in words. Empty if it has not ended. */
  ending = "";
  isStalled = false;
  /** @type {((data: any) => void) | undefined} */
  onMessage;
  /** @type {((code: number, reason: string) => void) | undefined} */
  onClose;

  /** @type {Outgoing[]} */
  #outgoing = [];
  #isTransmitting = false;
  /** @type {Events | undefined} */
  #events;
  #loop;
  #engine;

  /**
   * @param {string} url
   * @param {string[]} protocols
   * @param {Events} events
   * @param {EventLoop} loop
   * @param {Engine} engine
   */
  constructor(url, protocols, events, loop, engine) {
    this.url = url;
    this.protocols = protocols;
    this.#events = events;
    this.#loop = loop;
    this.#engine = engine;
  }

  get isOpen() {
    return this.readyState === OPEN;
  }

  get isConnecting() {
    return this.readyState === CONNECTING && !this.ending;
  }

  // The application

  /** @param {string | Blob | BufferSource} data */
  send(data) {
    const size = sizeOf(data);
    if (this.readyState !== OPEN) {
      const { countsDropped, countsFrames } = this.#engine;
      if (countsDropped) this.bufferedAmount += size + (countsFrames ? headSize(size) : 0);
      return;
    }
    this.bufferedAmount += size;
    const copy = typeof data === "string" || isBlob(data) ? data : toBytes(data).slice();
    this.#outgoing.push({ data: /** @type {any} */ (copy), size });
    this.#transmitSoon();
  }

  /** @param {CloseFrame} frame */
  close(frame) {
    if (this.readyState === OPEN) {
      this.readyState = CLOSING;
      this.#outgoing.push(frame);
      this.#transmitSoon();
    } else if (this.isConnecting) {
      this.#giveUp();
    }
  }

  #giveUp() {
    this.isGivenUp = true;
    const { endsInsideClose, closesAfterFailure } = this.#engine;
    if (!endsInsideClose) {
      this.readyState = CLOSING;
      this.#loop.queue(() => this.fail("the application gave it up"));
      return;
    }
    this.ending = "the application gave it up";
    if (closesAfterFailure) this.readyState = CLOSED;
    this.#raise((events) => events.error());
    if (closesAfterFailure) this.#raiseClose(1006, "", false);
    this.readyState = CLOSING; // in Node, it stays so forever
    if (!closesAfterFailure) this.#loop.queue(() => this.#raise((events) => events.error()));
  }

  // Data on its way to the peer

  #transmitSoon() {
    if (this.#isTransmitting) return;
    this.#isTransmitting = true;
    this.#loop.queue(() => this.transmit());
  }

  /** Passes outgoing messages to the peer, if it reads. */
  transmit() {
    this.#isTransmitting = false;
    while (this.#outgoing.length > 0 && !this.isStalled && !this.ending && !this.#isTransmitting) {
      const first = this.#outgoing[0];
      if ("data" in first && isBlob(first.data)) {
        this.#isTransmitting = true; // later messages wait for the Blob
        void this.#loop.read(readBlob(first.data), (buffer) => {
          this.#outgoing[0] = { ...first, data: new Uint8Array(buffer) };
          this.transmit();
        });
        return;
      }
      this.#outgoing.shift();
      if ("data" in first) {
        this.bufferedAmount -= first.size;
        this.#receive(/** @type {string | Uint8Array} */ (first.data));
      } else {
        this.closeFrame = first;
        this.onClose?.(first.code, first.reason);
      }
    }
  }

  /** @param {string | Uint8Array} data */
  #receive(data) {
    if (this.onMessage) this.onMessage(data);
    else this.inbox.push(data);
  }

  /** Passes messages that were received before there was a handler. */
  flushInbox() {
    while (this.onMessage && this.inbox.length > 0) this.onMessage(this.inbox.shift());
  }

  // The peer

  /**
   * @param {string} protocol
   * @param {string} extensions
   */
  open(protocol, extensions) {
    if (!this.isConnecting) return; // the application has given it up
    const isMissing = protocol === "" && this.protocols.length > 0 && this.#engine.needsSubprotocol;
    if (isMissing || (protocol !== "" && !this.protocols.includes(protocol))) {
      const selected = protocol === "" ? "no subprotocol" : `the subprotocol "${protocol}"`;
      return this.fail(`the browser rejected the handshake, because it selects ${selected}`);
    }
    this.readyState = OPEN;
    this.protocol = protocol;
    this.extensions = extensions;
    this.#raise((events) => events.open());
  }

  /** @param {string | Uint8Array<ArrayBuffer>} data */
  message(data) {
    if (this.readyState !== OPEN) return;
    const message =
      typeof data === "string"
        ? data.toWellFormed()
        : this.receivesBlobs
          ? new Blob([data])
          : data.slice().buffer;
    this.#raise((events) => events.message(message));
  }

  /**
   * Fails the handshake.
   *
   * @param {string} how the cause, in words
   */
  fail(how) {
    if (this.ending) return;
    this.ending = how;
    this.#reportFailure();
  }

  #reportFailure() {
    if (this.#engine.closesAfterFailure) this.readyState = CLOSED;
    this.#raise((events) => events.error());
    if (this.#engine.closesAfterFailure) this.#raiseClose(1006, "", false);
  }

  /** Ends it without a Close frame from the peer. */
  lose(how = "it was lost") {
    if (this.isConnecting) return this.fail(how);
    if (!this.ending) this.#reportLoss(how);
  }

  /** @param {string} how */
  #reportLoss(how) {
    this.#end(how);
    if (this.#engine.raisesErrorOnLoss) this.#raise((events) => events.error());
    this.#raiseClose(1006, "", false);
  }

  /** Loses the connection now. The page finds out later. */
  leave() {
    if (this.ending) return;
    const { isConnecting } = this;
    this.ending = "the page was left";
    this.#loop.queue(() => (isConnecting ? this.#reportFailure() : this.#reportLoss(this.ending)));
  }

  /**
   * Ends it with the peer's Close frame.
   *
   * @param {CloseFrame} frame
   * @param {string} who
   */
  end(frame, who) {
    if (this.ending) return;
    this.#end(`${who} ${describeClose(frame)}`);
    this.#raiseClose(frame.code, frame.reason, true);
  }

  /** @param {string} how */
  #end(how) {
    this.ending = how;
    this.readyState = CLOSED;
    this.#outgoing = [];
    if (!this.#engine.countsDropped) this.bufferedAmount = 0;
  }

  /**
   * @param {number} code
   * @param {string} reason
   * @param {boolean} wasClean
   */
  #raiseClose(code, reason, wasClean) {
    this.#raise((events) => events.close(code, reason, wasClean));
    this.#events = undefined; // no more events, so that the WebSocket can be garbage-collected
  }

  /** @param {(events: Events) => void} event */
  #raise(event) {
    const events = this.#events;
    if (events) this.#loop.dispatch(() => event(events));
  }
}
