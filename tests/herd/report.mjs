// The tables of a run, for docs/scale.md.

/**
 * What tests/herd/herd.cpp writes of each scenario. Times are milliseconds, those of connecting
 * since the server is back.
 *
 * @typedef {object} Result
 * @property {"jitter" | "choice" | "few"} part
 * @property {"none" | "equal" | "full" | "decorrelated"} jitter
 * @property {"at once" | "by timeout"} refusal
 * @property {number} base
 * @property {number} cap
 * @property {number} factor
 * @property {number} clients
 * @property {number} acceptedPerSecond
 * @property {number} down
 * @property {number} seed
 * @property {number} connected
 * @property {number} peakWhileDown
 * @property {number} peak
 * @property {number | null} half
 * @property {number | null} nearlyAll
 * @property {number | null} all
 * @property {number} attemptsMean
 * @property {number} attemptsMax
 * @property {number[]} attemptsPerSecond since the server went down
 */

/** @param {Result[]} results @returns {import("../bench/report.mjs").Table[]} */
export function tablesOf(results) {
  const [{ clients }] = results;
  const jitters = (/** @type {string} */ refusal) =>
    groupsOf(of(results, "jitter", refusal), ({ jitter }) => jitter).map(jitterRow);
  return [
    {
      id: "jitter-at-once",
      title: `${count(clients)} clients, refused at once while the server is down or full`,
      rows: jitters("at once"),
    },
    {
      id: "jitter-by-timeout",
      title: "The same, if refused attempts time out",
      rows: jitters("by timeout"),
    },
    { id: "choice", title: "The defaults, and one option changed", rows: choiceRows(results) },
  ];
}

/** @param {Result[]} results @returns {Record<string, string>} */
export function describeRun(results) {
  const [{ clients, acceptedPerSecond, down }] = results;
  return {
    clients: count(clients),
    "accepted per second": count(acceptedPerSecond),
    "the server is down for": seconds(down),
    seeds: [...new Set(of(results, "jitter").map(({ seed }) => seed))].join(", "),
  };
}

/**
 * @param {Result[]} results
 * @param {Result["part"]} part
 * @param {string} [refusal]
 */
function of(results, part, refusal) {
  return results.filter(
    (result) => result.part === part && (!refusal || result.refusal === refusal),
  );
}

/**
 * Groups results by key, in the order in which the keys first appear.
 *
 * @param {Result[]} results
 * @param {(result: Result) => string} keyOf
 */
function groupsOf(results, keyOf) {
  const keys = [...new Set(results.map(keyOf))];
  return keys.map((key) => results.filter((result) => keyOf(result) === key));
}

/** @param {Result[]} seeds of one scenario */
function jitterRow(seeds) {
  const [{ jitter, base }] = seeds;
  return {
    jitter,
    base: seconds(base),
    "peak/s while down": range(seeds, ({ peakWhileDown }) => peakWhileDown, count),
    "peak/s after": range(seeds, ({ peak }) => peak, count),
    "50 % connected": range(seeds, ({ half }) => half, seconds),
    "99 % connected": range(seeds, ({ nearlyAll }) => nearlyAll, seconds),
    "attempts, mean": range(
      seeds,
      ({ attemptsMean }) => attemptsMean,
      (value) => value.toFixed(1),
    ),
    "attempts, most": range(seeds, ({ attemptsMax }) => attemptsMax, count),
  };
}

/** @param {Result[]} results */
function choiceRows(results) {
  const groups = groupsOf([...of(results, "choice"), ...of(results, "few")], nameOf);
  const [defaults] = groups;
  return groups.map((group) => {
    const [atOnce, byTimeout] = ["at once", "by timeout"].map(
      (refusal) => of(group, "choice", refusal)[0],
    );
    const few = of(group, "few").map(({ down, half }) => [
      `few, down ${seconds(down)}`,
      orNever(half, seconds),
    ]);
    return {
      options: group === defaults ? `defaults: ${nameOf(atOnce)}` : difference(atOnce, defaults[0]),
      "peak/s while down": count(atOnce.peakWhileDown),
      "peak/s after": count(atOnce.peak),
      "99 % connected": orNever(atOnce.nearlyAll, seconds),
      attempts: atOnce.attemptsMean.toFixed(1),
      "timeouts: peak/s after": count(byTimeout.peak),
      "99 %": orNever(byTimeout.nearlyAll, seconds),
      ...Object.fromEntries(few),
    };
  });
}

/** @param {Result} result */
function partsOf({ base, cap, factor, jitter }) {
  return [`base ${seconds(base)}`, `cap ${seconds(cap)}`, `factor ${factor}`, `jitter ${jitter}`];
}

/** @param {Result} result */
const nameOf = (result) => partsOf(result).join(", ");

/** @param {Result} result @param {Result} defaults */
function difference(result, defaults) {
  const known = partsOf(defaults);
  return partsOf(result)
    .filter((part) => !known.includes(part))
    .join(", ");
}

// Cells

/**
 * The range over all seeds, or the single value.
 *
 * @param {Result[]} seeds
 * @param {(result: Result) => number | null} value
 * @param {(value: number) => string} text
 */
function range(seeds, value, text) {
  const values = seeds.map(value);
  if (values.includes(null)) return "never";
  const sorted = /** @type {number[]} */ (values).sort((a, b) => a - b).map(text);
  const [least, most] = [sorted[0], sorted[sorted.length - 1]];
  return least === most ? least : `${least} to ${most}`;
}

/** @param {number | null} value @param {(value: number) => string} text */
const orNever = (value, text) => (value === null ? "never" : text(value));

/** @param {number} milliseconds */
const seconds = (milliseconds) => `${Number((milliseconds / 1000).toFixed(1))} s`;

/** @param {number} value */
const count = (value) => Math.round(value).toLocaleString("en").replaceAll(",", " ");
