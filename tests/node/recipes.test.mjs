// The overlay port for vcpkg and the recipe for Conan that npm run release makes. Neither tool is
// installed here: stand-ins (tests/support/recipes) run the recipes, and a program uses what they
// install.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { nodeWithJspi } from "../support/node.mjs";
import { createReleasable } from "../support/release.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const standIns = path.join(root, "tests/support/recipes");
const { version, homepage, license } = JSON.parse(
  fs.readFileSync(path.join(root, "package.json"), "utf8"),
);
const run = promisify(execFile);

const isInstallable = fs
  .readFileSync(path.join(root, "CMakeLists.txt"), "utf8")
  .includes("HAWSER_INSTALL");
const skip = isInstallable ? false : "cmake --install installs nothing yet";

describe("the recipes of a release", { skip, timeout: 3_000_000 }, () => {
  const releasable = createReleasable();
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-recipes-"));
  const prefixes = { vcpkg: path.join(scratch, "vcpkg"), conan: path.join(scratch, "conan") };
  const emscripten = execFileSync("em-config", ["EMSCRIPTEN_ROOT"], { encoding: "utf8" }).trim();
  const toolchain = path.join(emscripten, "cmake/Modules/Platform/Emscripten.cmake");
  /** @type {any} */
  let recipe;
  before(async () => {
    await releasable.release(["--from", pathToFileURL(releasable.published).href]);
    for (const name of fs
      .readdirSync(releasable.published)
      .filter((name) => /\.tar\.gz$/.test(name)))
      execFileSync("tar", ["-xf", path.join(releasable.published, name), "-C", scratch]);

    const portfile = path.join(scratch, "hawser-vcpkg/hawser/portfile.cmake");
    const variables = {
      PORTFILE: portfile,
      SCRATCH: scratch,
      PREFIX: prefixes.vcpkg,
      TOOLCHAIN: toolchain,
    };
    const definitions = Object.entries(variables).map(([name, value]) => `-D${name}=${value}`);
    await output("cmake", ...definitions, "-P", path.join(standIns, "portfile.cmake"));
    const script = path.join(standIns, "recipe.py");
    const folders = [path.join(scratch, "hawser-conan"), scratch, prefixes.conan, toolchain];
    recipe = JSON.parse(await output("python3", "-B", script, ...folders));
  });
  after(() => {
    releasable.remove();
    fs.rmSync(scratch, { recursive: true, force: true });
  });

  /**
   * The output of a program; if it fails, that is the error.
   *
   * @param {string} program
   * @param {string[]} args
   */
  async function output(program, ...args) {
    const { stdout } = await run(program, args, { maxBuffer: 1 << 26 }).catch((error) =>
      assert.fail(`${error.stdout}${error.stderr}`),
    );
    return stdout;
  }

  /**
   * The output of a program that CMake builds with a package in `prefix`.
   *
   * @param {string} source
   * @param {string} prefix
   */
  async function build(source, prefix) {
    const folder = path.join(source, "build");
    const flags = [`-DCMAKE_PREFIX_PATH=${prefix}`, "-DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH"];
    await output("emcmake", "cmake", "-G", "Ninja", "-S", source, "-B", folder, ...flags);
    await output("cmake", "--build", folder);
    const [program] = fs.readdirSync(folder).filter((name) => name.endsWith(".js"));
    return output(nodeWithJspi.path, path.join(folder, program));
  }

  it("of vcpkg installs all files, its usage and the licence", () => {
    const files = filesIn(prefixes.vcpkg);
    const expected = manifest().map((file) => file.replace("lib/cmake/", "share/"));
    const more = ["share/hawser/copyright", "share/hawser/usage"];
    assert.ok(expected.includes("share/hawser/hawserConfig.cmake"), `${expected}`);
    assert.deepEqual(files, [...expected, ...more].sort());
  });

  it("of vcpkg has a usage text that builds a program", async () => {
    const source = path.join(scratch, "usage");
    fs.cpSync(path.join(scratch, "hawser-conan/test_package"), source, { recursive: true });
    const usage = fs.readFileSync(path.join(prefixes.vcpkg, "share/hawser/usage"), "utf8");
    const [find, link] = usage.split("\n").filter((line) => line.startsWith("    "));
    const lines = ["cmake_minimum_required(VERSION 3.24)", "project(main LANGUAGES CXX)"];
    fs.writeFileSync(
      path.join(source, "CMakeLists.txt"),
      [...lines, find, "add_executable(main main.cpp)", link].join("\n"),
    );
    assert.equal(await build(source, prefixes.vcpkg), `hawser ${version}: invalid_url\n`);
  });

  it("of Conan describes itself, and refuses other platforms", () => {
    const { refusal, properties, builddirs, ...rest } = recipe;
    assert.deepEqual(rest, { name: "hawser", version, license, homepage });
    assert.equal(refusal, "hawser is for Emscripten: give a host profile with os=Emscripten");
    assert.deepEqual(properties, { cmake_find_mode: "none" });
    for (const folder of builddirs)
      assert.ok(fs.existsSync(path.join(prefixes.conan, folder, "hawserConfig.cmake")));
  });

  it("of Conan installs all files and the licence", () => {
    assert.deepEqual(filesIn(prefixes.conan), [...manifest(), "licenses/LICENSE"].sort());
  });

  it("of Conan has a test package that builds and runs", async () => {
    const source = path.join(scratch, "hawser-conan/test_package");
    await output(
      "python3",
      "-B",
      "-c",
      `compile(open("${source}/conanfile.py").read(), "conanfile.py", "exec")`,
    );
    assert.equal(await build(source, prefixes.conan), `hawser ${version}: invalid_url\n`);
  });

  /** The files that CMake installed last, for Conan. Both recipes install the same build. */
  function manifest() {
    const text = fs.readFileSync(path.join(scratch, "build/install_manifest.txt"), "utf8");
    const installed = text.split("\n").filter(Boolean);
    return installed.map((file) => path.relative(prefixes.conan, file)).sort();
  }
});

/** @param {string} folder */
function filesIn(folder) {
  const names = fs.readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => fs.statSync(path.join(folder, name)).isFile()).sort();
}
