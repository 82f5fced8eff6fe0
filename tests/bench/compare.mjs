// npm run bench -- --compare A B: two runs that --json wrote, side by side. It measures nothing and
// needs no package.

import fs from "node:fs";
import { fail } from "../../tools/console.mjs";
import { idOf, tablesOf, textOf } from "./report.mjs";
import { median, spread } from "./statistics.mjs";

/** @typedef {import("./statistics.mjs").Measurement} Measurement */
/** @typedef {{ surroundings: Record<string, string>, measurements: Measurement[] }} Run */
/** @typedef {{ title: string, rows: Record<string, string>[] }} Part */

const note =
  "Every number is a cost: lower is better. A verdict stands only where the medians differ by more than the middle half of either run's samples spans.";

/**
 * Prints the comparison, and writes it as a page if one is named.
 *
 * @param {string[]} files of the two runs
 * @param {string} [page] the HTML file to write
 */
export function compare(files, page) {
  const [first, second] = files.map(readRun);
  const parts = partsOf(first, second);
  for (const { title, rows } of parts) console.log(`${title}:\n\n${textOf(rows)}\n`);
  console.log(note);
  if (page) fs.writeFileSync(page, pageOf(parts));
}

/** @param {string} file @returns {Run} */
export function readRun(file) {
  /** @type {any} */
  let run;
  try {
    run = JSON.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    fail(`--compare cannot read ${file}: ${/** @type {Error} */ (error).message}`);
  }
  const isMeasurement = (/** @type {any} */ one) =>
    ["case", "contender", "unit", "section"].every((name) => typeof one?.[name] === "string") &&
    Array.isArray(one.samples) &&
    one.samples.length > 0 &&
    one.samples.every(Number.isFinite);
  const isRun =
    run?.surroundings && Array.isArray(run.measurements) && run.measurements.every(isMeasurement);
  if (!isRun) fail(`${file} is no run of the benchmark. npm run bench -- --json FILE writes one.`);
  return run;
}

/**
 * The surroundings, then a table for each section and place, in the order of tablesOf.
 *
 * @param {Run} first
 * @param {Run} second
 * @returns {Part[]}
 */
export function partsOf(first, second) {
  const names = new Set([first, second].flatMap(({ surroundings }) => Object.keys(surroundings)));
  const surroundings = [...names].map((name) => ({
    "the runs": name,
    first: first.surroundings[name] ?? "",
    second: second.surroundings[name] ?? "",
  }));
  const parts = [
    { title: "The runs", rows: /** @type {Record<string, string>[]} */ (surroundings) },
  ];
  const all = [...first.measurements, ...second.measurements];
  for (const { id, title } of tablesOf(all)) {
    const keys = new Set(
      all.filter(({ section = "", place }) => idOf(section, place) === id).map(keyOf),
    );
    const rows = [...keys].map((key) => {
      const [one, other] = [first, second].map((run) =>
        run.measurements.find((its) => keyOf(its) === key),
      );
      return rowOf(one, other);
    });
    if (rows.length > 0) parts.push({ title, rows });
  }
  return parts;
}

/** @param {Measurement} measurement */
function keyOf({ section, place, case: name, contender }) {
  return JSON.stringify([section, place, name, contender]);
}

/**
 * @param {Measurement | undefined} first
 * @param {Measurement | undefined} second
 * @returns {Record<string, string>}
 */
function rowOf(first, second) {
  const { case: name, contender, unit } = /** @type {Measurement} */ (first ?? second);
  const [before, after] = [first, second].map((one) => one && median(one.samples));
  const cell = (/** @type {number | undefined} */ value) =>
    value === undefined ? "" : String(Number(value.toPrecision(4)));
  return {
    case: name,
    contender,
    unit,
    first: cell(before),
    second: cell(after),
    "second / first": before && after !== undefined ? (after / before).toPrecision(3) : "",
    verdict:
      first && second ? verdictOf(first, second) : `only in the ${first ? "first" : "second"} run`,
  };
}

/**
 * @param {Measurement} first
 * @param {Measurement} second
 */
function verdictOf({ samples: first, unit }, { samples: second }) {
  // Bytes do not vary. For a time, one sample is not enough.
  if (unit !== "bytes" && Math.min(first.length, second.length) < 2) return "one sample";
  const [before, after] = [median(first), median(second)];
  const widest = Math.max(spread(first) * before, spread(second) * after);
  if (Math.abs(after - before) <= widest) return "no difference";
  return after > before ? "worse" : "better";
}

/** @param {Part[]} parts */
export function pageOf(parts) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Two runs of hawser's benchmark</title>
<style>
:root { color-scheme: light dark; font-family: system-ui, sans-serif; }
div { overflow-x: auto; }
table { border-collapse: collapse; margin-block: 2rem; }
caption { font-weight: bold; text-align: start; }
th, td { border: 1px solid; padding: 0.2rem 0.5rem; text-align: start; }
.worse { font-weight: bold; background: light-dark(#fdd, #522); }
</style>
<h1>Two runs of hawser’s benchmark</h1>
<p>${escape(note)}</p>
${parts.map(tableOf).join("\n")}
</html>
`;
}

/** @param {Part} part */
function tableOf({ title, rows }) {
  const names = Object.keys(rows[0] ?? {});
  const heads = names.map((name) => `<th scope="col">${escape(name)}</th>`).join("");
  const lines = rows.map((row) => {
    const [head, ...cells] = names.map((name) => escape(row[name]));
    const its = cells.map((cell) => `<td>${cell}</td>`).join("");
    return `<tr${row.verdict === "worse" ? ' class="worse"' : ""}><th scope="row">${head}</th>${its}</tr>`;
  });
  return `<div tabindex="0" role="region" aria-label="${escape(title)}"><table><caption>${escape(title)}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${lines.join("\n")}
</tbody></table></div>`;
}

/** @param {string} text */
function escape(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
