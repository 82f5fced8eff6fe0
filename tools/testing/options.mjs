// The command line of npm test. It needs no packages, so mistakes are reported before anything is installed or built.

import { parseArgs } from "node:util";
import { fail } from "../console.mjs";
import { engines, steps } from "./steps.mjs";

/** @typedef {import("./steps.mjs").Engine} Engine */

/**
 * @typedef {object} Options
 * @property {string} text of which a test's name must have a part; "" is every test
 * @property {"quick" | "rest" | "all"} tier
 * @property {string[]} only the names of the steps that were asked for; none is every step of the tier
 * @property {Engine[]} engines that were asked for; none is every engine of the tier
 * @property {boolean} install whether what is missing may be downloaded
 * @property {boolean} list whether the steps are listed and nothing is run
 */

const usage = `Usage: npm test -- [options] [TEXT]

Builds and tests hawser. Without options this is what to run before each commit; npm run test:all runs the rest too.
With TEXT, only tests with TEXT in their name run, in C++ and in JavaScript.

  --only STEP      only this step, also one that npm test leaves out; can be repeated
  --engine ENGINE  only what runs in this engine: ${engines.join(", ")}; can be repeated
  --all            everything, as npm run test:all does
  --rest           only what npm test leaves out
  --no-install     downloads nothing; what needs it is skipped
  --list           lists the steps
  --help           prints this

Examples:
  npm test -- reconnect
  npm test -- --only unit "close with a reason"
  npm test -- --only page --engine firefox`;

/**
 * @param {string[]} args
 * @returns {Options | { help: string }}
 */
export function parseTestOptions(args) {
  const { values, positionals } = parse(args);
  if (values.help) return { help: usage };
  const { only = [], engine = [], all, rest } = values;
  const unknownStep = only.find((name) => !steps.some((step) => step.name === name));
  if (unknownStep) fail(`There is no step "${unknownStep}". The steps: ${steps.map(({ name }) => name).join(", ")}.`);
  const unknownEngine = engine.find((name) => !engines.includes(/** @type {Engine} */ (name)));
  if (unknownEngine) fail(`There is no engine "${unknownEngine}". The engines: ${engines.join(", ")}.`);
  if (positionals.length > 1)
    fail(`Put the text in quotes: npm test -- "${positionals.join(" ")}". ${positionals.length} words were given.`);
  if (all && rest) fail("--all and --rest exclude each other.");
  return {
    text: positionals[0] ?? "",
    tier: all ? "all" : rest ? "rest" : "quick",
    only,
    engines: /** @type {Engine[]} */ (engine),
    install: !values["no-install"],
    list: values.list ?? false,
  };
}

/** @param {string[]} args */
function parse(args) {
  const flag = /** @type {const} */ ({ type: "boolean" });
  const names = /** @type {const} */ ({ type: "string", multiple: true });
  const options = {
    only: names,
    engine: names,
    all: flag,
    rest: flag,
    "no-install": flag,
    list: flag,
    help: flag,
  };
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    return fail(/** @type {Error} */ (error).message, "", usage);
  }
}
