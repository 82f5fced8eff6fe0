// The command line of npm run bench. It needs no packages, so mistakes are reported before anything
// is installed.

import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { fail } from "../../tools/console.mjs";
import { compare as compareRuns } from "./compare.mjs";
import { sectionNames } from "./section_names.mjs";

const usage = `Usage: npm run bench -- [options]

Measures hawser beside what a program could use instead, and prints tables.

  --quick       a minute instead of half an hour: fewer sizes and samples
  --check       shows within seconds that everything can be measured: its times mean nothing
  --only NAME   measures only this section; can be repeated: ${sectionNames.join(", ")}
  --json FILE   writes every sample
  --chart FILE  draws the cost of a message in process as SVG
  --markdown    writes the tables into docs/performance.md and docs/benchmarks.md, and draws their charts
  --compare A B prints two runs that --json wrote, side by side, and measures nothing
  --page FILE   writes that comparison as an HTML page
  --help        prints this

--chart and --markdown refuse what a busy machine measured, and what has uncommitted changes.`;

/**
 * @typedef {object} Options
 * @property {keyof typeof import("./efforts.mjs").efforts} effort
 * @property {string[]} only the sections to measure; none is all
 * @property {string} [json]
 * @property {string} [chart]
 * @property {boolean} markdown
 */

/**
 * @param {string[]} args
 * @returns {Options | { help: string } | { instead: () => void }}
 */
export function parseOptions(args) {
  const { values, positionals } = parse(args);
  const { quick, check, only = [], json, chart, markdown = false, compare, page, help } = values;
  if (help) return { help: usage };
  for (const [option, file] of Object.entries({ json, chart, page })) {
    if (file !== undefined) checkWritable(option, file);
  }
  if (compare) {
    if (positionals.length !== 2)
      fail(`--compare wants two files, and got ${positionals.length}.`, "", usage);
    if (quick || check || json || chart || markdown || only.length > 0)
      fail("--compare measures nothing: only --page goes with it.");
    return { instead: () => compareRuns(positionals, page) };
  }
  if (positionals.length > 0) fail(`Unexpected argument '${positionals[0]}'.`, "", usage);
  if (page) fail("--page wants --compare.");
  if (check && markdown) fail("--check measures nothing for the documentation.");
  const unknown = only.find((name) => !sectionNames.some((known) => known === name));
  if (unknown !== undefined)
    fail(`There is no section "${unknown}". The sections: ${sectionNames.join(", ")}.`);
  if (only.length > 0 && (markdown || chart))
    fail("--markdown and --chart publish whole runs: leave --only out.");
  return { effort: check ? "check" : quick ? "quick" : "full", only, json, chart, markdown };
}

/** @param {string[]} args */
function parse(args) {
  const flag = /** @type {const} */ ({ type: "boolean" });
  const file = /** @type {const} */ ({ type: "string" });
  try {
    const options = {
      quick: flag,
      check: flag,
      only: /** @type {const} */ ({ type: "string", multiple: true }),
      json: file,
      chart: file,
      markdown: flag,
      compare: flag,
      page: file,
      help: flag,
    };
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    return fail(/** @type {Error} */ (error).message, "", usage);
  }
}

/**
 * Checks that a file can be written, by opening it.
 *
 * @param {string} option
 * @param {string} file
 */
function checkWritable(option, file) {
  if (file === "") fail(`--${option} wants the name of a file.`);
  const isNew = !fs.existsSync(file);
  try {
    fs.closeSync(fs.openSync(file, "a"));
  } catch (error) {
    fail(`--${option} ${file} cannot be written: ${/** @type {Error} */ (error).message}`);
  }
  if (isNew) fs.rmSync(path.resolve(file));
}
