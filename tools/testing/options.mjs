// The command line of npm test. It needs no packages, so mistakes are reported before anything is
// installed or built.

import { parseArgs } from "node:util";
import { fail } from "../console.mjs";
import { engines, steps } from "./steps.mjs";

/** @typedef {import("./steps.mjs").Engine} Engine */

/**
 * @typedef {object} Options
 * @property {string} text that a test's name must contain; "" selects every test
 * @property {"quick" | "rest" | "all"} tier
 * @property {string[]} only the names of the selected steps; none selects every step of the tier
 * @property {Engine[]} engines the selected engines; none selects every engine of the tier
 * @property {boolean} install whether what is missing may be downloaded
 * @property {boolean} list whether to list the steps instead of running them
 */

const usage = `Usage: npm test -- [options] [TEXT]

Builds and tests hawser. Run it without options before each commit. npm run test:all also runs the rest.
With TEXT, only tests with TEXT in their name run, in C++ and in JavaScript.

  --only STEP      only this step, even if npm test leaves it out; can be repeated
  --engine ENGINE  only what runs in this engine: ${engines.join(", ")}; can be repeated
  --all            everything, like npm run test:all
  --rest           only what npm test leaves out
  --no-install     downloads nothing, and skips tests that would need it
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
  if (unknownStep)
    fail(
      `There is no step "${unknownStep}". The steps: ${steps.map(({ name }) => name).join(", ")}.`,
    );
  const unknownEngine = engine.find((name) => !engines.includes(/** @type {Engine} */ (name)));
  if (unknownEngine)
    fail(`There is no engine "${unknownEngine}". The engines: ${engines.join(", ")}.`);
  if (positionals.length > 1)
    fail(
      `Put the text in quotes: npm test -- "${positionals.join(" ")}". ${positionals.length} words were given.`,
    );
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
