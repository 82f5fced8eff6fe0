// The cache folder: one run at a time writes to it, and only what is complete is used.

import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fail, step } from "../console.mjs";
import { tied } from "./processes.mjs";

// Unpacked toolchain, its downloads, and Emscripten's system libraries, with room to spare.
const NEEDED_BYTES = 4e9;
export const DISK_IS_FULL = /ENOSPC|EDQUOT|No space left|enough free space|quota exceeded/i;
// A toolchain that no run has used for so long goes when another one is provisioned.
const KEPT_UNUSED_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * How to make a prefix: a folder that holds programs and all that they need.
 *
 * @typedef {object} Recipe
 * @property {string} name of the prefix, which a hash of the recipe follows
 * @property {string[]} files that determine what the recipe makes, beside this one
 * @property {(prefix: string, downloads: string) => Promise<void>} make
 */

/**
 * The folder that `recipe` makes, made in `cache` first if it does not exist yet. A folder is complete when it holds
 * READY, which is written last, so that what an interrupted run leaves is removed and never trusted.
 *
 * @param {Recipe} recipe
 * @param {string} cache
 */
export async function provision(recipe, cache) {
  const prefix = path.join(cache, `debian-${recipe.name}-${hashOf(recipe)}`);
  if (isReady(prefix)) return prefix;

  const lock = lockFolder(cache);
  try {
    if (isReady(prefix)) return prefix; // another run made it while this one waited
    await make(recipe, prefix, cache);
    return prefix;
  } catch (error) {
    remove(prefix);
    if (error instanceof Error && DISK_IS_FULL.test(error.message)) noSpace(cache);
    throw error;
  } finally {
    fs.closeSync(lock);
  }
}

/** @param {Recipe} recipe */
function hashOf({ files }) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(fs.readFileSync(new URL(file, import.meta.url)));
  return hash.digest("hex").slice(0, 12);
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

/**
 * @param {Recipe} recipe
 * @param {string} prefix
 * @param {string} cache
 */
async function make(recipe, prefix, cache) {
  removeUnused(cache);
  checkSpace(cache);
  const downloads = path.join(cache, "downloads");
  await recipe.make(prefix, downloads);
  fs.rmSync(downloads, { recursive: true, force: true });
  fs.writeFileSync(readyFile(prefix), "complete\n");
}

/** @param {string} cache */
function removeUnused(cache) {
  for (const name of fs.readdirSync(cache).filter((name) => name.startsWith("debian-"))) {
    const prefix = path.join(cache, name);
    const used = fs.statSync(readyFile(prefix), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - used < KEPT_UNUSED_MS) continue;
    step(`removing ${prefix}, which is ${used ? "unused" : "incomplete"}`);
    remove(prefix);
  }
}

/**
 * READY goes first, so that nobody trusts what an interrupted removal leaves.
 *
 * @param {string} prefix
 */
function remove(prefix) {
  fs.rmSync(readyFile(prefix), { force: true });
  fs.rmSync(prefix, { recursive: true, force: true, maxRetries: 5 }); // a killed run's tar may write for a moment
}

/** @param {string} cache */
function checkSpace(cache) {
  const { bavail, bsize } = fs.statfsSync(cache);
  if (bavail * bsize < NEEDED_BYTES) noSpace(cache);
}

/**
 * @param {string} cache
 * @returns {never}
 */
function noSpace(cache) {
  fail(
    `There is not enough free disk space in ${cache}: the toolchain wants ${NEEDED_BYTES / 1e9} GB.`,
    "Free some, or set XDG_CACHE_HOME to a folder on a larger disk, and run this again.",
  );
}

/**
 * Makes `cache`, waits until no other run provisions into it, and returns the descriptor that keeps others out while it
 * is open. The lock is the kernel's, so a killed run locks nobody out.
 *
 * @param {string} cache
 */
function lockFolder(cache) {
  const descriptor = openLock(cache);
  /** @param {string[]} flags */
  const isLocked = (...flags) => {
    const command = tied("flock", [...flags, "3"]);
    return spawnSync(...command, { stdio: ["ignore", "inherit", "inherit", descriptor] }).status === 0;
  };
  if (isLocked("--nonblock")) return descriptor;
  step(`waiting for another run, which provisions the toolchain into ${cache}`);
  return isLocked() ? descriptor : fail(`${cache} cannot be locked: is flock installed?`);
}

/** @param {string} cache */
function openLock(cache) {
  try {
    fs.mkdirSync(cache, { recursive: true });
    return fs.openSync(path.join(cache, "provisioning.lock"), "w");
  } catch (error) {
    if (DISK_IS_FULL.test(String(error))) noSpace(cache);
    return fail(
      `The toolchain's cache folder ${cache} cannot be written: ${error}.`,
      "Set XDG_CACHE_HOME to a folder that you may write to, and run this again.",
    );
  }
}
