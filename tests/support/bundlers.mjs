// The bundlers that build the consumer's applications, each as its documentation says and with its
// defaults:
//
//   const { build } = bundlers.find(({ name }) => name === "Parcel");
//   await build(consumer, { source: "src/page.js", folder: "out" });

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {Awaited<ReturnType<typeof import("./consumer.mjs").createConsumer>>} Consumer */

/**
 * `build` bundles a source into a folder for a page, and throws if the bundler reports a warning or
 * an error.
 *
 * @typedef {object} Bundler
 * @property {string} name
 * @property {(consumer: Consumer, build: { source: string, folder: string }) => Promise<void>}
 *   build
 */

const packages = fileURLToPath(new URL("../consumers/node_modules", import.meta.url));

/**
 * Why only the bundlers that other tests need are available, for node:test's skip; false if all
 * are.
 */
export function whyNoBundlers() {
  return fs.existsSync(packages)
    ? false
    : "npm ci --prefix tests/consumers installs the missing packages";
}

/** @type {Bundler[]} */
export const bundlers = [
  {
    name: "esbuild",
    async build(consumer, { source, folder }) {
      const flags = ["--bundle", "--minify", "--format=esm", "--log-level=warning"];
      refuseOutput(await consumer.run("esbuild", source, `--outdir=${folder}`, ...flags));
    },
  },
  {
    name: "Vite",
    async build(consumer, { source, folder }) {
      const page = path.join(consumer.folder, "vite.html");
      fs.writeFileSync(page, `<!doctype html><script type="module" src="./${source}"></script>`);
      const { build } = await import("vite");
      await build({
        root: consumer.folder,
        logLevel: "error",
        build: { outDir: folder, rolldownOptions: { input: page } },
      });
    },
  },
  {
    name: "webpack",
    async build(consumer, { source, folder }) {
      const flags = ["--mode", "production", "--fail-on-warnings", "--output-path", folder];
      await consumer.run("webpack", "--entry", `./${source}`, ...flags);
    },
  },
  {
    name: "Rollup",
    async build(consumer, { source, folder }) {
      const plugin = path.join(packages, "@rollup/plugin-node-resolve/dist/es/index.js");
      refuseOutput(
        await consumer.run("rollup", source, "--dir", folder, "--plugin", plugin, "--silent"),
      );
    },
  },
  {
    name: "Parcel",
    async build(consumer, { source, folder }) {
      const flags = ["--no-cache", "--no-source-maps", "--log-level", "warn"];
      refuseOutput(await consumer.run("parcel", "build", source, "--dist-dir", folder, ...flags));
    },
  },
  {
    name: "Rsbuild",
    async build(consumer, { source, folder }) {
      const config = {
        source: { entry: { index: `./${source}` } },
        output: { distPath: { root: folder } },
      };
      const file = `${folder}.config.mjs`;
      fs.writeFileSync(
        path.join(consumer.folder, file),
        `export default ${JSON.stringify(config)};`,
      );
      await consumer.run("rsbuild", "build", "--config", file, "--log-level", "warn");
    },
  },
];

/** @param {string} output */
function refuseOutput(output) {
  if (output) throw new Error(output);
}
