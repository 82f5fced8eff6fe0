// Where the compilers come from: what the machine has, if it is new enough; else what Debian packages give.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fail, step } from "./console.mjs";
import { provision } from "./debian/cache.mjs";
import { isDebian } from "./debian/system.mjs";
import { environment, SOURCES, toolchain } from "./debian/toolchain.mjs";

// CMakeLists.txt has the same minimum. 6.0.3 is the first release after 6.0.2, whose resizable heaps were on by
// default, to make them the choice that hawser's tests take them for.
const OLDEST_EMSCRIPTEN = [6, 0, 3];

/**
 * @typedef {object} Toolchain
 * @property {string} name which it is, for people
 * @property {NodeJS.ProcessEnv} env in which emcc, cmake, ctest and ninja are found
 * @property {string[]} native what a native CMake configuration needs besides
 * @property {string[]} sources what a CMake configuration with tests needs besides
 */

/** @returns {Promise<Toolchain>} */
export async function findToolchain() {
  const toolchain = findInstalled() ?? (await provisioned());
  step(`using ${toolchain.name}`);
  return toolchain;
}

/** The toolchain of this machine, where its Emscripten is new enough and CMake and Ninja are there too. */
function findInstalled() {
  for (const { where, env } of places()) {
    const version = versionOf("emcc", env);
    if (!version) continue;
    const text = version.join(".");
    if (isAtLeast(version, OLDEST_EMSCRIPTEN)) return installed(text, where, env);
    step(`Emscripten ${text} ${where} is too old: hawser needs ${OLDEST_EMSCRIPTEN.join(".")} or newer`);
  }
  return undefined;
}

/** Where an Emscripten may be, PATH first: EMSDK can name an older one, or none, that nobody put on PATH. */
function places() {
  const { EMSDK, PATH } = process.env;
  const folder = path.join(EMSDK ?? "", "upstream", "emscripten");
  const onPath = { where: "on PATH", env: process.env };
  if (!EMSDK || !fs.existsSync(folder)) return [onPath];
  return [onPath, { where: "in $EMSDK", env: { ...process.env, PATH: [folder, PATH].join(path.delimiter) } }];
}

/**
 * @param {string} version
 * @param {string} where
 * @param {NodeJS.ProcessEnv} env
 * @returns {Toolchain}
 */
function installed(version, where, env) {
  const missing = ["cmake", "ninja"].filter((program) => !versionOf(program, env));
  if (missing.length > 0) {
    fail(
      `Emscripten ${version} ${where} is new enough, but ${missing.join(" and ")} cannot be found.`,
      `Install what is missing (on Debian: apt-get install cmake ninja-build), and run this again.`,
    );
  }
  return { name: `Emscripten ${version} ${where}, with this machine's CMake and Ninja`, env, native: [], sources: [] };
}

/** @returns {Promise<Toolchain>} */
async function provisioned() {
  if (!isDebian()) noEmscripten();
  const prefix = await provision(toolchain, cacheFolder());
  const env = environment(prefix);
  return {
    name: `Emscripten ${versionOf("emcc", env)?.join(".")} in ${prefix} (to use it yourself: . env.sh there)`,
    env,
    native: [`-DCMAKE_TOOLCHAIN_FILE=${path.join(prefix, "native.cmake")}`],
    sources: SOURCES.map((name) => `-DFETCHCONTENT_SOURCE_DIR_${name.toUpperCase()}=${path.join(prefix, name)}`),
  };
}

/** @returns {never} */
function noEmscripten() {
  fail(
    `There is no Emscripten ${OLDEST_EMSCRIPTEN.join(".")} or newer on PATH or in $EMSDK, and this system is not Debian,`,
    "where hawser would provision one by itself. Install CMake 3.24 or newer, Ninja and emsdk, and run this again:",
    "",
    "  git clone https://github.com/emscripten-core/emsdk.git ~/emsdk",
    "  ~/emsdk/emsdk install latest && ~/emsdk/emsdk activate latest && . ~/emsdk/emsdk_env.sh",
  );
}

/** As the XDG Base Directory Specification says, a path that is not absolute is ignored. */
function cacheFolder() {
  const folders = [process.env.XDG_CACHE_HOME ?? "", path.join(homeFolder(), ".cache")];
  const folder = folders.find((folder) => path.isAbsolute(folder));
  return path.join(folder ?? fail("There is no home folder for the toolchain's cache: set XDG_CACHE_HOME."), "hawser");
}

function homeFolder() {
  try {
    return os.homedir();
  } catch {
    return ""; // HOME is not set, and the system knows no user of this number
  }
}

/**
 * @param {string} program
 * @param {NodeJS.ProcessEnv} env
 */
function versionOf(program, env) {
  const { stdout } = spawnSync(program, ["--version"], { env, encoding: "utf8", shell: process.platform === "win32" });
  const [text] = /\d+\.\d+\.\d+/.exec(stdout ?? "") ?? [];
  return text?.split(".").map(Number);
}

/**
 * @param {number[]} version
 * @param {number[]} oldest
 */
function isAtLeast(version, oldest) {
  const different = oldest.findIndex((number, i) => number !== version[i]);
  return different < 0 || version[different] > oldest[different];
}
