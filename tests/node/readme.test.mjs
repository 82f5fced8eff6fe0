// The README's examples, pasted into an empty folder.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startServer } from "../support/server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const readme = fs.readFileSync(path.join(root, "README.md"), "utf8");
const run = promisify(execFile);
const expected = "hello\n4000 that was all\n";

// The examples talk to the demo's server; here the tests' one stands in for it.
const demoEndpoint = "ws://127.0.0.1:8080/echo";

/**
 * @param {string} language
 * @param {number} [index] among those in that language
 */
function example(language, index = 0) {
  const text = [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))][index]?.[1];
  assert.ok(text, `the README has an example in ${language}, number ${index + 1}`);
  return text;
}

/** @param {string} text */
const countLines = (text) => text.trimEnd().split("\n").length;

describe("the README's examples", () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {string} */
  let folder;

  before(async () => {
    server = await startServer();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-readme-"));
  });

  after(async () => {
    fs.rmSync(folder, { recursive: true, force: true });
    await server.close();
  });

  /**
   * @param {string} name
   * @param {string} text
   */
  function paste(name, text) {
    const atTestServer = text.replaceAll(demoEndpoint, `${server.ws}/protocol?choose=echo.v1`);
    assert.notEqual(atTestServer, text, `the example connects to ${demoEndpoint}`);
    fs.writeFileSync(path.join(folder, name), atTestServer);
  }

  it("in JavaScript, at most 10 lines, runs", async () => {
    assert.ok(countLines(example("js")) <= 10);
    paste("main.mjs", example("js").replace('"hawser"', JSON.stringify(`file://${root}js/index.js`)));
    const flag = Number(process.versions.node.split(".")[0]) < 22 ? ["--experimental-websocket"] : [];
    const { stdout } = await run(process.execPath, [...flag, path.join(folder, "main.mjs")]);
    assert.equal(stdout, expected);
  });

  const hasEmscripten = (process.env.PATH ?? "")
    .split(path.delimiter)
    .some((directory) => fs.existsSync(path.join(directory, "emcmake")));
  const skip = hasEmscripten ? false : "there is no emcmake on PATH: run npm test";

  for (const [index, name] of ["in C++", "in C++, for coroutines"].entries()) {
    it(`${name}, at most 20 lines, is built by the CMake example and runs`, { skip, timeout: 300_000 }, async () => {
      assert.ok(countLines(example("cpp", index)) <= 20);
      paste("main.cpp", example("cpp", index));
      const cmake = example("cmake").replace("/path/to/your/clone/of/hawser", root);
      fs.writeFileSync(path.join(folder, "CMakeLists.txt"), cmake);
      await run("emcmake", ["cmake", "-G", "Ninja", "-S", folder, "-B", path.join(folder, "build")]);
      await run("cmake", ["--build", path.join(folder, "build")]);
      const node = process.env.HAWSER_NODE ?? process.execPath;
      const { stdout } = await run(node, [path.join(folder, "build", "app.js")]);
      assert.equal(stdout, expected);
    });
  }
});
