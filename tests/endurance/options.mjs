// The command line of npm run endure. It uses no package, so that a mistake is reported before
// anything is installed or built.

import fs from "node:fs";
import { parseArgs } from "node:util";
import { fail } from "../../tools/console.mjs";

const usage = `Usage: npm run endure -- [options]

Runs the model, the fuzzers and the soak test for long, and writes the figures into docs/reliability.md.

  --steps N    of the model (10 000 000)
  --seconds N  of each fuzzer (60)
  --minutes N  of the soak test in each engine (60)
  --soak FILE  takes the soak test's results from what npm run soak -- --json FILE has written
  --help       prints this`;

/** @param {string[]} args */
export function parseOptions(args) {
  const text = /** @type {const} */ ({ type: "string" });
  const options = {
    steps: text,
    seconds: text,
    minutes: text,
    soak: text,
    help: /** @type {const} */ ({ type: "boolean" }),
  };
  try {
    const {
      steps = "10000000",
      seconds = "60",
      minutes = "60",
      soak,
      help,
    } = parseArgs({ args, options }).values;
    if (help) return { help: usage };
    for (const [name, value] of Object.entries({ steps, seconds, minutes }))
      if (!(Number(value) > 0))
        throw new Error(`--${name} is "${value}", which is not a number above 0.`);
    if (soak && !fs.existsSync(soak)) throw new Error(`There is no file ${soak}.`);
    return { steps: Number(steps), seconds: Number(seconds), minutes: Number(minutes), soak };
  } catch (error) {
    return fail(/** @type {Error} */ (error).message, "", usage);
  }
}
