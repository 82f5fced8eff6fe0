// The version in which each symbol of the reference appeared. since.json has the symbols of
// released versions, by their anchors; the others are new in its `next`.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { fail } from "../tools/console.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const file = path.join(root, "site/since.json");

/** @typedef {"cpp" | "js"} Language */

/** @typedef {{ next: string, released: Record<string, Record<Language, string[]>> }} Since */

const heading = /^(#{2,6}) .* \{#([\w-]+)\}$/gm;

/** @returns {{ since: Since, version: string }} */
function read() {
  const { version } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"));
  return { since: JSON.parse(fs.readFileSync(file, "utf8")), version };
}

/** Reads since.json, which must be of this version. */
export function readSince() {
  const { since, version } = read();
  if (!version.startsWith(`${since.next}.`))
    fail(
      `This is version ${version}, and site/since.json is for ${since.next}. Use: npm run docs -- --record-version`,
    );
  return since;
}

/**
 * Adds the version below each heading: of a member only if it came later than the symbol that it is
 * in.
 *
 * @param {string} page of the reference
 * @param {Language} language
 * @param {Since} since
 */
export function withSince(page, language, { next, released }) {
  /** @type {string[]} the versions of the headings that the current one is below, by level */
  const above = [];
  return page.replace(heading, (line, marks, anchor) => {
    const symbol = symbolOf(anchor);
    const [version] = Object.entries(released).find(([, names]) =>
      names[language].includes(symbol),
    ) ?? [next];
    above.length = marks.length;
    above[marks.length] = version;
    const isSaid = above[marks.length - 1] === version;
    return isSaid ? line : `${line}\n\n<p class="since">Since ${version}</p>`;
  });
}

/**
 * Records the symbols of the last version in since.json. package.json has the next version already.
 *
 * @param {Record<Language, Iterable<string>>} pages of the reference
 */
export function recordVersion(pages) {
  const { since, version } = read();
  fs.writeFileSync(file, `${JSON.stringify(record(since, version, pages), null, 2)}\n`);
}

/**
 * @param {Since} since
 * @param {string} version the next one
 * @param {Record<Language, Iterable<string>>} pages
 * @returns {Since}
 */
export function record({ next, released }, version, pages) {
  const [following] =
    /^\d+\.\d+/.exec(version) ?? fail(`package.json has the version "${version}".`);
  if (following === next)
    fail(`site/since.json is for ${next} already. Set the next version in package.json first.`);
  const symbols = (/** @type {Language} */ language) => {
    const known = new Set(Object.values(released).flatMap((names) => names[language]));
    const all = Array.from(pages[language], (page) =>
      Array.from(page.matchAll(heading), ([, , anchor]) => symbolOf(anchor)),
    );
    return [...new Set(all.flat())].filter((name) => !known.has(name)).sort();
  };
  return {
    next: following,
    released: { ...released, [next]: { cpp: symbols("cpp"), js: symbols("js") } },
  };
}

/** Overloads have one version. @param {string} anchor */
const symbolOf = (anchor) => anchor.replace(/-\d+$/, "");
