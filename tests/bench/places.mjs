// Runs each part of the benchmark in its own Node process or page, so that parts don't affect each
// other.

import { spawn } from "node:child_process";
import { on, once } from "node:events";
import { fileURLToPath } from "node:url";

/** @typedef {import("../support/browsers.mjs").Browser} Browser */
/** @typedef {import("./statistics.mjs").Measurement} Measurement */

/** The time limit for a case, in milliseconds. Far more than any case needs: a longer one hangs. */
const longestCase = 120_000;

const node = process.env.HAWSER_NODE ?? process.execPath;
const child = fileURLToPath(new URL("child.mjs", import.meta.url));

/**
 * The young generation is large enough that most samples contain no collection. The column
 * "garbage" shows how much garbage a contender makes.
 */
const nodeFlags = ["--expose-gc", "--max-semi-space-size=64", "--min-semi-space-size=64"];

/**
 * Runs `measurements(options)` of a module in a Node with JSPI.
 *
 * @param {string} module a file in this folder
 * @param {object} options
 * @returns {AsyncGenerator<Measurement>}
 */
export async function* inNode(module, options) {
  const stdio = /** @type {const} */ (["ignore", "inherit", "inherit", "ipc"]);
  const process = spawn(node, [...nodeFlags, child], { stdio: [...stdio] });
  const deadline = new AbortController();
  const timer = setTimeout(
    () => deadline.abort(new Error(`A case of ${module} hangs in Node.`)),
    longestCase,
  );
  process.once("error", (error) => deadline.abort(error));
  process.once("exit", (code) =>
    deadline.abort(new Error(`Node ended with ${code} in ${module}.`)),
  );
  try {
    process.send({ module, options });
    for await (const [{ measurement, isDone }] of on(process, "message", {
      signal: deadline.signal,
    })) {
      if (isDone) return;
      timer.refresh();
      yield measurement;
    }
  } catch (error) {
    throw deadline.signal.reason ?? error;
  } finally {
    clearTimeout(timer);
    if (process.kill()) await once(process, "close"); // otherwise its end would disturb the next part
  }
}

/**
 * The same in a page.
 *
 * @param {Browser} browser
 * @param {string} server
 * @param {string} module
 * @param {object} options
 * @returns {AsyncGenerator<Measurement>}
 */
export async function* inPage(browser, server, module, options) {
  const page = await browser.newPage({ timeout: longestCase });
  try {
    await page.goto(`${server}/tests/support/empty.html`);
    const begin = async (/** @type {string} */ module, /** @type {object} */ options) => {
      const { measurements } = await import(module);
      /** @type {any} */ (globalThis).measurements = measurements(options);
    };
    await page.evaluate(begin, `/tests/bench/${module}`, options);
    for (;;) {
      // One measurement per call, because drivers limit the time of a script.
      const next = () => /** @type {any} */ (globalThis).measurements.next();
      const { value, done } = await page.evaluate(next);
      if (done) return;
      yield value;
    }
  } finally {
    await page.close();
  }
}

/** The versions of that Node and its engine. */
export async function nodeVersions() {
  const print = `JSON.stringify({ node: process.versions.node, v8: process.versions.v8 })`;
  const { stdout } = spawn(node, ["--print", print], { stdio: ["ignore", "pipe", "inherit"] });
  const text = (await stdout.toArray()).join("");
  return /** @type {{ node: string, v8: string }} */ (JSON.parse(text));
}
