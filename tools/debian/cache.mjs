// The cache folder. Only one run at a time writes to it, and only complete prefixes are used.
//
//   ~/.cache/hawser/browsers/chromium-bookworm-0123456789ab/   the result of one recipe: a prefix
//   ~/.cache/hawser/browsers/downloads/                        packages, until they are unpacked
//                                                              into a prefix
//   ~/.cache/hawser/browsers/provisioning.lock

import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fail, step } from "../console.mjs";
import { withLockOn } from "../lock.mjs";
import { pinnedMirror } from "./system.mjs";

export const DISK_IS_FULL = /ENOSPC|EDQUOT|No space left|enough free space|quota exceeded/i;
// When a prefix is made, other prefixes that were unused for this long are removed.
const KEPT_UNUSED_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * How to make a prefix: a folder that holds programs and everything they need.
 *
 * @typedef {object} Recipe
 * @property {string} name of the prefix, to which a hash of the recipe is appended
 * @property {string} title of the result, for people
 * @property {string[]} files of this folder that determine what it makes
 * @property {number} bytes the disk space that it needs, downloads included, with some to spare
 * @property {(prefix: string, downloads: string) => Promise<Record<string, string>>} make
 *   makes the prefix, and returns the versions of what it holds
 */

/**
 * The part of the cache for `what`. Ignores a relative path, as the XDG Base Directory
 * Specification demands.
 *
 * @param {"toolchain" | "browsers" | "brokers" | "doxygen" | "valgrind"} what
 */
export function cacheFolder(what) {
  const folders = [process.env.XDG_CACHE_HOME ?? "", path.join(homeFolder(), ".cache")];
  const folder = folders.find((folder) => path.isAbsolute(folder));
  return path.join(
    folder ?? fail("There is no home folder for hawser's cache: set XDG_CACHE_HOME."),
    "hawser",
    what,
  );
}

function homeFolder() {
  try {
    return os.homedir();
  } catch {
    return ""; // HOME is not set, and the system knows no user with this number
  }
}

/**
 * Returns the prefix that `recipe` made in `cache`, or undefined if there is no complete one. A
 * prefix is complete if it contains READY, which is written last. Incomplete ones, from interrupted
 * runs, are never used, and are removed.
 *
 * @param {Recipe} recipe
 * @param {string} cache
 */
export function findPrefix(recipe, cache) {
  const prefix = prefixOf(recipe, cache);
  return isReady(prefix) ? prefix : undefined;
}

/**
 * Makes the prefixes of `recipes` that `cache` does not contain yet, one after the other, because
 * they share downloads.
 *
 * @param {Recipe[]} recipes
 * @param {string} cache
 */
export async function provision(recipes, cache) {
  const missing = () => recipes.filter((recipe) => !findPrefix(recipe, cache));
  const [first] = missing();
  if (!first) return;

  await withLockOn(openLock(cache, first), `provisions into ${cache}`, async () => {
    const downloads = path.join(cache, "downloads");
    // Another run may have made some of them while this one waited for the lock.
    for (const recipe of missing()) await make(recipe, cache, downloads);
    fs.rmSync(downloads, { recursive: true, force: true });
  });
}

/**
 * @param {Recipe} recipe
 * @param {string} cache
 * @param {string} downloads
 */
async function make(recipe, cache, downloads) {
  const prefix = prefixOf(recipe, cache);
  removeUnused(cache);
  checkSpace(recipe, cache);
  step(`installing ${recipe.title} into ${prefix}; the system itself is not changed`);
  try {
    const versions = await recipe.make(prefix, downloads);
    fs.writeFileSync(
      path.join(prefix, "versions.json"),
      `${JSON.stringify(versions, undefined, 2)}\n`,
    );
    fs.writeFileSync(readyFile(prefix), "complete\n");
  } catch (error) {
    remove(prefix);
    if (error instanceof Error && DISK_IS_FULL.test(error.message)) noSpace(recipe, cache);
    throw error;
  }
}

/**
 * The versions of the contents of a complete prefix.
 *
 * @param {string} prefix
 * @returns {Record<string, string>}
 */
export function versionsIn(prefix) {
  return JSON.parse(fs.readFileSync(path.join(prefix, "versions.json"), "utf8"));
}

/**
 * @param {Recipe} recipe
 * @param {string} cache
 */
function prefixOf({ name, files }, cache) {
  const hash = createHash("sha256").update(pinnedMirror() ?? "");
  for (const file of files) hash.update(fs.readFileSync(new URL(file, import.meta.url)));
  return path.join(cache, `${name}-${hash.digest("hex").slice(0, 12)}`);
}

/** @param {string} prefix */
function readyFile(prefix) {
  return path.join(prefix, "READY");
}

/**
 * Whether `prefix` is complete. If so, sets the date of its READY to today (see removeUnused).
 *
 * @param {string} prefix
 */
function isReady(prefix) {
  try {
    fs.utimesSync(readyFile(prefix), new Date(), new Date());
    return true;
  } catch {
    return false;
  }
}

/** @param {string} cache */
function removeUnused(cache) {
  const entries = fs.readdirSync(cache, { withFileTypes: true });
  for (const { name } of entries.filter(
    (entry) => entry.isDirectory() && entry.name !== "downloads",
  )) {
    const prefix = path.join(cache, name);
    const used = fs.statSync(readyFile(prefix), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - used < KEPT_UNUSED_MS) continue;
    step(`removing ${prefix}, which is ${used ? "unused" : "incomplete"}`);
    remove(prefix);
  }
}

/**
 * Removes READY first, so that no run uses what an interrupted removal leaves.
 *
 * @param {string} prefix
 */
function remove(prefix) {
  fs.rmSync(readyFile(prefix), { force: true });
  fs.rmSync(prefix, { recursive: true, force: true, maxRetries: 5 }); // a killed run's tar may still be writing
}

/**
 * @param {Recipe} recipe
 * @param {string} cache
 */
function checkSpace(recipe, cache) {
  const { bavail, bsize } = fs.statfsSync(cache);
  if (bavail * bsize < recipe.bytes) noSpace(recipe, cache);
}

/**
 * @param {Recipe} recipe
 * @param {string} cache
 * @returns {never}
 */
function noSpace({ title, bytes }, cache) {
  fail(
    `There is not enough free disk space in ${cache}: ${title} needs ${bytes / 1e9} GB.`,
    "Free some, or set XDG_CACHE_HOME to a folder on a larger disk, and run this again.",
  );
}

/**
 * @param {string} cache
 * @param {Recipe} recipe
 */
function openLock(cache, recipe) {
  try {
    fs.mkdirSync(cache, { recursive: true });
    return fs.openSync(path.join(cache, "provisioning.lock"), "w");
  } catch (error) {
    if (DISK_IS_FULL.test(String(error))) noSpace(recipe, cache);
    return fail(
      `The cache folder ${cache} cannot be written: ${error}.`,
      "Set XDG_CACHE_HOME to a folder that you may write to, and run this again.",
    );
  }
}
