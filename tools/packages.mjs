// Installs the npm packages that the commands need, and the Node version that some tests need.

import fs from "node:fs";
import path from "node:path";
import { fail, skip, step } from "./console.mjs";
import { withLock } from "./lock.mjs";
import { run } from "./processes.mjs";

/**
 * Runs `npm ci` in `folder`, unless everything in its lock file is already installed.
 *
 * @param {string} folder
 * @param {{ install?: boolean, onLine?: (line: string) => void }} [options]
 */
export async function installPackages(folder, { install = true, onLine } = {}) {
  if (areInstalled(folder)) return;
  if (!install)
    fail(
      `The npm packages of ${folder} are not installed, and --no-install forbids installing them. Run: npm ci --prefix ${folder}`,
    );
  await withLock(
    path.join("build/locks", folder, "packages"),
    `installs npm packages into ${folder}`,
    async () => {
      if (areInstalled(folder)) return;
      const stamp = stampOf(folder);
      fs.rmSync(stamp, { force: true });
      step(`installing npm packages into ${path.join(folder, "node_modules")}`);
      // No package needs an install script, so don't trust one that has it.
      const flags = [
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--prefix",
        folder,
      ];
      if ((await run("npm", ["ci", ...flags], { onLine })) !== 0)
        fail("npm ci failed; its output above says why. Is there a network?");
      fs.copyFileSync(lockOf(folder), stamp);
    },
  );
}

/** @param {string} folder */
const lockOf = (folder) => path.join(folder, "package-lock.json");

/**
 * The path of a copy of the lock file, written once everything in it is installed.
 *
 * @param {string} folder
 */
const stampOf = (folder) => path.join(folder, "node_modules", ".hawser-lock");

/** @param {string} folder */
function areInstalled(folder) {
  const stamp = stampOf(folder);
  return fs.existsSync(stamp) && fs.readFileSync(stamp).equals(fs.readFileSync(lockOf(folder)));
}

/**
 * Finds a Node that can suspend wasm (JSPI), for the tests that wait: this one, or the one that npm
 * has for this platform. Returns undefined if that is not installed, and `install` is false.
 *
 * @param {{ install?: boolean, onLine?: (line: string) => void }} [options]
 */
export async function findNodeWithJspi({ install = true, onLine } = {}) {
  if ("Suspending" in WebAssembly) return process.execPath;
  if (!install && !areInstalled("tests/runtime")) {
    skip(
      "tests that wait in Node: they need Node 25 or newer. npm ci --prefix tests/runtime installs one there.",
    );
    return undefined;
  }
  await installPackages("tests/runtime", { install, onLine });
  const { platform, arch } = process;
  const node = path.resolve(`tests/runtime/node_modules/node-${platform}-${arch}/bin/node`);
  if (!fs.existsSync(node))
    fail(
      `The tests need a Node with JSPI, version 25 or newer, and npm has none for ${platform}-${arch}.`,
    );
  return node;
}
