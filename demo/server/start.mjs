// npm start and npm run debug: serves the demo until Ctrl+C, using the build of the named preset.
//
//   PORT           a port other than 8080; 0 picks a free one
//   PAGE_ORIGINS   origins of static builds of the page that may use this server, separated by
//                  commas
//   SERVER_ORIGIN  the public origin of this server, if it is behind a proxy

import { fileURLToPath } from "node:url";
import { fail, main, step } from "../../tools/console.mjs";
import { hasDocs } from "./files.mjs";
import { parsePort, startDemo } from "./server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

await main(async () => {
  const port = parsePort(process.env.PORT);
  const preset = process.argv[2] ?? "release";
  const pageOrigins = (process.env.PAGE_ORIGINS ?? "").split(",").filter(Boolean).map(parseOrigin);
  const serverOrigin = process.env.SERVER_ORIGIN
    ? parseOrigin(process.env.SERVER_ORIGIN)
    : undefined;
  const { url } = await startDemo({
    port,
    root,
    preset,
    linksDocs: true,
    serverOrigin,
    pageOrigins,
  }).catch((error) => fail(error.message));
  if (hasDocs(root)) step(`the documentation is at ${url}docs/`);
  step(`the demo is at ${url} (Ctrl+C ends it)`);
});

/** @param {string} text */
function parseOrigin(text) {
  const origin = URL.canParse(text) ? new URL(text).origin : "";
  if (origin !== text.trim())
    fail(`"${text}" is no origin. Write one such as https://example.org, without a path.`);
  return origin;
}
