// Keeps two runs in one clone, or two clones that share a cache, from writing the same files at the
// same time.

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { step } from "./console.mjs";

/**
 * Runs `work` while no other process holds the lock `file`. The lock is the kernel's, so that a
 * killed run locks no one out. On a system without flock(1) nothing is locked.
 *
 * @template T
 * @param {string} file
 * @param {string} what the other run is doing, for the person who waits
 * @param {() => Promise<T>} work
 */
export async function withLock(file, what, work) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  return withLockOn(fs.openSync(file, "w"), what, work);
}

/**
 * The same for a file that is open. It is closed at the end.
 *
 * @template T
 * @param {number} descriptor
 * @param {string} what
 * @param {() => Promise<T>} work
 */
export async function withLockOn(descriptor, what, work) {
  try {
    if ((await flock(descriptor, "--nonblock")) === 1) {
      step(`waiting for another run, which ${what}`);
      await flock(descriptor);
    }
    return await work();
  } finally {
    fs.closeSync(descriptor);
  }
}

/**
 * @param {number} descriptor
 * @param {string[]} flags
 * @returns {Promise<number | undefined>} 1 if another process has the lock
 */
async function flock(descriptor, ...flags) {
  const child = spawn("flock", [...flags, "3"], {
    stdio: ["ignore", "inherit", "inherit", descriptor],
  });
  const [code] = await once(child, "close").catch(() => []);
  return code;
}
