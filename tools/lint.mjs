// npm run lint: what tools can check without running anything. npm run format mends what is only form.
//
//   node tools/lint.mjs [--fix] [form|types|tidy]…
//
// `form` is formatting and simple mistakes, `types` what TypeScript finds in the JavaScript, `tidy` what clang-tidy finds in
// the C++. Without a name all of them run. Results that still hold are kept in build/cache.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fail, main, skip, step } from "./console.mjs";

/** @typedef {[program: string, ...args: string[]]} Command */

const cache = "build/cache";

/** @type {Record<string, () => Command[]>} */
const checks = {
  form: () => [
    ["eslint", ".", "--cache", "--cache-location", `${cache}/eslint`],
    ["prettier", "--check", "--log-level=warn", "--cache", "--cache-location", `${cache}/prettier`, "."],
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
  const results = await Promise.all(names.flatMap((name) => checks[name]()).map(passes));
  if (results.includes(false)) fail("Some checks failed. npm run format mends what is only form.");
});

/** @returns {Command[]} as many as there are processors, each with its share of the sources */
function tidy() {
  // Compiled as for wasm, which this file is not for.
  const native = "wasm/src/testing/native_seam.cpp";
  const sources = cxxFiles().filter(
    (file) => /^(wasm\/(src|pages|examples)|demo)\/.*\.cpp$/.test(file) && file !== native,
  );
  // clang-tidy must see what emcc, and not what this machine's own compiler, would see.
  const emcc = spawnSync("emcc", ["--cflags"], { encoding: "utf8", shell: process.platform === "win32" });
  const flags = (emcc.stdout?.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ""));
  const args = ["--quiet", "-p", "build/release", ...flags.map((flag) => `--extra-arg=${flag}`)];
  // The library compiles its sources together, so clang-tidy takes their commands from the modules for pages, where they are
  // files of their own: without what these leave out.
  const pages = sources.filter((file) => file.startsWith("wasm/pages/"));
  const others = sources.filter((file) => !pages.includes(file));
  const count = os.availableParallelism();
  const shares = Array.from({ length: count }, (_, i) => others.filter((_, at) => at % count === i));
  return [
    ["clang-tidy", ...args, ...pages],
    ...shares.map((share) => /** @type {Command} */ (["clang-tidy", ...args, "--extra-arg=-UHAWSER_PAGES", ...share])),
  ];
}

/**
 * Whether a check found nothing. What it found is printed at its end, since others run at the same time.
 *
 * @param {Command} command
 */
async function passes([program, ...args]) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32" });
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => output.push(data));
  const [code] = await once(child, "close").catch((error) => [error.code]);
  if (code === "ENOENT" && program.startsWith("clang-")) {
    skip(`${program}, which comes with clang and is not installed`);
    return true;
  }
  step(code === 0 ? `${program} found nothing` : `${program} failed (${code})`);
  if (code !== 0) process.stdout.write(Buffer.concat(output));
  return code === 0;
}

function mend() {
  const commands = /** @type {Command[]} */ ([
    ["clang-format", "-i", ...cxxFiles()],
    ["prettier", "--log-level=warn", "--write", "."],
  ]);
  for (const [program, ...args] of commands) {
    const { status } = spawnSync(program, args, { stdio: "inherit", shell: process.platform === "win32" });
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
