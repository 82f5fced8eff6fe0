// Compares hawser's validation with Node's own URL parser and decoder and the standards' rules; and
// tests the command that fuzzes.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parseOptions } from "../fuzz/options.mjs";
import { check, checkAll, verdictsOf } from "../fuzz/oracle.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = path.join(root, "build/native/tests/fuzz/verdicts");
const skip = fs.existsSync(program) ? false : `${program} is not built: npm test builds it`;

const corpus = ["url", "text"].flatMap((name) => {
  const folder = path.join(root, "tests/fuzz/corpus", name);
  return fs.readdirSync(folder).map((file) => fs.readFileSync(path.join(folder, file)));
});

/**
 * The parts of the answers that are wrong.
 *
 * @param {string} text a character for each byte
 * @param {[number, number, number, number]} answers as a URL, as text, as subprotocols, as a close
 */
function wrongOf(text, [url, utf8, protocols, close]) {
  return check(Buffer.from(text, "latin1"), { url, utf8, protocols, close }).map(
    (line) => /as (?:a )?(\w+)/.exec(line)?.[1],
  );
}

describe("hawser's validation", { skip }, () => {
  it("agrees with Node about the fuzzers' corpus and 40 000 more inputs", () => {
    const { inputs, wrong, counts } = checkAll(program, corpus, { batches: 2 });
    assert.deepEqual(wrong, []);
    assert.equal(inputs, corpus.length + 40_000);
    // The inputs must not all be of one kind.
    for (const what of [
      "taken by both",
      "refused by both",
      "left to the browser, which refuses the host",
    ]) {
      assert.ok((counts.get(what) ?? 0) > 1000, `${counts.get(what)} URLs are ${what}`);
    }
  });

  it("is called for each input, even for an empty and a long one", () => {
    const inputs = ["", "ws://host/", "x".repeat(70_000)].map((text) => Buffer.from(text));
    assert.deepEqual(
      verdictsOf(program, inputs).map(({ url }) => url),
      [2, 0, 3],
    );
  });
});

describe("the comparison", () => {
  it("reports a URL that is accepted and should not be", () => {
    assert.deepEqual(wrongOf("ws://host:99999/", [0, 0, 4, 7]), ["URL"]);
    assert.deepEqual(wrongOf("ws://[@host:99999/", [0, 0, 4, 7]), ["URL"]);
    assert.deepEqual(wrongOf("ws://host/#", [0, 0, 4, 7]), ["URL"]);
  });

  it("reports a URL that is refused and should not be", () =>
    assert.deepEqual(wrongOf("ws://host/", [2, 0, 4, 7]), ["URL"]));

  it("leaves the host to the browser, and allows hawser to be stricter in documented cases", () => {
    assert.deepEqual(wrongOf("ws://[1.2.3]/", [0, 0, 4, 7]), []);
    assert.deepEqual(wrongOf("ws://host/a b", [2, 0, 4, 7]), []);
    assert.deepEqual(wrongOf("http://host/", [2, 0, 4, 7]), []);
  });

  it("reports wrong answers for text, subprotocols and a close", () => {
    assert.deepEqual(wrongOf("soap\0Soap", [2, 0, 0, 7]), ["protocols"]);
    assert.deepEqual(wrongOf("soap", [2, 9, 4, 0]), ["utf8", "protocols", "close"]);
    assert.deepEqual(wrongOf(`\u00e8\u0003${"a".repeat(124)}`, [2, 9, 4, 0]), ["close"]); // code 1000
  });
});

describe("npm run fuzz", () => {
  it("runs all fuzzers for a minute by default", () => {
    assert.deepEqual(parseOptions([]), {
      seconds: 60,
      names: ["events", "outbox", "policies", "text", "url"],
    });
  });

  it("runs the named ones, for as long as requested", () => {
    assert.deepEqual(parseOptions(["url", "--seconds", "5"]), { seconds: 5, names: ["url"] });
  });

  it("has a corpus for each", () => {
    const { names } = /** @type {{ names: string[] }} */ (parseOptions([]));
    assert.deepEqual(fs.readdirSync(path.join(root, "tests/fuzz/corpus")), names);
  });

  it("reports arguments that it does not understand", () => {
    for (const args of [["--seconds", "0"], ["--seconds", "x"], ["nothing"], ["--fast"]]) {
      assert.throws(() => parseOptions(args), /--seconds|no fuzzer|--fast/);
    }
  });
});
