// npm run docs: builds the site and serves it together with the demo, until Ctrl+C.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fail, main, step } from "../tools/console.mjs";

const USAGE = `npm run docs [-- --build [--out FOLDER] [--base PATH] | --record-version]

  --build       only builds
  --out FOLDER  where to write the site (build/site/docs)
  --base PATH   the path that it has on its host (/docs/)
  --record-version
                only records in site/since.json which symbols the last version
                had. Run it when package.json has the next version

Without --build, the demo's server serves the site. PORT is another port than 8080.`;

/**
 * Parses the arguments of the command, and checks them.
 *
 * @param {string[]} args
 */
export function parseOptions(args) {
  const { values } = parse(args);
  const { build, help, base, "record-version": recordsVersion } = values;
  if (build && recordsVersion)
    fail(`--record-version builds nothing: leave out --build.\n\n${USAGE}`);
  if (!build && (values.out || values.base)) fail(`--out and --base need --build.\n\n${USAGE}`);
  if (base && !/^\/([\w.~-]+\/)*$/.test(base))
    fail(`--base is "${base}". Write a path such as /docs/.`);
  return {
    help: help ? USAGE : "",
    build,
    recordsVersion,
    out: values.out || "build/site/docs",
    base: base || "/docs/",
  };
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        build: { type: "boolean", default: false },
        out: { type: "string", default: "" },
        base: { type: "string", default: "" },
        "record-version": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

async function serve() {
  const { parsePort, startDemo } = await import("../demo/server/server.mjs");
  const root = fileURLToPath(new URL("..", import.meta.url));
  return startDemo({ port: parsePort(process.env.PORT), root, linksDocs: true }).catch((error) =>
    fail(error.message),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const { help, build, recordsVersion, out, base } = parseOptions(process.argv.slice(2));
    if (help) return console.log(help);
    const { buildSite, recordReference } = await import("./build.mjs").catch((error) =>
      fail(`The npm packages of the site are not installed (${error.message}). Use: npm run docs`),
    );
    if (recordsVersion) {
      recordReference();
      return step("site/since.json has the symbols of the last version: commit it");
    }
    // Starts before the build, which takes longer, so that errors of the port or the demo are
    // reported at once.
    const demo = build ? undefined : await serve();
    try {
      await buildSite({ base, out });
    } catch (error) {
      await demo?.close();
      throw error;
    }
    if (demo)
      step(`the documentation is at ${demo.url}docs/, the demo at ${demo.url} (Ctrl+C ends both)`);
    else step(`the site is in ${out}`);
  });
}
