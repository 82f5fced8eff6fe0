// Contenders take turns in one run, so that the ratios hold on a machine whose speed does not.

/**
 * In another order each round, since the first may pay for the next.
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
 * Times each of `runs`, which does its work as often as it is told, and gives for each the nanoseconds of one time, in
 * `rounds` samples. A sample takes at least `milliseconds`.
 *
 * @param {Map<string, (times: number) => void>} runs
 * @param {{ rounds: number, milliseconds: number }} options
 * @returns {Map<string, { samples: number[], times: number }>}
 */
export function timeInTurns(runs, { rounds, milliseconds }) {
  const entries = [...runs].map(([key, run]) => ({ key, run, times: 1, samples: /** @type {number[]} */ ([]) }));
  const time = (/** @type {(times: number) => void} */ run, /** @type {number} */ times) => {
    const start = performance.now();
    run(times);
    return performance.now() - start;
  };
  // Warm, and find out how many times a sample needs: twice, since what was cold told too few.
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
