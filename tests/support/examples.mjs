// Runs the programs of wasm/examples, in Node and in a page.

import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { launch, whyNot } from "./browsers.mjs";
import { startServer } from "./server.mjs";
import { longestRun } from "./patience.mjs";

const support = fileURLToPath(new URL(".", import.meta.url));
const built = path.join(support, "../../build/release/wasm/examples");
const node = process.env.HAWSER_NODE ?? process.execPath;
const run = promisify(execFile);

/**
 * @typedef {(run: (...args: any[]) => unknown, ...args: unknown[]) => Promise<unknown>} Evaluate
 */

/**
 * Returns the program's output up to a line that starts with `last`; if these are several, until
 * each has come, in any order. Calls the program's function `stop` once it has printed `stopAt`.
 * Runs in Node or in a page, so it can use nothing of this file.
 *
 * @param {string} url
 * @param {string[]} args
 * @param {string | string[]} last
 * @param {string} [stopAt]
 */
export async function print(url, args, last, stopAt) {
  const { default: start } = await import(url);
  /** @type {string[]} */
  const lines = [];
  const awaited = new Set([last].flat());
  await new Promise((resolve, reject) => {
    /** @param {string} line */
    function keep(line) {
      lines.push(line);
      for (const beginning of awaited) if (line.startsWith(beginning)) awaited.delete(beginning);
      if (awaited.size === 0) resolve(undefined);
      if (line === stopAt) program.then((/** @type {any} */ module) => module._stop());
    }
    const program = start({ arguments: args, print: keep });
    program.catch(reject);
  });
  return lines;
}

/** Runs each program in its own process, which must end by itself. */
async function startNode() {
  /** @type {Evaluate} */
  const evaluate = async (task, ...args) => {
    const script = `(${task})(...${JSON.stringify(args)}).then((result) => console.log(JSON.stringify(result)));`;
    const { stdout } = await run(node, ["--eval", script], { timeout: longestRun });
    return JSON.parse(stdout);
  };
  return { folder: pathToFileURL(built).href, evaluate, close: async () => {} };
}

async function startPage() {
  const server = await startServer({ root: { "/examples/": built, "/support/": support } });
  const browser = await launch("chromium");
  const page = await browser.newPage();
  await page.goto(`${server.http}/support/empty.html`);
  const close = () => browser.close().then(server.close);
  return {
    folder: `${server.http}/examples`,
    evaluate: /** @type {Evaluate} */ (page.evaluate),
    close,
  };
}

export const places = {
  Node: { start: startNode, skip: whyNot("node") },
  Chromium: { start: startPage, skip: whyNot("chromium") },
};
