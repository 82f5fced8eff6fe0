// Fills pages whose tables a command writes. The last run's results are between <!-- bench ID -->
// and <!-- /bench -->.

import * as prettier from "prettier";
import { fail } from "../../tools/console.mjs";
import { tableOf } from "../../tools/markdown.mjs";

/** @typedef {import("./report.mjs").Table} Table */
/** @typedef {{ surroundings: Record<string, string>, tables: Table[] }} Run */

/** The pages that npm run bench writes. Each table has its marks in exactly one of them. */
export const pages = ["docs/performance.md", "docs/benchmarks.md"];

const marks = /(<!-- bench (\S+) -->)(.*?)(<!-- \/bench -->)/gs;

/**
 * @param {string} text of the document
 * @param {Run} run
 */
export function fillDocument(text, run) {
  return fill(text, partsOf(run));
}

/**
 * Fills several pages. Fails, instead of losing a table, if its marks are missing or occur twice.
 *
 * @param {Record<string, string>} texts of the pages, by their names
 * @param {Run} run
 * @returns {Promise<Record<string, string>>}
 */
export async function fillPages(texts, run) {
  const ids = checkMarks(texts);
  const parts = partsOf(run);
  for (const id of parts.keys()) {
    if (!ids.has(id))
      fail(
        `No page has a place for the table "${id}". Write this into ${listOf(texts)}:`,
        marksOf(id),
      );
  }
  const filled = Object.entries(texts).map(async ([name, text]) => [name, await fill(text, parts)]);
  return Object.fromEntries(await Promise.all(filled));
}

/**
 * Returns the ids of the tables that have marks. Fails if an id has marks in two places, or marks
 * without an end.
 *
 * @param {Record<string, string>} texts of the pages, by their names
 */
export function checkMarks(texts) {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const [name, text] of Object.entries(texts)) {
    for (const [, begin, id, content] of text.matchAll(marks)) {
      if (content.includes("<!-- bench "))
        fail(`In ${name}, ${begin} has no <!-- /bench --> after it.`);
      const other = found.get(id);
      if (other === name) fail(`${name} has ${begin} twice. Keep one.`);
      if (other !== undefined) fail(`${begin} is in ${other} and in ${name}. Keep one.`);
      found.set(id, name);
    }
    const [begins, ends] = [/<!-- bench \S+ -->/g, marks].map(
      (pattern) => [...text.matchAll(pattern)].length,
    );
    if (begins > ends)
      fail(`In ${name}, the last <!-- bench … --> has no <!-- /bench --> after it.`);
  }
  return new Set(found.keys());
}

/** @param {string} id */
const marksOf = (id) => `<!-- bench ${id} -->\n<!-- /bench -->`;

/** @param {Record<string, string>} texts */
const listOf = (texts) => Object.keys(texts).join(" or ");

/**
 * Returns the text between the marks, by table id.
 *
 * @param {Run} run
 */
function partsOf({ surroundings, tables }) {
  /** @type {Map<string, string>} */
  const parts = new Map(
    tables.map(({ id, title, rows }) => [id, `${title}:\n\n${markdownOf(rows)}`]),
  );
  const items = Object.entries(surroundings);
  if (items.length > 0) {
    parts.set("run", markdownOf(items.map(([name, value]) => ({ "this run": name, value }))));
    parts.set("run-in-short", inShort(surroundings));
  }
  return parts;
}

/**
 * @param {string} text
 * @param {Map<string, string>} parts
 */
function fill(text, parts) {
  const filled = text.replaceAll(marks, (_, begin, id, _old, end) => {
    return `${begin}\n\n${parts.get(id) ?? "The last run did not measure this."}\n\n${end}`;
  });
  return prettier.format(filled, { parser: "markdown", printWidth: 120 });
}

/** What was measured, and how busy the machine was. @param {Record<string, string>} surroundings */
function inShort(surroundings) {
  const [node] = (surroundings["Node, for the programs"] ?? "unknown").split(" (");
  const versions = ["hawser", "Emscripten", "Chromium", "Firefox"].filter(
    (name) => surroundings[name],
  );
  const programs = [...versions.map((name) => `${name} ${surroundings[name]}`), `Node ${node}`];
  const machine = ["processor", "system"].map((name) => surroundings[name]).filter(Boolean);
  const load = `a load of ${surroundings["load at the start"]} at the start`;
  return `Measured: ${programs.join(", ")},\non ${[...machine, load].join("; ")}.`;
}

/** @param {Record<string, string>[]} rows */
function markdownOf(rows) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return tableOf(
    names,
    rows.map((row) => names.map((name) => row[name] ?? "")),
    { isNumeric: true },
  ).trimEnd();
}
