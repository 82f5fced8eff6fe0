// Provisions the whole toolchain from Debian packages into a private folder: no root, and nothing
// outside that folder changes. Debian 12's own Emscripten is too old; the suite named below has one
// that is new enough, and its programs run on an older Debian when they bring their own glibc.

import { createHash } from "node:crypto";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pipeline } from "node:stream";
import { fail, step } from "./console.mjs";

const SUITE = "forky";
/** @type {Record<string, { triple: string, loader: string } | undefined>} */
const ARCHITECTURES = {
  amd64: { triple: "x86_64-linux-gnu", loader: "lib64/ld-linux-x86-64.so.2" },
  arm64: { triple: "aarch64-linux-gnu", loader: "lib/ld-linux-aarch64.so.1" },
};
// Source packages that tests use, each unpacked into a folder of its name.
export const SOURCES = ["catch2", "drogon", "trantor"];
// Unpacked toolchain, its downloads, and Emscripten's system libraries, with room to spare.
const NEEDED_BYTES = 4e9;
const DISK_IS_FULL = /ENOSPC|EDQUOT|No space left|enough free space|quota exceeded/i;
// A toolchain that no run has used for so long goes when another one is provisioned.
const KEPT_UNUSED_MS = 30 * 24 * 60 * 60 * 1000;
// Weight that no build needs; libraries among these packages stay.
const LEFT_OUT = ["./usr/share/doc/*", "./usr/share/man/*", "./usr/share/locale/*", "./usr/lib/gcc/*/*/cc1*"];

export function isDebian() {
  try {
    return /^ID=debian$/m.test(fs.readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

/**
 * The folder of a complete toolchain, provisioned into `cache` first where it is not there yet.
 * A folder is complete when it holds READY, which is written last, so that what an interrupted run
 * leaves behind is thrown away and never trusted.
 *
 * @param {string} cache
 */
export async function provision(cache) {
  const recipe = fs.readFileSync(new URL(import.meta.url));
  const hash = createHash("sha256").update(recipe).digest("hex").slice(0, 12);
  const prefix = path.join(cache, `debian-${SUITE}-${hash}`);
  if (isReady(prefix)) return prefix;

  const lock = lockFolder(cache);
  try {
    if (isReady(prefix)) return prefix; // another run made it while this one waited
    await make(prefix, cache);
    return prefix;
  } catch (error) {
    remove(prefix);
    if (error instanceof Error && DISK_IS_FULL.test(error.message)) noSpace(cache);
    throw error;
  } finally {
    fs.closeSync(lock);
  }
}

/** @param {string} prefix */
function readyFile(prefix) {
  return path.join(prefix, "READY");
}

/**
 * Whether `prefix` is complete. If so, its READY gets today's date: see removeUnused.
 *
 * @param {string} prefix
 */
function isReady(prefix) {
  try {
    fs.utimesSync(readyFile(prefix), new Date(), new Date());
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} prefix
 * @param {string} cache
 */
async function make(prefix, cache) {
  const machine = architecture();
  removeUnused(cache);
  checkSpace(cache);
  const downloads = path.join(cache, "downloads");
  const { packages, archives } = await download(downloads);
  await unpack(packages, prefix);
  adapt(prefix, machine);
  for (const archive of archives) unpackSource(archive, prefix);
  verify(prefix);
  fs.rmSync(downloads, { recursive: true, force: true });
  fs.writeFileSync(readyFile(prefix), "complete\n");
}

/** @param {string} cache */
function removeUnused(cache) {
  for (const name of fs.readdirSync(cache).filter((name) => name.startsWith("debian-"))) {
    const prefix = path.join(cache, name);
    const used = fs.statSync(readyFile(prefix), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - used < KEPT_UNUSED_MS) continue;
    step(`removing ${prefix}, which is ${used ? "unused" : "incomplete"}`);
    remove(prefix);
  }
}

/**
 * READY goes first, so that nobody trusts what an interrupted removal leaves.
 *
 * @param {string} prefix
 */
function remove(prefix) {
  fs.rmSync(readyFile(prefix), { force: true });
  fs.rmSync(prefix, { recursive: true, force: true, maxRetries: 5 }); // a killed run's tar may write for a moment
}

/** @param {string} cache */
function checkSpace(cache) {
  const { bavail, bsize } = fs.statfsSync(cache);
  if (bavail * bsize < NEEDED_BYTES) noSpace(cache);
}

/**
 * @param {string} cache
 * @returns {never}
 */
function noSpace(cache) {
  fail(
    `There is not enough free disk space in ${cache}: the toolchain wants ${NEEDED_BYTES / 1e9} GB.`,
    "Free some, or set XDG_CACHE_HOME to a folder on a larger disk, and run this again.",
  );
}

/**
 * Makes `cache`, waits until no other run provisions into it, and returns the descriptor that keeps others out while it
 * is open. The lock is the kernel's, so a killed run locks nobody out.
 *
 * @param {string} cache
 */
function lockFolder(cache) {
  const descriptor = openLock(cache);
  /** @param {string[]} flags */
  const isLocked = (...flags) => {
    const command = tied("flock", [...flags, "3"]);
    return spawnSync(...command, { stdio: ["ignore", "inherit", "inherit", descriptor] }).status === 0;
  };
  if (isLocked("--nonblock")) return descriptor;
  step(`waiting for another run, which provisions the toolchain into ${cache}`);
  return isLocked() ? descriptor : fail(`${cache} cannot be locked: is flock installed?`);
}

/** @param {string} cache */
function openLock(cache) {
  try {
    fs.mkdirSync(cache, { recursive: true });
    return fs.openSync(path.join(cache, "provisioning.lock"), "w");
  } catch (error) {
    if (DISK_IS_FULL.test(String(error))) noSpace(cache);
    return fail(
      `The toolchain's cache folder ${cache} cannot be written: ${error}.`,
      "Set XDG_CACHE_HOME to a folder that you may write to, and run this again.",
    );
  }
}

/**
 * Downloads every package into `folder`. What an earlier run got is kept: apt checks each file.
 *
 * @param {string} folder
 */
async function download(folder) {
  const apt = privateApt(folder);
  step(`reading Debian ${SUITE}'s package lists`);
  await apt("apt-get", ["update"]);

  const shown = await apt("apt-cache", ["show", "emscripten"]);
  const llvm = /clang-(\d+)/.exec(shown)?.[1];
  if (!llvm) fail(`Debian ${SUITE}'s emscripten package names no clang that this script understands.`);

  const wanted = ["emscripten", "cmake", "ninja-build", "patchelf"];
  wanted.push(`libclang-rt-${llvm}-dev`, `clang-format-${llvm}`, `clang-tidy-${llvm}`);
  step("downloading Emscripten, clang, CMake and Ninja");
  await apt("apt-get", ["install", "-y", "--download-only", ...wanted]);
  // An earlier run may have got versions that the suite no longer has; they must not be unpacked too.
  await apt("apt-get", ["autoclean"]);
  const packages = listed(path.join(folder, "archives"), ".deb");

  step("downloading the sources that tests use");
  const sources = path.join(folder, "sources");
  fs.rmSync(sources, { recursive: true, force: true });
  fs.mkdirSync(sources);
  await apt("apt-get", ["source", "--download-only", ...SOURCES], sources);
  const archives = listed(sources, ".gz", ".xz").filter((file) => file.includes(".orig."));
  if (!packages.length || archives.length !== SOURCES.length) {
    fail("apt-get ended well and yet left no packages; nothing was kept.");
  }
  return { packages, archives };
}

/**
 * @param {string} folder
 * @param {string[]} endings
 */
function listed(folder, ...endings) {
  const names = fs.readdirSync(folder).filter((name) => endings.some((ending) => name.endsWith(ending)));
  return names.map((name) => path.join(folder, name));
}

/**
 * apt-get and apt-cache with a state of their own, which holds no installed package and one suite. They resolve with
 * what the program prints.
 *
 * @param {string} folder
 */
function privateApt(folder) {
  /** @param {string} name */
  const inside = (name) => path.join(folder, name);
  for (const name of ["lists/partial", "archives/partial"]) fs.mkdirSync(inside(name), { recursive: true });
  fs.writeFileSync(inside("status"), "");
  const signed = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]";
  const mirror = debianMirror();
  const lines = ["deb", "deb-src"].map((kind) => `${kind} ${signed} ${mirror} ${SUITE} main\n`);
  fs.writeFileSync(inside("sources.list"), lines.join(""));
  const options = {
    "Dir::State": folder,
    "Dir::State::Lists": inside("lists"),
    "Dir::State::status": inside("status"),
    "Dir::Etc::SourceList": inside("sources.list"),
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::Cache": folder,
    "Dir::Cache::Archives": inside("archives"),
    "APT::Install-Recommends": "0",
    "APT::Sandbox::User": "",
    "APT::Status-Fd": "3",
    // Without this, an update that reached nothing ends well.
    "APT::Update::Error-Mode": "any",
    "Acquire::Retries": "3",
    "Debug::NoLocking": "1",
  };
  const flags = Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  /**
   * @param {"apt-get" | "apt-cache"} program
   * @param {string[]} args
   */
  return (program, args, cwd = folder) => runApt(program, [...flags, ...args], cwd);
}

/** The mirror that this system's own apt uses, so that a local one is respected. */
function debianMirror() {
  const known = aptSources().find(({ origin, release }) => origin === "Debian" && !release.includes("security"));
  // Where apt has no package lists, as in many containers, it does not know whose its sources are.
  const unknown = known ? [] : aptSources("--no-release-info");
  const guessed = unknown.find(({ uri, component }) => component === "main" && /\/debian\/?$/.test(uri));
  const mirror = (known ?? guessed)?.uri;
  return mirror ?? fail("apt-get knows no Debian mirror: /etc/apt names no source to take the toolchain from.");
}

/** @param {string[]} flags */
function aptSources(...flags) {
  const format = ["--format", "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)", "Created-By: Packages"];
  const { stdout, error } = spawnSync("apt-get", ["indextargets", ...flags, ...format], { encoding: "utf8" });
  if (error) fail(`The toolchain could not be downloaded: ${error.message}.`);
  const lines = (stdout ?? "").split("\n").map((line) => line.split(" "));
  return lines.map(([uri = "", release = "", component = "", origin = ""]) => ({ uri, release, component, origin }));
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 */
async function runApt(program, args, cwd) {
  const env = { ...process.env, LC_ALL: "C" };
  const child = spawn(...tied(program, args), { cwd, env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  let output = "";
  child.stdout?.on("data", (data) => (output += data));
  child.stdio[3]?.on("data", progressPrinter());
  const { isWell, errors } = await endOf(child);
  return isWell ? output : aptFailed(errors);
}

/**
 * What to spawn for a program that must not go on alone, unseen, when this process is killed.
 *
 * @param {string} program
 * @param {string[]} args
 * @returns {[string, string[]]}
 */
function tied(program, args) {
  return ["setpriv", ["--pdeathsig", "KILL", program, ...args]];
}

function progressPrinter() {
  let shown = 0;
  /** @param {Buffer} data */
  return (data) => {
    for (const [, percent] of String(data).matchAll(/^dlstatus:[^:]*:([\d.]+):/gm)) {
      if (Number(percent) < shown + 10) continue;
      shown = Math.floor(Number(percent) / 10) * 10;
      step(`  ${shown} %`);
    }
  };
}

/**
 * @param {string} errors
 * @returns {never}
 */
function aptFailed(errors) {
  if (DISK_IS_FULL.test(errors)) throw new Error(errors);
  const lines = errors.split("\n").filter((line) => /^[EW]:/.test(line));
  fail(
    "The toolchain could not be downloaded. apt-get says:",
    ...(lines.length ? lines : [errors.trim()]).slice(-4).map((line) => `  ${line}`),
    "Is there a network? What has come so far is kept and checked: run the same command again to go on.",
  );
}

/**
 * How `child` ended, and what it wrote on standard error.
 *
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<{ isWell: boolean, errors: string }>}
 */
function endOf(child) {
  return new Promise((resolve) => {
    let errors = "";
    child.stderr?.on("data", (data) => (errors += data));
    child.on("error", (error) => resolve({ isWell: false, errors: error.message }));
    child.on("close", (code) => resolve({ isWell: code === 0, errors }));
  });
}

/**
 * @param {string[]} packages
 * @param {string} prefix
 */
async function unpack(packages, prefix) {
  step(`unpacking ${packages.length} packages`);
  fs.mkdirSync(prefix, { recursive: true });
  // Debian's folders of programs and libraries are links into usr; tar must not make real ones of them.
  // ("include" is for ninja: clang tells it of headers in lib/../include, which without a link it takes for a file that
  // is not there, and builds everything again each time.)
  for (const name of ["bin", "sbin", "lib", "lib64", "include"]) {
    fs.mkdirSync(path.join(prefix, "usr", name), { recursive: true });
    fs.symlinkSync(`usr/${name}`, path.join(prefix, name));
  }
  const queue = [...packages];
  /** @type {unknown[]} */
  const failures = [];
  const worker = async () => {
    while (queue.length > 0 && failures.length === 0) {
      await unpackOne(String(queue.pop()), prefix).catch((error) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  if (failures.length > 0) throw failures[0];
}

/**
 * @param {string} archive
 * @param {string} prefix
 */
async function unpackOne(archive, prefix) {
  const excludes = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
  const flags = ["-x", "-C", prefix, "--keep-directory-symlink", "--no-same-owner", ...excludes];
  const reader = spawn("dpkg-deb", ["--fsys-tarfile", archive], { stdio: ["ignore", "pipe", "pipe"] });
  const writer = spawn(...tied("tar", flags), { stdio: ["pipe", "ignore", "pipe"] });
  if (reader.stdout && writer.stdin) pipeline(reader.stdout, writer.stdin, () => {}); // how they end says why
  const [read, written] = await Promise.all([endOf(reader), endOf(writer)]);
  if (read.isWell && written.isWell) return;
  fs.rmSync(archive, { force: true }); // apt would take it for whole
  const errors = `${read.errors}${written.errors}`.trim();
  fail(`${path.basename(archive)} could not be unpacked: ${errors}`, "Run this again to download it anew.");
}

/**
 * Makes the unpacked programs run from `prefix` with the libraries, and the glibc, that came with them.
 *
 * @param {string} prefix
 * @param {{ triple: string, loader: string }} machine
 */
function adapt(prefix, { triple, loader }) {
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
  const patchelf = (file, ...flags) => {
    const program = path.join(usr, "bin/patchelf");
    const args = ["--library-path", libraries[0], program, ...flags, "--force-rpath", "--set-rpath", rpath, file];
    const { status, stderr } = spawnSync(interpreter, args, { encoding: "utf8" });
    if (status !== 0) fail(`${file} could not be adapted: ${stderr?.trim()}`);
  };

  const programs = [llvm, path.join(usr, "bin")].flatMap((folder) => elfFiles(folder, /./));
  const used = programs.filter(
    (file) => file.startsWith(llvm) || /\/(wasm-[^/]*|wasm2js|cmake|ctest|ninja)$/.test(file),
  );
  for (const file of used) patchelf(file, "--set-interpreter", interpreter);
  for (const folder of libraries) {
    for (const file of elfFiles(folder, /^lib(LLVM|clang|lldb|binaryen|c\+\+).*\.so/)) patchelf(file);
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

function architecture() {
  const { stdout } = spawnSync("dpkg", ["--print-architecture"], { encoding: "utf8" });
  const name = stdout?.trim();
  return ARCHITECTURES[name] ?? fail(`There is no recipe for Debian on ${name}; known are amd64 and arm64.`);
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
 * Regular ELF files of `folder` whose name matches; links are left out, since their target is listed too.
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
 * Emscripten's configuration, a CMake toolchain file for native builds, and `programs` with just what builds call.
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
  const exports = [`PATH="${folders}"`, `EM_CONFIG="${prefix}/emscripten.config"`, 'EM_NODE_JS="$(command -v node)"'];
  fs.writeFileSync(path.join(prefix, "env.sh"), exports.map((line) => `export ${line}\n`).join(""));
}

/**
 * Unpacks NAME_VERSION.orig.tar.* into the folder NAME of `prefix`.
 *
 * @param {string} archive
 * @param {string} prefix
 */
function unpackSource(archive, prefix) {
  const folder = path.join(prefix, path.basename(archive).split("_")[0]);
  fs.mkdirSync(folder);
  const { status, stderr } = spawnSync("tar", ["-xf", archive, "-C", folder, "--strip-components=1"], {
    encoding: "utf8",
  });
  if (status !== 0) fail(`${path.basename(archive)} could not be unpacked: ${stderr?.trim()}`);
}

/**
 * Runs each program once: a toolchain that does not start must not be marked ready.
 *
 * @param {string} prefix
 */
function verify(prefix) {
  const env = environment(prefix);
  for (const command of ["emcc --version", "cmake --version", "ninja --version", "clang-tidy --version"]) {
    const [program, ...args] = command.split(" ");
    const { status, stderr, error } = spawnSync(program, args, { env, encoding: "utf8" });
    if (status !== 0)
      fail(`The provisioned toolchain does not run: "${command}" says ${error?.message ?? stderr.trim()}`);
  }
}

/**
 * The environment in which builds find the toolchain at `prefix`.
 *
 * @param {string} prefix
 * @returns {NodeJS.ProcessEnv}
 */
export function environment(prefix) {
  const folders = [path.join(prefix, "programs"), path.join(prefix, "usr/share/emscripten"), process.env.PATH];
  return {
    ...process.env,
    PATH: folders.join(path.delimiter),
    EM_CONFIG: path.join(prefix, "emscripten.config"),
    EM_NODE_JS: process.execPath, // not in the configuration, which outlives this Node
  };
}
