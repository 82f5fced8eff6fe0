// The class WebSocket (WHATWG WebSockets 3.1). C++ implements the rules. This wraps them in a class
// like the platform's.

import { CloseEvent, defineEventHandlers, EventHandlers } from "./events.js";
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

// Stored now, because a page may replace these later. Undefined in worklets.
const { DOMException, Event, EventTarget, MessageEvent } = globalThis;
const { dispatchEvent } = EventTarget?.prototype ?? {};
const { apply } = Reflect;

/** @typedef {ReturnType<typeof import("./web_socket_module.js").openModule>} Module */

/**
 * @param {Module} hawser
 * @param {import("./observe.js").Observer} [observer]
 * @returns {typeof globalThis.WebSocket}
 */
export function defineWebSocket(hawser, observer) {
  /** Frees the connection of an object that was garbage-collected. */
  const registry = new FinalizationRegistry(hawser.release);

  /**
   * @param {string} call
   * @param {number} error 0 for none
   */
  function check(call, error) {
    if (error === 0) return;
    throw new DOMException(
      `Failed to ${call}: ${hawser.describe(error)}`,
      hawser.exceptionName(error),
    );
  }

  class WebSocket extends EventTarget {
    #connection;
    /** @type {BinaryType} */
    #binaryType = "blob";
    #handlers = new EventHandlers(this);

    static {
      defineEventHandlers(
        WebSocket,
        ["open", "message", "error", "close"],
        (socket) => socket.#handlers,
      );
    }

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

      // C++ keeps these functions, and therefore this object, until the connection has ended,
      // because events may still come.
      const dispatch = (/** @type {Event} */ event) => apply(dispatchEvent, this, [event]);
      // `__proto__: null` keeps a page's additions to Object.prototype out of events.
      const listeners = {
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
      };
      const open = () => hawser.open(href, joined, offered.length, listeners);
      this.#connection = observer ? observer.opening(observer.ownerOf(this), open) : open();
      if (this.#connection <= 0) check("construct 'WebSocket'", -this.#connection);
      registry.register(this, this.#connection);
    }

    get url() {
      return hawser.url(this.#connection);
    }
    get readyState() {
      return hawser.readyState(this.#connection);
    }
    get bufferedAmount() {
      return hawser.bufferedAmount(this.#connection);
    }
    get extensions() {
      return hawser.extensions(this.#connection);
    }
    get protocol() {
      return hawser.protocol(this.#connection);
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
      check("execute 'send' on 'WebSocket'", hawser.send(connection, toData(data, "WebSocket")));
    }

    /**
     * @param {number} [code]
     * @param {string} [reason]
     */
    close(code = undefined, reason = undefined) {
      const connection = this.#connection;
      const number = code === undefined ? -1 : toClampedShort(code);
      const text = reason === undefined ? undefined : toUSVString(reason);
      check("execute 'close' on 'WebSocket'", hawser.close(connection, number, text));
    }
  }

  defineInterface(WebSocket, "WebSocket");
  return /** @type {any} */ (WebSocket);
}
