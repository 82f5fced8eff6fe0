// Provisions the whole toolchain from Debian packages into a private folder: no root, and nothing
// outside that folder changes. Debian 12's own Emscripten is too old; the suite named below has one
// that is new enough, and its programs run on an older Debian when they bring their own glibc.

import { createHash } from "node:crypto";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fail, Failure, step } from "./console.mjs";

const SUITE = "forky";
const ARCHITECTURES = {
  amd64: { triple: "x86_64-linux-gnu", loader: "lib64/ld-linux-x86-64.so.2" },
  arm64: { triple: "aarch64-linux-gnu", loader: "lib/ld-linux-aarch64.so.1" },
};
// Unpacked toolchain, its downloads, and Emscripten's system libraries, with room to spare.
const NEEDED_BYTES = 4e9;
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
 */
export async function provision(cache) {
  const recipe = createHash("sha256").update(fs.readFileSync(new URL(import.meta.url))).digest("hex");
  const prefix = path.join(cache, `debian-${SUITE}-${recipe.slice(0, 12)}`);
  const ready = path.join(prefix, "READY");
  if (fs.existsSync(ready)) return prefix;

  makeFolder(cache);
  const unlock = await lock(cache);
  try {
    if (fs.existsSync(ready)) return prefix; // another run made it while this one waited
    checkSpace(cache);
    fs.rmSync(prefix, { recursive: true, force: true });
    const downloads = path.join(cache, "downloads");
    const { packages, catch2 } = await download(downloads);
    await unpack(packages, prefix);
    adapt(prefix);
    unpackCatch2(catch2, prefix);
    verify(prefix);
    fs.writeFileSync(ready, "complete\n");
    fs.rmSync(downloads, { recursive: true, force: true });
    return prefix;
  } catch (error) {
    if (error.code === "ENOSPC") noSpace(cache);
    throw error;
  } finally {
    unlock();
  }
}

function makeFolder(folder) {
  try {
    fs.mkdirSync(folder, { recursive: true });
  } catch (error) {
    fail(
      `The toolchain's cache folder ${folder} cannot be made: ${error.message}.`,
      "Set XDG_CACHE_HOME to a folder that you may write to, and run this again.",
    );
  }
}

function checkSpace(cache) {
  const { bavail, bsize } = fs.statfsSync(cache);
  if (bavail * bsize < NEEDED_BYTES) noSpace(cache);
}

function noSpace(cache) {
  fail(
    `There is not enough free disk space in ${cache}: the toolchain wants ${NEEDED_BYTES / 1e9} GB.`,
    "Free some, or set XDG_CACHE_HOME to a folder on a larger disk, and run this again.",
  );
}

/** Waits until no other run provisions into `cache`, and returns the function that lets the next one in. */
async function lock(cache) {
  const file = path.join(cache, "provisioning.lock");
  for (let announced = false; ; ) {
    try {
      fs.writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => fs.rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const owner = Number(readIfThere(file));
    if (owner && !isAlive(owner)) {
      fs.rmSync(file, { force: true });
      continue;
    }
    if (!announced) step(`waiting for another run (process ${owner || "unknown"}) that provisions the toolchain`);
    announced = true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function readIfThere(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Downloads every package into `folder`. What an earlier run got is kept: apt checks each file's hash. */
async function download(folder) {
  const apt = await privateApt(folder);
  step(`reading Debian ${SUITE}'s package lists`);
  await apt(["update"]);

  const shown = (await apt(["show", "emscripten"], "apt-cache")).output;
  const llvm = /clang-(\d+)/.exec(shown)?.[1];
  if (!llvm) fail(`Debian ${SUITE}'s emscripten package names no clang that this script understands.`);

  const wanted = ["emscripten", "cmake", "ninja-build", "patchelf"];
  wanted.push(...["libclang-rt-N-dev", "clang-format-N", "clang-tidy-N"].map((name) => name.replace("N", llvm)));
  step("downloading Emscripten, clang, CMake and Ninja");
  await apt(["install", "-y", "--download-only", ...wanted]);
  const archives = path.join(folder, "archives");
  const packages = listed(archives, ".deb");

  step("downloading Catch2's source");
  const sources = path.join(folder, "sources");
  fs.mkdirSync(sources, { recursive: true });
  await apt(["source", "--download-only", "catch2"], "apt-get", sources);
  const catch2 = listed(sources, ".gz", ".xz").find((file) => file.includes(".orig."));
  if (!packages.length || !catch2) fail("apt-get ended well and yet left no packages; nothing was kept.");
  return { packages, catch2 };
}

function listed(folder, ...endings) {
  const names = fs.readdirSync(folder).filter((name) => endings.some((ending) => name.endsWith(ending)));
  return names.map((name) => path.join(folder, name));
}

/** apt-get and apt-cache with a state of their own, which holds no installed package and one suite. */
async function privateApt(folder) {
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
    "Acquire::Retries": "3",
    "Debug::NoLocking": "1",
  };
  const flags = Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  return (args, program = "apt-get", cwd = folder) => runApt(program, [...flags, ...args], cwd);
}

/** The mirror that this system's own apt uses, so that a proxy or a local mirror is respected. */
function debianMirror() {
  const format = ["--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"];
  const { stdout } = spawnSync("apt-get", ["indextargets", ...format], { encoding: "utf8" });
  const lines = (stdout ?? "").split("\n").map((line) => line.split(" "));
  const mirror = lines.find(([uri, release]) => uri && release && !/security|updates|backports/.test(release))?.[0];
  if (!mirror) fail("apt-get knows no Debian mirror: /etc/apt has no source to take the toolchain from.");
  return mirror;
}

function runApt(program, args, cwd) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, LC_ALL: "C" };
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
    const text = { output: "", errors: "" };
    child.stdout.on("data", (data) => (text.output += data));
    child.stderr.on("data", (data) => (text.errors += data));
    child.stdio[3].on("data", progressPrinter());
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(text) : reject(aptFailure(text.errors))));
  });
}

function progressPrinter() {
  let shown = 0;
  return (data) => {
    for (const [, percent] of String(data).matchAll(/^dlstatus:[^:]*:([\d.]+):/gm)) {
      if (percent < shown + 10) continue;
      shown = Math.floor(percent / 10) * 10;
      step(`  ${shown} %`);
    }
  };
}

function aptFailure(errors) {
  if (/No space left/.test(errors)) return Object.assign(new Error(errors), { code: "ENOSPC" });
  const lines = errors.split("\n").filter((line) => /^[EW]:/.test(line));
  return new Failure(
    "The toolchain could not be downloaded. apt-get says:",
    ...lines.slice(-4).map((line) => `  ${line}`),
    "Is there a network? What has come so far is kept and checked: run the same command again to go on.",
  );
}

async function unpack(packages, prefix) {
  step(`unpacking ${packages.length} packages`);
  fs.mkdirSync(prefix, { recursive: true });
  // Debian's folders of programs and libraries are links into usr; tar must not make real ones of them.
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    fs.mkdirSync(path.join(prefix, "usr", name), { recursive: true });
    fs.symlinkSync(`usr/${name}`, path.join(prefix, name));
  }
  const queue = [...packages];
  const worker = async () => {
    while (queue.length) await unpackOne(queue.pop(), prefix);
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
}

function unpackOne(archive, prefix) {
  return new Promise((resolve, reject) => {
    const reader = spawn("dpkg-deb", ["--fsys-tarfile", archive], { stdio: ["ignore", "pipe", "pipe"] });
    const excludes = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
    const flags = ["-x", "-C", prefix, "--keep-directory-symlink", "--no-same-owner", ...excludes];
    const writer = spawn("tar", flags, { stdio: ["pipe", "ignore", "pipe"] });
    let errors = "";
    for (const child of [reader, writer]) {
      child.stderr.on("data", (data) => (errors += data));
      child.on("error", reject);
    }
    writer.stdin.on("error", () => {}); // tar's own exit code says why
    reader.stdout.pipe(writer.stdin);
    let left = 2;
    const ended = (code) => {
      if (code !== 0) reject(unpackFailure(archive, errors));
      else if (--left === 0) resolve();
    };
    reader.on("close", ended);
    writer.on("close", ended);
  });
}

function unpackFailure(archive, errors) {
  if (/No space left/.test(errors)) return Object.assign(new Error(errors), { code: "ENOSPC" });
  return new Failure(`${path.basename(archive)} could not be unpacked: ${errors.trim()}`);
}

/** Makes the unpacked programs run from `prefix` with the libraries, and the glibc, that came with them. */
function adapt(prefix) {
  step("adapting the programs to this system");
  const { triple, loader } = architecture();
  const usr = path.join(prefix, "usr");
  const llvm = llvmRoot(prefix);
  const libraries = [path.join(usr, "lib", triple), path.join(path.dirname(llvm), "lib")];
  const rpath = libraries.join(":");
  const interpreter = path.join(prefix, loader);
  const patchelf = (file, ...flags) => {
    const program = path.join(usr, "bin/patchelf");
    const args = ["--library-path", libraries[0], program, ...flags, "--force-rpath", "--set-rpath", rpath, file];
    const { status, stderr } = spawnSync(interpreter, args, { encoding: "utf8" });
    if (status !== 0) fail(`${file} could not be adapted: ${stderr?.trim()}`);
  };

  const programs = [llvm, path.join(usr, "bin")].flatMap((folder) => elfFiles(folder, /./));
  const used = programs.filter((file) => file.startsWith(llvm) || /\/(wasm-[^/]*|cmake|ctest|ninja)$/.test(file));
  for (const file of used) patchelf(file, "--set-interpreter", interpreter);
  for (const folder of libraries) {
    for (const file of elfFiles(folder, /^lib(LLVM|clang|lldb|binaryen|c\+\+).*\.so/)) patchelf(file);
  }
  writeConfiguration(prefix, llvm, { rpath, interpreter });
}

export function architecture() {
  const { stdout } = spawnSync("dpkg", ["--print-architecture"], { encoding: "utf8" });
  const known = ARCHITECTURES[stdout?.trim()];
  return known ?? fail(`There is no recipe for Debian on ${stdout?.trim()}; known are amd64 and arm64.`);
}

/** The folder of clang, in the version that Debian's own configuration of Emscripten names. */
function llvmRoot(prefix) {
  const text = fs.readFileSync(path.join(prefix, "usr/share/emscripten/.emscripten"), "utf8");
  const version = /CLANG_ADD_VERSION\s*=\s*['"](\d+)['"]/.exec(text)?.[1];
  return version ? path.join(prefix, `usr/lib/llvm-${version}/bin`) : fail("Emscripten's configuration names no clang.");
}

/** Regular ELF files of `folder` whose name matches; links are left out, since their target is listed too. */
function elfFiles(folder, pattern) {
  const entries = fs.readdirSync(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && pattern.test(entry.name));
  return files.map((entry) => path.join(folder, entry.name)).filter(isElf);
}

function isElf(file) {
  const magic = Buffer.alloc(4);
  const descriptor = fs.openSync(file, "r");
  fs.readSync(descriptor, magic, 0, 4, 0);
  fs.closeSync(descriptor);
  return magic.toString("latin1") === "\x7fELF";
}

/** Emscripten's configuration, a CMake toolchain file for native builds, and `bin` with just what builds call. */
function writeConfiguration(prefix, llvm, { rpath, interpreter }) {
  const quote = JSON.stringify;
  const em = {
    LLVM_ROOT: llvm,
    BINARYEN_ROOT: path.join(prefix, "usr"),
    NODE_JS: process.execPath,
    CACHE: path.join(prefix, "emscripten-cache"),
  };
  const lines = Object.entries(em).map(([key, value]) => `${key} = ${quote(value)}\n`);
  fs.writeFileSync(path.join(prefix, "emscripten.config"), lines.join(""));

  const flags = `-fuse-ld=lld -Wl,--dynamic-linker=${interpreter} -Wl,-rpath,${rpath}`;
  const native = [
    `set(CMAKE_C_COMPILER ${quote(path.join(llvm, "clang"))})`,
    `set(CMAKE_CXX_COMPILER ${quote(path.join(llvm, "clang++"))})`,
    `set(CMAKE_SYSROOT ${quote(prefix)})`,
    `set(CMAKE_EXE_LINKER_FLAGS_INIT ${quote(flags)})`,
  ];
  fs.writeFileSync(path.join(prefix, "native.cmake"), `${native.join("\n")}\n`);

  const bin = path.join(prefix, "programs");
  fs.mkdirSync(bin, { recursive: true });
  const names = { "../usr/bin": ["cmake", "ctest", "ninja"], [llvm]: ["clang-format", "clang-tidy", "llvm-symbolizer"] };
  for (const [folder, programs] of Object.entries(names)) {
    for (const name of programs) fs.symlinkSync(path.join(folder, name), path.join(bin, name));
  }
}

function unpackCatch2(archive, prefix) {
  const folder = path.join(prefix, "catch2");
  fs.mkdirSync(folder);
  const { status, stderr } = spawnSync("tar", ["-xf", archive, "-C", folder, "--strip-components=1"]);
  if (status !== 0) fail(`Catch2's source could not be unpacked: ${stderr}`);
}

/** Runs each program once: a toolchain that does not start must not be marked ready. */
function verify(prefix) {
  const env = environment(prefix);
  for (const command of ["emcc --version", "cmake --version", "ninja --version", "clang-tidy --version"]) {
    const [program, ...args] = command.split(" ");
    const { status, stderr, error } = spawnSync(program, args, { env, encoding: "utf8" });
    if (status !== 0) fail(`The provisioned toolchain does not run: "${command}" says ${error ?? stderr.trim()}`);
  }
}

/** The environment in which builds find the toolchain at `prefix`. */
export function environment(prefix) {
  const folders = [path.join(prefix, "programs"), path.join(prefix, "usr/share/emscripten"), process.env.PATH];
  return { ...process.env, PATH: folders.join(path.delimiter), EM_CONFIG: path.join(prefix, "emscripten.config") };
}
