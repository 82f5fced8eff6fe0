// Checks before a release.

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { fail } from "../console.mjs";

/**
 * Fails unless the version is the same in all files, everything is committed, and the release has a
 * date.
 *
 * @param {{ draft: boolean }} options
 */
export function check({ draft }) {
  const { version, date } = changelog();
  const versions = {
    "wasm/include/hawser/version.hpp": headerVersion(),
    "package.json": json("package.json").version,
    "package-lock.json": json("package-lock.json").version,
    "js/recorder.js": recorderVersion(),
    "CHANGELOG.md": version,
  };
  if (new Set(Object.values(versions)).size > 1) {
    const texts = Object.entries(versions).map(([file, version]) => `${version} in ${file}`);
    fail(`The version is ${texts.join(", ")}. Write the same everywhere.`);
  }
  if (draft) return;
  if (git("status", "--porcelain"))
    fail("There are uncommitted changes. Commit them, or see a draft: --draft.");
  if (!/^\d{4}-\d\d-\d\d$/.test(date))
    fail(
      `CHANGELOG.md says "${date}" of ${version}. Write the date of the release there, or see a draft: --draft.`,
    );
}

/** @param {...string} args */
export function git(...args) {
  return execFileSync("git", args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  }).trim();
}

/** @param {string} file */
export function json(file) {
  return JSON.parse(fs.readFileSync(file, "utf8"));
}

function headerVersion() {
  const header = fs.readFileSync("wasm/include/hawser/version.hpp", "utf8");
  return [...header.matchAll(/define HAWSER_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)/g)]
    .map(([, part]) => part)
    .join(".");
}

/** The version that HARs name as their creator's. A page can't read it from package.json. */
function recorderVersion() {
  return (
    /^const version = "(.*)";$/m.exec(fs.readFileSync("js/recorder.js", "utf8"))?.[1] ?? "none"
  );
}

/** The newest version in CHANGELOG.md, and its date. */
function changelog() {
  const [, version = "none", date = ""] =
    /^## \[(\d+\.\d+\.\d+)\](?: - (.*))?$/m.exec(fs.readFileSync("CHANGELOG.md", "utf8")) ?? [];
  return { version, date };
}
