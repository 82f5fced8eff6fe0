// Contenders take turns in one run, so that ratios are reliable even if the machine's speed varies.

/**
 * Rotates the order in each round, because the first contender may pay for the next one.
 *
 * @template T
 * @param {T[]} entries
 * @param {number} round
 */
export function inTurn(entries, round) {
  const start = (round >> 1) % entries.length;
  const turned = [...entries.slice(start), ...entries.slice(0, start)];
  return round % 2 ? turned.toReversed() : turned;
}

/**
 * Times each of `runs`, a function that repeats its work. Returns for each the nanoseconds of one
 * repetition, in `rounds` samples. A sample takes at least `milliseconds`.
 *
 * @param {Map<string, (times: number) => void>} runs
 * @param {{ rounds: number, milliseconds: number }} options
 * @returns {Map<string, { samples: number[], times: number }>}
 */
export function timeInTurns(runs, { rounds, milliseconds }) {
  const entries = [...runs].map(([key, run]) => ({
    key,
    run,
    times: 1,
    samples: /** @type {number[]} */ ([]),
  }));
  const time = (/** @type {(times: number) => void} */ run, /** @type {number} */ times) => {
    const start = performance.now();
    run(times);
    return performance.now() - start;
  };
  // Warms up, and finds the number of repetitions for a sample: twice, because a cold run results
  // in too few.
  for (const entry of [...entries, ...entries]) {
    entry.times = 1;
    for (; entry.times < 1e6 && time(entry.run, entry.times) < milliseconds; entry.times *= 2);
  }
  for (let round = 0; round < rounds; ++round) {
    for (const entry of inTurn(entries, round)) {
      entry.samples.push((time(entry.run, entry.times) / entry.times) * 1e6);
    }
  }
  return new Map(entries.map(({ key, samples, times }) => [key, { samples, times }]));
}
