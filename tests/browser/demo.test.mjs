// The demo's page in every engine, used as its user would.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { startDemo } from "../../demo/server.mjs";
import { engines, launch, whyNot } from "../support/browsers.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const artifacts = path.join(root, "build", "artifacts");
const desktop = { width: 1100, height: 900 };
const phone = { width: 360, height: 740, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

for (const engine of engines) {
  describe(`the demo in ${engine}`, { skip: whyNot(engine), timeout: 300_000 }, () => {
    /** @type {Awaited<ReturnType<typeof startDemo>>} */
    let demo;
    /** @type {import("../support/browsers.mjs").Browser} */
    let browser;
    /** @type {import("../support/browsers.mjs").Page} */
    let page;
    /** @type {string} */
    let temporary;

    before(async () => {
      fs.mkdirSync(artifacts, { recursive: true });
      temporary = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-demo-"));
      demo = await startDemo({ port: 0, root });
      browser = await launch(engine);
    });

    after(async () => {
      await browser?.close();
      await demo?.close();
      fs.rmSync(temporary, { recursive: true, force: true });
    });

    beforeEach(async () => {
      page = await browser.newPage();
      await page.setViewport(desktop);
    });

    afterEach(() => page.close());

    /** Opens the page, and waits until its module is there. */
    async function visit(url = demo.url) {
      await page.goto(url);
      await says("Ready.");
    }

    /**
     * Serves a copy of the demo until the end of the test, and gives its URL and its folder.
     *
     * @param {import("node:test").TestContext} test
     */
    async function serveCopy(test) {
      const folder = fs.mkdtempSync(path.join(temporary, "copy-"));
      for (const part of ["demo", "js", "dist", "build/release/demo"]) {
        fs.cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
      }
      const { url, close } = await startDemo({ port: 0, root: folder });
      test.after(close);
      return { url, folder };
    }

    /**
     * Serves a copy of the demo in whose page `script` runs first: not every engine lets its driver do that.
     *
     * @param {import("node:test").TestContext} test
     * @param {() => void} script
     */
    async function serveWithScript(test, script) {
      const { url, folder } = await serveCopy(test);
      const index = path.join(folder, "demo/index.html");
      const html = fs.readFileSync(index, "utf8").replace("<head>", '<head><script src="first.js"></script>');
      fs.writeFileSync(index, html);
      fs.writeFileSync(path.join(folder, "demo/first.js"), `(${script})();`);
      return url;
    }

    /**
     * Waits until the status says something with `words` in it, and returns all of it.
     *
     * @param {string} words
     */
    async function says(words) {
      await page.waitFor((words) => document.querySelector("[role=status]")?.textContent.includes(words), words);
      return page.evaluate(() => document.querySelector("[role=status]")?.textContent ?? "");
    }

    /**
     * Waits for a row of the log: its direction, kind, size and content, as far as they are given.
     *
     * @param {Record<string, string>} wanted
     */
    async function logs(wanted) {
      await page.waitFor(
        (wanted) =>
          [...document.querySelectorAll("#log li")].some((row) =>
            Object.entries(wanted).every(([cell, text]) => row.querySelector(`.${cell}`)?.textContent === text),
          ),
        wanted,
      );
    }

    /** @param {string} name */
    async function isInState(name) {
      await page.waitFor((name) => document.querySelector("[aria-current=true]")?.textContent === name, name);
    }

    async function connect() {
      await page.click("Echo");
      await isInState("1 open");
    }

    const rows = () => page.evaluate(() => document.querySelectorAll("#log li").length);

    const answers = () =>
      page.evaluate(() => [...document.querySelectorAll(".capability :is(#answer, dd)")].map((one) => one.textContent));

    it("answers first whether this browser has WebSocket, from JavaScript and from C++", async () => {
      await visit();
      assert.deepEqual(await answers(), ["Yes, this browser can open WebSockets.", "true", "true"]);
    });

    it("says in words that there is no WebSocket, also when asked to connect", async (test) => {
      await visit(await serveWithScript(test, () => Reflect.deleteProperty(globalThis, "WebSocket")));
      assert.deepEqual(await answers(), ["No, this browser cannot open WebSockets.", "false", "false"]);
      await page.click("Connect");
      await says("This environment has no WebSocket.");
    });

    it("says in words that its module could not be loaded", async (test) => {
      const { url, folder } = await serveCopy(test);
      fs.rmSync(path.join(folder, "build/release/demo/demo.mjs"));
      await page.goto(url);
      await says("The C++ module could not be loaded");
      await page.click("Clear log");
      await page.click("Connect");
      await logs({ kind: "error" });
    });

    it("sends text and shows its echo with size and kind", async () => {
      await visit();
      await page.click("Connect");
      await isInState("1 open");
      await page.fill("Text", "naïve ⚓");
      await page.click("Send text");
      await logs({ direction: "→", kind: "text", size: "10 B", content: "naïve ⚓" });
      await logs({ direction: "←", kind: "text", size: "10 B", content: "naïve ⚓" });
    });

    it("sends bytes given in hex", async () => {
      await visit();
      await connect();
      await page.fill("Binary bytes in hex", "00ff 7F80");
      await page.click("Send bytes");
      await logs({ direction: "←", kind: "binary", size: "4 B", content: "00 ff 7f 80" });
    });

    it("says what is wrong with bytes that are not hex", async () => {
      await visit();
      await connect();
      await page.fill("Binary bytes in hex", "0g");
      await page.click("Send bytes");
      await says("These are not bytes in hex.");
    });

    it("sends a file", async () => {
      const file = path.join(temporary, "bytes.bin");
      fs.writeFileSync(file, Buffer.alloc(100_000, 0xab));
      await visit();
      await connect();
      await page.upload("#file", file);
      await page.click("Send file");
      await logs({ direction: "←", kind: "binary", size: "100,000 B", content: `${"ab ".repeat(32)}…` });
    });

    it("shows the subprotocol that the server chose", async () => {
      await visit();
      await page.fill("Subprotocols comma separated, optional", "chat, echo.v2, echo.v1");
      await page.click("Connect");
      await says("Open. Subprotocol: echo.v2.");
    });

    it("tells in words that a subprotocol is not valid", async () => {
      await visit();
      await page.fill("Subprotocols comma separated, optional", "echo.v1,, echo.v2");
      await page.click("Connect");
      await says("A subprotocol is not valid");
    });

    it("tells in words that the server refused the connection", async () => {
      await visit();
      await page.click("Refused (403)");
      assert.match(await says("Closed."), /Code 1006, no reason, not clean\. The connection could not be made/);
      await logs({ kind: "error" });
      await isInState("3 closed");
    });

    it("tells in words that a URL is not valid, and keeps the connection that is there", async () => {
      await visit();
      await connect();
      await page.click("Bad URL");
      await says("The URL is not valid");
      await isInState("1 open");
    });

    it("tells in words that nothing can be sent before there is a connection", async () => {
      await visit();
      await page.click("Send text");
      await says("This WebSocket stands for no connection");
    });

    for (const code of ["1001", "0", "99999999999", "one"]) {
      it(`tells in words that the close code ${code} is not valid, and stays open`, async () => {
        await visit();
        await connect();
        await page.fill("Code", code);
        await page.click("Close");
        await says("The close code is not valid");
        await isInState("1 open");
      });
    }

    it("closes cleanly with the code and the reason given", async () => {
      await visit();
      await connect();
      await page.fill("Code", "4000");
      await page.fill("Reason", "moored");
      await page.click("Close");
      await says("Closed. Code 4000, reason “moored”, clean.");
      await logs({ direction: "•", kind: "close", content: "Code 4000, reason “moored”, clean." });
      await isInState("3 closed");
    });

    it("closes with 1000 where no code is given", async () => {
      await visit();
      await connect();
      await page.click("Close");
      await says("Closed. Code 1000, no reason, clean.");
    });

    it("replaces a connection that is open", async () => {
      await visit();
      await connect();
      await page.click("Connect");
      await logs({ kind: "replaced" });
      await page.click("Send text");
      await says("Received");
    });

    it("keeps the newest 500 rows of the log", async () => {
      await visit();
      await page.fill("Binary bytes in hex", "xx");
      await page.evaluate(() => {
        const form = /** @type {HTMLFormElement} */ (document.querySelector("form#send-text"));
        for (let i = 0; i < 500; ++i) form.requestSubmit();
      });
      await page.click("Send bytes");
      await says("These are not bytes in hex.");
      assert.equal(await rows(), 500);
      const newest = await page.evaluate(() => document.querySelector("#log li:last-child")?.textContent ?? "");
      assert.match(newest, /not bytes in hex/);
    });

    it("clears the log", async () => {
      await visit();
      await page.click("Send text");
      await says("This WebSocket stands for no connection");
      assert.equal(await rows(), 1);
      await page.click("Clear log");
      assert.equal(await rows(), 0);
    });

    it("works by keyboard alone, in the order that the page is read", async () => {
      await visit();
      /** @type {string[]} */
      const reached = [];
      const stops = 17;
      for (let i = 0; i < stops; ++i) {
        await page.press("Tab");
        reached.push(
          await page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent || ""),
        );
        if (reached.at(-1) === "Connect") await page.press("Enter");
        if (reached.at(-1) === "text") {
          await isInState("1 open");
          await page.type("by keyboard");
          await page.press("Enter");
        }
      }
      assert.deepEqual(reached, [
        ...["url", "protocols", "Connect", "sample-echo", "sample-refused", "sample-bad-url"],
        ...["text", "Send text", "bytes", "Send bytes", "file", "Send file"],
        ...["code", "reason", "Close", "clear", "scroller"],
      ]);
      await logs({ direction: "←", kind: "text", size: "11 B", content: "by keyboard" });
    });

    it("fits the screen of a phone", async () => {
      await page.setViewport(phone);
      await visit();
      await connect();
      await page.fill("Text", "a".repeat(300));
      await page.click("Send text");
      await says("Received 300 B");
      const [needed, given] = await page.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return [scrollWidth, clientWidth];
      });
      assert.ok(needed <= given, `the page is ${needed} px wide on a screen of ${given} px`);
      await page.screenshot(path.join(artifacts, `demo-phone-${engine}.png`));
    });

    const noTouch = engine !== "chromium" && `${engine} emulates no touch screen`;
    it("can be touched on a phone", { skip: noTouch }, async () => {
      await page.setViewport(phone);
      await visit();
      const heights = await page.evaluate(() =>
        [...document.querySelectorAll("input, button")].map((one) => one.getBoundingClientRect().height),
      );
      assert.ok(Math.min(...heights) >= 44, `a touch target is only ${Math.min(...heights)} px high`);
    });

    it("says nothing in the console of its own, not even for its policy", async (test) => {
      await visit(await serveWithScript(test, collectComplaints));
      await connect();
      await page.click("Send text");
      await page.click("Send bytes");
      await says("Received 4 B of binary.");
      await page.click("Refused (403)");
      await says("Closed.");
      await page.click("Bad URL");
      await says("The URL is not valid");
      await connect();
      await page.fill("Code", "4000");
      await page.fill("Reason", "moored");
      await page.click("Close");
      await says("Closed. Code 4000");
      await page.screenshot(path.join(artifacts, `demo-${engine}.png`));
      assert.deepEqual(await page.evaluate(() => /** @type {any} */ (globalThis).complaints), []);
    });
  });
}

/** Runs in the page, before its own script. */
function collectComplaints() {
  /** @type {string[]} */
  const complaints = [];
  const complain = (/** @type {unknown[]} */ ...words) => complaints.push(words.join(" "));
  Object.assign(globalThis, { complaints });
  Object.assign(console, { error: complain, warn: complain });
  // A file that is missing tells its element alone, on which only a capturing listener hears it.
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
