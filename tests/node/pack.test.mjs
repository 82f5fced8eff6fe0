// The package as `npm pack` makes it, and as it looks to a project that installs it.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expected } from "../support/consumer/src/exchange.js";
import { compile, programs, programsOf } from "../support/compile.mjs";
import { createConsumer } from "../support/consumer.mjs";
import { thisNode } from "../support/node.mjs";
import { startServer } from "../support/server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

// The most that a page loads for each entry, compressed as servers do.
const mostBytes = { "js/index.js": 19_600, "js/session.js": 41_700 };

describe("the package that npm packs", () => {
  /** @type {Awaited<ReturnType<typeof createConsumer>>} */
  let consumer;
  const packages = ["@types/node", "@types/ws", "rxjs", "undici", "ws"];
  before(async () => void (consumer = await createConsumer({ packages })));
  after(() => consumer?.remove());

  /** @param {string} file */
  const read = (file) => fs.readFileSync(path.join(consumer.installed, file), "utf8");

  it("contains what its users need, and nothing else", () => {
    assert.deepEqual(filesIn(consumer.installed), [
      "LICENSE",
      "README.md",
      "README.zh-CN.md",
      "dist/hawser.mjs",
      "dist/hawser.wasm",
      "dist/session.mjs",
      "dist/session.wasm",
      "docs/architecture.md",
      "docs/bundlers.md",
      "docs/caveats.md",
      "docs/chat.md",
      "docs/choosing.md",
      "docs/comparison.md",
      "docs/coroutines.md",
      "docs/debugging.md",
      "docs/demo.md",
      "docs/deployment.md",
      "docs/errors.md",
      "docs/first-connection.md",
      "docs/installing.md",
      "docs/javascript.md",
      "docs/login.md",
      "docs/outbox.md",
      "docs/porting.md",
      "docs/scale.md",
      "docs/sending.md",
      "docs/session-options.md",
      "docs/sessions-javascript.md",
      "docs/sessions.md",
      "docs/testing-javascript.md",
      "docs/testing.md",
      "docs/threads.md",
      "docs/zh/first-connection.md",
      "docs/zh/installing.md",
      "js/bytes.js",
      "js/events.js",
      "js/hawser.wasm.d.ts",
      "js/index.d.ts",
      "js/index.js",
      "js/load.js",
      "js/module.js",
      "js/observe.js",
      "js/recorder.d.ts",
      "js/recorder.js",
      "js/session.d.ts",
      "js/session.js",
      "js/session_class.js",
      "js/session_endpoints.js",
      "js/session_options.js",
      "js/session_outbox.js",
      "js/testing.d.ts",
      "js/testing.js",
      "js/testing/browser.js",
      "js/testing/connection.js",
      "js/testing/engines.js",
      "js/testing/event_loop.js",
      "js/testing/failure.js",
      "js/testing/globals.js",
      "js/testing/page.js",
      "js/testing/peer.js",
      "js/testing/web_socket.js",
      "js/url.js",
      "js/web_socket.js",
      "js/web_socket_module.js",
      "js/webidl.js",
      "package.json",
      "recorder/package.json",
      "session/package.json",
      "testing/package.json",
    ]);
  });

  it("needs no other package, and runs no script when it is installed", () => {
    const { dependencies, peerDependencies, optionalDependencies, scripts } = JSON.parse(
      read("package.json"),
    );
    assert.deepEqual({ ...dependencies, ...peerDependencies, ...optionalDependencies }, {});
    assert.deepEqual(
      Object.keys(scripts).filter((name) => /install|prepare/.test(name)),
      [],
    );
  });

  it("has the same version as the C++ headers", () => {
    const header = fs.readFileSync(path.join(root, "wasm/include/hawser/version.hpp"), "utf8");
    const parts = ["MAJOR", "MINOR", "PATCH"].map(
      (part) => RegExp(`HAWSER_VERSION_${part} (\\d+)`).exec(header)?.[1],
    );
    assert.equal(JSON.parse(read("package.json")).version, parts.join("."));
  });

  it("points its reader only to files that it contains", () => {
    const documents = filesIn(consumer.installed).filter((file) => file.endsWith(".md"));
    const missing = documents.flatMap((document) =>
      linksOf(read(document))
        .map((link) => path.posix.join(path.posix.dirname(document), link))
        .filter((target) => !fs.existsSync(path.join(consumer.installed, target)))
        .map((target) => `${document}: ${target}`),
    );
    assert.deepEqual(missing, []);
  });

  it("is well-formed, according to publint", async () => {
    assert.match(await consumer.run("publint", "run", consumer.tarball), /All good!$/);
  });

  it("has types that every resolution finds, including node10's, according to attw", async () => {
    const flags = ["--no-definitely-typed", "--ignore-rules", "cjs-resolves-to-esm"]; // the package is ESM only
    await consumer.run("attw", consumer.tarball, ...flags); // throws otherwise
  });

  // consumers.test.mjs has the other versions, and all that 5.9 compiles.
  const inOld = ["for a page, resolved as by node10", "with rxjs and undici"];
  for (const [version, names] of /** @type {const} */ ([
    ["5.9", inOld],
    ["7.0", programsOf("7.0")],
  ])) {
    for (const name of names) {
      it(`has types with which TypeScript ${version} compiles a strict program with: ${name}`, async () => {
        assert.equal(await compile(consumer, version, programs[name]), "");
      });
    }
  }

  it("runs in Node", async () => {
    const server = await startServer();
    try {
      const answer = await consumer.run(
        thisNode.path,
        ...thisNode.withWebSocket,
        "src/node.js",
        server.ws,
      );
      assert.deepEqual(JSON.parse(answer), expected);
    } finally {
      await server.close();
    }
  });

  it("runs in Node when esbuild has converted it to CommonJS, and says that this needs load({ wasm })", async () => {
    const flags = [
      "--bundle",
      "--platform=node",
      "--format=cjs",
      "--outfile=commonjs.cjs",
      "--log-level=error",
    ];
    await consumer.run("esbuild", "src/commonjs.js", ...flags);
    const files = ["hawser", "session"].map((name) =>
      path.join(consumer.installed, `dist/${name}.wasm`),
    );
    const printed = await consumer.run(
      thisNode.path,
      ...thisNode.withWebSocket,
      "commonjs.cjs",
      ...files,
    );
    const { messages, names } = JSON.parse(printed);
    assert.deepEqual(names, ["WebSocket", "Session"]);
    assert.deepEqual(
      messages,
      ["hawser", "session"].map(
        (name) =>
          `Error: hawser could not get dist/${name}.wasm: Invalid URL. A bundler has removed import.meta.url. ` +
          `Pass load({ wasm }) the URL or the bytes of this package's dist/${name}.wasm.`,
      ),
    );
  });

  for (const [entry, most] of Object.entries(mostBytes)) {
    it(`loads at most ${most} bytes into a page by ${entry}`, (test) => {
      const loaded = loadedBy(consumer.installed, entry);
      const sizes = loaded.map(
        (file) => gzipSync(fs.readFileSync(path.join(consumer.installed, file))).length,
      );
      const sum = sizes.reduce((total, size) => total + size, 0);
      test.diagnostic(
        `${loaded.map((file, index) => `${file} ${sizes[index]}`).join(", ")}: ${sum} bytes with gzip`,
      );
      assert.ok(sum <= most, `${sum} bytes`);
      assert.ok(loaded.some((file) => file.endsWith(".wasm")));
    });
  }
});

/**
 * The files that a page loads by `entry`: itself, what it imports, and the .wasm that it names.
 *
 * @param {string} folder
 * @param {string} entry
 * @returns {string[]}
 */
function loadedBy(folder, entry, loaded = [entry]) {
  const text = fs.readFileSync(path.join(folder, entry), "utf8");
  for (const [, name] of text.matchAll(/(?: from |new URL\()"(\.[^"]+)"/g)) {
    const file = path.posix.join(path.posix.dirname(entry), name);
    if (loaded.includes(file) || !fs.existsSync(path.join(folder, file))) continue;
    loaded.push(file);
    if (/\.m?js$/.test(file)) loadedBy(folder, file, loaded);
  }
  return loaded;
}

/** @param {string} folder */
function filesIn(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)))
    .map((file) => file.replaceAll(path.sep, "/"))
    .sort();
}

/**
 * The relative links of a Markdown text, except pictures, which npm does not pack.
 *
 * @param {string} text
 */
function linksOf(text) {
  const prose = text.replaceAll(/^```.*?^```$/gms, "").replaceAll(/`[^`]*`/g, "");
  return [...prose.matchAll(/(?<!!\[[^\]]*)\]\(([^)#\s]+)/g)]
    .map(([, link]) => link)
    .filter((link) => !/^[a-z]+:/.test(link));
}
