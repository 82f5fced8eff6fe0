// npm run lint: static checks. npm run format fixes formatting.
//
//   node tools/lint.mjs [--fix] [form|types|tidy]…
//
// `form` checks formatting and simple mistakes, `types` runs TypeScript on the JavaScript, and
// `tidy` runs clang-tidy on the C++. Without a name, all of them run. build/cache keeps results
// that are still valid.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fail, main, skip, skipped, step } from "./console.mjs";
import { tidyPieces } from "./tidy.mjs";

/** @typedef {[program: string, ...args: string[]]} Command */

const cache = "build/cache";

/** @type {Record<string, () => Command[]>} */
const checks = {
  form: () => [
    ["eslint", ".", "--cache", "--cache-location", `${cache}/eslint`],
    [
      "prettier",
      "--check",
      "--log-level=warn",
      "--cache",
      "--cache-location",
      `${cache}/prettier`,
      ".",
    ],
    ["clang-format", "--dry-run", "--Werror", ...cxxFiles()],
  ],
  types: () => [["tsc", "-p", ".", "--incremental", "--tsBuildInfoFile", `${cache}/tsc.json`]],
  tidy,
};

await main(async () => {
  process.chdir(fileURLToPath(new URL("..", import.meta.url)));
  process.env.PATH = path.resolve("node_modules/.bin") + path.delimiter + process.env.PATH;
  const options = /** @type {const} */ ({ fix: { type: "boolean" } });
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.fix) return mend();
  const unknown = positionals.find((name) => !checks[name]);
  if (unknown) fail(`There is no check "${unknown}": use ${Object.keys(checks).join(", ")}.`);
  fs.mkdirSync(cache, { recursive: true });
  const names = positionals.length > 0 ? positionals : Object.keys(checks);
  const commands = names.flatMap((name) => checks[name]()).values();
  const failed = await Promise.all(
    Array.from({ length: os.availableParallelism() }, () => countFailed(commands)),
  );
  if (failed.some(Boolean)) fail("Some checks failed. npm run format fixes formatting.");
});

/** @returns {Command[]} */
function tidy() {
  // clang-tidy checks the code for wasm, and this file is native only.
  const native = "wasm/src/testing/native_seam.cpp";
  const isChecked = (/** @type {string} */ file) =>
    /^(wasm\/(src|pages|examples)|demo)\/.*\.cpp$/.test(file) && file !== native;
  return tidyPieces("build/release", cxxFiles().filter(isChecked)).map((args) => [
    "clang-tidy",
    ...args,
  ]);
}

/**
 * Runs commands one after the other, until the shared iterator has none left. Returns how many
 * failed.
 *
 * @param {Iterable<Command>} commands
 */
async function countFailed(commands) {
  let count = 0;
  for (const command of commands) if (!(await passes(command))) ++count;
  return count;
}

/**
 * Runs a check. Returns whether it found nothing. Prints its output at its end, because others run
 * at the same time.
 *
 * @param {Command} command
 */
async function passes([program, ...args]) {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => output.push(data));
  const [code] = await once(child, "close").catch((error) => [error.code]);
  if (code === "ENOENT" && program.startsWith("clang-")) {
    const missing = `${program}, which comes with clang and is not installed`;
    if (!skipped.includes(missing)) skip(missing); // once, not for each piece
    return true;
  }
  const what =
    program === "clang-tidy" ? `${program} of ${path.basename(args.at(-1) ?? "")}` : program;
  step(code === 0 ? `${what} found nothing` : `${what} failed (${code})`);
  if (code !== 0) process.stdout.write(Buffer.concat(output));
  return code === 0;
}

function mend() {
  const commands = /** @type {Command[]} */ ([
    ["clang-format", "-i", ...cxxFiles()],
    ["prettier", "--log-level=warn", "--write", "."],
  ]);
  for (const [program, ...args] of commands) {
    const { status } = spawnSync(program, args, {
      stdio: "inherit",
      shell: process.platform === "win32",
    });
    if (status !== 0) fail(`${program} failed; its output above says why.`);
  }
}

function cxxFiles() {
  const entries = ["wasm", "demo", "tests"].flatMap((folder) =>
    fs.readdirSync(folder, { recursive: true, withFileTypes: true }),
  );
  const files = entries.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  return files.filter((file) => /\.[ch]pp$/.test(file) && !file.includes("node_modules")).sort();
}
