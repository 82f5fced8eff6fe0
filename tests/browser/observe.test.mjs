// Observing in every engine, and in Chromium compared with its DevTools.

import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { startSessionServer } from "../session/server.mjs";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { checkSession, testObserving } from "../support/observed_tests.mjs";
import { startServer } from "../support/server.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** @typedef {import("../support/browsers.mjs").Page} Page */

for (const engine of engines) {
  describe(`observing in ${engine}`, { skip: whyNot(engine), timeout: longestSuite }, () => {
    /** @type {Awaited<ReturnType<typeof startServer>>} */
    let server;
    /** @type {Awaited<ReturnType<typeof startSessionServer>>} */
    let sessions;
    /** @type {import("../support/browsers.mjs").Browser} */
    let browser;
    before(async () => {
      sessions = await startSessionServer();
      server = await startServer({
        root: Object.fromEntries(
          ["js", "dist", "tests"].map((folder) => [`/${folder}/`, path.join(root, folder)]),
        ),
        headers: {
          "Content-Security-Policy": "script-src 'self' 'wasm-unsafe-eval'",
          "Cross-Origin-Embedder-Policy": "unsafe-none",
        },
      });
      browser = await launch(engine);
    });
    after(async () => {
      await browser?.close();
      await server?.close();
      await sessions?.close();
    });

    /**
     * Runs in a new page. `prepare` is called before the program runs.
     *
     * @param {(page: Page) => Promise<unknown>} prepare
     * @param {string} name
     * @param {unknown[]} args
     */
    async function runPrepared(prepare, name, ...args) {
      const page = await browser.newPage();
      try {
        await page.goto(`${server.http}/tests/support/empty.html`);
        await prepare(page);
        return await page.evaluate(
          async (name, args) => {
            const programs = await import(/** @type {any} */ ("/tests/support/observed.mjs"));
            return programs[name](...args);
          },
          name,
          args,
        );
      } finally {
        await page.close();
      }
    }

    testObserving(() => ({
      run: (name, ...args) => runPrepared(async () => {}, name, ...args),
      ws: server.ws,
      sessions: sessions.ws,
    }));

    const skip =
      engine !== "chromium" && "only Chromium's DevTools have a protocol that shows frames";
    it("makes a HAR of the frames that DevTools see", { skip }, async () => {
      /**
       * @type {Map<string, { url: string, frames: { type: string, opcode: number, data: string }[] }>}
       */
      const seen = new Map();
      const recorded = await runPrepared(
        async ({ protocol: openDevTools }) => {
          const protocol = await openDevTools?.();
          protocol?.on("Network.webSocketCreated", ({ requestId, url }) =>
            seen.set(requestId, { url, frames: [] }),
          );
          for (const [event, type] of /** @type {const} */ ([
            ["Network.webSocketFrameSent", "send"],
            ["Network.webSocketFrameReceived", "receive"],
          ])) {
            protocol?.on(event, ({ requestId, response: { opcode, payloadData } }) => {
              if (opcode <= 2)
                seen.get(requestId)?.frames.push({ type, opcode, data: payloadData });
            });
          }
          await protocol?.send("Network.enable");
        },
        "watchSession",
        sessions.ws,
      );
      checkSession(recorded);
      assert.deepEqual(
        recorded.har.log.entries.map((/** @type {any} */ { request, _webSocketMessages }) => ({
          url: request.url,
          frames: _webSocketMessages.map((/** @type {any} */ { type, opcode, data }) => ({
            type,
            opcode,
            data,
          })),
        })),
        [...seen.values()],
      );
    });
  });
}
