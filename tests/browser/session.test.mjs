// The class Session in every engine: the tests of tests/session, and effects that only a browser
// has on a page. Everything runs under a policy without unsafe-eval.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Peer } from "../session/peer.mjs";
import { sections, testsOf } from "../session/sections.mjs";
import { startSessionServer } from "../session/server.mjs";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { startServer } from "../support/server.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders = ["js", "dist", "tests"];
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src data:; " +
  "connect-src 'self' ws://127.0.0.1:* http://127.0.0.1:*";

const tests = new Map();
for (const section of [...sections, "page_events"]) tests.set(section, await testsOf(section));
const inWorker = [
  "sends and receives text exactly",
  "sends a Blob in its turn, even if it is slow to read",
  "sends no message twice without acknowledgement",
];

const isOpen = () => /** @type {any} */ (globalThis).session?.readyState === 1;

for (const engine of engines) {
  describe(
    `the class Session in ${engine}`,
    { skip: whyNot(engine), timeout: longestSuite },
    () => {
      /** @type {Awaited<ReturnType<typeof startServer>>} */
      let files;
      /** @type {Awaited<ReturnType<typeof startSessionServer>>} */
      let sessions;
      /** @type {import("../support/browsers.mjs").Browser} */
      let browser;

      before(async () => {
        sessions = await startSessionServer();
        files = await startServer({
          root: Object.fromEntries(
            folders.map((folder) => [`/${folder}/`, path.join(root, folder)]),
          ),
          headers: { "Content-Security-Policy": policy },
        });
        browser = await launch(engine);
      });

      after(async () => {
        await browser?.close();
        await files?.close();
        await sessions?.close();
      });

      for (const [section, list] of tests) {
        describe(section, () => {
          /** @type {import("../support/browsers.mjs").Page} */
          let page;
          before(async () => {
            page = await browser.newPage();
            await page.goto(`${files.http}/tests/support/empty.html`);
          });
          after(() => page.close());

          for (const { name, where, notIn } of list) {
            if (where === "Node") continue;
            const isWithout = where === "collector" && engine !== "chromium";
            const skip = isWithout
              ? "only Chromium lets a page collect garbage"
              : (notIn[engine] ?? false);
            it(name, { skip }, async () => {
              const which = { section, name, server: sessions.ws };
              const error = await page.evaluate(async (which) => {
                const { run } = await import(/** @type {any} */ ("/tests/session/run.mjs"));
                return run(which);
              }, which);
              assert.equal(error, null);
            });
          }
        });
      }

      describe("in a separate page", () => {
        /** @type {import("../support/browsers.mjs").Page} */
        let page;
        beforeEach(async () => void (page = await browser.newPage()));
        afterEach(() => page.close());

        /**
         * Opens a page that creates a session.
         *
         * @param {Peer} peer
         * @param {string} http where the page is
         * @param {import("../../js/session.js").SessionOptions} [options]
         */
        async function start(peer, http, options = {}) {
          const query = new URLSearchParams({ url: peer.url, options: JSON.stringify(options) });
          await page.goto(`${http}/tests/session/page.html?${query}`);
        }

        /**
         * The same, and waits until the session is open.
         *
         * @param {Parameters<typeof start>} args
         */
        async function open(...args) {
          await start(...args);
          await page.waitFor(isOpen);
        }

        it("works in a worker", async () => {
          await page.goto(`${files.http}/tests/support/empty.html`);
          const results = await page.evaluate(
            async (tests) => {
              const { runInWorker } = await import(
                /** @type {any} */ ("/tests/support/page/run.mjs")
              );
              return runInWorker("/tests/session/run.mjs", tests);
            },
            inWorker.map((name) => ({ section: "sending", name, server: sessions.ws })),
          );
          assert.deepEqual(results, inWorker.map(() => null)); // prettier-ignore
        });

        it("is open after a return to its page, even from the back/forward cache", async (test) => {
          const server = await serveToBeKept();
          const peer = new Peer(sessions.ws);
          try {
            await open(peer, server.http);
            await page.goto(`${server.http}/tests/support/empty.html`);
            await page.goBack();
            await page.waitFor(isOpen);
            const { isFromCache, connections } = await page.evaluate(() => {
              const { isFromCache, session } = /** @type {any} */ (globalThis);
              session.send("back");
              return { isFromCache, connections: session.counters.connections };
            });
            test.diagnostic(`the page ${isFromCache ? "came from the cache" : "was loaded again"}`);
            assert.equal(connections, isFromCache ? 2 : 1);
            // The page may have made another attempt when it was left: Firefox ends its connection
            // first.
            const [left, ...later] = await peer.log({ messages: 1 });
            assert.deepEqual(left.messages, []);
            assert.deepEqual(later.at(-1)?.messages, ["back"]);
          } finally {
            await server.close();
          }
        });

        const whyNotHidden = engine === "webkit" && "no protocol";
        /** @type {import("../../js/session.js").SessionOptions} */
        const closing = { whenHidden: "close", hiddenGrace: 0 };

        it(
          "closes its connection behind another tab, and reopens it when it is visible again",
          { skip: whyNotHidden },
          async () => {
            const peer = new Peer(sessions.ws);
            await open(peer, files.http, closing);
            const show = await page.hide?.();
            assert.deepEqual((await peer.log({ ends: 1 }))[0].end, {
              code: 1000,
              reason: "page hidden",
            });
            await page.waitFor(() => /** @type {any} */ (globalThis).session.status.isHidden);
            await page.evaluate(
              () => void (/** @type {any} */ (globalThis).session.send("meanwhile")),
            );
            await show?.();
            await page.waitFor(isOpen);
            await page.evaluate(() => void (/** @type {any} */ (globalThis).session.send("later")));
            const messages = (await peer.log({ messages: 2 })).map((attempt) => attempt.messages);
            assert.deepEqual(messages, [[], ["meanwhile", "later"]]);
          },
        );

        it(
          "closes its connection in a tab that was never visible",
          { skip: whyNotHidden },
          async () => {
            const peer = new Peer(sessions.ws);
            const show = await page.hide?.();
            await start(peer, files.http, closing);
            assert.equal((await peer.log({ ends: 1 }))[0].end?.code, 1000);
            await show?.();
            await page.waitFor(isOpen);
            assert.equal((await peer.log()).length, 2);
          },
        );

        it(
          "waits for the network that the browser has lost",
          { skip: engine !== "chromium" && "no protocol" },
          async () => {
            const peer = new Peer(sessions.ws);
            await open(peer, files.http);
            await page.setOffline?.(true);
            await peer.drop();
            await page.waitFor(() => /** @type {any} */ (globalThis).session.status.isOffline);
            const { length } = await peer.log();
            await page.setOffline?.(false);
            await page.waitFor(isOpen);
            assert.equal((await peer.log()).length, length + 1);
          },
        );
      });
    },
  );
}

/**
 * Serves this project such that a browser may keep its pages in the back/forward cache, which
 * startServer prevents.
 */
async function serveToBeKept() {
  const types = new Map([
    [".html", "text/html"],
    [".js", "text/javascript"],
    [".mjs", "text/javascript"],
    [".wasm", "application/wasm"],
  ]);
  const server = createServer((request, response) => {
    const file = path.join(root, new URL(`http://server${request.url}`).pathname);
    const type = types.get(path.extname(file));
    if (!type || !fs.existsSync(file)) return response.writeHead(404).end();
    response.setHeader("Content-Type", type).end(fs.readFileSync(file));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    http: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await once(server.close(), "close");
    },
  };
}
