// What npm test prints when a task ends, and at its own end.

import { fail, Failure, skipped } from "../console.mjs";
import { formatTime } from "./progress.mjs";
import { steps } from "./steps.mjs";
import { logs } from "./work.mjs";

/** @typedef {import("./options.mjs").Options} Options */
/** @typedef {import("./steps.mjs").ChosenStep} ChosenStep */
/** @typedef {import("./schedule.mjs").Outcome<string>} Outcome */

/**
 * @param {string} name
 * @param {Outcome} outcome
 */
export function lineOf(name, outcome) {
  if (outcome.status === "not run") return `not run: ${name}, since "${outcome.because}" failed`;
  const time = formatTime(outcome.milliseconds);
  if (outcome.status === "passed")
    return `✔ ${name} (${time})${outcome.result ? `: ${outcome.result}` : ""}`;
  const { error } = outcome;
  return `✖ ${name} (${time})\n${error instanceof Failure ? error.message : /** @type {Error} */ (error).stack}`;
}

/**
 * What the progress display repeats of a failed task until the end. Undefined if it passed.
 *
 * @param {string} name
 * @param {Outcome} outcome
 */
export function failureOf(name, outcome) {
  if (outcome.status !== "failed") return undefined;
  const tests = failedTestsIn(messageOf(outcome.error));
  return tests ? `${name} (${tests})` : name;
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/**
 * @param {Map<string, Outcome>} outcomes
 * @param {ChosenStep[]} chosen
 * @param {Options} options
 * @param {number} milliseconds
 */
export function summarize(outcomes, chosen, options, milliseconds) {
  const width = Math.max(...[...outcomes.keys()].map((name) => name.length));
  // No line is empty: what shows only a part of a long output often cuts it at empty lines.
  console.log(`${"step".padEnd(width)} ${"time".padStart(6)}  result`);
  for (const [name, outcome] of outcomes) {
    const time = "milliseconds" in outcome ? formatTime(outcome.milliseconds) : "-";
    const result = outcome.status === "passed" ? outcome.result || "passed" : outcome.status;
    console.log(`${name.padEnd(width)} ${time.padStart(6)}  ${result}`);
  }
  for (const what of skipped) console.log(`skipped: ${what}`);
  const others = leftOut(chosen, options);
  if (others) console.log(`left out: ${others}`);

  for (const [name, outcome] of outcomes) {
    if (outcome.status !== "failed") continue;
    const failures = failuresIn(messageOf(outcome.error));
    if (failures.length > 0) console.log([`failed in ${name}:`, ...failures].join("\n"));
  }

  const failed = [...outcomes]
    .filter(([, { status }]) => status !== "passed")
    .map(([name]) => name);
  const time = formatTime(milliseconds);
  if (failed.length > 0) {
    const first = chosen.find(({ name }) => outcomes.get(name)?.status === "failed")?.name;
    fail(
      `FAILED after ${time}: ${failed.join(", ")}. The output above says where; ${logs} has all of it.`,
      ...(first ? [`To run a step alone: npm test -- --only ${first}`] : []),
    );
  }
  const hasRun = [...outcomes.values()].some(
    (outcome) => outcome.status === "passed" && /^\d+ passed/.test(outcome.result),
  );
  if (options.text && !hasRun)
    fail(`None of the selected tests has "${options.text}" in its name.`);
  console.log(`hawser: everything passed in ${time}.`);
}

/** How many tests are named where there is space for one line only. */
const namesInLine = 3;

/**
 * Returns in one line which tests of a step failed. Empty if its output names none.
 *
 * @param {string} output
 */
export function failedTestsIn(output) {
  // The reporters of node:test and of Catch2 end each failure with this line. ctest knows programs
  // only, and lists those that were skipped, too, but in an earlier list.
  const named = [...output.matchAll(/Run it alone: .*? "(.*)"$/gm)];
  const [, list = ""] = output.split("The following tests FAILED:");
  const found = named.length > 0 ? named : [...list.matchAll(/^\s+\d+ - (\S+) \(/gm)];
  const names = [...new Set(found.map(([, name]) => name))];
  const left = names.length - namesInLine;
  return [...names.slice(0, namesInLine), ...(left > 0 ? [`${left} more`] : [])].join("; ");
}

/** How test runners, compilers, linters, sanitizers and CMake start their failure reports. */
const failurePatterns = [
  /^\s*✖ |^\S*Error: /, // node:test's reporter
  /\bFAILED:|\*\*\*(Failed|Timeout|Exception)/, // Catch2, Ninja, ctest
  /\berror(:| TS\d+:) |^CMake Error\b/,
  /^\s+\d+:\d+\s+error\s|^\[(warn|error)\] /, // ESLint, Prettier
  /ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|Assertion failed/,
];

/**
 * How many lines of a report are repeated, and how many in total for a step. The end of a run is
 * read first, and may be all that is kept.
 */
const linesAfter = 8;
const linesOfStep = 80;
const longestLine = 300;

/**
 * Returns the lines of a step's output that report failures, each with the lines that follow it.
 *
 * @param {string} output
 */
export function failuresIn(output) {
  const lines = output.split("\n");
  let left = 0;
  const found = lines.filter((line) => {
    if (line.trim() === "") return false;
    left = failurePatterns.some((pattern) => pattern.test(line)) ? linesAfter : left - 1;
    return left >= 0;
  });
  return found.slice(0, linesOfStep).map((line) => line.slice(0, longestLine));
}

/**
 * What npm run test:all would run, but this run does not.
 *
 * @param {ChosenStep[]} chosen
 * @param {Options} options
 */
function leftOut(chosen, { tier, only, engines, text }) {
  if (tier !== "quick" || only.length > 0 || engines.length > 0 || text) return "";
  const others = steps
    .filter(({ name }) => !chosen.some((step) => step.name === name))
    .map(({ name }) => name);
  return `${others.join(", ")}, Firefox, WebKit. npm run test:all runs them too.`;
}
