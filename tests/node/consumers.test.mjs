// The package in its users' tools: compilers check its types, and bundlers remove unused code. The
// tools that no other test needs are in tests/consumers.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { whyNot } from "../support/browsers.mjs";
import { bundlers, whyNoBundlers } from "../support/bundlers.mjs";
import { compile, programs, programsOf } from "../support/compile.mjs";
import { createConsumer } from "../support/consumer.mjs";
import { longestSuite } from "../support/patience.mjs";

const skip = whyNot("node") || whyNoBundlers();

/** @type {Awaited<ReturnType<typeof createConsumer>>} */
let consumer;
const packages = ["@types/node", "@types/ws", "rxjs", "undici", "ws"];
before(async () => void (skip || (consumer = await createConsumer({ packages }))));
after(() => consumer?.remove());

for (const version of /** @type {const} */ (["5.1", "5.9", "6.0"])) {
  describe(`TypeScript ${version}`, { skip }, () => {
    for (const name of programsOf(version)) {
      it(`compiles a strict program ${name}`, async () => {
        assert.equal(await compile(consumer, version, programs[name]), "");
      });
    }
  });
}

// How many more bytes of unminified JavaScript a bundler may produce for an app that only calls
// canWebSocket() than for one without hawser. Rollup does not minify. A bundler may copy the .wasm,
// which no page then loads.
const mostBytes = 200;

for (const { name, build } of bundlers) {
  describe(
    `an application that only calls canWebSocket(), built by ${name}`,
    { skip, timeout: longestSuite },
    () => {
      /** @type {number} */
      let alone;
      before(async () => void (skip || (alone = await sizeOf("can_alone"))));

      for (const source of ["can_web_socket", "can_session"]) {
        it(`has at most ${mostBytes} bytes of hawser: ${source}.js`, async (test) => {
          const more = (await sizeOf(source)) - alone;
          test.diagnostic(`${more} bytes of hawser, in addition to ${alone}`);
          assert.ok(more <= mostBytes, `${more} bytes`);
        });
      }

      /** @param {string} source */
      async function sizeOf(source) {
        const folder = `${name}-${source}`;
        await build(consumer, { source: `src/${source}.js`, folder });
        const files = fs.readdirSync(path.join(consumer.folder, folder), {
          recursive: true,
          encoding: "utf8",
        });
        const scripts = files.filter((file) => /\.m?js$/.test(file));
        assert.ok(scripts.length > 0);
        return scripts.reduce(
          (sum, file) => sum + fs.statSync(path.join(consumer.folder, folder, file)).size,
          0,
        );
      }
    },
  );
}
