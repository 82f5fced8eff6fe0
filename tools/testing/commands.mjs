// The commands that run a step's tests, and functions that read their output.

import { stripVTControlCharacters } from "node:util";

/** @typedef {import("./options.mjs").Options} Options */
/** @typedef {import("./steps.mjs").ChosenStep} ChosenStep */
/** @typedef {{ program: string, args: string[], env?: NodeJS.ProcessEnv }} Command */

/**
 * Most tests spend their time waiting for a browser or a server. Two steps run at a time, and each
 * of them runs this many tests.
 */
const testsAtATime = "2";

/**
 * @param {ChosenStep} step
 * @param {Options} options
 * @param {NodeJS.ProcessEnv} env
 * @returns {Command[]}
 */
export function commandsOf(step, options, env) {
  if (step.check) return [{ program: process.execPath, args: ["tools/lint.mjs", step.check] }];
  const commands = step.files ? [nodeCommand(step, options, env)] : [];
  if (!step.ctest) return commands;
  if (options.text && step.programs)
    return [
      ...commands,
      ...step.programs.flatMap((program) => casesNamed(program, step.chosen, options)),
    ];
  return [...commands, ctestCommand(step, options)];
}

/**
 * @param {ChosenStep} step
 * @param {Options} options
 * @param {NodeJS.ProcessEnv} env
 * @returns {Command}
 */
function nodeCommand({ name, files = [], chosen }, { text, engines }, env) {
  const named = text ? [`--test-name-pattern=/${escapePattern(text)}/i`] : [];
  const reporter = [
    "--test-reporter=./tests/support/reporter.mjs",
    "--test-reporter-destination=stdout",
  ];
  const paths = files.map((file) => `tests/${file}.test.mjs`);
  const only = engines.map((engine) => ` --engine ${engine}`).join("");
  return {
    // Use a Node newer than this one, if there is one: with a name pattern, Node 20 starts the
    // browsers of every file.
    program: env.HAWSER_NODE ?? process.execPath,
    args: ["--test", `--test-concurrency=${testsAtATime}`, ...named, ...reporter, ...paths],
    env: {
      HAWSER_ENGINES: chosen.join(","),
      HAWSER_THIS_NODE: process.execPath,
      HAWSER_RUN_ALONE: `npm test -- --only ${name}${only}`,
    },
  };
}

/**
 * @param {ChosenStep} step
 * @param {Options} options
 * @returns {Command}
 */
function ctestCommand({ preset, ctest = [], chosen, engines, part, isQuick }, { text }) {
  const labels = ctest.flatMap((label) => ["-L", `^${label}$`]);
  const inEngines = chosen.length < engines.length ? ["-L", `^(${chosen.join("|")})$`] : [];
  const inPart = isQuick
    ? { quick: ["-L", "^quick$"], rest: ["-LE", "^quick$"], all: [] }[part]
    : [];
  const named = text ? ["-R", escapePattern(text), "--no-tests=ignore"] : ["--no-tests=error"];
  const args = ["--test-dir", `build/${preset}`, ...labels, ...inEngines, ...inPart, ...named];
  return { program: "ctest", args: [...args, "--output-on-failure", "--parallel", testsAtATime] };
}

/**
 * The commands for a program's cases whose names contain a text.
 *
 * @param {string} program
 * @param {import("./steps.mjs").Engine[]} engines
 * @param {Options} options
 * @returns {Command[]}
 */
function casesNamed(program, engines, { text }) {
  const pattern = `*${text.replaceAll(/[\\,[\]"]/g, "\\$&")}*`;
  const args = [pattern, "--allow-running-no-tests"];
  return engines.map((engine) =>
    engine === "native"
      ? { program, args }
      : { program: process.execPath, args: ["tests/support/run.mjs", engine, program, ...args] },
  );
}

/** @param {string} text */
function escapePattern(text) {
  return text.replaceAll(/[/\\^$.*+?()[\]{}|]/g, "\\$&");
}

/**
 * Returns what is running now, according to a line of output. Undefined if the line does not say.
 *
 * @param {string} line
 */
export function progressIn(line) {
  const [, now] =
    /^▷ (.*)/.exec(line) ?? // our reporter
    /^ *Start +\d+: (.*)/.exec(line) ?? // ctest
    /^\[(\d+\/\d+)\] /.exec(line) ?? // ninja
    [];
  return now;
}

/** Reads from the runners' last lines how many tests passed and failed. */
export class Closing {
  passed = 0;
  failed = 0;
  /** @type {string[]} */
  lines = [];

  /** @param {string} printed */
  read(printed) {
    const line = stripVTControlCharacters(printed);
    const ctest = /^(\d+)% tests passed, (\d+) tests failed out of (\d+)/.exec(line);
    const node = /^ℹ (tests|pass|fail|skipped) (\d+)$/.exec(line);
    const catch2 = /^All tests passed \(.* in (\d+) test cases?\)/.exec(line);
    const catch2Failed = /^test cases: +(\d+)(?: \| +(\d+) passed)?.*?(\d+) failed/.exec(line);
    if (ctest) this.#add(Number(ctest[3]) - Number(ctest[2]), Number(ctest[2]));
    else if (node)
      this.#add(node[1] === "pass" ? Number(node[2]) : 0, node[1] === "fail" ? Number(node[2]) : 0);
    else if (catch2) this.#add(Number(catch2[1]), 0);
    else if (catch2Failed) this.#add(Number(catch2Failed[2] ?? 0), Number(catch2Failed[3]));
    else return;
    this.lines.push(line);
  }

  /**
   * @param {number} passed
   * @param {number} failed
   */
  #add(passed, failed) {
    this.passed += passed;
    this.failed += failed;
  }

  toString() {
    if (this.passed + this.failed === 0) return "";
    return this.failed > 0
      ? `${this.passed} passed, ${this.failed} failed`
      : `${this.passed} passed`;
  }
}
