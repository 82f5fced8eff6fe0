// The class Session, with the interface of WebSocket. C++ decides when to connect, and what happens
// to messages.

import { readBlob, sizeOf, toBytes } from "./bytes.js";
import { CloseEvent, defineEventHandlers, EventHandlers } from "./events.js";
import { returned } from "./module.js";
import { requestEndpoint, toEndpoints } from "./session_endpoints.js";
import { toNumbers, toPing, toSettings } from "./session_options.js";
import { toKeptMessages, toNextId } from "./session_outbox.js";
import { resolve } from "./url.js";
import {
  defineInterface,
  isBlob,
  readyStates,
  requireArguments,
  toClampedShort,
  toData,
  toDOMString,
  toUSVString,
} from "./webidl.js";

/** @typedef {import("../dist/session.mjs").MainModule & import("./module.js").Page} Module */
/** @typedef {import("./session.js").SessionOptions} SessionOptions */
/** @typedef {import("./session.js").SessionError} SessionError */
/** @typedef {{ data: string | Blob | BufferSource, keep: boolean, size: number }} Waiting */
/**
 * @typedef {{ held: any, seen: WeakRef<any> }} Life `held` is set as long as the app must not miss events
 */

// Stored now, because a page may replace these later. Undefined in worklets.
const { Blob, DOMException, Event, EventTarget, MessageEvent, navigator } = globalThis;
const { dispatchEvent } = EventTarget?.prototype ?? {};
const { apply } = Reflect;

/**
 * Whether a socket can send a Blob itself. In WebKit and Node it can't, because the Close frame
 * overtakes the Blob.
 */
const sendsBlobs = /Chrome\/|Gecko\//.test(navigator?.userAgent);

/** @param {string} name in C++ */
const spell = (name) => name.replaceAll("_", "-");

/**
 * The names of the values of C++ enumerations, in the order in which wasm/pages/session.cpp lists
 * them.
 *
 * @param {Module} hawser
 */
const namesOf = (hawser) =>
  spell(returned(hawser, hawser._page_names))
    .split(",")
    .map((names) => names.split(" "));

// `__proto__: null` keeps a page's additions to Object.prototype out of events.
/** @param {CloseEventInit} end */
const toCloseEvent = (end) =>
  new CloseEvent("close", /** @type {any} */ ({ __proto__: null, ...end }));

/** @param {string} call */
const blobError = (call) =>
  new TypeError(
    `Failed to execute '${call}' on 'Session': read the Blob by its arrayBuffer(), and send the bytes.`,
  );

/**
 * @param {Module} hawser
 * @param {import("./observe.js").Observer} [observer]
 * @returns {import("./session.js").SessionClass}
 */
export function defineSession(hawser, observer) {
  /** Frees the session of an object that was garbage-collected. */
  const registry = new FinalizationRegistry((/** @type {number} */ session) => {
    observer?.forget(session);
    hawser._page_release(session);
  });

  const [start, jitter, whenOutboxFull, whenHidden, states, stopReasons, deliveries] =
    namesOf(hawser);
  const choices = { start, jitter, whenOutboxFull, whenHidden };

  /** @param {number} error 0 for none */
  const errorName = (error) =>
    error
      ? /** @type {SessionError} */ (spell(returned(hawser, hawser._page_error_name, error)))
      : null;

  /**
   * @param {string} call
   * @param {number} error 0 for none
   */
  function check(call, error) {
    if (error === 0) return;
    const problem = `Failed to execute '${call}' on 'Session': ${returned(hawser, hawser._page_describe, error)}`;
    throw new DOMException(problem, returned(hawser, hawser._page_exception_name, error));
  }

  /**
   * @template Result
   * @param {string | BufferSource} data
   * @param {(address: number, size: number, isText: number) => Result} use
   */
  const lendMessage = (data, use) =>
    hawser.lend(toBytes(data), (address, size) =>
      use(address, size, Number(typeof data === "string")),
    );

  /** @param {any} status from C++ */
  function toStatus({ state, why, end, ...rest }) {
    return Object.freeze({
      state: states[state],
      ...rest,
      why: why ? stopReasons[why] : null,
      end: end && Object.freeze({ ...end, error: errorName(end.error) }),
    });
  }

  class Session extends EventTarget {
    #session;
    #handlers = new EventHandlers(this);
    /** @type {BinaryType} */
    #binaryType = "blob";
    #origin = "";
    /** Tried in turn. Empty if `#url` is a function. */
    #urls;
    #url;
    #protocols;
    /** @type {SessionOptions} */
    #options;
    #acknowledges;
    #recognisesPongs;
    /** @type {Waiting[]} A Blob that is being read, and messages sent after it. */
    #waiting = [];
    /**
     * @type {(() => number) | undefined} Closes the connection once earlier Blobs have been read.
     */
    #close;
    /** @type {Life} */
    #life = { held: null, seen: new WeakRef(this) };
    #question = 0;
    /** @type {unknown} What the app's function threw in its last call. */
    #cause;
    /** Counts the bytes of messages that C++ sends and receives without seeing them. */
    #bytes = { sent: 0, received: 0 };
    /** @type {any} This session's owner object in the observer. */
    #observed;

    static {
      const types = ["open", "message", "error", "close", "statuschange", "drop"];
      defineEventHandlers(Session, types, (session) => session.#handlers);
    }

    /**
     * @param {any} url
     * @param {any} [protocols]
     * @param {SessionOptions} [options]
     */
    constructor(url, protocols = undefined, options = {}) {
      requireArguments(arguments, 1, "construct 'Session'");
      const settings = toSettings(options ?? {}, choices);
      const { urls, offered, requestsEndpoints } = toEndpoints(url, protocols);
      super();

      this.#urls = urls;
      this.#url = url;
      this.#protocols = protocols;
      this.#options = options ?? {};
      this.#acknowledges = settings.acknowledgement;
      this.#recognisesPongs = settings.recognisesPongs;
      const listeners = Session.#listenersOf(this.#life);
      this.#session = hawser.lendValue(listeners, (page) =>
        hawser.lend(urls.join(" "), (list, size) =>
          hawser.lend(offered.join(), (protocols, protocolsSize) =>
            hawser.lend(toNumbers({ ...settings, requestsEndpoints }), (numbers, bytes) =>
              hawser._page_open(list, size, protocols, protocolsSize, numbers, bytes, page),
            ),
          ),
        ),
      );
      registry.register(this, this.#session);
      this.#observed =
        observer && Session.#observe(observer, this.#life, this.#session, requestsEndpoints);
      if (hawser._page_ready_state(this.#session) !== readyStates.CLOSED) this.#hold(); // otherwise, it is idle
    }

    get url() {
      return returned(hawser, hawser._page_url, this.#session);
    }
    get readyState() {
      return this.#close ? readyStates.CLOSING : hawser._page_ready_state(this.#session);
    }
    get bufferedAmount() {
      return (
        hawser._page_buffered_amount(this.#session) +
        this.#waiting.reduce((sum, { size }) => sum + size, 0)
      );
    }
    get extensions() {
      return returned(hawser, hawser._page_extensions, this.#session);
    }
    get protocol() {
      return returned(hawser, hawser._page_protocol, this.#session);
    }

    get binaryType() {
      return this.#binaryType;
    }
    set binaryType(value) {
      const session = this.#session;
      const type = toDOMString(value);
      if (type !== "blob" && type !== "arraybuffer") return;
      this.#binaryType = type;
      if (!this.#recognisesPongs) hawser._page_receive_blobs(session, Number(type === "blob"));
    }

    get status() {
      return toStatus(returned(hawser, hawser._page_status, this.#session));
    }

    get counters() {
      const { roundTrip, lastError, ...counted } = returned(
        hawser,
        hawser._page_counters,
        this.#session,
      );
      return Object.freeze({
        ...counted,
        bytesSent: counted.bytesSent + this.#bytes.sent,
        bytesReceived: this.#bytes.received,
        roundTrip: roundTrip < 0 ? null : roundTrip,
        lastError: errorName(lastError),
      });
    }

    get retryCount() {
      return returned(hawser, hawser._page_status, this.#session).attempt;
    }

    get nextId() {
      return hawser._page_next_id(this.#session);
    }

    /**
     * @param {string | Blob | BufferSource} data
     * @param {{ keep?: boolean }} [options]
     */
    send(data, { keep = true } = {}) {
      const waiting = this.#waiting;
      requireArguments(arguments, 1, "execute 'send' on 'Session'");
      const message = toData(data, "Session");
      const mustBeRead = isBlob(message); // unless it is sent at once
      if (mustBeRead && this.#acknowledges) throw blobError("send");
      if (waiting.length === 0) {
        if (!mustBeRead) return this.#transmit(message, keep);
        if (sendsBlobs && this.#sendValue(message, keep)) return { delivery: "sent", id: 0 };
      }
      if (this.#close) {
        queueMicrotask(() => this.#drop(message, 0));
        return { delivery: "dropped", id: 0 };
      }
      // Messages sent while a Blob is being read must not overtake it.
      const copy = mustBeRead || typeof message === "string" ? message : toBytes(message).slice();
      waiting.push({ data: copy, keep, size: sizeOf(copy) });
      if (waiting.length === 1) void this.#sendWaiting();
      return { delivery: "kept", id: 0 };
    }

    async #sendWaiting() {
      for (; this.#waiting.length > 0; this.#waiting.shift()) {
        const { data, keep } = this.#waiting[0];
        try {
          if (!isBlob(data)) this.#transmit(data, keep);
          else if (!sendsBlobs || !this.#sendValue(data, keep))
            this.#transmit(await readBlob(data), keep);
        } catch {
          this.#drop(data, 0); // the Blob can't be read, the outbox is full, or there is no memory
        }
      }
      this.#finishClosing();
    }

    #finishClosing() {
      const close = this.#close;
      this.#close = undefined;
      close?.();
    }

    /**
     * Sends without a copy, if that is possible now.
     *
     * @param {string | Blob | BufferSource} data
     * @param {boolean} keep
     * @returns whether it was sent
     */
    #sendValue(data, keep) {
      const session = this.#session;
      const sent = hawser.lendValue(data, (value) =>
        hawser._page_send_value(session, value, Number(keep)),
      );
      if (sent < 0) check("send", -sent);
      if (sent > 0) this.#bytes.sent += sizeOf(data);
      return sent > 0;
    }

    /**
     * @param {string | BufferSource} data
     * @param {boolean} keep
     */
    #transmit(data, keep) {
      if (this.#sendValue(data, keep)) return { delivery: "sent", id: 0 };
      // The result holds both the id and the delivery. wasm/pages/session.cpp explains why.
      const answer = lendMessage(data, (address, size, isText) =>
        hawser._page_send(this.#session, address, size, isText, Number(keep)),
      );
      if (answer < 0) check("send", -answer);
      const delivery = deliveries[answer % 4];
      if (delivery === "dropped") queueMicrotask(() => this.#drop(data, 0));
      return { delivery, id: Math.floor(answer / 4) };
    }

    /** @param {string | BufferSource} data */
    sendNow(data) {
      const session = this.#session;
      requireArguments(arguments, 1, "execute 'sendNow' on 'Session'");
      const message = toData(data, "Session");
      if (isBlob(message)) throw blobError("sendNow");
      const isClosing = Number(Boolean(this.#close));
      check(
        "sendNow",
        hawser.lendValue(message, (value) => hawser._page_send_now(session, value, isClosing)),
      );
      this.#bytes.sent += sizeOf(message);
    }

    ready() {
      check("ready", hawser._page_ready(this.#session));
    }

    /** @param {number} id */
    acknowledge(id) {
      return hawser._page_acknowledge(this.#session, Number(id), 0);
    }

    /** @param {number} id */
    acknowledgeOne(id) {
      return hawser._page_acknowledge(this.#session, Number(id), 1);
    }

    copyOutbox() {
      return returned(hawser, hawser._page_kept_messages, this.#session, 0);
    }

    takeOutbox() {
      return returned(hawser, hawser._page_kept_messages, this.#session, 1);
    }

    /**
     * @param {readonly import("./session.js").KeptMessage[]} messages
     * @param {number} [nextId]
     */
    restoreOutbox(messages, nextId = 0) {
      const session = this.#session;
      requireArguments(arguments, 1, "execute 'restoreOutbox' on 'Session'");
      const [kept, next] = [toKeptMessages(messages), toNextId(nextId)];
      try {
        for (const { id, data, wasSent } of kept) {
          lendMessage(data, (address, size, isText) =>
            hawser._page_prepare_restore(session, id, address, size, isText, Number(wasSent)),
          );
        }
      } catch (error) {
        hawser._page_restore(session, next, 1); // drops the prepared messages
        throw error;
      }
      check("restoreOutbox", hawser._page_restore(session, next, Number(Boolean(this.#close))));
    }

    /**
     * @param {number} [code]
     * @param {string} [reason]
     */
    close(code = undefined, reason = "") {
      const session = this.#session;
      const given = code === undefined ? -1 : toClampedShort(code);
      const text = toUSVString(reason);
      // Engines disagree about a reason without a code. Here it is sent with 1000.
      const number = given < 0 && text ? 1000 : given;
      const close = () =>
        hawser.lend(text, (address, size) => hawser._page_close(session, number, address, size));
      const checkClose = () =>
        hawser.lend(text, (address, size) => hawser._page_check_close(number, address, size));
      if (
        this.#waiting.length > 0 &&
        !this.#close &&
        hawser._page_ready_state(session) === readyStates.OPEN
      ) {
        check("close", checkClose());
        this.#close = close;
        return;
      }
      check("close", this.#close ? checkClose() : close());
      this.#hold();
    }

    /**
     * @param {number} [code]
     * @param {string} [reason]
     */
    reconnect(code = 1000, reason = "") {
      const session = this.#session;
      const number = toClampedShort(code);
      const error = hawser.lend(toUSVString(reason), (address, size) =>
        hawser._page_reconnect(session, number, address, size),
      );
      check("reconnect", error);
      this.#close = undefined; // the last call wins
      this.#hold();
    }

    retryNow() {
      hawser._page_retry_now(this.#session);
      this.#hold();
    }

    #hasStopped() {
      return states[returned(hawser, hawser._page_status, this.#session).state] === "stopped";
    }

    /**
     * Keeps this object alive until it has stopped and delivered its last event, even if the app no
     * longer refers to it.
     */
    #hold() {
      if (!this.#hasStopped()) this.#life.held = this;
    }

    /**
     * The functions that C++ calls. C++ keeps them alive, so they must reach the session, and
     * anything that may refer to it, only through `life`.
     *
     * @param {Life} life
     */
    static #listenersOf(life) {
      /** @param {(session: Session, ...args: any[]) => unknown} act */
      function on(act) {
        return (/** @type {any[]} */ ...args) => {
          const session = life.held ?? life.seen.deref();
          return session && act(session, ...args);
        };
      }
      return {
        open: on((session) => session.#opened()),
        message: on((session, data) => session.#received(data)),
        error: on((session, error) => session.#failed(error)),
        close: on((session, end) => session.#ended(toCloseEvent(end))),
        status: on((session, status) => session.#changed(toStatus(status))),
        drop: on((session, data, id) => session.#drop(data, id)),
        endpointRequest: on((session, question) => void session.#answer(question)),
        // `delay` is negative if hawser would stop.
        decide: on((session, end, delay) => {
          // If `close` is waiting for a Blob, the app has already decided.
          const answer = session.#close
            ? undefined
            : session.#options.shouldReconnectOnClose?.(toCloseEvent(end));
          if (typeof answer === "boolean") return answer ? Math.max(delay, 0) : -1;
          return typeof answer === "number" && !Number.isNaN(answer) ? Math.max(answer, 0) : delay;
        }),
        ping: on((session) => {
          const ping = session.#options.heartbeat?.ping;
          const data = toPing(typeof ping === "function" ? ping() : ping);
          lendMessage(data, (address, size, isText) =>
            hawser._page_make_ping(session.#session, address, size, isText),
          );
        }),
        isPong: on((session, data) => {
          session.#bytes.received += sizeOf(data);
          return Boolean(session.#options.heartbeat?.isPong?.(data));
        }),
      };
    }

    /**
     * Like the functions for C++, this reaches the session only through `life`.
     *
     * @param {import("./observe.js").Observer} observer
     * @param {Life} life
     * @param {number} session
     * @param {boolean} requestsEndpoints whether attempts start in `#answer`, not in C++
     */
    static #observe(observer, life, session, requestsEndpoints) {
      const attempts = () => returned(hawser, hawser._page_counters, session).attempts;
      return observer.addSession(
        () => life.held ?? life.seen.deref(),
        session,
        requestsEndpoints ? undefined : attempts,
      );
    }

    #opened() {
      this.#origin = resolve(returned(hawser, hawser._page_url, this.#session), "Session").origin;
      this.#fire(new Event("open"));
    }

    /** @param {any} received a string, an ArrayBuffer or a Blob */
    #received(received) {
      if (!this.#recognisesPongs) this.#bytes.received += sizeOf(received); // otherwise, `isPong` has counted it
      if (this.#close) return; // after close(), no message is delivered
      const asBlob =
        this.#recognisesPongs && typeof received !== "string" && this.#binaryType === "blob";
      const data = asBlob ? new Blob([received]) : received;
      const init = { __proto__: null, data, origin: this.#origin };
      this.#fire(new MessageEvent("message", init));
    }

    /** @param {number} error */
    #failed(error) {
      const cause = this.#cause;
      this.#cause = undefined;
      const more = {
        message: returned(hawser, hawser._page_describe, error),
        error: errorName(error),
        cause,
      };
      this.#ended(Object.assign(new Event("error"), more));
    }

    /** @param {Event} event close, or the error event before it */
    #ended(event) {
      this.#finishClosing();
      this.#fire(event);
    }

    /** @param {Readonly<Record<string, any>>} status */
    #changed(status) {
      observer?.changed(this.#observed, status);
      this.#fire(Object.assign(new Event("statuschange"), { status }));
      // A listener may have restarted the session, and an earlier change may be reported late.
      if (status.state === "stopped" && this.#hasStopped()) this.#life.held = null;
    }

    /**
     * @param {string | Blob | BufferSource} data
     * @param {number} id
     */
    #drop(data, id) {
      observer?.dropped(this.#observed, data, id);
      this.#fire(Object.assign(new Event("drop"), { data, id }));
    }

    /** @param {Event} event */
    #fire(event) {
      apply(dispatchEvent, this, [event]);
    }

    /** @param {number} question */
    async #answer(question) {
      this.#question = question;
      this.#cause = undefined;
      const url = this.#urls[(question - 1) % this.#urls.length] ?? this.#url;
      const { href, joined, cause } = await requestEndpoint(url, this.#protocols);
      if (question === this.#question) this.#cause = cause;
      const answer = () =>
        hawser.lend(href, (url, urlSize) =>
          hawser.lend(joined, (protocols, size) =>
            hawser._page_answer(this.#session, question, url, urlSize, protocols, size),
          ),
        );
      if (observer) observer.opening(this.#observed, answer);
      else answer();
    }
  }

  defineInterface(Session, "Session");
  return /** @type {any} */ (Session);
}
