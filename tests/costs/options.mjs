// The command line of npm run costs. It uses no package, so that a mistake is reported before
// anything is built.

import { parseArgs } from "node:util";
import { fail } from "../../tools/console.mjs";

const usage = `Usage: npm run costs -- [options]

Measures what hawser costs in figures that do not depend on time, and prints them beside those of
tests/costs/figures.json. It fails if one is more than 3 % worse.

  --update  writes what was measured into tests/costs/figures.json
  --help    prints this`;

/**
 * @param {string[]} args
 * @returns {{ update: boolean, help?: undefined } | { help: string }}
 */
export function parseOptions(args) {
  const { update = false, help } = parse(args);
  return help ? { help: usage } : { update };
}

/** @param {string[]} args */
function parse(args) {
  const flag = /** @type {const} */ ({ type: "boolean" });
  try {
    return parseArgs({ args, options: { update: flag, help: flag } }).values;
  } catch (error) {
    return fail(/** @type {Error} */ (error).message, "", usage);
  }
}
