// The Chromium that tests drive.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { isDebian } from "./debian.mjs";
import { fail, step } from "./console.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** The path of a Chromium; undefined, and said so, where there is none. With CI=true there must be one. */
export function findChromium() {
  const found = process.env.HAWSER_CHROMIUM || onPath() || install();
  if (found) return found;
  const missing = "There is no Chromium: install one, or name one in HAWSER_CHROMIUM.";
  if (process.env.CI === "true") fail(missing, "With CI=true its tests are not skipped.");
  step(`SKIPPING every test in a browser. ${missing}`);
  return undefined;
}

function onPath() {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const files = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return files.find((file) => fs.existsSync(file));
}

/** As root on Debian, a browser is one command away. */
function install() {
  if (!isDebian() || process.getuid?.() !== 0) return undefined;
  step("installing Debian's chromium, which the tests in a browser need");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", "chromium"]]) {
    const { status, stderr } = spawnSync("apt-get", ["-q", ...args], { env, encoding: "utf8" });
    if (status === 0) continue;
    step(`apt-get ${args[0]} failed: ${stderr?.trim().split("\n").at(-1)}`);
    return undefined;
  }
  return onPath();
}
