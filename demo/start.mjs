// npm start: serves the demo until Ctrl+C. PORT names another port than 8080; 0 is any that is free.

import { fileURLToPath } from "node:url";
import { fail, main, step } from "../tools/console.mjs";
import { startDemo } from "./server.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

await main(async () => {
  const port = parsePort(process.env.PORT || "8080");
  const { url } = await startDemo({ port, root }).catch((error) => fail(error.message));
  step(`the demo is at ${url} (Ctrl+C ends it)`);
});

/** @param {string} text */
function parsePort(text) {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) fail(`PORT is "${text}", which is no port number. Use 0 to 65535.`);
  return port;
}
