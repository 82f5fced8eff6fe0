// Implements load({ observe }): wraps the native sockets of one module, and reports the events of
// these and of its sessions.
//
// Modules that are not observed never run this code. They use the native class itself.

const { CustomEvent, performance, queueMicrotask, TextEncoder } = globalThis;

/** @typedef {import("./index.js").ObservedEvent} ObservedEvent */
/**
 * @typedef {{ session?: number, socket?: number, target: () => EventTarget | undefined, attempts?: () => number, seen: number }} Owner
 */
/** @typedef {ReturnType<typeof createObserver>} Observer */

/** @param {any} data */
const sizeOf = (data) =>
  typeof data === "string" ? new TextEncoder().encode(data).length : (data.size ?? data.byteLength);

/**
 * Copies bytes, because the app or C++ may change or detach them after this call. A Blob never
 * changes.
 *
 * @param {any} data
 */
function copyOf(data) {
  if (typeof data === "string" || data.size >= 0) return data;
  return new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength).slice().buffer;
}

/**
 * @param {true | ((event: ObservedEvent) => void)} observe
 * @param {boolean} hasData
 * @param {any} Native
 */
export function createObserver(observe, hasData, Native) {
  let [sockets, sessions] = [0, 0];
  /** @type {[ObservedEvent, EventTarget | undefined][]} */
  let pending = [];
  /** @type {Owner | undefined} The owner of the socket that is being created. */
  let opener;
  /** @type {Map<number, Owner>} Sessions whose attempts C++ starts, by their handle. */
  const owners = new Map();

  /**
   * Delivers in a microtask, because many events happen inside calls, where a handler could not
   * safely call hawser.
   *
   * @param {Owner} owner
   * @param {any} event
   */
  function report({ session, socket, target }, event) {
    const ids = session ? { socket, session } : { socket };
    if (pending.push([{ time: performance.now(), ...ids, ...event }, target()]) === 1)
      queueMicrotask(deliver);
  }

  function deliver() {
    const events = pending;
    pending = [];
    for (const [detail, target] of events) {
      try {
        if (observe !== true) observe(detail);
      } catch (exception) {
        queueMicrotask(() => {
          throw exception; // so that the platform reports it
        });
      }
      target?.dispatchEvent(new CustomEvent("observe", { detail }));
    }
  }

  /** @param {any} data */
  function describe(data) {
    const described = { size: sizeOf(data), binary: typeof data !== "string" };
    return hasData ? { ...described, data: copyOf(data) } : described;
  }

  /**
   * Returns the owner of the socket that is being created. For attempts that C++ starts, only a
   * session's count of attempts shows whose it is.
   */
  function takeOpener() {
    const owner =
      opener ?? [...owners.values()].find(({ attempts, seen }) => (attempts?.() ?? 0) > seen);
    opener = undefined;
    if (!owner) return { target: () => undefined, seen: 0 };
    if (owner.attempts) owner.seen = owner.attempts();
    return owner;
  }

  /**
   * Replaces the native class in the module. It has the members of NativeWebSocket in index.d.ts.
   */
  class WebSocket {
    #socket;
    #report;
    #isOver = false;

    /**
     * @param {string} url
     * @param {string[]} protocols
     */
    constructor(url, protocols) {
      const owner = takeOpener();
      owner.socket = ++sockets;
      const own = { ...owner };
      this.#report = (/** @type {any} */ event) => report(own, event);
      this.#report({ type: "opening", url, protocols });
      try {
        this.#socket = new Native(url, protocols);
      } catch (exception) {
        this.#report({ type: "error", message: String(exception) });
        this.#end(1006, "", false);
        throw exception;
      }
    }

    /**
     * @param {number} code
     * @param {string} reason
     * @param {boolean} wasClean
     */
    #end(code, reason, wasClean) {
      if (!this.#isOver) this.#report({ type: "close", code, reason, wasClean });
      this.#isOver = true;
    }

    /**
     * @param {string} name
     * @param {Function | null} handler
     * @param {(event: any) => void} see
     */
    #on(name, handler, see) {
      this.#socket[name] =
        handler &&
        ((/** @type {any} */ event) => {
          see(event);
          handler(event);
        });
    }

    set onopen(/** @type {Function | null} */ handler) {
      this.#on("onopen", handler, () =>
        this.#report({ type: "open", protocol: this.protocol, extensions: this.extensions }),
      );
    }
    set onmessage(/** @type {Function | null} */ handler) {
      this.#on("onmessage", handler, ({ data }) =>
        this.#report({ type: "received", ...describe(data) }),
      );
    }
    set onerror(/** @type {Function | null} */ handler) {
      this.#on("onerror", handler, () => this.#report({ type: "error" }));
    }
    set onclose(/** @type {Function | null} */ handler) {
      this.#on("onclose", handler, ({ code, reason, wasClean }) =>
        this.#end(code, reason, wasClean),
      );
      // If a deadline has passed, C++ stops listening early.
      if (!handler) this.#end(1006, "", false);
    }

    get url() {
      return this.#socket.url;
    }
    get readyState() {
      return this.#socket.readyState;
    }
    get bufferedAmount() {
      return this.#socket.bufferedAmount;
    }
    get extensions() {
      return this.#socket.extensions;
    }
    get protocol() {
      return this.#socket.protocol;
    }
    get binaryType() {
      return this.#socket.binaryType;
    }
    set binaryType(type) {
      this.#socket.binaryType = type;
    }

    /** @param {any} data */
    send(data) {
      const isDropped = this.readyState > 1;
      this.#socket.send(data);
      const { bufferedAmount } = this;
      this.#report(
        isDropped
          ? { type: "drop", why: "closing", ...describe(data) }
          : { type: "sent", bufferedAmount, ...describe(data) },
      );
    }

    /** @param {any[]} end */
    close(...end) {
      this.#socket.close(...end);
    }
  }

  return {
    WebSocket,

    /** @param {EventTarget} socket not kept alive by the observer */
    ownerOf(socket) {
      const seen = new WeakRef(socket);
      return { target: () => seen.deref(), seen: 0 };
    },

    /**
     * Runs `open`, which may create a socket for `owner`.
     *
     * @template Result
     * @param {Owner} owner
     * @param {() => Result} open
     */
    opening(owner, open) {
      opener = owner;
      try {
        return open();
      } finally {
        opener = undefined;
      }
    },

    /**
     * @param {Owner["target"]} target
     * @param {number} handle
     * @param {Owner["attempts"]} attempts for a session whose attempts C++ starts
     */
    addSession(target, handle, attempts) {
      const owner = { session: ++sessions, socket: 0, target, attempts, seen: 0 };
      if (attempts) owners.set(handle, owner);
      return owner;
    },

    /** @param {number} handle */
    forget(handle) {
      owners.delete(handle);
    },

    /**
     * @param {Owner} owner
     * @param {Readonly<Record<string, any>>} status
     */
    changed(owner, { state, attempt, retryIn, isOffline, isHidden }) {
      const waitsFor = { ...(isOffline && { isOffline }), ...(isHidden && { isHidden }) };
      report(owner, { type: "state", state, attempt, ...waitsFor });
      if (state === "waiting" && !isOffline && !isHidden)
        report(owner, { type: "retry", delay: retryIn, attempt });
    },

    /**
     * @param {Owner} owner
     * @param {any} data
     * @param {number} id
     */
    dropped(owner, data, id) {
      report(owner, { type: "drop", id, ...describe(data) });
    },
  };
}
