// The page of a Browser: whether it is online, visible, and open at all.

/** @typedef {import("./globals.js").Globals} Globals */

const state = { isOnline: true, isVisible: true };

/**
 * Replaces the page in environments without one, such as Node. Each Browser uses the same one,
 * because libraries add their listeners only once.
 *
 * @type {{ window: EventTarget, document: EventTarget } | undefined}
 */
let made;

const visibility = {
  visibilityState: { get: () => (state.isVisible ? "visible" : "hidden") },
  hidden: { get: () => !state.isVisible },
};

export class Page {
  /** @type {EventTarget} */
  #window = globalThis;
  /** @type {EventTarget | undefined} */
  #document = globalThis.document;
  #isLeft = false;

  /** @param {Globals} globals */
  constructor(globals) {
    Object.assign(state, { isOnline: true, isVisible: true });
    const { navigator } = globalThis;
    const online = { onLine: { get: () => state.isOnline } };
    if (navigator) globals.replace(navigator, "onLine", online.onLine);
    else
      globals.replace(globalThis, "navigator", {
        value: Object.defineProperties({}, online),
        writable: true,
      });

    if ("addEventListener" in globalThis) {
      if (!this.#document) return; // a worker
      for (const [name, descriptor] of Object.entries(visibility))
        globals.replace(this.#document, name, descriptor);
      return;
    }
    made ??= {
      window: new EventTarget(),
      document: Object.defineProperties(new EventTarget(), visibility),
    };
    const { window, document } = made;
    for (const name of /** @type {const} */ ([
      "addEventListener",
      "removeEventListener",
      "dispatchEvent",
    ])) {
      globals.replace(globalThis, name, { value: window[name].bind(window), writable: true });
    }
    globals.replace(globalThis, "document", { value: document, writable: true });
    this.#window = window;
    this.#document = document;
  }

  /** @param {boolean} isOnline */
  setOnline(isOnline) {
    if (state.isOnline === isOnline) return;
    state.isOnline = isOnline;
    this.#window.dispatchEvent(new Event(isOnline ? "online" : "offline"));
  }

  /** @param {boolean} isVisible */
  setVisible(isVisible) {
    if (state.isVisible === isVisible) return;
    state.isVisible = isVisible;
    this.#document?.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }

  /** @param {"pagehide" | "pageshow"} type */
  turn(type) {
    this.#isLeft = type === "pagehide";
    this.#window.dispatchEvent(
      Object.defineProperty(new Event(type), "persisted", { value: true, enumerable: true }),
    );
  }

  /** Restores the page for the next Browser, because a library may still listen to it. */
  restore() {
    this.setOnline(true);
    this.setVisible(true);
    if (this.#isLeft) this.turn("pageshow");
  }
}
