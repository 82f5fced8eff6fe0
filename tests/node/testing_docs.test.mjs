// The examples of docs/testing-javascript.md, each run as its reader would run it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { blocks } from "../support/documents.mjs";
import { thisNode } from "../support/node.mjs";
import { longestRun } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-testing-"));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const modules = {
  "hawser/session": "js/session.js",
  "hawser/testing": "js/testing.js",
  "./json_rpc.mjs": "demo/json_rpc.mjs",
};

const env = { ...process.env };
delete env.NODE_TEST_CONTEXT; // set by this file's own test runner

const examples = blocks(
  fs.readFileSync(path.join(root, "docs/testing-javascript.md"), "utf8"),
  "js",
);

it("there are examples", () => assert.ok(examples.length >= 6));

for (const [index, example] of examples.entries()) {
  const [, name] = /\bit\("([^"]*)"/.exec(example) ?? [];

  it(`the example "${name}" passes`, async () => {
    let text = example;
    for (const [module, file] of Object.entries(modules))
      text = text.replaceAll(JSON.stringify(module), JSON.stringify(`file://${root}${file}`));
    const file = path.join(folder, `${index}.test.mjs`);
    fs.writeFileSync(file, text);
    const { stdout } = await promisify(execFile)(
      thisNode.path,
      ["--test", "--test-reporter=tap", file],
      {
        env,
        timeout: longestRun,
      },
    );
    assert.match(stdout, /^# pass 1$/m);
  });
}
