// The documentation's site, built by npm run docs, and served by the demo's server and as files.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import sirv from "sirv";
import { startDemo } from "../../demo/server/server.mjs";
import { launch, whyNot } from "../support/browsers.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const out = path.join(root, "build/site/docs");
const PHONE = { width: 375, height: 740, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const DESKTOP = { width: 1280, height: 900 };

const skip = process.env.HAWSER_DOXYGEN
  ? whyNot("chromium")
  : "Doxygen is not available: HAWSER_DOXYGEN names none";

describe("the site in Chromium", { skip, timeout: longestSuite }, () => {
  /** @type {Awaited<ReturnType<typeof launch>>} */
  let browser;
  /** @type {Awaited<ReturnType<typeof startDemo>>} */
  let demo;
  /** @type {http.Server} */
  let host;
  /** @type {string} */
  let files;

  before(async () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["site/main.mjs", "--build"], {
      cwd: root,
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout + stderr);
    demo = await startDemo({ port: 0, root, linksDocs: true });
    const serve = sirv(out, { dev: true });
    host = http.createServer((request, response) => {
      if (!request.url?.startsWith("/docs/")) return response.writeHead(404).end();
      request.url = request.url.slice("/docs".length);
      serve(request, response);
    });
    host.listen(0, "127.0.0.1");
    await once(host, "listening");
    files = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (host.address()).port}/docs/`;
    browser = await launch("chromium");
  });

  after(async () => {
    await browser?.close();
    await demo?.close();
    host?.closeAllConnections();
    host?.close();
  });

  /**
   * Opens a page, and fails if its console shows anything.
   *
   * @param {string} url
   * @param {(page: Awaited<ReturnType<typeof browser.newPage>>) => Promise<void>} use
   * @param {{ viewport?: import("puppeteer-core").Viewport, ignore?: RegExp }} [options]
   */
  async function open(url, use, { viewport = DESKTOP, ignore } = {}) {
    /** @type {string[]} */
    const lines = [];
    const page = await browser.newPage({ onConsole: (line) => lines.push(line) });
    try {
      await page.setViewport(viewport);
      await page.goto(url);
      // Vue runs once the search button has its listener.
      await page.waitFor(() =>
        Boolean(/** @type {any} */ (document.querySelector("#app"))?.__vue_app__),
      );
      await use(page);
      assert.deepEqual(
        lines.filter((line) => !ignore?.test(line)),
        [],
      );
    } finally {
      await page.close();
    }
  }

  const pages = () =>
    fs
      .readdirSync(out, { recursive: true, encoding: "utf8" })
      .filter(
        (file) =>
          file.endsWith(".html") && file !== "404.html" && !/^(hawser|live)[\\/]/.test(file),
      )
      .map((file) => file.replaceAll(path.sep, "/"));

  it("reaches each page from the sidebar", () => {
    const html = ["index.html", "zh/index.html"]
      .filter((file) => fs.existsSync(path.join(out, file)))
      .map((file) => fs.readFileSync(path.join(out, file), "utf8"))
      .map((html) => /<aside class="VPSidebar[^]*?<\/aside>/.exec(html)?.[0] ?? "")
      .join("");
    const linked = new Set(
      [...html.matchAll(/href="\/docs\/([^"#]*)"/g)].map(([, page]) =>
        page.replace(/(^|\/)$/, "$1index.html"),
      ),
    );
    assert.deepEqual(
      pages().filter((page) => !linked.has(page)),
      [],
    );
    assert.ok(linked.size > 50);
  });

  it("has each error of C++ in its catalogue, with its number and a link to the reference", () => {
    const html = fs.readFileSync(path.join(out, "errors.html"), "utf8");
    const header = fs.readFileSync(path.join(root, "wasm/include/hawser/error.hpp"), "utf8");
    const enumerators = [...header.matchAll(/^ {2}(\w+) = (\d+),/gm)];
    assert.ok(enumerators.length > 30);
    for (const [, name, number] of enumerators) {
      const section = new RegExp(
        `<h3 id="${name}"[^]*?reference/cpp/error.html#Error-${name}"[^]*?</a>, ${number}: `,
      );
      assert.match(html, section, name);
    }
  });

  for (const [name, viewport] of /** @type {const} */ ([
    ["a desktop", DESKTOP],
    ["a phone", PHONE],
  ])) {
    it(`fits ${name}, with nothing on the console`, async () => {
      for (const page of [
        "index.html",
        "zh/index.html",
        "errors.html",
        "live.html",
        "reference/cpp/when.html",
        "reference/js/session.html",
      ]) {
        await open(
          files + page,
          async (page) => {
            const [width, content] = await page.evaluate(() => [
              innerWidth,
              document.documentElement.scrollWidth,
            ]);
            assert.equal(content, width);
          },
          { viewport },
        );
      }
    });
  }

  /**
   * @param {Awaited<ReturnType<typeof browser.newPage>>} page
   * @param {number} index of the example
   * @param {boolean} isReal
   */
  async function runExample(page, index, isReal) {
    await page.evaluate(
      (index, isReal) => {
        const form = document.querySelectorAll("form.live")[index];
        if (isReal) /** @type {HTMLElement} */ (form.querySelector("[value=real]")).click();
        /** @type {HTMLElement} */ (form.querySelector("button")).click();
      },
      index,
      isReal,
    );
    await page.waitFor((index) => {
      const output = /** @type {HTMLElement} */ (document.querySelectorAll("form.live pre")[index]);
      return output.dataset.state === "idle" && output.textContent !== "Nothing has run yet.";
    }, index);
    return page.evaluate(
      (index) => document.querySelectorAll("form.live pre")[index].textContent,
      index,
    );
  }

  const echoed =
    "open, with the subprotocol echo.v1\nreceived hello\nclosed with 4000 that was all";

  it("runs hawser in the page, on files without a server", async () => {
    await open(`${files}live.html`, async (page) =>
      assert.equal(await runExample(page, 0, false), echoed),
    );
  });

  it("runs a session that loses its connection, reconnects and sends queued messages", async () => {
    await open(`${files}live.html`, async (page) => {
      const output = `${await runExample(page, 1, false)}`;
      assert.match(
        output,
        /message 3 sent\n(.*\n)*waiting, retry in 2000 ms\nmessage 4 kept\n(.*\n)*open\n(.*\n)*received message 8/,
      );
      assert.ok(output.endsWith("stopped"), output);
    });
  });

  it("runs hawser in the page, on the demo's server", async () => {
    await open(`${demo.url}docs/live.html`, async (page) => {
      const url = `ws://${new URL(demo.url).host}/echo`;
      assert.equal(await runExample(page, 0, true), `connecting to ${url}\n${echoed}`);
    });
  });

  it("says how to start the demo's server if it does not answer", async () => {
    const ignore = /WebSocket connection to/; // the browser's own report
    await open(
      `${files}live.html`,
      async (page) => {
        const url = `ws://${new URL(files).host}/echo`;
        const hint = "No connection. In a clone of hawser: npm start";
        assert.equal(
          await runExample(page, 0, true),
          `connecting to ${url}\nclosed with 1006 \n${hint}`,
        );
      },
      { ignore },
    );
  });

  it("is linked by the demo, and links to it", async () => {
    const html = await (await fetch(demo.url)).text();
    assert.match(html, /<a id="to-docs" href="docs\/">/);
    await open(`${demo.url}docs/demo.html`, async (page) => {
      await page.waitFor(
        (url) =>
          [...document.querySelectorAll("a")].some(
            ({ href, text }) => href === url && text === "Open the demo",
          ),
        demo.url,
      );
    });
  });

  it("finds a symbol by the search", async () => {
    await open(files, async (page) => {
      await page.evaluate(() =>
        /** @type {HTMLElement} */ (document.querySelector(".DocSearch-Button")).click(),
      );
      await page.waitFor(() => document.querySelector(".VPLocalSearchBox input") !== null);
      await page.evaluate(() => {
        const input = /** @type {HTMLInputElement} */ (
          document.querySelector(".VPLocalSearchBox input")
        );
        input.value = "try_receive";
        input.dispatchEvent(new Event("input", { bubbles: true }));
      });
      await page.waitFor(() =>
        [...document.querySelectorAll(".VPLocalSearchBox a")].some((link) =>
          /** @type {HTMLAnchorElement} */ (link).href.includes(
            "reference/cpp/connection.html#Connection-try_receive",
          ),
        ),
      );
    });
  });

  it("has a dark mode", async () => {
    await open(files, async (page) => {
      const background = () => getComputedStyle(document.body).backgroundColor;
      const before = await page.evaluate(background);
      await page.evaluate(() =>
        /** @type {HTMLElement} */ (document.querySelector(".VPSwitchAppearance")).click(),
      );
      await page.waitFor(() => document.documentElement.classList.contains("dark"));
      assert.notEqual(await page.evaluate(background), before);
    });
  });
});
