// Splits what clang-tidy checks into pieces. Most of its time goes to the headers of the standard
// library, once per piece, so the sources of a library are checked together: they are written one
// after the other to build/tidy, with #line, so that reports name the original files.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";

const folder = "build/tidy";

/**
 * Targets whose sources compile together. Programs are checked one by one, because they share names
 * such as main.
 */
const libraries = ["hawser", "hawser-testing", "hawser-module", "session-module"];

/**
 * An entry of compile_commands.json.
 *
 * @typedef {object} Entry
 * @property {string} directory
 * @property {string} command
 * @property {string} file
 */

/**
 * Returns the arguments of clang-tidy for each piece, the longest piece first. `build` must be
 * configured.
 *
 * @param {string} build
 * @param {string[]} sources paths from the project's folder; each ends up in exactly one piece
 */
export function tidyPieces(build, sources) {
  /** @type {Entry[]} */
  const entries = JSON.parse(fs.readFileSync(`${build}/compile_commands.json`, "utf8"));
  const left = new Set(sources);
  const take = (/** @type {string[]} */ files) => files.filter((file) => left.delete(file));

  const pieces = libraries.flatMap((library) => {
    const ofLibrary = entries.filter((entry) => targetOf(entry) === library);
    const layers = ofLibrary
      .filter(isUnity)
      .map((entry) => ({ entry, files: take(includedBy(entry.file)) }));
    const others = ofLibrary.filter((entry) => !isUnity(entry) && !isPrecompiledHeader(entry));
    const last = {
      entry: others[0],
      files: take(others.map(({ file }) => path.relative(".", file))),
    };
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

  // clang-tidy must see the same headers and macros as emcc, not those of this machine's own
  // compiler.
  const emcc = spawnSync("emcc", ["--cflags"], {
    encoding: "utf8",
    shell: process.platform === "win32",
  });
  const flags = (emcc.stdout?.match(/'[^']*'|\S+/g) ?? []).map(
    (word) => `--extra-arg=${word.replaceAll("'", "")}`,
  );
  const args = (/** @type {string} */ commands, /** @type {string} */ file) => [
    "--quiet",
    "-p",
    commands,
    ...flags,
    file,
  ];
  return [
    ...joined.map(({ file }) => args(folder, file)),
    ...alone.map((file) => args(build, file)),
  ];
}

/** @param {Entry} entry */
function targetOf(entry) {
  return /CMakeFiles\/([^/ ]+)\.dir/.exec(entry.command)?.[1];
}

/** @param {Entry} entry */
function isUnity(entry) {
  return path.basename(path.dirname(entry.file)) === "Unity";
}

/**
 * CMake lists it first among a target's entries, with flags that compile a header.
 *
 * @param {Entry} entry
 */
function isPrecompiledHeader(entry) {
  return path.basename(entry.file) === "cmake_pch.hxx.cxx";
}

/** The sources that a unity file includes. @param {string} unity written by CMake */
function includedBy(unity) {
  const includes = fs.readFileSync(unity, "utf8").matchAll(/^#include "(.*)"/gm);
  return Array.from(includes, ([, file]) => path.relative(".", file));
}

/**
 * Joins sources in one file, and returns its entry.
 *
 * @param {Entry} entry with the flags for `files`
 * @param {string[]} files
 * @param {string} file to write
 * @returns {Entry}
 */
function join(entry, files, file) {
  const text = files.map(
    (source) => `#line 1 "${path.resolve(source)}"\n${fs.readFileSync(source, "utf8")}`,
  );
  fs.writeFileSync(file, text.join("\n"));
  const folders = new Set(files.map((source) => path.resolve(path.dirname(source))));
  const quoted = [...folders].map((name) => `-iquote "${name}"`).join(" ");
  // Leaves out the precompiled header: only the compiler that made it can read it.
  const command = entry.command
    .replace(/( -Xclang -include(-pch)? -Xclang \S+cmake_pch\S*)+/, "")
    .replace(entry.file, file)
    .replace(" -c ", ` ${quoted} -c `);
  return { ...entry, command, file };
}
