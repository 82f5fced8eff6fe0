// The browsers that tests drive, behind one interface: Chromium and Firefox through puppeteer-core,
// and WebKitGTK through selenium-webdriver, since it shares no protocol with puppeteer-core.
//
//   const browser = await launch("webkit");
//   const page = await browser.newPage();
//   await page.goto(`${server.http}/page.html`);
//   const title = await page.evaluate(() => document.title);
//   await browser.close();
//
// A function for the page is sent as text, so it cannot use variables of its surroundings. Its
// arguments and its result travel as JSON.

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import puppeteer from "puppeteer-core";
// @ts-expect-error: selenium-webdriver brings no types
import { Builder, By, Capabilities, Key } from "selenium-webdriver";
// @ts-expect-error: as above
import { findFreePort } from "selenium-webdriver/net/portprober.js";
// @ts-expect-error: as above
import { DriverService } from "selenium-webdriver/remote/index.js";
import { longestAnswer, longestSuite, longestWait } from "./patience.mjs";

/** @typedef {"chromium" | "firefox" | "webkit"} Engine */

/**
 * Drive one of its pages at a time: WebDriver knows one current window. `timeout` is how long
 * waitFor waits, in milliseconds. `onConsole` is called with each line of the console, and with
 * each uncaught exception; no driver can see WebKit's console.
 *
 * @typedef {object} Browser
 * @property {(options?: { timeout?: number, onConsole?: (line: string) => void }) => Promise<Page>}
 *   newPage
 * @property {() => Promise<unknown>} close
 */

/**
 * A page in its own tab or window. Fields and buttons are found by the name that assistive
 * technology uses.
 *
 * @typedef {object} Page
 * @property {(url: string) => Promise<unknown>} goto
 * @property {<Args extends unknown[], Result>(run: (...args: Args) => Result, ...args: Args) => Promise<Awaited<Result>>}
 *   evaluate returns what `run` returns in the page; an exception there is thrown here, with the
 *   page's stack as its cause
 * @property {<Args extends unknown[]>(isSo: (...args: Args) => unknown, ...args: Args) => Promise<unknown>}
 *   waitFor waits until `isSo` returns true in the page
 * @property {(name: string) => Promise<unknown>} click a button
 * @property {(name: string, text: string) => Promise<unknown>} fill replaces the text of a field
 * @property {(text: string) => Promise<unknown>} type into the focused element
 * @property {(key: "Enter" | "Tab" | "ArrowLeft" | "ArrowRight" | "ArrowUp") => Promise<unknown>}
 *   press
 * @property {(selector: string, file: string) => Promise<unknown>} upload chooses a file in an
 *   input
 * @property {(viewport: import("puppeteer-core").Viewport) => Promise<unknown>} setViewport Only
 *   Chromium can be a phone or have a touch screen, and WebKit's window is never narrower than its
 *   toolbar.
 * @property {() => Promise<unknown>} goBack to the previous page
 * @property {(() => Promise<() => Promise<void>>) | undefined} hide opens another tab in front of
 *   it, if the engine's protocol can, and returns a function that closes that tab
 * @property {() => Promise<unknown>} reload as a person does
 * @property {((isOffline: boolean) => Promise<unknown>) | undefined} setOffline takes away the
 *   network, if the engine's protocol can
 * @property {(() => Promise<import("puppeteer-core").CDPSession>) | undefined} [protocol] the
 *   DevTools protocol, of Chromium only
 * @property {(file: string, selector?: string) => Promise<unknown>} screenshot writes a PNG of the
 *   window, or of an element, which WebKit cannot do
 * @property {() => Promise<unknown>} close
 */

/**
 * Where the test command found each browser. For WebKit, the program that drives it:
 * WebKitWebDriver.
 */
const programs = {
  chromium: process.env.HAWSER_CHROMIUM,
  firefox: process.env.HAWSER_FIREFOX,
  webkit: process.env.HAWSER_WEBKIT,
};

const chosen = process.env.HAWSER_ENGINES?.split(",");

/** The engines of this run: those that HAWSER_ENGINES lists, or all. */
export const engines = /** @type {Engine[]} */ (Object.keys(programs)).filter(
  (name) => chosen?.includes(name) ?? true,
);

/**
 * Why nothing can be tested in `engine`, for node:test's skip; false if tests can run.
 *
 * @param {Engine | "node"} engine
 */
export function whyNot(engine) {
  if (!(chosen?.includes(engine) ?? true)) return `this run excludes ${engine}`;
  return engine === "node" || programs[engine]
    ? false
    : `there is no ${engine}: HAWSER_${engine.toUpperCase()} names none`;
}

/**
 * @typedef {object} LaunchOptions
 * @property {boolean} [filesReadFiles] whether a page that was opened from a file may read others,
 *   as in Electron; false. Not for WebKit.
 * @property {boolean} [sharedMemory] whether an isolated page of WebKitGTK has SharedArrayBuffer,
 *   which needs an option of its JavaScript engine; false. In the others an isolated page has it.
 * @property {boolean} [acceptInsecureCerts] whether it accepts any certificate for https: and wss:
 *   (WebDriver §7.1); false
 */

/**
 * @param {Engine} engine
 * @param {LaunchOptions} [options]
 * @returns {Promise<Browser>}
 */
export async function launch(engine, options = {}) {
  const program = programs[engine];
  if (!program) throw new Error(`${whyNot(engine)}`);
  return engine === "webkit"
    ? launchWebKit(program, options)
    : launchByPuppeteer(engine, program, options);
}

// In every engine

/**
 * JSON makes the engines alike: their protocols treat undefined, lone surrogates, and exceptions
 * differently.
 *
 * @param {(expression: string) => Promise<unknown>} run evaluates an expression whose value is a
 * promise of text
 * @param {number} timeout
 * @returns {Pick<Page, "evaluate" | "waitFor">}
 */
function evaluation(run, timeout) {
  /**
   * @param {string} source of a function
   * @param {unknown[]} args
   */
  async function call(source, args) {
    const text = await run(`(async () => (${source})(...${JSON.stringify(args)}))().then(
      (value) => JSON.stringify({ value }),
      (error) => JSON.stringify({ error: { message: String(error), stack: error?.stack } }),
    )`);
    const { value, error } = JSON.parse(String(text));
    if (error) throw new Error(error.message, { cause: error.stack });
    return value;
  }

  return {
    evaluate: (run, ...args) => call(`${run}`, args),
    async waitFor(isSo, ...args) {
      // A timer, and not an animation frame, since a background tab has none.
      const poll = `async (...args) => {
        const deadline = performance.now() + ${timeout};
        while (performance.now() < deadline) {
          if (await (${isSo})(...args)) return true;
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
        return false;
      }`;
      if (await call(poll, args)) return;
      throw new Error(
        `Within ${timeout} ms the condition did not hold, with ${JSON.stringify(args)}: ${isSo}`,
      );
    },
  };
}

/**
 * Runs in the page. Returns buttons and fields whose text suggests this name. Only the engine's
 * accessibility tree has their real name and role, and Firefox takes half a second to search
 * the whole tree for a name.
 *
 * @param {string} name
 */
function likelyNamed(name) {
  const text = (/** @type {Element} */ one) => one.textContent.replaceAll(/\s+/g, " ").trim();
  const fields = /** @type {NodeListOf<HTMLInputElement>} */ (
    document.querySelectorAll("button, input")
  );
  return [...fields].filter((field) => text(field.labels?.[0] ?? field) === name);
}

// Chromium and Firefox

/**
 * @param {"chromium" | "firefox"} engine
 * @param {string} executablePath
 * @param {LaunchOptions} options
 * @returns {Promise<Browser>}
 */
async function launchByPuppeteer(
  engine,
  executablePath,
  { acceptInsecureCerts = false, filesReadFiles = false },
) {
  const flags = filesReadFiles ? ["--allow-file-access-from-files"] : [];
  const options =
    engine === "chromium"
      ? { args: [...chromiumFlags(), ...flags] }
      : firefoxOptions({ filesReadFiles });
  // An evaluation may be a whole suite of tests.
  const protocolTimeout = longestSuite;
  const browser = await puppeteer.launch({
    executablePath,
    acceptInsecureCerts,
    protocolTimeout,
    ...options,
  });
  return {
    async newPage({ timeout = longestWait, onConsole } = {}) {
      const page = await browser.newPage();
      page.setDefaultTimeout(timeout);
      page.on("console", (message) => onConsole?.(message.text()));
      page.on("pageerror", (error) => onConsole?.(`Uncaught ${error}`));
      return puppeteerPage(engine, page, timeout);
    },
    close: () => browser.close(),
  };
}

/** @param {{ filesReadFiles: boolean }} options */
const firefoxOptions = ({ filesReadFiles }) => ({
  browser: /** @type {const} */ ("firefox"),
  extraPrefsFirefox: {
    // It delays a page's connections to a port after failures, and these tests make connections
    // fail on purpose.
    "network.websocket.delay-failed-reconnects": false,
    "security.fileuri.strict_origin_policy": !filesReadFiles,
  },
});

function chromiumFlags() {
  // Chromium's sandbox refuses to run as root, the usual user in containers.
  const isRoot = process.getuid?.() === 0;
  return [
    ...(isRoot ? ["--no-sandbox"] : []),
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--js-flags=--expose-gc",
    "--enable-precise-memory-info",
  ];
}

/**
 * @param {"chromium" | "firefox"} engine
 * @param {import("puppeteer-core").Page} page
 * @param {number} timeout
 * @returns {Page}
 */
function puppeteerPage(engine, page, timeout) {
  /**
   * @param {string} role
   * @param {string} name
   */
  async function find(role, name) {
    const likely = await page.evaluateHandle(`(${likelyNamed})(${JSON.stringify(name)})`);
    for (const element of (await likely.getProperties()).values()) {
      const found = await element.asElement()?.$(`::-p-aria([name="${name}"][role="${role}"])`);
      if (found) return found;
    }
    throw new Error(`The page has no ${role} "${name}".`);
  }

  return {
    ...evaluation((expression) => page.evaluate(expression), timeout),
    goto: (url) => page.goto(url),
    click: async (name) => (await find("button", name)).asLocator().click(),
    fill: async (name, text) => (await find("textbox", name)).asLocator().fill(text),
    type: (text) => page.keyboard.type(text),
    press: (key) => page.keyboard.press(key),
    async upload(selector, file) {
      const input = await page.waitForSelector(selector);
      await /** @type {import("puppeteer-core").ElementHandle<HTMLInputElement> | null} */ (
        input
      )?.uploadFile(file);
    },
    setViewport: (viewport) => page.setViewport(viewport),
    goBack: () => page.goBack(),
    reload: () => page.reload(),
    setOffline: engine === "chromium" ? (isOffline) => page.setOfflineMode(isOffline) : undefined,
    async hide() {
      const other = await page.browser().newPage();
      return async () => {
        await page.bringToFront();
        await other.close();
      };
    },
    protocol: engine === "chromium" ? () => page.createCDPSession() : undefined,
    screenshot: async (file, selector) => {
      const part = selector ? await page.waitForSelector(selector) : page;
      const isWindowOfChromium = engine === "chromium" && part === page;
      if (part)
        fs.writeFileSync(file, await (isWindowOfChromium ? capture(page) : part.screenshot()));
    },
    close: () => page.close(),
  };
}

/**
 * Takes a screenshot of the window. Chromium may never answer while the page is busy, but it answers
 * when it is asked again. Puppeteer would wait for the first answer.
 *
 * @param {import("puppeteer-core").Page} page
 */
async function capture(page) {
  const session = await page.createCDPSession();
  try {
    for (let waited = 0; waited < longestWait; waited += longestAnswer) {
      const asked = session.send("Page.captureScreenshot", { format: "png" });
      asked.catch(() => {}); // an unanswered one is rejected when the session ends
      const answer = await Promise.race([asked, sleep(longestAnswer, undefined, { ref: false })]);
      if (answer) return Buffer.from(answer.data, "base64");
    }
    throw new Error("Chromium takes no screenshot.");
  } finally {
    await session.detach();
  }
}

// WebKit

/**
 * Starts WebKitWebDriver, which starts its own MiniBrowser, on a separate display: no window
 * disturbs anyone, and none outlives the display.
 *
 * @param {string} program
 * @param {LaunchOptions} options
 * @returns {Promise<Browser>}
 */
async function launchWebKit(program, options) {
  const display = await startDisplay(program);
  const port = await findFreePort("127.0.0.1");
  const isRoot = process.getuid?.() === 0;
  const sandbox = isRoot ? { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" } : {}; // like Chromium's, it refuses root
  const shared = options.sharedMemory ? { JSC_useSharedArrayBuffer: "1" } : {};
  const env = { ...process.env, GDK_BACKEND: "x11", DISPLAY: display.name, ...sandbox, ...shared };
  const [command, ...args] = tied(program, `--port=${port}`);
  const service = new DriverService(command, { args, env, port, loopback: true });
  const end = () => service.kill().then(display.end);
  try {
    const driver = await openSession(await service.start(), options);
    return {
      async newPage({ timeout = longestWait, onConsole } = {}) {
        if (onConsole) throw new Error("WebKit shows its console to no driver.");
        // WebDriver opens a window from another one, and the first always exists. A tab would be a
        // hidden page.
        await driver.switchTo().window((await driver.getAllWindowHandles())[0]);
        await driver.switchTo().newWindow("window");
        return webKitPage(driver, await driver.getWindowHandle(), timeout);
      },
      close: () => driver.quit().finally(end),
    };
  } catch (error) {
    await end();
    throw error;
  }
}

/**
 * Starts an X server without a screen, on a free display number. Uses the one that came with the
 * driver, or the one on PATH.
 *
 * @param {string} driver
 */
async function startDisplay(driver) {
  const beside = path.join(path.dirname(driver), "Xvfb");
  const program = fs.existsSync(beside) ? beside : "Xvfb";
  const [command, ...args] = tied(
    program,
    "-displayfd",
    "3",
    "-screen",
    "0",
    "1600x1200x24",
    "-nolisten",
    "tcp",
  );
  const server = spawn(command, args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const answered = once(/** @type {import("node:stream").Readable} */ (server.stdio[3]), "data");
  const [number] = await Promise.race([answered, once(server, "exit")]);
  if (!Buffer.isBuffer(number))
    throw new Error("Xvfb ended before it reported its display. Is it installed?");
  return { name: `:${String(number).trim()}`, end: () => server.kill() };
}

/**
 * What to spawn for a program that must not outlive this process, even if that is killed.
 *
 * @param {string[]} command
 */
function tied(...command) {
  return ["setpriv", "--pdeathsig", "KILL", ...command];
}

/**
 * @param {string} url of the WebKitWebDriver
 * @param {LaunchOptions} options
 */
function openSession(url, { acceptInsecureCerts = false }) {
  // WebDriver's default of 30 s is too short for some tests.
  const timeouts = { script: 180_000 };
  const capabilities = new Capabilities({
    browserName: "MiniBrowser",
    acceptInsecureCerts,
    timeouts,
  });
  return new Builder()
    .disableEnvironmentOverrides()
    .usingServer(url)
    .withCapabilities(capabilities)
    .build();
}

/**
 * @param {any} driver
 * @param {string} handle
 * @param {number} timeout
 * @returns {Page}
 */
function webKitPage(driver, handle, timeout) {
  /**
   * WebDriver's commands go to the window that was selected last.
   *
   * @template T
   * @param {() => Promise<T>} command
   * @returns {Promise<T>}
   */
  const inWindow = (command) => driver.switchTo().window(handle).then(command);

  /**
   * @param {string} role
   * @param {string} name
   */
  async function find(role, name) {
    const likely = await driver.executeScript(`return (${likelyNamed})(${JSON.stringify(name)})`);
    for (const element of likely) {
      const [itsRole, itsName] = [await element.getAriaRole(), await element.getAccessibleName()];
      // Unlike the others, WebKit also names hidden elements.
      if (itsRole === role && itsName === name && (await element.isDisplayed())) return element;
    }
    throw new Error(`The page has no ${role} "${name}".`);
  }

  /** @param {string} keys */
  const strike = (keys) => inWindow(() => driver.actions().sendKeys(keys).perform());

  const evaluated = evaluation((expression) => {
    return inWindow(() => driver.executeAsyncScript(`${expression}.then(arguments[0])`));
  }, timeout);

  /**
   * @param {() => Promise<unknown>} navigate may return before the load event, for which other
   * engines wait
   */
  async function load(navigate) {
    await inWindow(navigate);
    await evaluated.evaluate(async () => {
      if (document.readyState !== "complete")
        await new Promise((resolve) => addEventListener("load", resolve));
    });
  }

  return {
    ...evaluated,
    goto: (url) => load(() => driver.get(url)),
    click: (name) => inWindow(async () => (await find("button", name)).click()),
    fill: (name, text) =>
      inWindow(async () => {
        const field = await find("textbox", name);
        await field.clear();
        await field.sendKeys(text);
      }),
    type: strike,
    press: (key) =>
      strike(
        {
          Enter: Key.ENTER,
          Tab: Key.TAB,
          ArrowLeft: Key.ARROW_LEFT,
          ArrowRight: Key.ARROW_RIGHT,
          ArrowUp: Key.ARROW_UP,
        }[key],
      ),
    upload: (selector, file) => inWindow(() => driver.findElement(By.css(selector)).sendKeys(file)),
    setViewport: ({ width, height }) =>
      inWindow(async () => {
        const frame = await driver.executeScript(
          "return [outerWidth - innerWidth, outerHeight - innerHeight]",
        );
        await driver
          .manage()
          .window()
          .setRect({ width: width + frame[0], height: height + frame[1] });
      }),
    goBack: () => inWindow(() => driver.navigate().back()),
    reload: () => load(() => driver.navigate().refresh()),
    setOffline: undefined,
    hide: undefined,
    screenshot: (file) =>
      inWindow(async () => fs.writeFileSync(file, await driver.takeScreenshot(), "base64")),
    close: () => inWindow(() => driver.close()),
  };
}
