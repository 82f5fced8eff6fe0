// A clock that tests can advance, so that no test waits as long as a session does. Otherwise it
// runs normally.

/** @typedef {ReturnType<typeof installClock>} Clock */

/**
 * Timers of at least this length fire only when a test advances the clock. Otherwise the session's
 * own timers could do what a test wants to see done by something else.
 */
const longest = 2_000;

/** No browser has this many timers. */
const mostReal = 1e12;

/** Replaces performance.now, setTimeout and clearTimeout for all later callers. */
export function installClock() {
  const real = {
    now: performance.now.bind(performance),
    setTimeout: setTimeout.bind(globalThis),
    clearTimeout: clearTimeout.bind(globalThis),
  };
  /**
   * @type {Map<number, { due: number, run: () => void }>} Keyed by the return value of setTimeout.
   */
  const timers = new Map();
  /** @type {any} The real timer for the first of them. */
  let armed;
  let last = mostReal;
  let ahead = 0;
  const now = () => real.now() + ahead;

  /** @type {any} */ (globalThis).setTimeout = (
    /** @type {(...args: any[]) => void} */ run,
    delay = 0,
    /** @type {any[]} */ ...args
  ) => {
    if (!isOurs()) return real.setTimeout(run, delay, ...args);
    timers.set(++last, { due: now() + Math.max(delay, 0), run: () => run(...args) });
    arm();
    return last;
  };
  globalThis.clearTimeout = (/** @type {any} */ timer) => {
    if (timer > mostReal) timers.delete(timer);
    else real.clearTimeout(timer);
  };
  performance.now = now;

  function next() {
    /** @type {[number, { due: number, run: () => void }] | undefined} */
    let first;
    for (const timer of timers) if (!first || timer[1].due < first[1].due) first = timer;
    return first;
  }

  function arm() {
    real.clearTimeout(armed);
    const first = next();
    if (!first) return;
    const wait = Math.ceil(first[1].due - now());
    if (wait < longest) armed = real.setTimeout(fire, wait);
  }

  function fire() {
    const first = next();
    const isDue = first && first[1].due <= now();
    if (isDue) timers.delete(first[0]);
    arm();
    if (isDue) first[1].run();
  }

  /** A turn of the event loop. */
  const turn = () => new Promise((resolve) => real.setTimeout(resolve, 0));

  return {
    turn,

    /**
     * Advances by that and a little more, and runs timers on the way, each at its time.
     *
     * @param {number} milliseconds
     */
    async advance(milliseconds) {
      const end = now() + milliseconds + 100; // callers of setTimeout have read the time before
      for (let first = next(); first && first[1].due <= end; first = next()) {
        ahead += Math.max(first[1].due - now(), 0);
        arm();
        await turn();
        await turn();
      }
      ahead += Math.max(end - now(), 0);
      arm();
    },

    /**
     * Advances like the clock of a page whose timers are frozen, after running the timers that are
     * due soon.
     *
     * @param {number} milliseconds
     */
    async skip(milliseconds) {
      for (let first = next(); first && first[1].due < now() + 100; first = next()) await turn();
      ahead += milliseconds;
    },
  };
}

/**
 * Whether the caller belongs to neither Node nor the browser's driver: their timers must not be
 * advanced.
 */
function isOurs() {
  const lines = (new Error().stack ?? "").split("\n").filter((line) => /:\d+:\d+/.test(line));
  const caller = lines.find((line) => !line.includes("/session/clock.mjs")) ?? "";
  return /\/(dist|js|tests)\//.test(caller);
}
