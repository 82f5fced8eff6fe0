// How long tests wait before they give up, in milliseconds. These limits don't check speed: a busy
// machine takes twenty times as long as an idle one.

import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";

/** For a condition in a page. */
export const longestWait = 120_000;

/** For a program to end. Builds have their own limits. */
export const longestRun = 600_000;

/** For all tests of a file in one engine. */
export const longestSuite = 1_800_000;

/** For an answer of a browser that may be lost: it is asked again. */
export const longestAnswer = 10_000;

/**
 * Waits for `promise` for at most `longestWait`, and then fails with what was expected.
 *
 * @template Result
 * @param {Promise<Result>} promise
 * @param {string} what
 * @returns {Promise<Result>}
 */
export async function within(promise, what) {
  const over = new AbortController();
  const tooLate = setTimeout(longestWait, null, { signal: over.signal }).then(() => {
    assert.fail(`within ${longestWait} ms this did not happen: ${what}`);
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    over.abort();
    tooLate.catch(() => {});
  }
}

/**
 * Asks again and again until the answer is true.
 *
 * @param {() => Promise<boolean>} isSo
 */
export async function until(isSo) {
  const deadline = performance.now() + longestWait;
  while (!(await isSo())) {
    assert.ok(performance.now() < deadline, `within ${longestWait} ms this did not hold: ${isSo}`);
    await setTimeout(20);
  }
}
