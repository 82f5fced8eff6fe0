// npm start and npm run debug: serves the demo until Ctrl+C, from the build of the preset that is named. PORT names another
// port than 8080; 0 is any that is free.

import { fileURLToPath } from "node:url";
import { fail, main, step } from "../../tools/console.mjs";
import { startDemo } from "./server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

await main(async () => {
  const port = parsePort(process.env.PORT || "8080");
  const preset = process.argv[2] ?? "release";
  const { url } = await startDemo({ port, root, preset }).catch((error) => fail(error.message));
  step(`the demo is at ${url} (Ctrl+C ends it)`);
});

/** @param {string} text */
function parsePort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) fail(`PORT is "${text}", which is no port number. Use 0 to 65535.`);
  return port;
}
