// The browsers that tests drive: those installed on this machine or, on Debian, private copies in
// the cache.

import { chromium } from "./debian/chromium.mjs";
import { firefox } from "./debian/firefox.mjs";
import { canOverlay, webkit } from "./debian/webkit.mjs";
import { findPrograms } from "./programs.mjs";

/** @typedef {keyof typeof BROWSERS} Engine */

/** For each browser: its program names, its requirements, and the recipe for a private copy. */
const BROWSERS = {
  chromium: {
    title: "Chromium",
    names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    packages: ["chromium"],
    recipe: chromium,
    program: "chromium",
    versionArgs: ["--version"],
  },
  firefox: {
    title: "Firefox",
    names: ["firefox-esr", "firefox"],
    packages: ["firefox-esr"],
    recipe: firefox,
    program: "firefox",
    versionArgs: ["--version"],
  },
  // The program is the driver, which finds its browser itself and prints no version. WebKitGTK has
  // no headless mode.
  webkit: {
    title: "WebKitGTK",
    names: ["WebKitWebDriver"],
    needs: ["Xvfb"],
    packages: ["webkit2gtk-driver", "xvfb"],
    recipe: webkit,
    program: "WebKitWebDriver",
    versionArgs: undefined,
    bar: async (/** @type {string} */ cache) =>
      (await canOverlay(cache))
        ? undefined
        : "A private one needs a mount namespace and overlayfs, which this system forbids.",
  },
};

export const ENGINES = /** @type {Engine[]} */ (Object.keys(BROWSERS));

/**
 * Finds the programs of `engines`. Returns the environment that names them to the tests, such as
 * HAWSER_CHROMIUM (see findPrograms).
 *
 * @param {Engine[]} [engines]
 * @param {{ install?: boolean }} [options]
 */
export function findBrowsers(engines = ENGINES, { install = true } = {}) {
  const programs = engines.map((engine) => ({
    ...BROWSERS[engine],
    variable: `HAWSER_${engine.toUpperCase()}`,
    skipped: `every test in ${engine}`,
    required: "the tests in a browser",
  }));
  return findPrograms(programs, { what: "browsers", install });
}
