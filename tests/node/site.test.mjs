// The documentation site's tools: links, search, and the command.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { serveFiles } from "../../demo/server/files.mjs";
import { longestSuite } from "../support/patience.mjs";
import { createFolders, site } from "../support/site.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("the site", { timeout: longestSuite }, () => {
  const { folderOf, remove } = createFolders();
  after(remove);

  it("gives headings the same anchors as GitHub", async () => {
    const { slug } = await site("links.mjs");
    for (const [heading, anchor] of [
      ["From C++", "from-c"],
      ["invalid_utf8", "invalid_utf8"],
      ["Threads, and 64-bit memory", "threads-and-64-bit-memory"],
      ["What is `load()`?", "what-is-load"],
      ["从 JavaScript 使用", "从-javascript-使用"],
      ["a & b", "a--b"],
    ]) {
      assert.equal(slug(heading), anchor);
    }
  });

  it("finds broken links", async () => {
    const { brokenLinks } = await site("links.mjs");
    const folder = folderOf({
      "index.html": `<a href="/docs/a.html#there">fine</a> <a href="a.html">fine</a> <a href="https://example.org/x">fine</a>
        <a href="/docs/">fine</a> <a href="b.html">none</a> <a href="a.html#gone">none</a> <a href="/else">none</a>
        <img src="picture.png"> <script>const x = ' href="not-a-link"';</script>`,
      "a.html": `<h1 id="there">A</h1><a href="#there">fine</a>`,
    });
    assert.deepEqual(brokenLinks(folder, "/docs/"), [
      "index.html links to b.html, and there is no b.html",
      "index.html links to a.html#gone, and a.html has no such anchor",
      "index.html links to /else, which is outside the site",
      "index.html links to picture.png, and there is no picture.png",
    ]);
  });

  it("finds the words of Chinese, for the search", async () => {
    const { spacedHtml, words } = await site("words.mjs");
    assert.deepEqual(
      words("断线后重新连接 try_receive"),
      ["断", "线", "后", "重新", "连接", "try", "receive"].filter(Boolean),
    );
    const html = '<h2 id="连接">重新连接<a href="#连接">x</a></h2>';
    assert.equal(spacedHtml(html), '<h2 id="连接">重新\u200a连接<a href="#连接">x</a></h2>');
  });

  it("says which arguments of npm run docs are wrong", async () => {
    const { parseOptions } = await site("main.mjs");
    const usual = {
      help: "",
      build: false,
      recordsVersion: false,
      out: "build/site/docs",
      base: "/docs/",
    };
    assert.deepEqual(parseOptions([]), usual);
    assert.deepEqual(parseOptions(["--record-version"]), { ...usual, recordsVersion: true });
    assert.deepEqual(parseOptions(["--build", "--base", "/hawser/", "--out", "x"]), {
      ...usual,
      build: true,
      out: "x",
      base: "/hawser/",
    });
    assert.match(parseOptions(["--help"]).help, /npm run docs/);
    for (const [args, words] of /** @type {[string[], RegExp][]} */ ([
      [["--out", "x"], /--out and --base need --build/],
      [["--build", "--base", "docs"], /--base is "docs"\. Write a path such as \/docs\//],
      [["--build", "--record-version"], /--record-version builds nothing/],
      [["--serve"], /--serve/],
    ])) {
      assert.throws(() => parseOptions(args), { message: words });
    }
  });

  it("names PORT if the port is in use, before it builds", async () => {
    const other = http.createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = /** @type {import("node:net").AddressInfo} */ (other.address());
    const env = { ...process.env, PORT: String(port) };
    const { status, stderr } = spawnSync(process.execPath, ["site/main.mjs"], {
      cwd: root,
      env,
      encoding: "utf8",
    });
    other.close();
    assert.equal(status, 1);
    assert.equal(
      stderr.trim(),
      `Port ${port} is in use. Set the environment variable PORT to another one.`,
    );
  });

  it("replaces no folder other than a site", async () => {
    const { buildSite } = await site("build.mjs");
    const out = folderOf({ "letter.txt": "dear" });
    await assert.rejects(buildSite({ base: "/docs/", out }), {
      message: /exists, and is not a site that this command wrote/,
    });
    assert.equal(fs.readFileSync(path.join(out, "letter.txt"), "utf8"), "dear");
  });

  it("is reported missing by the demo's server, until it is built", async () => {
    const serve = serveFiles(folderOf({ "js/x.js": "" }), "release");
    const server = http.createServer(serve).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
    const response = await fetch(`http://127.0.0.1:${port}/docs/`);
    assert.equal(response.status, 404);
    assert.match(await response.text(), /The documentation is not built\. .* npm run docs/);
    server.close();
  });

  it("has correct types", () => {
    const { status, stdout } = spawnSync("npx", ["tsc", "-p", "site"], {
      cwd: root,
      encoding: "utf8",
    });
    assert.equal(status, 0, stdout);
  });
});
