// The npm package in every engine: in a page and in a worker, under a strict policy.

import assert from "node:assert/strict";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { callInPage, callInWorker } from "../support/call.mjs";
import { expected } from "../support/exchange.mjs";
import { startServer } from "../support/server.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders = ["js", "dist", "tests/support"];

for (const engine of engines) {
  // Everything runs under a policy without unsafe-eval.
  describe(`the package in ${engine}`, { skip: whyNot(engine), timeout: longestSuite }, () => {
    /** @type {Awaited<ReturnType<typeof startServer>>} */
    let server;
    /** @type {import("../support/browsers.mjs").Browser} */
    let browser;
    /** @type {import("../support/browsers.mjs").Page} */
    let page;

    before(async () => {
      server = await startServer({
        root: Object.fromEntries(folders.map((folder) => [`/${folder}/`, path.join(root, folder)])),
        headers: {
          "Content-Security-Policy":
            "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src data:; " +
            "connect-src 'self' ws://127.0.0.1:*",
        },
      });
      browser = await launch(engine);
    });

    after(async () => {
      await browser?.close();
      await server?.close();
    });

    beforeEach(async () => {
      page = await browser.newPage();
      await page.goto(`${server.http}/tests/support/empty.html`);
      await page.evaluate(() => {
        /** @type {string[]} */
        const violations = [];
        Object.assign(globalThis, { violations });
        addEventListener(
          "securitypolicyviolation",
          ({ violatedDirective, blockedURI, sourceFile }) =>
            violations.push(`${violatedDirective} forbids ${blockedURI} in ${sourceFile}`),
        );
      });
    });

    afterEach(async () => {
      const violations = await page.evaluate(() => /** @type {any} */ (globalThis).violations);
      await page.close();
      assert.deepEqual(violations, []);
    });

    for (const entry of ["/js/index.js", "/js/session.js"]) {
      for (const [place, call] of Object.entries({ page: callInPage, worker: callInWorker })) {
        it(`exchanges text and binary by ${entry} from a ${place}`, async () => {
          assert.deepEqual(
            await call(page, "exchange.mjs", "exchange", entry, server.ws),
            expected,
          );
        });
      }
    }

    it("keeps a leading BOM, U+0000, and every plane of Unicode, in short text and in long", async () => {
      const sent = [
        "\ufeffbom",
        "\ufeff" + "x".repeat(100),
        "a\0b",
        "\u{1F680}\u{10FFFF}".repeat(50),
        "",
      ];
      const received = await page.evaluate(
        async (ws, texts) => {
          const { load } = await import(/** @type {any} */ ("/js/index.js"));
          const { WebSocket } = await load();
          const socket = new WebSocket(`${ws}/echo`);
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

    it("returns false if the page has no WebSocket, before any wasm is loaded", async () => {
      const can = await page.evaluate(async () => {
        Reflect.deleteProperty(globalThis, "WebSocket");
        const { canWebSocket } = await import(/** @type {any} */ ("/js/index.js"));
        return canWebSocket();
      });
      assert.equal(can, false);
      assert.equal(
        await page.evaluate(() =>
          performance.getEntriesByType("resource").some(({ name }) => name.endsWith(".wasm")),
        ),
        false,
      );
    });

    it("names a missing .wasm, and one that is a page", async () => {
      const messages = await page.evaluate(async () => {
        const { load } = await import(/** @type {any} */ ("/js/index.js"));
        const messageOf = (/** @type {Error} */ error) => error.message;
        return [
          await load({ wasm: "/dist/none.wasm" }).catch(messageOf),
          await load({ wasm: "/tests/support/empty.html" }).catch(messageOf),
        ];
      });
      const advice = "Pass load({ wasm }) the URL or the bytes of this package's dist/hawser.wasm.";
      assert.equal(
        messages[0],
        `hawser could not get ${server.http}/dist/none.wasm: the server answered with status 404. ` +
          `The build or the deployment left it out. ${advice}`,
      );
      assert.equal(
        messages[1],
        `${server.http}/tests/support/empty.html is not a whole WebAssembly file: it begins with "<!doctype html>". ` +
          `Some servers send a page for a missing file. ${advice}`,
      );
    });

    it("says that the page's policy forbids WebAssembly", async () => {
      const strict = await startServer({
        root: Object.fromEntries(folders.map((folder) => [`/${folder}/`, path.join(root, folder)])),
        headers: { "Content-Security-Policy": "script-src 'self'" },
      });
      try {
        const other = await browser.newPage();
        await other.goto(`${strict.http}/tests/support/empty.html`);
        const message = await other.evaluate(async () => {
          const { load } = await import(/** @type {any} */ ("/js/index.js"));
          return load().catch((/** @type {Error} */ error) => error.message);
        });
        await other.close();
        assert.match(
          message,
          /^The browser blocks WebAssembly here: [^]* needs 'wasm-unsafe-eval' in its script-src\.$/,
        );
      } finally {
        await strict.close();
      }
    });

    const withoutCollector =
      engine === "chromium" ? false : "only Chromium lets a page collect garbage";

    it(
      "keeps a dropped socket while a listener may still be called",
      { skip: withoutCollector },
      async () => {
        const answer = await page.evaluate(async (ws) => {
          const { load } = await import(/** @type {any} */ ("/js/index.js"));
          const { answerToDropped } = await import(
            /** @type {any} */ ("/tests/support/garbage.mjs")
          );
          return answerToDropped((await load()).WebSocket, ws);
        }, server.ws);
        assert.equal(answer, "hello");
      },
    );

    it(
      "leaves the wasm memory unchanged after opening and closing sockets",
      { skip: withoutCollector },
      async () => {
        const [before, after] = await page.evaluate(async (ws) => {
          const { openAndClose, watchMemory } = await import(
            /** @type {any} */ ("/tests/support/garbage.mjs")
          );
          const memory = watchMemory();
          const { load } = await import(/** @type {any} */ ("/js/index.js"));
          const { WebSocket } = await load();
          await openAndClose(WebSocket, ws, { count: 20, atOnce: 5 });
          const before = memory();
          await openAndClose(WebSocket, ws, { count: 300, atOnce: 5 });
          return [before, memory()];
        }, server.ws);
        assert.ok(before > 0);
        assert.equal(after, before);
      },
    );
  });
}
