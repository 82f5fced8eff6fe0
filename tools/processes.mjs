// Starts programs, and makes sure that none of them outlives the command that started it, however
// the command ends.

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import readline from "node:readline";
import { fail } from "./console.mjs";

const isWindows = process.platform === "win32";

/** How long programs may take to end by themselves after Ctrl+C. */
const graceMs = 3000;

// Inherited by all descendants. Finds those that have left the process group, as browsers do.
const mark = `${process.pid}-${Date.now()}`;
process.env.HAWSER_RUN = `${process.env.HAWSER_RUN ?? ""} ${mark}`.trim();

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/** @type {Promise<never> | undefined} */
let interrupted;

/**
 * Runs a program to its end, and returns its exit status. If a signal ended it, that is 128 or
 * more, as in a shell. Its output goes to the terminal, or line by line to `onLine`.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, onLine?: (line: string) => void }} [options]
 * @returns {Promise<number>}
 */
export async function run(program, args, { env = process.env, onLine } = {}) {
  if (interrupted) return interrupted;
  watchForInterrupts();
  const output = onLine ? "pipe" : "inherit";
  const child = spawn(program, args, {
    env: { ...env, HAWSER_RUN: process.env.HAWSER_RUN },
    stdio: ["ignore", output, output],
    detached: !isWindows, // runs in its own process group, which can be ended as a whole
    shell: isWindows,
  });
  running.add(child);
  try {
    const lines = [child.stdout, child.stderr].map((stream) => stream && eachLine(stream, onLine));
    const [code, signal] = await once(child, "close").catch((error) => {
      fail(`${program} cannot be started (${error.message}). Is it installed, and on PATH?`);
    });
    await Promise.all(lines);
    if (interrupted) return await interrupted; // the program was ended from outside, so it has no result
    return code ?? 128 + (os.constants.signals[/** @type {NodeJS.Signals} */ (signal)] ?? 0);
  } finally {
    running.delete(child);
  }
}

/**
 * @param {import("node:stream").Readable} stream
 * @param {(line: string) => void} [onLine]
 */
async function eachLine(stream, onLine) {
  for await (const line of readline.createInterface({ input: stream, crlfDelay: Infinity }))
    onLine?.(line);
}

let isWatching = false;

function watchForInterrupts() {
  if (isWatching) return;
  isWatching = true;
  const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
  for (const signal of signals) process.on(signal, () => interrupt(signal));
  // npm may be killed before it can pass on a signal.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && interrupt("SIGHUP"), 1000).unref();
}

/** @param {NodeJS.Signals} signal */
function interrupt(signal) {
  if (interrupted) return endNow(signal); // on a second Ctrl+C, don't wait
  interrupted = endGently(signal);
}

/**
 * @param {NodeJS.Signals} signal
 * @returns {Promise<never>}
 */
async function endGently(signal) {
  process.stderr.write(`\nhawser: ending, because of ${signal}\n`);
  const ends = [...running].map(
    (child) => child.exitCode === null && child.signalCode === null && once(child, "close"),
  );
  for (const child of running) signalGroup(child, "SIGTERM");
  const grace = new Promise((resolve) => setTimeout(resolve, graceMs));
  await Promise.race([Promise.all(ends), grace]);
  return endNow(signal);
}

/**
 * @param {NodeJS.Signals} signal
 * @returns {never}
 */
function endNow(signal) {
  for (const child of running) signalGroup(child, "SIGKILL");
  for (const id of markedProcesses()) signalProcess(id, "SIGKILL");
  process.exit(128 + os.constants.signals[signal]);
}

/**
 * @param {import("node:child_process").ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child.pid) signalProcess(isWindows ? child.pid : -child.pid, signal);
}

/**
 * @param {number} id
 * @param {NodeJS.Signals} signal
 */
function signalProcess(id, signal) {
  try {
    process.kill(id, signal);
  } catch {
    // The process has already ended.
  }
}

/** Finds our descendants, if the system shows the environment of processes, as Linux does. */
function markedProcesses() {
  const ids = fs.existsSync("/proc/self/environ")
    ? fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))
    : [];
  return ids.map(Number).filter((id) => id !== process.pid && hasMark(id));
}

/** @param {number} id */
function hasMark(id) {
  try {
    const variables = fs.readFileSync(`/proc/${id}/environ`, "latin1").split("\0");
    return variables.some(
      (variable) => variable.startsWith("HAWSER_RUN=") && variable.includes(mark),
    );
  } catch {
    return false; // the process has ended, or belongs to another user
  }
}
