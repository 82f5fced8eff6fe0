// What the recipes for programs share. A program of the suite that this system runs is unpacked
// into a prefix with all its libraries, and a script there starts it with them. Of the system it
// uses only the C library, which a program can't bring along without its loader, and which every
// program of the same suite can use.

import fs from "node:fs";
import path from "node:path";
import { fail, step } from "../console.mjs";
import { privateApt, upstreamVersion } from "./apt.mjs";
import { run } from "./processes.mjs";
import { architecture, systemSources, systemSuite } from "./system.mjs";
import { unpack } from "./unpack.mjs";

/**
 * @typedef {object} Program
 * @property {string} name
 * @property {string} title for people
 * @property {string[]} packages of which the first has the version that people know
 * @property {string[]} assumed packages that it can do without, though it depends on them
 * @property {string[]} files of this folder that determine what is made, beside this file and what
 *   it imports
 * @property {number} bytes see Recipe
 * @property {(place: Place) => Promise<Record<string, string>>} prepare
 *   completes what was unpacked, and returns the scripts that start its programs, by name
 * @property {[string, ...string[]]} check a script, with arguments, that succeeds if the program
 *   can run
 * @property {RegExp} [says] what it prints then, if it has no way to end well
 */

/**
 * Where a prefix keeps what the scripts in it need.
 *
 * @typedef {object} Place
 * @property {string} prefix
 * @property {string} system the folder of libraries
 */

/**
 * @param {Program} program
 * @returns {import("./cache.mjs").Recipe}
 */
export function programRecipe({
  name,
  title,
  packages,
  assumed,
  files,
  bytes,
  prepare,
  check,
  says,
}) {
  const suite = systemSuite();
  return {
    name: `${name}-${suite}`,
    title,
    files: ["./apt.mjs", "./system.mjs", "./unpack.mjs", "./programs.mjs", ...files],
    bytes,
    async make(prefix, downloads) {
      const { triple } = await architecture();
      const sources = await systemSources();
      const apt = privateApt(downloads, { title, sources, assumed });
      step(`reading Debian ${suite}'s package lists (some 10 MB)`);
      await apt.update();
      /** @type {(all: import("./apt.mjs").Package[]) => string} */
      const version = (all) => upstreamVersion(all, packages[0]);
      const all = await apt.download(packages, (all) => `${title} ${version(all)}`);
      await unpack(all, prefix);
      const scripts = await prepare({ prefix, system: path.join(prefix, "usr/lib", triple) });
      for (const [name, text] of Object.entries(scripts))
        writeScript(path.join(prefix, name), text);
      const [program, ...args] = check;
      const { isWell, output, errors } = await run(path.join(prefix, program), args);
      const canRun = says ? says.test(output) : isWell;
      if (!canRun) fail(`${title} was unpacked, and does not run: ${errors}`);
      return { [title]: version(all) };
    },
  };
}

/**
 * @param {string} file
 * @param {string} text
 */
function writeScript(file, text) {
  fs.writeFileSync(file, `#!/bin/sh\n${text}`);
  fs.chmodSync(file, 0o755);
}

/**
 * `text` as one word of a shell.
 *
 * @param {string} text
 */
export function quote(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
