// A reporter for node:test. Writes as JSON how many tests of each outermost suite passed, failed
// and were skipped.

/** @typedef {{ passed: number, failed: number, skipped: number }} Count */

/** @param {AsyncIterable<import("node:test/reporters").TestEvent>} events */
export default async function* report(events) {
  /** @type {Record<string, Count>} */
  const suites = {};
  /**
   * @type {Map<string | undefined, Count>} For each file, the counts for the suite that will be
   * reported next.
   */
  const pending = new Map();
  const none = () => ({ passed: 0, failed: 0, skipped: 0 });

  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const count = pending.get(data.file) ?? none();
    const isSuite = data.details.type === "suite";
    if (!isSuite)
      count[data.skip !== undefined ? "skipped" : type === "test:pass" ? "passed" : "failed"] += 1;
    if (data.nesting === 0 && isSuite) suites[data.name] = count;
    pending.set(data.file, data.nesting === 0 ? none() : count);
  }
  yield `${JSON.stringify(suites, null, 2)}\n`;
}
