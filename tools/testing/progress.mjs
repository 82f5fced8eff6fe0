// Shows the progress of a run: a line when a task begins or ends and, on a terminal, a status line
// below with what is running.

import { printStepsBy } from "../console.mjs";

/** How often a line says what is running, if there is no terminal. */
const heartbeatMs = 30_000;

export class Progress {
  #start = performance.now();
  #isLive = Boolean(process.stdout.isTTY) && process.env.CI !== "true";
  /** What each running task is doing, by its name. @type {Map<string, string>} */
  #running = new Map();
  /** What has failed. @type {string[]} */
  #failures = [];
  #ended = 0;
  #total;
  #timer;

  /** @param {number} total number of tasks */
  constructor(total) {
    this.#total = total;
    this.#timer = setInterval(() => this.#tick(), this.#isLive ? 500 : heartbeatMs).unref();
    printStepsBy((text) => this.print(text));
  }

  /** @param {string} name */
  begin(name) {
    this.#running.set(name, "");
    if (!this.#isLive) this.print(`${this.#time()} begins: ${name}`);
  }

  /**
   * Updates what a running task is doing.
   *
   * @param {string} name
   * @param {string} what
   */
  show(name, what) {
    this.#running.set(name, what);
  }

  /**
   * @param {string} name
   * @param {string} line its result
   * @param {string} [failure] if it failed: what is repeated until the end
   */
  end(name, line, failure) {
    this.#running.delete(name);
    if (failure) this.#failures.push(failure);
    this.#ended += 1;
    this.print(`${this.#time()} [${this.#ended}/${this.#total}] ${line}`);
  }

  /** @param {string} text */
  print(text) {
    this.#clear();
    console.log(text);
    this.#draw();
  }

  stop() {
    clearInterval(this.#timer);
    this.#running.clear();
    this.#clear();
    printStepsBy(console.log);
  }

  #tick() {
    if (this.#isLive) return void (this.#clear(), this.#draw());
    if (this.#running.size > 0) console.log(this.#status());
  }

  #status() {
    const tasks = [...this.#running].map(([name, what]) => (what ? `${name} (${what})` : name));
    const failed = this.#failures.length > 0 ? `failed: ${this.#failures.join(", ")}; ` : "";
    return `${this.#time()} [${this.#ended}/${this.#total}] ${failed}running: ${tasks.join(", ")}`;
  }

  #clear() {
    if (this.#isLive) process.stdout.write("\r\x1b[K");
  }

  #draw() {
    if (!this.#isLive || this.#running.size === 0) return;
    const text = this.#status();
    process.stdout.write(text.slice(0, (process.stdout.columns || 80) - 1));
  }

  #time() {
    return formatTime(performance.now() - this.#start);
  }
}

/**
 * Formats minutes and seconds, as in 1:05.
 *
 * @param {number} milliseconds
 */
export function formatTime(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
