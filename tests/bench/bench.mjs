// Runs npm run bench once everything is built: measures, prints tables, and writes the requested
// files.

import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { fail, Failure, skipped, step } from "../../tools/console.mjs";
import { drawChart, drawSizes } from "./chart.mjs";
import { checkMarks, fillPages, pages } from "./document.mjs";
import { efforts } from "./efforts.mjs";
import { describeMachine, describeSource, describeTools } from "./machine.mjs";
import { parseOptions } from "./options.mjs";
import { nodeVersions } from "./places.mjs";
import { processorTimes, stealBetween, whyNotToPublish, whyNotToStart } from "./quiet.mjs";
import { tablesOf, textOf } from "./report.mjs";
import { programs, run } from "./sections.mjs";

/** The charts of docs/performance.md, drawn from the same run as its tables. */
const charts = { "docs/performance.svg": drawChart, "docs/performance-size.svg": drawSizes };

const fileOf = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../../${name}`, import.meta.url));
const readPages = () =>
  Object.fromEntries(pages.map((name) => [name, fs.readFileSync(fileOf(name), "utf8")]));

try {
  const options = parseOptions(process.argv.slice(2));
  if ("help" in options) console.log(options.help);
  else if ("instead" in options) options.instead();
  else await bench(options);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}

/** @param {import("./options.mjs").Options} options */
async function bench({ effort, only, json, chart, markdown }) {
  const missing = programs.find((file) => !fs.existsSync(file));
  if (missing) fail(`${missing} is not built: run npm run bench, which builds it.`);

  // A run with --check only shows that a chart can be drawn.
  const isPublished = effort !== "check" && (markdown || chart !== undefined);
  if (isPublished) refuse(whyNotToStart(describeSource()));
  if (markdown) checkMarks(readPages());

  /** @type {Record<string, string>} */
  const surroundings = { ...(await describe()), ...describeEffort(effort) };
  const start = performance.now();
  const timesAtStart = processorTimes();
  const measurements = [];
  const noteVersion = (/** @type {string} */ name, /** @type {string} */ version) =>
    (surroundings[name] = version);
  for await (const measurement of run(effort, only, noteVersion)) {
    measurements.push({
      ...measurement,
      samples: measurement.samples.map((value) => Number(value.toPrecision(5))),
    });
  }
  surroundings["time taken"] = `${Math.round((performance.now() - start) / 1000)} s`;
  const steal = stealBetween(timesAtStart, processorTimes());

  const tables = tablesOf(measurements);
  console.log();
  for (const [name, value] of Object.entries(surroundings)) console.log(`${name}: ${value}`);
  for (const { title, rows } of tables) console.log(`\n${title}:\n\n${textOf(rows)}`);
  console.log(
    "\nOf times: median (minimum, ± half of what the middle half of the samples spans). Ratios are of medians.",
  );
  for (const what of skipped) step(`skipped: ${what}`);

  if (json) fs.writeFileSync(json, `${JSON.stringify({ surroundings, skipped, measurements })}\n`);
  if (isPublished) refuse(whyNotToPublish(measurements, steal));
  if (chart) fs.writeFileSync(chart, drawChart(measurements));
  if (markdown) {
    const written = await fillPages(readPages(), { surroundings, tables });
    for (const [name, draw] of Object.entries(charts)) written[name] = draw(measurements);
    for (const [name, text] of Object.entries(written)) fs.writeFileSync(fileOf(name), text);
  }
}

/** @param {string[]} reasons not to publish */
function refuse(reasons) {
  if (reasons.length === 0) return;
  fail("This run is not fit to be published. No page and no chart was written.", ...reasons);
}

/** @returns {Promise<Record<string, string>>} */
async function describe() {
  const { node, v8 } = await nodeVersions();
  return {
    ...describeMachine(),
    "Node, for the programs": `${node} (V8 ${v8})`,
    "Node, for the server": process.versions.node,
    ...describeTools(),
  };
}

/** @param {keyof typeof efforts} name */
function describeEffort(name) {
  const { inProcess, endToEnd, pages } = efforts[name];
  const { rounds, milliseconds } = inProcess;
  return {
    effort: name,
    "in process": `warmed up until a sample took ${milliseconds} ms, then ${rounds} samples in turns`,
    "end to end": `one round to warm up, then ${endToEnd.rounds} in turns`,
    start: `${pages} fresh pages or processes for each, in turns`,
  };
}
