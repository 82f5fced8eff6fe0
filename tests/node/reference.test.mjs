// The reference that is generated from the public headers and the npm package's types, and the
// check that everything has docstrings.

import assert from "node:assert/strict";
import path from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { longestSuite } from "../support/patience.mjs";
import { createFolders, site } from "../support/site.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

const whyNot = process.env.HAWSER_DOXYGEN
  ? false
  : "Doxygen is not available: HAWSER_DOXYGEN names none";

describe("the reference", { timeout: longestSuite }, () => {
  const { temporary, folderOf, remove } = createFolders();
  after(remove);

  it("has no public symbol of hawser without a docstring", { skip: whyNot }, async () => {
    const [cpp, js] = [await site("reference_cpp.mjs"), await site("reference_js.mjs")];
    const headers = cpp.readHeaders(
      path.join(root, "wasm/include"),
      path.join(temporary, "doxygen"),
    );
    assert.ok(headers.size > 30);
    assert.deepEqual(cpp.undocumented(headers), []);
    assert.deepEqual(js.undocumented(js.readDeclarations(path.join(root, "js"))), []);
  });

  describe("since which version", () => {
    const page = [
      "# socket.hpp",
      "## Socket {#Socket}",
      "### open {#Socket-open}",
      "### open {#Socket-open-2}",
      "### wait {#Socket-wait}",
      "#### Result {#Socket-wait-Result}",
      "## Session {#Session}",
      "### open {#Session-open}",
    ].join("\n\n");

    it("is below each symbol, and below a member that came later", async () => {
      const { withSince } = await site("since.mjs");
      const released = {
        0.1: { cpp: ["Socket", "Socket-open"], js: [] },
        0.2: { cpp: ["Session"], js: [] },
      };
      const marked = withSince(page, "cpp", { next: "0.3", released }).split("\n\n");
      const since = (/** @type {string} */ version) => `<p class="since">Since ${version}</p>`;
      assert.deepEqual(marked, [
        "# socket.hpp",
        "## Socket {#Socket}",
        since("0.1"),
        "### open {#Socket-open}",
        "### open {#Socket-open-2}",
        "### wait {#Socket-wait}",
        since("0.3"),
        "#### Result {#Socket-wait-Result}",
        "## Session {#Session}",
        since("0.2"),
        "### open {#Session-open}",
        since("0.3"),
      ]);
    });

    it("is recorded once for each version", async () => {
      const { record } = await site("since.mjs");
      const first = { next: "0.2", released: { 0.1: { cpp: ["Socket"], js: ["load"] } } };
      const recorded = record(first, "0.3.0", {
        cpp: [page],
        js: ["## load {#load}\n\n## close {#close}"],
      });
      assert.deepEqual(recorded, {
        next: "0.3",
        released: {
          ...first.released,
          0.2: {
            cpp: ["Session", "Session-open", "Socket-open", "Socket-wait", "Socket-wait-Result"],
            js: ["close"],
          },
        },
      });
      const again = () => record(recorded, "0.3.1", { cpp: [page], js: [] });
      assert.throws(again, {
        message: /site\/since\.json is for 0\.3 already\. Set the next version/,
      });
    });
  });

  describe("of the C++ headers", { skip: whyNot }, () => {
    /** @param {string} declarations in namespace hawser */
    async function read(declarations) {
      const cpp = await site("reference_cpp.mjs");
      const include = folderOf({
        "hawser/example.hpp": `#pragma once\n\n// Examples.\n\nnamespace hawser {\n\n${declarations}\n\n}  // namespace hawser\n`,
        "hawser/testing/nothing.hpp": "#pragma once\n",
        "hawser/detail/hidden.hpp": "#pragma once\nnamespace hawser::detail { void hidden(); }\n",
      });
      const headers = cpp.readHeaders(include, path.join(temporary, "doxygen"));
      return {
        missing: cpp.undocumented(headers),
        page: cpp.renderHeaders(headers, include).pages.get("example.md"),
      };
    }

    it("names each public symbol without a docstring, with its place", async () => {
      const { missing } = await read(`struct Options {
  int first = 1;  ///< Documented.
  int second = 2;
};

class Thing {
 public:
  void act();

 private:
  int hidden_;
};

enum class Color {
  red,  ///< Documented.
  blue,
};

int free_function(int number);

#define HAWSER_EXAMPLE 1

template <typename T>
concept Nameless = true;`);
      assert.deepEqual(
        missing.map((/** @type {string} */ line) => line.replace(/^example.hpp:\d+: /, "")).sort(),
        [
          "Color",
          "Color::blue",
          "HAWSER_EXAMPLE",
          "Nameless",
          "Options",
          "Options::second",
          "Thing",
          "Thing::act",
          "free_function",
        ],
      );
      assert.ok(missing.includes("example.hpp:9: Options::second"), missing.join("\n"));
    });

    it("requires no docstring for private, deleted or defaulted members, or for overloads of a documented one", async () => {
      const { missing } = await read(`/// A thing.
class Thing {
 public:
  Thing() = default;
  Thing(const Thing&) = delete;
  Thing& operator=(const Thing&) = delete;

  /// Acts.
  void act();
  void act(int times);

  bool operator==(const Thing&) const = default;

 private:
  void hidden();
};

namespace detail {
void hidden();
}`);
      assert.deepEqual(missing, []);
    });

    it("has declarations, docstrings with code and lists, and links to other symbols", async () => {
      const { page } = await read(`/// A thing. See \`make\`.
///
///     auto thing = hawser::make<int>(1);
///
/// * First.
/// * Second, \`Thing::act\`.
class Thing {
 public:
  /// Acts, at most \`times\`.
  [[nodiscard]] bool act(int times = 2) const noexcept;
};

/// How it goes wrong.
enum class Error {
  refused = 1,  ///< Documented.
};

/// How much.
struct Options {
  std::size_t size = 1 << 20;  ///< Documented.
};

/// Makes a \`Thing\`.
///
/// Errors: \`refused\`, \`other\`.
template <typename T>
  requires(sizeof(T) > 1)
Thing make(T&& value, const char* name = "x");`);
      for (const part of [
        "# example.hpp",
        "#include <hawser/example.hpp>",
        "\nExamples.\n",
        "## Thing {#Thing}",
        "### act {#Thing-act}",
        "bool act(int times = 2) const noexcept;",
        "auto thing = hawser::make<int>(1);",
        "- First.\n- Second, [`Thing::act`](#Thing-act).",
        "Makes a [`Thing`](#Thing).",
        'template <typename T>\n  requires (sizeof(T) > 1)\nThing make(T&& value, const char* name = "x");',
      ]) {
        assert.ok(page.includes(part), `${part}\n\nis not in\n\n${page}`);
      }
    });
  });

  describe("of the npm package", () => {
    /** @param {string} text */
    async function read(text) {
      const js = await site("reference_js.mjs");
      const files = js.readDeclarations(folderOf({ "index.d.ts": text }));
      return {
        missing: js.undocumented(files),
        page: js.renderDeclarations(files).get("hawser.md"),
      };
    }

    it("names each exported symbol without a docstring, with its place", async () => {
      const { missing } = await read(`export function bare(): void;
/** Documented. */
export interface Options {
  first?: number;
  /** Documented. */
  second?: number;
}
export class Thing {
  /** Documented. */
  constructor();
  act(): void;
}
type Helper = string;
`);
      assert.deepEqual(
        missing.sort(),
        [
          "index.d.ts:1: bare",
          "index.d.ts:4: Options.first",
          "index.d.ts:8: Thing",
          "index.d.ts:11: Thing.act",
        ].sort(),
      );
    });

    it("has declarations, docstrings with code, and links to other symbols", async () => {
      const { page } = await read(`/**
 * A thing. See \`make\`, and \`Thing.act\`.
 *
 *     make();
 */
export class Thing {
  /** Acts. */
  act(times: number): void;
  /** The same without a number. */
  act(): void;
}
/** Makes a \`Thing\`. */
export function make(): Thing;
`);
      for (const part of [
        "# hawser\n",
        "## Thing {#Thing}\n\n```ts\nclass Thing { … }\n```",
        "See [`make`](#make), and [`Thing.act`](#Thing-act).",
        "```ts\nmake();\n```",
        "### act {#Thing-act}\n\n```ts\nact(times: number): void;\nact(): void;\n```\n\nActs.\n\nThe same without a number.",
        "Makes a [`Thing`](#Thing).",
      ]) {
        assert.ok(page.includes(part), `${part}\n\nis not in\n\n${page}`);
      }
    });
  });
});
