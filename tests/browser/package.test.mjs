// The npm package in Chromium: in a page and in a worker, under a strict policy.

import assert from "node:assert/strict";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium, launchChromium } from "../support/browsers.mjs";
import { expected } from "../support/exchange.mjs";
import { startServer } from "../support/server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const skip = chromium ? false : "HAWSER_CHROMIUM does not name a Chromium";

describe("the package in Chromium, under a policy without unsafe-eval", { skip, timeout: 120_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {import("puppeteer-core").Browser} */
  let browser;
  /** @type {import("puppeteer-core").Page} */
  let page;
  /** @type {string[]} */
  let violations;

  before(async () => {
    const folders = ["js", "dist", "tests/support"];
    server = await startServer({
      root: Object.fromEntries(folders.map((folder) => [`/${folder}/`, path.join(root, folder)])),
      headers: {
        "Content-Security-Policy":
          "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src data:; " +
          "connect-src 'self' ws://127.0.0.1:*",
      },
    });
    browser = await launchChromium();
  });

  after(async () => {
    await browser?.close();
    await server?.close();
  });

  beforeEach(async () => {
    page = await browser.newPage();
    violations = [];
    page.on("console", (message) => {
      if (/Content Security Policy/.test(message.text())) violations.push(message.text());
    });
    await page.goto(`${server.http}/tests/support/empty.html`);
  });

  afterEach(async () => {
    await page.close();
    assert.deepEqual(violations, []);
  });

  it("exchanges text and binary from a page", async () => {
    const result = await page.evaluate(async (ws) => {
      const { exchange } = await import(/** @type {any} */ ("/tests/support/exchange.mjs"));
      return exchange("/js/index.js", ws);
    }, server.ws);
    assert.deepEqual(result, expected);
  });

  it("exchanges text and binary from a worker", async () => {
    const result = await page.evaluate(
      (ws) =>
        new Promise((resolve, reject) => {
          const worker = new Worker("/tests/support/worker.mjs", { type: "module" });
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage(ws);
        }),
      server.ws,
    );
    assert.deepEqual(result, expected);
  });

  it("keeps a leading BOM, U+0000, and every plane of Unicode, in short text and in long", async () => {
    const sent = ["\ufeffbom", "\ufeff" + "x".repeat(100), "a\0b", "\u{1F680}\u{10FFFF}".repeat(50), ""];
    const received = await page.evaluate(
      async (ws, texts) => {
        const { load } = await import(/** @type {any} */ ("/js/index.js"));
        const socket = (await load()).open(`${ws}/echo`);
        socket.onopen = () => texts.forEach((text) => socket.send(text));
        return new Promise((resolve) => {
          /** @type {string[]} */
          const received = [];
          socket.onmessage = (/** @type {{ data: string }} */ { data }) => {
            if (received.push(data) === texts.length) resolve(received);
          };
        });
      },
      server.ws,
      sent,
    );
    assert.deepEqual(received, sent);
  });

  it("answers false where the page has no WebSocket, before any wasm is loaded", async () => {
    const can = await page.evaluate(async () => {
      Reflect.deleteProperty(globalThis, "WebSocket");
      const { canWebSocket } = await import(/** @type {any} */ ("/js/index.js"));
      return canWebSocket();
    });
    assert.equal(can, false);
    assert.equal(
      await page.evaluate(() => performance.getEntriesByType("resource").some(({ name }) => name.endsWith(".wasm"))),
      false,
    );
  });

  it("names a .wasm that is not there, and one that is a page", async () => {
    const messages = await page.evaluate(async () => {
      const { load } = await import(/** @type {any} */ ("/js/index.js"));
      const messageOf = (/** @type {Error} */ error) => error.message;
      return [
        await load({ wasm: "/dist/none.wasm" }).catch(messageOf),
        await load({ wasm: "/tests/support/empty.html" }).catch(messageOf),
      ];
    });
    assert.equal(messages[0], "hawser could not get /dist/none.wasm: the server answered with status 404");
    assert.match(messages[1], /^\/tests\/support\/empty\.html is not a whole WebAssembly file: /);
  });
});
