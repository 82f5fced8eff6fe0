// The globals that a Browser replaces while it is installed: WebSocket, timers, clocks and random
// numbers.

/** @typedef {import("./event_loop.js").EventLoop} EventLoop */

/** Replaced global properties that can be restored. */
export class Globals {
  /** @type {(() => void)[]} */
  #restores = [];

  /**
   * @param {any} object
   * @param {string} name
   * @param {PropertyDescriptor} descriptor
   */
  replace(object, name, descriptor) {
    const old = Object.getOwnPropertyDescriptor(object, name);
    Object.defineProperty(object, name, { configurable: true, ...descriptor });
    this.#restores.push(() => {
      if (old) Object.defineProperty(object, name, old);
      else delete object[name];
    });
  }

  restore() {
    for (const restore of this.#restores.reverse()) restore();
    this.#restores = [];
  }
}

/**
 * @param {Globals} globals
 * @param {EventLoop} loop
 * @param {{ WebSocket: unknown, date: number, seed: number, isNode: boolean }} options
 */
export function replaceGlobals(globals, loop, { WebSocket, date, seed, isNode }) {
  /**
   * @param {any} object
   * @param {Record<string, unknown>} values
   */
  const replace = (object, values) => {
    for (const [name, value] of Object.entries(values))
      globals.replace(object, name, { value, writable: true });
  };
  const real = { clearTimeout: globalThis.clearTimeout, clearInterval: globalThis.clearInterval };
  const toTimer = isNode
    ? (/** @type {number} */ id) => new NodeTimer(loop, id)
    : (/** @type {number} */ id) => id;
  /** @param {boolean} repeats */
  const setTimer =
    (repeats) =>
    (/** @type {Function} */ callback, delay = 0, /** @type {unknown[]} */ ...args) =>
      toTimer(loop.setTimer(() => callback(...args), delay, repeats));
  /** @param {(timer: any) => void} clearReal */
  const clearTimer = (clearReal) => (/** @type {any} */ timer) => {
    if (!loop.clearTimer(Number(timer))) clearReal(timer);
  };
  const begin = loop.now;
  const dateNow = () => Math.floor(date + loop.now - begin);

  replace(globalThis, {
    WebSocket,
    setTimeout: setTimer(false),
    setInterval: setTimer(true),
    clearTimeout: clearTimer(real.clearTimeout),
    clearInterval: clearTimer(real.clearInterval),
    Date: createDate(dateNow),
  });
  replace(performance, { now: () => loop.now });
  replace(Math, { random: createRandom(seed) });
}

/** In Node, timers are objects. */
class NodeTimer {
  #loop;
  #id;

  /**
   * @param {EventLoop} loop
   * @param {number} id
   */
  constructor(loop, id) {
    this.#loop = loop;
    this.#id = id;
  }
  ref() {
    return this;
  }
  unref() {
    return this;
  }
  hasRef() {
    return true;
  }
  close() {
    this.#loop.clearTimer(this.#id);
    return this;
  }
  [Symbol.toPrimitive]() {
    return this.#id;
  }
}

/** @param {() => number} now */
function createDate(now) {
  const { Date } = globalThis;
  return new Proxy(Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length > 0 ? args : [now()], newTarget),
    apply: () => new Date(now()).toString(),
    get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
  });
}

/**
 * A random number generator (Mulberry32).
 *
 * @param {number} seed
 */
function createRandom(seed) {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  };
}
