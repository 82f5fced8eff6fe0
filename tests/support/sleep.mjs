// Simulates a sleeping computer for this page or process: its clock advances and its timers stand
// still.

/**
 * Replaces the environment's timers and clock, and returns the function that sleeps. Afterwards
 * every timer fires whose time has passed, as when a lid is opened.
 */
export function installSleep() {
  const { clearTimeout, setTimeout } = globalThis;
  const { now } = performance;
  let slept = 0;
  /** @type {Map<any, { due: number, fire: () => void }>} */
  const timers = new Map();
  performance.now = () => now.call(performance) + slept;

  Object.assign(globalThis, {
    /**
     * @param {(...args: unknown[]) => void} act
     * @param {number} milliseconds
     * @param {unknown[]} args
     */
    setTimeout(act, milliseconds = 0, ...args) {
      const fire = () => {
        timers.delete(timer);
        act(...args);
      };
      const timer = setTimeout(fire, milliseconds);
      timers.set(timer, { due: performance.now() + milliseconds, fire });
      return timer;
    },

    /** @param {any} timer */
    clearTimeout(timer) {
      clearTimeout(timer);
      timers.delete(timer);
    },
  });

  return (/** @type {number} */ milliseconds) => {
    slept += milliseconds;
    const overdue = [...timers].filter(([, { due }]) => due <= performance.now());
    for (const [timer, { fire }] of overdue.sort(([, one], [, other]) => one.due - other.due)) {
      clearTimeout(timer);
      setTimeout(fire);
    }
  };
}
