// Whether the class Session can replace the browser's WebSocket: runs the tests of conformance/ on
// it, on a connection that is never lost. session_differences.mjs says where and why it differs.

import assert from "node:assert/strict";
import { after, before, describe, it, mock } from "node:test";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { deviations, differences } from "./conformance/deviations.mjs";
import { runSection } from "./conformance/in_browser.mjs";
import { sections, testsOf } from "./conformance/sections.mjs";
import { listed, sessionDifferences } from "./conformance/session_differences.mjs";
import { longestSuite } from "../support/patience.mjs";

/** @typedef {import("./conformance/test.mjs").Test} Test */

// The server warns of unknown endpoints, and some relative URLs lead to one.
mock.method(console, "warn", () => {});

/** @type {Map<string, Test[]>} */
const tests = new Map();
for (const section of sections) tests.set(section, await testsOf(section));

it("lists only tests that exist", () => {
  const known = new Set(
    [...tests].flatMap(([section, list]) => list.map(({ name }) => `${section}: ${name}`)),
  );
  const unknown = listed.flatMap((reasons) =>
    Object.entries(reasons)
      .flatMap(([section, names]) => Object.keys(names).map((name) => `${section}: ${name}`))
      .filter((name) => !known.has(name)),
  );
  assert.deepEqual(unknown, []);
});

for (const engine of engines) {
  describe(
    `the class Session as a WebSocket in ${engine}`,
    { skip: whyNot(engine), timeout: longestSuite },
    () => {
      /** @type {import("../support/browsers.mjs").Browser} */
      let browser;
      /** @type {import("../support/browsers.mjs").Page} */
      let page;

      before(async () => {
        browser = await launch(engine);
        page = await browser.newPage();
      });
      after(() => browser?.close());

      for (const section of sections) compare(section);

      /** @param {string} section */
      function compare(section) {
        const deviating = deviations[engine][section] ?? {};
        const differing = {
          ...differences[engine]?.[section],
          ...sessionDifferences(engine, section),
        };

        describe(section, () => {
          /** @type {Map<string, string | null>} */
          const errors = new Map();
          before(async () => {
            const results = await runSection(page, section, "session", "window");
            for (const { name, error } of results) errors.set(name, error);
          });

          for (const { name } of tests.get(section) ?? []) {
            it(name, (t) => {
              const error = errors.get(name);
              if (differing[name]) {
                assert.ok(error, "it passes, but is listed as failing");
                t.skip(differing[name]);
              } else if (error && deviating[name]) t.skip(deviating[name]);
              else assert.equal(error, null);
            });
          }
        });
      }
    },
  );
}
