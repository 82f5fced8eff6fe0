// What the tests of the demo's views share.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { startDemo } from "../../demo/server/server.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const artifacts = path.join(root, "build", "artifacts");
export const desktop = { width: 1100, height: 900 };
export const phone = {
  width: 360,
  height: 740,
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

/**
 * The ids of the elements that the keyboard reaches first: the header's links, except the
 * documentation's, and the selected tab.
 */
export const links = [
  ...fs
    .readFileSync(path.join(root, "demo/index.html"), "utf8")
    .matchAll(/<(?:a|button)\s+id="((?:to|tab)-\w+)"(?![^>]*tabindex="-1")/g),
]
  .map(([, id]) => id)
  .filter((id) => id !== "to-docs");

/**
 * Serves a copy of the demo until the end of the test, and returns its URL and its folder.
 *
 * @param {import("node:test").TestContext} test
 */
export async function serveCopy(test) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-demo-"));
  for (const part of ["demo", "js", "dist", "build/release/demo"]) {
    fs.cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
  }
  const { url, close } = await startDemo({ port: 0, root: folder });
  test.after(async () => {
    await close();
    fs.rmSync(folder, { recursive: true, force: true });
  });
  return { url, folder };
}

/**
 * Serves a copy of the demo that runs `script` first, and returns its URL. Not every engine lets
 * its driver do that.
 *
 * @param {import("node:test").TestContext} test
 * @param {() => void} script
 */
export async function serveWithScript(test, script) {
  const { url, folder } = await serveCopy(test);
  addScript(folder, "page/first.js");
  fs.writeFileSync(path.join(folder, "demo/page/first.js"), `(${script})();`);
  return url;
}

/**
 * Makes the page of a copy run a script first.
 *
 * @param {string} folder
 * @param {string} name
 */
export function addScript(folder, name) {
  const index = path.join(folder, "demo/index.html");
  const html = fs
    .readFileSync(index, "utf8")
    .replace("<head>", `<head><script src="${name}"></script>`);
  fs.writeFileSync(index, html);
}

/**
 * Checks that the page is no wider than the screen, and that no element is wider than its
 * container.
 *
 * @param {import("./browsers.mjs").Page} page
 */
export async function fitsScreen(page) {
  const [needed, given] = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return [scrollWidth, clientWidth];
  });
  assert.ok(needed <= given, `the page is ${needed} px wide on a screen of ${given} px`);
  const tooWide = await page.evaluate(() =>
    [
      ...document.querySelectorAll(
        ":is(nav, main:not([hidden]), .panel) :is(section:not(.log), button, a, li, dt, dd, p)",
      ),
    ]
      .filter((one) => one.scrollWidth > one.clientWidth)
      .map((one) => `${one.tagName} ${one.id} ${one.textContent?.slice(0, 30)}`),
  );
  assert.deepEqual(tooWide, []);
}
