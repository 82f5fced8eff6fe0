// The command line of npm run release.

import { parseArgs } from "node:util";
import { fail } from "../console.mjs";

const usage = `Usage: npm run release -- [options]

Makes the files of a release in build/publish, from the commit that is checked out, and says where to publish each.
Publishes nothing.

  --draft          allows uncommitted changes and a missing date in CHANGELOG.md, to preview a release
  --no-build       packs the existing dist/
  --from URL       where the port and the recipes download the source from; the release page of the repository by default
  --help           prints this`;

/**
 * @typedef {object} Options
 * @property {boolean} draft
 * @property {boolean} build
 * @property {string | undefined} from
 */

/**
 * @param {string[]} args
 * @returns {Options | { help: string }}
 */
export function parseOptions(args) {
  const { draft = false, "no-build": noBuild = false, from, help } = parse(args);
  if (help) return { help: usage };
  if (from !== undefined && !URL.canParse(from)) fail(`--from wants a URL, not ${from}.`);
  return { draft, build: !noBuild, from };
}

/** @param {string[]} args */
function parse(args) {
  const flag = /** @type {const} */ ({ type: "boolean" });
  const options = {
    draft: flag,
    "no-build": flag,
    from: /** @type {const} */ ({ type: "string" }),
    help: flag,
  };
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    return fail(/** @type {Error} */ (error).message, "", usage);
  }
}
