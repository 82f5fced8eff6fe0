// Whether the class WebSocket of hawser/testing behaves like a real one: compared with Node's, and
// with the tests of the standard. tests/browser/testing.test.mjs compares it with browsers.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { testsOf } from "../browser/conformance/sections.mjs";
import { nodes, thisNode } from "../support/node.mjs";
import { playScripted } from "../support/scripted_orders.mjs";
import { startServer } from "../support/server.mjs";
import { longestRun } from "../support/patience.mjs";

/**
 * Runs a program of tests/support that prints JSON.
 *
 * @param {import("../support/node.mjs").Node} node
 * @param {string} program
 * @param {string[]} args
 */
async function run({ path, withWebSocket }, program, args) {
  const file = fileURLToPath(new URL(`../support/${program}`, import.meta.url));
  const options = { timeout: longestRun, maxBuffer: 1 << 26 };
  const { stdout } = await promisify(execFile)(path, [...withWebSocket, file, ...args], options);
  return JSON.parse(stdout);
}

describe("hawser/testing raises the events that Node raises", () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  before(async () => void (server = await startServer()));
  after(() => server.close());

  for (const node of nodes) {
    const [major] = /\d+/.exec(node.version) ?? [];
    const skip = major === "20" || major === "26" ? false : "hawser/testing does not imitate it";

    it(`of Node ${node.version}`, { skip }, async () => {
      const expected = await playScripted(major === "20" ? "node20" : "node26");
      assert.deepEqual(
        await run(node, "orders_child.mjs", [server.ws, JSON.stringify(expected)]),
        expected,
      );
    });
  }
});

// The other sections depend on Node's EventTarget and on a page.
const sections = /** @type {const} */ ([
  "construction",
  "protocols",
  "send",
  "buffered-amount",
  "close",
  "end",
  "binary-type",
  "negotiation",
]);

/** Tests that are left out, and why. @type {Record<string, string>} */
const leftOut = {
  "converts undefined, null, booleans and numbers to relative URLs": "Node has no page",
  "returns an object with the prototype of new.target":
    "Node's EventTarget accepts no other object",
  "does not change until the task and its microtasks are over":
    "the clock stands still while it waits",
  "asks for the protocol of RFC 6455": "there are no headers",
  "uses a new key for each connection": "there are no headers",
  "sends the server its origin, and no referrer": "there are no headers",
};

describe("the class of hawser/testing is the WebSocket of the standard", () => {
  /** @type {Map<string, { error?: string | null, missing?: string }>} */
  const results = new Map();
  before(async () => {
    // The Node that runs this file: its features decide which tests exist.
    const node = { ...thisNode, path: process.execPath, withWebSocket: [] };
    const all = await run(node, "scripted_conformance.mjs", [
      JSON.stringify([sections, Object.keys(leftOut)]),
    ]);
    for (const { section, name, ...result } of all) results.set(`${section}: ${name}`, result);
  });

  for (const section of sections) {
    describe(section, async () => {
      for (const { name, where } of await testsOf(section)) {
        if (where === "window") continue;
        it(name, { skip: leftOut[name] }, (t) => {
          const { error, missing } = results.get(`${section}: ${name}`) ?? {
            error: "It was not run",
          };
          if (missing) t.skip(`the scripted server has no ${missing}`);
          else assert.equal(error, null);
        });
      }
    });
  }

  it("passes most of them", () => {
    const passed = [...results.values()].filter(({ error }) => error === null).length;
    assert.ok(passed > 250, `${passed} of ${results.size}`);
  });
});
