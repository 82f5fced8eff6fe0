// The browsers that tests drive: the system's own, by puppeteer-core.

import puppeteer from "puppeteer-core";

/** Where the test command found each browser; undefined where it is not installed. */
export const chromium = process.env.HAWSER_CHROMIUM;
export const firefox = process.env.HAWSER_FIREFOX;

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

/** @returns {Promise<import("puppeteer-core").Browser>} */
export function launchFirefox() {
  if (!firefox) throw new Error("Set HAWSER_FIREFOX to the path of a Firefox.");
  return puppeteer.launch({ browser: "firefox", executablePath: firefox });
}
