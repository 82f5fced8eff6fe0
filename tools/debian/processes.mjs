// The programs that the recipes run.

/**
 * What to spawn for a program that must not go on alone, unseen, when this process is killed.
 *
 * @param {string} program
 * @param {string[]} args
 * @returns {[string, string[]]}
 */
export function tied(program, args) {
  return ["setpriv", ["--pdeathsig", "KILL", program, ...args]];
}

/**
 * How `child` ended, and what it wrote on standard error.
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
