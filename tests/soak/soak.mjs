// npm run soak: an hour under load, or --minutes of it, in Node and in Chromium. With --markdown the figures go into
// docs/reliability.md.

import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fillDocument } from "../bench/document.mjs";
import { engines, findGrowth, soak } from "./run.mjs";

/** @typedef {import("./run.mjs").Result} Result */

const usage = `Usage: npm run soak -- [options]

Has hawser exchange messages over sockets that come and go, and over sessions whose connections fail, and looks
whether anything grows.

  --minutes N     60 in each engine
  --engine NAME   Node or Chromium; both by default
  --json FILE     writes every look
  --markdown      writes the table into docs/reliability.md`;

const { values } = parse();
const minutes = Number(values.minutes ?? 60);
if (!(minutes > 0)) refuse(`--minutes is "${values.minutes}", which is no time.`);
const names = /** @type {(keyof typeof engines)[]} */ (values.engine ? [values.engine] : Object.keys(engines));
if (!names.every((name) => name in engines)) refuse(`--engine is "${values.engine}". Use Node or Chromium.`);

// At the same time: what is looked at is not time.
const results = await Promise.all(names.map((name) => soak(name, { minutes, looks: 60 })));
for (const row of results.map(rowOf)) {
  console.log(
    Object.entries(row)
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n"),
  );
}
if (values.json) fs.writeFileSync(values.json, JSON.stringify(results, null, 1));
if (values.markdown) await writeDocument();
for (const result of results) {
  for (const growth of findGrowth(result)) {
    console.error(`${result.engine}: ${growth}`);
    process.exitCode = 1;
  }
}

function parse() {
  try {
    const text = /** @type {const} */ ({ type: "string" });
    return parseArgs({ options: { minutes: text, engine: text, json: text, markdown: { type: "boolean" } } });
  } catch (error) {
    return refuse(/** @type {Error} */ (error).message);
  }
}

/**
 * @param {string} why
 * @returns {never}
 */
function refuse(why) {
  console.error(`${why}\n\n${usage}`);
  process.exit(2);
}

async function writeDocument() {
  const document = fileURLToPath(new URL("../../docs/reliability.md", import.meta.url));
  const title = `${minutes} minutes in Node and in Chromium`;
  const tables = [{ id: "soak", title, rows: results.map(rowOf) }];
  fs.writeFileSync(document, await fillDocument(fs.readFileSync(document, "utf8"), { surroundings: {}, tables }));
}

/** @param {Result} result */
function rowOf({ engine, samples, end, counted }) {
  const third = Math.floor(samples.length / 3);
  const heap = (/** @type {number} */ from) => megabytes(samples.slice(from, from + third).map((one) => one.jsHeap));
  const memory = [samples[third], samples[samples.length - 1]].map(({ wasmMemory }) => `${wasmMemory / 1024} KiB`);
  return {
    engine,
    messages: counted.messages.toLocaleString("en"),
    payload: `${(counted.bytes / 1e9).toFixed(1)} GB`,
    "sockets that came and went": counted.sockets.toLocaleString("en"),
    "connections of 3 sessions": counted.connections.toLocaleString("en"),
    "wasm memory after a third, at the end": memory.join(", "),
    "JavaScript heap in the second third, in the last": `${heap(third)}, ${heap(samples.length - third)}`,
    "sockets left": String(end.liveSockets),
  };
}

/** @param {number[]} values */
function megabytes(values) {
  const median = [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)];
  return `${(median / 1e6).toFixed(1)} MB`;
}
