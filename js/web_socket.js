// The class WebSocket of WHATWG WebSockets §3.1, on hawser's C++: what a connection is and may do, C++ knows. Here is what
// makes it an interface of the platform: conversions, exceptions, events, and its life.

import { requireArguments, toClampedShort, toData, toDOMString, toStrings, toUSVString } from "./webidl.js";

// What a page puts in the place of these later is not for this class. A worklet has none of them, and needs none.
const { DOMException, Event, EventTarget, MessageEvent, URL } = globalThis;
const { addEventListener, dispatchEvent, removeEventListener } = EventTarget?.prototype ?? {};
const { apply } = Reflect;

/** @typedef {import("../dist/hawser.mjs").MainModule} Module */
/** @typedef {"open" | "message" | "error" | "close"} EventType */

const constants = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
const property = { url: 0, protocol: 1, extensions: 2 };

/** hawser::Error, as far as it is told apart here; wasm/embind/module.cpp has the same numbers. */
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

/** @type {Record<number, string>} The names of the DOMExceptions that the standard has for them. */
const exceptionNames = {
  [error.invalidUrl]: "SyntaxError",
  [error.invalidProtocol]: "SyntaxError",
  [error.blocked]: "SecurityError",
  [error.invalidCloseCode]: "InvalidAccessError",
  [error.closeReasonTooLong]: "SyntaxError",
  [error.stillConnecting]: "InvalidStateError",
};

/** Node has the platform's class since version 23. */
function defineCloseEvent() {
  return class CloseEvent extends Event {
    /**
     * @param {string} type
     * @param {CloseEventInit} [init]
     */
    constructor(type, { code = 0, reason = "", wasClean = false, ...init } = {}) {
      super(type, init);
      this.code = code;
      this.reason = reason;
      this.wasClean = wasClean;
    }
  };
}

/**
 * The URL that a page means by `url` (§3.1, the constructor's steps 1 to 7).
 *
 * @param {string} url
 */
function resolve(url) {
  const { document, location } = globalThis;
  const base = document?.baseURI ?? location?.href;
  /** @param {string} problem */
  const refuse = (problem) => new DOMException(`Failed to construct 'WebSocket': '${url}' ${problem}`, "SyntaxError");
  let resolved;
  try {
    resolved = new URL(url, base);
  } catch {
    throw refuse(
      base ? "is not a valid URL." : "is not a valid URL, and there is no page that it could be relative to.",
    );
  }
  if (resolved.protocol === "http:") resolved.protocol = "ws:";
  if (resolved.protocol === "https:") resolved.protocol = "wss:";
  if (resolved.protocol !== "ws:" && resolved.protocol !== "wss:")
    throw refuse(`has the scheme ${resolved.protocol} Use ws: or wss:`);
  if (resolved.href.includes("#")) throw refuse("has a fragment, which a server never gets. Remove it, or write %23.");
  return resolved;
}

/**
 * @param {Module} hawser
 * @returns {typeof globalThis.WebSocket}
 */
export function defineWebSocket(hawser) {
  const CloseEvent = globalThis.CloseEvent ?? defineCloseEvent();
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
    /** @type {Record<string, { callback: unknown, listener: (event: Event) => void } | null>} By type of event. */
    #handlers = Object.create(null);

    /**
     * @param {string | URL} url
     * @param {string | string[]} [protocols]
     */
    constructor(url, protocols = []) {
      requireArguments(arguments, 1, "construct 'WebSocket'");
      const text = toUSVString(url);
      const offered = toStrings(protocols);
      const { href, origin } = resolve(text);
      let joined = "";
      for (let i = 0; i < offered.length; ++i) joined += i ? `,${offered[i]}` : offered[i];
      super();

      // C++ holds these until the connection has ended, and with them this object: an event may still come (§7).
      const dispatch = (/** @type {Event} */ event) => apply(dispatchEvent, this, [event]);
      // `__proto__: null`, lest a page's additions to Object.prototype become members of the event.
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
      const answer = hawser.send(connection, toData(data));
      if (answer === error.alreadyClosing || answer === error.alreadyClosed) return; // the standard drops it in silence
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
      // A code of 0 is a bad one, but for C++ it is none.
      const answer =
        number === 0 ? error.invalidCloseCode : hawser.close(connection, number ?? 0, text !== undefined, text ?? "");
      if (answer === error.alreadyClosing || answer === error.alreadyClosed) return;
      check("execute 'close' on 'WebSocket'", answer);
    }

    // The event handler attributes (HTML §8.1.8.1).

    get onopen() {
      return this.#handlerOf("open");
    }
    set onopen(value) {
      this.#setHandler("open", value);
    }
    get onmessage() {
      return this.#handlerOf("message");
    }
    set onmessage(value) {
      this.#setHandler("message", value);
    }
    get onerror() {
      return this.#handlerOf("error");
    }
    set onerror(value) {
      this.#setHandler("error", value);
    }
    get onclose() {
      return this.#handlerOf("close");
    }
    set onclose(value) {
      this.#setHandler("close", value);
    }

    /**
     * @param {EventType} type
     * @returns {unknown}
     */
    #handlerOf(type) {
      return this.#handlers[type]?.callback ?? null;
    }

    /**
     * @param {EventType} type
     * @param {unknown} value
     */
    #setHandler(type, value) {
      const handler = this.#handlers[type];
      const callback = typeof value === "object" || typeof value === "function" ? value : null;
      if (callback === null) {
        if (handler) apply(removeEventListener, this, [type, handler.listener]);
        this.#handlers[type] = null;
      } else if (handler) {
        handler.callback = callback; // it stays in its place among the listeners
      } else {
        const added = {
          /** @type {unknown} */
          callback,
          /** @param {Event} event */
          listener(event) {
            if (typeof added.callback !== "function") return;
            if (apply(added.callback, event.currentTarget, [event]) === false) event.preventDefault();
          },
        };
        this.#handlers[type] = added;
        apply(addEventListener, this, [type, added.listener]);
      }
    }
  }

  for (const name of Object.getOwnPropertyNames(WebSocket.prototype)) {
    if (name !== "constructor") Object.defineProperty(WebSocket.prototype, name, { enumerable: true });
  }
  for (const [name, value] of Object.entries(constants)) {
    Object.defineProperty(WebSocket, name, { value, enumerable: true });
    Object.defineProperty(WebSocket.prototype, name, { value, enumerable: true });
  }
  // Which a minifier would have changed.
  Object.defineProperty(WebSocket, "name", { value: "WebSocket", configurable: true });
  Object.defineProperty(WebSocket.prototype, Symbol.toStringTag, { value: "WebSocket", configurable: true });
  return /** @type {any} */ (WebSocket);
}
