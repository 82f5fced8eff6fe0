// The command line of npm run fuzz. It uses no package, so that a mistake is reported before
// anything is installed or built.

import { parseArgs } from "node:util";
import { fail } from "../../tools/console.mjs";

const usage = `Usage: npm run fuzz -- [options] [FUZZER …]

Fuzzes hawser: events, outbox, policies, text, url, or those that are named.

  --seconds N  how long each runs (60)
  --help       prints this`;

/** The most bytes of an input, per fuzzer: enough for everything it can express. */
export const fuzzers = { events: 512, outbox: 512, policies: 256, text: 192, url: 160 };

/** @typedef {keyof typeof fuzzers} Fuzzer */

/**
 * @param {string[]} args
 * @returns {{ seconds: number, names: Fuzzer[] } | { help: string }}
 */
export function parseOptions(args) {
  const { values, positionals } = parse(args);
  if (values.help) return { help: usage };
  const seconds = Number(values.seconds ?? 60);
  if (!Number.isInteger(seconds) || seconds < 1)
    fail(`--seconds wants a number of seconds, not ${values.seconds}.`);
  for (const name of positionals)
    if (!(name in fuzzers)) fail(`There is no fuzzer ${name}.`, "", usage);
  const names = positionals.length > 0 ? positionals : Object.keys(fuzzers);
  return { seconds, names: /** @type {Fuzzer[]} */ (names) };
}

/** @param {string[]} args */
function parse(args) {
  try {
    const options = /** @type {const} */ ({
      seconds: { type: "string" },
      help: { type: "boolean" },
    });
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    return fail(/** @type {Error} */ (error).message, "", usage);
  }
}
