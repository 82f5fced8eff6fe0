// Which versions a run uses, compared with those that the whole suite last passed with.

import fs from "node:fs";
import { step } from "./console.mjs";

/** @type {Record<string, string>} */
const tested = JSON.parse(fs.readFileSync(new URL("tested-versions.json", import.meta.url), "utf8"));

/**
 * Prints what a run uses, and in one more line what of it is of another version than the one that was last tested.
 *
 * @param {string} what
 * @param {Record<string, string | undefined>} versions
 */
export function report(what, versions) {
  step(`using ${what}`);
  const other = Object.entries(versions).filter(([name, version]) => version && version !== tested[name]);
  const texts = other.map(([name, version]) => `${name} ${version} (last tested with ${tested[name]})`);
  if (texts.length > 0) step(`  of other versions than tested: ${texts.join(", ")}`);
}
