// What the commands print of themselves, and how they end when something outside goes wrong.

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
  console.log(`hawser: ${text}`);
}

/** What this run left out, and why. @type {string[]} */
export const skipped = [];

/** @param {string} what and why */
export function skip(what) {
  skipped.push(what);
  step(`SKIPPING ${what}`);
}
