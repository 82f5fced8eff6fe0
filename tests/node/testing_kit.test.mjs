// docs/testing.md, natively: its projects in empty folders, its programs, and the output of a
// failure.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { blocks, section } from "../support/documents.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const guide = fs.readFileSync(path.join(root, "docs/testing.md"), "utf8");
const programs = blocks(guide, "cpp");
const [fetched] = blocks(section(guide, "Build it"), "cmake");
const [byFetching, installing, byFinding] = blocks(section(guide, "Build it"), "sh");

// The native tests' own configuration: the project's compiler, or the system's.
const cache = path.join(root, "build/native/CMakeCache.txt");
const configured = fs.existsSync(cache) ? fs.readFileSync(cache, "utf8") : "";
const [, toolchain] = /^CMAKE_TOOLCHAIN_FILE:\w+=(.+)$/m.exec(configured) ?? [];
/** Whether CMake's default compiler is new enough. It is another one than the project's. */
const hasNewCompiler =
  spawnSync("c++", ["-std=c++23", "-x", "c++", "-fsyntax-only", "-"], {
    input: "#include <expected>\nstd::expected<int, int> result;",
  }).status === 0;
const skip = configured ? false : "build/native is not configured: run npm test";

describe("hawser::testing, as docs/testing.md describes it", { skip, timeout: 1_200_000 }, () => {
  /** @type {string} */
  let folder;
  before(
    () =>
      void (folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "hawser-testing-")))),
  );
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  /**
   * Follows a block of commands, with Ninja and the project's compiler, or CMake's default.
   *
   * @param {string} where
   * @param {string} commands
   * @param {{ byDefault?: boolean }} [options]
   */
  async function follow(where, commands, { byDefault = false } = {}) {
    const env = {
      ...process.env,
      CMAKE_GENERATOR: "Ninja",
      ...(toolchain && !byDefault && { CMAKE_TOOLCHAIN_FILE: toolchain }),
    };
    const { stdout, stderr } = await run("sh", ["-ec", commands], { cwd: where, env }).catch(
      (error) => assert.fail(`${commands}\n${error.stdout}${error.stderr}`),
    );
    return stdout + stderr;
  }

  /**
   * A folder with the programs of the guide.
   *
   * @param {string} name
   * @param {string} cmake
   */
  function project(name, cmake) {
    const where = path.join(folder, name);
    fs.mkdirSync(where);
    for (const header of ["json_rpc.hpp", "json_member.hpp"])
      fs.copyFileSync(path.join(root, "wasm/examples", header), path.join(where, header));
    for (const [index, test] of ["reconnect", "late_answer", "upload"].entries())
      fs.writeFileSync(path.join(where, `${test}.cpp`), programs[index]);
    fs.writeFileSync(path.join(where, "CMakeLists.txt"), cmake);
    return where;
  }

  it("runs from a source archive with FetchContent", async () => {
    const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
      cwd: root,
      encoding: "utf8",
    });
    const source = path.join(folder, "hawser-0.2.0");
    for (const file of listed.trim().split("\n")) {
      if (fs.existsSync(path.join(root, file)))
        fs.cpSync(path.join(root, file), path.join(source, file));
    }
    await follow(folder, "cmake -E tar cf hawser-0.2.0.zip --format=zip hawser-0.2.0");
    const cmake = fetched.replace(
      "https://github.com/hawser/hawser/releases/download/v0.2.0/",
      `file://${folder}/`,
    );
    assert.match(
      await follow(project("fetched", cmake), byFetching),
      /100% tests passed, 0 tests failed out of 3/,
    );
  });

  it("runs installed, with find_package and the system's compiler", async () => {
    const options = { byDefault: hasNewCompiler };
    const prefix = path.join(folder, "prefix");
    const source = path.join(folder, "hawser-0.2.0");
    await follow(source, installing.replaceAll("/opt/hawser", prefix), options);
    assert.ok(fs.existsSync(path.join(prefix, "lib/hawser-testing/libhawser.a")));
    const moved = path.join(folder, "moved");
    fs.renameSync(prefix, moved);
    const cmake = fetched.replace(
      /^include\(.*?^FetchContent_MakeAvailable\(hawser\)$/ms,
      "find_package(hawser 0.2 REQUIRED)",
    );
    const where = project("found", cmake);
    const printed = await follow(where, byFinding.replaceAll("/opt/hawser", moved), options);
    assert.match(printed, /100% tests passed, 0 tests failed out of 3/);
  });

  it("prints what was expected and what happened, and fails, and refuses a second Browser", async () => {
    const where = path.join(folder, "found");
    const wrong = programs[0].replace('send("typed meanwhile")', 'send("something else")');
    fs.writeFileSync(path.join(where, "reconnect.cpp"), wrong);
    fs.writeFileSync(
      path.join(where, "upload.cpp"),
      "#include <hawser/testing/browser.hpp>\nint main() { hawser::testing::Browser one, two; }",
    );
    const { code, stdout } = await run(
      "sh",
      ["-ec", "cmake --build build; ctest --test-dir build --output-on-failure"],
      {
        cwd: where,
      },
    ).catch((error) => error);
    assert.ok(code);
    assert.match(
      stdout,
      /reconnect\.cpp:\d+: expected the text "typed meanwhile" from the application, but it sent the text "something else"/,
    );
    assert.match(
      stdout,
      /hawser: the program has a Browser already: destroy it before the next one/,
    );
  });

  it(
    "refuses a compiler without std::expected, and names those that have it",
    { skip: !hasNewCompiler },
    async () => {
      // An empty <version> promises nothing, as that of an old library.
      fs.writeFileSync(path.join(folder, "version"), "");
      fs.writeFileSync(path.join(folder, "old.cpp"), "#include <hawser/testing/browser.hpp>\n");
      const include = ["-I", folder, "-I", path.join(root, "wasm/include")];
      const { stderr } = await run(
        "c++",
        ["-std=c++23", "-DHAWSER_NATIVE", "-fsyntax-only", ...include, "old.cpp"],
        { cwd: folder },
      ).catch((error) => error);
      assert.match(stderr, /hawser needs std::expected: use GCC 12, Clang 19, /);
    },
  );

  it("refuses a program for Emscripten, if only this is installed", async () => {
    const where = path.join(folder, "found");
    const args = [
      "cmake",
      "-G",
      "Ninja",
      "-B",
      "wasm",
      `-Dhawser_DIR=${folder}/moved/lib/cmake/hawser`,
    ];
    const { code, stdout, stderr } = await run("emcmake", args, { cwd: where }).catch(
      (error) => error,
    );
    assert.ok(code);
    assert.match(
      `${stdout}${stderr}`.replaceAll(/\s+/g, " "),
      /This hawser is installed for native tests only\. Install it for Emscripten, too: docs\/installing\.md says how/,
    );
  });
});
