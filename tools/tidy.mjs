// What clang-tidy checks, in as few pieces as compile. Most of its time goes to the headers of the standard library, once for
// each piece, so the sources of a library are checked as one: written one after the other to build/tidy, with #line, so that
// what is found is named by its own file.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const folder = "build/tidy";

/** A library's sources compile together, as in a unity build. The others, programs, have names in common. */
const libraries = ["hawser", "hawser-testing", "hawser-module", "session-module"];

/**
 * @typedef {object} Entry of compile_commands.json
 * @property {string} directory
 * @property {string} command
 * @property {string} file
 */

/**
 * The arguments of clang-tidy for each piece, the longest first. `build` has been configured.
 *
 * @param {string} build
 * @param {string[]} sources to be checked, from the project's folder, each in one piece
 */
export function tidyPieces(build, sources) {
  /** @type {Entry[]} */
  const entries = JSON.parse(fs.readFileSync(`${build}/compile_commands.json`, "utf8"));
  const left = new Set(sources);
  const take = (/** @type {string[]} */ files) => files.filter((file) => left.delete(file));

  const pieces = libraries.flatMap((library) => {
    const ofLibrary = entries.filter((entry) => targetOf(entry) === library);
    const layers = ofLibrary.filter(isUnity).map((entry) => ({ entry, files: take(includedBy(entry.file)) }));
    const others = ofLibrary.filter((entry) => !isUnity(entry));
    const last = { entry: others[0], files: take(others.map(({ file }) => path.relative(".", file))) };
    return [...layers, last].filter(({ files }) => files.length > 0);
  });
  const byFile = new Map(entries.map((entry) => [path.relative(".", entry.file), entry]));
  const alone = [...left].filter((file) => byFile.has(file));
  const unknown = [...left].filter((file) => !byFile.has(file));
  if (unknown.length > 0) throw new Error(`No target of ${build} compiles ${unknown.join(", ")}.`);

  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  const joined = pieces.map(({ entry, files }, i) =>
    join(entry, files, path.resolve(folder, `${targetOf(entry)}-${i}.cpp`)),
  );
  fs.writeFileSync(`${folder}/compile_commands.json`, JSON.stringify(joined, null, 2));

  // clang-tidy must see what emcc, and not what this machine's own compiler, would see.
  const emcc = spawnSync("emcc", ["--cflags"], { encoding: "utf8", shell: process.platform === "win32" });
  const flags = (emcc.stdout?.match(/'[^']*'|\S+/g) ?? []).map((word) => `--extra-arg=${word.replaceAll("'", "")}`);
  const args = (/** @type {string} */ commands, /** @type {string} */ file) => [
    "--quiet",
    "-p",
    commands,
    ...flags,
    file,
  ];
  return [...joined.map(({ file }) => args(folder, file)), ...alone.map((file) => args(build, file))];
}

/** @param {Entry} entry */
function targetOf(entry) {
  return /CMakeFiles\/([^/ ]+)\.dir/.exec(entry.command)?.[1];
}

/** @param {Entry} entry */
function isUnity(entry) {
  return path.basename(path.dirname(entry.file)) === "Unity";
}

/** @param {string} unity a file that CMake has written */
function includedBy(unity) {
  const includes = fs.readFileSync(unity, "utf8").matchAll(/^#include "(.*)"/gm);
  return Array.from(includes, ([, file]) => path.relative(".", file));
}

/**
 * @param {Entry} entry whose flags are those of `files`
 * @param {string[]} files
 * @param {string} file to write
 * @returns {Entry}
 */
function join(entry, files, file) {
  const text = files.map((source) => `#line 1 "${path.resolve(source)}"\n${fs.readFileSync(source, "utf8")}`);
  fs.writeFileSync(file, text.join("\n"));
  const folders = new Set(files.map((source) => path.resolve(path.dirname(source))));
  const quoted = [...folders].map((name) => `-iquote "${name}"`).join(" ");
  // Without the precompiled header, which is for the compiler that made it.
  const command = entry.command
    .replace(/( -Xclang -include(-pch)? -Xclang \S+cmake_pch\S*)+/, "")
    .replace(entry.file, file)
    .replace(" -c ", ` ${quoted} -c `);
  return { ...entry, command, file };
}
