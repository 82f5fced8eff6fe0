// Formats Markdown tables for documents that commands write.

/**
 * @param {string[]} header
 * @param {string[][]} lines
 * @param {{ isNumeric?: boolean }} [options] whether all columns except the first have numbers,
 *   which are aligned right
 */
export function tableOf(header, lines, { isNumeric = false } = {}) {
  const cells = [header, ...lines].map((line) => line.map((cell) => cell.replaceAll("|", "\\|")));
  const widths = header.map((_, column) =>
    Math.max(3, ...cells.map((line) => widthOf(line[column]))),
  );
  const rule = widths.map((width, column) =>
    isNumeric && column > 0 ? `${"-".repeat(width - 1)}:` : "-".repeat(width),
  );
  const pad = (/** @type {string} */ cell, /** @type {number} */ column) => {
    const padding = " ".repeat(widths[column] - widthOf(cell));
    return isNumeric && column > 0 ? padding + cell : cell + padding;
  };
  const rows = [cells[0].map(pad), rule, ...cells.slice(1).map((line) => line.map(pad))];
  return rows.map((row) => `| ${row.join(" | ")} |\n`).join("");
}

/** In columns of a terminal, or of an editor: Chinese characters take two. @param {string} text */
function widthOf(text) {
  return [...text].reduce((width, character) => width + (character > "\u2e7f" ? 2 : 1), 0);
}
