// The gzipped bytes that a page loads.

import fs from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { fail } from "../../tools/console.mjs";

/** @typedef {import("./compare.mjs").Figure} Figure */

/** The entry points of the package, each with the module that it loads. */
const entries = {
  hawser: ["js/index.js", "dist/hawser.wasm"],
  "hawser/session": ["js/session.js", "dist/session.wasm"],
};

/** The bench's echo programs. */
const echoes = ["hawser.cpp", "connection.cpp", "value.cpp", "websocket_h.c"];

/**
 * @param {string} root
 * @returns {Promise<Figure[]>}
 */
export async function measureSizes(root) {
  /** @type {Figure[]} */
  const figures = [];
  /** @param {string} name @param {Uint8Array} bytes @param {string} [tool] */
  const add = (name, bytes, tool = "Emscripten") =>
    figures.push({
      name: `gzip, ${name}`,
      unit: "bytes",
      value: gzipSync(bytes, { level: 9 }).length,
      tool,
    });
  for (const [name, [entry, module]] of Object.entries(entries)) {
    add(
      `${name}, JavaScript bundled`,
      await bundle(path.join(root, entry)),
      "Emscripten and esbuild",
    );
    add(`${name}, wasm`, read(path.join(root, module)));
  }
  for (const source of echoes) {
    const file = path.join(root, "build/bench/tests/bench", `echo-${source}`);
    add(`echo ${source}, JavaScript`, read(`${file}.js`));
    add(`echo ${source}, wasm`, read(`${file}.wasm`));
  }
  return figures;
}

/**
 * @param {string} entry
 */
async function bundle(entry) {
  const options = /** @type {const} */ ({
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
  });
  const { outputFiles } = await build({
    entryPoints: [entry],
    ...options,
    platform: "browser",
    external: ["node:*"],
    logLevel: "error",
  });
  return outputFiles[0].contents;
}

/** @param {string} file */
function read(file) {
  if (!fs.existsSync(file)) fail(`${file} is not built: run npm run costs, which builds it.`);
  return fs.readFileSync(file);
}
