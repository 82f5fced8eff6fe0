// Takes pictures of the demo.

import { startDemo } from "../../demo/server/server.mjs";
import { launch } from "../../tests/support/browsers.mjs";

export const DESKTOP = { width: 1100, height: 900 };
export const PHONE = {
  width: 360,
  height: 740,
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

/**
 * @typedef {object} Picture
 * @property {import("./scenes.mjs").Scene} scene
 * @property {string} page such as zh.html; empty for the first
 * @property {import("puppeteer-core").Viewport} viewport
 * @property {string} file to write
 */

/**
 * Takes these pictures in Chromium, each from its own server. For each, returns how much the layout
 * shifted without user input, as web.dev defines it.
 *
 * @param {string} root the project's folder
 * @param {Picture[]} pictures
 */
export async function take(root, pictures) {
  const browser = await launch("chromium");
  const shifts = [];
  try {
    for (const { scene, page: name, viewport, file } of pictures) {
      const demo = await startDemo({ port: 0, root });
      const page = await browser.newPage();
      try {
        await page.setViewport(viewport);
        const endDelay = await delayAnswers(page);
        await page.goto(`${demo.url}${name}#${scene.view}`);
        await page.waitFor(() => document.querySelector("#supported")?.textContent === "true");
        await endDelay();
        await scene.play(page);
        shifts.push(await layoutShift(page));
        await page.screenshot(file, scene.part);
      } finally {
        await page.close();
        await demo.close();
      }
    }
  } finally {
    await browser.close();
  }
  return shifts;
}

/**
 * Delays each answer of the server, as a slow network would. As a result, the page is drawn before
 * its script runs, and shifts caused by the script are measured. Returns a function that ends the
 * delay.
 *
 * @param {import("./scenes.mjs").Page} page of Chromium
 */
async function delayAnswers(page) {
  const network = await page.protocol?.();
  if (!network) throw new Error("Pictures are taken in Chromium only.");
  await network.send("Network.enable");
  const delay = (/** @type {number} */ latency) =>
    network.send("Network.emulateNetworkConditions", {
      offline: false,
      latency, // in milliseconds
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  await delay(100);
  return () => delay(0);
}

/** @param {import("./scenes.mjs").Page} page */
function layoutShift(page) {
  return page.evaluate(
    () =>
      new Promise((/** @type {(sum: number) => void} */ resolve) => {
        new PerformanceObserver((list) => {
          const unexpected = /** @type {any[]} */ (list.getEntries()).filter(
            (entry) => !entry.hadRecentInput,
          );
          resolve(unexpected.reduce((sum, { value }) => sum + value, 0));
        }).observe({ type: "layout-shift", buffered: true });
        // An observer without entries is never called.
        setTimeout(resolve, 500, 0);
      }),
  );
}
