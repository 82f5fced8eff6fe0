// What is told of many samples.

/**
 * One thing measured: `samples` are of `case`, done by `contender`, in `place`. Where a sample is of several messages, it
 * is their mean.
 *
 * @typedef {object} Measurement
 * @property {string} case
 * @property {string} contender
 * @property {string} unit of the samples
 * @property {number[]} samples
 * @property {string} [section]
 * @property {string} [place] where it ran: "Node", "Chromium", "Firefox"; none where that makes no difference
 * @property {number} [bytes] that a message has
 * @property {number} [allocations] through malloc for one message
 * @property {number | null} [garbage] bytes of JavaScript's heap for one message; null where nothing tells them
 */

/** @param {number[]} samples */
export function median(samples) {
  return quantile(samples, 0.5);
}

/**
 * @param {number[]} samples
 * @param {number} share of the samples that are at most what this gives
 */
export function quantile(samples, share) {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)];
}

/**
 * How far apart the middle half of the samples is, as a part of the median: unlike a standard deviation, it does not
 * change when one sample in a hundred was interrupted.
 *
 * @param {number[]} samples
 */
export function spread(samples) {
  const middle = median(samples);
  return middle === 0 ? 0 : (quantile(samples, 0.75) - quantile(samples, 0.25)) / middle;
}
