// The two sides of the seam use the same numbers, since C++ and the shim cannot include each other.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";

const folder = path.join(import.meta.dirname, "../../wasm/src/socket");
const header = fs.readFileSync(path.join(folder, "seam.hpp"), "utf8");
const shim = fs.readFileSync(path.join(folder, "shim.js"), "utf8");

/** @param {string} text @param {RegExp} definition */
function number(text, definition) {
  const found = text.match(definition);
  assert.ok(found, `nothing matches ${definition}`);
  return Number(found[1]);
}

describe("shim.js and seam.hpp", () => {
  for (const [cpp, js] of [
    ["short_text", "hawserShortText"],
    ["fully_reserved_text", "hawserFullyReservedText"],
  ]) {
    it(`agree on ${cpp}`, () => {
      const inHeader = number(header, new RegExp(`constexpr std::size_t ${cpp} = (\\w+);`));
      assert.equal(number(shim, new RegExp(`globalThis\\.${js} = (\\w+);`)), inHeader);
    });
  }
});
