// What the commands print, and how they end when something outside goes wrong.

/** An end that the person at the terminal can do something about: printed as text, without a stack. */
export class Failure extends Error {}

/**
 * Ends the command with `lines`: what happened, and what to do.
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
 * Has `step` print through `print`, so that a progress display can keep its place below.
 *
 * @param {(text: string) => void} print
 */
export function printStepsBy(print) {
  printer = print;
}

/** What this run left out, and why. @type {string[]} */
export const skipped = [];

/** @param {string} what and why */
export function skip(what) {
  skipped.push(what);
  step(`SKIPPING ${what}`);
}

/**
 * Runs a command. A Failure becomes its text and exit status 1.
 *
 * @param {() => unknown} command
 */
export async function main(command) {
  try {
    await command();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}
