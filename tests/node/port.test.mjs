// The port for Emscripten: em++ main.cpp --use-port=…/hawser.py, as in docs/installing.md.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { blocks, section } from "../support/documents.mjs";
import { nodeWithJspi } from "../support/node.mjs";
import { createPortUser } from "../support/port.mjs";
import { startServer } from "../support/server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const port = path.join(root, "packaging/emscripten/hawser.py");
const application = path.join(root, "tests/application/application.cpp");
const run = promisify(execFile);

// Emscripten first builds its own libraries for each of these variants, which takes long on a busy
// machine.
describe("the port of Emscripten", { timeout: 3_000_000 }, () => {
  const user = createPortUser();
  const main = path.join(user.folder, "main.cpp");
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  before(async () => {
    server = await startServer();
    fs.writeFileSync(main, blocks(fs.readFileSync(path.join(root, "README.md"), "utf8"), "cpp")[1]);
  });
  after(async () => {
    user.remove();
    await server.close();
  });

  /**
   * The output of README's program, with the test server in the demo's place.
   *
   * @param {string} file
   */
  async function print(file) {
    const to = {
      HAWSER_REDIRECT_FROM: "ws://127.0.0.1:8080/echo",
      HAWSER_REDIRECT_TO: `${server.ws}/protocol?choose=echo.v1`,
    };
    const flags = [
      ...nodeWithJspi.withWebSocket,
      "--import",
      path.join(root, "tests/support/redirect.mjs"),
    ];
    const { stdout } = await run(nodeWithJspi.path, [...flags, file], {
      env: { ...process.env, ...to },
    });
    return stdout;
  }

  it("builds README's program with the command of the guide", async () => {
    const guide = fs.readFileSync(path.join(root, "docs/installing.md"), "utf8");
    const [commands] = blocks(section(guide, "Emscripten port"), "sh");
    const [build, start] = commands.replace("path/to/hawser/", root).trim().split("\n");
    assert.equal(start, "node main.js");
    const [program, ...args] = build.split(" ");
    assert.equal(program, "em++");
    await user.em(args);
    assert.equal(await print(path.join(user.folder, "main.js")), "hello\n4000 that was all\n");
  });

  it("compiles nothing a second time", async () => {
    const { printed } = await user.build("again.js", [
      "-std=c++23",
      "-O3",
      "main.cpp",
      `--use-port=${port}`,
    ]);
    assert.doesNotMatch(printed, /generating/);
  });

  it("builds in two steps, with --use-port in both", async () => {
    const { file } = await user.build("main.o", [
      "-std=c++23",
      "-O1",
      "-c",
      "main.cpp",
      `--use-port=${port}`,
    ]);
    const program = await user.build("linked.js", ["-O1", file, `--use-port=${port}`]);
    assert.equal(await print(program.file), "hello\n4000 that was all\n");
  });

  it("makes programs as small as CMake's", async () => {
    const flags = ["-std=c++23", "-O3", "-DNDEBUG", "-fno-exceptions", "main.cpp"];
    const shim = path.join(root, "wasm/src/socket/shim.js");
    const ofCMake = [
      `-I${path.join(root, "wasm/include")}`,
      path.join(root, "build/release/libhawser.a"),
    ];
    await user.build("by_cmake.js", [
      ...flags,
      ...ofCMake,
      "--js-library",
      shim,
      "-sABORTING_MALLOC=0",
    ]);
    await user.build("by_port.js", [...flags, `--use-port=${port}`]);
    const [byCMake, byPort] = ["by_cmake", "by_port"].map(
      (name) => fs.statSync(path.join(user.folder, `${name}.wasm`)).size,
    );
    assert.ok(byPort <= byCMake * 1.005, `${byPort} bytes by the port, ${byCMake} by CMake`);
  });

  for (const flags of [
    "-O2 -pthread",
    "-O2 -m64",
    "-O2 -m64 -pthread",
    "-O2 -fwasm-exceptions -DAPPLICATION_THROWS",
    "-O2 -fexceptions -DAPPLICATION_THROWS",
    "-O3 -flto",
    "-O2 -fPIC -sMAIN_MODULE=1 -sALLOW_MEMORY_GROWTH -DAPPLICATION_GROWS",
  ]) {
    it(`builds with ${flags}`, async () => {
      const name = `application${flags.replaceAll(/[^\w-]/g, "")}`;
      const module = ["-sMODULARIZE", "-sEXPORT_ES6", `--use-port=${port}`];
      const { file } = await user.build(`${name}.mjs`, [
        "-std=c++23",
        application,
        ...flags.split(" "),
        ...module,
      ]);
      const { stdout } = await run(process.execPath, [
        path.join(root, "tests/support/run.mjs"),
        "node",
        file,
      ]);
      assert.match(stdout, /application: all came back exact/);
    });
  }

  it("gives a side module the headers, and nothing to link", async () => {
    const side = path.join(user.folder, "side.cpp");
    fs.writeFileSync(
      side,
      '#include <hawser/hawser.hpp>\nextern "C" bool side() { return hawser::supported(); }\n',
    );
    const args = ["-std=c++23", "-fPIC", "-sSIDE_MODULE", side, `--use-port=${port}`];
    const { file } = await user.build("side.wasm", args);
    const { size } = fs.statSync(file);
    assert.ok(size < 10_000, `${size} bytes`);
  });

  it("recompiles a changed source, and with its option for a debugger", async () => {
    const copy = path.join(user.folder, "copy");
    for (const name of ["CMakeLists.txt", "package.json", "packaging", "wasm/include", "wasm/src"])
      fs.cpSync(path.join(root, name), path.join(copy, name), { recursive: true });
    const error = path.join(copy, "wasm/src/socket/error.cpp");
    const program = path.join(user.folder, "describe.cpp");
    fs.writeFileSync(
      program,
      `#include <hawser/error.hpp>
#include <cstdio>
int main() { std::puts(hawser::describe(hawser::Error::closed)); }\n`,
    );
    const portOfCopy = path.join(copy, "packaging/emscripten/hawser.py");
    const build = () =>
      user.build("describe.js", [
        "-std=c++23",
        program,
        `--use-port=${portOfCopy}:optimizationLevel=0`,
      ]);

    const { file, printed } = await build();
    assert.match(printed, /libhawser-[^ ]*-O0\.a/);
    const before = (await run(nodeWithJspi.path, [file])).stdout.trim();
    const text = fs.readFileSync(error, "utf8");
    assert.ok(text.includes(before), before);
    fs.writeFileSync(error, text.replace(before, "changed by a test"));
    await build();
    assert.equal((await run(nodeWithJspi.path, [file])).stdout.trim(), "changed by a test");
  });

  it("helps", async () => {
    const help = await user.em([`--use-port=${port}:help`]);
    const { version, description, homepage } = JSON.parse(
      fs.readFileSync(path.join(root, "package.json"), "utf8"),
    );
    for (const part of [`hawser ${version}`, description, "optimizationLevel: ", homepage])
      assert.ok(help.includes(part), help);
  });

  it("refuses an invalid value of its option", async () => {
    const printed = await user.em(["main.cpp", `--use-port=${port}:optimizationLevel=fast`]);
    assert.match(printed, /optimizationLevel is one of 0, 1, 2, 3, g, s, z, and not `fast`\n/);
  });

  it("refuses an Emscripten that is too old", async () => {
    const old = copyOfEmscripten("4.0.10");
    const printed = await user.em(["main.cpp", `--use-port=${port}`], {
      PATH: [old, process.env.PATH].join(path.delimiter),
      EM_IGNORE_SANITY: "1",
      EM_CACHE: path.join(old, "cache"),
    });
    assert.match(
      printed,
      /error: hawser needs Emscripten \d+\.\d+\.\d+ or newer, and this is 4\.0\.10\. With emsdk: /,
    );
  });

  /**
   * The Emscripten on PATH, reporting another version.
   *
   * @param {string} version
   */
  function copyOfEmscripten(version) {
    const folders = (process.env.PATH ?? "").split(path.delimiter);
    const original = fs.realpathSync(
      folders.find((folder) => fs.existsSync(path.join(folder, "em++.py"))) ?? "",
    );
    const folder = path.join(user.folder, "emscripten");
    fs.mkdirSync(folder);
    for (const { name } of fs.readdirSync(original, { withFileTypes: true })) {
      const [from, to] = [path.join(original, name), path.join(folder, name)];
      if (fs.statSync(from).isDirectory()) fs.symlinkSync(from, to, "dir");
      else fs.copyFileSync(from, to);
    }
    fs.writeFileSync(path.join(folder, "emscripten-version.txt"), `"${version}"\n`);
    return folder;
  }
});
