// Every way to install hawser in docs/installing.md: runs its code blocks in empty folders, without
// a network. Also checks the error for each mistake, which that page repeats.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { blocks, section as sectionOf } from "../support/documents.mjs";
import { nodeWithJspi } from "../support/node.mjs";
import { startServer } from "../support/server.mjs";
import { longestRun } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const guide = fs.readFileSync(path.join(root, "docs/installing.md"), "utf8");
const [, program] = blocks(fs.readFileSync(path.join(root, "README.md"), "utf8"), "cpp");
const expected = "hello\n4000 that was all\n";

const onPath = (/** @type {string} */ name) =>
  (process.env.PATH ?? "")
    .split(path.delimiter)
    .some((folder) => fs.existsSync(path.join(folder, name)));
const skip = onPath("emcmake") ? false : "emcmake is not on PATH: run npm test";
const [missing] = ["make", "pkg-config"].filter((name) => !onPath(name));
const skipMake = missing ? `${missing} is not on PATH: install make and pkgconf` : false;

const section = (/** @type {string} */ heading) => sectionOf(guide, heading);

describe("hawser, installed as docs/installing.md says", { skip, timeout: 3_000_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** The folder for everything. @type {string} */
  let folder;
  /** The source as in a release, in a folder named by its archive. @type {string} */
  let source;
  /** Where hawser is now: not where it was first installed. @type {string} */
  let prefix;

  before(async () => {
    server = await startServer();
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "hawser-install-")));
    source = path.join(folder, "source", "hawser-0.2.0");
    const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
      cwd: root,
      encoding: "utf8",
    });
    const files = listed.trim().split("\n");
    for (const file of files) fs.cpSync(path.join(root, file), path.join(source, file));

    const [commands] = blocks(section("CMake: find_package"), "sh");
    const first = path.join(folder, "first");
    await shell(source, commands.replaceAll("/opt/hawser", first));
    fs.rmSync(path.join(source, "build"), { recursive: true });
    prefix = path.join(folder, "moved");
    fs.renameSync(first, prefix);
  });

  after(async () => {
    await server?.close();
    if (folder) fs.rmSync(folder, { recursive: true, force: true });
  });

  /**
   * @param {string} where
   * @param {string} commands
   */
  async function shell(where, commands) {
    const { stdout, stderr } = await run("sh", ["-ec", commands], { cwd: where }).catch((error) =>
      assert.fail(`${commands}\n${error.stdout}${error.stderr}`),
    );
    return stdout + stderr;
  }

  /**
   * The output of a command that must fail.
   *
   * @param {string} where
   * @param {string[]} command
   */
  async function failure(where, [program, ...args]) {
    const { code, stdout, stderr } = await run(program, args, { cwd: where }).catch(
      (error) => error,
    );
    assert.ok(code, `${[program, ...args].join(" ")} did not fail`);
    return `${stdout}${stderr}`.replaceAll(/\s+/g, " "); // CMake breaks lines
  }

  /**
   * A folder with README's program and these files.
   *
   * @param {string} name
   * @param {Record<string, string>} files
   */
  function project(name, files) {
    const where = path.join(folder, name);
    fs.mkdirSync(where);
    for (const [name, text] of Object.entries({
      "main.cpp": program,
      "package.json": "{}",
      ...files,
    }))
      fs.writeFileSync(path.join(where, name), text);
    return where;
  }

  /**
   * The output of a program that connects to the demo's server, with the test server in its place.
   *
   * @param {string} where
   * @param {string} file
   */
  async function print(where, file) {
    const redirect = path.join(root, "tests/support/redirect.mjs");
    const to = `${server.ws}/protocol?choose=echo.v1`;
    const env = {
      ...process.env,
      HAWSER_REDIRECT_FROM: "ws://127.0.0.1:8080/echo",
      HAWSER_REDIRECT_TO: to,
    };
    const { stdout } = await run(nodeWithJspi.path, ["--import", redirect, file], {
      cwd: where,
      env,
      timeout: longestRun,
    });
    return stdout;
  }

  /**
   * Runs a block of commands. The last one starts the program, and this returns its output.
   *
   * @param {string} where
   * @param {string} commands
   */
  async function follow(where, commands) {
    const [, before, file] = /^(.*)^node (\S+)\n$/ms.exec(commands) ?? assert.fail(commands);
    await shell(where, before.replaceAll("/opt/hawser", prefix));
    return print(where, file);
  }

  it("is installed with these files", () => {
    const all = fs.readdirSync(prefix, { recursive: true, withFileTypes: true });
    const files = all.filter((entry) => entry.isFile());
    const names = files
      .map((entry) => path.relative(prefix, path.join(entry.parentPath, entry.name)))
      .sort();
    const isHeader = (/** @type {string} */ name) => name.startsWith("include/");
    assert.deepEqual(
      names.filter((name) => !isHeader(name)),
      [
        "lib/cmake/hawser/hawserConfig.cmake",
        "lib/cmake/hawser/hawserConfigVersion.cmake",
        "lib/cmake/hawser/hawserLinking.cmake",
        "lib/cmake/hawser/hawserTargets.cmake",
        "lib/hawser-m64/libhawser-testing.a",
        "lib/hawser-m64/libhawser.a",
        "lib/hawser-m64/libhawser.js",
        "lib/hawser-pthread/hawser-m64/libhawser-testing.a",
        "lib/hawser-pthread/hawser-m64/libhawser.a",
        "lib/hawser-pthread/hawser-m64/libhawser.js",
        "lib/hawser-pthread/libhawser-testing.a",
        "lib/hawser-pthread/libhawser.a",
        "lib/hawser-pthread/libhawser.js",
        "lib/libhawser-testing.a",
        "lib/libhawser.a",
        "lib/libhawser.js",
        "lib/pkgconfig/hawser-m64.pc",
        "lib/pkgconfig/hawser-pthread-m64.pc",
        "lib/pkgconfig/hawser-pthread.pc",
        "lib/pkgconfig/hawser.pc",
        "share/licenses/hawser/LICENSE",
      ],
    );
    const include = path.join(root, "wasm/include");
    const headers = fs.readdirSync(include, { recursive: true, encoding: "utf8" });
    const expected = headers
      .filter((name) => name.endsWith(".hpp"))
      .map((name) => `include/${name}`);
    assert.deepEqual(names.filter(isHeader), expected.sort());
    for (const name of names.filter((name) => /\.(cmake|pc|js)$/.test(name)))
      assert.ok(
        !fs.readFileSync(path.join(prefix, name), "utf8").includes(folder),
        `${name} names a folder`,
      );
  });

  it("runs with find_package", async () => {
    const where = project("found", {
      "CMakeLists.txt": blocks(section("CMake: find_package"), "cmake")[0],
    });
    assert.equal(await follow(where, blocks(section("CMake: find_package"), "sh")[1]), expected);
  });

  it("tests an application in wasm with hawser::testing, with and without -m64", async () => {
    const [test] = blocks(fs.readFileSync(path.join(root, "docs/testing.md"), "utf8"), "cpp");
    const cmake = `cmake_minimum_required(VERSION 3.24)
project(app LANGUAGES CXX)
find_package(hawser 0.2 REQUIRED)
foreach(flag -fwasm-exceptions -m64)
  add_executable(test\${flag} main.cpp)
  target_compile_options(test\${flag} PRIVATE \${flag})
  target_link_options(test\${flag} PRIVATE \${flag})
  target_link_libraries(test\${flag} PRIVATE hawser::testing)
endforeach()
`;
    const where = project("tested", { "CMakeLists.txt": cmake, "main.cpp": test });
    await shell(
      where,
      `emcmake cmake -G Ninja -B build -DCMAKE_BUILD_TYPE=Release -Dhawser_DIR=${prefix}/lib/cmake/hawser; cmake --build build`,
    );
    for (const flag of ["-fwasm-exceptions", "-m64"])
      await run(nodeWithJspi.path, [path.join(where, `build/test${flag}.js`)]);

    fs.writeFileSync(
      path.join(where, "main.cpp"),
      test.replace('send("typed meanwhile")', 'send("something else")'),
    );
    await shell(where, "cmake --build build");
    const failed = run(nodeWithJspi.path, [path.join(where, "build/test-m64.js")]);
    await assert.rejects(
      failed,
      /expected the text "typed meanwhile" from the application, but it sent the text "some/,
    );
  });

  it("runs from a source archive with FetchContent, and is not installed with the application", async () => {
    await shell(
      path.dirname(source),
      "cmake -E tar cf ../hawser-0.2.0.zip --format=zip hawser-0.2.0",
    );
    const [cmake] = blocks(section("CMake: FetchContent"), "cmake");
    const text = cmake.replace(
      "https://github.com/hawser/hawser/releases/download/v0.2.0/",
      `file://${folder}/`,
    );
    const where = project("fetched", {
      "CMakeLists.txt": `${text}\ninstall(TARGETS app DESTINATION bin)\n`,
    });
    assert.equal(await follow(where, blocks(section("CMake: FetchContent"), "sh")[0]), expected);
    await shell(where, "cmake --install build --prefix installed");
    assert.deepEqual(fs.readdirSync(path.join(where, "installed")), ["bin"]);
  });

  it("runs as a git submodule, and says what -pthread for one target alone lacks", async () => {
    const text = section("CMake: git submodule");
    const as = "-c user.name=nobody -c user.email=tester@example.org -c protocol.file.allow=always";
    const git = `git ${as} -c init.defaultBranch=main`;
    await shell(source, `${git} init -q; ${git} add -f .; ${git} commit -qm all`);
    const more = `
add_executable(threads EXCLUDE_FROM_ALL main.cpp)
target_compile_options(threads PRIVATE -pthread)
target_link_options(threads PRIVATE -pthread)
target_link_libraries(threads PRIVATE hawser::hawser)
`;
    const where = project("parent", { "CMakeLists.txt": blocks(text, "cmake")[0] + more });
    const [add, build] = blocks(text, "sh");
    const address = "https://github.com/hawser/hawser.git";
    assert.ok(add.startsWith("git ") && add.includes(address));
    await shell(where, `${git} init -q; ${git} ${add.slice(4).replace(address, source)}`);
    assert.equal(await follow(where, build), expected);
    assert.match(
      await failure(where, ["cmake", "--build", "build", "--target", "threads"]),
      /error: hawser and this target are not both compiled with -pthread: write add_compile_options\(-pthread\)/,
    );
  });

  for (const name of ["hawser", "hawser-pthread"])
    it(`runs from the Makefile with pkg-config's ${name}`, { skip: skipMake }, async () => {
      const text = section("Makefile and pkg-config");
      const [makefile] = blocks(text, "make");
      const where = project(`made-${name}`, {
        Makefile: makefile.replace("libs hawser", `libs ${name}`),
      });
      assert.equal(await follow(where, blocks(text, "sh")[0]), expected);
    });

  // All of these use the same archive. In a program that throws, a handler's exception passes
  // through hawser's code, and the program continues.
  for (const flags of ["-fno-exceptions", "-fexceptions", "-fwasm-exceptions", "-flto"])
    it(`fits a program with ${flags}`, async () => {
      const where = project(`with${flags}`, {});
      const throws = /^-f(wasm-)?exceptions$/.test(flags) ? "-DAPPLICATION_THROWS" : "";
      const source = path.join(root, "tests/application/application.cpp");
      const settings = "-sABORTING_MALLOC=0 -sMODULARIZE -sEXPORT_ES6";
      const hawser = `-I${prefix}/include -L${prefix}/lib -lhawser -lhawser.js`;
      await shell(
        where,
        `em++ -std=c++23 -O2 ${flags} ${throws} ${source} ${hawser} ${settings} -o app.mjs`,
      );
      const said = await shell(
        where,
        `${process.execPath} ${root}tests/support/run.mjs node ${where}/app.mjs`,
      );
      assert.match(said, /application: all came back exact/);
      assert.equal(/reported: /.test(said), Boolean(throws));
    });

  describe("selects its archive by the program's compile options", () => {
    const flags = { "": "lib", "-pthread": "lib/hawser-pthread", "-m64": "lib/hawser-m64" };
    /** @type {Record<string, string>} */
    const archives = { ...flags, "-m64 -pthread": "lib/hawser-pthread/hawser-m64" };

    /**
     * Configures programs that find hawser. Returns the folder that each is linked with.
     *
     * @param {string} where
     * @param {...string} options
     */
    async function configure(where, ...options) {
      const found = [`-Dhawser_DIR=${prefix}/lib/cmake/hawser`];
      await run(
        "emcmake",
        ["cmake", "-G", "Ninja", "-B", "build", ...(options.length > 0 ? options : found)],
        {
          cwd: where,
        },
      ).catch(({ stdout, stderr }) => assert.fail(stdout + stderr));
      const ninja = fs.readFileSync(path.join(where, "build/build.ninja"), "utf8");
      const programs = ninja
        .split(/^build /m)
        .filter((rule) => /: CXX_EXECUTABLE_LINKER/.test(rule));
      return Object.fromEntries(
        programs.map((rule) => [
          (/^(\S+)\.js:/.exec(rule) ?? [])[1],
          path.relative(prefix, (/LINK_FLAGS = .*?-L(\S+) -lhawser.js/.exec(rule) ?? [])[1] ?? ""),
        ]),
      );
    }

    const begin = `cmake_minimum_required(VERSION 3.24)
project(app LANGUAGES CXX)
set(CMAKE_BUILD_TYPE Release)
find_package(hawser 0.2 REQUIRED)
`;
    /**
     * @param {string} name
     * @param {string} text
     */
    const program = (name, text = "") =>
      `add_executable(${name} main.cpp)\ntarget_link_libraries(${name} PRIVATE hawser::hawser)\n${text}`;

    it("the options of its target, and the program runs", async () => {
      const targets = Object.keys(archives).map((flags, index) => {
        const set =
          flags &&
          `target_compile_options(app${index} PRIVATE -Wall ${flags} $<$<COMPILE_LANGUAGE:CXX>:-g0>)
target_link_options(app${index} PRIVATE ${flags})
`;
        return program(`app${index}`, set);
      });
      const where = project("by-target", { "CMakeLists.txt": begin + targets.join("") });
      assert.deepEqual(
        Object.values(await configure(where)).sort(),
        Object.values(archives).sort(),
      );
      await shell(where, "cmake --build build --target app1 app2");
      assert.equal(await print(where, "build/app1.js"), expected);
      assert.equal(await print(where, "build/app2.js"), expected);
    });

    it("the options of its folder, and of a library that it links", async () => {
      const text = `${begin}${program("plain")}
add_library(threads INTERFACE)
target_compile_options(threads INTERFACE "SHELL:-Wall -pthread")
${program("linked", "target_link_libraries(linked PRIVATE threads)")}
add_library(middle STATIC main.cpp)
target_link_libraries(middle PRIVATE hawser::hawser)
add_compile_options(-sUSE_PTHREADS=1 -sMEMORY64=1)
${program("folder")}
add_executable(indirect main.cpp)
target_link_libraries(indirect PRIVATE middle)
`;
      assert.deepEqual(await configure(project("by-folder", { "CMakeLists.txt": text })), {
        plain: "lib",
        linked: "lib/hawser-pthread",
        folder: "lib/hawser-pthread/hawser-m64",
        indirect: "lib/hawser-pthread/hawser-m64",
      });
    });

    it("CMAKE_CXX_FLAGS, however it is found", async () => {
      const where = project("by-flags", { "CMakeLists.txt": begin + program("app") });
      const ways = [
        [`-DCMAKE_FIND_ROOT_PATH=${prefix}`],
        [`-DCMAKE_PREFIX_PATH=${prefix}`, "-DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=BOTH"],
        [`-Dhawser_DIR=${prefix}/lib/cmake/hawser`],
      ];
      for (const [index, [flags, folder]] of Object.entries(archives).slice(1).entries()) {
        fs.rmSync(path.join(where, "build"), { recursive: true, force: true });
        const found = await configure(where, ...ways[index], `-DCMAKE_CXX_FLAGS=${flags}`);
        assert.deepEqual(found, { app: folder });
      }
    });
  });

  describe("says in a sentence what is wrong:", () => {
    /** @type {string} */
    let where;
    before(() => void (where = project("wrong", {})));

    /** @param {...string} args */
    const compile = (...args) =>
      failure(where, ["em++", `-I${prefix}/include`, "-O2", "main.cpp", ...args]);
    const syntax = ["-fsyntax-only", "-std=c++23"];
    const settings = ["-sABORTING_MALLOC=0", "-o", "app.js"];
    const link = (/** @type {string} */ folder) => [
      `-L${prefix}/${folder}`,
      "-lhawser",
      "-lhawser.js",
      ...settings,
    ];

    /**
     * @param {string} text
     * @param {string[]} options
     * @param {string[]} command
     */
    function configure(text, options, command = ["emcmake", "cmake"]) {
      const name = fs.mkdtempSync(path.join(folder, "wrong-"));
      fs.writeFileSync(
        path.join(name, "CMakeLists.txt"),
        `cmake_minimum_required(VERSION 3.24)\n${text}\n`,
      );
      return failure(name, [
        ...command,
        "-G",
        "Ninja",
        `-Dhawser_DIR=${prefix}/lib/cmake/hawser`,
        "-B",
        "b",
        ...options,
      ]);
    }
    const find = "project(app LANGUAGES CXX)\nfind_package(hawser 0.2 REQUIRED)";

    it("an Emscripten that is too old", async () => {
      const sentence =
        /hawser needs Emscripten 6\.0\.3 or newer\. With emsdk: emsdk install latest/;
      const said = await configure(find, ["-DEMSCRIPTEN_VERSION=6.0.2"]);
      assert.match(said, sentence);
      assert.match(said, /This is Emscripten 6\.0\.2\./);
      const parts = Object.entries({ MAJOR: 6, MINOR: 0, TINY: 2 });
      const old = parts.map(([part, number]) => `#define __EMSCRIPTEN_${part}__ ${number}\n`);
      fs.mkdirSync(path.join(where, "old/emscripten"), { recursive: true });
      fs.writeFileSync(path.join(where, "old/emscripten/version.h"), old.join(""));
      assert.match(await compile(...syntax, "-Iold"), sentence);
    });

    it("a configure or a compiler for this machine", async () => {
      const find = "project(app LANGUAGES NONE)\nfind_package(hawser 0.2 REQUIRED)";
      assert.match(
        await configure(find, [], ["cmake"]),
        /hawser has no native client: .* emcmake cmake/,
      );
      const sentence = /hawser has no native client: .* Compile with em\+\+/;
      assert.match(await compile(...syntax, "-U__EMSCRIPTEN__"), sentence);
      const native = ["c++", `-I${prefix}/include`, ...syntax, "main.cpp"];
      if (onPath("c++")) assert.match(await failure(where, native), sentence);
    });

    it("in every public header", () => {
      const folder = path.join(root, "wasm/include/hawser");
      /** @param {string} name @returns {boolean} */
      const reaches = (name) => {
        const text = fs.readFileSync(path.join(folder, name), "utf8");
        const included = [...text.matchAll(/^#include <hawser\/(.*)>$/gm)].map((match) => match[1]);
        return included.includes("detail/platform.hpp") || included.some(reaches);
      };
      const headers = fs
        .readdirSync(folder)
        .filter((name) => name.endsWith(".hpp") && name !== "version.hpp");
      assert.deepEqual(
        headers.filter((name) => !reaches(name)),
        [],
      );
    });

    it("an old standard of C++", async () => {
      assert.match(
        await compile("-fsyntax-only", "-std=c++20"),
        /hawser needs C\+\+23: compile with -std=c\+\+23/,
      );
    });

    it("another minor version", async () => {
      for (const version of ["0.1", "0.3", "1.0"]) {
        const said = await configure(find.replace("0.2", version), []);
        assert.match(
          said,
          new RegExp(`compatible with requested version "${version}".*version: 0\\.2\\.0`),
        );
      }
    });

    it("a shim that is not linked", async () => {
      const said = await compile("-std=c++23", `-L${prefix}/lib`, "-lhawser", ...settings);
      assert.match(said, /undefined symbol: hawser_open/);
      assert.match(section("If it does not build"), /undefined symbol: hawser_open/);
    });

    it("a missing -pthread or -m64", async () => {
      const threads = ["-std=c++23", "-pthread"];
      assert.match(
        await compile(...threads, ...link("lib")),
        /error hawser: this program is linked with -pthread, and this archive .* ask pkg-config for hawser-pthread/,
      );
      assert.match(
        await compile("-std=c++23", ...link("lib/hawser-pthread")),
        /error hawser: this program is linked without -pthread, and this archive .* write -pthread where you link, too/,
      );
      assert.match(
        await compile("-std=c++23", "-m64", ...link("lib")),
        /error hawser: this program is linked with -m64, and this archive .* ask pkg-config for hawser-m64/,
      );
      const target = `cmake_minimum_required(VERSION 3.24)
${find}
add_executable(app ${where}/main.cpp)
target_compile_options(app PRIVATE -pthread)
target_link_libraries(app PRIVATE hawser::hawser)`;
      const name = project("compiled-with-threads", { "CMakeLists.txt": target });
      await shell(
        name,
        `emcmake cmake -DCMAKE_BUILD_TYPE=Release -Dhawser_DIR=${prefix}/lib/cmake/hawser -B b`,
      );
      assert.match(
        await failure(name, ["cmake", "--build", "b"]),
        /error hawser: this program is linked without -pthread/,
      );
    });

    it("an installation for -pthread alone, and one from a build for tests", async () => {
      const emcmake = ["emcmake", "cmake"];
      const off = [
        "-DHAWSER_MODULE=OFF",
        "-DHAWSER_DEMO=OFF",
        "-DHAWSER_EXAMPLES=OFF",
        "-DHAWSER_TEST=OFF",
      ];
      const options = ["-G", "Ninja", "-S", source, "-B", "b", ...off];
      const said = await failure(where, [...emcmake, ...options, "-DCMAKE_CXX_FLAGS=-pthread"]);
      assert.match(
        said,
        /hawser installs archives for -pthread and for -m64 .*: leave these flags out/,
      );
      await shell(
        where,
        [...emcmake, ...options, "-DCMAKE_CXX_FLAGS=", "-DHAWSER_INSTALL=OFF"].join(" "),
      );
      const install = await failure(where, ["cmake", "--install", "b", "--prefix", "nowhere"]);
      assert.match(
        install,
        /installs nothing: HAWSER_INSTALL is off\. Configure one with emcmake cmake --preset install/,
      );
    });
  });
});
