/** The modules of tests, in the order in which they run. */
export const sections = /** @type {const} */ ([
  "construction",
  "url",
  "protocols",
  "interface",
  "handlers",
  "listeners",
  "events",
  "send",
  "buffered-amount",
  "close",
  "end",
  "binary-type",
  "negotiation",
  "independence",
  "realms",
  "engine",
]);

/**
 * The sections that also run in a worker: those in which the class itself, and not the connection,
 * could depend on where it runs.
 */
export const workerSections = /** @type {const} */ ([
  "construction",
  "url",
  "interface",
  "handlers",
  "events",
  "send",
  "close",
  "binary-type",
]);

/**
 * @param {string} section
 * @returns {Promise<import("./test.mjs").Test[]>}
 */
export async function testsOf(section) {
  return (await import(`./${section}.mjs`)).default;
}
