// The command line of npm run soak. It uses no package, so that a mistake is reported before
// anything is installed or built.

import { parseArgs } from "node:util";
import { fail } from "../../tools/console.mjs";

const usage = `Usage: npm run soak -- [options]

Exchanges messages over sockets that come and go, and over sessions whose connections fail, and checks that nothing grows.

  --minutes N     60 in each engine
  --engine NAME   Node or Chromium; both by default
  --json FILE     writes every measurement, for npm run endure
  --help          prints this`;

const engineNames = /** @type {const} */ (["Node", "Chromium"]);

/** @typedef {typeof engineNames[number]} Engine */

/**
 * @param {string[]} args
 * @returns {{ minutes: number, engines: Engine[], json?: string } | { help: string }}
 */
export function parseOptions(args) {
  const { minutes = "60", engine, json, help } = parse(args);
  if (help) return { help: usage };
  if (!(Number(minutes) > 0)) fail(`--minutes is "${minutes}", which is not a time.`);
  const engines = engineNames.filter((name) => !engine || name === engine);
  if (engines.length === 0) fail(`--engine is "${engine}". Use Node or Chromium.`);
  return { minutes: Number(minutes), engines, json };
}

/** @param {string[]} args */
function parse(args) {
  const text = /** @type {const} */ ({ type: "string" });
  const flag = /** @type {const} */ ({ type: "boolean" });
  try {
    return parseArgs({ args, options: { minutes: text, engine: text, json: text, help: flag } })
      .values;
  } catch (error) {
    return fail(/** @type {Error} */ (error).message, "", usage);
  }
}
