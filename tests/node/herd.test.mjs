// The thundering herd, with few clients: checks the simulation, and the basis for hawser's
// defaults.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { fillDocument } from "../bench/document.mjs";
import { drawChart } from "../herd/chart.mjs";
import { describeRun, tablesOf } from "../herd/report.mjs";
import { longestRun } from "../support/patience.mjs";

/** @typedef {import("../herd/report.mjs").Result} Result */

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = process.env.HAWSER_HERD ?? path.join(root, "build/native/tests/herd");
const skip = fs.existsSync(program)
  ? false
  : "build/native/tests/herd is not built: npm run herd builds it";

/** @param {string[]} args */
function herd(...args) {
  return spawnSync(program, args, { encoding: "utf8", timeout: longestRun });
}

describe("the herd", { skip }, () => {
  /** @type {string} */
  let folder;
  /** @type {Result[]} */
  let results;
  /** @type {string[]} */
  const texts = [];
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-herd-"));
    for (const name of ["first", "second"]) {
      const json = path.join(folder, name);
      const { status, stderr } = herd(
        "--clients",
        "20000",
        "--rate",
        "200",
        "--seeds",
        "7,8",
        "--json",
        json,
      );
      assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
      texts.push(fs.readFileSync(json, "utf8"));
    }
    results = JSON.parse(texts[0]);
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  /**
   * @param {Result["jitter"]} jitter
   * @param {Result["refusal"]} refusal
   */
  const of = (jitter, refusal) =>
    results.filter(
      (one) => one.part === "jitter" && one.jitter === jitter && one.refusal === refusal,
    );

  it("has the same figures for the same arguments", () => assert.equal(texts[0], texts[1]));

  it("has other figures for another seed", () => {
    const [one, other] = of("full", "at once");
    assert.notDeepEqual(one.attemptsPerSecond, other.attemptsPerSecond);
  });

  it("connects every client that has jitter, and no client before the server is back or faster than it accepts", () => {
    for (const { jitter, clients, connected, nearlyAll, acceptedPerSecond } of results) {
      if (jitter === "none") continue;
      assert.equal(connected, clients);
      const least = (1000 * (0.99 * clients - acceptedPerSecond)) / acceptedPerSecond;
      assert.ok(
        nearlyAll !== null && nearlyAll >= least,
        `${nearlyAll} ms of at least ${least} ms`,
      );
    }
  });

  it("counts each attempt once, of clients and of seconds", () => {
    for (const { clients, connected, attemptsMean, attemptsPerSecond } of results) {
      if (connected < clients) continue;
      const sum = attemptsPerSecond.reduce((total, attempts) => total + attempts, 0);
      assert.ok(
        Math.abs(sum - attemptsMean * clients) <= clients * 1e-4,
        `${sum} and ${attemptsMean * clients}`,
      );
    }
  });

  for (const refusal of /** @type {const} */ (["at once", "by timeout"])) {
    it(`has a lower peak with jitter than without, and the lowest with full jitter, if refused ${refusal}`, () => {
      const peaks = (/** @type {Result["jitter"]} */ jitter) =>
        of(jitter, refusal).map(({ peak }) => peak);
      assert.ok(Math.max(...peaks("full")) * 4 < Math.min(...peaks("none")));
      assert.ok(Math.max(...peaks("full")) < Math.min(...peaks("equal"), ...peaks("decorrelated")));
    });
  }

  it("connects nearly as fast as the server accepts, with the defaults", () => {
    for (const { nearlyAll, clients, acceptedPerSecond } of of("full", "at once")) {
      const least = (990 * clients) / acceptedPerSecond;
      assert.ok(
        nearlyAll !== null && nearlyAll < least * 1.15,
        `${nearlyAll} ms, and ${least} ms would be the least`,
      );
    }
  });

  it("has a place in docs/scale.md for every table, and changes nothing else there", async () => {
    const text = fs.readFileSync(path.join(root, "docs/scale.md"), "utf8");
    const tables = tablesOf(results);
    const filled = await fillDocument(text, { surroundings: describeRun(results), tables });
    for (const { title } of tables) assert.ok(filled.includes(`${title}:`), title);
    const prose = (/** @type {string} */ text) =>
      text.replaceAll(/<!-- bench .*?<!-- \/bench -->/gs, "");
    assert.equal(prose(filled), prose(text));
  });

  it("draws a chart", () =>
    assert.match(drawChart(results), /^<svg .*jitter decorrelated.*<\/svg>$/s));

  it("reports an argument that it does not understand", () => {
    for (const args of [["--quik", "1"], ["--clients"], ["--clients", "-1"], ["--seeds", "1,,2"]]) {
      const { status, stderr } = herd(...args);
      assert.equal(status, 1);
      assert.match(stderr, /Usage: herd/);
    }
  });

  it("reports that its file cannot be written, before it runs", () => {
    const { status, stdout, stderr } = herd("--json", path.join(folder, "no such folder", "file"));
    assert.deepEqual({ status, stdout }, { status: 1, stdout: "" });
    assert.match(stderr, /cannot be written/);
  });
});
