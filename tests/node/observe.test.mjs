// Observing in Node. tests/browser has the same tests in browsers.

import { execFile } from "node:child_process";
import { after, before, describe } from "node:test";
import { promisify } from "node:util";
import { startSessionServer } from "../session/server.mjs";
import { nodes } from "../support/node.mjs";
import { testObserving } from "../support/observed_tests.mjs";
import { startServer } from "../support/server.mjs";
import { longestRun } from "../support/patience.mjs";

const programs = new URL("../support/observed.mjs", import.meta.url).href;

for (const node of nodes) {
  describe(`observing in Node ${node.version}`, () => {
    /** @type {Awaited<ReturnType<typeof startServer>>} */
    let server;
    /** @type {Awaited<ReturnType<typeof startSessionServer>>} */
    let sessions;
    before(async () => {
      server = await startServer();
      sessions = await startSessionServer();
    });
    after(async () => {
      await server?.close();
      await sessions?.close();
    });

    /**
     * @param {string} name
     * @param {unknown[]} args
     */
    async function run(name, ...args) {
      const code = `
        import * as programs from ${JSON.stringify(programs)};
        console.log(JSON.stringify(await programs[${JSON.stringify(name)}](...${JSON.stringify(args)})));`;
      const flags = [...node.withWebSocket, "--expose-gc", "--input-type=module", "-e", code];
      return JSON.parse(
        (await promisify(execFile)(node.path, flags, { timeout: longestRun })).stdout,
      );
    }

    testObserving(() => ({ run, ws: server.ws, sessions: sessions.ws }));
  });
}
