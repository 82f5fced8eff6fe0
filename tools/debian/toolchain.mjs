// The recipe for the toolchain. Debian 12's own Emscripten is too old; the suite named below has
// one that is new enough, and its programs run on an older Debian when they bring their own glibc.

import fs from "node:fs";
import path from "node:path";
import { fail, step } from "../console.mjs";
import { privateApt, upstreamVersion } from "./apt.mjs";
import { run } from "./processes.mjs";
import { architecture, sourcesOf } from "./system.mjs";
import { unpack, unpackSource } from "./unpack.mjs";

const SUITE = "forky";
// Source packages that tests use, each unpacked into a folder of its name.
export const SOURCES = ["catch2", "drogon", "trantor"];

/** @type {import("./cache.mjs").Recipe} */
export const toolchain = {
  name: `debian-${SUITE}`,
  title: "the toolchain",
  files: ["./apt.mjs", "./system.mjs", "./unpack.mjs", "./toolchain.mjs"],
  bytes: 4e9, // with Emscripten's own libraries, which the first build compiles
  async make(prefix, downloads) {
    const machine = await architecture();
    await checkPython();
    const { packages, sources, llvm } = await download(downloads);
    await unpack(packages, prefix);
    await adapt(prefix, machine);
    for (const source of sources) await unpackSource(source, prefix);
    await verify(prefix);
    const names = {
      Emscripten: "emscripten",
      clang: `clang-${llvm}`,
      Binaryen: "binaryen",
      CMake: "cmake",
      Ninja: "ninja-build",
      Catch2: "catch2",
    };
    const all = [...packages, ...sources];
    return Object.fromEntries(
      Object.entries(names).map(([title, name]) => [title, upstreamVersion(all, name)]),
    );
  },
};

/** Emscripten runs on this system's Python: patchelf would break the one of its suite. */
async function checkPython() {
  const { isWell } = await run("python3", ["--version"]);
  if (!isWell) {
    fail(
      "Emscripten needs python3, which this system does not have.",
      "Install it (apt-get install python3), and run this again.",
    );
  }
}

/**
 * Downloads every package into `folder`. What an earlier run got is kept: apt checks each file.
 *
 * @param {string} folder
 */
async function download(folder) {
  const apt = privateApt(folder, {
    title: "The toolchain",
    sources: await sourcesOf(SUITE),
    kinds: ["deb", "deb-src"],
  });
  step(`reading Debian ${SUITE}'s package lists (some 20 MB)`);
  await apt.update();

  const llvm = /clang-(\d+)/.exec(await apt.show("emscripten"))?.[1];
  if (!llvm)
    fail(`Debian ${SUITE}'s emscripten package names no clang that this script understands.`);

  const wanted = ["emscripten", "cmake", "ninja-build", "patchelf", "xz-utils"];
  wanted.push(`libclang-rt-${llvm}-dev`, `clang-format-${llvm}`, `clang-tidy-${llvm}`);
  const packages = await apt.download(wanted, (all) => {
    /** @param {string} name */
    const version = (name) => upstreamVersion(all, name);
    return `Emscripten ${version("emscripten")}, clang ${version(`clang-${llvm}`)}, CMake ${version("cmake")} and Ninja`;
  });
  step("downloading the sources that tests use");
  return { packages, sources: await apt.downloadSources(SOURCES), llvm };
}

/**
 * Makes the unpacked programs run from `prefix` with the libraries, and the glibc, that came with
 * them.
 *
 * @param {string} prefix
 * @param {{ triple: string, loader: string }} machine
 */
async function adapt(prefix, { triple, loader }) {
  step("adapting the programs to this system");
  const usr = path.join(prefix, "usr");
  const llvm = llvmRoot(prefix);
  const libraries = [path.join(usr, "lib", triple), path.join(path.dirname(llvm), "lib")];
  const rpath = libraries.join(":");
  const interpreter = path.join(prefix, loader);
  /**
   * @param {string} file
   * @param {string[]} flags
   */
  const patchelf = async (file, ...flags) => {
    const program = path.join(usr, "bin/patchelf");
    const args = [
      "--library-path",
      libraries[0],
      program,
      ...flags,
      "--force-rpath",
      "--set-rpath",
      rpath,
      file,
    ];
    const { isWell, errors } = await run(interpreter, args);
    if (!isWell) fail(`${file} could not be adapted: ${errors}`);
  };

  const programs = [llvm, path.join(usr, "bin")].flatMap((folder) => elfFiles(folder, /./));
  const used = programs.filter(
    (file) => file.startsWith(llvm) || /\/(wasm-[^/]*|wasm2js|cmake|ctest|ninja|xz)$/.test(file),
  );
  for (const file of used) await patchelf(file, "--set-interpreter", interpreter);
  for (const folder of libraries) {
    for (const file of elfFiles(folder, /^lib(LLVM|clang|lldb|binaryen|c\+\+).*\.so/))
      await patchelf(file);
  }
  mendScripts(path.join(usr, "share/emscripten"));
  writeConfiguration(prefix, llvm, { rpath, interpreter });
}

/**
 * Emscripten's scripts do not start from a folder with a space in its name.
 *
 * @param {string} folder
 */
function mendScripts(folder) {
  for (const name of fs.readdirSync(folder).filter((name) => /^em[a-z+-]+$/.test(name))) {
    const file = path.join(folder, name);
    const text = fs.readFileSync(file, "utf8");
    fs.writeFileSync(file, text.replace("$(readlink -f $0)", '$(readlink -f "$0")'));
  }
}

/**
 * The folder of clang, in the version that Debian's own configuration of Emscripten names.
 *
 * @param {string} prefix
 */
function llvmRoot(prefix) {
  const text = fs.readFileSync(path.join(prefix, "usr/share/emscripten/.emscripten"), "utf8");
  const version = /CLANG_ADD_VERSION\s*=\s*['"](\d+)['"]/.exec(text)?.[1];
  return version
    ? path.join(prefix, `usr/lib/llvm-${version}/bin`)
    : fail("Emscripten's configuration names no clang.");
}

/**
 * Regular ELF files of `folder` whose name matches; links are left out, since their target is
 * listed too.
 *
 * @param {string} folder
 * @param {RegExp} pattern
 */
function elfFiles(folder, pattern) {
  const entries = fs.readdirSync(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && pattern.test(entry.name));
  return files.map((entry) => path.join(folder, entry.name)).filter(isElf);
}

/** @param {string} file */
function isElf(file) {
  const magic = Buffer.alloc(4);
  const descriptor = fs.openSync(file, "r");
  fs.readSync(descriptor, magic, 0, 4, 0);
  fs.closeSync(descriptor);
  return magic.toString("latin1") === "\x7fELF";
}

/**
 * Emscripten's configuration, a CMake toolchain file for native builds, and `programs` with just
 * what builds call.
 *
 * @param {string} prefix
 * @param {string} llvm
 * @param {{ rpath: string, interpreter: string }} linking
 */
function writeConfiguration(prefix, llvm, { rpath, interpreter }) {
  /** @param {string} text */
  const quote = (text) => JSON.stringify(text);
  const em = {
    LLVM_ROOT: llvm,
    BINARYEN_ROOT: path.join(prefix, "usr"),
    CACHE: path.join(prefix, "emscripten-cache"),
  };
  const lines = Object.entries(em).map(([key, value]) => `${key} = ${quote(value)}\n`);
  fs.writeFileSync(path.join(prefix, "emscripten.config"), lines.join(""));

  const flags = `-fuse-ld=lld ${quote(`-Wl,--dynamic-linker=${interpreter}`)} ${quote(`-Wl,-rpath,${rpath}`)}`;
  const native = [
    `set(CMAKE_C_COMPILER ${quote(path.join(llvm, "clang"))})`,
    `set(CMAKE_CXX_COMPILER ${quote(path.join(llvm, "clang++"))})`,
    `set(CMAKE_SYSROOT ${quote(prefix)})`,
    `set(CMAKE_EXE_LINKER_FLAGS_INIT ${quote(flags)})`,
  ];
  fs.writeFileSync(path.join(prefix, "native.cmake"), `${native.join("\n")}\n`);

  const bin = path.join(prefix, "programs");
  fs.mkdirSync(bin, { recursive: true });
  const names = {
    "../usr/bin": ["cmake", "ctest", "ninja"],
    [llvm]: ["clang-format", "clang-tidy", "llvm-symbolizer"],
  };
  for (const [folder, programs] of Object.entries(names)) {
    for (const name of programs) fs.symlinkSync(path.join(folder, name), path.join(bin, name));
  }

  // For people who build a project of their own with it: `. env.sh`.
  const folders = [bin, path.join(prefix, "usr/share/emscripten"), "$PATH"].join(":");
  const exports = [
    `PATH="${folders}"`,
    `EM_CONFIG="${prefix}/emscripten.config"`,
    'EM_NODE_JS="$(command -v node)"',
  ];
  fs.writeFileSync(path.join(prefix, "env.sh"), exports.map((line) => `export ${line}\n`).join(""));
}

/**
 * Runs each program once: a toolchain that does not start must not be marked ready.
 *
 * @param {string} prefix
 */
async function verify(prefix) {
  const env = environment(prefix);
  for (const command of [
    "emcc --version",
    "cmake --version",
    "ninja --version",
    "clang-tidy --version",
  ]) {
    const [program, ...args] = command.split(" ");
    const { isWell, output, errors } = await run(program, args, { env });
    if (!isWell)
      fail(`The provisioned toolchain does not run: "${command}" says ${errors || output.trim()}`);
  }
}

/**
 * The environment in which builds find the toolchain at `prefix`.
 *
 * @param {string} prefix
 * @returns {NodeJS.ProcessEnv}
 */
export function environment(prefix) {
  const programs = path.join(prefix, "programs");
  const symbolizer = path.join(programs, "llvm-symbolizer");
  const folders = [programs, path.join(prefix, "usr/share/emscripten"), process.env.PATH];
  return {
    ...process.env,
    // So that the traces of native sanitizers name functions and lines.
    ASAN_SYMBOLIZER_PATH: symbolizer,
    MSAN_SYMBOLIZER_PATH: symbolizer,
    UBSAN_SYMBOLIZER_PATH: symbolizer,
    PATH: folders.join(path.delimiter),
    EM_CONFIG: path.join(prefix, "emscripten.config"),
    EM_NODE_JS: process.execPath, // not in the configuration, which outlives this Node
  };
}
