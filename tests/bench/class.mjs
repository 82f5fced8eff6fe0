// What hawser's class costs beside the browser's own, end to end on a real server over loopback, in Chromium:
//
//   npm run build && HAWSER_CHROMIUM=/usr/bin/chromium node tests/bench/class.mjs
//
// All do the same work in turns of one run. A ratio above 1 says that hawser's is slower. The wrapper is a class that does no
// more than dispatch again what the browser's own class dispatched: a floor for any class written in JavaScript.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "../support/browsers.mjs";
import { startServer } from "../support/server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders = ["js", "dist", "tests"];

const server = await startServer({
  root: Object.fromEntries(folders.map((folder) => [`/${folder}/`, path.join(root, folder)])),
});
const browser = await launch("chromium");
try {
  const page = await browser.newPage();
  await page.goto(`${server.http}/tests/support/empty.html`);
  const rows = await page.evaluate(async (server) => {
    const { measure } = await import(/** @type {any} */ ("/tests/bench/page.mjs"));
    return measure(server);
  }, server.ws);
  console.table(rows);
} finally {
  await browser.close();
  await server.close();
}
