// The browsers that tests drive: those of this machine; else, on Debian, private ones in the cache.

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { fail, Failure, skip, step } from "./console.mjs";
import { cacheFolder, findPrefix, provision, versionsIn } from "./debian/cache.mjs";
import { chromium } from "./debian/chromium.mjs";
import { firefox } from "./debian/firefox.mjs";
import { isDebian } from "./debian/system.mjs";
import { canOverlay, webkit } from "./debian/webkit.mjs";
import { report } from "./versions.mjs";

/** @typedef {keyof typeof BROWSERS} Engine */

/** Of each browser: the names that its program has, what else it needs, and how a private one is made. */
const BROWSERS = {
  chromium: {
    title: "Chromium",
    names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    needs: [],
    packages: ["chromium"],
    recipe: chromium,
    program: "chromium",
  },
  firefox: {
    title: "Firefox",
    names: ["firefox-esr", "firefox"],
    needs: [],
    packages: ["firefox-esr"],
    recipe: firefox,
    program: "firefox",
  },
  // The program is its driver, which knows its browser. WebKitGTK has no mode without a display.
  webkit: {
    title: "WebKitGTK",
    names: ["WebKitWebDriver"],
    needs: ["Xvfb"],
    packages: ["webkit2gtk-driver", "xvfb"],
    recipe: webkit,
    program: "WebKitWebDriver",
  },
};

export const ENGINES = /** @type {Engine[]} */ (Object.keys(BROWSERS));

/**
 * The environment that names the program of each of `engines` to the tests, such as HAWSER_CHROMIUM. Each is the one
 * that this variable already names, or one on PATH, or a private one in the cache, which is downloaded first if
 * `install` says so. The system itself is never changed. A browser that is missing is skipped aloud; with CI=true, that
 * is a failure.
 *
 * @param {Engine[]} [engines]
 * @param {{ install?: boolean }} [options]
 * @returns {Promise<Record<string, string | undefined>>}
 */
export async function findBrowsers(engines = ENGINES, { install = true } = {}) {
  const missing = engines.filter((engine) => !findInstalled(engine));
  const reasons = missing.length > 0 ? await provisionBrowsers(missing, install) : {};
  /** @type {Record<string, string | undefined>} */
  const env = {};
  for (const engine of engines) {
    const program = findInstalled(engine) ?? findProvisioned(engine)?.program;
    env[variableOf(engine)] = program;
    if (program) await reportBrowser(engine, program);
    else leaveOut(engine, reasons[engine]);
  }
  return env;
}

/**
 * The program of a browser that this machine has.
 *
 * @param {Engine} engine
 */
function findInstalled(engine) {
  const { names, needs } = BROWSERS[engine];
  const named = process.env[variableOf(engine)];
  return named || (needs.every((need) => onPath([need])) ? onPath(names) : undefined);
}

/** @param {Engine} engine */
function variableOf(engine) {
  return `HAWSER_${engine.toUpperCase()}`;
}

/** @param {string[]} names */
function onPath(names) {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  const files = names.flatMap((name) => folders.map((folder) => path.join(folder, name)));
  return files.find((file) => fs.existsSync(file));
}

/**
 * A complete private browser.
 *
 * @param {Engine} engine
 */
function findProvisioned(engine) {
  if (!isDebian()) return undefined;
  const { recipe, program } = BROWSERS[engine];
  const prefix = findPrefix(recipe(), cacheFolder("browsers"));
  return prefix ? { prefix, program: path.join(prefix, program) } : undefined;
}

/**
 * Makes a private copy of each of `engines` if that is possible. Returns why it is not, for people.
 *
 * @param {Engine[]} engines
 * @param {boolean} install
 * @returns {Promise<Partial<Record<Engine, string>>>}
 */
async function provisionBrowsers(engines, install) {
  if (!isDebian()) return {};
  /** @param {Engine[]} some @param {string} why */
  const all = (some, why) => Object.fromEntries(some.map((engine) => [engine, why]));
  if (!install) return all(engines, "Run this without --no-install to download a private one.");
  const isBarred = engines.includes("webkit") && !(await canOverlay(cacheFolder("browsers")));
  const possible = engines.filter((engine) => engine !== "webkit" || !isBarred);
  const barred = isBarred
    ? { webkit: "A private one needs a mount namespace and overlayfs, which this system forbids." }
    : {};
  try {
    await provision(
      possible.map((engine) => BROWSERS[engine].recipe()),
      cacheFolder("browsers"),
    );
    return barred;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    step(error.message); // once, since the first that fails ends it for all
    return { ...all(possible, "A private one could not be made, for the reason above."), ...barred };
  }
}

/**
 * @param {Engine} engine
 * @param {string} program
 */
async function reportBrowser(engine, program) {
  const { title } = BROWSERS[engine];
  const provisioned = findProvisioned(engine);
  const isPrivate = provisioned?.program === program;
  const version = isPrivate ? versionsIn(provisioned.prefix)[title] : await versionOf(engine, program);
  report(
    [title, version, isPrivate ? "in" : "at", isPrivate ? provisioned.prefix : program].filter(Boolean).join(" "),
    {
      [title]: version,
    },
  );
}

/**
 * The version that a browser says it has. WebKitWebDriver says none, and on Windows a browser opens a window instead.
 *
 * @param {Engine} engine
 * @param {string} program
 */
async function versionOf(engine, program) {
  if (engine === "webkit" || process.platform === "win32") return undefined;
  const child = spawn(program, ["--version"], { stdio: ["ignore", "pipe", "ignore"] });
  let output = "";
  child.stdout.on("data", (data) => (output += data));
  await once(child, "close").catch(() => {}); // a browser that does not start has no version, and fails its tests
  return /\d+(\.\d+)+\w*/.exec(output)?.[0];
}

/**
 * @param {Engine} engine
 * @param {string} [why]
 */
function leaveOut(engine, why) {
  const { title, packages } = BROWSERS[engine];
  const install = `You can install one (in Debian: apt-get install ${packages.join(" ")})`;
  const lines = [`there is no ${title}.`, why, `${install}, or name one in ${variableOf(engine)}.`];
  const missing = lines.filter(Boolean).join(" ");
  if (process.env.CI === "true") fail(`With CI=true the tests in a browser are not skipped, and ${missing}`);
  skip(`every test in ${engine}: ${missing}`);
}
