// Formats a run as tables.

import { ratioRows } from "./ratios.mjs";
import { median, quantile, spread } from "./statistics.mjs";

/** @typedef {import("./statistics.mjs").Measurement} Measurement */
/** @typedef {{ id: string, title: string, rows: Record<string, string>[] }} Table */
/** @typedef {Map<string, Measurement>} Row the contenders of one case */

/** @param {Measurement[]} measurements @returns {Table[]} */
export function tablesOf(measurements) {
  const places = ["Node", "Chromium", "Firefox"];
  /** @type {Table[]} */
  const tables = [];
  /**
   * @param {string} section
   * @param {string | undefined} place
   * @param {string} title
   * @param {(rows: Map<string, Row>) => Record<string, string>[]} rowsOf
   * @param {string} [suffix]
   */
  const add = (section, place, title, rowsOf, suffix = "") => {
    const its = measurements.filter(
      (measurement) => measurement.section === section && measurement.place === place,
    );
    if (its.length === 0) return;
    const id = idOf(section, place, suffix);
    tables.push({
      id,
      title: place ? `${title}, in ${place}` : title,
      rows: rowsOf(rowsByCase(its)),
    });
  };

  for (const place of places) add("in process", place, "A message in process, ns", inProcess);
  for (const place of places)
    add(
      "in process",
      place,
      "Allocations and garbage of a message in process",
      leftovers,
      "memory",
    );
  for (const place of places) add("ways", place, "A message in each way to use hawser, ns", ways);
  for (const place of places)
    add("latency", place, "Round trip over loopback, µs: median and 99th percentile", latency);
  for (const place of places) add("throughput", place, "Messages over loopback", throughput);
  for (const place of places)
    add("thread send cost", place, "What a send costs the thread that sends, ns", ofThreads);
  for (const place of places)
    add(
      "thread latency",
      place,
      "Round trip of a thread, µs: median and 95th percentile",
      threadLatency,
    );
  for (const place of places)
    add("thread throughput", place, "Messages of threads over loopback", threadThroughput);
  for (const place of places) add("memory", place, "What an open connection takes", plain);
  for (const place of places) add("sockets", place, "Many sockets in one program", sockets);
  add("connections", "Node", "Real connections from one program", plain);
  for (const place of places) add("scale", place, "Thousands of connections at once", plain);
  for (const place of places)
    add("scale in page", place, "The same, with the server in the page", plain);
  for (const place of places) add("traffic", place, "Wasm memory under traffic, MiB", traffic);
  add("size", undefined, "The echo application at -Oz, bytes", sizes);
  add("rules", undefined, "What the rules cost of the echo application's gzip, bytes", (rows) =>
    table(rows, (row) => each(row, summarize)),
  );
  add("parts", undefined, "What the wasm of a program consists of, bytes, uncompressed", (rows) =>
    table(rows, (row) => each(row, summarize)),
  );
  for (const place of places)
    add("start", place, "From loading the echo application to its first open, ms", start);
  for (const place of places)
    add("first message", place, "From the import of a module to the first echo, ms", start);
  const rows = ratios(measurements);
  if (rows.length > 0)
    tables.push({ id: "ratios", title: "Ratios of medians, where less is better", rows });
  return tables;
}

/**
 * Returns a table's id in the pages.
 *
 * @param {string} section
 * @param {string} [place]
 * @param {string} [suffix]
 */
export function idOf(section, place, suffix) {
  return [section, suffix, place].filter(Boolean).join(" ").replaceAll(" ", "-").toLowerCase();
}

/** @param {Measurement[]} measurements */
function rowsByCase(measurements) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  for (const measurement of measurements) {
    const row = rows.get(measurement.case) ?? new Map();
    rows.set(measurement.case, row.set(measurement.contender, measurement));
  }
  return rows;
}

/**
 * @param {Map<string, Row>} rows
 * @param {(row: Row) => Record<string, string>} cells
 */
function table(rows, cells) {
  return [...rows].map(([name, row]) => ({ case: name, ...cells(row) }));
}

/**
 * @param {Row} row
 * @param {(measurement: Measurement) => string} cell
 */
function each(row, cell) {
  return Object.fromEntries(
    [...row].map(([contender, measurement]) => [contender, cell(measurement)]),
  );
}

// The tables of each section

/** @param {Map<string, Row>} rows */
function inProcess(rows) {
  return table(rows, (row) => ({
    ...each(row, (measurement) => summarize(measurement)),
    "hawser / websocket.h": ratio(row, "hawser", "websocket.h"),
    "hawser / val": ratio(row, "hawser", "val"),
    "hawser / floor": ratio(row, "hawser", "floor"),
    "co_await / hawser": ratio(row, "co_await", "hawser"),
    "hawser - bare": difference(row, "hawser", "bare"),
  }));
}

/** @param {Map<string, Row>} rows */
function ways(rows) {
  return table(rows, (row) => ({
    ...each(row, summarize),
    "observed / hawser": ratio(row, "observed", "hawser"),
    "co_await / hawser": ratio(row, "co_await", "hawser"),
    "try_receive / hawser": ratio(row, "try_receive", "hawser"),
    "C++ Session / hawser": ratio(row, "C++ Session", "hawser"),
    "Session / class": ratio(row, "Session", "class"),
  }));
}

/** @param {Map<string, Row>} rows */
function leftovers(rows) {
  return table(rows, (row) =>
    each(row, ({ allocations = 0, garbage }) => {
      const bytes = garbage === null || garbage === undefined ? "unknown" : `${number(garbage)} B`;
      return `${number(allocations)} malloc, ${bytes}`;
    }),
  );
}

/** @param {Map<string, Row>} rows */
function latency(rows) {
  return table(rows, (row) => ({
    ...each(row, ({ samples }) => `${number(median(samples))}, ${number(quantile(samples, 0.99))}`),
    ...ratiosToBare(row),
  }));
}

/** @param {Map<string, Row>} rows */
function throughput(rows) {
  return table(rows, (row) => ({
    ...each(row, ({ samples, bytes = 0 }) => {
      const perSecond = 1e6 / median(samples);
      return `${count(perSecond)}/s, ${number((perSecond * bytes) / 1e6)} MB/s (±${percent(spread(samples) / 2)})`;
    }),
    ...ratiosToBare(row),
  }));
}

/** @param {Map<string, Row>} rows */
function ofThreads(rows) {
  return table(rows, (row) => ({ ...each(row, summarize), ...ratiosOfThreads(row) }));
}

/** @param {Map<string, Row>} rows */
function threadLatency(rows) {
  return table(rows, (row) => ({
    ...each(row, ({ samples }) => `${number(median(samples))}, ${number(quantile(samples, 0.95))}`),
    ...ratiosOfThreads(row),
  }));
}

/** @param {Map<string, Row>} rows */
function threadThroughput(rows) {
  const cell = (/** @type {Measurement} */ { samples }) =>
    `${count(1e6 / median(samples))}/s (±${percent(spread(samples) / 2)})`;
  return table(rows, (row) => ({ ...each(row, cell), ...ratiosOfThreads(row) }));
}

/** @param {Map<string, Row>} rows */
function sockets(rows) {
  /**
   * A line for each contender, with the numbers of sockets side by side.
   *
   * @type {Map<string, Map<string, Measurement>>}
   */
  const lines = new Map();
  for (const [name, row] of rows) {
    const [, what, sockets] = /** @type {RegExpExecArray} */ (
      /^(.*) of (\d+ sockets?)$/.exec(name)
    );
    for (const [contender, measurement] of row) {
      const key = `${what} ${contender}`;
      lines.set(key, (lines.get(key) ?? new Map()).set(sockets, measurement));
    }
  }
  const cellOf = (/** @type {Measurement | undefined} */ measurement) =>
    measurement ? summarize(measurement) : "";
  const columns = [...new Set([...lines.values()].flatMap((line) => [...line.keys()]))];
  columns.sort((a, b) => parseInt(a) - parseInt(b));
  return [...lines.values()].map((line) => {
    const all = [...line.values()];
    const { case: name, contender, unit } = all[0];
    const [fewest, most] = [all[0], all[all.length - 1]].map(({ samples }) => median(samples));
    const what = name.replace(/ of \d+ sockets?$/, "");
    return {
      case: `${what}, ${unit}`,
      contender,
      ...Object.fromEntries(columns.map((sockets) => [sockets, cellOf(line.get(sockets))])),
      "most / fewest": fewest === 0 ? "" : (most / fewest).toPrecision(3),
    };
  });
}

/** @param {Map<string, Row>} rows */
function plain(rows) {
  const contenders = [...new Set([...rows.values()].flatMap((row) => [...row.keys()]))];
  const ratios = ["bare", "websocket.h"].filter((name) => contenders.includes(name));
  return table(rows, (row) => ({
    unit: [...row.values()][0].unit,
    ...Object.fromEntries(contenders.map((name) => [name, ""])),
    ...each(row, summarize),
    ...Object.fromEntries(ratios.map((name) => [`hawser / ${name}`, ratio(row, "hawser", name)])),
  }));
}

/** @param {Map<string, Row>} rows */
function traffic(rows) {
  const cell = (/** @type {Measurement} */ { samples }) =>
    samples.map((bytes) => number(bytes / 1024 ** 2)).join(", ");
  return table(rows, (row) => each(row, cell));
}

/** @param {Map<string, Row>} rows */
function sizes(rows) {
  return table(rows, (row) => ({
    ...each(row, ({ samples }) => count(samples[0])),
    "hawser / websocket.h": ratio(row, "hawser", "websocket.h"),
    "hawser / val": ratio(row, "hawser", "val"),
  }));
}

/** @param {Map<string, Row>} rows */
function start(rows) {
  return table(rows, (row) => ({
    ...each(row, summarize),
    "hawser / websocket.h": ratio(row, "hawser", "websocket.h"),
    "hawser / bare": ratio(row, "hawser", "bare"),
  }));
}

/**
 * A few rows from all sections, for people who read only one table.
 *
 * @param {Measurement[]} measurements
 */
function ratios(measurements) {
  return ratioRows.flatMap(({ says, section, place, name }) => {
    const its = measurements.filter(
      (one) => one.section === section && one.place === place && one.case === name,
    );
    if (its.length === 0) return [];
    const row = new Map(its.map((measurement) => [measurement.contender, measurement]));
    return {
      case: says,
      in: place ?? "",
      "hawser / websocket.h": ratio(row, "hawser", "websocket.h"),
      "hawser / val": ratio(row, "hawser", "val"),
      "co_await / hawser": ratio(row, "co_await", "hawser"),
    };
  });
}

// Cells

/** The median, with figures that show how reliable it is. @param {Measurement} measurement */
function summarize({ samples }) {
  if (samples.length === 1) return number(samples[0]);
  return `${number(median(samples))} (${number(Math.min(...samples))}, ±${percent(spread(samples) / 2)})`;
}

/** @param {Row} row */
function ratiosToBare(row) {
  const others = [...row.keys()].filter((name) => name !== "bare");
  return Object.fromEntries(others.map((name) => [`${name} / bare`, ratio(row, name, "bare")]));
}

/** @param {Row} row */
function ratiosOfThreads(row) {
  return {
    "hawser / websocket.h": ratio(row, "hawser", "websocket.h"),
    "hawser / postMessage": ratio(row, "hawser", "postMessage"),
  };
}

/**
 * The ratio of two medians.
 *
 * @param {Row} row
 * @param {string} contender
 * @param {string} other
 */
function ratio(row, contender, other) {
  const [its, others] = [row.get(contender), row.get(other)];
  if (!its || !others || median(others.samples) === 0) return "";
  const value = median(its.samples) / median(others.samples);
  return value < 1000 ? value.toPrecision(3) : count(value);
}

/**
 * @param {Row} row
 * @param {string} contender
 * @param {string} other
 */
function difference(row, contender, other) {
  const [its, others] = [row.get(contender), row.get(other)];
  return its && others ? number(median(its.samples) - median(others.samples)) : "";
}

/** Three digits, or as many as are before the decimal point. @param {number} value */
function number(value) {
  return value >= 100 ? count(value) : String(Number(value.toPrecision(3)));
}

/** @param {number} value */
function count(value) {
  return Math.round(value).toLocaleString("en").replaceAll(",", " ");
}

/** @param {number} share */
function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/**
 * Formats a table for a terminal.
 *
 * @param {Record<string, string>[]} rows
 */
export function textOf(rows) {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [names, ...rows.map((row) => names.map((name) => row[name] ?? ""))];
  const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const pad = (/** @type {string} */ cell, /** @type {number} */ column) =>
    column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]);
  return lines.map((line) => line.map(pad).join("  ")).join("\n");
}
