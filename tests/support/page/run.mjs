// Runs a test in this page, worker or process.

import { longestWait } from "../patience.mjs";

/**
 * @template Context
 * @typedef {import("./test.mjs").Test<Context>} Test
 */

// Read now, since tests replace them.
const { addEventListener, clearTimeout, removeEventListener, setTimeout } = globalThis;
const process = /** @type {any} */ (globalThis).process?.versions?.node
  ? globalThis.process
  : undefined;

/**
 * Returns the error; null if there was none.
 *
 * @template Context
 * @param {Test<Context>} test
 * @param {(nextReport: () => Promise<any>) => { context: Context, release: () => unknown }} prepare
 *   makes the context of the test, and the function that releases it. `nextReport` returns the next
 *   exception that the platform reports, or an earlier one. Without it, such an exception fails the
 *   test. Call it before the exception can be reported
 * @returns {Promise<string | null>}
 */
export async function failureOf(test, prepare) {
  const reports = watchReports();
  const { context, release } = prepare(reports.next);
  const deadline = startDeadline();
  const failed = Promise.race([reports.unexpected, deadline.passed]);
  try {
    // In a microtask, when the race has started: the test may replace Promise itself.
    await Promise.race([failed, Promise.resolve().then(() => test.run(context))]);
    // The platform reports a rejection in a later task, and its listener waits for one more.
    await Promise.race([failed, nextTask().then(nextTask).then(nextTask)]);
    if (reports.untaken.length > 0) throw reports.untaken[0];
    return null;
  } catch (error) {
    return describe(error);
  } finally {
    deadline.stop();
    reports.stop();
    await release();
  }
}

/**
 * Runs tests in a worker, one after the other.
 *
 * @template Options, Result
 * @param {string | URL} module whose `run` takes one of `list`
 * @param {Options[]} list
 * @returns {Promise<Result[]>}
 */
export function runInWorker(module, list) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      if (data.error) reject(new Error(data.error));
      else resolve(data.results);
    };
    // It did not start, or an exception in it was not caught.
    worker.onerror = ({ message }) => {
      worker.terminate();
      reject(new Error(`The worker failed: ${message}`));
    };
    worker.postMessage({ module: String(module), list });
  });
}

/** Watches for uncaught exceptions that the platform reports, such as those of event handlers. */
function watchReports() {
  const { promise: unexpected, reject } = withResolvers();
  /** @type {unknown[]} */
  const untaken = [];
  /** @type {((error: unknown) => void)[]} */
  const takers = [];
  let isExpected = false;

  /** @param {unknown} error */
  function report(error) {
    if (!isExpected) return reject(error);
    const take = takers.shift();
    if (take) take(error);
    else untaken.push(error);
  }

  /** @param {any} event */
  async function listener(event) {
    if (isExpected) event.preventDefault();
    else await nextTask(); // a test's own listener may prevent the default
    if (isExpected || !event.defaultPrevented) report(event.error ?? event.reason ?? event.message);
  }

  const types = ["error", "unhandledrejection"];
  if (process) process.on("uncaughtException", report);
  else for (const type of types) addEventListener.call(globalThis, type, listener);
  return {
    unexpected,
    untaken,
    next() {
      isExpected = true;
      if (untaken.length > 0) return Promise.resolve(untaken.shift());
      return new Promise((resolve) => takers.push(resolve));
    },
    stop() {
      if (process) process.off("uncaughtException", report);
      else for (const type of types) removeEventListener.call(globalThis, type, listener);
    },
  };
}

function nextTask() {
  return new Promise((resolve) => setTimeout(resolve));
}

function startDeadline() {
  const { promise: passed, reject } = withResolvers();
  const message = `It did not end within ${longestWait} ms`;
  const timer = setTimeout(() => reject(new Error(message)), longestWait);
  return { passed, stop: () => clearTimeout(timer) };
}

/** Promise.withResolvers, which Node 20 does not have. */
function withResolvers() {
  /** @type {(reason: unknown) => void} */
  let reject = () => {};
  /** @type {Promise<never>} */
  const promise = new Promise((_, refuse) => (reject = refuse));
  promise.catch(() => {});
  return { promise, reject };
}

/** @param {unknown} error */
function describe(error) {
  if (!(error instanceof Error)) return String(error);
  const isOfTest = (/** @type {string} */ line) =>
    /\/tests\/(?!support\/)(?!\w+\/clock)/.test(line);
  const place = (error.stack ?? "").split("\n").find(isOfTest) ?? "";
  return `${error.name}: ${error.message} ${place.trim()}`;
}
