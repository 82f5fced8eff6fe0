// hawser/testing in pages: whether it raises the same events as each engine, and runs in it.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, it, mock } from "node:test";
import { fileURLToPath } from "node:url";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { playScripted } from "../support/scripted_orders.mjs";
import { startServer } from "../support/server.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

// Browsers request an icon, which the server does not have.
mock.method(console, "warn", () => {});

for (const engine of engines) {
  describe(`hawser/testing and ${engine}`, { skip: whyNot(engine), timeout: longestSuite }, () => {
    /** @type {Awaited<ReturnType<typeof startServer>>} */
    let server;
    /** @type {import("../support/browsers.mjs").Browser} */
    let browser;
    /** @type {import("../support/browsers.mjs").Page} */
    let page;

    before(async () => {
      const folders = ["js", "dist", "tests"];
      server = await startServer({
        root: Object.fromEntries(folders.map((folder) => [`/${folder}/`, path.join(root, folder)])),
      });
      browser = await launch(engine);
      page = await browser.newPage();
      await page.goto(`${server.http}/tests/support/empty.html`);
    });
    after(async () => {
      await browser?.close();
      await server?.close();
    });

    it("raise the same events", async () => {
      const expected = await playScripted(engine);
      const played = await page.evaluate(
        async (server, expected) => {
          const { playAll } = await import(/** @type {any} */ ("/tests/support/event_orders.mjs"));
          return playAll(server, expected);
        },
        server.ws,
        expected,
      );
      assert.deepEqual(played, expected);
    });

    it("go together: it runs in the page as in Node", async () => {
      const expected = await playScripted(engine);
      const played = await page.evaluate(async (engine) => {
        const { playScripted } = await import(
          /** @type {any} */ ("/tests/support/scripted_orders.mjs")
        );
        return playScripted(engine);
      }, engine);
      assert.deepEqual(played, expected);
    });

    it("go together: a session reconnects as soon as the page is online again", async () => {
      const states = await page.evaluate(async () => {
        const { Browser } = await import(/** @type {any} */ ("/js/testing.js"));
        const { load } = await import(/** @type {any} */ ("/js/session.js"));
        const browser = new Browser();
        const { Session } = await load({ WebSocket: browser.WebSocket });
        const session = new Session("wss://example.org/feed");
        const peer = await browser.expectConnection();
        peer.accept();
        const states = [session.status.state];
        browser.goOffline();
        peer.cut();
        await browser.advance(600_000);
        states.push(session.status.state, navigator.onLine);
        browser.goOnline();
        (await browser.expectConnection()).accept();
        states.push(session.status.state, navigator.onLine);
        await browser.uninstall();
        states.push(session.status.state);
        return states;
      });
      assert.deepEqual(states, ["open", "waiting", false, "open", true, "stopped"]);
    });
  });
}
