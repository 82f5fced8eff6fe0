// npm run endure: runs what npm test does in seconds for long enough to trust it, and writes the
// figures into docs/reliability.md. Fails if any part of it fails.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { fail, step } from "../../tools/console.mjs";
import { fillDocument } from "../bench/document.mjs";
import { runFuzzers } from "../fuzz/fuzz.mjs";
import { parseOptions } from "../fuzz/options.mjs";
import { engines, findGrowth, rowOf, soak } from "../soak/run.mjs";

/** @typedef {import("../soak/run.mjs").Result} Result */

const fileOf = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** @param {{ steps: number, seconds: number, minutes: number, soak?: string }} options */
export async function endure({ steps, seconds, minutes, soak: file }) {
  step(`running ${steps} steps of the model`);
  const model = spawnSync(fileOf("build/native/tests/model"), ["--steps", String(steps)], {
    encoding: "utf8",
  });
  if (model.status !== 0)
    fail(model.stdout, model.stderr, "The library and the model differ: see above.");

  const options = parseOptions(["--seconds", String(seconds)]);
  const fuzzed = "help" in options ? [] : runFuzzers(options);

  if (!file) step(`soaking for ${minutes} minutes in each engine`);
  const names = /** @type {(keyof typeof engines)[]} */ (Object.keys(engines));
  /** @type {Result[]} */
  const soaked = file
    ? JSON.parse(fs.readFileSync(file, "utf8"))
    : await Promise.all(names.map((name) => soak(name, { minutes, looks: 60 })));
  const growth = soaked.flatMap((result) =>
    findGrowth(result).map((what) => `${result.engine}: ${what}`),
  );
  if (growth.length > 0) fail(...growth);

  const ran = /(\d+) steps in (\d+) programs/.exec(model.stdout);
  const tables = [
    {
      id: "model",
      title: "The library and the model, on random programs",
      rows: [{ steps: count(ran?.[1]), programs: count(ran?.[2]), differences: "0" }],
    },
    {
      id: "fuzz",
      title: `The fuzzers, ${seconds} s each`,
      rows: fuzzed.map(({ name, inputs, news }) => ({
        fuzzer: name,
        inputs: count(inputs),
        "that did something new": count(news),
        findings: "0",
      })),
    },
    {
      id: "soak",
      title: `Under load, ${soaked[0].minutes} minutes in each engine`,
      rows: soaked.map(rowOf),
    },
  ];
  const document = fileOf("docs/reliability.md");
  const filled = await fillDocument(fs.readFileSync(document, "utf8"), {
    surroundings: {},
    tables,
  });
  fs.writeFileSync(document, filled);
  step("docs/reliability.md has the figures of this run");
}

/** @param {string | undefined} number */
const count = (number) => Number(number).toLocaleString("en");
