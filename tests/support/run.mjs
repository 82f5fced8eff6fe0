// Runs one wasm program in its environment, beside the test server:
//
//   node tests/support/run.mjs <node|this-node|chromium|firefox|webkit> PROGRAM.mjs [ARGUMENT…]
//
// `node` is the one with JSPI that HAWSER_NODE names, `this-node` the one that runs this file. The
// program gets the server's URL as `--server ws://127.0.0.1:PORT`, followed by the arguments. This
// process exits with the program's exit status. SIGTERM and SIGINT end the program or the browser
// too.

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { launch, whyNot } from "./browsers.mjs";
import { startServer } from "./server.mjs";
import { longestRun } from "./patience.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const [engine, program = "", ...rest] = process.argv.slice(2);
/** The step of `npm test` for each program that is not part of the step "wasm". */
const steps = {
  "suite-sanitized.mjs": "sanitized",
  "hostile.mjs": "hostile",
  "brokers.mjs": "brokers",
  "out-of-memory.mjs": "memory",
  "out-of-memory-with-growth.mjs": "memory",
};
const step = steps[/** @type {keyof typeof steps} */ (path.basename(program))] ?? "wasm";
const runAlone = `npm test -- --only ${step} --engine ${engine}`;

const engines = {
  node: runInNode(process.env.HAWSER_NODE ?? process.execPath),
  "this-node": runInNode(process.execPath),
  chromium: runInPage("chromium"),
  firefox: runInPage("firefox"),
  webkit: runInPage("webkit"),
};
const run = engines[/** @type {keyof typeof engines} */ (engine)];
if (!program || !run) {
  console.error(
    "Usage: node tests/support/run.mjs <node|this-node|chromium|firefox|webkit> PROGRAM.mjs [ARGUMENT…]",
  );
  process.exit(2);
}
const hasNoJspi = engine === "node" && !process.env.HAWSER_NODE && !("Suspending" in WebAssembly);
const reason = hasNoJspi
  ? `Node ${process.version} has no JSPI: HAWSER_NODE names none that has`
  : (engine === "chromium" || engine === "firefox" || engine === "webkit") && whyNot(engine);
if (reason) {
  console.log(`skipped: ${reason}`);
  process.exit(77); // ctest then reports the test as skipped (see tests/wasm/CMakeLists.txt)
}
if (!fs.existsSync(program)) {
  const [, row] = /matrix\/([^/]+)\/application\.mjs$/.exec(program) ?? [];
  const what = row ? `The row ${row} of the matrix` : path.basename(program);
  console.error(`${what} was not built, or its build failed: there is no ${program}`);
  process.exit(1);
}

/** Ends the program or the browser, once one is started. @type {() => unknown} */
let stop = () => {};
let isStopped = false;

/** @param {number} status */
async function stopAll(status) {
  if (isStopped) return;
  isStopped = true;
  setTimeout(() => process.exit(status), 5_000).unref(); // in case the browser does not answer
  await Promise.resolve(stop()).catch(() => {});
  process.exit(status);
}
process.on("SIGINT", () => stopAll(130));
process.on("SIGTERM", () => stopAll(143));

const server = await startServer({
  root: { "/program/": path.dirname(path.resolve(program)), "/support/": here },
});
const timer = setTimeout(() => {
  console.error(`${program} did not end within ${longestRun / 1000} s`);
  stopAll(1);
}, longestRun);
try {
  process.exitCode = await run(["--server", server.ws, ...rest]);
} catch (error) {
  if (!isStopped) throw error;
} finally {
  clearTimeout(timer);
  await server.close();
}

/** @param {string} node */
function runInNode(node) {
  return async (/** @type {string[]} */ args) => {
    const script = path.join(here, "program.mjs");
    const child = spawn(node, [script, runAlone, path.resolve(program), ...args], {
      stdio: "inherit",
    });
    const exit = once(child, "exit");
    stop = async () => {
      child.kill("SIGTERM"); // on which it names its test case, if it can
      const timer = setTimeout(() => child.kill("SIGKILL"), 1_000);
      await exit;
      clearTimeout(timer);
    };
    const [code] = await exit;
    return code ?? 1;
  };
}

/**
 * Prints the page's console. Leaves out the lines that Firefox adds for each failed connection:
 * here hundreds fail on purpose, and they would bury the failed assertion.
 *
 * @param {string} line
 */
function onConsole(line) {
  if (!/^Uncaught Error: (Firefox can.t establish a|The) connection .*\bto\b.* ws:/u.test(line))
    console.log(line);
}

/**
 * WebKit has no JSPI, and hides the program's output from its driver.
 *
 * @param {"chromium" | "firefox" | "webkit"} name
 */
function runInPage(name) {
  return async (/** @type {string[]} */ args) => {
    const launched = launch(name, { sharedMemory: true });
    stop = () => launched.then((browser) => browser.close());
    const browser = await launched;
    try {
      const page = await browser.newPage({
        timeout: longestRun,
        ...(name !== "webkit" && { onConsole }),
      });
      const query = new URLSearchParams({
        runAlone,
        program: `/program/${path.basename(program)}`,
        arguments: JSON.stringify(args),
      });
      stop = async () => {
        const patience = new Promise((resolve) => setTimeout(resolve, 1_000)); // the page may be in an endless loop
        await Promise.race([
          page.evaluate(() => /** @type {any} */ (globalThis).crash()),
          patience,
        ]).catch(() => {});
        await browser.close();
      };
      await page.goto(`${server.http}/support/program.html?${query}`);
      await page.waitFor(() => "exitStatus" in globalThis);
      return await page.evaluate(() => /** @type {any} */ (globalThis).exitStatus.code);
    } finally {
      await browser.close();
    }
  };
}
