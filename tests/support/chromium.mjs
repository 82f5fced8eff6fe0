// Chromium for tests: the system's own, driven by puppeteer-core.

import puppeteer from "puppeteer-core";

/** Where the test command found Chromium; undefined where it is not installed. */
export const chromium = process.env.HAWSER_CHROMIUM;

/** @returns {Promise<import("puppeteer-core").Browser>} */
export function launchChromium() {
  if (!chromium) throw new Error("Set HAWSER_CHROMIUM to the path of a Chromium.");
  // Chromium's sandbox refuses to run as root, which is who runs tests in most containers.
  const isRoot = process.getuid?.() === 0;
  return puppeteer.launch({
    executablePath: chromium,
    args: [
      ...(isRoot ? ["--no-sandbox"] : []),
      "--disable-dev-shm-usage",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
