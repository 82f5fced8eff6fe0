// The event loop of a Browser: tasks, and timers on a clock that stands still unless a test advances it.
//
// What is due runs by itself, each task in its own turn of the real event loop. So a test that awaits the program under
// test never waits for ever because it forgot to run something.

import { Failure } from "./failure.js";

// Taken now: a browser replaces the global ones.
const { MessageChannel, setImmediate, setTimeout } = globalThis;

/** Turns without work after which nothing is about to happen: a promise may need a few, as one that reads a Blob does. */
const quietTurns = 3;
/** A program that has not come to rest by then never will. */
const mostTurns = 100_000;
/** HTML 8.6: from this nesting on, a timer takes at least four milliseconds. */
const deepestQuickTimer = 5;
const longestDelay = 0x7fffffff;

// The clock continues from one browser to the next, since programs keep times. So do the numbers of timers, which start
// above the real ones.
let now = 0;
let lastTimer = 1e9;

/** @type {(callback: () => void) => void} */
let takeTurn = (callback) => {
  takeTurn = createTurns();
  takeTurn(callback);
};

/** @returns {typeof takeTurn} */
function createTurns() {
  if (setImmediate) return (callback) => void setImmediate(callback);
  if (!MessageChannel) return (callback) => void setTimeout(callback, 0);
  /** @type {(() => void)[]} */
  const waiting = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => waiting.shift()?.();
  return (callback) => {
    waiting.push(callback);
    port2.postMessage(null);
  };
}

/** A turn of the real event loop. */
const turn = () => new Promise((resolve) => takeTurn(() => resolve(undefined)));

/**
 * @typedef {object} Timer
 * @property {number} due
 * @property {() => void} run
 * @property {number} every 0 for once
 * @property {number} nesting
 */

export class EventLoop {
  /** @type {(() => void)[]} */
  #tasks = [];
  /** @type {Map<number, Timer>} */
  #timers = new Map();
  #nesting = 0;
  #dispatching = 0;
  #reading = 0;
  #isArmed = false;
  #isAdvancing = false;
  #isFrozen = false;
  #isStopping = false;
  #isStopped = false;

  /** @param {number} start the real time */
  constructor(start) {
    now = Math.max(now, Math.ceil(start));
  }

  get now() {
    return now;
  }

  /** @param {() => void} task */
  queue(task) {
    if (this.#isStopped) return;
    this.#tasks.push(task);
    this.#arm();
  }

  /**
   * Runs an event of the peer now, or next if the program is handling another event: browsers never nest them.
   *
   * @param {() => void} event
   */
  deliver(event) {
    if (this.#dispatching > 0) this.queue(event);
    else event();
  }

  /** @param {() => void} dispatch calls the program's listeners */
  dispatch(dispatch) {
    ++this.#dispatching;
    try {
      dispatch();
    } finally {
      --this.#dispatching;
    }
  }

  /**
   * Waits for a promise of the browser's own. Until it is settled, the browser is not idle.
   *
   * @template Value
   * @param {Promise<Value>} promise
   * @param {(value: Value) => void} then
   */
  async read(promise, then) {
    ++this.#reading;
    try {
      const value = await promise;
      this.queue(() => then(value));
    } finally {
      --this.#reading;
    }
  }

  /**
   * @param {() => void} run
   * @param {unknown} delay
   * @param {boolean} repeats
   */
  setTimer(run, delay, repeats) {
    if (this.#isStopped || (this.#isStopping && repeats)) return ++lastTimer; // it never fires
    const nesting = this.#nesting + 1;
    const asked = Math.trunc(Number(delay));
    const wait = asked >= 0 && asked <= longestDelay ? asked : 0; // NaN, too
    const least = Math.max(wait, nesting > deepestQuickTimer ? 4 : 0);
    this.#timers.set(++lastTimer, { due: now + least, run, every: repeats ? Math.max(least, 1) : 0, nesting });
    this.#arm();
    return lastTimer;
  }

  /**
   * @param {number} id
   * @returns {boolean} whether the timer could be one of a browser's
   */
  clearTimer(id) {
    this.#timers.delete(id);
    return id > 1e9;
  }

  /** Nothing runs while it is frozen. Time passes. */
  set isFrozen(/** @type {boolean} */ isFrozen) {
    this.#isFrozen = isFrozen;
    this.#arm();
  }

  /** Waits until nothing is due, and the promises of the program have had their turns. */
  async idle() {
    let quiet = 0;
    for (let turns = 0; quiet < quietTurns; ++turns) {
      if (turns === mostTurns) {
        throw new Failure(
          `the program does not come to rest: it is still busy after ${mostTurns} turns of the event loop, and no time ` +
            "has passed. Does it answer each message of a peer that answers, too?",
        );
      }
      await turn();
      quiet = this.#isDue() || this.#reading > 0 ? 0 : quiet + 1;
    }
  }

  /** @param {number} milliseconds */
  async advance(milliseconds) {
    if (!(milliseconds >= 0 && milliseconds < Infinity)) {
      throw new RangeError(`advance(${milliseconds}): time passes in milliseconds, 0 or more.`);
    }
    if (this.#isAdvancing) throw new Error("advance() is running already: await it before the next call.");
    this.#isAdvancing = true;
    try {
      const end = now + milliseconds;
      await this.idle();
      for (let first = this.#first(); first && first.due <= end && !this.#isFrozen; first = this.#first()) {
        this.#passTo(first.due);
        await this.idle();
      }
      this.#passTo(end);
      await this.idle();
    } finally {
      this.#isAdvancing = false;
    }
  }

  /**
   * Runs the timers that are left, each at its time, and stops. hawser counts on the timers that it has set: without
   * them, it would wait for ever in the next test.
   *
   * @param {number} most
   */
  async stop(most) {
    this.#isStopping = true;
    this.isFrozen = false;
    for (const [id, { every }] of this.#timers) if (every) this.#timers.delete(id);
    try {
      for (let count = 0; count < most; ++count) {
        await this.idle();
        const first = this.#first();
        if (!first) break;
        this.#passTo(first.due);
      }
    } catch {
      // It does not come to rest, and is stopped.
    }
    this.#isStopped = true;
    this.#tasks = [];
    this.#timers.clear();
  }

  /** @param {number} time */
  #passTo(time) {
    now = Math.max(now, time);
    this.#arm();
  }

  #first() {
    /** @type {Timer | undefined} */
    let first;
    for (const timer of this.#timers.values()) if (!first || timer.due < first.due) first = timer;
    return first;
  }

  #isDue() {
    if (this.#isFrozen || this.#isStopped) return false;
    return this.#tasks.length > 0 || (this.#first()?.due ?? Infinity) <= now;
  }

  #arm() {
    if (this.#isArmed || !this.#isDue()) return;
    this.#isArmed = true;
    takeTurn(() => {
      this.#isArmed = false;
      try {
        if (this.#isDue()) this.#step();
      } catch (error) {
        // When the test is over, the program has lost its network, and may well throw.
        if (!this.#isStopping) throw error;
      } finally {
        this.#arm(); // also if the program has thrown
      }
    });
  }

  #step() {
    const task = this.#tasks.shift();
    if (task) return task();
    const timer = this.#first();
    if (!timer) return;
    if (timer.every) timer.due += timer.every;
    else for (const [id, one] of this.#timers) if (one === timer) this.#timers.delete(id);
    this.#nesting = timer.nesting;
    try {
      timer.run();
    } finally {
      this.#nesting = 0;
    }
  }
}
