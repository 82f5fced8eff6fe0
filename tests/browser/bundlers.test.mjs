// The package in an app that Vite, webpack or esbuild builds, in Chromium: with each one's defaults, without a warning,
// and under a strict policy.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { launch, whyNot } from "../support/browsers.mjs";
import { expected } from "../support/consumer/src/exchange.js";
import { createConsumer } from "../support/consumer.mjs";
import { startServer } from "../support/server.mjs";

const strictPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src data:; " +
  "connect-src 'self' ws://127.0.0.1:*";

describe("the package, bundled", { skip: whyNot("chromium"), timeout: 120_000 }, () => {
  /** @type {Awaited<ReturnType<typeof createConsumer>>} */
  let consumer;
  /** @type {Awaited<ReturnType<typeof launch>>} */
  let browser;
  before(async () => {
    consumer = await createConsumer();
    browser = await launch("chromium");
  });
  after(async () => {
    await browser?.close();
    consumer?.remove();
  });

  /**
   * What the page at `url` has exchanged with the server.
   *
   * @param {string} url
   * @param {string} server
   */
  async function open(url, server) {
    const page = await browser.newPage();
    try {
      await page.goto(`${url}?${new URLSearchParams({ server })}`);
      return await page.evaluate(() => /** @type {any} */ (globalThis).exchanged);
    } finally {
      await page.close();
    }
  }

  /**
   * Serves a folder of the consumer's, and gives what its page has exchanged.
   *
   * @param {string} folder
   * @param {Record<string, string>} [headers]
   */
  async function openBuilt(folder, headers = { "Content-Security-Policy": strictPolicy }) {
    const server = await startServer({ root: { "/": path.join(consumer.folder, folder) }, headers });
    try {
      return await open(`${server.http}/`, server.ws);
    } finally {
      await server.close();
    }
  }

  /**
   * Writes the page of a bundler that makes none.
   *
   * @param {string} folder
   * @param {string} script
   */
  function writePage(folder, script) {
    const page = `<!doctype html><link rel="icon" href="data:," />${script}`;
    fs.writeFileSync(path.join(consumer.folder, folder, "index.html"), page);
  }

  it("by Vite, runs in a page and in a worker", async () => {
    assert.equal(await consumer.run("vite", "build", "--outDir", "vite", "--logLevel", "warn"), "");
    assert.deepEqual(await openBuilt("vite"), [expected, expected]);
  });

  it("by webpack, runs in a page and in a worker", async () => {
    await consumer.run("webpack", "--mode", "production", "--fail-on-warnings", "--output-path", "webpack");
    writePage("webpack", `<script src="main.js" defer></script>`);
    assert.deepEqual(await openBuilt("webpack"), [expected, expected]);
  });

  it("by esbuild, runs in a page that says where the .wasm is", async () => {
    const flags = ["--bundle", "--minify", "--loader:.wasm=file", "--log-level=warning"];
    assert.equal(await consumer.run("esbuild", "src/esbuild.js", "--outdir=esbuild", ...flags), "");
    writePage("esbuild", `<script src="esbuild.js" defer></script>`);
    assert.deepEqual(await openBuilt("esbuild"), expected);
  });

  it("by Vite's server for development, runs in a page and in a worker", async () => {
    const { createServer } = await import("vite");
    const listening = { host: "127.0.0.1", port: 0 };
    const vite = await createServer({ root: consumer.folder, server: listening, logLevel: "silent" });
    const server = await startServer();
    try {
      await vite.listen();
      assert.deepEqual(await open(String(vite.resolvedUrls?.local[0]), server.ws), [expected, expected]);
    } finally {
      await vite.close();
      await server.close();
    }
  });

  it("by nothing, runs where an import map names it", async () => {
    const js = "/node_modules/hawser/js";
    const imports = { hawser: `${js}/index.js`, "hawser/session": `${js}/session.js` };
    const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
    writePage(".", `${map}<script type="module" src="src/page.js"></script>`);
    assert.deepEqual(await openBuilt(".", {}), expected);
  });
});
