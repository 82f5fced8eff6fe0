// The browsers that tests drive.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fail, skip, step } from "./console.mjs";
import { isDebian } from "./debian/system.mjs";

/** Of each browser: the names that its program has, what else it needs, and the Debian packages that bring them. */
const BROWSERS = {
  chromium: {
    names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    needs: [],
    packages: ["chromium"],
  },
  firefox: { names: ["firefox-esr", "firefox"], needs: [], packages: ["firefox-esr"] },
  // The program is its driver, which knows its browser. WebKitGTK has no mode without a display.
  webkit: { names: ["WebKitWebDriver"], needs: ["Xvfb"], packages: ["webkit2gtk-driver", "xvfb"] },
};

/** The environment that tells the tests where each browser is. One that is not there is said aloud. */
export function findBrowsers() {
  return {
    HAWSER_CHROMIUM: findBrowser("chromium"),
    HAWSER_FIREFOX: findBrowser("firefox"),
    HAWSER_WEBKIT: findBrowser("webkit"),
  };
}

/**
 * The path of a browser; undefined where there is none. With CI=true there must be one.
 *
 * @param {keyof typeof BROWSERS} name
 */
function findBrowser(name) {
  const variable = `HAWSER_${name.toUpperCase()}`;
  const { names, needs, packages } = BROWSERS[name];
  const find = () => (needs.every((need) => onPath([need])) ? process.env[variable] || onPath(names) : undefined);
  const found = find() || (install(packages) && find());
  if (found) return found;
  const missing = `there is no ${name}. Install one (${packages.join(", ")} in Debian), or name one in ${variable}.`;
  if (process.env.CI === "true") fail(`The tests in a browser are not skipped with CI=true, and ${missing}`);
  skip(`every test in ${name}: ${missing}`);
  return undefined;
}

/** @param {string[]} names */
function onPath(names) {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const files = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return files.find((file) => fs.existsSync(file));
}

/**
 * As root on Debian, a browser is one command away. Whether that went well.
 *
 * @param {string[]} packages
 */
function install(packages) {
  if (!isDebian() || process.getuid?.() !== 0) return false;
  step(`installing Debian's ${packages.join(" and ")}, which the tests in a browser need`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "-y", "--no-install-recommends", ...packages]]) {
    const { status, stderr, error } = spawnSync("apt-get", args, {
      env,
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"], // what it prints may be more than spawnSync keeps
    });
    if (status === 0) continue;
    step(`apt-get ${args[0]} failed: ${error?.message ?? stderr.trim().split("\n").at(-1)}`);
    return false;
  }
  return true;
}
