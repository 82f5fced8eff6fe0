// Runs the programs that the recipes need. None of them outlives this process, however it ends.

import { spawn } from "node:child_process";

/**
 * Returns the command for a program that the kernel kills as soon as this process ends.
 *
 * @param {string} program
 * @param {string[]} args
 * @returns {[string, string[]]}
 */
export function tied(program, args) {
  return ["setpriv", ["--pdeathsig", "KILL", program, ...args]];
}

/**
 * Returns how `child` ended, and what it wrote to standard error.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<{ isWell: boolean, errors: string }>}
 */
export function endOf(child) {
  return new Promise((resolve) => {
    let errors = "";
    child.stderr?.on("data", (data) => (errors += data));
    child.on("error", (error) => resolve({ isWell: false, errors: error.message }));
    child.on("close", (code) => resolve({ isWell: code === 0, errors }));
  });
}

/**
 * Runs a program. Returns what it printed, and how it ended.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {import("node:child_process").SpawnOptions} [options]
 */
export async function run(program, args, options = {}) {
  const child = spawn(...tied(program, args), { stdio: ["ignore", "pipe", "pipe"], ...options });
  let output = "";
  child.stdout?.on("data", (data) => (output += data));
  const { isWell, errors } = await endOf(child);
  return { isWell, output, errors: errors.trim() };
}
