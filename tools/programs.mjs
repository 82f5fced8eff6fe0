// The programs that tests start: those installed on this machine or, on Debian, private copies in
// the cache.

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { fail, Failure, skip, step } from "./console.mjs";
import { cacheFolder, findPrefix, provision, versionsIn } from "./debian/cache.mjs";
import { isDebian } from "./debian/system.mjs";
import { report } from "./versions.mjs";

/**
 * @typedef {object} Program
 * @property {string} title for people
 * @property {string} variable that names the program to tests, or selects another one
 * @property {string[]} names of the program on PATH
 * @property {string[]} [folders] more folders to search, which only root has on PATH
 * @property {string[]} [needs] other programs that an installed one needs on PATH
 * @property {string[]} packages of Debian
 * @property {() => import("./debian/cache.mjs").Recipe} recipe for a private copy
 * @property {string} program its name in the prefix
 * @property {string[] | undefined} versionArgs arguments that print its version; undefined if it
 *   can't
 * @property {(cache: string) => Promise<string | undefined>} [bar] returns why a private copy can't
 *   work on this system
 * @property {string} skipped the tests that are skipped without it
 * @property {string} required the same tests, for messages when they can't be skipped
 */

/**
 * Finds programs. Returns the environment that names them to the tests, such as HAWSER_CHROMIUM.
 * Each is the one that this variable already names, or the one on PATH, or a private copy in the
 * cache. If `install` is true, a missing copy is downloaded. The system itself is never changed. If
 * a program is missing, its tests are skipped with a message. With CI=true, that is a failure.
 *
 * @param {Program[]} programs
 * @param {{ what: "browsers" | "brokers" | "doxygen" | "valgrind", install: boolean }} options
 * @returns {Promise<Record<string, string | undefined>>}
 */
export async function findPrograms(programs, { what, install }) {
  const cache = () => cacheFolder(what);
  const missing = programs.filter((program) => !findInstalled(program));
  const reasons = missing.length > 0 ? await makePrivate(missing, cache, install) : new Map();
  /** @type {Record<string, string | undefined>} */
  const env = {};
  for (const program of programs) {
    const provisioned = isDebian() ? findProvisioned(program, cache()) : undefined;
    const file = findInstalled(program) ?? provisioned?.file;
    env[program.variable] = file;
    if (file)
      await reportProgram(
        program,
        file,
        provisioned?.file === file ? provisioned.prefix : undefined,
      );
    else leaveOut(program, reasons.get(program));
  }
  return env;
}

/**
 * Finds a program installed on this machine.
 *
 * @param {Program} program
 */
function findInstalled({ variable, names, folders, needs = [] }) {
  return (
    process.env[variable] ||
    (needs.every((need) => onPath([need])) ? onPath(names, folders) : undefined)
  );
}

/**
 * @param {string[]} names
 * @param {string[]} others folders to search after those of PATH
 */
function onPath(names, others = []) {
  const folders = [...(process.env.PATH ?? "").split(path.delimiter), ...others];
  const files = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return files.find((file) => fs.existsSync(file));
}

/**
 * Finds a complete private copy.
 *
 * @param {Program} program
 * @param {string} cache
 */
function findProvisioned({ recipe, program }, cache) {
  const prefix = findPrefix(recipe(), cache);
  return prefix ? { prefix, file: path.join(prefix, program) } : undefined;
}

/**
 * Makes private copies of `programs`. Returns the reasons for those that can't be made, as
 * sentences.
 *
 * @param {Program[]} programs
 * @param {() => string} cache
 * @param {boolean} install
 * @returns {Promise<Map<Program, string>>}
 */
async function makePrivate(programs, cache, install) {
  if (!isDebian()) return new Map();
  /** @param {Program[]} some @param {string} why @returns {[Program, string][]} */
  const all = (some, why) => some.map((program) => [program, why]);
  if (!install)
    return new Map(all(programs, "Run this without --no-install to download a private one."));
  /** @type {[Program, string][]} */
  const barred = [];
  for (const program of programs) {
    const why = await program.bar?.(cache());
    if (why) barred.push([program, why]);
  }
  const possible = programs.filter((program) => !barred.some(([one]) => one === program));
  try {
    await provision(
      possible.map(({ recipe }) => recipe()),
      cache(),
    );
    return new Map(barred);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    step(error.message); // printed once, because the first failure stops all of them
    return new Map([
      ...all(possible, "A private one could not be made, for the reason above."),
      ...barred,
    ]);
  }
}

/**
 * @param {Program} program
 * @param {string} file
 * @param {string | undefined} prefix of a private copy
 */
async function reportProgram({ title, versionArgs }, file, prefix) {
  const version = prefix ? versionsIn(prefix)[title] : await versionOf(file, versionArgs);
  report([title, version, prefix ? "in" : "at", prefix ?? file].filter(Boolean).join(" "), {
    [title]: version,
  });
}

/**
 * Asks a program for its version. On Windows, a browser would open a window instead.
 *
 * @param {string} file
 * @param {string[]} [args]
 */
async function versionOf(file, args) {
  if (!args || process.platform === "win32") return undefined;
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "ignore"] });
  let output = "";
  child.stdout.on("data", (data) => (output += data));
  await once(child, "close").catch(() => {}); // a program that can't start has no version, and its tests will fail
  return /\d+(\.\d+)+\w*/.exec(output)?.[0];
}

/**
 * @param {Program} program
 * @param {string} [why]
 */
function leaveOut({ title, packages, variable, skipped, required }, why) {
  const install = `You can install one (in Debian: apt-get install ${packages.join(" ")})`;
  const lines = [`there is no ${title}.`, why, `${install}, or name one in ${variable}.`];
  const missing = lines.filter(Boolean).join(" ");
  if (process.env.CI === "true") fail(`With CI=true ${required} are not skipped, and ${missing}`);
  skip(`${skipped}: ${missing}`);
}
