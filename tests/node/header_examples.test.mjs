// Checks that the examples in the comments of the public headers compile. An example is an indented
// block of code:
//
//     /// Waits for the next message.
//     ///
//     ///     auto message = co_await connection.receive();
//
// Each header's examples make one C++ file. tests/support/header_examples.hpp has the declarations
// that they lack. The build's target `headers` compiles each header alone.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { withLock } from "../../tools/lock.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const include = path.join(root, "wasm/include");
const declarations = path.join(root, "tests/support/header_examples.hpp");
const folder = path.join(root, "build/header_examples");
const precompiled = path.join(folder, "declarations.pch");
const run = promisify(execFile);

const hasEmscripten = (process.env.PATH ?? "")
  .split(path.delimiter)
  .some((directory) => fs.existsSync(path.join(directory, "em++")));
const skip = hasEmscripten ? false : "em++ is not on PATH: run npm test";

/**
 * The compiler's output: nothing, if the code is right.
 *
 * @param {string[]} args
 * @returns {Promise<string>}
 */
function compile(...args) {
  const warnings = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-variable"]; // an example may end with a declaration
  return run("em++", ["-std=c++23", ...warnings, "-I", include, ...args]).then(
    ({ stderr }) => stderr,
    ({ stderr, message }) => stderr || message,
  );
}

/** @typedef {{ line: number, code: string[] }} Example */

/**
 * @param {string} text of a header
 * @returns {Example[]}
 */
function examplesIn(text) {
  /** @type {Example[]} */
  const examples = [];
  /** @type {Example | undefined} */
  let example;
  for (const [index, line] of text.split("\n").entries()) {
    const [, empty, code] = /^ *\/\/\/?(?:( *)$| {5}(.*))/.exec(line) ?? [];
    if (code !== undefined) {
      if (!example) examples.push((example = { line: index + 1, code: [] }));
      example.code.push(code);
    } else if (example && empty !== undefined) {
      example.code.push(""); // between two parts of an example, or after it
    } else {
      example = undefined;
    }
  }
  return examples;
}

/**
 * The C++ file of one example. Statements become the body of a function, which is a coroutine if
 * they wait.
 *
 * @param {string} header
 * @param {Example} example
 * @param {number} index
 */
function sourceOf(header, { line, code }, index) {
  const isInclude = (/** @type {string} */ text) => text.startsWith("#include");
  const includes = code.filter(isInclude);
  const lines = code.map((text) => (isInclude(text) ? "" : text));
  const isFunction = /^[\w:<>]+ \w+\(.*\) \{$/.test(lines.find(Boolean) ?? "");
  const result = /\bco_(await|return)\b/.test(code.join("\n")) ? "hawser::Task<>" : "void";
  const [head, foot] = isFunction
    ? [`namespace example_${index} {`, "}"]
    : [`${result} example_${index}() {`, "}"];
  return [...includes, head, `#line ${line} "${header}"`, ...lines, foot, ""].join("\n");
}

const headers = fs
  .readdirSync(path.join(include, "hawser"))
  .filter((name) => name.endsWith(".hpp"))
  .map((name) => ({ name, text: fs.readFileSync(path.join(include, "hawser", name), "utf8") }))
  .map(({ name, text }) => ({ name, examples: examplesIn(text) }))
  .filter(({ examples }) => examples.length > 0);

describe("the examples in the public headers", { skip, timeout: longestSuite }, () => {
  /** The compiler's output, by header. @type {Record<string, string>} */
  const printed = {};

  before(() =>
    withLock(path.join(root, "build/locks/header_examples"), "compiles the examples", compileAll),
  );

  async function compileAll() {
    fs.mkdirSync(folder, { recursive: true });
    assert.equal(await compile("-x", "c++-header", declarations, "-o", precompiled), "");
    for (const { name, examples } of headers) {
      const file = path.join(folder, name.replace(".hpp", ".cpp"));
      const sources = examples.map((example, index) =>
        sourceOf(`wasm/include/hawser/${name}`, example, index),
      );
      fs.writeFileSync(file, sources.join("\n"));
      printed[name] = await compile("-include-pch", precompiled, "-fsyntax-only", file);
    }
  }

  for (const { name } of headers)
    it(`compile in ${name}`, () => assert.equal(printed[name], "", printed[name]));

  // An example that loses its indentation is no longer found, so no longer compiled.
  it("are all found: update these numbers when you add one", () => {
    assert.deepEqual(
      Object.fromEntries(headers.map(({ name, examples }) => [name, examples.length])),
      {
        "blocking.hpp": 5,
        "byte_stream.hpp": 1,
        "connection.hpp": 2,
        "deadline.hpp": 1,
        "error_code.hpp": 1,
        "event.hpp": 1,
        "handler.hpp": 1,
        "io_thread.hpp": 3,
        "javascript_error.hpp": 1,
        "observe.hpp": 1,
        "payload.hpp": 1,
        "promise.hpp": 1,
        "reconnect.hpp": 1,
        "recorder.hpp": 1,
        "scope.hpp": 1,
        "sender.hpp": 1,
        "session.hpp": 4,
        "sleep.hpp": 1,
        "supported.hpp": 1,
        "task.hpp": 3,
        "value.hpp": 1,
        "version.hpp": 1,
        "wait.hpp": 1,
        "web_socket.hpp": 1,
        "when.hpp": 1,
      },
    );
  });
});
