// What the commands print of themselves, and how they end when something outside goes wrong.

/** An end that the person at the terminal can do something about: printed as text, without a stack. */
export class Failure extends Error {
  constructor(...lines) {
    super(lines.join("\n"));
  }
}

/** Ends the command with `lines`: what happened, and what to do. */
export function fail(...lines) {
  throw new Failure(...lines);
}

export function step(text) {
  console.log(`hawser: ${text}`);
}
