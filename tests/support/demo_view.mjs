// Checks that the tests of several of the demo's views share.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { addScript, serveCopy } from "./demo.mjs";

/** @typedef {import("./browsers.mjs").Page} Page */

/**
 * Serves a copy of the demo whose page includes axe, and returns its URL.
 *
 * @param {import("node:test").TestContext} test
 */
export async function serveWithAxe(test) {
  const { url, folder } = await serveCopy(test);
  addScript(folder, "page/axe.js");
  fs.copyFileSync(
    fileURLToPath(import.meta.resolve("axe-core")),
    path.join(folder, "demo/page/axe.js"),
  );
  return url;
}

/**
 * The violations that axe reports, on a page of `serveWithAxe`.
 *
 * @param {Page} page
 */
export function findViolations(page) {
  return page.evaluate(async () => {
    const { violations } = await /** @type {any} */ (globalThis).axe.run();
    return violations.flatMap((/** @type {import("axe-core").Result} */ { id, nodes }) =>
      nodes.map(({ html }) => `${id}: ${html}`),
    );
  });
}

/**
 * Makes Chromium prefer a dark page.
 *
 * @param {Page} page
 */
export async function preferDark(page) {
  const protocol = await page.protocol?.();
  await protocol?.send("Emulation.setEmulatedMedia", {
    features: [{ name: "prefers-color-scheme", value: "dark" }],
  });
}

/**
 * Checks that every control is large enough for a finger. For a checkbox, that is the label around
 * it.
 *
 * @param {Page} page
 */
export async function canBeTouched(page) {
  const low = await page.evaluate(() =>
    [
      ...document.querySelectorAll(
        ":is(main:not([hidden]), .panel) :is(input, select, button), nav a",
      ),
    ]
      .filter((one) => one.checkVisibility())
      .map((one) => one.closest("label") ?? one)
      .filter((one) => one.getBoundingClientRect().height < 44)
      .map((one) => one.outerHTML),
  );
  assert.deepEqual(low, []);
}

/** Runs first in the page: `complaints` then collects the console's messages. */
export function collectComplaints() {
  /** @type {string[]} */
  const complaints = [];
  const complain = (/** @type {unknown[]} */ ...words) => complaints.push(words.join(" "));
  Object.assign(globalThis, { complaints });
  Object.assign(console, { error: complain, warn: complain });
  // A missing file fires an event only at its element, where a capturing listener sees it.
  addEventListener(
    "error",
    ({ message, target }) => complain(message ?? /** @type {Element} */ (target).outerHTML),
    true,
  );
  addEventListener("unhandledrejection", ({ reason }) => complain(reason));
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    complain(violatedDirective, blockedURI),
  );
}

/** @param {Page} page in which `collectComplaints` ran first */
export const complaintsOf = (page) =>
  page.evaluate(() => /** @type {any} */ (globalThis).complaints);
