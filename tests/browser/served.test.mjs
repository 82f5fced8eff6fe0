// A program works the same however its page is served. In a page without a charset, a script is
// read in another encoding than it was written in, and a server may send a .wasm with another type.

import assert from "node:assert/strict";
import fs from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { startServer } from "../support/server.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const programs = path.join(root, "build/wasm/tests/wasm");

/**
 * A page with the program in it.
 *
 * @param {{ head?: string, doctype?: string, script?: string }} how
 */
const page =
  ({ doctype = "<!doctype html>", head = "", script = '<script src="any_page.js"></script>' }) =>
  (/** @type {string} */ ws) =>
    `${doctype}<html><head>${head}<title>any page</title><link rel="icon" href="data:,"></head><body><script>
    var Module = {
      arguments: ["--server", "${ws}"],
      onExit: function (code) { exitStatus = { code: code }; },
      onAbort: function () { exitStatus = { code: 1 }; },
    };
  </script>${script}</body></html>`;

/**
 * Each page, and how it and the program's files are served.
 *
 * @type {Record<string, { page: (ws: string, other: string) => string, type?: string, wasm?: string, script?: string }>}
 */
const pages = {
  "in a page without a charset": { page: page({}) },
  "in a page in UTF-8": { page: page({ head: '<meta charset="utf-8">' }) },
  "in a page in windows-1252": { page: page({}), type: "text/html; charset=windows-1252" },
  "in a page in Shift_JIS": { page: page({ head: '<meta charset="shift_jis">' }) },
  "in a page in Big5": { page: page({}), type: "text/html; charset=big5" },
  "in quirks mode": { page: page({ doctype: "" }) },
  "as a script in another encoding": {
    page: page({ head: '<meta charset="utf-8">' }),
    script: "text/javascript; charset=gbk",
  },
  "with a .wasm of another type": { page: page({}), wasm: "text/plain" },
  "from another origin": {
    page: (ws, other) =>
      page({
        head: `<base href="${other}/">`,
        script: `<script src="any_page.js" crossorigin></script>`,
      })(ws),
  },
};

/** Serves one of the pages, and the program beside it to any origin. */
async function startPages() {
  /** @type {(typeof pages)[string]} */
  let current = pages["in a page in UTF-8"];
  /** @type {[string, string]} */
  let servers = ["", ""];
  const server = createServer((request, response) => {
    response.setHeader("Access-Control-Allow-Origin", "*");
    const { pathname } = new URL(String(request.url), "http://host");
    if (pathname === "/") {
      response.setHeader("Content-Type", current.type ?? "text/html");
      response.end(current.page(...servers));
      return;
    }
    const isWasm = pathname.endsWith(".wasm");
    const type = isWasm
      ? (current.wasm ?? "application/wasm")
      : (current.script ?? "text/javascript");
    response.setHeader("Content-Type", type);
    fs.createReadStream(path.join(programs, path.basename(pathname)))
      .on("error", () => response.writeHead(404).end())
      .pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    http: `http://127.0.0.1:${port}`,
    other: `http://localhost:${port}`,
    /** @param {(typeof pages)[string]} page @param {string} ws @param {string} other */
    serve(page, ws, other) {
      current = page;
      servers = [ws, other];
    },
    close: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}

for (const engine of engines) {
  describe(`a program in ${engine}`, { skip: whyNot(engine), timeout: longestSuite }, () => {
    /** @type {Awaited<ReturnType<typeof startServer>>} */
    let echo;
    /** @type {Awaited<ReturnType<typeof startPages>>} */
    let server;
    /** @type {import("../support/browsers.mjs").Browser} */
    let browser;
    before(async () => {
      echo = await startServer();
      server = await startPages();
      browser = await launch(engine);
    });
    after(async () => {
      await browser?.close();
      await server?.close();
      await echo?.close();
    });

    for (const [how, served] of Object.entries(pages)) {
      it(`sends and receives text exactly ${how}`, async () => {
        server.serve(served, echo.ws, server.other);
        const page = await browser.newPage();
        await page.goto(`${server.http}/`);
        await page.waitFor(() => "exitStatus" in globalThis);
        assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).exitStatus.code), 0);
        await page.close();
      });
    }
  });
}
