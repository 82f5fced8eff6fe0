// A reporter for node:test. It prints a line for each outermost suite, each failure in full with
// the command that runs that test alone, the skipped tests and why, and at the end the counts like
// node:test's own reporters. HAWSER_RUN_ALONE is the start of that command. A line that starts with
// "▷ " names the running test; npm test shows it and keeps it out of the log.

import { inspect } from "node:util";

/** @typedef {import("node:test/reporters").TestEvent} TestEvent */

const runAlone = process.env.HAWSER_RUN_ALONE ?? "npm test --";

/** @param {AsyncIterable<TestEvent>} events */
export default async function* report(events) {
  /**
   * The names of the suites around a test, and its own, by file.
   *
   * @type {Map<string | undefined, string[]>}
   */
  const paths = new Map();
  /** The counts of the running outermost suite, by file. @type {Map<string | undefined, Counts>} */
  const pending = new Map();
  const total = new Counts();
  const start = performance.now();

  for await (const { type, data } of events) {
    if (type === "test:start") {
      const path = paths.get(data.file) ?? [];
      path.length = data.nesting;
      path[data.nesting] = data.name;
      paths.set(data.file, path);
      yield `▷ ${path.join(" › ")}\n`;
    } else if (type === "test:pass" || type === "test:fail") {
      const path = [...(paths.get(data.file) ?? []).slice(0, data.nesting), data.name];
      const counts = pending.get(data.file) ?? new Counts();
      pending.set(data.file, counts);
      const isSuite = data.details.type === "suite";
      if (!isSuite || isSkipped(data)) for (const one of [counts, total]) one.add(type, data);
      // A suite that fails because one of its tests failed adds no information.
      if (type === "test:fail" && !isSubtestFailure(data)) yield describeFailure(path, data);
      if (data.nesting === 0) {
        pending.delete(data.file);
        const seconds = (data.details.duration_ms / 1000).toFixed(1);
        yield `${type === "test:pass" ? "✔" : "✖"} ${data.name}: ${counts} (${seconds} s)\n`;
      }
    } else if (type === "test:stderr" || type === "test:stdout") {
      yield data.message;
    } else if (type === "test:diagnostic" && data.nesting > 0) {
      yield `ℹ ${(paths.get(data.file) ?? []).join(" › ")}: ${data.message}\n`;
    } else if (type === "test:diagnostic" && data.message.includes("asynchronous activity")) {
      yield `ℹ ${data.message}\n`; // an exception after the end of the tests fails their file
    }
  }

  for (const [reason, count] of total.reasons) yield `skipped ${count}: ${reason}\n`;
  const { passed, failed, skipped } = total;
  const lines = {
    tests: passed + failed + skipped,
    pass: passed,
    fail: failed,
    skipped,
    duration_ms: performance.now() - start,
  };
  for (const [name, value] of Object.entries(lines)) yield `ℹ ${name} ${Math.round(value)}\n`;
}

class Counts {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** How many were skipped, by reason. @type {Map<string, number>} */
  reasons = new Map();

  /**
   * @param {"test:pass" | "test:fail"} type
   * @param {any} data
   */
  add(type, data) {
    if (type === "test:fail") return void this.failed++;
    if (!isSkipped(data)) return void this.passed++;
    this.skipped++;
    const reason = typeof data.skip === "string" && data.skip ? data.skip : "no reason is given";
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  toString() {
    const failed = this.failed > 0 ? `, ${this.failed} failed` : "";
    const skipped = this.skipped > 0 ? `, ${this.skipped} skipped` : "";
    return `${this.passed} passed${failed}${skipped}`;
  }
}

/** @param {any} data */
function isSkipped(data) {
  return data.skip !== undefined && data.skip !== false;
}

/** @param {any} data */
function isSubtestFailure({ details }) {
  return details.error?.failureType === "subtestsFailed";
}

/**
 * @param {string[]} path
 * @param {any} data
 */
function describeFailure(path, { details, file, line }) {
  const { error } = details;
  const cause =
    error?.code === "ERR_TEST_FAILURE" && error.cause !== undefined ? error.cause : error;
  const end = error?.signal ?? (error?.exitCode ? `exit status ${error.exitCode}` : ""); // a file's
  const text = typeof cause === "string" ? `${cause} ${end}`.trim() : inspect(cause, { depth: 6 });
  const name = path.join(" ").replaceAll(/["\\$`]/g, "\\$&");
  return [
    `✖ ${path.join(" › ")}`,
    ...text.split("\n").map((one) => `    ${one}`),
    `    at ${file}:${line ?? ""}`,
    `    Run it alone: ${runAlone} "${name}"\n`,
  ].join("\n");
}
