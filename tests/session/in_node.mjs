// The tests of the class Session in every Node that there is: this one, and the one that HAWSER_NODE names. Node 20 has a
// WebSocket only when it is asked for, so that they run in a process of their own.

import assert from "node:assert/strict";
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { testsOf } from "./sections.mjs";
import { startSessionServer } from "./server.mjs";

const programs = new Set([process.execPath, process.env.HAWSER_NODE ?? process.execPath]);

/**
 * @param {string} subject
 * @param {string[]} sections
 */
export async function describeInNode(subject, sections) {
  const tests = await Promise.all(sections.map(testsOf));
  for (const program of programs) describeIn(program, subject, sections, tests);
}

/**
 * @param {string} program
 * @param {string} subject
 * @param {string[]} sections
 * @param {import("./test.mjs").Test[][]} tests of each section
 */
function describeIn(program, subject, sections, tests) {
  const version = execFileSync(program, ["--version"], { encoding: "utf8" }).trim();
  describe(`${subject} in Node ${version}`, () => {
    /** @type {Awaited<ReturnType<typeof startSessionServer>>} */
    let server;
    /** @type {import("node:child_process").ChildProcess} */
    let child;

    before(async () => {
      server = await startSessionServer();
      const env = { ...process.env };
      delete env.NODE_TEST_CONTEXT; // that of this file's own test runner
      const flags = Number(/\d+/.exec(version)) < 22 ? ["--experimental-websocket"] : [];
      child = fork(fileURLToPath(new URL("child.mjs", import.meta.url)), {
        execPath: program,
        execArgv: [...flags, "--expose-gc", "--no-warnings"],
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
            const answered = Promise.race([once(child, "message"), once(child, "exit").then(() => ["Node ended."])]);
            child.send({ section, name, server: server.ws });
            assert.equal((await answered)[0], null);
          });
        }
      });
    }
  });
}
