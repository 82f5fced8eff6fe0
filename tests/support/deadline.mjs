// Waiting with a limit, so that a test fails and says for what it waited, instead of hanging.

import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { longestWait } from "./patience.mjs";

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
  }
}

/**
 * Asks until the answer is true. Fails after `longestWait`.
 *
 * @param {() => Promise<boolean>} isSo
 */
export async function until(isSo) {
  const deadline = performance.now() + longestWait;
  while (!(await within(isSo(), `${isSo}`))) {
    assert.ok(performance.now() < deadline, `within ${longestWait} ms this did not hold: ${isSo}`);
    await setTimeout(20);
  }
}
