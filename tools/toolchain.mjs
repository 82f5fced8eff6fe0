// The compilers: those installed on this machine if they are new enough or, on Debian, private
// copies from Debian packages.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fail, step } from "./console.mjs";
import { cacheFolder, findPrefix, provision, versionsIn } from "./debian/cache.mjs";
import { isDebian } from "./debian/system.mjs";
import { environment, SOURCES, toolchain } from "./debian/toolchain.mjs";
import { report } from "./versions.mjs";

// The same minimum as in wasm/include/hawser/detail/platform.hpp. 6.0.2 made resizable heaps the
// default. Since 6.0.3 they are an option again, as hawser's tests expect.
const OLDEST_EMSCRIPTEN = [6, 0, 3];
// The first version that reads version 6 of presets.
const OLDEST_CMAKE = [3, 25, 0];

/**
 * @typedef {object} Toolchain
 * @property {string} name for people
 * @property {Record<string, string | undefined>} versions of its parts, if they are known
 * @property {NodeJS.ProcessEnv} env an environment that finds emcc, cmake, ctest and ninja
 * @property {string[]} native additional arguments for a native CMake configuration
 * @property {string[]} sources additional arguments for a CMake configuration with tests
 */

/**
 * Finds the toolchain of this machine or, on Debian, a private one in the cache. If `install` is
 * true, a missing one is downloaded. The system itself is never changed.
 *
 * @param {{ install?: boolean }} [options]
 * @returns {Promise<Toolchain>}
 */
export async function findToolchain({ install = true } = {}) {
  const found = findInstalled() ?? (await provisioned(install));
  report(found.name, found.versions);
  return found;
}

/**
 * The toolchain of this machine, if its Emscripten and CMake are new enough, and Ninja is
 * available.
 */
function findInstalled() {
  // The user has sourced env.sh, so PATH contains the private toolchain, which also has the sources
  // that tests use.
  if (isDebian() && process.env.EM_CONFIG?.startsWith(cacheFolder("toolchain"))) return undefined;
  for (const { where, env } of places()) {
    const version = versionOf("emcc", env);
    if (!version) continue;
    const text = version.join(".");
    if (isAtLeast(version, OLDEST_EMSCRIPTEN)) return installed(text, where, env);
    step(
      `Emscripten ${text} ${where} is too old: hawser needs ${OLDEST_EMSCRIPTEN.join(".")} or newer`,
    );
  }
  return undefined;
}

/**
 * The folders that may have an Emscripten. PATH comes first, because EMSDK may name an older one,
 * or none, that is not in use.
 */
function places() {
  const { EMSDK, PATH } = process.env;
  const folder = path.join(EMSDK ?? "", "upstream", "emscripten");
  const onPath = { where: "on PATH", env: process.env };
  if (!EMSDK || !fs.existsSync(folder)) return [onPath];
  return [
    onPath,
    { where: "in $EMSDK", env: { ...process.env, PATH: [folder, PATH].join(path.delimiter) } },
  ];
}

/**
 * @param {string} emscripten its version
 * @param {string} where
 * @param {NodeJS.ProcessEnv} env
 * @returns {Toolchain | undefined}
 */
function installed(emscripten, where, env) {
  const [cmake, ninja] = ["cmake", "ninja"].map((program) => versionOf(program, env));
  const oldest = OLDEST_CMAKE.slice(0, 2).join(".");
  const faults = [
    ...(cmake ? [] : ["cmake cannot be found"]),
    ...(cmake && !isAtLeast(cmake, OLDEST_CMAKE)
      ? [`CMake ${cmake.join(".")} is too old: hawser needs ${oldest} or newer`]
      : []),
    ...(ninja ? [] : ["ninja cannot be found"]),
  ];
  if (faults.length > 0) {
    const fault = `Emscripten ${emscripten} ${where} is new enough, but ${faults.join(", and ")}.`;
    if (!isDebian()) fail(fault, `Install CMake ${oldest} or newer and Ninja, and run this again.`);
    step(fault);
    return undefined;
  }
  return {
    name: `Emscripten ${emscripten} ${where}, with this machine's CMake ${cmake?.join(".")} and Ninja ${ninja?.join(".")}`,
    versions: { Emscripten: emscripten, CMake: cmake?.join("."), Ninja: ninja?.join(".") },
    env,
    native: [],
    sources: [],
  };
}

/**
 * @param {boolean} install
 * @returns {Promise<Toolchain>}
 */
async function provisioned(install) {
  if (!isDebian()) noEmscripten();
  const cache = cacheFolder("toolchain");
  if (install) await provision([toolchain], cache);
  const prefix = findPrefix(toolchain, cache) ?? notInstalled();
  const versions = versionsIn(prefix);
  return {
    name: `Emscripten ${versions.Emscripten} in ${prefix} (to use it yourself: . env.sh there)`,
    versions,
    env: environment(prefix),
    native: [`-DCMAKE_TOOLCHAIN_FILE=${path.join(prefix, "native.cmake")}`],
    sources: SOURCES.map(
      (name) => `-DFETCHCONTENT_SOURCE_DIR_${name.toUpperCase()}=${path.join(prefix, name)}`,
    ),
  };
}

/** @returns {never} */
function notInstalled() {
  fail(
    `There is no Emscripten ${OLDEST_EMSCRIPTEN.join(".")} or newer with CMake and Ninja, neither on PATH, nor in $EMSDK, nor in ${cacheFolder("toolchain")}.`,
    "Run this without --no-install to download a private one, or install emsdk, and run this again.",
  );
}

/** @returns {never} */
function noEmscripten() {
  fail(
    `There is no Emscripten ${OLDEST_EMSCRIPTEN.join(".")} or newer on PATH or in $EMSDK, and this system is not Debian,`,
    "where hawser would download one. Install CMake 3.25 or newer, Ninja and emsdk, and run this again:",
    "",
    "  git clone https://github.com/emscripten-core/emsdk.git ~/emsdk",
    "  ~/emsdk/emsdk install latest && ~/emsdk/emsdk activate latest && . ~/emsdk/emsdk_env.sh",
  );
}

/**
 * @param {string} program
 * @param {NodeJS.ProcessEnv} env
 */
function versionOf(program, env) {
  const { stdout } = spawnSync(program, ["--version"], {
    env,
    encoding: "utf8",
    shell: process.platform === "win32",
  });
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
