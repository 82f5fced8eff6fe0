// Bundles the parts of the page that use npm packages, because browsers can't resolve package
// names: esbuild makes one file of each.

import path from "node:path";
import { build } from "esbuild";

/** By the name of the file that the page loads. */
export const BUNDLES = {
  "chart.mjs": "demo/page/chart.mjs",
  "highlight.mjs": "demo/page/highlight.mjs",
};

/**
 * @param {string} root
 * @param {keyof typeof BUNDLES} name
 * @returns {Promise<Uint8Array>}
 */
export async function makeBundle(root, name) {
  const { outputFiles } = await build({
    entryPoints: [path.join(root, BUNDLES[name])],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    nodePaths: [new URL("../../node_modules", import.meta.url).pathname],
  });
  return outputFiles[0].contents;
}
