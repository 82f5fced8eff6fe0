// Compares hawser's costs with the committed figures, and tests the comparison itself.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { compare, describeFailure, tableOf, textOf, updateCommand } from "../costs/compare.mjs";
import { program, readCallgrind, runCallgrind } from "../costs/instructions.mjs";
import { measure } from "../costs/measure.mjs";
import { parseOptions } from "../costs/options.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const valgrind = process.env.HAWSER_VALGRIND;

describe("hawser's costs", () => {
  it(
    "are not worse than the committed figures",
    { skip: valgrind ? false : "needs valgrind" },
    async (test) => {
      const committed = JSON.parse(
        fs.readFileSync(new URL("../costs/figures.json", import.meta.url), "utf8"),
      );
      const comparison = compare(committed, await measure(root, /** @type {string} */ (valgrind)));
      for (const remark of comparison.remarks) test.diagnostic(remark);
      assert.ok(comparison.failures.length === 0, `\n${describeFailure(comparison)}`);
    },
  );
});

/** @param {Record<string, number>} values by name */
const costs = (values, version = "1") => ({
  tools: { tool: version },
  figures: Object.entries(values).map(([name, value]) => ({
    name,
    unit: "bytes",
    value,
    tool: "tool",
  })),
});

describe("the comparison of costs", () => {
  it("passes a figure that is 3 % worse", () => {
    const { failures, remarks } = compare(costs({ a: 1000, none: 0 }), costs({ a: 1030, none: 0 }));
    assert.deepEqual([failures, remarks], [[], []]);
  });

  it("fails a figure that is more than 3 % worse, and one that was 0", () => {
    const comparison = compare(
      costs({ a: 1000, none: 0, same: 5 }),
      costs({ a: 1031, none: 1, same: 5 }),
    );
    assert.deepEqual(comparison.failures, [
      "a is more than 3 % worse.",
      "none is more than 3 % worse.",
    ]);
    const text = describeFailure(comparison);
    assert.match(text, /^a +bytes +1000 +1031 +\+3\.10 %$/m);
    assert.match(text, /^none +bytes +0 +1 +more than none$/m);
    assert.doesNotMatch(text, /^same/m);
    assert.ok(text.includes(updateCommand));
  });

  it("remarks that a figure is more than 3 % better", () => {
    const { failures, remarks } = compare(costs({ a: 1000, b: 1000 }), costs({ a: 969, b: 970 }));
    assert.deepEqual(failures, []);
    assert.deepEqual(remarks, [`a is better: run ${updateCommand} to keep it.`]);
  });

  it("fails figures that are missing or new", () => {
    const { failures, rows } = compare(costs({ old: 1 }), costs({ new: 2 }));
    assert.deepEqual(failures, [
      "new is not in the committed figures.",
      "old is a committed figure that is no longer measured.",
    ]);
    assert.deepEqual(rows.slice(1), [
      ["new", "bytes", "", "2", ""],
      ["old", "bytes", "1", "", ""],
    ]);
  });

  it("fails a figure whose unit changed", () => {
    const other = costs({ a: 1 });
    other.figures[0].unit = "calls";
    assert.match(
      compare(costs({ a: 1 }), other).failures.join(),
      /differs from the committed figure in its unit/,
    );
  });

  it("does not compare figures from a different version of their tool, and says so", () => {
    const { failures, remarks } = compare(costs({ a: 1 }), costs({ a: 2 }, "2"));
    assert.deepEqual(failures, []);
    assert.deepEqual(remarks, [
      "The figures of tool are not compared: 2 made them now, and 1 the committed ones.",
    ]);
  });

  it("prints columns", () =>
    assert.equal(
      tableOf([
        ["a", "unit", "1", "2", ""],
        ["long", "u", "10", "20", "+1 %"],
      ]),
      "a     unit   1   2\nlong  u     10  20  +1 %",
    ));
});

describe("the file of figures", () => {
  it("is sorted, has one figure per line, and can be read back", () => {
    const text = textOf(costs({ b: 2, a: 1.5 }));
    assert.deepEqual(JSON.parse(text), costs({ a: 1.5, b: 2 }));
    assert.match(text, /^ {4}\{"name":"a".*\},\n {4}\{"name":"b"/m);
  });

  it("contains what npm run costs -- --update writes", () => {
    const text = fs.readFileSync(new URL("../costs/figures.json", import.meta.url), "utf8");
    assert.equal(textOf(JSON.parse(text)), text);
  });
});

describe("callgrind's output", () => {
  it("is summed", () => {
    const text =
      "fn=one\n1 5\ncfn=malloc\ncalls=3 0\n1 9\ncfn=free\ncalls=7 0\n1 2\ncfn=malloc\ncalls=2 0\n1 1\ntotals: 17\n";
    assert.deepEqual(readCallgrind(text), { instructions: 17, allocations: 5 });
  });

  it("has the calls of malloc", { skip: valgrind ? false : "needs valgrind" }, () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-callgrind-"));
    const command = [path.join(root, program), "handler", "16", "10"];
    const { allocations } = runCallgrind(
      /** @type {string} */ (valgrind),
      ["main"],
      command,
      path.join(folder, "out"),
    );
    fs.rmSync(folder, { recursive: true });
    assert.ok(allocations > 0);
  });

  it("is refused without a sum", () => assert.throws(() => readCallgrind("fn=one\n"), /no sum/));
});

describe("the command line of npm run costs", () => {
  it("has options", () => {
    assert.deepEqual(parseOptions([]), { update: false });
    assert.deepEqual(parseOptions(["--update"]), { update: true });
    assert.match(/** @type {any} */ (parseOptions(["--help"])).help, /--update {2}writes/);
  });

  it("refuses unknown ones", () => {
    assert.throws(() => parseOptions(["--updat"]), /--updat.*\n\nUsage: /s);
    assert.throws(() => parseOptions(["update"]), /update.*\n\nUsage: /s);
  });
});
