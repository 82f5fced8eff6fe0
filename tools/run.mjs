// The commands of package.json: node tools/run.mjs <start|test|build|bench|herd|fuzz|soak|endure|lint|format>. Each first makes sure of what it
// needs, so that it works in a fresh clone, and is quick when everything is there.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { findBrowsers } from "./browsers.mjs";
import { fail, Failure, skip, skipped, step } from "./console.mjs";
import { reporters, updateTable } from "./engines.mjs";
import { findToolchain } from "./toolchain.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Most tests wait for a browser or for a server most of the time, and so find room beside each other on two cores. */
const testsAtATime = 3;

const commands = { start, test, build, bench, herd, fuzz, soak, endure, lint, format };

/** @typedef {import("./toolchain.mjs").Toolchain} Toolchain */

try {
  if (typeof process.getBuiltinModule !== "function") fail(`This is Node ${process.version}: install 20.16 or newer.`);
  const command = commands[/** @type {keyof typeof commands} */ (process.argv[2])];
  if (!command) fail(`Usage: node tools/run.mjs <${Object.keys(commands).join("|")}>`);
  process.chdir(root);
  await command();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}

async function start() {
  const port = parsePort(process.env.PORT || "8080");
  await build();
  const { startDemo } = await import("../demo/server.mjs");
  const { url } = await startDemo({ port, root }).catch((error) => fail(error.message));
  step(`the demo is at ${url} (Ctrl+C ends it)`);
}

/** @param {string} text */
function parsePort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) fail(`PORT is "${text}", which is no port number. Use 0 to 65535.`);
  return port;
}

async function build() {
  await installPackages(".");
  await buildRelease(await findToolchain());
}

/** @param {Toolchain} toolchain */
async function buildRelease(toolchain) {
  // Emscripten installs its headers at the first compile, and all of that build would look stale to the next.
  outputOf("embuilder", ["build", "sysroot"], toolchain.env);
  await configure("release", toolchain);
  await compile("release", toolchain);
}

async function test() {
  await installPackages(".");
  const toolchain = await findToolchain();
  const env = { ...toolchain.env, ...(await findBrowsers()), HAWSER_NODE: await findNodeWithJspi() };
  await buildRelease(toolchain);
  await configure("native", toolchain, [...toolchain.native, ...toolchain.sources]);
  await compile("native", toolchain);
  await configure("wasm", toolchain, toolchain.sources);
  await compile("wasm", toolchain);
  await buildBench(toolchain);

  const tests = ["tests/node/", "tests/browser/"].flatMap((folder) => filesOf(folder, /\.test\.mjs$/));
  const results = {
    "C++, natively": await run("ctest", ctestFlags("native"), env),
    "C++, as wasm": await run("ctest", ctestFlags("wasm"), env),
    JavaScript: await run(
      process.execPath,
      ["--test", `--test-concurrency=${testsAtATime}`, ...reporters(), ...tests],
      env,
    ),
    "form and types": await isWellFormed(toolchain),
  };
  for (const [name, isPassed] of Object.entries(results)) step(`${isPassed ? "passed" : "FAILED"}: ${name}`);
  for (const what of skipped) step(`skipped: ${what}`);
  if (Object.values(results).includes(false)) fail("npm test failed; the output above says where.");
  updateTable();
}

/** @param {string} preset */
function ctestFlags(preset) {
  return [
    "--test-dir",
    `build/${preset}`,
    "--output-on-failure",
    "--no-tests=error",
    "--parallel",
    String(testsAtATime),
  ];
}

async function bench() {
  const args = process.argv.slice(3);
  const { parseOptions } = await import("../tests/bench/options.mjs");
  const options = parseOptions(args); // a mistake is told before minutes of building
  if ("help" in options) return console.log(options.help);
  await installPackages(".");
  const toolchain = await findToolchain();
  const env = { ...toolchain.env, ...(await findBrowsers()), HAWSER_NODE: await findNodeWithJspi() };
  await buildRelease(toolchain);
  await buildBench(toolchain);
  await must(process.execPath, ["tests/bench/bench.mjs", ...args], env);
}

/** @param {Toolchain} toolchain */
async function buildBench(toolchain) {
  await configure("bench", toolchain);
  await compile("bench", toolchain);
}

async function herd() {
  await installPackages(".");
  const toolchain = await findToolchain();
  await configure("native", toolchain, [...toolchain.native, ...toolchain.sources]);
  await compile("native", toolchain, ["herd"]);
  await must(process.execPath, ["tests/herd/herd.mjs", ...process.argv.slice(3)], toolchain.env);
}

async function fuzz() {
  const { parseOptions, runFuzzers } = await import("../tests/fuzz/fuzz.mjs");
  const options = parseOptions(process.argv.slice(3)); // a mistake is told before minutes of building
  if ("help" in options) return console.log(options.help);
  await installPackages(".");
  await buildFuzzers(await findToolchain());
  runFuzzers(options);
}

/** @param {Toolchain} toolchain */
async function buildFuzzers(toolchain) {
  await configure("fuzz", toolchain, [...toolchain.native, ...toolchain.sources]);
  await compile("fuzz", toolchain, ["fuzzers"]);
}

async function soak() {
  await build();
  const env = { ...process.env, ...(await findBrowsers()), HAWSER_NODE: await findNodeWithJspi() };
  await must(process.execPath, ["tests/soak/soak.mjs", ...process.argv.slice(3)], env);
}

async function endure() {
  const args = process.argv.slice(3);
  await installPackages(".");
  const { parseEndurance, endure } = await import("../tests/endurance/endure.mjs");
  const options = parseEndurance(args);
  if ("help" in options) return console.log(options.help);
  const toolchain = await findToolchain();
  Object.assign(process.env, await findBrowsers(), { HAWSER_NODE: await findNodeWithJspi() });
  await buildRelease(toolchain);
  await configure("native", toolchain, [...toolchain.native, ...toolchain.sources]);
  await compile("native", toolchain, ["model"]);
  await buildFuzzers(toolchain);
  await endure(options);
}

async function lint() {
  await installPackages(".");
  const toolchain = await findToolchain();
  await buildRelease(toolchain); // tsc reads the types of what it makes
  if (!(await isWellFormed(toolchain))) fail("npm run lint failed; npm run format mends what is only form.");
}

async function format() {
  await installPackages(".");
  const { env } = await findToolchain();
  await must("clang-format", ["-i", ...cxxFiles()], env);
  await must("npx", ["prettier", "--log-level=warn", "--write", "."], env);
}

/** @param {Toolchain} toolchain */
async function isWellFormed({ env }) {
  const sources = cxxFiles().filter((file) => /^(wasm\/(src|embind|examples)|demo)\/.*\.cpp$/.test(file));
  // clang-tidy must see what emcc, and not what this machine's own compiler, would see.
  const flags = wordsOf(outputOf("emcc", ["--cflags"], env));
  const tidy = ["--quiet", "-p", "build/release", ...flags.map((flag) => `--extra-arg=${flag}`)];
  const count = Math.min(os.availableParallelism(), testsAtATime);
  const shares = Array.from({ length: count }, (_, i) => sources.filter((_, at) => at % count === i));
  const checks = /** @type {[string, string[]][]} */ ([
    ["npx", ["eslint", "."]],
    ["npx", ["prettier", "--check", "--log-level=warn", "."]],
    ["npx", ["tsc", "-p", "."]],
    ["clang-format", ["--dry-run", "--Werror", ...cxxFiles()]],
    ...shares.map((share) => ["clang-tidy", [...tidy, ...share]]),
  ]);
  const missing = ["clang-format", "clang-tidy"].filter((program) => !isInstalled(program, env));
  for (const program of missing) skip(`${program}, which comes with clang and is not installed`);
  const possible = checks.filter(([program]) => !missing.includes(program));
  const results = await Promise.all(possible.map(([program, args]) => passesCheck(program, args, env)));
  return !results.includes(false);
}

/**
 * Whether `program` found nothing. What it found is printed when it ends, since others run at the same time.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function passesCheck(program, args, env) {
  const name = program === "npx" ? args[0] : program;
  const child = spawn(program, args, { env, shell: process.platform === "win32" });
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => output.push(data));
  const [code] = await once(child, "close").catch((error) => [error.message]);
  step(code === 0 ? `${name} found nothing` : `${name} failed (${code})`);
  if (code !== 0) process.stdout.write(Buffer.concat(output));
  return code === 0;
}

/**
 * The words of a command line, which has those with a space in them in quotes.
 *
 * @param {string} text
 */
function wordsOf(text) {
  return (text.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ""));
}

function cxxFiles() {
  return ["wasm", "demo", "tests"].flatMap((folder) => filesOf(folder, /\.[ch]pp$/));
}

/**
 * @param {string} folder
 * @param {RegExp} pattern
 */
function filesOf(folder, pattern) {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
  return files.filter((file) => pattern.test(file) && !file.includes("node_modules")).sort();
}

/**
 * Runs `npm ci` in `folder`, unless what its lock file says is there already.
 *
 * @param {string} folder
 */
async function installPackages(folder) {
  const lock = fs.readFileSync(path.join(folder, "package-lock.json"));
  const stamp = path.join(folder, "node_modules", ".hawser-lock");
  if (fs.existsSync(stamp) && fs.readFileSync(stamp).equals(lock)) return;
  fs.rmSync(stamp, { force: true });
  step(`installing npm packages${folder === "." ? "" : ` in ${folder}`}`);
  // No package needs to run a script of its own, and one that does is not to be trusted for that.
  if (!(await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder]))) {
    fail("npm ci failed; its output above says why. Is there a network?");
  }
  fs.writeFileSync(stamp, lock);
}

/** A Node that can suspend wasm (JSPI), for the tests that wait: this one, or the one that npm has for this platform. */
async function findNodeWithJspi() {
  if ("Suspending" in WebAssembly) return process.execPath;
  await installPackages("tests/runtime");
  const { platform, arch } = process;
  const node = path.resolve(`tests/runtime/node_modules/node-${platform}-${arch}/bin/node`);
  if (!fs.existsSync(node))
    fail(`The tests need a Node with JSPI, version 25 or newer, and npm has none for ${platform}-${arch}.`);
  return node;
}

/**
 * @param {string} preset
 * @param {Toolchain} toolchain
 * @param {string[]} options
 */
async function configure(preset, { name, env }, options = []) {
  const folder = `build/${preset}`;
  const stamp = path.join(folder, ".hawser-toolchain");
  // CMake keeps the paths of the toolchain that it first saw, and does not notice when another takes its place.
  if (!fs.existsSync(stamp) || fs.readFileSync(stamp, "utf8") !== name)
    fs.rmSync(folder, { recursive: true, force: true });
  const isNative = preset === "native" || preset === "fuzz";
  const quiet = ["--log-level=WARNING", "--no-warn-unused-cli"]; // not every preset uses every source
  const args = ["--preset", preset, ...quiet, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", ...options];
  await must(isNative ? "cmake" : "emcmake", isNative ? args : ["cmake", ...args], env);
  fs.writeFileSync(stamp, name);
}

/**
 * @param {string} preset
 * @param {Toolchain} toolchain
 * @param {string[]} targets all of them if there are none
 */
async function compile(preset, { env }, targets = []) {
  step(`building ${preset} (the first time Emscripten's own libraries too, which takes minutes and says little)`);
  await must("cmake", ["--build", `build/${preset}`, ...targets.flatMap((target) => ["--target", target])], env);
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function must(program, args, env) {
  if (!(await run(program, args, env))) fail(`${program} failed; its output above says why.`);
}

/**
 * Whether `program` ended well. What it prints goes to the terminal.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function run(program, args, env = process.env) {
  const child = spawn(program, args, {
    env,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  const [code] = await once(child, "close").catch((error) => {
    fail(`${program} cannot be started (${error.message}). Is it installed, and on PATH?`);
  });
  return code === 0;
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
function outputOf(program, args, env) {
  return spawnSync(program, args, { env, encoding: "utf8", shell: process.platform === "win32" }).stdout ?? "";
}

/**
 * @param {string} program
 * @param {NodeJS.ProcessEnv} env
 */
function isInstalled(program, env) {
  return spawnSync(program, ["--version"], { env, shell: process.platform === "win32" }).status === 0;
}
