// Runs one wasm program where it belongs, beside the test server:
//
//   node tests/support/run.mjs <node|this-node|chromium|firefox> PROGRAM.mjs [ARGUMENT…]
//
// `node` is the one with JSPI that HAWSER_NODE names, `this-node` the one that runs this file.
//
// The program gets the server's URL as `--server ws://127.0.0.1:PORT`. This ends with the program's own exit status.

import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { launch, whyNot } from "./browsers.mjs";
import { startServer } from "./server.mjs";

// For a program that waits for ever; the ones here take a minute and a half at the most, where the machine has nothing else to do.
const longestRun = 5 * 60_000;

const here = path.dirname(fileURLToPath(import.meta.url));
const [engine, program = "", ...rest] = process.argv.slice(2);
const engines = {
  node: runInNode(process.env.HAWSER_NODE ?? process.execPath),
  "this-node": runInNode(process.execPath),
  chromium: runInPage("chromium"),
  firefox: runInPage("firefox"),
};
const run = engines[/** @type {keyof typeof engines} */ (engine)];
if (!program || !run) {
  console.error("Usage: node tests/support/run.mjs <node|this-node|chromium|firefox> PROGRAM.mjs [ARGUMENT…]");
  process.exit(2);
}
const reason = (engine === "chromium" || engine === "firefox") && whyNot(engine);
if (reason) {
  console.log(`skipped: ${reason}`);
  process.exit(77); // ctest's sign for a skipped test, as tests/wasm/CMakeLists.txt agrees with it
}

const server = await startServer({ root: { "/program/": path.dirname(path.resolve(program)), "/support/": here } });
const timer = setTimeout(() => {
  console.error(`${program} did not end within ${longestRun / 1000} s`);
  process.exit(1);
}, longestRun);
try {
  process.exitCode = await run(["--server", server.ws, ...rest]);
} finally {
  clearTimeout(timer);
  await server.close();
}

/** @param {string} node */
function runInNode(node) {
  return async (/** @type {string[]} */ args) => {
    const script = path.join(here, "program.mjs");
    const child = spawn(node, [script, path.resolve(program), ...args], { stdio: "inherit" });
    const [code] = await once(child, "exit");
    return code ?? 1;
  };
}

/** @param {"chromium" | "firefox"} name of an engine with JSPI, which WebKit is not */
function runInPage(name) {
  return async (/** @type {string[]} */ args) => {
    const browser = await launch(name);
    try {
      const page = await browser.newPage({ timeout: longestRun, onConsole: console.log });
      const query = new URLSearchParams({
        program: `/program/${path.basename(program)}`,
        arguments: JSON.stringify(args),
      });
      await page.goto(`${server.http}/support/program.html?${query}`);
      await page.waitFor(() => "exitStatus" in globalThis);
      return await page.evaluate(() => /** @type {any} */ (globalThis).exitStatus.code);
    } finally {
      await browser.close();
    }
  };
}
