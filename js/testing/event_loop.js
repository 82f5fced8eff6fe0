// The event loop of a Browser: tasks, and timers on a clock that only a test advances.
//
// Tasks that are due run by themselves, each in its own turn of the real event loop. So a test that
// awaits its program never hangs because it forgot to run something.

import { Failure } from "./failure.js";

// Stored now, because a Browser replaces the global ones.
const { MessageChannel, setImmediate, setTimeout } = globalThis;

/**
 * After this many turns without work, the loop counts as idle. Promises may need a few turns, for
 * example to read a Blob.
 */
const quietTurns = 3;
/** A program that is still busy after this many turns will never become idle. */
const mostTurns = 100_000;
/** After this many nested timers, a timer takes at least four milliseconds (HTML 8.6). */
const deepestQuickTimer = 5;
const longestDelay = 0x7fffffff;

// The clock continues from one Browser to the next, because programs store times. Timer numbers
// continue too, and start above the real ones.
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

/** Waits for a turn of the real event loop. */
const turn = () => new Promise((resolve) => takeTurn(() => resolve(undefined)));

/**
 * @typedef {object} Timer
 * @property {number} due
 * @property {() => void} run
 * @property {number} every the interval, or 0 for a timeout
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
   * Runs an event of the peer: now, or next if the program is handling another event. Browsers
   * never nest them.
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
   * Waits for one of the browser's own promises. The browser is not idle until it is settled.
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
    if (this.#isStopped || (this.#isStopping && repeats)) return ++lastTimer; // this timer never fires
    const nesting = this.#nesting + 1;
    const asked = Math.trunc(Number(delay));
    const wait = asked >= 0 && asked <= longestDelay ? asked : 0; // also for NaN
    const least = Math.max(wait, nesting > deepestQuickTimer ? 4 : 0);
    this.#timers.set(++lastTimer, {
      due: now + least,
      run,
      every: repeats ? Math.max(least, 1) : 0,
      nesting,
    });
    this.#arm();
    return lastTimer;
  }

  /**
   * @param {number} id
   * @returns {boolean} whether a Browser set the timer
   */
  clearTimer(id) {
    this.#timers.delete(id);
    return id > 1e9;
  }

  /** While frozen, time passes but nothing runs. */
  set isFrozen(/** @type {boolean} */ isFrozen) {
    this.#isFrozen = isFrozen;
    this.#arm();
  }

  /** Waits until nothing is due, and the program's promises have had their turns. */
  async idle() {
    let quiet = 0;
    for (let turns = 0; quiet < quietTurns; ++turns) {
      if (turns === mostTurns) {
        throw new Failure(
          `the program does not become idle: after ${mostTurns} turns of the event loop, it is still busy, and no time ` +
            "has passed. Do the program and a peer answer each other's messages forever?",
        );
      }
      await turn();
      quiet = this.#isDue() || this.#reading > 0 ? 0 : quiet + 1;
    }
  }

  /** @param {number} milliseconds */
  async advance(milliseconds) {
    if (!(milliseconds >= 0 && milliseconds < Infinity)) {
      throw new RangeError(
        `advance(${milliseconds}): the time must be a number of milliseconds, 0 or more.`,
      );
    }
    if (this.#isAdvancing)
      throw new Error("advance() is running already: await it before the next call.");
    this.#isAdvancing = true;
    try {
      const end = now + milliseconds;
      await this.idle();
      for (
        let first = this.#first();
        first && first.due <= end && !this.#isFrozen;
        first = this.#first()
      ) {
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
   * Runs the remaining timers, each at its time, and stops. hawser relies on timers that it has
   * set: if one were missing, it would wait forever in the next test.
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
      // It does not become idle, so stop it anyway.
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
        // When the test is over, the program has lost its network, so it may throw.
        if (!this.#isStopping) throw error;
      } finally {
        this.#arm(); // even if the program has thrown
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
