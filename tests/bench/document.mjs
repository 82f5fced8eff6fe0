// docs/performance.md, whose tables are a run's: between <!-- bench ID --> and <!-- /bench --> stands what the run gave.

import * as prettier from "prettier";
import { tableOf } from "../../tools/markdown.mjs";

/** @typedef {import("./report.mjs").Table} Table */

/**
 * @param {string} text of the document
 * @param {{ surroundings: Record<string, string>, tables: Table[] }} run
 */
export async function fillDocument(text, { surroundings, tables }) {
  /** @type {Map<string, string>} */
  const parts = new Map(tables.map(({ id, title, rows }) => [id, `${title}:\n\n${markdownOf(rows)}`]));
  const items = Object.entries(surroundings).map(([name, value]) => ({ "this run": name, value }));
  parts.set("run", markdownOf(items));
  const filled = text.replaceAll(/(<!-- bench (\S+) -->).*?(<!-- \/bench -->)/gs, (_, begin, id, end) => {
    return `${begin}\n\n${parts.get(id) ?? "The last run did not measure this."}\n\n${end}`;
  });
  return prettier.format(filled, { parser: "markdown", printWidth: 120 });
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
