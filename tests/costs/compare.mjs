// Compares measurements with the committed figures.

/**
 * @typedef {object} Figure
 * @property {string} name
 * @property {string} unit
 * @property {number} value
 * @property {string} tool the name of the tool that it depends on, as in `tools`; "" if it depends
 *   on none
 */

/**
 * @typedef {object} Costs
 * @property {Record<string, string>} tools the tool versions that the figures belong to
 * @property {Figure[]} figures
 */

/** How much worse a figure may be, in percent. */
export const mostPercent = 3;

export const updateCommand = "npm run costs -- --update";

/**
 * `failures` are sentences about figures that are worse, missing or new; `remarks` are about
 * differences that do not fail. `rows` has all figures side by side.
 *
 * @param {Costs} committed
 * @param {Costs} now
 */
export function compare(committed, now) {
  /** @type {string[]} */
  const failures = [];
  /** @type {string[]} */
  const remarks = [];
  const rows = [["figure", "unit", "committed", "now", "difference"]];
  const others = Object.keys(now.tools).filter((tool) => now.tools[tool] !== committed.tools[tool]);
  for (const tool of others) {
    const before = committed.tools[tool] ?? "no version";
    remarks.push(
      `The figures of ${tool} are not compared: ${now.tools[tool]} made them now, and ${before} the committed ones.`,
    );
  }

  const before = new Map(committed.figures.map((figure) => [figure.name, figure]));
  for (const figure of now.figures) {
    const old = before.get(figure.name);
    before.delete(figure.name);
    rows.push(rowOf(figure, old));
    if (!old) {
      failures.push(`${figure.name} is not in the committed figures.`);
    } else if (old.unit !== figure.unit || old.tool !== figure.tool) {
      failures.push(`${figure.name} differs from the committed figure in its unit or its tool.`);
    } else if (!others.includes(figure.tool)) {
      // Multiplied, because floating point can rarely represent 3 % of a figure exactly.
      if (figure.value * 100 > old.value * (100 + mostPercent))
        failures.push(`${figure.name} is more than ${mostPercent} % worse.`);
      else if (figure.value * 100 < old.value * (100 - mostPercent))
        remarks.push(`${figure.name} is better: run ${updateCommand} to keep it.`);
    }
  }
  for (const old of before.values()) {
    rows.push([old.name, old.unit, String(old.value), "", ""]);
    failures.push(`${old.name} is a committed figure that is no longer measured.`);
  }
  return { failures, remarks, rows };
}

/**
 * @param {Figure} now
 * @param {Figure | undefined} old
 */
function rowOf({ name, unit, value }, old) {
  const percent =
    old && value !== old.value
      ? old.value === 0
        ? "more than none"
        : percentOf(value, old.value)
      : "";
  return [name, unit, old ? String(old.value) : "", String(value), percent];
}

/**
 * @param {number} value
 * @param {number} old
 */
function percentOf(value, old) {
  const percent = (100 * (value - old)) / old;
  return `${percent > 0 ? "+" : ""}${percent.toFixed(2)} %`;
}

/**
 * The rows in columns.
 *
 * @param {string[][]} rows
 */
export function tableOf(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((text, column) =>
          column < 2 ? text.padEnd(widths[column]) : text.padStart(widths[column]),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/**
 * The text of a failing comparison: the reasons, the figures that changed, and the command that
 * updates them.
 *
 * @param {ReturnType<typeof compare>} comparison
 */
export function describeFailure({ failures, rows }) {
  const [head, ...all] = rows;
  const changed = all.filter((row) => row[2] !== row[3]);
  const how = `If a change is worth it, ${updateCommand} writes these figures into tests/costs/figures.json.`;
  return [...failures, "", tableOf([head, ...changed]), "", how].join("\n");
}

/**
 * The text of figures.json: one figure per line, sorted by name.
 *
 * @param {Costs} costs
 */
export function textOf({ tools, figures }) {
  const names = Object.keys(tools).sort();
  const sorted = [...figures].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
  const lines = sorted.map(
    ({ name, unit, value, tool }) => `    ${JSON.stringify({ name, unit, value, tool })}`,
  );
  const versions = JSON.stringify(Object.fromEntries(names.map((name) => [name, tools[name]])));
  return `{\n  "tools": ${versions},\n  "figures": [\n${lines.join(",\n")}\n  ]\n}\n`;
}
