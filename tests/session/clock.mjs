// A clock that tests put forward, so that none waits for the time that a session waits for. Between that it runs as ever.

/** @typedef {ReturnType<typeof installClock>} Clock */

/**
 * What takes so long and longer happens only when a test puts the clock forward. Else the session's own timers would do in
 * time what a test means to see something else do.
 */
const longest = 2_000;

/** No browser gives so many timers. */
const mostReal = 1e12;

/** Takes the place of performance.now, setTimeout and clearTimeout, for all that asks them from now on. */
export function installClock() {
  const real = {
    now: performance.now.bind(performance),
    setTimeout: setTimeout.bind(globalThis),
    clearTimeout: clearTimeout.bind(globalThis),
  };
  /** @type {Map<number, { due: number, run: () => void }>} By what setTimeout gave. */
  const timers = new Map();
  /** @type {any} The real timer that fires for the first of them. */
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
     * Puts it forward by that and a little more, and runs what comes due on the way, each at its time.
     *
     * @param {number} milliseconds
     */
    async advance(milliseconds) {
      const end = now() + milliseconds + 100; // who sets a timer has asked for the time before
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
     * Puts it forward as it goes forward for a page whose timers stand still, when what is due soon has run.
     *
     * @param {number} milliseconds
     */
    async skip(milliseconds) {
      for (let first = next(); first && first[1].due < now() + 100; first = next()) await turn();
      ahead += milliseconds;
    },
  };
}

/** Whether who asks is no part of Node, nor of what drives a browser: those are not to be put forward. */
function isOurs() {
  const lines = (new Error().stack ?? "").split("\n").filter((line) => /:\d+:\d+/.test(line));
  const caller = lines.find((line) => !line.includes("/session/clock.mjs")) ?? "";
  return /\/(dist|js|tests)\//.test(caller);
}
