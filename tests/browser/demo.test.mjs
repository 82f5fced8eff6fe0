// The demo's page in every engine, used as a visitor would.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
// @ts-expect-error: it brings no types
import { har as validate } from "har-validator";
import { startDemo } from "../../demo/server/server.mjs";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import {
  artifacts,
  desktop,
  fitsScreen,
  links,
  phone,
  root,
  serveCopy,
  serveWithScript,
} from "../support/demo.mjs";
import {
  canBeTouched,
  collectComplaints,
  complaintsOf,
  findViolations,
  serveWithAxe,
} from "../support/demo_view.mjs";
import { longestSuite, longestWait } from "../support/patience.mjs";

for (const engine of engines) {
  describe(`the demo in ${engine}`, { skip: whyNot(engine), timeout: longestSuite }, () => {
    /** @type {Awaited<ReturnType<typeof startDemo>>} */
    let demo;
    /** @type {import("../support/browsers.mjs").Browser} */
    let browser;
    /** @type {import("../support/browsers.mjs").Page} */
    let page;
    /** @type {string} */
    let temporary;
    let clock = 0; // the time at which the server of a session is away

    before(async () => {
      fs.mkdirSync(artifacts, { recursive: true });
      temporary = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-demo-"));
      demo = await startDemo({ port: 0, root, now: () => clock });
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

    /** Opens the page, and waits until its module is loaded. */
    async function visit(url = demo.url) {
      await page.goto(url);
      await says("Ready.");
    }

    /**
     * Waits until the status contains `words`, and returns all of it.
     *
     * @param {string} words
     */
    async function says(words) {
      await page.waitFor(
        (words) => document.querySelector("[role=status]")?.textContent.includes(words),
        words,
      );
      return page.evaluate(() => document.querySelector("[role=status]")?.textContent ?? "");
    }

    /**
     * Waits for a row of the log: its direction, kind, size and content, as far as given.
     *
     * @param {Record<string, string>} wanted
     */
    async function logs(wanted) {
      await page.waitFor(
        (wanted) =>
          [...document.querySelectorAll("#log li")].some((row) =>
            Object.entries(wanted).every(
              ([cell, text]) => row.querySelector(`.${cell}`)?.textContent === text,
            ),
          ),
        wanted,
      );
    }

    /** @param {string} name */
    async function isInState(name) {
      await page.waitFor(
        (name) => document.querySelector("[aria-current=true]")?.textContent === name,
        name,
      );
    }

    async function connect() {
      await page.click("Echo");
      await isInState("1 open");
    }

    const rows = () => page.evaluate(() => document.querySelectorAll("#log li").length);

    const answers = () =>
      page.evaluate(() =>
        [...document.querySelectorAll(".capability :is(#answer, dd)")].map(
          (one) => one.textContent,
        ),
      );

    it("answers first whether this browser has WebSocket, from JavaScript and from C++", async () => {
      await visit();
      assert.deepEqual(await answers(), ["Yes, this browser can open WebSockets.", "true", "true"]);
    });

    it("says in words that there is no WebSocket, even when asked to connect", async (test) => {
      await visit(
        await serveWithScript(test, () => Reflect.deleteProperty(globalThis, "WebSocket")),
      );
      assert.deepEqual(await answers(), [
        "No, this browser cannot open WebSockets.",
        "false",
        "false",
      ]);
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
      await page.evaluate(() => (location.hash = "#session"));
      await page.click("Start");
      await page.waitFor(() =>
        document.querySelector("#session-status.bad")?.textContent.includes("could not be loaded"),
      );
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
      await logs({
        direction: "←",
        kind: "binary",
        size: "100,000 B",
        content: `${"ab ".repeat(32)}…`,
      });
    });

    it("shows the subprotocol that the server chose", async () => {
      await visit();
      await page.fill("Subprotocols comma separated, optional", "chat, echo.v2, echo.v1");
      await page.click("Connect");
      await says("Open. Subprotocol: echo.v2.");
    });

    it("says in words that a subprotocol is not valid", async () => {
      await visit();
      await page.fill("Subprotocols comma separated, optional", "echo.v1,, echo.v2");
      await page.click("Connect");
      await says("A subprotocol is invalid");
    });

    it("says in words that the server refused the connection", async () => {
      await visit();
      await page.click("Refused (403)");
      assert.match(
        await says("Closed."),
        /Code 1006, no reason, not clean\. The connection could not be opened/,
      );
      await logs({ kind: "error" });
      await isInState("3 closed");
    });

    it("says in words that a URL is not valid, and keeps the existing connection", async () => {
      await visit();
      await connect();
      await page.click("Bad URL");
      await says("The URL is invalid");
      await isInState("1 open");
    });

    it("says in words that nothing can be sent before there is a connection", async () => {
      await visit();
      await page.click("Send text");
      await says("There is no connection");
    });

    for (const code of ["1001", "0", "99999999999", "one"]) {
      it(`says in words that the close code ${code} is not valid, and stays open`, async () => {
        await visit();
        await connect();
        await page.fill("Code", code);
        await page.click("Close");
        await says("The close code is invalid");
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

    it("closes with 1000 if no code is given", async () => {
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
      const newest = await page.evaluate(
        () => document.querySelector("#log li:last-child")?.textContent ?? "",
      );
      assert.match(newest, /not bytes in hex/);
    });

    it("keeps the newest row of the log in view, unless its reader has scrolled up", async () => {
      await visit();
      await page.evaluate(() => {
        const form = /** @type {HTMLFormElement} */ (document.querySelector("form#send-text"));
        for (let i = 0; i < 100; ++i) form.requestSubmit();
      });
      await page.waitFor(() => {
        const { scrollTop, scrollHeight, clientHeight } = /** @type {Element} */ (
          document.querySelector("#scroller")
        );
        return scrollTop > 0 && scrollHeight - scrollTop - clientHeight < 2;
      });
      const top = await page.evaluate(async () => {
        const scroller = /** @type {Element} */ (document.querySelector("#scroller"));
        scroller.scrollTop = 0;
        /** @type {HTMLFormElement} */ (document.querySelector("form#send-text")).requestSubmit();
        for (let frames = 0; frames < 3; ++frames) await new Promise(requestAnimationFrame);
        return scroller.scrollTop;
      });
      assert.equal(top, 0);
    });

    it("clears the log", async () => {
      await visit();
      await page.click("Send text");
      await says("There is no connection");
      assert.equal(await rows(), 1);
      await page.click("Clear log");
      assert.equal(await rows(), 0);
    });

    it("works by keyboard alone, in the order that the page is read", async () => {
      await visit();
      /** @type {string[]} */
      const reached = [];
      const stops = links.length + 17;
      for (let i = 0; i < stops; ++i) {
        await page.press("Tab");
        reached.push(
          await page.evaluate(
            () => document.activeElement?.id || document.activeElement?.textContent || "",
          ),
        );
        if (reached.at(-1) === "Connect") await page.press("Enter");
        if (reached.at(-1) === "text") {
          await isInState("1 open");
          await page.type("by keyboard");
          await page.press("Enter");
        }
      }
      assert.deepEqual(reached, [
        ...links,
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
      await fitsScreen(page);
      await page.screenshot(path.join(artifacts, `demo-phone-${engine}.png`));
    });

    const noTouch = engine !== "chromium" && `${engine} emulates no touch screen`;
    it("can be touched on a phone", { skip: noTouch }, async () => {
      await page.setViewport(phone);
      await visit();
      await canBeTouched(page);
    });

    it("writes nothing to the console, and breaks no rule of its policy", async (test) => {
      await visit(await serveWithScript(test, collectComplaints));
      await connect();
      await page.click("Send text");
      await page.click("Send bytes");
      await says("Received 4 B of binary.");
      await page.click("Refused (403)");
      await says("Closed.");
      await page.click("Bad URL");
      await says("The URL is invalid");
      await connect();
      await page.fill("Code", "4000");
      await page.fill("Reason", "moored");
      await page.click("Close");
      await says("Closed. Code 4000");
      await page.screenshot(path.join(artifacts, `demo-${engine}.png`));
      assert.deepEqual(await complaintsOf(page), []);
    });

    describe("with a session", () => {
      /** Opens the page with a session, and waits until its module is loaded. */
      async function visitSession(url = demo.url) {
        clock = 0;
        await page.goto(`${url}#session`);
        await showsStatus("Ready.");
      }

      /**
       * Waits until the session's status contains `words`.
       *
       * @param {string} words
       */
      async function showsStatus(words) {
        await page.waitFor(
          (words) => document.querySelector("#session-status")?.textContent.includes(words),
          words,
        );
      }

      /** @param {string} name */
      async function is(name) {
        await page.waitFor(
          (name) =>
            document.querySelector("#session-state [aria-current=true]")?.textContent === name,
          name,
        );
      }

      async function start() {
        await page.click("Start");
        await is("open");
      }

      /** Waits until the server is away, and the session knows. */
      async function leave() {
        await page.click("Away for 10 s");
        await happens("server", "It is away for 10 s.");
        await happens("waiting", "");
      }

      async function fallSilent() {
        await page.click("Stop responding");
        await happens("server", "It has stopped responding.");
      }

      /**
       * Starts the attempt that the session waits for, if the test is not about the wait. Does
       * nothing if the wait is already over.
       *
       * @param {number} times how often it has started to wait
       */
      async function tryNow(times = 1) {
        await happens("waiting", "", times);
        await page.evaluate(() =>
          /** @type {HTMLElement} */ (document.querySelector("#retry-now")).click(),
        );
      }

      const comeBack = () => (clock += 10_000);

      /** The events so far, each with its kind and its words. */
      const history = () =>
        page.evaluate(() =>
          [...document.querySelectorAll("#changes li")].map((row) => ({
            kind: row.querySelector(".kind")?.textContent ?? "",
            words: row.querySelector(".content")?.textContent ?? "",
          })),
        );

      /** The states so far, in order. */
      const states = async () =>
        (await history())
          .map(({ kind }) => kind)
          .filter((kind) => !["session", "server", "replaced"].includes(kind));

      /**
       * Waits until there have been that many events of this kind with these words.
       *
       * @param {string} kind
       * @param {string} words
       * @param {number} times
       */
      async function happens(kind, words, times = 1) {
        await page.waitFor(
          (kind, words, times) =>
            [...document.querySelectorAll("#changes li")].filter(
              (row) =>
                row.querySelector(".kind")?.textContent === kind &&
                row.querySelector(".content")?.textContent.includes(words),
            ).length >= times,
          kind,
          words,
          times,
        );
      }

      /**
       * Waits until exactly these messages are shown, in order: "1 ✓".
       *
       * @param {string[]} wanted
       */
      async function messagesAre(wanted) {
        await page.waitFor(
          (wanted) =>
            [...document.querySelectorAll("#messages li")].map((one) => one.textContent).join() ===
            wanted,
          wanted.join(),
        );
      }

      /**
       * Waits until a figure has this value.
       *
       * @param {string} id
       * @param {string} value
       */
      async function figure(id, value) {
        await page.waitFor(
          (id, value) => document.getElementById(id)?.textContent === value,
          id,
          value,
        );
      }

      /** The server's counts for the session that was started last. */
      async function tally() {
        const begun = (await history()).findLast(({ kind }) => kind === "session")?.words ?? "";
        return demo.tally(new URL(begun).searchParams.get("id") ?? "");
      }

      /** @param {number} count */
      async function send(count) {
        await page.evaluate((count) => {
          const button = /** @type {HTMLButtonElement} */ (document.querySelector("#send-one"));
          for (let i = 0; i < count; ++i) button.click();
        }, count);
      }

      /**
       * @param {number} from
       * @param {number} to
       * @param {string} symbol
       */
      const numbers = (from, to, symbol) =>
        Array.from({ length: to - from + 1 }, (_, i) => `${from + i} ${symbol}`);

      it("opens, and measures the round trip", async () => {
        await visitSession();
        await is("idle");
        await start();
        assert.deepEqual(await states(), ["connecting", "open"]);
        await page.waitFor(() =>
          /^\d+ ms$/.test(document.querySelector("#round-trip")?.textContent ?? ""),
        );
      });

      it("is shown at its own address, and by a link", async () => {
        await visit();
        const visible = () =>
          page.evaluate(() =>
            [...document.querySelectorAll("main:not([hidden])")].map(({ id }) => id),
          );
        assert.deepEqual(await visible(), ["socket-view"]);
        await page.evaluate(() =>
          /** @type {HTMLElement} */ (document.querySelector("#to-session")).click(),
        );
        await page.waitFor(
          () => location.hash === "#session" && !document.querySelector("#session-view[hidden]"),
        );
        assert.deepEqual(await visible(), ["session-view"]);
        await page.evaluate(() => globalThis.history.back());
        await page.waitFor(() => document.querySelector("#session-view[hidden]"));
        assert.deepEqual(await visible(), ["socket-view"]);
      });

      it("reopens after the server has cut the connection, and shows that over time", async () => {
        await visitSession();
        await start();
        await page.click("Cut the connection");
        await happens("open", "", 2);
        await page.click("Stop");
        await is("stopped");
        const expected = ["connecting", "open", "waiting", "connecting", "open", "stopped"];
        assert.deepEqual(await states(), expected);
        const { words } = (await history()).find(({ kind }) => kind === "waiting") ?? { words: "" };
        assert.match(
          words,
          /^The connection ended without a closing handshake\. Attempt 1 in [12]\.\d s\.$/,
        );
        await page.waitFor(
          (count) => document.querySelectorAll("#timeline rect").length === count,
          expected.length,
        );
        const shown = await page.evaluate(() =>
          [...document.querySelectorAll("#timeline rect")].map((one) => one.getAttribute("class")),
        );
        assert.deepEqual(shown, expected);
        await figure("connections", "2");
      });

      it("says how long each state lasted, for users who cannot see the timeline", async () => {
        await visitSession();
        await start();
        await page.waitFor(
          () => Number.parseFloat(document.querySelector("#time-open")?.textContent ?? "") > 0,
        );
      });

      it("counts down to the next attempt", async () => {
        await visitSession();
        await start();
        await leave();
        const countdown = await page.evaluate(async () => {
          /** @type {number[]} */
          const seen = [];
          while (seen.length < 3) {
            const seconds = document
              .querySelector("#retry-in")
              ?.textContent.match(/^(\d\.\d) s$/)?.[1];
            if (!seconds) seen.length = 0;
            else if (Number(seconds) !== seen.at(-1)) seen.push(Number(seconds));
            await new Promise((resolve) => setTimeout(resolve, 10));
          }
          return seen;
        });
        assert.ok(
          countdown[0] > countdown[1] && countdown[1] > countdown[2],
          `it went ${countdown}`,
        );
      });

      it("counts the attempts that fail", async () => {
        await visitSession();
        await start();
        await leave();
        await happens("waiting", "Attempt 2 in");
        await happens("connecting", "Attempt 1.");
        await figure("attempt", "2");
      });

      it("makes an attempt on request, and not when its time has come", async () => {
        await visitSession();
        await start();
        await leave();
        // Nothing else can run between the click and the check, not even a timer.
        await page.waitFor(async () => {
          const state = () =>
            document.querySelector("#session-state [aria-current=true]")?.textContent;
          if (state() !== "waiting") return false;
          /** @type {HTMLButtonElement} */ (document.querySelector("#retry-now")).click();
          for (let i = 0; i < 10; ++i) await undefined;
          return state() === "connecting";
        });
        comeBack();
        await is("open");
      });

      it("says in words that there is no attempt to make earlier", async () => {
        await visitSession();
        await page.click("Try now");
        await showsStatus("The session is not waiting for an attempt.");
      });

      it("queues messages while there is no connection, and delivers them in order", async () => {
        await visitSession();
        await start();
        await leave();
        await send(5);
        await messagesAre(numbers(1, 5, "…"));
        await figure("kept-messages-text", "5 of 40");
        await figure("kept-bytes-text", "30 of 512");
        assert.equal((await tally())?.taken, 0);
        comeBack();
        await tryNow();
        await messagesAre(numbers(1, 5, "✓"));
        await figure("kept-messages-text", "0 of 40");
        assert.deepEqual(await tally(), { last: 5, taken: 5, repeated: 0, missing: 0 });
        await figure("taken", "5");
        await figure("missing", "0");
      });

      it("drops the oldest if the outbox is full", async () => {
        await visitSession();
        await start();
        await leave();
        await send(45);
        await messagesAre([...numbers(1, 5, "✕"), ...numbers(6, 45, "…")]);
        await figure("kept-messages-text", "40 of 40");
        await figure("dropped", "5");
      });

      it("refuses messages that the outbox has no room for, if that is chosen", async () => {
        await visitSession();
        await page.evaluate(() =>
          /** @type {HTMLElement} */ (document.querySelector("#drop-oldest")).click(),
        );
        await start();
        await leave();
        await send(41);
        await messagesAre(numbers(1, 40, "…"));
        await showsStatus("The outbox is full");
      });

      it("shows the newest 60 messages", async () => {
        await visitSession();
        await start();
        await leave();
        await send(70);
        await messagesAre([...numbers(11, 30, "✕"), ...numbers(31, 70, "…")]);
      });

      it("notices that the server has stopped responding", async () => {
        await visitSession();
        await start();
        await fallSilent();
        await happens(
          "waiting",
          "The connection did not open or close in time, or the peer stopped responding.",
        );
        await tryNow();
        await is("open");
      });

      it("resends unacknowledged messages", async () => {
        await visitSession();
        await start();
        await send(1);
        await messagesAre(["1 ✓"]);
        await fallSilent();
        await send(2);
        await messagesAre(["1 ✓", "2 →", "3 →"]);
        await leave();
        await messagesAre(["1 ✓", "2 …", "3 …"]);
        comeBack();
        await tryNow();
        await messagesAre(["1 ✓", "2 ✓", "3 ✓"]);
        assert.deepEqual(await tally(), { last: 3, taken: 3, repeated: 0, missing: 0 });
      });

      it("loses messages in flight if the server acknowledges nothing", async () => {
        await visitSession();
        await page.evaluate(() =>
          /** @type {HTMLElement} */ (document.querySelector("#acknowledge")).click(),
        );
        await start();
        await send(1);
        await figure("taken", "1");
        await fallSilent();
        await send(2);
        await page.click("Cut the connection");
        await tryNow();
        await happens("open", "", 2);
        await send(1);
        await figure("taken", "2");
        await figure("missing", "2");
        await messagesAre(numbers(1, 4, "→"));
        assert.deepEqual(await tally(), { last: 4, taken: 2, repeated: 0, missing: 2 });
      });

      it("sends by itself, until it is switched off", async () => {
        await visitSession();
        await start();
        const isPressed = () =>
          page.evaluate(() =>
            document.querySelector("#send-steadily")?.getAttribute("aria-pressed"),
          );
        await page.click("Send every 200 ms");
        assert.equal(await isPressed(), "true");
        await page.waitFor(
          () => document.querySelector("#messages li:nth-child(3)")?.textContent === "3 ✓",
        );
        await page.click("Send every 200 ms");
        assert.equal(await isPressed(), "false");
      });

      it("stops, drops its queued messages, and then sends nothing", async () => {
        await visitSession();
        await start();
        await leave();
        await send(2);
        await page.click("Send every 200 ms");
        await page.click("Stop");
        await is("stopped");
        await showsStatus("This page stopped it.");
        const last = await page.evaluate(
          () => document.querySelector("#messages")?.textContent ?? "",
        );
        assert.doesNotMatch(last, /…/);
        await figure("kept-messages-text", "0 of 40");
        await page.waitFor(
          () => document.querySelector("#send-steadily")?.getAttribute("aria-pressed") === "false",
        );
        await page.click("Send one");
        await showsStatus("The session has stopped.");
      });

      it("starts again, with new numbers, after a stop or while it runs", async () => {
        await visitSession();
        await start();
        await send(1);
        await messagesAre(["1 ✓"]);
        await page.click("Start");
        await happens("replaced", "");
        await happens("open", "", 2);
        await send(1);
        await messagesAre(["1 ✓"]);
        assert.deepEqual(await tally(), { last: 1, taken: 1, repeated: 0, missing: 0 });
        await page.click("Stop");
        await is("stopped");
        await start();
        await messagesAre([]);
      });

      it("says in words that there is nothing to send with, to stop or to disturb yet", async () => {
        await visitSession();
        for (const button of ["Send one", "Stop"]) {
          await page.click(button);
          await showsStatus("There is no session yet.");
          await page.click("Try now");
          await showsStatus("The session is not waiting");
        }
        await page.click("Cut the connection");
        await showsStatus("There is no session yet.");
      });

      it("works by keyboard alone, in the order that the page is read", async () => {
        await visitSession();
        /** @type {string[]} */
        const reached = [];
        for (let i = 0; i < links.length + 11; ++i) {
          await page.press("Tab");
          reached.push(
            await page.evaluate(
              () => document.activeElement?.id || document.activeElement?.className || "",
            ),
          );
          if (reached.at(-1) === "start") {
            await page.press("Enter");
            await is("open");
          }
          if (reached.at(-1) === "cut") {
            await page.press("Enter");
            await happens("open", "", 2);
          }
          if (reached.at(-1) === "send-one") await page.press("Enter");
        }
        assert.deepEqual(reached, [
          ...links,
          ...["acknowledge", "drop-oldest", "start", "stop", "retry-now"],
          ...["cut", "silence", "leave", "send-one", "send-steadily", "scroller"],
        ]);
        await messagesAre(["1 ✓"]);
      });

      it("fits the screen of a phone", async () => {
        await page.setViewport(phone);
        await visitSession();
        await start();
        await leave();
        await send(70);
        await happens("waiting", "Attempt 2");
        await fitsScreen(page);
        await page.screenshot(path.join(artifacts, `demo-session-phone-${engine}.png`));
      });

      it("can be touched on a phone", { skip: noTouch }, async () => {
        await page.setViewport(phone);
        await visitSession();
        await canBeTouched(page);
      });

      it("writes nothing to the console, and violates no policy", async (test) => {
        await visitSession(await serveWithScript(test, collectComplaints));
        await start();
        await send(30);
        await messagesAre(numbers(1, 30, "✓"));
        await page.click("Cut the connection");
        await tryNow();
        await happens("open", "", 2);
        await page.click("Away for 10 s");
        await happens("waiting", "", 2);
        await send(20);
        await tryNow(2);
        await happens("waiting", "", 3);
        await page.screenshot(path.join(artifacts, `demo-session-${engine}.png`));
        await page.click("Stop");
        await is("stopped");
        assert.deepEqual(await complaintsOf(page), []);
      });
    });

    describe("with its panel", () => {
      /**
       * The texts of the panel's rows.
       *
       * @typedef {Record<"session" | "socket" | "kind" | "direction" | "event" | "type" | "size" | "data", string>}
       *   Row
       */

      /** @returns {Promise<Row[]>} */
      const events = () =>
        page.evaluate(() =>
          [...document.querySelectorAll("#events tbody tr")].map((row) => {
            const text = (/** @type {string} */ name) =>
              row.querySelector(`.${name}`)?.textContent ?? "";
            return {
              ...{ session: text("session"), socket: text("socket"), kind: text("kind") },
              direction: row.querySelector(".direction")?.getAttribute("aria-label") ?? "",
              ...{
                event: text("event"),
                type: text("type"),
                size: text("size"),
                data: text("data"),
              },
            };
          }),
        );

      /**
       * Waits until that many rows have these texts.
       *
       * @param {Partial<Row>} wanted
       * @param {number} times
       */
      async function hasEvents(wanted, times = 1) {
        await page.waitFor(
          (wanted, times) =>
            [...document.querySelectorAll("#events tbody tr")].filter((row) =>
              Object.entries(wanted).every(
                ([cell, text]) => row.querySelector(`.${cell}`)?.textContent === text,
              ),
            ).length >= times,
          wanted,
          times,
        );
      }

      /** @param {string} words */
      async function counts(words) {
        await page.waitFor(
          (words) => document.querySelector("#event-count")?.textContent === words,
          words,
        );
      }

      /** @param {string} text which is echoed */
      async function exchange(text) {
        await page.fill("Text", text);
        await page.click("Send text");
        await hasEvents({ event: "received", data: text });
      }

      /** @param {string} selector of a checkbox or a radio button */
      const toggle = (selector) =>
        page.evaluate(
          (selector) => /** @type {HTMLElement} */ (document.querySelector(selector)).click(),
          selector,
        );

      /** Opens the page, connects, and waits until the panel has both of the resulting events. */
      async function visitConnected() {
        await visit();
        await connect();
        await counts("2 of 2 events");
      }

      /**
       * Sends messages without waiting.
       *
       * @param {number} count
       */
      async function flood(count) {
        await page.evaluate((count) => {
          const form = /** @type {HTMLFormElement} */ (document.querySelector("form#send-text"));
          for (let i = 0; i < count; ++i) form.requestSubmit();
        }, count);
      }

      /** Clicks the button, and returns the name and the text of the file. */
      async function downloadHar() {
        const folder = fs.mkdtempSync(path.join(temporary, "download-"));
        const protocol = await page.protocol?.();
        if (!protocol) {
          // These drivers can't choose where a download goes.
          await page.evaluate(() => {
            /** @type {any} */
            const downloaded = {};
            const { createObjectURL } = URL;
            URL.createObjectURL = (blob) => ((downloaded.blob = blob), createObjectURL(blob));
            HTMLAnchorElement.prototype.click = function () {
              downloaded.name = this.download;
            };
            Object.assign(globalThis, { downloaded });
          });
          await page.click("Download HAR");
          await page.waitFor(() => /** @type {any} */ (globalThis).downloaded.name);
          return page.evaluate(async () => {
            const { name, blob } = /** @type {any} */ (globalThis).downloaded;
            return { name: String(name), text: String(await blob.text()) };
          });
        }
        await protocol.send("Browser.setDownloadBehavior", {
          behavior: "allow",
          downloadPath: folder,
          eventsEnabled: true,
        });
        const ended = new Promise((resolve) =>
          protocol.on(
            "Browser.downloadProgress",
            ({ state }) => state === "completed" && resolve(undefined),
          ),
        );
        await page.click("Download HAR");
        await ended;
        const [name] = fs.readdirSync(folder);
        return { name, text: fs.readFileSync(path.join(folder, name), "utf8") };
      }

      it("shows a connection from its opening to its close", async () => {
        await visitConnected();
        await exchange("naïve ⚓");
        await page.click("Send bytes");
        await hasEvents({ event: "received", type: "binary" });
        await page.fill("Code", "4000");
        await page.fill("Reason", "moored");
        await page.click("Close");
        await hasEvents({ event: "close" });
        const message = { session: "", socket: "1", kind: "message" };
        const connection = {
          ...message,
          kind: "connection",
          direction: "event",
          type: "",
          size: "",
        };
        assert.deepEqual(await events(), [
          {
            ...connection,
            event: "opening",
            data: `${demo.url.replace("http", "ws")}echo echo.v2 echo.v1`,
          },
          { ...connection, event: "open", data: (await events())[1].data },
          {
            ...message,
            direction: "sent",
            event: "sent",
            type: "text",
            size: "10 B",
            data: "naïve ⚓",
          },
          {
            ...message,
            direction: "received",
            event: "received",
            type: "text",
            size: "10 B",
            data: "naïve ⚓",
          },
          {
            ...message,
            direction: "sent",
            event: "sent",
            type: "binary",
            size: "4 B",
            data: "00 ff 7f 80",
          },
          {
            ...message,
            direction: "received",
            event: "received",
            type: "binary",
            size: "4 B",
            data: "00 ff 7f 80",
          },
          { ...connection, event: "close", data: "4000, “moored”, clean" },
        ]);
        assert.match((await events())[1].data, /^echo\.v2/);
      });

      it("shows the states of a session, and all its connections", async () => {
        clock = 0;
        await page.goto(`${demo.url}#session`);
        await page.click("Start");
        await hasEvents({ event: "state", data: "open" });
        await page.click("Cut the connection");
        await hasEvents({ event: "retry" });
        await page.evaluate(() =>
          /** @type {HTMLElement} */ (document.querySelector("#retry-now")).click(),
        );
        await hasEvents({ event: "state", data: "open" }, 2);
        const rows = await events();
        assert.deepEqual(
          rows
            .filter(({ kind }) => kind === "session")
            .map(({ event, data }) => `${event} ${data}`.replace(/[\d,]+ ms/, "…")),
          [
            "state connecting",
            "state open",
            "state waiting",
            "retry attempt 1 in …",
            "state connecting",
            "state open",
          ],
        );
        assert.deepEqual(
          rows
            .filter(({ kind }) => kind === "connection")
            .map(({ session, socket, event }) => [session, socket, event]),
          [
            ["1", "1", "opening"],
            ["1", "1", "open"],
            ["1", "1", "error"],
            ["1", "1", "close"],
            ["1", "2", "opening"],
            ["1", "2", "open"],
          ],
        );
      });

      const noThreads = engine === "webkit" && "WebKitGTK has no SharedArrayBuffer";
      it("shows the sockets of both threads, on one clock", { skip: noThreads }, async () => {
        await page.goto(`${demo.url}#threads`);
        for (const socket of ["1", "2"]) await hasEvents({ socket, event: "received" }, 2);
        await page.click("Pause");
        await hasEvents({ event: "close" }, 2);
        const spread = await page.evaluate(() => {
          const times = [...document.querySelectorAll("#events tbody .time")].map(
            ({ textContent }) => Date.parse(`2000-01-01T${textContent}Z`),
          );
          return Math.max(...times) - Math.min(...times);
        });
        assert.ok(spread < 60_000, `the times are ${spread} ms apart`);
        await page.click("Pause");
        for (const socket of ["3", "4"]) await hasEvents({ socket, event: "received" });
      });

      it("filters by text, by kind and by socket, and counts", async () => {
        await visitConnected();
        await exchange("port");
        await exchange("starboard");
        await counts("6 of 6 events");
        await page.fill("Filter", "STAR");
        await counts("2 of 6 events");
        assert.deepEqual(
          (await events()).map(({ data }) => data),
          ["starboard", "starboard"],
        );
        await exchange("stars");
        await counts("4 of 8 events");
        await page.fill("Filter", "a");
        await toggle("#event-kinds [value=message]");
        await counts("0 of 8 events");
        await toggle("#event-kinds [value=message]");
        await page.click("Connect");
        await page.waitFor(() => document.querySelector("#event-source option[value='socket 2']"));
        await page.evaluate(() => {
          const text = /** @type {HTMLInputElement} */ (document.querySelector("#event-text"));
          text.value = "";
          const source = /** @type {HTMLSelectElement} */ (document.querySelector("#event-source"));
          source.value = "socket 2";
          source.dispatchEvent(new Event("change"));
        });
        await hasEvents({ event: "open" });
        assert.deepEqual(
          (await events()).map(({ socket, event }) => [socket, event]),
          [
            ["2", "opening"],
            ["2", "open"],
          ],
        );
      });

      it("pauses, and later shows what it has missed", async () => {
        await visitConnected();
        await page.click("Pause events");
        await page.click("Send text");
        await counts("2 of 2 events, 2 newer");
        assert.equal((await events()).length, 2);
        await page.click("Pause events");
        await counts("4 of 4 events");
        assert.equal((await events()).length, 4);
      });

      it("clears, and continues", async () => {
        await visitConnected();
        await page.click("Clear events");
        await counts("0 of 0 events");
        assert.deepEqual(await events(), []);
        await exchange("again");
        await counts("2 of 2 events");
      });

      it("downloads a HAR with every message", async () => {
        await visitConnected();
        await exchange("naïve ⚓");
        await page.click("Send bytes");
        await hasEvents({ event: "received", type: "binary" });
        const { name, text } = await downloadHar();
        assert.match(name, /^hawser-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.har$/);
        const har = JSON.parse(text);
        await validate(har);
        assert.deepEqual(
          har.log.entries.map((/** @type {any} */ { request, response }) => [
            request.url,
            response.status,
          ]),
          [[`${demo.url.replace("http", "ws")}echo`, 101]],
        );
        const words = { opcode: 1, data: "naïve ⚓" };
        const bytes = { opcode: 2, data: Buffer.of(0, 0xff, 0x7f, 0x80).toString("base64") };
        assert.deepEqual(
          har.log.entries[0]._webSocketMessages.map(
            (/** @type {any} */ { type, opcode, data }) => ({
              ...{ type, opcode, data },
            }),
          ),
          [
            { type: "send", ...words },
            { type: "receive", ...words },
            { type: "send", ...bytes },
            { type: "receive", ...bytes },
          ],
        );
      });

      it("keeps no payload if that is switched off", async () => {
        await visitConnected();
        await toggle("#keep-payloads");
        await page.fill("Text", "secret");
        await page.click("Send text");
        await hasEvents({ event: "received", size: "6 B", data: "" });
        const { text } = await downloadHar();
        assert.doesNotMatch(text, /secret/);
        await page.evaluate(() =>
          /** @type {HTMLElement} */ (
            document.querySelector("#events tbody tr:last-child")
          ).click(),
        );
        const isNotKept = () =>
          document.querySelector("#payload-content")?.textContent === "It was not kept.";
        await page.waitFor(isNotKept);
        await page.evaluate(() => {
          const field = /** @type {HTMLInputElement} */ (document.querySelector("input#text"));
          field.value = "a".repeat(20_000); // would also be cut
        });
        await page.click("Send text");
        await hasEvents({ event: "received", size: "20,000 B", data: "" });
        await page.evaluate(() =>
          /** @type {HTMLElement} */ (
            document.querySelector("#events tbody tr:last-child")
          ).click(),
        );
        await page.waitFor(() =>
          document.querySelector("#details")?.textContent?.includes("20,000 B"),
        );
        await page.waitFor(isNotKept);
      });

      it("keeps the start of a long payload", async () => {
        await visitConnected();
        await page.evaluate(() => {
          const field = /** @type {HTMLInputElement} */ (document.querySelector("input#text"));
          field.value = `a${"é".repeat(10_000)}`;
        });
        await page.click("Send text");
        await hasEvents({ event: "sent", size: "20,001 B", data: `a${"é".repeat(199)}…` });
        await page.evaluate(() =>
          /** @type {HTMLElement} */ (document.querySelector("#events [data-type=sent]")).click(),
        );
        const shown = await page.evaluate(
          () => document.querySelector("#payload-content")?.textContent,
        );
        assert.equal(shown, `a${"é".repeat(8191)}\n(The rest was not kept.)`);
      });

      it("shows all of an event, by keyboard alone, in the order that the page is read", async () => {
        await visitConnected();
        await page.click("Send bytes");
        await counts("4 of 4 events");
        await page.evaluate(() =>
          /** @type {HTMLElement} */ (document.querySelector("#scroller")).focus(),
        );
        /** @type {string[]} */
        const reached = [];
        for (let i = 0; i < 9; ++i) {
          await page.press("Tab");
          reached.push(
            await page.evaluate(() => {
              const focused = /** @type {HTMLInputElement} */ (document.activeElement);
              return focused.id || focused.value;
            }),
          );
        }
        assert.deepEqual(reached, [
          ...["pause-events", "clear-events", "download-har", "event-text", "event-source"],
          ...["message", "connection", "session", "keep-payloads"],
        ]);
        await page.press("Tab");
        await page.press("ArrowUp");
        await page.press("ArrowUp");
        const shown = () =>
          page.evaluate(() => ({
            row: document.getElementById(
              document.activeElement?.getAttribute("aria-activedescendant") ?? "",
            )?.dataset.type,
            selected: [...document.querySelectorAll("#events [aria-selected=true]")].length,
            size: [...document.querySelectorAll("#details div")].find(
              ({ children }) => children[0].textContent === "Size",
            )?.children[1].textContent,
            payload: document.querySelector("#payload-content")?.textContent,
          }));
        const hex = "0000  00 ff 7f 80              ....";
        assert.deepEqual(await shown(), { row: "sent", selected: 1, size: "4 B", payload: hex });
        await toggle("#payload-form [value=text]");
        assert.equal((await shown()).payload, "\u0000\ufffd\u007f\ufffd");
      });

      it("keeps the newest 1,000 events, and adds them once a frame", async () => {
        await visitConnected();
        await page.evaluate(() => {
          const seen = { changes: 0, frames: 0 };
          Object.assign(globalThis, { seen });
          new MutationObserver(() => ++seen.changes).observe(
            /** @type {Element} */ (document.querySelector("#events tbody")),
            { childList: true },
          );
          requestAnimationFrame(function count() {
            ++seen.frames;
            requestAnimationFrame(count);
          });
        });
        await flood(1500);
        await page.fill("Text", "the last");
        await page.click("Send text");
        await hasEvents({ event: "received", data: "the last" });
        await counts("1,000 of 1,000 events");
        assert.equal((await events()).length, 1000);
        const { changes, frames } = await page.evaluate(() => /** @type {any} */ (globalThis).seen);
        assert.ok(changes <= frames + 1, `${changes} changes in ${frames} frames`);
      });

      it("follows the newest event, and keeps in view what is being read", async () => {
        await visitConnected();
        await flood(400);
        await counts("802 of 802 events");
        await page.waitFor(() => {
          const { scrollTop, scrollHeight, clientHeight } = /** @type {Element} */ (
            document.querySelector("#event-scroller")
          );
          return scrollTop > 0 && scrollHeight - scrollTop - clientHeight < 2;
        });
        const before = await page.evaluate(() => {
          const row = /** @type {HTMLElement} */ (
            document.querySelectorAll("#events tbody tr")[600]
          );
          const scroller = /** @type {Element} */ (document.querySelector("#event-scroller"));
          scroller.scrollTop = row.offsetTop - 100;
          return { id: row.id, top: Math.round(row.getBoundingClientRect().top) };
        });
        await flood(200); // so that rows are dropped
        await exchange("the last");
        await counts("1,000 of 1,000 events");
        const after = await page.evaluate((id) => {
          const row = /** @type {HTMLElement} */ (document.getElementById(id));
          return { id, top: Math.round(row.getBoundingClientRect().top) };
        }, before.id);
        assert.deepEqual(after, before);
      });

      it("writes nothing to the console, and violates no policy", async (test) => {
        await visit(await serveWithScript(test, collectComplaints));
        await connect();
        await exchange("quiet");
        await downloadHar();
        assert.deepEqual(await complaintsOf(page), []);
      });

      it("fits the screen of a phone", async () => {
        await page.setViewport(phone);
        await visitConnected();
        await page.fill("Text", "a".repeat(300));
        await page.click("Send text");
        await counts("4 of 4 events");
        await page.evaluate(() => {
          /** @type {HTMLElement} */ (
            document.querySelector("#events tbody tr:last-child")
          ).click();
          document.querySelector("#panel")?.scrollIntoView();
        });
        await fitsScreen(page);
        await page.screenshot(path.join(artifacts, `demo-panel-phone-${engine}.png`));
      });
    });

    describe("for assistive technology", () => {
      for (const view of ["socket", "session", "threads"]) {
        it(`has no violations for axe to report in #${view}`, async (test) => {
          const url = await serveWithAxe(test);
          await page.goto(`${url}#${view}`);
          if (view === "socket") {
            await page.click("Echo");
            await page.waitFor(() => document.querySelectorAll("#events tbody tr").length === 2);
            await page.evaluate(() =>
              /** @type {HTMLElement} */ (document.querySelector("#events tbody tr")).click(),
            );
          }
          // Not while the view is empty.
          await page.waitFor(
            (view) => document.querySelector(`#${view}-view [role=status]`)?.textContent,
            view,
          );
          const complaints = await findViolations(page);
          assert.deepEqual(complaints, []);
        });
      }
    });

    it("is isolated from other origins, as threads need it", async () => {
      await visit();
      assert.equal(await page.evaluate(() => crossOriginIsolated), true);
    });

    describe("with threads", () => {
      const noThreads = engine === "webkit" && "WebKitGTK has no SharedArrayBuffer";

      /** Opens the page with threads, and waits until both connections have carried messages. */
      async function visitThreads(url = demo.url) {
        await page.goto(`${url}#threads`);
        await measures();
      }

      /**
       * Waits until the view's status contains `words`, and returns all of it.
       *
       * @param {string} words
       */
      async function showsStatus(words) {
        await page.waitFor(
          (words) => document.querySelector("#threads-status")?.textContent.includes(words),
          words,
        );
        return page.evaluate(() => document.querySelector("#threads-status")?.textContent ?? "");
      }

      /** Waits until both curves have samples and both figures a time. */
      async function measures() {
        await page.waitFor(() =>
          ["main", "io"].every(
            (path) =>
              /^[\d.]+ ms$/.test(document.querySelector(`#${path}-median`)?.textContent ?? "") &&
              /^M.*L/.test(document.querySelector(`#${path}-curve`)?.getAttribute("d") ?? ""),
          ),
        );
      }

      /** @param {number} count of connections to the server */
      async function areConnected(count) {
        for (
          const deadline = performance.now() + longestWait;
          demo.echoes() !== count;
          await sleep(10)
        ) {
          assert.ok(
            performance.now() < deadline,
            `there are ${demo.echoes()} connections, and not ${count}`,
          );
        }
      }

      /**
       * Makes the main thread busy, and returns the two medians that the page then shows.
       *
       * @param {number} milliseconds in each frame
       */
      async function mediansWith(milliseconds) {
        await page.evaluate((milliseconds) => {
          const load = /** @type {HTMLInputElement} */ (document.querySelector("#load"));
          load.value = String(milliseconds);
          load.dispatchEvent(new Event("input"));
        }, milliseconds);
        await showsStatus("Measuring.");
        const words = await showsStatus(
          milliseconds ? `With ${milliseconds} ms of work` : "With no more work",
        );
        const [, main, io] =
          words.match(/takes ([\d.]+) ms through the main thread, and ([\d.]+) ms/) ?? [];
        return { main: Number(main), io: Number(io) };
      }

      const loadsModule = () =>
        page.evaluate(() =>
          performance.getEntriesByType("resource").some(({ name }) => /threads\.wasm/.test(name)),
        );

      it("measures round trips, and shows them", { skip: noThreads }, async () => {
        await visitThreads();
        await areConnected(2);
        assert.match(
          await showsStatus("With"),
          /^With no more work in each frame, the median round trip takes [\d.]+ ms through the main thread, and [\d.]+ ms through the I\/O thread\.$/,
        );
        const rate = () =>
          page.evaluate(() => Number(document.querySelector("#frame-rate")?.textContent));
        assert.ok((await rate()) > 0, `it shows ${await rate()} frames per second`);
      });

      const noDifference =
        engine === "firefox" && "Firefox passes each WebSocket of a worker through the main thread";
      it(
        "waits for a busy main thread only if that has the connection",
        { skip: noThreads || noDifference },
        async () => {
          await visitThreads();
          // The machine may be busy with something else, so one of a few attempts is enough.
          let medians = { main: 0, io: Infinity };
          for (let i = 0; i < 5 && !(medians.main > 1.5 * medians.io); ++i)
            medians = await mediansWith(30);
          assert.ok(medians.main > 1.5 * medians.io, JSON.stringify(medians));
        },
      );

      it("takes more time through a main thread with work", { skip: noThreads }, async () => {
        await visitThreads();
        let [idle, busy] = [Infinity, 0];
        for (let i = 0; i < 5 && !(busy > idle); ++i) {
          ({ main: idle } = await mediansWith(0));
          ({ main: busy } = await mediansWith(30));
        }
        assert.ok(busy > idle, `${idle} ms, and ${busy} ms with work`);
      });

      it("loads its module only when the view is opened", { skip: noThreads }, async () => {
        await visit();
        assert.equal(await loadsModule(), false);
        await page.evaluate(() =>
          /** @type {HTMLElement} */ (document.querySelector("#to-threads")).click(),
        );
        await measures();
        assert.equal(await loadsModule(), true);
      });

      /** @param {string} words */
      async function showsOnly(words) {
        await showsStatus(words);
        const visible = await page.evaluate(() =>
          [...document.querySelectorAll("#threads-view > section:not([hidden]) h2")].map(
            ({ id }) => id,
          ),
        );
        assert.deepEqual(visible, ["threads-heading"]);
        assert.equal(await loadsModule(), false);
      }

      it("says in words that its page is not isolated", async (test) => {
        const pretend = () =>
          Object.defineProperty(globalThis, "crossOriginIsolated", { value: false });
        await page.goto(`${await serveWithScript(test, pretend)}#threads`);
        await showsOnly("Threads need shared memory, which browsers give only to pages that");
      });

      it("says in words that the browser has no shared memory", async (test) => {
        const url = noThreads
          ? demo.url
          : await serveWithScript(test, () =>
              Reflect.deleteProperty(globalThis, "SharedArrayBuffer"),
            );
        await page.goto(`${url}#threads`);
        await showsOnly("Threads need shared memory, and this browser has none for pages.");
      });

      it("says in words that its module could not be loaded", { skip: noThreads }, async (test) => {
        const { url, folder } = await serveCopy(test);
        fs.rmSync(path.join(folder, "build/release/demo/threads.mjs"));
        await page.goto(`${url}#threads`);
        await showsStatus("The module with threads could not be loaded.");
      });

      it("pauses, and continues", { skip: noThreads }, async () => {
        await visitThreads();
        await page.click("Pause");
        await showsStatus("Paused.");
        await areConnected(0);
        await page.click("Pause");
        await showsStatus("With");
        await areConnected(2);
      });

      it(
        "stops when the view is left, and starts when it is opened again",
        { skip: noThreads },
        async () => {
          await visitThreads();
          await page.evaluate(() => (location.hash = "#session"));
          await areConnected(0);
          await page.evaluate(() => (location.hash = "#threads"));
          await showsStatus("With");
          await areConnected(2);
        },
      );

      it("stops while the page is hidden", { skip: noThreads }, async () => {
        await visitThreads();
        const hide = (/** @type {boolean} */ isHidden) =>
          page.evaluate((isHidden) => {
            Object.defineProperty(document, "hidden", { value: isHidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
          }, isHidden);
        await hide(true);
        await areConnected(0);
        await hide(false);
        await showsStatus("With");
        await areConnected(2);
      });

      it(
        "says that the server is gone, and reconnects when it is back",
        { skip: noThreads },
        async (test) => {
          let own = await startDemo({ port: 0, root });
          test.after(() => own.close());
          await visitThreads(own.url);
          await own.close();
          await showsStatus("Trying again every second.");
          assert.ok(await page.evaluate(() => document.querySelector("#threads-status.bad")));
          own = await startDemo({ port: Number(new URL(own.url).port), root });
          await showsStatus("With");
          assert.equal(own.echoes(), 2);
        },
      );

      it(
        "keeps the rope still for users who prefer reduced motion",
        { skip: noThreads },
        async (test) => {
          const wantsLittleMotion = () =>
            Object.assign(globalThis, { matchMedia: () => ({ matches: true }) });
          /** Whether the canvas changes after a while. */
          const moves = () =>
            page.evaluate(async () => {
              const picture = () =>
                /** @type {HTMLCanvasElement} */ (document.querySelector("#animation")).toDataURL();
              const before = picture();
              for (let frames = 0; frames < 10; ++frames) await new Promise(requestAnimationFrame);
              return picture() !== before;
            });
          await visitThreads();
          assert.equal(await moves(), true);
          await visitThreads(await serveWithScript(test, wantsLittleMotion));
          assert.equal(await moves(), false);
        },
      );

      it(
        "works by keyboard alone, in the order that the page is read",
        { skip: noThreads },
        async () => {
          await visitThreads();
          /** @type {string[]} */
          const reached = [];
          for (let i = 0; i < links.length + 2; ++i) {
            await page.press("Tab");
            reached.push(await page.evaluate(() => document.activeElement?.id ?? ""));
            if (reached.at(-1) === "load") await page.press("ArrowRight");
            if (reached.at(-1) === "pause") await page.press("Enter");
          }
          assert.deepEqual(reached, [...links, "load", "pause"]);
          await showsStatus("Paused.");
          const load = await page.evaluate(() => {
            const slider = /** @type {HTMLInputElement} */ (document.querySelector("#load"));
            const text = document.querySelector("#load-text")?.textContent;
            return [
              slider.labels?.[0]?.textContent,
              slider.value,
              slider.getAttribute("aria-valuetext"),
              text,
            ];
          });
          assert.deepEqual(load, ["Work in each frame", "1", "1 ms", "1 ms"]);
        },
      );

      it("fits the screen of a phone", async () => {
        await page.setViewport(phone);
        await page.goto(`${demo.url}#threads`);
        if (!noThreads) await showsStatus("With");
        await fitsScreen(page);
        await page.screenshot(path.join(artifacts, `demo-threads-phone-${engine}.png`));
      });

      it("can be touched on a phone", { skip: noTouch }, async () => {
        await page.setViewport(phone);
        await visitThreads();
        await canBeTouched(page);
      });

      it("writes nothing to the console, and violates no policy", async (test) => {
        await page.goto(`${await serveWithScript(test, collectComplaints)}#threads`);
        if (noThreads) {
          await showsStatus("Threads need");
        } else {
          await mediansWith(10);
          await page.screenshot(path.join(artifacts, `demo-threads-${engine}.png`));
          await page.click("Pause");
          await showsStatus("Paused.");
        }
        assert.deepEqual(await complaintsOf(page), []);
      });
    });
  });
}
