// npm run soak: an hour under load, or --minutes of it, in Node and in Chromium.

import fs from "node:fs";
import { parseArgs } from "node:util";
import { engines, findGrowth, rowOf, soak } from "./run.mjs";

const usage = `Usage: npm run soak -- [options]

Has hawser exchange messages over sockets that come and go, and over sessions whose connections fail, and looks
whether anything grows.

  --minutes N     60 in each engine
  --engine NAME   Node or Chromium; both by default
  --json FILE     writes every look, for npm run endure`;

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
for (const result of results) {
  for (const growth of findGrowth(result)) {
    console.error(`${result.engine}: ${growth}`);
    process.exitCode = 1;
  }
}

function parse() {
  try {
    const text = /** @type {const} */ ({ type: "string" });
    return parseArgs({ options: { minutes: text, engine: text, json: text } });
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
