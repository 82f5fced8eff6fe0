// npm run engines: runs the conformance tests, the package's tests and the demo's tests in three engines, and writes
// the table of results in README.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { fail, main, step } from "./console.mjs";
import { run } from "./processes.mjs";
import { tableOf } from "./markdown.mjs";

/** Written by the tests: a reporter's counts of suites, and the conformance tests' own counts for both classes. */
const suitesReport = "build/artifacts/suites.json";
const classesReport = "build/artifacts/engines.json";

const readme = "README.md";
const marks = { begin: "<!-- engines -->\n", end: "<!-- /engines -->" };
const engines = { chromium: "Chromium", firefox: "Firefox", webkit: "WebKitGTK" };

/** @typedef {{ passed: number, failed: number, skipped?: number }} Count */

await main(async () => {
  process.chdir(fileURLToPath(new URL("..", import.meta.url)));
  for (const file of [suitesReport, classesReport]) fs.rmSync(file, { force: true });
  fs.mkdirSync(path.dirname(suitesReport), { recursive: true });
  const reports = { "./tests/support/reporter.mjs": "stdout", "./tests/support/engines_reporter.mjs": suitesReport };
  const reporters = Object.entries(reports).flatMap(([reporter, destination]) => [
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${destination}`,
  ]);
  const files = ["conformance", "demo", "package"].map((name) => `tests/browser/${name}.test.mjs`);
  const args = ["--test", "--test-concurrency=2", ...reporters, ...files];
  const code = await run(process.env.HAWSER_NODE ?? process.execPath, args, {
    onLine: (line) => line.startsWith("▷ ") || console.log(line),
  });
  if (code !== 0) fail("Some tests failed; the output above says which. README.md is unchanged.");
  updateTable();
});

/** Writes the table into README.md, if it has changed. */
function updateTable() {
  const suites = read(suitesReport);
  const classes = read(classesReport);
  /** @type {Record<string, (engine: string) => Count | undefined>} */
  const rows = {
    "the demo": (engine) => suites[`the demo in ${engine}`],
    "the package": (engine) => suites[`the package in ${engine}`],
    "the standard's interface, on the engine's own class": (engine) => sum(classes[engine], "native"),
    "the same, on hawser's class": (engine) => sum(classes[engine], "hawser"),
  };
  const lines = Object.entries(rows).map(([name, of]) => [
    name,
    ...Object.keys(engines).map((engine) => cell(of(engine))),
  ]);
  if (lines.flat().includes("")) fail("A browser is missing, so the table would have gaps. README.md is unchanged.");

  const text = fs.readFileSync(readme, "utf8");
  const [before, rest] = text.split(marks.begin);
  const [, after] = rest.split(marks.end);
  const header = ["tests that passed", ...Object.values(engines)];
  const updated = `${before}${marks.begin}\n${tableOf(header, lines)}\n${marks.end}${after}`;
  if (updated === text) return;
  fs.writeFileSync(readme, updated);
  step("README.md has a new table of engines: commit it");
}

/** @param {string} file */
function read(file) {
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : {};
}

/**
 * @param {Record<string, Record<string, Count>> | undefined} sections
 * @param {string} kind
 */
function sum(sections, kind) {
  if (!sections) return undefined;
  const total = { passed: 0, failed: 0 };
  for (const { [kind]: count } of Object.values(sections)) {
    total.passed += count?.passed ?? 0;
    total.failed += count?.failed ?? 0;
  }
  return total;
}

/** @param {Count} [count] */
function cell(count) {
  if (!count || count.passed === 0) return "";
  const all = count.passed + count.failed;
  const passed = all === count.passed ? `all ${all}` : `${count.passed} of ${all}`;
  return count.skipped ? `${passed}, ${count.skipped} skipped` : passed;
}
