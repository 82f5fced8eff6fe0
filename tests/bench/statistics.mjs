// Statistics of samples.

/**
 * A measurement: `samples` of `case`, by `contender`, in `place`. If a sample consists of several
 * messages, it is their mean.
 *
 * @typedef {object} Measurement
 * @property {string} case
 * @property {string} contender
 * @property {string} unit of the samples
 * @property {number[]} samples
 * @property {string} [section]
 * @property {string} [place] where it ran: "Node", "Chromium", "Firefox"; undefined if that makes
 *   no difference
 * @property {number} [bytes] that a message has
 * @property {number} [allocations] through malloc for one message
 * @property {number | null} [garbage] bytes of JavaScript's heap per message; null if they can't be
 *   measured
 */

/** @param {number[]} samples */
export function median(samples) {
  return quantile(samples, 0.5);
}

/**
 * @param {number[]} samples
 * @param {number} share of the samples that are at most the result
 */
export function quantile(samples, share) {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)];
}

/**
 * The range of the middle half of the samples, divided by the median. Unlike a standard deviation,
 * it does not change when one sample in a hundred was interrupted.
 *
 * @param {number[]} samples
 */
export function spread(samples) {
  const middle = median(samples);
  return middle === 0 ? 0 : (quantile(samples, 0.75) - quantile(samples, 0.25)) / middle;
}
