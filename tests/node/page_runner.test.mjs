// The runner of tests/support/page, in a separate process: uncaught exceptions would fail this
// file's tests.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { it } from "node:test";
import { promisify } from "node:util";
import { thisNode } from "../support/node.mjs";

const runner = new URL("../support/page/run.mjs", import.meta.url);

/**
 * The result of a test, and whether it was released.
 *
 * @param {string} body of the test, which has the context `{ nextReport }`
 * @returns {Promise<{ failure: string | null, isReleased: boolean }>}
 */
async function run(body) {
  const script = `
    import { failureOf } from ${JSON.stringify(runner)};
    let isReleased = false;
    const prepare = (nextReport) => ({ context: { nextReport }, release: async () => void (isReleased = true) });
    const failure = await failureOf({ run: async ({ nextReport }) => { ${body} } }, prepare);
    console.log(JSON.stringify({ failure, isReleased }));`;
  const { stdout } = await promisify(execFile)(thisNode.path, [
    "--input-type=module",
    "-e",
    script,
  ]);
  return JSON.parse(stdout);
}

it("the runner reports nothing for a test that passes", async () => {
  assert.deepEqual(await run(""), { failure: null, isReleased: true });
});

it("the runner reports a test's exception", async () => {
  const { failure, isReleased } = await run(`throw new RangeError("too much");`);
  assert.match(String(failure), /^RangeError: too much/);
  assert.ok(isReleased);
});

it("the runner reports an uncaught exception, even just after the test", async () => {
  for (const later of [
    "setTimeout(() => { throw new Error('late') })",
    "Promise.reject(new Error('late'))",
  ]) {
    assert.match(String((await run(`void ${later};`)).failure), /^Error: late/);
  }
});

it("the runner passes a test the exception that it expects", async () => {
  const body = `
    const report = nextReport();
    setTimeout(() => { throw new Error("expected") });
    if ((await report).message !== "expected") throw new Error("another one");`;
  assert.equal((await run(body)).failure, null);
});

it("the runner reports an exception that a test did not take, after one that it took", async () => {
  const body = `
    const report = nextReport();
    setTimeout(() => { throw new Error("expected") });
    await report;
    setTimeout(() => { throw new Error("another one") });`;
  assert.match(String((await run(body)).failure), /^Error: another one/);
});

it("the runner terminates a worker with an uncaught exception, and reports it", async () => {
  const script = `
    import { runInWorker } from ${JSON.stringify(runner)};
    let isTerminated = false;
    globalThis.Worker = class {
      terminate() { isTerminated = true; }
      postMessage() { setTimeout(() => this.onerror({ message: "late" })); }
    };
    const { message } = await runInWorker("module.mjs", []).catch((error) => error);
    console.log(JSON.stringify({ message, isTerminated }));`;
  const { stdout } = await promisify(execFile)(thisNode.path, [
    "--input-type=module",
    "-e",
    script,
  ]);
  assert.deepEqual(JSON.parse(stdout), { message: "The worker failed: late", isTerminated: true });
});

it("the runner does not call functions that a test replaces", async () => {
  const body = `
    const { setTimeout } = globalThis;
    globalThis.setTimeout = () => { throw new Error("the test's own setTimeout was called") };
    await null;
    globalThis.setTimeout = setTimeout;`;
  assert.equal((await run(body)).failure, null);
});
