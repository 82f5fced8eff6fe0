// The class Session of hawser/session, with the interface of WebSocket. C++ decides when to connect and what becomes of
// messages.

import create from "../dist/session.mjs";
import { CloseEvent, EventHandlers } from "./events.js";
import { createLoader } from "./load.js";
import { resolve } from "./url.js";
import {
  defineInterface,
  getter,
  isBlob,
  requireArguments,
  toClampedShort,
  toData,
  toDOMString,
  toStrings,
  toUSVString,
} from "./webidl.js";

export { canWebSocket } from "./load.js";

/** @typedef {import("../dist/session.mjs").MainModule} Module */
/** @typedef {import("./session.js").SessionOptions} SessionOptions */
/** @typedef {import("./session.js").SessionStatus} SessionStatus */
/** @typedef {import("./session.js").SessionError} SessionError */
/** @typedef {{ data: string | Blob | BufferSource, keep: boolean, size: number }} Waiting */
/** @typedef {{ held: any, seen: WeakRef<any> }} Life `held` while an event may come that nobody may miss */

// A page may replace these later. (Not URL: webpack finds the .wasm by the global one.)
const { Blob, DOMException, Event, EventTarget, MessageEvent, TextEncoder } = globalThis;
const { dispatchEvent } = EventTarget?.prototype ?? {};
const { apply } = Reflect;

/**
 * Reads an attribute, whatever a page has done.
 *
 * @param {any} owner
 * @param {string} name
 */
function reader(owner, name) {
  const get = getter(owner, name);
  return (/** @type {unknown} */ value) => get && apply(get, value, []);
}
const platform = /* @__PURE__ */ (() => {
  const TypedArray = Object.getPrototypeOf(Uint8Array);
  return {
    ofArray: ["buffer", "byteOffset", "byteLength"].map((name) => reader(TypedArray, name)),
    ofDataView: ["buffer", "byteOffset", "byteLength"].map((name) => reader(DataView, name)),
    isTypedArray: reader(TypedArray, /** @type {any} */ (Symbol.toStringTag)),
    lengthOfBuffer: reader(ArrayBuffer, "byteLength"),
    sizeOfBlob: reader(Blob, "size"),
    blob: Blob?.prototype.arrayBuffer,
  };
})();

// Pure, as the above: bundlers drop it if an app only asks canWebSocket().
export const load = /* @__PURE__ */ createLoader(
  create,
  (module) => Object.freeze({ Session: defineSession(module) }),
  "dist/session.wasm",
  () => new URL("../dist/session.wasm", import.meta.url),
);

// What C++ has as enumerations; wasm/embind/session.cpp knows that the numbers agree.

const states = /** @type {const} */ (["idle", "connecting", "open", "waiting", "stopped"]);
const stopReasons = /** @type {const} */ ([
  null,
  "closed-by-app",
  "policy-violation",
  "final-code",
  "cannot-connect",
  "too-many-attempts",
  "deadline",
  "decided-by-app",
  "message-refused",
]);
const jitters = /** @type {const} */ (["none", "equal", "full", "decorrelated"]);
const starts = /** @type {const} */ (["later", "now"]);
const whenOutboxFull = /** @type {const} */ (["refuse", "drop-oldest", "drop-newest"]);
const [open, closing] = [1, 2]; // of readyState
const alreadyClosing = 12; // of hawser::Error, whose numbers are stable
const deliveries = /** @type {const} */ (["sent", "kept", "dropped"]);
const property = { url: 0, protocol: 1, extensions: 2 };

/** @type {Record<string, string>} The names of DOMExceptions, by error. */
const exceptionNames = {
  "invalid-url": "SyntaxError",
  "invalid-protocol": "SyntaxError",
  blocked: "SecurityError",
  "invalid-close-code": "InvalidAccessError",
  "close-reason-too-long": "SyntaxError",
  "still-connecting": "InvalidStateError",
  "already-closing": "InvalidStateError",
  "already-closed": "InvalidStateError",
  "no-connection": "InvalidStateError",
  "outbox-full": "QuotaExceededError",
};

/** Times are milliseconds; docs/sessions.md has the reasons. */
const defaults = {
  start: "now",
  backoffBase: 4_000,
  backoffCap: 30_000,
  backoffFactor: 2,
  jitter: "full",
  minUptime: 5_000,
  maxAttempts: Infinity,
  giveUpAfter: Infinity,
  finalCodes: [],
  tryAgainLater: 10_000,
  retryHint: false,
  maxRetryHint: 300_000,
  connectTimeout: 30_000,
  closeTimeout: 5_000,
  drainTimeout: 60_000,
  endpointTimeout: 10_000,
  gate: false,
  readyTimeout: 10_000,
  maxOutboxMessages: 10_000,
  maxOutboxBytes: 1_048_576,
  whenOutboxFull: "drop-newest",
  acknowledgement: false,
  seed: NaN,
};
/** The names that reconnecting-websocket and partysocket have for the same options. */
const aliases = {
  backoffBase: "minReconnectionDelay",
  backoffCap: "maxReconnectionDelay",
  backoffFactor: "reconnectionDelayGrowFactor",
  maxAttempts: "maxRetries",
  connectTimeout: "connectionTimeout",
  maxOutboxMessages: "maxEnqueuedMessages",
};
const heartbeatDefaults = { interval: 25_000, deadline: 10_000 };

/**
 * @template Choice
 * @param {readonly Choice[]} choices
 * @param {string} name
 * @param {unknown} value
 */
function numberOf(choices, name, value) {
  const number = choices.indexOf(/** @type {Choice} */ (value));
  if (number >= 0) return number;
  throw new TypeError(`Failed to construct 'Session': ${name} is "${value}". Use ${choices.join(", ")}.`);
}

/** @param {string} problem */
const badOption = (problem) => new TypeError(`Failed to construct 'Session': ${problem}`);

/**
 * @param {string} name
 * @param {unknown} value
 */
function toNumber(name, value) {
  const number = Number(value);
  if (!Number.isNaN(number)) return number;
  throw badOption(`${name} is not a number.`);
}

/** @param {any} codes */
function toCodes(codes) {
  if (typeof codes !== "object" || !codes?.[Symbol.iterator]) throw badOption("finalCodes is no list.");
  return Array.from(codes, (code) => {
    const number = Number(code);
    if (Number.isInteger(number) && number >= 0 && number <= 0xffff) return number;
    throw badOption(`finalCodes has ${code}, which is no close code.`);
  });
}

/**
 * Whether there is one to call.
 *
 * @param {string} name
 * @param {unknown} value
 */
function isCallback(name, value) {
  if (value === undefined || value === null) return false;
  if (typeof value === "function") return true;
  throw badOption(`${name} is no function.`);
}

/**
 * What C++ reads: every option, as a number where it is one.
 *
 * @param {SessionOptions} given
 * @returns {Record<string, any>}
 */
function normalize(given) {
  /** @type {Record<string, any>} */
  const options = { ...defaults };
  /** @type {Set<string>} */
  const isGiven = new Set();
  for (const [name, fallback] of Object.entries(defaults)) {
    const alias = aliases[/** @type {keyof typeof aliases} */ (name)];
    const used = /** @type {keyof SessionOptions} */ (
      given[/** @type {keyof SessionOptions} */ (name)] === undefined && alias ? alias : name
    );
    const value = given[used];
    if (value === undefined) continue;
    isGiven.add(name);
    options[name] = typeof fallback === "number" ? toNumber(used, value) : value;
  }
  // A page that asks for short delays does not want a longer first one.
  if (!isGiven.has("backoffBase")) options.backoffBase = Math.min(options.backoffBase, options.backoffCap);
  if (!isGiven.has("start") && given.startClosed) options.start = "later";
  options.start = numberOf(starts, "start", options.start);
  options.jitter = numberOf(jitters, "jitter", options.jitter);
  options.whenOutboxFull = numberOf(whenOutboxFull, "whenOutboxFull", options.whenOutboxFull);
  options.finalCodes = toCodes(options.finalCodes);
  for (const name of ["gate", "retryHint", "acknowledgement"]) options[name] = Boolean(options[name]);

  const { interval = heartbeatDefaults.interval, deadline = heartbeatDefaults.deadline } = given.heartbeat ?? {};
  const { ping, isPong } = given.heartbeat ?? {};
  const pings = ping !== undefined && ping !== null;
  if (given.heartbeat && !pings) throw badOption("heartbeat has no ping, the message that the server answers.");
  if (pings && typeof ping !== "function") toPing(ping);
  return {
    ...options,
    pingInterval: toNumber("heartbeat.interval", interval),
    pongDeadline: toNumber("heartbeat.deadline", deadline),
    pings,
    recognisesPongs: isCallback("heartbeat.isPong", isPong),
    decides: isCallback("shouldReconnectOnClose", given.shouldReconnectOnClose),
  };
}

/** @param {unknown} ping */
function toPing(ping) {
  const message = toData(ping, "Session");
  if (isBlob(message)) throw new TypeError("A ping is text or bytes, and not a Blob.");
  return toBytes(message);
}

/** @param {any} value */
const toProtocols = (value) => (value === undefined || value === null ? [] : toStrings(value, "Session"));

/** @param {string} protocol */
const isProtocol = (protocol) => protocol !== "" && !protocol.includes(",");

/** @param {string} problem */
const syntaxError = (problem) => new DOMException(`Failed to construct 'Session': ${problem}`, "SyntaxError");

/** @param {string[]} protocols */
const badProtocols = (protocols) =>
  syntaxError(`a subprotocol of "${protocols.join(", ")}" is empty, is no token, or is there twice.`);

/** @param {string} call */
const blobError = (call) =>
  new TypeError(`Failed to execute '${call}' on 'Session': send the bytes of a Blob here, by its arrayBuffer().`);

// What C++ refuses, so that the session stops.
const invalidUrl = "invalid:";
const invalidProtocols = ",";

/** @param {unknown} url */
const toHref = (url) => resolve(toUSVString(url), "Session").href;

/**
 * Text as it is, and bytes as Embind takes them for a std::string.
 *
 * @param {string | BufferSource} data
 */
function toBytes(data) {
  if (typeof data === "string") return data;
  if (byteLengthOf(data) === 0) return new Uint8Array(); // it may be detached
  if (!ArrayBuffer.isView(data)) return new Uint8Array(data);
  const [buffer, offset, length] = (platform.isTypedArray(data) ? platform.ofArray : platform.ofDataView).map((read) =>
    read(data),
  );
  return new Uint8Array(buffer, offset, length);
}

/** @param {BufferSource} data */
function byteLengthOf(data) {
  if (!ArrayBuffer.isView(data)) return platform.lengthOfBuffer(data);
  // A DataView of a detached buffer throws.
  const read = platform.isTypedArray(data) ? platform.ofArray : platform.ofDataView;
  return platform.lengthOfBuffer(read[0](data)) === 0 ? 0 : read[2](data);
}

/** @param {string | Blob | BufferSource} data */
function sizeOf(data) {
  if (typeof data === "string") return new TextEncoder().encode(data).length;
  return isBlob(data) ? platform.sizeOfBlob(data) : byteLengthOf(data);
}

/**
 * @param {Module} hawser
 * @returns {import("./session.js").SessionClass}
 */
function defineSession(hawser) {
  /** Frees the session of an object that is gone. */
  const registry = new FinalizationRegistry(hawser.releaseSession);

  /**
   * The name of a hawser::Error, as JavaScript spells it. C++ has the names.
   *
   * @param {number} error 0 for none
   */
  const errorName = (error) =>
    error === 0 ? null : /** @type {SessionError} */ (hawser.errorName(error).replaceAll("_", "-"));

  /**
   * Whether nothing more can be sent: then a message is dropped, as a WebSocket drops it.
   *
   * @param {number} error
   */
  const isOver = (error) => ["already-closing", "already-closed"].includes(errorName(error) ?? "");

  /**
   * @param {string} call
   * @param {number} error
   */
  function exception(call, error) {
    const name = exceptionNames[errorName(error) ?? ""] ?? "OperationError";
    return new DOMException(`Failed to execute '${call}' on 'Session': ${hawser.describe(error)}`, name);
  }

  /** @param {any} status as C++ tells it */
  function toStatus({ state, why, end, ...rest }) {
    return Object.freeze({
      state: states[state],
      ...rest,
      why: stopReasons[why],
      end: end && Object.freeze({ ...end, error: errorName(end.error) }),
    });
  }

  class Session extends EventTarget {
    #session;
    #handlers = new EventHandlers(this);
    /** @type {BinaryType} */
    #binaryType = "blob";
    /** @type {SessionStatus["state"]} The last that was told. */
    #state = "idle";
    #origin = "";
    #url;
    #protocols;
    /** @type {SessionOptions} */
    #options;
    #acknowledges;
    /** @type {Waiting[]} A Blob that is being read, and what was sent after it. */
    #waiting = [];
    /** @type {(() => number) | undefined} Closes the connection once the Blobs are read that were sent before. */
    #close;
    /** @type {Life} */
    #life = { held: null, seen: new WeakRef(this) };
    #question = 0;
    /** @type {unknown} What the function threw that was asked last. */
    #cause;

    /**
     * @param {any} url
     * @param {any} [protocols]
     * @param {SessionOptions} [options]
     */
    constructor(url, protocols = undefined, options = {}) {
      requireArguments(arguments, 1, "construct 'Session'");
      const settings = normalize(options ?? {});
      const requestsEndpoints = typeof url === "function" || typeof protocols === "function";
      const texts = requestsEndpoints ? [] : (Array.isArray(url) ? url : [url]).map(toUSVString);
      const offered = typeof protocols === "function" ? [] : toProtocols(protocols);
      const urls = texts.map(toHref);
      if (!requestsEndpoints && urls.length === 0) throw syntaxError("the list of URLs is empty.");
      if (!offered.every(isProtocol)) throw badProtocols(offered);
      super();

      this.#url = url;
      this.#protocols = protocols;
      this.#options = options ?? {};
      this.#acknowledges = settings.acknowledgement;
      const listeners = Session.#listenersOf(this.#life);
      this.#session = hawser.beginSession(urls, offered.join(), { ...settings, requestsEndpoints }, listeners);
      if (this.#session === 0) throw badProtocols(offered);
      registry.register(this, this.#session);
      if (starts[settings.start] === "now") this.#hold();
    }

    get url() {
      return hawser.sessionProperty(this.#session, property.url);
    }
    get readyState() {
      return this.#close ? closing : hawser.sessionReadyState(this.#session);
    }
    get bufferedAmount() {
      return hawser.sessionBufferedAmount(this.#session) + this.#waiting.reduce((sum, { size }) => sum + size, 0);
    }
    get extensions() {
      return hawser.sessionProperty(this.#session, property.extensions);
    }
    get protocol() {
      return hawser.sessionProperty(this.#session, property.protocol);
    }

    get binaryType() {
      return this.#binaryType;
    }
    set binaryType(value) {
      void this.#session; // else it is no Session
      const type = toDOMString(value);
      if (type === "blob" || type === "arraybuffer") this.#binaryType = type;
    }

    get status() {
      return toStatus(hawser.sessionStatus(this.#session));
    }

    get counters() {
      const { roundTrip, lastError, ...counted } = hawser.sessionCounters(this.#session);
      return Object.freeze({
        ...counted,
        roundTrip: Number.isNaN(roundTrip) ? null : roundTrip,
        lastError: errorName(lastError),
      });
    }

    get retryCount() {
      return hawser.sessionStatus(this.#session).attempt;
    }

    get nextId() {
      return hawser.sessionNextId(this.#session);
    }

    /**
     * @param {string | Blob | BufferSource} data
     * @param {{ keep?: boolean }} [options]
     */
    send(data, { keep = true } = {}) {
      const waiting = this.#waiting;
      requireArguments(arguments, 1, "execute 'send' on 'Session'");
      const message = toData(data, "Session");
      const mustBeRead = isBlob(message);
      if (mustBeRead && this.#acknowledges) throw blobError("send");
      if (!mustBeRead && waiting.length === 0) return this.#transmit(message, keep);
      if (this.#close) {
        queueMicrotask(() => this.#drop(message, 0));
        return { delivery: "dropped", id: 0 };
      }
      // What is sent while a Blob is being read must not overtake it.
      const copy = mustBeRead || typeof message === "string" ? message : toBytes(message).slice();
      waiting.push({ data: copy, keep, size: sizeOf(copy) });
      if (waiting.length === 1) void this.#sendWaiting();
      return { delivery: "kept", id: 0 };
    }

    async #sendWaiting() {
      for (; this.#waiting.length > 0; this.#waiting.shift()) {
        const { data, keep } = this.#waiting[0];
        try {
          this.#transmit(isBlob(data) ? await apply(data.arrayBuffer ?? platform.blob, data, []) : data, keep);
        } catch {
          this.#drop(data, 0); // the Blob cannot be read, or the outbox is full
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
     * @param {string | BufferSource} data
     * @param {boolean} keep
     */
    #transmit(data, keep) {
      // The id and the delivery in one number; wasm/embind/session.cpp says why.
      const answer = hawser.sessionSend(this.#session, toBytes(data), typeof data === "string", keep);
      if (answer < 0 && !isOver(-answer)) throw exception("send", -answer);
      const delivery = answer < 0 ? "dropped" : deliveries[answer % 4];
      if (delivery === "dropped") queueMicrotask(() => this.#drop(data, 0));
      return { delivery, id: answer < 0 ? 0 : Math.floor(answer / 4) };
    }

    /** @param {string | BufferSource} data */
    sendNow(data) {
      const session = this.#session;
      requireArguments(arguments, 1, "execute 'sendNow' on 'Session'");
      const message = toData(data, "Session");
      if (isBlob(message)) throw blobError("sendNow");
      if (this.#close) throw exception("sendNow", alreadyClosing);
      const error = hawser.sessionSendNow(session, toBytes(message), typeof message === "string");
      if (error) throw exception("sendNow", error);
    }

    ready() {
      const error = hawser.sessionReady(this.#session);
      if (error) throw exception("ready", error);
    }

    /** @param {number} id */
    acknowledge(id) {
      return hawser.sessionAcknowledge(this.#session, Number(id), false);
    }

    /** @param {number} id */
    acknowledgeOne(id) {
      return hawser.sessionAcknowledge(this.#session, Number(id), true);
    }

    /**
     * @param {number} [code]
     * @param {string} [reason]
     */
    close(code = undefined, reason = "") {
      const session = this.#session;
      const given = code === undefined ? -1 : toClampedShort(code);
      const text = toUSVString(reason);
      // Engines disagree about a reason without a code: here it goes with 1000.
      const number = given < 0 && text ? 1000 : given;
      if (this.#waiting.length > 0 && !this.#close && hawser.sessionReadyState(session) === open) {
        const error = hawser.sessionCheckClose(number, text);
        if (error) throw exception("close", error);
        this.#close = () => hawser.sessionClose(session, number, text);
        return;
      }
      const error = this.#close ? hawser.sessionCheckClose(number, text) : hawser.sessionClose(session, number, text);
      if (error && !isOver(error)) throw exception("close", error);
      this.#hold();
    }

    /**
     * @param {number} [code]
     * @param {string} [reason]
     */
    reconnect(code = 1000, reason = "") {
      const [number, text] = [toClampedShort(code), toUSVString(reason)];
      const close = this.#close;
      this.#close = undefined; // the last call counts
      const error = hawser.sessionReconnect(this.#session, number, text);
      if (error) {
        this.#close = close;
        throw exception("reconnect", error);
      }
      this.#hold();
    }

    retryNow() {
      hawser.sessionRetryNow(this.#session);
      this.#hold();
    }

    /** As C++ has it now. */
    #hasStopped() {
      return states[hawser.sessionStatus(this.#session).state] === "stopped";
    }

    /** Until it has stopped, an event may still come, also if nothing refers to this object any more. */
    #hold() {
      if (!this.#hasStopped()) this.#life.held = this;
    }

    /**
     * What C++ calls. It must know the session, and what may refer to that, such as the options, by `life` alone.
     *
     * @param {Life} life
     */
    static #listenersOf(life) {
      /** @returns {Session | undefined} */
      const target = () => life.held ?? life.seen.deref();
      /** @param {(session: Session) => void} act */
      function tell(act) {
        const session = target();
        if (session) act(session);
      }
      /** @returns {SessionOptions} */
      function options() {
        const session = target();
        return session ? session.#options : {};
      }
      return {
        open: () => tell((session) => session.#opened()),
        /** @param {string | ArrayBuffer} data */
        message: (data) => tell((session) => session.#received(data)),
        /** @param {any} status */
        status: (status) => tell((session) => session.#changed(status)),
        /**
         * @param {string | ArrayBuffer} data
         * @param {number} id
         */
        drop: (data, id) => tell((session) => session.#drop(data, id)),
        /** @param {number} question */
        endpointRequest: (question) => tell((session) => void session.#answer(question)),
        /**
         * @param {number} code
         * @param {string} reason
         * @param {boolean} wasClean
         * @param {number} delay negative where hawser would stop
         */
        decide(code, reason, wasClean, delay) {
          const answer = options().shouldReconnectOnClose?.(new CloseEvent("close", { code, reason, wasClean }));
          if (typeof answer === "boolean") return answer ? Math.max(delay, 0) : -1;
          return typeof answer === "number" && !Number.isNaN(answer) ? Math.max(answer, 0) : delay;
        },
        ping() {
          const ping = options().heartbeat?.ping;
          return toPing(typeof ping === "function" ? ping() : ping);
        },
        /** @param {string | ArrayBuffer} data */
        isPong: (data) => Boolean(options().heartbeat?.isPong?.(data)),
      };
    }

    #opened() {
      this.#origin = resolve(hawser.sessionProperty(this.#session, property.url), "Session").origin;
      this.#tell(new Event("open"));
    }

    /** @param {string | ArrayBuffer} received */
    #received(received) {
      if (this.#close) return; // as after any close
      const asBlob = typeof received !== "string" && this.#binaryType === "blob";
      const data = asBlob ? new Blob([received]) : received;
      // `__proto__: null` keeps a page's additions to Object.prototype out of events.
      const init = { __proto__: null, data, origin: this.#origin };
      this.#tell(new MessageEvent("message", init));
    }

    /** @param {any} told */
    #changed(told) {
      const status = toStatus(told);
      const before = this.#state;
      if (status.state !== "open") this.#finishClosing();
      this.#state = status.state;
      const wasLost = before === "open" && status.state !== "open";
      const hasFailed = before === "connecting" && (status.state === "waiting" || status.state === "stopped");
      const end = wasLost || hasFailed ? status.end : null;
      if (end?.error) {
        const cause = this.#cause;
        this.#cause = undefined;
        this.#tell(
          Object.assign(new Event("error"), { message: hawser.describe(told.end.error), error: end.error, cause }),
        );
      }
      if (end) {
        const init = { __proto__: null, ...end };
        this.#tell(new CloseEvent("close", init));
      }
      this.#tell(Object.assign(new Event("statuschange"), { status }));
      if (this.#hasStopped()) this.#life.held = null;
    }

    /**
     * @param {string | Blob | BufferSource} data
     * @param {number} id
     */
    #drop(data, id) {
      this.#tell(Object.assign(new Event("drop"), { data, id }));
    }

    /** @param {Event} event */
    #tell(event) {
      apply(dispatchEvent, this, [event]);
    }

    /**
     * Asks the app where to connect to. What goes wrong is the cause of the event error.
     *
     * @param {number} question
     */
    async #answer(question) {
      this.#question = question;
      this.#cause = undefined;
      let answer = ["", ""];
      try {
        const asked = [this.#url, this.#protocols].map((one) => (typeof one === "function" ? one() : one));
        const [where, offered] = await Promise.all(asked);
        const protocols = toProtocols(offered);
        answer = [invalidUrl, invalidProtocols];
        answer[0] = toHref(where);
        if (!protocols.every(isProtocol)) throw badProtocols(protocols);
        answer[1] = protocols.join();
      } catch (error) {
        if (question === this.#question) this.#cause = error;
      }
      hawser.sessionAnswer(this.#session, question, answer[0], answer[1]);
    }

    // The event handler attributes (HTML, 8.1.8.1).

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
    get onstatuschange() {
      return this.#handlers.get("statuschange");
    }
    set onstatuschange(value) {
      this.#handlers.set("statuschange", value);
    }
    get ondrop() {
      return this.#handlers.get("drop");
    }
    set ondrop(value) {
      this.#handlers.set("drop", value);
    }
  }

  defineInterface(Session, "Session");
  return /** @type {any} */ (Session);
}
