// Output of the commands, and how they end on errors from outside, such as a missing program.

/** An error that the person at the terminal can fix. Printed as text, without a stack trace. */
export class Failure extends Error {}

/**
 * Ends the command with `lines`, which say what happened and what to do.
 *
 * @param {string[]} lines
 * @returns {never}
 */
export function fail(...lines) {
  throw new Failure(lines.join("\n"));
}

/** @param {string} text */
export function step(text) {
  printer(`hawser: ${text}`);
}

/** @type {(text: string) => void} */
let printer = console.log;

/**
 * Makes `step` print through `print`, so that a progress display can stay at the bottom.
 *
 * @param {(text: string) => void} print
 */
export function printStepsBy(print) {
  printer = print;
}

/** What this run skipped, and why. @type {string[]} */
export const skipped = [];

/** @param {string} what and why */
export function skip(what) {
  skipped.push(what);
  step(`SKIPPING ${what}`);
}

/**
 * Runs a command. A Failure is printed as text, and the exit status becomes 1.
 *
 * @param {() => unknown} command
 */
export async function main(command) {
  try {
    await command();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
