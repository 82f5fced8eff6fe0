// The package in an app that a bundler builds, in Chromium: with each bundler's defaults, without a
// warning, and under a strict policy.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { launch, whyNot } from "../support/browsers.mjs";
import { bundlers, whyNoBundlers } from "../support/bundlers.mjs";
import { expected } from "../support/consumer/src/exchange.js";
import { createConsumer } from "../support/consumer.mjs";
import { startServer } from "../support/server.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const strictPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src data:; " +
  "connect-src 'self' ws://127.0.0.1:*";

/**
 * @param {Awaited<ReturnType<typeof createConsumer>>} consumer
 * @param {string} folder
 * @param {string} script
 */
function writePageOf(consumer, folder, script) {
  const page = `<!doctype html><meta charset="utf-8" /><link rel="icon" href="data:," />${script}`;
  fs.writeFileSync(path.join(consumer.folder, folder, "index.html"), page);
}

describe("the package, bundled", { skip: whyNot("chromium"), timeout: longestSuite }, () => {
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
   * The exchange of the page at `url` with the server.
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
   * Serves a folder of the consumer, and returns the exchange of its page.
   *
   * @param {string} folder
   * @param {Record<string, string>} [headers]
   */
  async function openBuilt(folder, headers = { "Content-Security-Policy": strictPolicy }) {
    const server = await startServer({
      root: { "/": path.join(consumer.folder, folder) },
      headers,
    });
    try {
      return await open(`${server.http}/`, server.ws);
    } finally {
      await server.close();
    }
  }

  /**
   * @param {string} name
   * @param {{ source: string, folder: string }} what
   */
  async function build(name, what) {
    await bundlers.find((bundler) => bundler.name === name)?.build(consumer, what);
  }

  /**
   * Writes the page for a bundler that makes none.
   *
   * @param {string} folder
   * @param {string} script
   */
  function writePage(folder, script) {
    writePageOf(consumer, folder, script);
  }

  it("by Vite, runs in a page and in a worker", async () => {
    assert.equal(await consumer.run("vite", "build", "--outDir", "vite", "--logLevel", "warn"), "");
    assert.deepEqual(await openBuilt("vite"), [expected, expected]);
  });

  it("by webpack, runs in a page and in a worker", async () => {
    await consumer.run(
      "webpack",
      "--mode",
      "production",
      "--fail-on-warnings",
      "--output-path",
      "webpack",
    );
    writePage("webpack", `<script src="main.js" defer></script>`);
    assert.deepEqual(await openBuilt("webpack"), [expected, expected]);
  });

  it("by Rsbuild, runs in a page and in a worker", { skip: whyNoBundlers() }, async () => {
    await build("Rsbuild", { source: "src/index.js", folder: "rsbuild" });
    assert.deepEqual(await openBuilt("rsbuild"), [expected, expected]);
  });

  it("by Parcel, runs in a page and in a worker", { skip: whyNoBundlers() }, async () => {
    await build("Parcel", { source: "index.html", folder: "parcel" });
    // Parcel writes an import map into the page, which the policy must allow.
    const page = fs.readFileSync(path.join(consumer.folder, "parcel/index.html"), "utf8");
    const [, map] = /<script type="?importmap"?>(.*?)<\/script>/s.exec(page) ?? [];
    const hash = createHash("sha256").update(map).digest("base64");
    const policy = strictPolicy.replace("script-src", `script-src 'sha256-${hash}'`);
    const headers = { "Content-Security-Policy": policy };
    assert.deepEqual(await openBuilt("parcel", headers), [expected, expected]);
  });

  it("by esbuild with the guide's options, runs in a page that says where the .wasm is", async () => {
    const guide = fs.readFileSync(path.join(root, "docs/bundlers.md"), "utf8");
    const [, options] = /npx esbuild app\.js (.*) --outdir=out/.exec(guide) ?? [];
    const flags = [...options.split(" "), "--outdir=esbuild", "--minify", "--log-level=warning"];
    assert.equal(await consumer.run("esbuild", "src/esbuild.js", ...flags), "");
    writePage("esbuild", `<script type="module" src="esbuild.js"></script>`);
    assert.deepEqual(await openBuilt("esbuild"), expected);
  });

  it("by Vite's development server, runs in a page and in a worker", async () => {
    const { createServer } = await import("vite");
    const listening = { host: "127.0.0.1", port: 0 };
    const vite = await createServer({
      root: consumer.folder,
      server: listening,
      logLevel: "silent",
    });
    const server = await startServer();
    try {
      await vite.listen();
      assert.deepEqual(await open(String(vite.resolvedUrls?.local[0]), server.ws), [
        expected,
        expected,
      ]);
    } finally {
      await vite.close();
      await server.close();
    }
  });

  it("by nothing, runs if an import map names it", async () => {
    const js = "/node_modules/hawser/js";
    const imports = { hawser: `${js}/index.js`, "hawser/session": `${js}/session.js` };
    const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
    writePage(".", `${map}<script type="module" src="src/page.js"></script>`);
    assert.deepEqual(await openBuilt(".", {}), expected);
  });
});

describe("a page that is opened from a file", () => {
  const skip = whyNot("chromium") && whyNot("firefox");
  /** @type {Awaited<ReturnType<typeof createConsumer>>} */
  let consumer;
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  before(async () => {
    if (skip) return;
    consumer = await createConsumer();
    server = await startServer();
    const script = `<script src="main.js" defer></script>`;
    await consumer.run(
      "webpack",
      "--mode",
      "production",
      "--entry",
      "./src/page.js",
      "--output-path",
      "file",
    );
    writePageOf(consumer, "file", script);
    const flags = ["--bundle", "--minify", "--loader:.wasm=binary", "--log-level=warning"];
    await consumer.run("esbuild", "src/esbuild.js", "--outfile=bytes/main.js", ...flags);
    writePageOf(consumer, "bytes", script);
  });
  after(async () => {
    await server?.close();
    consumer?.remove();
  });

  for (const engine of /** @type {const} */ (["chromium", "firefox"])) {
    describe(`in ${engine}`, { skip: whyNot(engine), timeout: longestSuite }, () => {
      /**
       * The exchange of the page in a folder, or its error.
       *
       * @param {string} folder
       */
      async function open(folder, filesReadFiles = false) {
        const browser = await launch(engine, { filesReadFiles });
        try {
          const page = await browser.newPage();
          const url = pathToFileURL(path.join(consumer.folder, folder, "index.html"));
          await page.goto(`${url}?${new URLSearchParams({ server: server.ws })}`);
          return await page.evaluate(() => /** @type {any} */ (globalThis).exchanged.catch(String));
        } finally {
          await browser.close();
        }
      }

      it("fetches the .wasm if such a page may read files", async () => {
        assert.deepEqual(await open("file", true), expected);
      });

      it("reports if it may not, and what to do", async () => {
        const message = await open("file");
        assert.match(message, /could not get file:.*\.wasm: .* Serve it over HTTP\. Pass load/);
      });

      it("needs no file if its script has the bytes", async () => {
        assert.deepEqual(await open("bytes"), expected);
      });
    });
  }
});
