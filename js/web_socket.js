// The class WebSocket (WHATWG WebSockets 3.1). C++ has the rules; this makes it a class of the platform.

import { CloseEvent, EventHandlers } from "./events.js";
import { resolve } from "./url.js";
import {
  defineInterface,
  requireArguments,
  toClampedShort,
  toData,
  toDOMString,
  toStrings,
  toUSVString,
} from "./webidl.js";

// A page may replace these later. Worklets have none of them.
const { DOMException, Event, EventTarget, MessageEvent } = globalThis;
const { dispatchEvent } = EventTarget?.prototype ?? {};
const { apply } = Reflect;

/** @typedef {import("../dist/hawser.mjs").MainModule} Module */

const property = { url: 0, protocol: 1, extensions: 2 };

/** hawser::Error; wasm/embind/module.cpp has the same numbers. */
const error = {
  invalidUrl: 2,
  invalidProtocol: 4,
  blocked: 6,
  invalidCloseCode: 7,
  closeReasonTooLong: 8,
  stillConnecting: 11,
  alreadyClosing: 12,
  alreadyClosed: 13,
};

/** @type {Record<number, string>} */
const exceptionNames = {
  [error.invalidUrl]: "SyntaxError",
  [error.invalidProtocol]: "SyntaxError",
  [error.blocked]: "SecurityError",
  [error.invalidCloseCode]: "InvalidAccessError",
  [error.closeReasonTooLong]: "SyntaxError",
  [error.stillConnecting]: "InvalidStateError",
};

/**
 * @param {Module} hawser
 * @returns {typeof globalThis.WebSocket}
 */
export function defineWebSocket(hawser) {
  /** Frees the connection of an object that is gone. */
  const registry = new FinalizationRegistry(hawser.release);

  /**
   * @param {string} call
   * @param {number} answer of C++
   */
  function check(call, answer) {
    if (answer === 0) return;
    const name = exceptionNames[answer] ?? "OperationError";
    throw new DOMException(`Failed to ${call}: ${hawser.describe(answer)}`, name);
  }

  class WebSocket extends EventTarget {
    #connection;
    /** @type {BinaryType} */
    #binaryType = "blob";
    #handlers = new EventHandlers(this);

    /**
     * @param {string | URL} url
     * @param {string | string[]} [protocols]
     */
    constructor(url, protocols = []) {
      requireArguments(arguments, 1, "construct 'WebSocket'");
      const text = toUSVString(url);
      const offered = toStrings(protocols, "WebSocket");
      const { href, origin } = resolve(text, "WebSocket");
      let joined = "";
      for (let i = 0; i < offered.length; ++i) joined += i ? `,${offered[i]}` : offered[i];
      super();

      // C++ holds these, and so this object, until the connection has ended: an event may still come.
      const dispatch = (/** @type {Event} */ event) => apply(dispatchEvent, this, [event]);
      // `__proto__: null` keeps a page's additions to Object.prototype out of events.
      this.#connection = hawser.open(href, joined, offered.length, {
        open: () => dispatch(new Event("open")),
        /** @param {unknown} data */
        message(data) {
          /** @type {any} */
          const init = { __proto__: null, data, origin };
          dispatch(new MessageEvent("message", init));
        },
        error: () => dispatch(new Event("error")),
        /**
         * @param {number} code
         * @param {string} reason
         * @param {boolean} wasClean
         */
        close(code, reason, wasClean) {
          /** @type {any} */
          const init = { __proto__: null, code, reason, wasClean };
          dispatch(new CloseEvent("close", init));
        },
      });
      if (this.#connection <= 0) check("construct 'WebSocket'", -this.#connection);
      registry.register(this, this.#connection);
    }

    get url() {
      return hawser.property(this.#connection, property.url);
    }
    get readyState() {
      return hawser.readyState(this.#connection);
    }
    get bufferedAmount() {
      return hawser.bufferedAmount(this.#connection);
    }
    get extensions() {
      return hawser.property(this.#connection, property.extensions);
    }
    get protocol() {
      return hawser.property(this.#connection, property.protocol);
    }

    get binaryType() {
      return this.#binaryType;
    }
    set binaryType(value) {
      const connection = this.#connection;
      const type = toDOMString(value);
      if (type !== "blob" && type !== "arraybuffer") return;
      this.#binaryType = type;
      hawser.receiveBlobs(connection, type === "blob");
    }

    /** @param {string | Blob | BufferSource} data */
    send(data) {
      const connection = this.#connection;
      requireArguments(arguments, 1, "execute 'send' on 'WebSocket'");
      const answer = hawser.send(connection, toData(data, "WebSocket"));
      if (answer === error.alreadyClosing || answer === error.alreadyClosed) return; // it is dropped
      check("execute 'send' on 'WebSocket'", answer);
    }

    /**
     * @param {number} [code]
     * @param {string} [reason]
     */
    close(code = undefined, reason = undefined) {
      const connection = this.#connection;
      const number = code === undefined ? undefined : toClampedShort(code);
      const text = reason === undefined ? undefined : toUSVString(reason);
      // 0 is a bad code, but means none to C++.
      const answer =
        number === 0 ? error.invalidCloseCode : hawser.close(connection, number ?? 0, text !== undefined, text ?? "");
      if (answer === error.alreadyClosing || answer === error.alreadyClosed) return;
      check("execute 'close' on 'WebSocket'", answer);
    }

    get onopen() {
      return this.#handlers.get("open");
    }
    set onopen(value) {
      this.#handlers.set("open", value);
    }
    get onmessage() {
      return this.#handlers.get("message");
    }
    set onmessage(value) {
      this.#handlers.set("message", value);
    }
    get onerror() {
      return this.#handlers.get("error");
    }
    set onerror(value) {
      this.#handlers.set("error", value);
    }
    get onclose() {
      return this.#handlers.get("close");
    }
    set onclose(value) {
      this.#handlers.set("close", value);
    }
  }

  defineInterface(WebSocket, "WebSocket");
  return /** @type {any} */ (WebSocket);
}
