import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { startDemo } from "../../demo/server.mjs";
import { chromium, launchChromium } from "../support/browsers.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const artifacts = path.join(root, "build", "artifacts");
const desktop = { width: 1100, height: 900 };
const phone = { width: 360, height: 740, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const skip = chromium ? false : "HAWSER_CHROMIUM does not name a Chromium";

describe("the demo", { skip, timeout: 120_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startDemo>>} */
  let demo;
  /** @type {import("puppeteer-core").Browser} */
  let browser;
  /** @type {import("puppeteer-core").Page} */
  let page;
  /** @type {string[]} What the console said, except the browser's own lines about the network. */
  let complaints;
  /** @type {string} */
  let temporary;

  before(async () => {
    fs.mkdirSync(artifacts, { recursive: true });
    temporary = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-demo-"));
    demo = await startDemo({ port: 0, root });
    browser = await launchChromium();
  });

  after(async () => {
    await browser?.close();
    await demo?.close();
    fs.rmSync(temporary, { recursive: true, force: true });
  });

  beforeEach(async () => {
    complaints = [];
    page = await browser.newPage();
    page.setDefaultTimeout(10_000);
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      const isNetwork = /^(WebSocket connection to|Failed to load resource)/.test(message.text());
      if (["error", "warn"].includes(message.type()) && !isNetwork) complaints.push(message.text());
    });
    await page.setViewport(desktop);
  });

  afterEach(() => page.close());

  /** Opens the page, and waits until its module is there. */
  async function visit() {
    await page.goto(demo.url);
    await says("Ready.");
  }

  /**
   * @param {string} role
   * @param {string} name
   */
  const find = (role, name) => page.locator(`::-p-aria([name="${name}"][role="${role}"])`);

  /** @param {string} name */
  const press = (name) => find("button", name).click();

  /**
   * Types over what the field has.
   *
   * @param {string} label
   * @param {string} text
   */
  async function fill(label, text) {
    await find("textbox", label).click({ count: 3 });
    await page.keyboard.press("Backspace");
    await page.keyboard.type(text);
  }

  /**
   * Waits until the status says something with `words` in it, and returns all of it.
   *
   * @param {string} words
   */
  async function says(words) {
    await page.waitForFunction(
      (words) => document.querySelector("[role=status]")?.textContent.includes(words),
      {},
      words,
    );
    return page.$eval("[role=status]", (status) => status.textContent);
  }

  /**
   * Waits for a row of the log: its direction, kind, size and content, as far as they are given.
   *
   * @param {Record<string, string>} wanted
   */
  async function logs(wanted) {
    await page.waitForFunction(
      (wanted) =>
        [...document.querySelectorAll("#log li")].some((row) =>
          Object.entries(wanted).every(([cell, text]) => row.querySelector(`.${cell}`)?.textContent === text),
        ),
      {},
      wanted,
    );
  }

  /** @param {string} name */
  async function isInState(name) {
    await page.waitForFunction((name) => document.querySelector("[aria-current=true]")?.textContent === name, {}, name);
  }

  async function connect() {
    await press("Echo");
    await isInState("1 open");
  }

  const rows = () => page.$$eval("#log li", (all) => all.length);

  const scrollsSideways = () =>
    page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

  it("answers first whether this browser has WebSocket, from JavaScript and from C++", async () => {
    await visit();
    const answers = await page.$$eval(".capability :is(#answer, dd)", (all) => all.map((one) => one.textContent));
    assert.deepEqual(answers, ["Yes, this browser can open WebSockets.", "true", "true"]);
  });

  it("says in words that there is no WebSocket, also when asked to connect", async () => {
    await page.evaluateOnNewDocument(() => Reflect.deleteProperty(globalThis, "WebSocket"));
    await visit();
    const answers = await page.$$eval(".capability :is(#answer, dd)", (all) => all.map((one) => one.textContent));
    assert.deepEqual(answers, ["No, this browser cannot open WebSockets.", "false", "false"]);
    await press("Connect");
    await says("This environment has no WebSocket.");
  });

  it("says in words that its module could not be loaded", async () => {
    await page.setRequestInterception(true);
    page.on("request", (request) => (request.url().endsWith("/demo.mjs") ? request.abort() : request.continue()));
    await page.goto(demo.url);
    await says("The C++ module could not be loaded");
    await press("Clear log");
    await press("Connect");
    await page.waitForSelector('#log [data-kind="error"]');
  });

  it("sends text and shows its echo with size and kind", async () => {
    await visit();
    await press("Connect");
    await isInState("1 open");
    await fill("Text", "naïve ⚓");
    await press("Send text");
    await logs({ direction: "→", kind: "text", size: "10 B", content: "naïve ⚓" });
    await logs({ direction: "←", kind: "text", size: "10 B", content: "naïve ⚓" });
  });

  it("sends bytes given in hex", async () => {
    await visit();
    await connect();
    await fill("Binary bytes in hex", "00ff 7F80");
    await press("Send bytes");
    await logs({ direction: "←", kind: "binary", size: "4 B", content: "00 ff 7f 80" });
  });

  it("says what is wrong with bytes that are not hex", async () => {
    await visit();
    await connect();
    await fill("Binary bytes in hex", "0g");
    await press("Send bytes");
    await says("These are not bytes in hex.");
  });

  it("sends a file", async () => {
    const file = path.join(temporary, "bytes.bin");
    fs.writeFileSync(file, Buffer.alloc(100_000, 0xab));
    await visit();
    await connect();
    const [chooser] = await Promise.all([page.waitForFileChooser(), page.click("label[for=file]")]);
    await chooser.accept([file]);
    await press("Send file");
    await logs({ direction: "←", kind: "binary", size: "100,000 B", content: `${"ab ".repeat(32)}…` });
  });

  it("shows the subprotocol that the server chose", async () => {
    await visit();
    await fill("Subprotocols comma separated, optional", "chat, echo.v2, echo.v1");
    await press("Connect");
    await says("Open. Subprotocol: echo.v2.");
  });

  it("tells in words that a subprotocol is not valid", async () => {
    await visit();
    await fill("Subprotocols comma separated, optional", "echo.v1,, echo.v2");
    await press("Connect");
    await says("A subprotocol is not valid");
  });

  it("tells in words that the server refused the connection", async () => {
    await visit();
    await press("Refused (403)");
    assert.match(await says("Closed."), /Code 1006, no reason, not clean\. The connection could not be made/);
    await page.waitForSelector('#log [data-kind="error"]');
    await isInState("3 closed");
  });

  it("tells in words that a URL is not valid, and keeps the connection that is there", async () => {
    await visit();
    await connect();
    await press("Bad URL");
    await says("The URL is not valid");
    await isInState("1 open");
  });

  it("tells in words that nothing can be sent before there is a connection", async () => {
    await visit();
    await press("Send text");
    await says("This WebSocket stands for no connection");
  });

  for (const code of ["1001", "0", "99999999999", "one"]) {
    it(`tells in words that the close code ${code} is not valid, and stays open`, async () => {
      await visit();
      await connect();
      await fill("Code", code);
      await press("Close");
      await says("The close code is not valid");
      await isInState("1 open");
    });
  }

  it("closes cleanly with the code and the reason given", async () => {
    await visit();
    await connect();
    await fill("Code", "4000");
    await fill("Reason", "moored");
    await press("Close");
    await says("Closed. Code 4000, reason “moored”, clean.");
    await logs({ direction: "•", kind: "close", content: "Code 4000, reason “moored”, clean." });
    await isInState("3 closed");
  });

  it("closes with 1000 where no code is given", async () => {
    await visit();
    await connect();
    await press("Close");
    await says("Closed. Code 1000, no reason, clean.");
  });

  it("replaces a connection that is open", async () => {
    await visit();
    await connect();
    await press("Connect");
    await page.waitForSelector('#log [data-kind="replaced"]');
    await press("Send text");
    await says("Received");
  });

  it("keeps the newest 500 rows of the log", async () => {
    await visit();
    await fill("Binary bytes in hex", "xx");
    await page.$eval("form#send-text", (form) => {
      for (let i = 0; i < 600; ++i) form.requestSubmit();
    });
    await press("Send bytes");
    await says("These are not bytes in hex.");
    assert.equal(await rows(), 500);
    assert.match(await page.$eval("#log li:last-child", (row) => row.textContent), /not bytes in hex/);
  });

  it("clears the log", async () => {
    await visit();
    await press("Send text");
    await says("This WebSocket stands for no connection");
    assert.equal(await rows(), 1);
    await press("Clear log");
    assert.equal(await rows(), 0);
  });

  it("works by keyboard alone, in the order that the page is read", async () => {
    await visit();
    /** @type {string[]} */
    const reached = [];
    const stops = 17;
    for (let i = 0; i < stops; ++i) {
      await page.keyboard.press("Tab");
      reached.push(await page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent || ""));
      if (reached.at(-1) === "Connect") await page.keyboard.press("Enter");
      if (reached.at(-1) === "text") {
        await isInState("1 open");
        await page.keyboard.type("by keyboard");
        await page.keyboard.press("Enter");
      }
    }
    assert.deepEqual(reached, [
      ...["url", "protocols", "Connect", "sample-echo", "sample-refused", "sample-bad-url"],
      ...["text", "Send text", "bytes", "Send bytes", "file", "Send file"],
      ...["code", "reason", "Close", "clear", "scroller"],
    ]);
    await logs({ direction: "←", kind: "text", size: "11 B", content: "by keyboard" });
  });

  it("can be read and touched on a phone", async () => {
    await page.setViewport(phone);
    await visit();
    await connect();
    await fill("Text", "a".repeat(300));
    await press("Send text");
    await says("Received 300 B");
    assert.equal(await scrollsSideways(), false);
    const heights = await page.$$eval("input, button", (all) => all.map((one) => one.getBoundingClientRect().height));
    assert.ok(Math.min(...heights) >= 44, `a touch target is only ${Math.min(...heights)} px high`);
    await page.screenshot({ path: path.join(artifacts, "demo-phone.png"), fullPage: true });
  });

  it("says nothing in the console of its own, not even for its policy", async () => {
    await visit();
    await connect();
    await press("Send text");
    await press("Send bytes");
    await says("Received 4 B of binary.");
    await press("Refused (403)");
    await says("Closed.");
    await press("Bad URL");
    await says("The URL is not valid");
    await connect();
    await fill("Code", "4000");
    await fill("Reason", "moored");
    await press("Close");
    await says("Closed. Code 4000");
    await page.screenshot({ path: path.join(artifacts, "demo.png") });
    assert.deepEqual(complaints, []);
  });
});

describe("the demo's server", { timeout: 60_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startDemo>>} */
  let demo;

  beforeEach(async () => {
    demo = await startDemo({ port: 0, root });
  });

  afterEach(() => demo.close());

  /**
   * Asks for a WebSocket, and returns the HTTP status of the answer.
   *
   * @param {string} endpoint
   * @param {http.OutgoingHttpHeaders} headers
   * @returns {Promise<number | undefined>}
   */
  function upgrade(endpoint, headers = {}) {
    return new Promise((resolve, reject) => {
      const key = Buffer.alloc(16).toString("base64");
      const handshake = { "Sec-WebSocket-Version": 13, "Sec-WebSocket-Key": key };
      http
        .get(new URL(endpoint, demo.url), {
          headers: { Connection: "Upgrade", Upgrade: "websocket", ...handshake, ...headers },
        })
        .on("upgrade", (response) => resolve(response.statusCode))
        .on("response", (response) => resolve(response.resume().statusCode))
        .on("error", reject);
    });
  }

  it("takes a WebSocket from its own page, and from a program that is no browser", async () => {
    assert.equal(await upgrade("/echo", { Origin: new URL(demo.url).origin }), 101);
    assert.equal(await upgrade("/echo"), 101);
  });

  it("refuses a WebSocket from any other page", async () => {
    for (const Origin of ["http://example.org", "null", demo.url]) {
      assert.equal(await upgrade("/echo", { Origin }), 403);
    }
  });

  it("refuses what it is there to refuse, and knows no other endpoint", async () => {
    assert.equal(await upgrade("/refuse"), 403);
    assert.equal(await upgrade("/elsewhere"), 404);
  });

  it("takes 100 connections and no more", async () => {
    for (let i = 0; i < 100; ++i) assert.equal(await upgrade("/echo"), 101);
    assert.equal(await upgrade("/echo"), 503);
  });

  it("sends its policy with every answer", async () => {
    for (const file of ["", "js/index.js", "demo/demo.wasm", "missing"]) {
      const { headers } = await fetch(new URL(file, demo.url));
      assert.match(headers.get("Content-Security-Policy") ?? "", /^default-src 'none'; script-src 'self'/);
      assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
    }
  });

  it("lives on after a range that ends before it starts", async () => {
    const { status } = await fetch(demo.url, { headers: { Range: "bytes=9-1" } });
    assert.equal(status, 200);
  });

  it("names PORT where its port is in use", async () => {
    const port = Number(new URL(demo.url).port);
    await assert.rejects(startDemo({ port, root }), {
      message: `Port ${port} is in use. Set the environment variable PORT to another one.`,
    });
  });

  it("says what to run where the demo is not built", async () => {
    const empty = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-demo-"));
    await assert.rejects(startDemo({ port: 0, root: empty }), /Run "npm run build" first\./);
    fs.rmdirSync(empty);
  });
});
