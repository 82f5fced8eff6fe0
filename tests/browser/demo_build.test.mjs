// The demo as files on one server, connecting to another.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import sirv from "sirv";
import { buildDemo } from "../../demo/server/build.mjs";
import { startDemo } from "../../demo/server/server.mjs";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const MAX_BYTES = 150_000; // gzipped, of everything the page loads
const FOLDER = "/demos/hawser";

describe("npm run demo:build", { timeout: longestSuite }, () => {
  /** @type {string} */
  let temporary;
  /** @type {string} */
  let out;
  /** @type {http.Server} */
  let host;
  /** @type {string} */
  let pageOrigin;
  /** @type {Awaited<ReturnType<typeof startDemo>>} */
  let demo;

  before(async () => {
    temporary = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-demo-build-"));
    out = path.join(temporary, "page");
    host = http.createServer();
    host.listen(0, "127.0.0.1");
    await once(host, "listening");
    pageOrigin = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (host.address()).port}`;
    demo = await startDemo({ port: 0, root, pageOrigins: [pageOrigin] });
    await buildDemo({ root, server: new URL(demo.url).origin, out });
    const serve = sirv(out, { dev: true });
    host.on("request", (request, response) => {
      if (!request.url?.startsWith(`${FOLDER}/`)) return response.writeHead(404).end();
      request.url = request.url.slice(FOLDER.length);
      serve(request, response);
    });
  });

  after(async () => {
    await demo?.close();
    host?.closeAllConnections();
    host?.close();
    fs.rmSync(temporary, { recursive: true, force: true });
  });

  /** @param {string[]} args */
  function run(...args) {
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      ["demo/server/build.mjs", ...args],
      { cwd: root },
    );
    return { status, output: String(stdout) + String(stderr) };
  }

  it("says which arguments are wrong", () => {
    for (const [args, words] of /** @type {[string[], RegExp][]} */ ([
      [[], /--server is missing/],
      [["--server", "example.org"], /"example\.org", which is no origin/],
      [["--server", "https://example.org/path"], /is no origin/],
      [["--server", "ftp://example.org"], /is no origin/],
      [["--serve", "x"], /--serve/],
    ])) {
      const { status, output } = run(...args);
      assert.equal(status, 1);
      assert.match(output, words);
    }
  });

  it("overwrites an earlier build of its own, and no other folder", async () => {
    const folder = path.join(temporary, "other");
    fs.mkdirSync(folder);
    fs.writeFileSync(path.join(folder, "diary.txt"), "dear diary");
    const { status, output } = run("--server", "https://example.org", "--out", folder);
    assert.equal(status, 1);
    assert.match(output, /is no page that this command wrote/);
    assert.deepEqual(fs.readdirSync(folder), ["diary.txt"]);
    const server = new URL(demo.url).origin;
    await buildDemo({ root, server, out });
    assert.ok(fs.existsSync(path.join(out, "index.html")));
  });

  it("names the headers that isolate the page", () => {
    const headers = fs.readFileSync(path.join(out, "_headers"), "utf8");
    assert.match(headers, /^\/\*\n {2}Cross-Origin-Embedder-Policy: require-corp\n/);
  });

  it("is only accepted by the server that was named", async () => {
    const { port } = new URL(demo.url);
    const ask = async (/** @type {string} */ Origin) => {
      const url = `${demo.url}session/cut?id=${"0".repeat(32)}`;
      const [response] = await once(
        http.request(url, { method: "POST", headers: { Origin } }).end(),
        "response",
      );
      response.resume();
      return [response.statusCode, response.headers["access-control-allow-origin"]];
    };
    assert.deepEqual(await ask(pageOrigin), [404, pageOrigin]);
    assert.deepEqual(await ask(`http://127.0.0.1:${Number(port) + 1}`), [403, undefined]);
  });

  it("recognises a server by the name that a proxy passes on", async () => {
    const proxied = await startDemo({ port: 0, root, serverOrigin: "https://demo.example.org" });
    try {
      const ask = async (/** @type {string} */ Host) => {
        const [response] = await once(http.get(proxied.url, { headers: { Host } }), "response");
        return response.resume().statusCode;
      };
      assert.equal(await ask("demo.example.org"), 200);
      assert.equal(await ask("other.example.org"), 403);
    } finally {
      await proxied.close();
    }
  });

  for (const engine of engines) {
    it(`works from a folder of another server in ${engine}`, { skip: whyNot(engine) }, async () => {
      const browser = await launch(engine);
      try {
        const page = await browser.newPage();
        await page.goto(`${pageOrigin}${FOLDER}/`);
        await page.waitFor(() =>
          document.querySelector("#status")?.textContent?.startsWith("Ready."),
        );
        const loaded = await page.evaluate(() => [
          location.pathname,
          ...performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname),
        ]);
        const sizes = Object.fromEntries(
          [...new Set(loaded)].map((url) => {
            const file = url.slice(FOLDER.length + 1) || "index.html";
            return [file, gzipSync(fs.readFileSync(path.join(out, file)), { level: 9 }).length];
          }),
        );
        const sum = Object.values(sizes).reduce((total, size) => total + size, 0);
        assert.ok(sizes["demo/demo.wasm"] && sizes["page/page.mjs"], JSON.stringify(sizes));
        assert.ok(sum < MAX_BYTES, `the page loads ${sum} bytes: ${JSON.stringify(sizes)}`);

        await page.click("Echo");
        await page.waitFor(
          () =>
            document.querySelector("#ready-state [aria-current=true]")?.textContent === "1 open",
        );
        await page.evaluate(() => (location.hash = "#session"));
        await page.click("Start");
        await page.waitFor(
          () =>
            document.querySelector("#session-state [aria-current=true]")?.textContent === "open",
        );
        await page.click("Cut the connection");
        await page.waitFor(() => document.querySelector("#connections")?.textContent === "2");
        await page.goto(`${pageOrigin}${FOLDER}/zh.html`);
        await page.waitFor(() => document.querySelector("#supported")?.textContent === "true");
      } finally {
        await browser.close();
      }
    });
  }
});
