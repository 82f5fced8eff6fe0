// Whether hawser's class is the WebSocket of the Standard. The tests of conformance/ run on the
// browser's own class, which shows that they are right, then on hawser's, in a window and in a
// worker of each engine.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it, mock } from "node:test";
import { fileURLToPath } from "node:url";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { deviations, differences, impossible } from "./conformance/deviations.mjs";
import { runSection } from "./conformance/in_browser.mjs";
import { sections, testsOf, workerSections } from "./conformance/sections.mjs";
import { longestSuite } from "../support/patience.mjs";

/** @typedef {import("../support/browsers.mjs").Engine} Engine */
/** @typedef {import("./conformance/run.mjs").Result} Result */
/** @typedef {import("./conformance/test.mjs").Test} Test */
/** @typedef {{ passed: number, failed: number }} Count */
/** @typedef {"native" | "hawser"} Kind */

const root = fileURLToPath(new URL("../..", import.meta.url));
const report = path.join(root, "build/artifacts/engines.json");

/** The data of the README's table; a worker's tests are a separate section. @type {any} */
const counts = {};

// The server warns of unknown endpoints, and some relative URLs lead to one.
mock.method(console, "warn", () => {});

/** @type {Map<string, Test[]>} */
const tests = new Map();
for (const section of sections) tests.set(section, await testsOf(section));

it("lists only tests that exist", () => {
  const known = new Set(
    [...tests].flatMap(([section, list]) => list.map(({ name }) => `${section}: ${name}`)),
  );
  assert.equal(known.size, [...tests.values()].flat().length, "two tests have the same name");
  const listed = [impossible, ...Object.values(deviations), ...Object.values(differences)].flatMap(
    (reasons) =>
      Object.entries(reasons).flatMap(([section, names]) =>
        Object.keys(names).map((name) => `${section}: ${name}`),
      ),
  );
  assert.deepEqual(
    listed.filter((name) => !known.has(name)),
    [],
  );
});

for (const engine of engines) {
  describe(`the WebSocket of ${engine}`, { skip: whyNot(engine), timeout: longestSuite }, () => {
    /** @type {import("../support/browsers.mjs").Browser} */
    let browser;
    /** @type {import("../support/browsers.mjs").Page} */
    let page;

    before(async () => {
      browser = await launch(engine);
      page = await browser.newPage();
    });

    after(async () => {
      await browser?.close();
      fs.mkdirSync(path.dirname(report), { recursive: true });
      fs.writeFileSync(report, `${JSON.stringify(counts, null, 2)}\n`);
    });

    for (const section of sections) compare(section, "window");
    for (const section of workerSections) compare(section, "worker");

    /**
     * @param {string} section
     * @param {"window" | "worker"} place
     */
    function compare(section, place) {
      const list = (tests.get(section) ?? []).filter(
        ({ where }) => place === "window" || where !== "window",
      );
      const isListed = (/** @type {Record<string, string>} */ reasons = {}) =>
        list.map(({ name }) => name).filter((name) => Object.hasOwn(reasons, name));
      const deviating = deviations[engine][section] ?? {};
      const differing = { ...impossible[section], ...differences[engine]?.[section] };

      describe(`${section}, in a ${place}`, () => {
        it("the browser's own class passes, except for the listed deviations", async (t) => {
          const results = await runNative(section, place, deviating);
          count(place === "worker" ? "worker" : section, "native", results);
          const failed = results.filter(({ error }) => error !== null);
          const unlisted = failed.filter(({ name }) => !Object.hasOwn(deviating, name));
          assert.deepEqual(unlisted, []);
          // Not a failure: a newer engine has fixed them.
          for (const name of isListed(deviating)) {
            if (!failed.some((result) => result.name === name))
              t.diagnostic(`passes, and is listed as a deviation: ${name}`);
          }
        });

        describe("hawser's class", () => {
          /** @type {Map<string, Result>} */
          const results = new Map();

          before(async () => {
            const all = await runSection(page, section, "hawser", place);
            count(place === "worker" ? "worker" : section, "hawser", all);
            for (const result of all) results.set(result.name, result);
          });

          for (const { name } of list) {
            it(name, (t) => {
              const error = results.get(name)?.error;
              const reason = differing[name];
              if (reason) {
                assert.ok(error, "it passes, but is listed as failing");
                t.skip(reason);
              } else if (error && deviating[name]) t.skip(deviating[name]);
              else assert.equal(error, null);
            });
          }
        });
      });
    }

    /**
     * Runs once more what fails unlisted with the browser's own class, except in Chromium.
     * Occasionally, WebKit's class raises no error event in a worker for a connection that is
     * closed while connecting.
     *
     * @param {string} section
     * @param {"window" | "worker"} place
     * @param {Record<string, string>} listed
     */
    async function runNative(section, place, listed) {
      const results = await runSection(page, section, "native", place);
      const isFine = (/** @type {Result} */ { name, error }) =>
        error === null || Object.hasOwn(listed, name);
      if (engine === "chromium" || results.every(isFine)) return results;
      const again = new Map(
        (await runSection(page, section, "native", place)).map((result) => [result.name, result]),
      );
      return results.map((result) =>
        isFine(result) ? result : (again.get(result.name) ?? result),
      );
    }

    /**
     * @param {string} section
     * @param {Kind} kind
     * @param {Result[]} results
     */
    function count(section, kind, results) {
      const kinds = ((counts[engine] ??= {})[section] ??= {});
      const total = (kinds[kind] ??= { passed: 0, failed: 0 });
      for (const { error } of results) total[error === null ? "passed" : "failed"]++;
    }
  });
}
