// Configures and builds the presets of CMakePresets.json with the toolchain in use.

import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fail, step } from "./console.mjs";
import { withLock } from "./lock.mjs";
import { run } from "./processes.mjs";

/** @typedef {import("./toolchain.mjs").Toolchain} Toolchain */

/** Presets for this machine. The others are for Emscripten. */
const nativePresets = ["native", "threads", "fuzz", "costs"];

/** Presets with tests, which need sources of other projects. */
const testPresets = ["native", "threads", "fuzz", "wasm"];

/**
 * Builds targets of a preset, or everything if there are none. With `keepGoing`, a failed target
 * does not stop the others.
 *
 * @param {string} preset
 * @param {Toolchain} toolchain
 * @param {{ targets?: string[], keepGoing?: boolean, onLine?: (line: string) => void }} [options]
 */
export async function build(preset, toolchain, { targets = [], keepGoing = false, onLine } = {}) {
  const { env } = toolchain;
  await withLock("build/locks/build", "builds in this folder", async () => {
    await configure(preset, toolchain, onLine);
    step(`building ${[preset, ...targets].join(" ")}`);
    const flags = [
      ...targets.flatMap((target) => ["--target", target]),
      ...(keepGoing ? ["--", "-k", "0"] : []),
    ];
    if ((await run("cmake", ["--build", `build/${preset}`, ...flags], { env, onLine })) !== 0)
      fail(`Building ${preset} failed; the output above says why.`);
  });
}

/**
 * Configures a preset, unless its folder was configured in the same way before. CMake keeps the
 * toolchain paths from its first run, so a change needs a new configuration. Ninja itself notices
 * changes in a CMakeLists.txt.
 *
 * @param {string} preset
 * @param {Toolchain} toolchain
 * @param {(line: string) => void} [onLine]
 */
async function configure(preset, { name, env, native, sources }, onLine) {
  const folder = `build/${preset}`;
  const isNative = nativePresets.includes(preset);
  const quiet = ["--log-level=WARNING", "--no-warn-unused-cli"]; // because not every preset uses every source
  const paths = [...(isNative ? native : []), ...(testPresets.includes(preset) ? sources : [])];
  const args = ["--preset", preset, ...quiet, "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", ...paths];

  const presets = createHash("sha256").update(fs.readFileSync("CMakePresets.json")).digest("hex");
  const configured = [name, presets, ...args].join("\n");
  const stamp = path.join(folder, ".hawser-configured");
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === configured) return;
  fs.rmSync(folder, { recursive: true, force: true });
  step(`configuring ${preset}`);
  // Emscripten installs its headers at the first compile. Do that before the build, or the next
  // build would consider all of it outdated.
  if (!isNative)
    await run("embuilder", ["build", "sysroot"], { env, onLine: onLine ?? (() => {}) }).catch(
      () => {},
    );
  const [program, ...rest] = isNative ? ["cmake", ...args] : ["emcmake", "cmake", ...args];
  if ((await run(program, rest, { env, onLine })) !== 0)
    fail(`Configuring ${preset} failed; the output above says why.`);
  fs.writeFileSync(stamp, configured);
}
