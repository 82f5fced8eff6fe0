// The cache folder. One run at a time writes to it, and only what is complete is used.
//
//   ~/.cache/hawser/browsers/chromium-bookworm-0123456789ab/   what one recipe made: a prefix
//   ~/.cache/hawser/browsers/downloads/                        packages, until a prefix is made of them
//   ~/.cache/hawser/browsers/provisioning.lock

import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fail, step } from "../console.mjs";
import { withLockOn } from "../lock.mjs";
import { pinnedMirror } from "./system.mjs";

export const DISK_IS_FULL = /ENOSPC|EDQUOT|No space left|enough free space|quota exceeded/i;
// A prefix that no run has used for so long is removed when another one is made.
const KEPT_UNUSED_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * How to make a prefix: a folder that holds programs and all that they need.
 *
 * @typedef {object} Recipe
 * @property {string} name of the prefix, which a hash of the recipe follows
 * @property {string} title of what it makes, for people
 * @property {string[]} files of this folder that determine what it makes
 * @property {number} bytes that it takes on disk, downloads included, with room to spare
 * @property {(prefix: string, downloads: string) => Promise<Record<string, string>>} make
 *   makes the prefix, and returns the versions of what it holds
 */

/**
 * The part of the cache that holds `what`. As the XDG Base Directory Specification says, a path that is not absolute is
 * ignored.
 *
 * @param {"toolchain" | "browsers" | "brokers" | "doxygen" | "valgrind"} what
 */
export function cacheFolder(what) {
  const folders = [process.env.XDG_CACHE_HOME ?? "", path.join(homeFolder(), ".cache")];
  const folder = folders.find((folder) => path.isAbsolute(folder));
  return path.join(folder ?? fail("There is no home folder for hawser's cache: set XDG_CACHE_HOME."), "hawser", what);
}

function homeFolder() {
  try {
    return os.homedir();
  } catch {
    return ""; // HOME is not set, and the system knows no user of this number
  }
}

/**
 * The prefix that `recipe` made in `cache`; undefined if there is none that is complete. A prefix is complete when it
 * holds READY, which is written last, so that what an interrupted run leaves is removed and never trusted.
 *
 * @param {Recipe} recipe
 * @param {string} cache
 */
export function findPrefix(recipe, cache) {
  const prefix = prefixOf(recipe, cache);
  return isReady(prefix) ? prefix : undefined;
}

/**
 * Makes the prefixes of `recipes` that `cache` does not hold yet, one after another: they share downloads.
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
    // Another run may have made some while this one waited.
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
    fs.writeFileSync(path.join(prefix, "versions.json"), `${JSON.stringify(versions, undefined, 2)}\n`);
    fs.writeFileSync(readyFile(prefix), "complete\n");
  } catch (error) {
    remove(prefix);
    if (error instanceof Error && DISK_IS_FULL.test(error.message)) noSpace(recipe, cache);
    throw error;
  }
}

/**
 * The versions of what a complete prefix holds.
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
 * Whether `prefix` is complete. If so, its READY gets today's date: see removeUnused.
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
  for (const { name } of entries.filter((entry) => entry.isDirectory() && entry.name !== "downloads")) {
    const prefix = path.join(cache, name);
    const used = fs.statSync(readyFile(prefix), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - used < KEPT_UNUSED_MS) continue;
    step(`removing ${prefix}, which is ${used ? "unused" : "incomplete"}`);
    remove(prefix);
  }
}

/**
 * READY goes first, so that no run trusts what an interrupted removal leaves.
 *
 * @param {string} prefix
 */
function remove(prefix) {
  fs.rmSync(readyFile(prefix), { force: true });
  fs.rmSync(prefix, { recursive: true, force: true, maxRetries: 5 }); // a killed run's tar may write for a moment
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
    `There is not enough free disk space in ${cache}: ${title} wants ${bytes / 1e9} GB.`,
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
