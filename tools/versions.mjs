// Reports the versions that a run uses, compared with those of the last run in which the whole
// suite passed.

import fs from "node:fs";
import { step } from "./console.mjs";

/** @type {Record<string, string>} */
const tested = JSON.parse(
  fs.readFileSync(new URL("tested-versions.json", import.meta.url), "utf8"),
);

/**
 * Prints what a run uses. If parts have another version than the one last tested, prints these in
 * another line.
 *
 * @param {string} what
 * @param {Record<string, string | undefined>} versions
 */
export function report(what, versions) {
  step(`using ${what}`);
  const other = Object.entries(versions).filter(
    ([name, version]) => version && version !== tested[name],
  );
  const texts = other.map(
    ([name, version]) => `${name} ${version} (last tested with ${tested[name]})`,
  );
  if (texts.length > 0) step(`  of other versions than tested: ${texts.join(", ")}`);
}
