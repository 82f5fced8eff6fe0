// Each layer of the C++ code includes only itself and the layers below it (docs/architecture.md).

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";

const root = path.join(import.meta.dirname, "../..");

/**
 * The layers from the bottom up, each with its public headers; all other headers are below every
 * layer.
 */
const layers = [
  { name: "socket", headers: ["web_socket.hpp", "value.hpp"] },
  {
    name: "connection",
    headers: [
      "connection.hpp",
      "byte_stream.hpp",
      "sleep.hpp",
      "task.hpp",
      "scope.hpp",
      "detail/operations.hpp",
      "when.hpp",
      "javascript_error.hpp",
      "promise.hpp",
      "detail/awaited_task.hpp",
      "detail/promise_wait.hpp",
    ],
  },
  { name: "session", headers: ["session.hpp"] },
  { name: "threads", headers: ["blocking.hpp", "io_thread.hpp"] },
  { name: "observe", headers: ["observe.hpp", "recorder.hpp"] },
  {
    name: "testing",
    headers: [
      "testing/browser.hpp",
      "testing/engine.hpp",
      "testing/failure.hpp",
      "testing/peer.hpp",
    ],
  },
];
const below = -1;
const above = layers.length;

/** @param {string} file below wasm/ */
function layerOf(file) {
  const header = path.relative("include/hawser", file);
  if (header === "hawser.hpp") return above; // includes everything
  const folder = file.split("/")[1];
  return layers.findIndex(({ name, headers }) =>
    file.startsWith("src/") ? name === folder : headers.includes(header),
  );
}

/** @param {string} folder below wasm/ */
function sources(folder) {
  return fs
    .readdirSync(path.join(root, "wasm", folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[ch]pp$/.test(name))
    .map((name) => path.join(folder, name));
}

/** @param {string} file below wasm/ */
function includesOf(file) {
  const text = fs.readFileSync(path.join(root, "wasm", file), "utf8");
  const own = [...text.matchAll(/^#include "(.+)"/gm)].map(([, name]) =>
    path.join(path.dirname(file), name),
  );
  const published = [...text.matchAll(/^#include <(hawser\/.+)>/gm)].map(([, name]) =>
    path.join("include", name),
  );
  return [...own, ...published];
}

const files = [...sources("src"), ...sources("include")];

describe("the layers of the C++ code", () => {
  for (const file of files) {
    it(`${file} includes nothing from above`, () => {
      const upwards = includesOf(file).filter((included) => layerOf(included) > layerOf(file));
      assert.deepEqual(upwards, []);
    });
  }

  it("has every file of wasm/src in one of them", () => {
    assert.deepEqual(
      sources("src").filter((file) => layerOf(file) === below),
      [],
    );
  });

  it("has public headers that include no file of wasm/src", () => {
    const crossing = sources("include").filter((file) =>
      includesOf(file).some((included) => included.startsWith("src/")),
    );
    assert.deepEqual(crossing, []);
  });

  it("includes <system_error> in <hawser/error_code.hpp> only, so that it costs nothing elsewhere", () => {
    const including = files.filter((file) =>
      /^#include <(system_error|hawser\/error_code\.hpp)>/m.test(
        fs.readFileSync(path.join(root, "wasm", file), "utf8"),
      ),
    );
    assert.deepEqual(including, ["include/hawser/error_code.hpp"]);
  });

  it("has no circular includes", () => {
    /** @type {Set<string>} */
    const done = new Set();
    /** @param {string} file @param {string[]} from */
    function follow(file, from) {
      assert.ok(!from.includes(file), `a circle: ${[...from, file].join(" > ")}`);
      if (done.has(file)) return;
      for (const included of includesOf(file)) follow(included, [...from, file]);
      done.add(file);
    }
    for (const file of files) follow(file, []);
  });
});

describe("the enumerations", () => {
  for (const file of sources("include")) {
    const text = fs.readFileSync(path.join(root, "wasm", file), "utf8");
    for (const [, name, type] of text.matchAll(/^ *enum class (\w+)(?: : ([\w:]+))? {/gm)) {
      it(`${name} is a std::uint8_t`, () => assert.equal(type, "std::uint8_t"));
    }
  }
});

describe("the drawing of a session's states", () => {
  const document = fs.readFileSync(path.join(root, "docs/architecture.md"), "utf8");
  const drawing = /^```mermaid\nstateDiagram-v2\n(.*?)^```$/ms.exec(document)?.[1] ?? "";
  const header = fs.readFileSync(path.join(root, "wasm/src/session/session_state.hpp"), "utf8");

  /** @param {RegExp} pattern @param {string} text */
  const namesIn = (pattern, text) =>
    [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].sort();

  it("has the types of state::State", () => {
    assert.deepEqual(
      namesIn(/(?:^|--> )([A-Z]\w+)/gm, drawing.replaceAll(/^ +/gm, "")),
      namesIn(/^struct (\w+) {/gm, header),
    );
  });

  it("has the stages of an open connection", () => {
    const stages = /enum class Stage[^{]*{(.*?)};/s.exec(header)?.[1] ?? "";
    assert.deepEqual(
      namesIn(/(?:^ +|--> )([a-z]+)(?= -->|:|$)/gm, drawing),
      namesIn(/^ +(\w+),/gm, stages),
    );
  });
});
