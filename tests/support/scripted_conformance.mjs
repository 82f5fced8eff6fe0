// Runs the tests of the standard on the class of hawser/testing, in a separate Node, and prints the
// results as JSON: `error` is null for a test that has passed, and `missing` is an endpoint that a
// test needed and did not find. The arguments are the sections, and the names of tests to leave
// out, as JSON.

import { Browser } from "../../js/testing.js";
import { testsOf } from "../browser/conformance/sections.mjs";
import { opened } from "../browser/conformance/sockets.mjs";
import { failureOf } from "./page/run.mjs";
import { serve } from "./scripted_server.mjs";

const results = [];
const [sections, leftOut] = JSON.parse(process.argv[2]);
for (const section of sections) {
  for (const test of await testsOf(section)) {
    if (test.where === "window" || leftOut.includes(test.name)) continue;
    results.push({ section, name: test.name, ...(await run(test)) });
  }
}
console.log(JSON.stringify(results));
process.exit();

/** @param {import("../browser/conformance/test.mjs").Test} test */
async function run(test) {
  const browser = new Browser();
  const { missing, ends } = serve(browser);
  const { fetch } = globalThis;
  // The requests of tests to the real server: how the client of /report has ended.
  globalThis.fetch = async (url) => {
    await browser.runUntilIdle();
    return Response.json(ends.get(new URL(String(url)).searchParams.get("id") ?? ""));
  };
  try {
    const failure = failureOf(test, () => ({ context: contextOf(browser), release() {} }));
    return await Promise.race([
      failure.then((error) => ({ error })),
      missing.then((path) => ({ missing: path })),
    ]);
  } finally {
    globalThis.fetch = fetch;
    await browser.uninstall();
  }
}

/**
 * @param {Browser} browser
 * @returns {import("../browser/conformance/test.mjs").Context}
 */
function contextOf({ WebSocket }) {
  const server = "ws://server.test";
  /** @type {(path: string, protocols?: string | string[]) => any} */
  const connect = (path, protocols = []) => new WebSocket(server + path, protocols);
  const classIn = async () => WebSocket;
  return {
    WebSocket,
    native: WebSocket,
    kind: "native",
    server,
    connect,
    open: (path, protocols) => opened(connect(path, protocols)),
    track: (socket) => socket,
    classIn,
  };
}
