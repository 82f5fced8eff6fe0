// The demo's view "On the wire" in every engine, used as a visitor would.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { catalogues } from "../../demo/texts/catalogues.mjs";
import { startDemo } from "../../demo/server/server.mjs";
import { click, counts, shows } from "../../tools/pictures/scenes.mjs";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { artifacts, desktop, fitsScreen, phone, root, serveWithScript } from "../support/demo.mjs";
import {
  canBeTouched,
  collectComplaints,
  complaintsOf,
  findViolations,
  preferDark,
  serveWithAxe,
} from "../support/demo_view.mjs";
import { longestSuite } from "../support/patience.mjs";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const languages = /** @type {const} */ ([
  ["index.html", "en"],
  ["zh.html", "zh"],
]);

/**
 * A frame as the page shows it.
 *
 * @typedef {{ from: string, opcode: number, fields: Record<string, string>, marks: string, app: string }} Shown
 */

for (const engine of engines) {
  describe(
    `the demo's view of the wire in ${engine}`,
    { skip: whyNot(engine), timeout: longestSuite },
    () => {
      /** @type {Awaited<ReturnType<typeof startDemo>>} */
      let demo;
      /** @type {import("../support/browsers.mjs").Browser} */
      let browser;
      /** @type {import("../support/browsers.mjs").Page} */
      let page;

      before(async () => {
        fs.mkdirSync(artifacts, { recursive: true });
        browser = await launch(engine);
      });

      after(() => browser?.close());

      beforeEach(async () => {
        demo = await startDemo({ port: 0, root });
        page = await browser.newPage();
        await page.setViewport(desktop);
      });

      afterEach(async () => {
        await page.close();
        await demo.close();
      });

      /** Opens the view, which connects by itself. @param {string} [url] */
      async function visit(url = `${demo.url}index.html`) {
        await page.goto(`${url}#wire`);
        await shows(page, "#accept-verdict", "✓");
        await isOpen();
      }

      const isOpen = () =>
        page.waitFor(() =>
          /^(Open\.|已打开)/.test(document.querySelector("#wire-status")?.textContent ?? ""),
        );

      /** @param {string} words */
      const showsStatus = (words) => shows(page, "#wire-status", words);

      /** Sends the visitor's own text. @param {string} text */
      async function send(text) {
        await page.evaluate((text) => {
          /** @type {HTMLInputElement} */ (document.querySelector("#wire-text")).value = text;
        }, text);
        await click(page, "#wire-send-text button");
      }

      /** Sends the visitor's own bytes. @param {string} hex */
      async function sendBytes(hex) {
        await page.evaluate((hex) => {
          /** @type {HTMLInputElement} */ (document.querySelector("#wire-bytes")).value = hex;
        }, hex);
        await click(page, "#wire-send-bytes button");
      }

      /** @returns {Promise<Shown[]>} */
      const frames = () =>
        page.evaluate(() =>
          [
            .../** @type {NodeListOf<HTMLElement>} */ (
              document.querySelectorAll("#wire-frames [data-opcode]")
            ),
          ].map((row) => ({
            from: row.dataset.from ?? "",
            opcode: Number(row.dataset.opcode),
            fields: Object.fromEntries(
              [
                .../** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll("[data-field]")),
              ].map((field) => [
                field.dataset.field ?? "",
                field.querySelector("code")?.textContent ?? "",
              ]),
            ),
            marks: row.querySelector(".marks")?.textContent ?? "",
            app: row.querySelector(".app-text")?.textContent ?? "",
          })),
        );

      /**
       * Waits until that many frames are shown, and the observer's line for the last, and returns
       * all.
       *
       * @param {number} count
       */
      async function receive(count) {
        await counts(page, "#wire-frames [data-opcode]", count);
        await page.waitFor(() => {
          const last = [...document.querySelectorAll("#wire-frames .app-text")].at(-1)?.textContent;
          return last !== "Nothing yet." && last !== "还没有。";
        });
        return frames();
      }

      /** @param {string} selector */
      const texts = (selector) =>
        page.evaluate(
          (selector) =>
            [...document.querySelectorAll(selector)].map((one) => one.textContent ?? ""),
          selector,
        );

      it("shows the request and the response line by line, each with its purpose", async () => {
        await visit();
        const request = await texts("#wire-request code");
        assert.match(request[0], /^GET \/wire\?id=[0-9a-f]{32} HTTP\/1\.1$/);
        const names = request.slice(1).map((line) => line.split(":")[0].toLowerCase());
        for (const name of [
          "host",
          "upgrade",
          "connection",
          "origin",
          "sec-websocket-key",
          "user-agent",
        ]) {
          assert.ok(names.includes(name), name);
        }
        assert.equal((await texts("#wire-answer code"))[0], "HTTP/1.1 101 Switching Protocols");
        for (const list of ["request", "answer"]) {
          const explanations = await texts(`#wire-${list} p`);
          assert.equal(explanations.length, (await texts(`#wire-${list} li`)).length);
          for (const text of explanations) assert.match(text, /\w{3}.*\./);
        }
      });

      it("computes Sec-WebSocket-Accept from the key, and compares it with the server's", async () => {
        await visit();
        const [key, guid, sha1, base64, sent] = await texts(".accept-steps code");
        const line = (await texts("#wire-request code")).find((text) =>
          /^sec-websocket-key:/i.test(text),
        );
        assert.equal(line?.split(": ")[1], key);
        assert.equal(guid, key + GUID);
        const hash = createHash("sha1").update(guid).digest();
        assert.equal(sha1.replaceAll(" ", ""), hash.toString("hex"));
        assert.deepEqual([base64, sent], [hash.toString("base64"), hash.toString("base64")]);
      });

      it("shows a text as the page masks it and as the server echoes it, beside the observer's report", async () => {
        await visit();
        await send("Ahoy ⚓");
        const [sent, echoed] = await receive(2);
        const hex = Buffer.from("Ahoy ⚓")
          .toString("hex")
          .replaceAll(/..(?=.)/g, "$& ");
        const key = Buffer.from(sent.fields.key.replaceAll(" ", ""), "hex");
        const masked = Buffer.from(Buffer.from("Ahoy ⚓").map((byte, i) => byte ^ key[i % 4]));
        const common = {
          fin: "1",
          rsv: "000",
          opcode: "0001",
          length: "0001000",
          content: "“Ahoy ⚓”",
        };
        assert.deepEqual(sent.fields, {
          ...{ ...common, mask: "1", key: sent.fields.key },
          ...{ payload: masked.toString("hex").replaceAll(/..(?=.)/g, "$& "), unmasked: hex },
        });
        assert.deepEqual(echoed.fields, { ...common, mask: "0", payload: hex });
        assert.equal(sent.app, "sent, text, 8 B: “Ahoy ⚓”");
        assert.equal(echoed.app, "received, text, 8 B: “Ahoy ⚓”");
      });

      it("shows the visitor's own bytes, and an empty message", async () => {
        await visit();
        await sendBytes("00 ff 7f");
        const [, echoed] = await receive(2);
        assert.deepEqual(
          [echoed.opcode, echoed.fields.payload, echoed.app],
          [2, "00 ff 7f", "received, binary, 3 B: 00 ff 7f"],
        );
        await page.click("Empty");
        const [, , , empty] = await receive(4);
        assert.deepEqual(
          [empty.fields.length, empty.fields.payload, empty.app],
          ["0000000", undefined, "received, text, 0 B"],
        );
        await sendBytes("0g");
        await showsStatus("These are not bytes in hex.");
      });

      it("shows lengths of 16 and of 64 bits, and shortens long payloads", async () => {
        await visit();
        await page.click("126 B");
        await page.waitFor(
          () => document.querySelector("#wire-frames [data-from=server]") !== null,
        );
        const short = (await receive(2)).find(({ from }) => from === "server");
        assert.deepEqual([short?.fields.length, short?.fields.extended], ["1111110", "00 7e"]);
        assert.equal(short?.fields.payload, `${Array(48).fill("00").join(" ")} … 78 B more`);
        await page.click("65,536 B");
        await counts(page, "#wire-frames [data-from=server]", 2);
        const long = (await frames()).filter(({ from }) => from === "server")[1];
        assert.deepEqual(
          [long.fields.length, long.fields.extended],
          ["1111111", "00 00 00 00 00 01 00 00"],
        );
      });

      it("shows the Ping and the Pong that the browser hides", async () => {
        await visit();
        await page.click("Ping");
        const [ping, pong] = await receive(2);
        assert.deepEqual(
          [ping.from, ping.opcode, ping.fields.content],
          ["server", 9, "“Are you there?”"],
        );
        assert.deepEqual(
          [pong.from, pong.opcode, pong.fields.content],
          ["page", 10, "“Are you there?”"],
        );
        for (const { app } of [ping, pong]) assert.match(app, /^Nothing\. The browser/);
      });

      it("shows the fragments of a message, which is a single one for the observer", async () => {
        await visit();
        await page.click("Three frames");
        const shown = await receive(3);
        assert.deepEqual(
          shown.map(({ opcode, fields }) => [opcode, fields.fin, fields.content]),
          [
            [1, "0", "“One message ”"],
            [0, "0", "“in three ”"],
            [0, "1", "“frames ⚓”"],
          ],
        );
        assert.deepEqual(
          shown.map(({ marks }) => marks),
          ["fragment", "fragment", ""],
        );
        assert.equal(shown[2].app, "received, text, 31 B: “One message in three frames ⚓”");
      });

      for (const [side, selector, reason] of [
        ["page", "#wire-close", "the page closes"],
        ["server", "#wire-server-close", "the server closes"],
      ]) {
        it(`shows the closing handshake that the ${side} starts, and the end of TCP`, async () => {
          await visit();
          await click(page, selector);
          await showsStatus(`Closed. Code 1000, reason “${reason}”, clean.`);
          await counts(page, "#wire-frames .wire-note", 3);
          const [first, second] = await receive(2);
          assert.equal(first.from, side);
          assert.deepEqual([first.opcode, second.opcode], [8, 8]);
          assert.equal(first.fields.content, `1000 “${reason}”`);
          assert.equal(second.app, `close, code 1000, reason “${reason}”, clean`);
          await click(page, "#wire-send-text button");
          await showsStatus("The connection has ended.");
          await page.click("Connect again");
          await isOpen();
          assert.deepEqual(await frames(), []);
        });
      }

      it("shows by RSV1 that a message is compressed", async (test) => {
        await visit();
        const offered = (await texts("#wire-request code")).some((line) =>
          line.includes("permessage-deflate"),
        );
        if (!offered) return test.skip("this browser offers no permessage-deflate");
        await click(page, "#wire-deflate");
        await page.waitFor(() =>
          /deflate/.test(document.querySelector("#wire-status")?.textContent ?? ""),
        );
        await click(page, "#wire-repeated");
        const [sent, echoed] = await receive(2);
        assert.deepEqual([sent.fields.rsv, echoed.fields.rsv], ["100", "100"]);
        assert.deepEqual([sent.marks, echoed.marks], ["compressed", "compressed"]);
        assert.match(echoed.app, /^received, text, 2,000 B: “a{48}” … 1,952 B more$/);
        assert.equal(echoed.fields.content, undefined);
      });

      it("explains the selected field, by pointer and by keyboard", async () => {
        await visit();
        await send("x");
        await receive(2);
        await click(page, "#wire-frames [data-field=key]");
        await shows(page, "#wire-field-name", "Masking key");
        assert.match((await texts("#wire-field-about"))[0], /XORed/);
        const source = await page.evaluate(() =>
          document.querySelector("#wire-field-source")?.getAttribute("href"),
        );
        assert.equal(source, "https://www.rfc-editor.org/rfc/rfc6455#section-5.3");

        // From the scroller on: the last frame, and from there to the previous one.
        await page.evaluate(() =>
          /** @type {HTMLElement} */ (document.querySelector("#wire-scroller")).focus(),
        );
        await page.press("ArrowRight");
        await shows(page, "#wire-field-name", "FIN");
        for (let i = 0; i < 3; ++i) await page.press("ArrowRight");
        await shows(page, "#wire-field-value", "0: not masked.");
        await page.press("ArrowUp");
        await shows(page, "#wire-field-value", "1: masked.");
      });

      it("is one stop for the Tab key, whatever the number of frames", async () => {
        await visit();
        for (let i = 0; i < 3; ++i) await click(page, "#wire-send-text button");
        await receive(6);
        await page.evaluate(() =>
          /** @type {HTMLElement} */ (document.querySelector("#wire-server-close")).focus(),
        );
        const reached = [];
        for (let i = 0; i < 4; ++i) {
          await page.press("Tab");
          reached.push(await page.evaluate(() => document.activeElement?.id));
        }
        assert.deepEqual(reached, ["wire-request", "wire-answer", "wire-scroller", "pause-events"]);
      });

      it("contacts the server no more often than it may", async () => {
        await visit();
        for (let i = 0; i < 6; ++i) await page.click("Ping");
        await showsStatus("That was too often.");
        await receive(10);
      });

      it("connects when it is shown, closes when it is left, and keeps its content", async () => {
        await page.goto(demo.url);
        await shows(page, "#status", "Ready.");
        const asked = () =>
          page.evaluate(() =>
            performance.getEntriesByType("resource").some(({ name }) => name.includes("/wire/")),
          );
        assert.equal(await asked(), false);
        await page.evaluate(() => (location.hash = "#wire"));
        await isOpen();
        await page.evaluate(() => (location.hash = "#socket"));
        await showsStatus("The connection was closed because you left this view.");
        await page.evaluate(() => (location.hash = "#wire"));
        assert.equal((await receive(2))[0].fields.content, "1000 “the page closes”");
      });

      it("says in words that the server is gone", async () => {
        await visit();
        await demo.close();
        // Either end may be noticed last: that of the WebSocket, or that of the record.
        await page.waitFor(() =>
          /^(Closed\. Code 1006|The server has ended the record)/.test(
            document.querySelector("#wire-status")?.textContent ?? "",
          ),
        );
        await page.click("Connect again");
        await showsStatus("The server keeps no record");
        await click(page, "#wire-ping");
        await showsStatus("There is no open connection.");
      });

      it("writes nothing to the console, and moves nothing by itself", async (test) => {
        const url = await serveWithScript(test, collectComplaints);
        await visit(`${url}index.html`);
        await send("Ahoy");
        await page.click("Three frames");
        await page.click("65,536 B");
        await counts(page, "#wire-frames [data-from=server]", 5);
        await click(page, "#wire-server-close");
        await showsStatus("Closed.");
        assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
        assert.deepEqual(await complaintsOf(page), []);
      });

      for (const [file, language] of languages) {
        it(`fits the screen of a phone, and a desktop, in ${language}`, async () => {
          const { textValue } = catalogues[language].wire;
          for (const [name, viewport] of Object.entries({ phone, desktop })) {
            await page.setViewport(viewport);
            await visit(`${demo.url}${file}`);
            await click(page, "#wire-send-text button");
            await click(page, "#wire-long");
            await click(page, "#wire-fragments");
            await counts(page, "#wire-frames [data-from=server]", 5);
            const [sent] = await receive(5);
            assert.equal(sent.fields.content, `“${textValue}”`);
            await click(page, "#wire-frames [data-field=key]");
            await fitsScreen(page);
            await page.screenshot(
              path.join(artifacts, `demo-wire-${name}-${language}-${engine}.png`),
            );
            await page.evaluate(() => document.querySelector(".wire-frames")?.scrollIntoView());
            await page.screenshot(
              path.join(artifacts, `demo-wire-frames-${name}-${language}-${engine}.png`),
            );
            await page.goto("about:blank");
          }
        });
      }

      const noTouch = engine !== "chromium" && `${engine} emulates no touch screen`;
      it("can be touched on a phone", { skip: noTouch }, async () => {
        await page.setViewport(phone);
        await visit();
        await send("x");
        await receive(2);
        await canBeTouched(page);
      });

      for (const scheme of engine === "chromium" ? ["light", "dark"] : ["light"]) {
        it(`has no violations for axe to report when it is ${scheme}`, async (test) => {
          if (scheme === "dark") await preferDark(page);
          await visit(`${await serveWithAxe(test)}index.html`);
          await send("x");
          await page.click("Three frames");
          await receive(5);
          await click(page, "#wire-frames [data-field=payload]");
          assert.deepEqual(await findViolations(page), []);
          await page.evaluate(() => document.querySelector(".wire-frames")?.scrollIntoView());
          await page.screenshot(path.join(artifacts, `demo-wire-${scheme}-${engine}.png`));
        });
      }
    },
  );
}
