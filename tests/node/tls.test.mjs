// wss: in Node, to a server with a trusted certificate, and to one without.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expected } from "../support/exchange.mjs";
import { thisNode } from "../support/node.mjs";
import { startServer } from "../support/server.mjs";
import { startTls, whyNoTls } from "../support/tls.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = new URL("../..", import.meta.url);

describe("wss: in Node", { skip: whyNoTls, timeout: longestSuite }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {Awaited<ReturnType<typeof startTls>>} */
  let tls;
  /** @type {string} */
  let folder;
  before(async () => {
    server = await startServer();
    tls = await startTls(server.port);
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-tls-"));
    fs.writeFileSync(path.join(folder, "trusted.pem"), tls.certificate);
  });
  after(async () => {
    fs.rmSync(folder, { recursive: true, force: true });
    await tls?.close();
    await server?.close();
  });

  /**
   * Calls a function of tests/support in another Node, and returns its result.
   *
   * @param {string} module
   * @param {string} name
   * @param {string[]} args
   * @param {NodeJS.ProcessEnv} env
   */
  async function callInNode(module, name, args, env = {}) {
    const code = `import { ${name} } from "${new URL(`tests/support/${module}`, root)}";
      console.log(JSON.stringify(await ${name}(...${JSON.stringify(args)})));
      process.exit();`;
    const run = promisify(execFile)(
      thisNode.path,
      [...thisNode.withWebSocket, "--input-type=module", "--eval", code],
      {
        env: { ...process.env, ...env },
      },
    );
    return JSON.parse((await run).stdout);
  }

  for (const entry of ["js/index.js", "js/session.js"]) {
    it(`exchanges text and binary by ${entry} if the certificate is trusted`, async () => {
      const args = [fileURLToPath(new URL(entry, root)), tls.wss];
      const env = { NODE_EXTRA_CA_CERTS: path.join(folder, "trusted.pem") };
      assert.deepEqual(await callInNode("exchange.mjs", "exchange", args, env), expected);
    });
  }

  it("fails the connection if the certificate is not trusted", async () => {
    const lines = await callInNode("attempt.mjs", "attempt", [
      `${tls.wss}/echo`,
      String(new URL("js/", root)),
    ]);
    assert.deepEqual(lines, ["error", "close 1006  unclean"]);
  });

  it("fails the attempt of a session if the certificate is not trusted, and the session tries again", async () => {
    const result = await callInNode("attempt.mjs", "attemptSession", [
      `${tls.wss}/echo`,
      String(new URL("js/", root)),
    ]);
    assert.equal(result.errors.length, 1);
    assert.match(result.errors[0], /^connection-failed: /);
    assert.equal(result.state, "waiting");
  });
});
