// Connections that a browser forbids, and what the package then reports: because of a page's
// policy, an insecure server of a secure page, and an untrusted certificate. Sessions use
// hawser::WebSocket, and report its errors by name.

import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { callInPage, callInWorker } from "../support/call.mjs";
import { expected } from "../support/exchange.mjs";
import { startServer } from "../support/server.mjs";
import { startTls, whyNoTls } from "../support/tls.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders = ["js", "dist", "tests/support"];
const files = Object.fromEntries(folders.map((folder) => [`/${folder}/`, path.join(root, folder)]));
const places = Object.entries({ page: callInPage, worker: callInWorker });

const blocked =
  "The browser blocks this connection. Use wss: on an https: page, and allow the server in the page's Content-Security-Policy.";
const failed = "The connection could not be opened. The developer console may say why.";

// The class's report: some engines throw, as the standard once required, and some fail the
// connection, as it requires now.
const thrown = [`threw SecurityError: Failed to construct 'WebSocket': ${blocked}`];
const ended = (code = 1006) => ["error", `close ${code}  unclean`];

// A session's report. If it cannot know that the failure is permanent, it tries again.
const stopped = {
  errors: [`blocked: ${blocked}`],
  state: "stopped",
  why: "cannot-connect",
  attempts: 1,
};
const waiting = {
  errors: [`connection-failed: ${failed}`],
  state: "waiting",
  why: null,
  attempts: 1,
};

for (const engine of engines) {
  describe(`what ${engine} forbids`, { skip: whyNot(engine), timeout: longestSuite }, () => {
    /** @type {import("../support/browsers.mjs").Browser} */
    let browser;
    /** @type {Awaited<ReturnType<typeof startListener>>} */
    let listener;
    before(async () => {
      listener = await startListener();
      browser = await launch(engine);
    });
    after(async () => {
      await browser?.close();
      await listener?.close();
    });

    /**
     * Runs `use` in a page with this policy.
     *
     * @template Result
     * @param {string} policy
     * @param {(page: import("../support/browsers.mjs").Page, ws: string) => Promise<Result>} use
     */
    async function underPolicy(policy, use) {
      const server = await startServer({
        root: files,
        headers: { "Content-Security-Policy": policy },
      });
      const page = await browser.newPage();
      try {
        await page.goto(`${server.http}/tests/support/empty.html`);
        return await use(page, server.ws);
      } finally {
        await page.close();
        await server.close();
      }
    }

    // Besides what the package needs for itself.
    const policy =
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; img-src data:";

    for (const [place, call] of places) {
      it(`reports a ${place} by the class if connect-src forbids the server`, async () => {
        const reported = await underPolicy(`${policy}; connect-src 'self'`, (page) =>
          call(page, "attempt.mjs", "attempt", listener.ws),
        );
        assert.deepEqual(reported, engine === "chromium" ? ended() : thrown);
        assert.equal(listener.connections, 0);
      });

      it(`stops a session of a ${place} at once if connect-src forbids the server`, async () => {
        const reported = await underPolicy(`${policy}; connect-src 'self'`, (page) =>
          call(page, "attempt.mjs", "attemptSession", listener.ws),
        );
        assert.deepEqual(reported, stopped);
        assert.equal(listener.connections, 0);
      });
    }

    it("names the .wasm if connect-src forbids it", async () => {
      const message = await underPolicy(policy, (page) =>
        page.evaluate(async () => {
          const { load } = await import(/** @type {any} */ ("/js/session.js"));
          return load().catch((/** @type {Error} */ error) => error.message);
        }),
      );
      assert.match(
        message,
        /^hawser could not get http:.*\/dist\/session\.wasm: .* the page's Content-Security-Policy forbids it\. Pass load/,
      );
    });

    it("loads and exchanges if no text may become code or markup, by Trusted Types", async (test) => {
      const types = "require-trusted-types-for 'script'; trusted-types 'none'";
      await underPolicy(`${policy}; connect-src 'self' ws:; ${types}`, async (page, ws) => {
        if (!(await page.evaluate(() => "trustedTypes" in globalThis)))
          return test.skip("there are none");
        for (const entry of ["/js/index.js", "/js/session.js"]) {
          assert.deepEqual(await callInPage(page, "exchange.mjs", "exchange", entry, ws), expected);
        }
        const making = page.evaluate(() => (document.body.innerHTML = "<p></p>"));
        await assert.rejects(making, /TypeError/); // otherwise the policy has no effect
      });
    });
  });

  describe(`TLS in ${engine}`, { skip: whyNot(engine) || whyNoTls, timeout: longestSuite }, () => {
    /** @type {Awaited<ReturnType<typeof startServer>>} */
    let server;
    /** @type {Awaited<ReturnType<typeof startTls>>} */
    let tls;
    before(async () => {
      server = await startServer({ root: files });
      tls = await startTls(server.port);
    });
    after(async () => {
      await tls?.close();
      await server?.close();
    });

    describe("with a certificate that is accepted", () => {
      /** @type {import("../support/browsers.mjs").Browser} */
      let browser;
      /** @type {import("../support/browsers.mjs").Page} */
      let page;
      before(async () => {
        browser = await launch(engine, { acceptInsecureCerts: true });
        page = await browser.newPage();
        await page.goto(`${tls.https}/tests/support/empty.html`);
      });
      after(() => browser?.close());

      for (const entry of ["/js/index.js", "/js/session.js"]) {
        it(`exchanges text and binary over wss: by ${entry}`, async () => {
          assert.deepEqual(
            await callInPage(page, "exchange.mjs", "exchange", entry, tls.wss),
            expected,
          );
        });
      }

      // Chromium and Firefox allow insecure servers on the same machine, so this one has another
      // machine's name, which is never looked up. WebKit allows none, and reports them like any
      // other failure: here it could connect if it were allowed.
      const insecure = () =>
        engine === "webkit" ? `${server.ws}/echo` : "ws://insecure.test/echo";

      for (const [place, call] of places) {
        it(`reports a ${place} by the class that a secure page may not use an insecure server`, async () => {
          const reported = await call(page, "attempt.mjs", "attempt", insecure());
          assert.deepEqual(reported, engine === "webkit" ? ended() : thrown);
        });

        const then = engine === "webkit" ? "has a session of a" : "stops a session of a";
        const end = engine === "webkit" ? " try such a server again" : " at once for such a server";
        it(`${then} ${place}${end}`, async () => {
          const reported = await call(page, "attempt.mjs", "attemptSession", insecure());
          assert.deepEqual(reported, engine === "webkit" ? waiting : stopped);
        });
      }
    });

    describe("with an untrusted certificate", () => {
      /** @type {import("../support/browsers.mjs").Browser} */
      let browser;
      /** @type {import("../support/browsers.mjs").Page} */
      let page;
      before(async () => {
        browser = await launch(engine);
        page = await browser.newPage();
        await page.goto(`${server.http}/tests/support/empty.html`);
      });
      after(() => browser?.close());

      it("fails the connection of the class", async () => {
        const reported = await callInPage(page, "attempt.mjs", "attempt", `${tls.wss}/echo`);
        assert.deepEqual(reported, ended(engine === "firefox" ? 1015 : 1006));
      });

      it("fails the attempt of a session, which tries again", async () => {
        const reported = await callInPage(page, "attempt.mjs", "attemptSession", `${tls.wss}/echo`);
        assert.deepEqual(reported, waiting);
      });
    });
  });
}

/** Counts connections, on 127.0.0.1 and a free port. */
async function startListener() {
  const server = net.createServer((socket) => {
    ++listener.connections;
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {net.AddressInfo} */ (server.address());
  const listener = {
    ws: `ws://127.0.0.1:${port}/`,
    connections: 0,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
  return listener;
}
