// The class Session in every engine: what tests/session has, and what only a browser does to a page. It all runs under a
// policy without unsafe-eval.

import assert from "node:assert/strict";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Peer } from "../session/peer.mjs";
import { sections, testsOf } from "../session/sections.mjs";
import { startSessionServer } from "../session/server.mjs";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { startServer } from "../support/server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders = ["js", "dist", "tests"];
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src data:; " +
  "connect-src 'self' ws://127.0.0.1:* http://127.0.0.1:*";

const tests = new Map();
for (const section of [...sections, "page_events"]) tests.set(section, await testsOf(section));
const inWorker = [
  "sends and receives text exactly",
  "sends a Blob in its place, also where it is slow to read",
  "sends no message twice without acknowledgement",
];

const isOpen = () => /** @type {any} */ (globalThis).session?.readyState === 1;

for (const engine of engines) {
  describe(`the class Session in ${engine}`, { skip: whyNot(engine), timeout: 300_000 }, () => {
    /** @type {Awaited<ReturnType<typeof startServer>>} */
    let files;
    /** @type {Awaited<ReturnType<typeof startSessionServer>>} */
    let server;
    /** @type {import("../support/browsers.mjs").Browser} */
    let browser;

    before(async () => {
      server = await startSessionServer();
      files = await startServer({
        root: Object.fromEntries(folders.map((folder) => [`/${folder}/`, path.join(root, folder)])),
        headers: { "Content-Security-Policy": policy },
      });
      browser = await launch(engine);
    });

    after(async () => {
      await browser?.close();
      await files?.close();
      await server?.close();
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
          const skip = isWithout ? "only Chromium lets a page collect garbage" : (notIn[engine] ?? false);
          it(name, { skip }, async () => {
            const which = { section, name, server: server.ws };
            const error = await page.evaluate(async (which) => {
              const { run } = await import(/** @type {any} */ ("/tests/session/run.mjs"));
              return run(which);
            }, which);
            assert.equal(error, null);
          });
        }
      });
    }

    describe("in a page of its own", () => {
      /** @type {import("../support/browsers.mjs").Page} */
      let page;
      beforeEach(async () => void (page = await browser.newPage()));
      afterEach(() => page.close());

      /**
       * Opens a page that makes a session, and waits until that is open.
       *
       * @param {Peer} peer
       */
      async function open(peer) {
        const query = new URLSearchParams({ url: peer.url });
        await page.goto(`${files.http}/tests/session/page.html?${query}`);
        await page.waitFor(isOpen);
      }

      it("works in a worker", async () => {
        await page.goto(`${files.http}/tests/support/empty.html`);
        const results = await page.evaluate(
          (tests) =>
            new Promise((resolve, reject) => {
              const worker = new Worker("/tests/session/worker.mjs", { type: "module" });
              worker.onmessage = ({ data }) => resolve(data);
              worker.onerror = ({ message }) => reject(new Error(message));
              worker.postMessage(tests);
            }),
          inWorker.map((name) => ({ section: "sending", name, server: server.ws })),
        );
        assert.deepEqual(results, inWorker.map(() => null)); // prettier-ignore
      });

      it("is open when one comes back to its page, also from the back/forward cache", async (test) => {
        const peer = new Peer(server.ws);
        await open(peer);
        await page.goto(`${files.http}/tests/support/empty.html`);
        await page.goBack();
        await page.waitFor(isOpen);
        test.diagnostic(String(await page.evaluate(() => /** @type {any} */ (globalThis).cached)));
        await page.evaluate(() => /** @type {any} */ (globalThis).session.send("back"));
        assert.deepEqual(await peer.messages(1), ["back"]);
      });

      it(
        "waits for the network that the browser has lost",
        { skip: engine !== "chromium" && "no protocol" },
        async () => {
          const peer = new Peer(server.ws);
          await open(peer);
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
  });
}
