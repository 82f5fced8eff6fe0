// Runs the tests of the class Session in each Node. Node 20 has a WebSocket only behind a flag, so
// they run in a child process.

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { nodes } from "../support/node.mjs";
import { testsOf } from "./sections.mjs";
import { startSessionServer } from "./server.mjs";

/**
 * @param {string} subject
 * @param {string[]} sections
 */
export async function describeInNode(subject, sections) {
  const tests = await Promise.all(sections.map(testsOf));
  for (const node of nodes) describeIn(node, subject, sections, tests);
}

/**
 * @param {import("../support/node.mjs").Node} node
 * @param {string} subject
 * @param {string[]} sections
 * @param {import("./test.mjs").Test[][]} tests of each section
 */
function describeIn(node, subject, sections, tests) {
  describe(`${subject} in Node ${node.version}`, () => {
    /** @type {Awaited<ReturnType<typeof startSessionServer>>} */
    let server;
    /** @type {import("node:child_process").ChildProcess} */
    let child;

    before(async () => {
      server = await startSessionServer();
      const env = { ...process.env };
      delete env.NODE_TEST_CONTEXT; // set by this file's own test runner
      child = fork(fileURLToPath(new URL("child.mjs", import.meta.url)), {
        execPath: node.path,
        execArgv: [...node.withWebSocket, "--expose-gc", "--no-warnings"],
        env,
      });
    });

    after(async () => {
      child?.kill();
      await server?.close();
    });

    for (const [index, section] of sections.entries()) {
      describe(section, () => {
        for (const { name, where } of tests[index]) {
          if (where === "page") continue;
          it(name, async () => {
            const over = new AbortController();
            const ended = once(child, "exit", over).then(() => ["Node ended."]);
            const answered = Promise.race([once(child, "message", over), ended]);
            child.send({ section, name, server: server.ws });
            try {
              assert.equal((await answered)[0], null);
            } finally {
              ended.catch(() => {}); // it is aborted
              over.abort();
            }
          });
        }
      });
    }
  });
}
