// npm run engines: runs the conformance tests, the package's tests and the demo's tests in three
// engines, and writes the table of results in README.md and README.zh-CN.md.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { fail, main, step } from "./console.mjs";
import { run } from "./processes.mjs";
import { tableOf } from "./markdown.mjs";

/**
 * Written by the tests: a reporter's counts of suites, and the conformance tests' own counts for
 * both classes.
 */
const suitesReport = "build/artifacts/suites.json";
const classesReport = "build/artifacts/engines.json";

/** The words of each README's table. `cell` formats a count. */
const readmes = [
  {
    file: "README.md",
    title: "tests that passed",
    rows: [
      "the demo",
      "the package",
      "the standard's interface, on the engine's own class",
      "the same, on hawser's class",
    ],
    cell(
      /** @type {number} */ passed,
      /** @type {number} */ all,
      /** @type {number | undefined} */ skipped,
    ) {
      return `${passed === all ? `all ${all}` : `${passed} of ${all}`}${skipped ? `, ${skipped} skipped` : ""}`;
    },
  },
  {
    file: "README.zh-CN.md",
    title: "通过的测试",
    rows: ["演示", "npm 包", "标准规定的接口，浏览器自带的类", "同上，hawser 的类"],
    cell(
      /** @type {number} */ passed,
      /** @type {number} */ all,
      /** @type {number | undefined} */ skipped,
    ) {
      return `${passed === all ? `全部 ${all} 项` : `${passed} / ${all}`}${skipped ? `，跳过 ${skipped} 项` : ""}`;
    },
  },
];
const marks = { begin: "<!-- engines -->\n", end: "<!-- /engines -->" };
const engines = { chromium: "Chromium", firefox: "Firefox", webkit: "WebKitGTK" };

/** @typedef {{ passed: number, failed: number, skipped?: number }} Count */

await main(async () => {
  process.chdir(fileURLToPath(new URL("..", import.meta.url)));
  for (const file of [suitesReport, classesReport]) fs.rmSync(file, { force: true });
  fs.mkdirSync(path.dirname(suitesReport), { recursive: true });
  const reports = {
    "./tests/support/reporter.mjs": "stdout",
    "./tests/support/engines_reporter.mjs": suitesReport,
  };
  const reporters = Object.entries(reports).flatMap(([reporter, destination]) => [
    `--test-reporter=${reporter}`,
    `--test-reporter-destination=${destination}`,
  ]);
  const files = ["conformance", "demo", "package"].map((name) => `tests/browser/${name}.test.mjs`);
  const args = ["--test", "--test-concurrency=2", ...reporters, ...files];
  const code = await run(process.env.HAWSER_NODE ?? process.execPath, args, {
    onLine: (line) => line.startsWith("▷ ") || console.log(line),
  });
  if (code !== 0)
    fail("Some tests failed; the output above says which. The READMEs are unchanged.");
  updateTables();
});

/** Writes the table into each README in which it has changed. */
function updateTables() {
  const suites = read(suitesReport);
  const classes = read(classesReport);
  const rows = [
    (/** @type {string} */ engine) => suites[`the demo in ${engine}`],
    (/** @type {string} */ engine) => suites[`the package in ${engine}`],
    (/** @type {string} */ engine) => sum(classes[engine], "native"),
    (/** @type {string} */ engine) => sum(classes[engine], "hawser"),
  ].map((of) => Object.keys(engines).map(of));
  if (rows.flat().some((/** @type {Count | undefined} */ count) => !count?.passed))
    fail("A browser is missing, so the table would have gaps. The READMEs are unchanged.");

  for (const { file, title, rows: names, cell } of readmes) {
    const cells = rows.map((counts, i) => [
      names[i],
      ...counts.map(({ passed, failed, skipped }) => cell(passed, passed + failed, skipped)),
    ]);
    const text = fs.readFileSync(file, "utf8");
    const [before, rest] = text.split(marks.begin);
    const [, after] = rest.split(marks.end);
    const table = tableOf([title, ...Object.values(engines)], cells);
    const updated = `${before}${marks.begin}\n${table}\n${marks.end}${after}`;
    if (updated === text) continue;
    fs.writeFileSync(file, updated);
    step(`${file} has a new table of engines: commit it`);
  }
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
