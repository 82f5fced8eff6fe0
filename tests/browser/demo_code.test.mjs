// The demo's second tab: the C++ of each view.

import assert from "node:assert/strict";
import fs from "node:fs";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { startDemo } from "../../demo/server/server.mjs";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** @param {string} name of a file of the demo */
const sourceOf = (name) => fs.readFileSync(new URL(`../../demo/${name}`, import.meta.url), "utf8");

/** The views of the page, with the file and the guide of each. */
const views = [...sourceOf("index.html").matchAll(/<main\s+id="(\w+)-view"([^>]*)>/g)].map(
  ([, name, attributes]) => ({
    name,
    code: /data-code="(.*?)"/.exec(attributes)?.[1] ?? "",
    guide: /data-guide="(.*?)"/.exec(attributes)?.[1] ?? "",
  }),
);

describe("the code of a view", () => {
  it("is named for each, with a guide that exists", () => {
    for (const { name, code, guide } of views) {
      assert.match(sourceOf(code), /#include <hawser\//, name);
      assert.ok(
        guide && fs.existsSync(new URL(`../../docs/${guide}`, import.meta.url)),
        `${name} has no guide`,
      );
    }
  });
});

for (const engine of engines) {
  describe(
    `the code of a view in ${engine}`,
    { skip: whyNot(engine), timeout: longestSuite },
    () => {
      /** @type {Awaited<ReturnType<typeof startDemo>>} */
      let demo;
      /** @type {import("../support/browsers.mjs").Browser} */
      let browser;
      /** @type {import("../support/browsers.mjs").Page} */
      let page;

      before(async () => {
        demo = await startDemo({ port: 0, root });
        browser = await launch(engine);
        page = await browser.newPage();
      });

      after(async () => {
        await browser?.close();
        await demo?.close();
      });

      /** Opens the page, and waits until its scripts have run. */
      async function visit(url = demo.url) {
        await page.goto(url);
        await page.waitFor(() => document.querySelector("#supported")?.textContent === "true");
      }

      /** @param {string} file Waits until the page shows this file, with colours. */
      async function shows(file) {
        const source = sourceOf(file);
        await page.waitFor((source) => {
          const content = document.querySelector("#source-content");
          return content?.textContent === source && content.querySelector(".hljs-keyword") !== null;
        }, source);
      }

      /** @param {"view" | "code"} tab */
      const choose = (tab) =>
        page.evaluate(
          (tab) => /** @type {HTMLElement} */ (document.querySelector(`#tab-${tab}`)).click(),
          tab,
        );

      const isViewShown = () =>
        page.evaluate(() => document.querySelector("main:not([hidden])")?.checkVisibility());

      it("is the real file, for each view", async () => {
        await visit();
        await choose("code");
        for (const { name, code, guide } of views) {
          await page.evaluate((name) => (location.hash = name), name);
          await shows(code);
          assert.equal(await isViewShown(), false);
          const link = await page.evaluate(() =>
            document.querySelector("#source-guide")?.getAttribute("href"),
          );
          assert.equal(link, `https://github.com/hawser/hawser/blob/main/docs/${guide}`);
        }
        await choose("view");
        assert.equal(await isViewShown(), true);
      });

      it("can be reached with the arrow keys", async () => {
        await visit(`${demo.url}#session`);
        await page.evaluate(() =>
          /** @type {HTMLElement} */ (document.querySelector("#tab-view")).focus(),
        );
        await page.press("ArrowRight");
        await shows("views/session.cpp");
        assert.equal(await page.evaluate(() => document.activeElement?.id), "tab-code");
        await page.press("ArrowLeft");
        assert.equal(await isViewShown(), true);
      });

      it("says why it could not be loaded, and tries again", async () => {
        await visit();
        await page.evaluate(() => {
          const real = fetch;
          Object.assign(globalThis, {
            fetch: () => {
              Object.assign(globalThis, { fetch: real });
              return Promise.resolve(
                new Response("", { status: 503, statusText: "Service Unavailable" }),
              );
            },
          });
        });
        await choose("code");
        await page.waitFor(
          () =>
            document.querySelector("#source-content")?.textContent ===
            "views/socket.cpp could not be loaded. 503 Service Unavailable",
        );
        await choose("view");
        await choose("code");
        await shows("views/socket.cpp");
      });
    },
  );
}
