// Describes the machine and the tools of a run, without which its numbers mean nothing.

import { spawnSync } from "node:child_process";
import os from "node:os";

/** @returns {Record<string, string>} */
export function describeMachine() {
  const cpus = os.cpus();
  return {
    processor: `${cpus[0]?.model.trim() ?? "unknown"}, ${cpus.length} cores`,
    memory: `${Math.round(os.totalmem() / 1024 ** 3)} GiB`,
    system: `${os.type()} ${os.release().split(".", 2).join(".")}, ${os.arch()}`,
    "load at the start": os.loadavg()[0].toFixed(2),
  };
}

/** @returns {Record<string, string>} */
export function describeTools() {
  const emcc = /\d+\.\d+\.\d+/.exec(outputOf("emcc", "--version"));
  const { commit, isChanged } = describeSource();
  return {
    Emscripten: emcc?.[0] ?? "unknown: there is no emcc on PATH",
    hawser: commit
      ? `${commit}${isChanged ? ", with changes" : ""}`
      : "unknown: this is no Git repository",
  };
}

/** The commit of this tree, "" without one, and whether files differ from it. */
export function describeSource() {
  return {
    commit: outputOf("git", "rev-parse", "--short", "HEAD"),
    isChanged: outputOf("git", "status", "--porcelain", "--untracked-files=no") !== "",
  };
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function outputOf(program, ...args) {
  const { stdout } = spawnSync(program, args, {
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  return stdout?.trim() ?? "";
}
