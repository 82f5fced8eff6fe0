// The demo's view "Throughput" in every engine, used as a visitor would.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { startDemo } from "../../demo/server/server.mjs";
import { click, shows } from "../../tools/pictures/scenes.mjs";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import {
  artifacts,
  desktop,
  fitsScreen,
  phone,
  root,
  serveCopy,
  serveWithScript,
} from "../support/demo.mjs";
import {
  canBeTouched,
  collectComplaints,
  complaintsOf,
  findViolations,
  preferDark,
  serveWithAxe,
} from "../support/demo_view.mjs";
import { longestSuite } from "../support/patience.mjs";

for (const engine of engines) {
  describe(
    `the demo's view of throughput in ${engine}`,
    { skip: whyNot(engine), timeout: longestSuite },
    () => {
      /** @type {Awaited<ReturnType<typeof startDemo>>} */
      let demo;
      /** @type {import("../support/browsers.mjs").Browser} */
      let browser;
      /** @type {import("../support/browsers.mjs").Page} */
      let page;

      before(async () => {
        fs.mkdirSync(artifacts, { recursive: true });
        browser = await launch(engine);
      });

      after(() => browser?.close());

      beforeEach(async () => {
        demo = await startDemo({ port: 0, root });
        page = await browser.newPage();
        await page.setViewport(desktop);
      });

      afterEach(async () => {
        await page.close();
        await demo.close();
      });

      /** @param {string} [url] */
      async function visit(url = `${demo.url}index.html`) {
        await page.goto(`${url}#throughput`);
        await page.waitFor(() =>
          /^(Ready|准备就绪)/.test(document.querySelector("#throughput-status")?.textContent ?? ""),
        );
      }

      /** @param {string} words */
      const showsStatus = (words) => shows(page, "#throughput-status", words);

      /** Starts, and waits until an echo has arrived and is drawn. @param {number} [size] */
      async function start(size = 65_536) {
        await page.evaluate((size) => {
          /** @type {HTMLSelectElement} */ (document.querySelector("#throughput-size")).value =
            String(size);
        }, size);
        await click(page, "#throughput-start");
        await page.waitFor(() => {
          const most = document.querySelector(
            "#throughput-figures [data-figure=messages] td:last-child",
          );
          return parseFloat(most?.textContent ?? "") > 0;
        });
      }

      /** Returns the numbers of a row: now, mean, most. @param {string} figure */
      const figures = (figure) =>
        page.evaluate(
          (figure) =>
            [...document.querySelectorAll(`#throughput-figures [data-figure=${figure}] td`)].map(
              (cell) => Number(cell.textContent?.replaceAll(",", "")),
            ),
          figure,
        );

      /** Waits until the server has that many connections to its echo. @param {number} count */
      async function has(count) {
        const deadline = Date.now() + 30_000;
        while (demo.echoes() !== count) {
          assert.ok(Date.now() < deadline, `the server has ${demo.echoes()} connections`);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }

      const isEnough = engine !== "chromium" && "Chromium is enough";

      it("loads its module and uPlot only when it is shown", async () => {
        await page.goto(demo.url);
        await shows(page, "#status", "Ready.");
        const loaded = () =>
          page.evaluate(() =>
            performance
              .getEntriesByType("resource")
              .filter(
                ({ name }) =>
                  /throughput\.(mjs|wasm)|chart\.mjs/.test(name) && !name.includes("/views/"),
              )
              .map(({ name }) => new URL(name).pathname)
              .sort(),
          );
        assert.deepEqual(await loaded(), []);
        await page.evaluate(() => (location.hash = "#throughput"));
        await showsStatus("Ready.");
        assert.deepEqual(await loaded(), [
          "/bundles/chart.mjs",
          "/demo/throughput.mjs",
          "/demo/throughput.wasm",
        ]);
        assert.equal(demo.echoes(), 0);
      });

      it("measures echoes, limits queued data, and draws both", async () => {
        await visit();
        await start();
        const [, mean, most] = await figures("megabytes");
        assert.ok(mean > 0 && most >= mean, `${mean}, ${most}`);
        // The mark at which send waits is 1 MiB, and one message may exceed it.
        const [buffered, , mostBuffered] = await figures("buffered");
        assert.ok(buffered >= 0 && mostBuffered <= 1024 + 64, `${mostBuffered} KiB`);
        const drawn = await page.evaluate(
          () =>
            [...document.querySelectorAll("canvas")].filter((canvas) =>
              canvas.closest(".throughput-chart"),
            ).length,
        );
        assert.equal(drawn, 3);
        const hasColour = await page.evaluate(() =>
          [
            .../** @type {NodeListOf<HTMLCanvasElement>} */ (
              document.querySelectorAll(".throughput-chart canvas")
            ),
          ].map((canvas) =>
            canvas
              .getContext("2d")
              ?.getImageData(0, 0, canvas.width, canvas.height)
              .data.some((value) => value > 0),
          ),
        );
        assert.deepEqual(hasColour, [true, true, true]);
        await page.screenshot(path.join(artifacts, `demo-throughput-${engine}.png`));
      });

      for (const size of [16, 1_048_576]) {
        it(`sends messages of ${size} bytes`, { skip: isEnough }, async () => {
          await visit();
          await start(size);
          await click(page, "#throughput-stop");
          await showsStatus("Done.");
        });
      }

      it("stops on request, shows the mean, and starts again", async () => {
        await visit();
        await start();
        await has(1);
        await page.click("Stop");
        await showsStatus("Done. In ");
        await has(0);
        await start(256);
        await has(1);
      });

      it("stops when the view is left", async () => {
        await visit();
        await start();
        await page.evaluate(() => (location.hash = "#socket"));
        await showsStatus("Stopped, because you left this view.");
        await has(0);
      });

      it("stops by itself after 30 seconds", { skip: isEnough }, async () => {
        await visit();
        await start();
        await showsStatus("Done. In 3");
        await has(0);
      });

      it("says in words that the server is gone", async () => {
        await visit();
        await start();
        await demo.close();
        await showsStatus("The connection has ended. ");
      });

      it("says in words that it could not be loaded", { skip: isEnough }, async (test) => {
        const { url, folder } = await serveCopy(test);
        const file = path.join(folder, "build/release/demo/throughput.mjs");
        fs.renameSync(file, `${file}.away`);
        await page.goto(`${url}index.html#throughput`);
        await showsStatus("This view could not be loaded.");
        fs.renameSync(`${file}.away`, file);
        await page.reload();
        await showsStatus("Ready.");
      });

      it("writes nothing to the console, and moves nothing by itself", async (test) => {
        const url = await serveWithScript(test, collectComplaints);
        await visit(`${url}index.html`);
        await start();
        await click(page, "#throughput-stop");
        await showsStatus("Done.");
        assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
        assert.deepEqual(await complaintsOf(page), []);
      });

      for (const [file, language] of [
        ["index.html", "en"],
        ["zh.html", "zh"],
      ]) {
        it(`fits the screen of a phone in ${language}`, { skip: isEnough }, async () => {
          await page.setViewport(phone);
          await visit(`${demo.url}${file}`);
          await start();
          await fitsScreen(page);
          await page.screenshot(
            path.join(artifacts, `demo-throughput-phone-${language}-${engine}.png`),
          );
        });
      }

      it(
        "works by keyboard alone, in the order that the page is read",
        { skip: isEnough },
        async () => {
          await visit();
          await page.evaluate(() =>
            /** @type {HTMLElement} */ (document.querySelector("#throughput-size")).focus(),
          );
          const reached = [];
          for (let i = 0; i < 2; ++i) {
            await page.press("Tab");
            reached.push(await page.evaluate(() => document.activeElement?.id));
            await page.press("Enter");
            await showsStatus(i === 0 ? "Running." : "Done.");
          }
          assert.deepEqual(reached, ["throughput-start", "throughput-stop"]);
        },
      );

      const noTouch = engine !== "chromium" && `${engine} emulates no touch screen`;
      it("can be touched on a phone", { skip: noTouch }, async () => {
        await page.setViewport(phone);
        await visit();
        await canBeTouched(page);
      });

      for (const scheme of engine === "chromium" ? ["light", "dark"] : ["light"]) {
        it(`has no violations for axe to report when it is ${scheme}`, async (test) => {
          if (scheme === "dark") await preferDark(page);
          await visit(`${await serveWithAxe(test)}index.html`);
          await start();
          await click(page, "#throughput-stop");
          assert.deepEqual(await findViolations(page), []);
          await page.screenshot(path.join(artifacts, `demo-throughput-${scheme}-${engine}.png`));
        });
      }
    },
  );
}
