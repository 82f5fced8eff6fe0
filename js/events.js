// Events and event handlers that behave like those of the platform's classes.

// Undefined in worklets.
const { Event, EventTarget } = globalThis;
const { addEventListener, removeEventListener } = EventTarget?.prototype ?? {};
const { apply } = Reflect;

/** The platform's class, or a replacement: Node has none before version 23. */
export const CloseEvent = globalThis.CloseEvent ?? (Event && defineCloseEvent());

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

/** The values of the `on...` attributes of one object (HTML 8.1.8.1). */
export class EventHandlers {
  #target;
  /** @type {any} */
  #handlers = Object.create(null);

  /** @param {EventTarget} target */
  constructor(target) {
    this.#target = target;
  }

  /** @param {string} type */
  get(type) {
    return this.#handlers[type]?.callback ?? null;
  }

  /**
   * @param {string} type
   * @param {unknown} value
   */
  set(type, value) {
    const handler = this.#handlers[type];
    const callback = typeof value === "object" || typeof value === "function" ? value : null;
    if (callback === null) {
      if (handler) apply(removeEventListener, this.#target, [type, handler.listener]);
      this.#handlers[type] = null;
    } else if (handler) {
      handler.callback = callback; // and keeps its place among the listeners
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
      apply(addEventListener, this.#target, [type, added.listener]);
    }
  }
}

/**
 * Defines the `on...` attributes of a class.
 *
 * @param {any} constructor
 * @param {string[]} types of events
 * @param {(object: any) => EventHandlers} handlersOf throws a TypeError for an object of another
 *   class
 */
export function defineEventHandlers(constructor, types, handlersOf) {
  for (const type of types) {
    const name = `on${type}`;
    // The accessors of an object literal have the same names as the platform's, such as "get
    // onopen".
    const attribute = {
      /** @returns {unknown} */
      get [name]() {
        return handlersOf(this).get(type);
      },
      set [name](/** @type {unknown} */ value) {
        handlersOf(this).set(type, value);
      },
    };
    Object.defineProperties(constructor.prototype, Object.getOwnPropertyDescriptors(attribute));
  }
}
