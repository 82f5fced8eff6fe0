// The tests of the class Session, by file.

/** @typedef {import("./test.mjs").Test} Test */

/** Features that session.d.ts describes. */
export const sections = [
  "construction",
  "locations",
  "sending",
  "open",
  "outbox",
  "acknowledgement",
  "handover",
  "heartbeat",
  "delays",
  "ends",
  "calls",
  "events",
  "status",
  "garbage",
];

/** @param {string} section @returns {Promise<Test[]>} */
export async function testsOf(section) {
  return (await import(`./${section}.mjs`)).default;
}
