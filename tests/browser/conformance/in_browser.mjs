// Runs the tests of one section in a page of a browser.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { startServer } from "../../support/server.mjs";

/** @typedef {import("./run.mjs").Options} Options */
/** @typedef {import("./run.mjs").Result} Result */

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folders = ["js", "dist", "tests"];

/**
 * @param {import("../../support/browsers.mjs").Page} page
 * @param {string} section
 * @param {Options["kind"]} kind
 * @param {"window" | "worker"} place
 * @returns {Promise<Result[]>}
 */
export async function runSection(page, section, kind, place) {
  // A separate server for each section, so that each visit is to another origin and nothing remains
  // of the previous one.
  const server = await startServer({
    root: Object.fromEntries(folders.map((folder) => [`/${folder}/`, path.join(root, folder)])),
  });
  try {
    await page.goto(`${server.http}/tests/support/empty.html`);
    return await page.evaluate(
      async (place, options) => {
        const module = "/tests/browser/conformance/run.mjs";
        if (place === "window") return (await import(module)).run(options);
        const { runInWorker } = await import(/** @type {any} */ ("/tests/support/page/run.mjs"));
        return (await runInWorker(module, [options]))[0];
      },
      place,
      { section, kind, server: server.ws },
    );
  } finally {
    await server.close();
  }
}
