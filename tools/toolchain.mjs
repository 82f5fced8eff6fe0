// Where the compilers come from: what the machine has, if it is new enough; else what Debian packages give.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import * as debian from "./debian.mjs";
import { fail, step } from "./console.mjs";

// CMakeLists.txt has the same minimum. 6.0.3 is the first release after 6.0.2, whose resizable heaps were on by
// default, to make them the choice that hawser's tests take them for.
const OLDEST_EMSCRIPTEN = [6, 0, 3];

/**
 * @typedef {object} Toolchain
 * @property {NodeJS.ProcessEnv} env in which emcc, cmake, ctest and ninja are found
 * @property {string[]} native what a native CMake configuration needs besides
 * @property {string[]} catch2 what a CMake configuration with tests needs besides
 */

/** @returns {Promise<Toolchain>} */
export async function findToolchain() {
  const found = findInstalled();
  if (found) return found;
  if (debian.isDebian()) return provisioned();
  return fail(
    `There is no Emscripten ${OLDEST_EMSCRIPTEN.join(".")} or newer on PATH or in $EMSDK, and this system is not Debian,`,
    "where hawser would provision one by itself. Install emsdk, CMake 3.24 or newer and Ninja, and run this again:",
    "",
    "  git clone https://github.com/emscripten-core/emsdk.git",
    "  cd emsdk && ./emsdk install latest && ./emsdk activate latest && . ./emsdk_env.sh",
  );
}

/** The toolchain of this machine, where its Emscripten is new enough and CMake and Ninja are there too. */
function findInstalled() {
  const emsdk = process.env.EMSDK ? path.join(process.env.EMSDK, "upstream", "emscripten") : undefined;
  const env = { ...process.env, PATH: [process.env.PATH, emsdk].filter(Boolean).join(path.delimiter) };
  const version = versionOf("emcc", env);
  if (!version) return undefined;
  const text = version.join(".");
  if (!isAtLeast(version, OLDEST_EMSCRIPTEN)) {
    step(`Emscripten ${text} is too old: hawser needs ${OLDEST_EMSCRIPTEN.join(".")} or newer`);
    return undefined;
  }
  const missing = ["cmake", "ninja"].filter((program) => !versionOf(program, env));
  if (missing.length > 0) {
    fail(`Emscripten ${text} is there, but ${missing.join(" and ")} cannot be found. Install it, and run this again.`);
  }
  step(`using the Emscripten ${text}, CMake and Ninja of this machine`);
  return { env, native: [], catch2: [] };
}

async function provisioned() {
  const prefix = await debian.provision(cacheFolder());
  const env = debian.environment(prefix);
  step(`using Emscripten ${versionOf("emcc", env)?.join(".")} in ${prefix}`);
  return {
    env,
    native: [`-DCMAKE_TOOLCHAIN_FILE=${path.join(prefix, "native.cmake")}`],
    catch2: [`-DFETCHCONTENT_SOURCE_DIR_CATCH2=${path.join(prefix, "catch2")}`],
  };
}

export function cacheFolder() {
  return path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "hawser");
}

/**
 * @param {string} program
 * @param {NodeJS.ProcessEnv} env
 */
function versionOf(program, env) {
  const { stdout } = spawnSync(program, ["--version"], { env, encoding: "utf8", shell: process.platform === "win32" });
  return /(\d+)\.(\d+)\.(\d+)/.exec(stdout ?? "")?.slice(1).map(Number);
}

/**
 * @param {number[]} version
 * @param {number[]} oldest
 */
function isAtLeast(version, oldest) {
  const different = oldest.findIndex((number, i) => number !== version[i]);
  return different < 0 || version[different] > oldest[different];
}

/** Whether `file` exists, for programs that a toolchain need not have. @param {string} file */
export function isThere(file) {
  return fs.existsSync(file);
}
