// The demo's page in each of its languages.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startDemo } from "../../demo/server/server.mjs";
import { catalogues } from "../../demo/texts/catalogues.mjs";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { artifacts, desktop, fitsScreen, phone, root, serveWithScript } from "../support/demo.mjs";
import { findViolations, serveWithAxe } from "../support/demo_view.mjs";
import { longestSuite } from "../support/patience.mjs";

const { en, zh } = catalogues;

const template = fs.readFileSync(path.join(root, "demo/index.html"), "utf8");
const views = [...template.matchAll(/<main\s+id="(\w+)-view"/g)].map(([, name]) => name);

/**
 * The texts of a catalogue without the variable ones.
 *
 * @param {object} catalogue
 * @returns {string[]}
 */
function plainTexts(catalogue) {
  return Object.values(catalogue).flatMap((text) =>
    typeof text === "object"
      ? plainTexts(text)
      : typeof text === "string"
        ? [text.replaceAll("`", "")]
        : [],
  );
}

const chinese = new Set(plainTexts(zh));
const english = plainTexts(en).filter((text) => /[a-z]/.test(text) && !chinese.has(text));

for (const engine of engines) {
  describe(
    `the demo's languages in ${engine}`,
    { skip: whyNot(engine), timeout: longestSuite },
    () => {
      /** @type {Awaited<ReturnType<typeof startDemo>>} */
      let demo;
      /** @type {import("../support/browsers.mjs").Browser} */
      let browser;
      /** @type {import("../support/browsers.mjs").Page} */
      let page;

      const hasThreads = engine !== "webkit"; // WebKitGTK has no SharedArrayBuffer

      before(async () => {
        fs.mkdirSync(artifacts, { recursive: true });
        demo = await startDemo({ port: 0, root });
        browser = await launch(engine);
      });

      after(async () => {
        await browser?.close();
        await demo?.close();
      });

      beforeEach(async () => {
        page = await browser.newPage();
        await page.setViewport(desktop);
      });

      afterEach(() => page.close());

      /** The page's own English texts. In Chinese there should be none. */
      const englishTexts = () =>
        page.evaluate((english) => {
          const attributes = [
            "aria-label",
            "aria-valuetext",
            "placeholder",
            "title",
            "alt",
            "data-empty",
            "data-label",
          ];
          const elements = [...document.body.querySelectorAll("*")].filter(
            (one) => one.checkVisibility() && !one.closest("code, pre, script, [lang=en]"),
          );
          const texts = elements.flatMap((one) => [
            ...[...one.childNodes]
              .filter((node) => node.nodeType === Node.TEXT_NODE)
              .map((node) => node.nodeValue ?? ""),
            ...attributes.map((name) => one.getAttribute(name) ?? ""),
          ]);
          return texts
            .map((text) => text.replace(/\b\w+:\/\/\S+/g, "").trim())
            .filter(
              (text) =>
                english.includes(text) ||
                (/[A-Za-z]{2,},? [a-z]{2,}/.test(text) && !/^([\da-f]{2} ?)+…?$/.test(text)),
            );
        }, english);

      /** @param {string} id */
      const click = (id) =>
        page.evaluate((id) => /** @type {HTMLElement} */ (document.getElementById(id)).click(), id);

      /**
       * Waits until an element contains these words.
       *
       * @param {string} selector
       * @param {string} words
       */
      async function shows(selector, words) {
        await page.waitFor(
          (selector, words) =>
            [...document.querySelectorAll(selector)].some((one) => one.textContent.includes(words)),
          selector,
          words,
        );
      }

      /**
       * Waits until the browser has loaded this page: while it navigates, nothing runs in it.
       *
       * @param {string} expected the end of its URL
       */
      async function arrives(expected) {
        let url = "";
        for (
          const deadline = performance.now() + 30_000;
          !url.endsWith(expected);
          await sleep(20)
        ) {
          assert.ok(
            performance.now() < deadline,
            `the browser is at ${url}, and not at ${expected}`,
          );
          url = await page
            .evaluate(() => (document.readyState === "complete" ? location.href : ""))
            .catch(() => "");
        }
      }

      /**
       * Opens a page that may redirect to another one.
       *
       * @param {string} url
       */
      const open = (url) =>
        page.goto(url).catch((error) => assert.match(String(error), /abort|navigat|replaced/i));

      /** @param {string} view in the language `texts`. Opens it, and waits until it is ready. */
      async function visit(view, language = "zh") {
        await page.goto("about:blank"); // the same address again loads nothing
        await page.goto(`${demo.url}${language === "en" ? "index" : language}.html#${view}`);
        await page.waitFor(
          (view) => document.querySelector(`#${view}-view [role=status]`)?.textContent !== "",
          view,
        );
        await page.waitFor(
          (pending) => document.querySelector("#supported")?.textContent !== pending,
          "…",
        );
      }

      const status = (/** @type {string} */ view) => `#${view}-view [role=status]`;

      /** Uses every feature of the socket's view. */
      async function useSocket(texts = zh) {
        await shows(status("socket"), texts.socket.ready);
        await page.click(texts.socket.echo);
        await shows("#log .kind", texts.log.kinds.open);
        await page.click(texts.socket.sendText);
        await page.click(texts.socket.sendBytes);
        await shows(status("socket"), texts.socket.received("4 B", "binary"));
        await page.click(texts.socket.badUrl);
        await shows("#log .kind", texts.log.kinds.error);
        await page.fill(texts.socket.reason, "1");
        await page.click(texts.socket.close);
        await shows(status("socket"), texts.socket.closed(texts.socket.end(1000, "1", true), ""));
        await page.click(texts.socket.refused);
        await shows(status("socket"), texts.socket.end(1006, "", false));
      }

      /** Makes a session lose its connection, and reconnect. */
      async function useSession(texts = zh) {
        await shows(status("session"), texts.session.ready);
        await page.click(texts.session.retryNow);
        await shows(status("session"), texts.session.notWaiting);
        await page.click(texts.session.start);
        await shows("#changes .kind", texts.log.kinds.open);
        await page.click(texts.session.sendOne);
        await shows("#messages", "✓");
        await page.click(texts.session.cut);
        await shows("#changes .content", texts.session.wasCut);
        await shows("#changes .kind", texts.log.kinds.waiting);
      }

      async function useThreads(texts = zh) {
        if (!hasThreads) return shows(status("threads"), texts.threads.noSharedMemory);
        await page.waitFor(() =>
          ["main", "io"].every((path) =>
            / ms$/.test(document.querySelector(`#${path}-median`)?.textContent ?? ""),
          ),
        );
      }

      const uses = /** @type {Record<string, (texts?: typeof zh) => Promise<unknown>>} */ ({
        socket: useSocket,
        session: useSession,
        threads: useThreads,
      });

      const onlyChromium = engine !== "chromium" && "Chromium is enough";

      for (const view of views) {
        const name = `shows #${view} in Chinese, without an English sentence`;
        it(name, { skip: onlyChromium }, async () => {
          await visit(view);
          assert.equal(await page.evaluate(() => document.documentElement.lang), "zh");
          assert.equal(await page.evaluate(() => document.title), zh.page.title);
          assert.deepEqual(await englishTexts(), []);
          await uses[view]?.();
          assert.deepEqual(await englishTexts(), []);
          // Each kind of event, in its row and with its details.
          const kinds = await page.evaluate(() => [
            ...new Set(
              [
                .../** @type {NodeListOf<HTMLElement>} */ (
                  document.querySelectorAll("#events tbody tr")
                ),
              ].map((row) => row.dataset.type ?? ""),
            ),
          ]);
          for (const kind of kinds) {
            await page.evaluate((kind) => {
              /** @type {HTMLElement} */ (
                document.querySelector(`#events tr[data-type=${kind}]`)
              ).click();
            }, kind);
            assert.deepEqual(await englishTexts(), [], kind);
          }
        });
      }

      it("has no violations for axe to report in Chinese", async (test) => {
        const url = await serveWithAxe(test);
        for (const view of views) {
          await page.goto("about:blank"); // a different hash alone loads nothing
          await page.goto(`${url}zh.html#${view}`);
          await page.waitFor(
            (view) => document.querySelector(`#${view}-view [role=status]`)?.textContent !== "",
            view,
          );
          const complaints = await findViolations(page);
          assert.deepEqual(complaints, [], view);
        }
      });

      it("describes errors in hawser's own words in English, and in translation in Chinese", async () => {
        for (const [language, texts, words] of /** @type {const} */ ([
          ["en", en, "The URL is invalid. Use an absolute"],
          ["zh", zh, zh.errors.invalid_url],
        ])) {
          await visit("socket", language);
          await page.click(texts.socket.badUrl);
          await shows(status("socket"), words);
        }
      });

      it("remembers the language that was chosen", async () => {
        await page.goto(`${demo.url}index.html`);
        await click("to-zh");
        await arrives("/zh.html");
        await open(demo.url);
        await arrives("/zh.html");
        await click("to-en");
        await arrives("/index.html");
        await open(demo.url);
        await arrives(`${demo.url}`);
      });

      it("keeps the view when the language changes", async () => {
        await page.goto(`${demo.url}index.html#session`);
        await click("to-zh");
        await arrives("/zh.html#session");
        await open(`${demo.url}#threads`);
        await arrives("/zh.html#threads");
        await click("to-session");
        await click("to-en");
        await arrives("/index.html#session");
      });

      it("starts in the first of the browser's languages that it supports", async (test) => {
        const first = await serveWithScript(test, () =>
          Object.defineProperty(navigator, "languages", { value: ["fr", "zh-CN", "en"] }),
        );
        await open(`${first}#session`);
        await arrives("/zh.html#session");
        const second = await serveWithScript(test, () =>
          Object.defineProperty(navigator, "languages", { value: ["en-GB", "zh-CN"] }),
        );
        await open(second);
        await arrives(second);
        assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
      });

      for (const language of /** @type {const} */ (["en", "zh"])) {
        for (const view of Object.keys(uses)) {
          it(`fits the screen with #${view} in ${language}, also of a phone`, async () => {
            for (const [device, viewport] of Object.entries({ desktop, phone })) {
              await page.setViewport(viewport);
              await visit(view, language);
              await uses[view](catalogues[language]);
              await fitsScreen(page);
              await page.evaluate(() =>
                /** @type {HTMLElement | null} */ (
                  document.querySelector("#events tbody tr")
                )?.click(),
              );
              await page.setViewport({ ...viewport, height: 2000 });
              await page.evaluate(() => scrollTo(0, 0));
              await page.screenshot(
                path.join(artifacts, `demo-${language}-${view}-${device}-${engine}.png`),
              );
              const protocol = await page.protocol?.();
              if (!protocol) continue; // only Chromium's can be dark for a while
              const features = [{ name: "prefers-color-scheme", value: "dark" }];
              await protocol.send("Emulation.setEmulatedMedia", { features });
              await page.screenshot(
                path.join(artifacts, `demo-${language}-${view}-${device}-dark-${engine}.png`),
              );
              await protocol.detach();
            }
          });
        }
      }
    },
  );
}
