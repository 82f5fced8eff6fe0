// Runs tasks that depend on each other: each when its dependencies have passed, and only a limited
// number of each kind at a time.

/**
 * @template Result
 * @typedef {object} Task
 * @property {string} name
 * @property {string[]} needs the names of tasks that must pass first
 * @property {string} [kind] of which only a limited number run at a time
 * @property {() => Promise<Result>} run rejects if the task failed
 */

/**
 * @template Result
 * @typedef {{ status: "passed", result: Result, milliseconds: number }
 *   | { status: "failed", error: unknown, milliseconds: number }
 *   | { status: "not run", because: string }} Outcome
 */

/**
 * Resolves with the outcome of each task, when all have ended. Tasks start in the given order, as
 * far as their dependencies allow. Rejects if two tasks have the same name.
 *
 * @template Result
 * @param {Task<Result>[]} tasks
 * @param {{ atATime: Record<string, number>, onBegin: (task: Task<Result>) => void,
 *   onEnd: (task: Task<Result>, outcome: Outcome<Result>) => void }} options
 * @returns {Promise<Map<string, Outcome<Result>>>}
 */
export async function runTasks(tasks, { atATime, onBegin, onEnd }) {
  /** @type {Map<string, Outcome<Result>>} */
  const outcomes = new Map();
  /** @type {Map<string, number>} */
  const running = new Map();
  const waiting = new Set(tasks);
  const names = tasks.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice) throw new Error(`Two tasks are named "${twice}".`);

  return new Promise((resolve) => {
    const beginAll = () => {
      for (const task of waiting) tryToBegin(task);
      if (outcomes.size === tasks.length) resolve(outcomes);
    };

    const tryToBegin = (/** @type {Task<Result>} */ task) => {
      const kind = task.kind ?? "";
      const failed = task.needs.find(
        (name) => outcomes.has(name) && outcomes.get(name)?.status !== "passed",
      );
      if (failed) return end(task, { status: "not run", because: failed });
      if (!task.needs.every((name) => outcomes.has(name))) return;
      if ((running.get(kind) ?? 0) >= (atATime[kind] ?? Infinity)) return;
      waiting.delete(task);
      running.set(kind, (running.get(kind) ?? 0) + 1);
      void runOne(task, kind);
    };

    const runOne = async (/** @type {Task<Result>} */ task, /** @type {string} */ kind) => {
      onBegin(task);
      const start = performance.now();
      /** @type {Outcome<Result>} */
      const outcome = await task.run().then(
        (result) => ({ status: "passed", result, milliseconds: performance.now() - start }),
        (error) => ({ status: "failed", error, milliseconds: performance.now() - start }),
      );
      running.set(kind, (running.get(kind) ?? 0) - 1);
      end(task, outcome);
      beginAll();
    };

    const end = (/** @type {Task<Result>} */ task, /** @type {Outcome<Result>} */ outcome) => {
      waiting.delete(task);
      outcomes.set(task.name, outcome);
      onEnd(task, outcome);
    };

    beginAll();
  });
}
