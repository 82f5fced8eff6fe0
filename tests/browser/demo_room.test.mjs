// The demo's room in every engine: several visitors draw together.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { startRoomCluster } from "../../demo/server/room_cluster.mjs";
import { startDemo } from "../../demo/server/server.mjs";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { findViolations } from "../support/demo_view.mjs";
import { Visitor, secretOf, strokeFrame } from "../support/room_visitor.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const artifacts = path.join(root, "build", "artifacts");
const desktop = { width: 1100, height: 900 };
const phone = { width: 360, height: 740, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const program = process.env.HAWSER_NATS_SERVER ?? "";

let rooms = 0; // each test has its own room

for (const engine of engines) {
  describe(`the demo's room in ${engine}`, { skip: whyNot(engine), timeout: longestSuite }, () => {
    /** @type {Awaited<ReturnType<typeof startDemo>>} */
    let demo;
    /** @type {import("../support/browsers.mjs").Browser} */
    let browser;
    /** @type {import("../support/browsers.mjs").Page} */
    let page;
    /** @type {Visitor[]} */
    let others = [];

    before(async () => {
      fs.mkdirSync(artifacts, { recursive: true });
      demo = await startDemo({ port: 0, root });
      browser = await launch(engine);
    });

    after(async () => {
      await browser?.close();
      await demo?.close();
    });

    beforeEach(async () => {
      ++rooms;
      page = await browser.newPage();
      await page.setViewport(desktop);
    });

    afterEach(async () => {
      for (const other of others) other.close();
      others = [];
      await page.close();
    });

    /** @param {{ url?: string, file?: string, on?: typeof page }} [options] */
    async function visit({ url = demo.url, file = "", on = page } = {}) {
      await on.goto(`${url}${file}?room=test-${rooms}#room`);
      await on.waitFor(() => document.querySelectorAll("#room-visitors li").length > 0);
    }

    /** Another visitor, which is not a browser. @param {string} [name] */
    async function otherVisitor(name = "Ada") {
      const url = `${demo.url.replace(/^http/, "ws")}room?room=test-${rooms}`;
      const other = await Visitor.join(url, {
        secret: secretOf(others.length + 1),
        name,
        colour: others.length + 1,
      });
      others.push(other);
      return other;
    }

    /**
     * Draws like a mouse, between points that are fractions of the board.
     *
     * @param {[number, number][]} places
     */
    const draw = (places, on = page, isLifted = true) =>
      on.evaluate(
        (places, isLifted) => {
          const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("#room-canvas"));
          canvas.setPointerCapture = () => {}; // there is no real pointer
          const { left, top, width, height } = canvas.getBoundingClientRect();
          /** @param {string} type @param {[number, number]} place */
          const fire = (type, [x, y]) =>
            canvas.dispatchEvent(
              new PointerEvent(type, {
                bubbles: true,
                isPrimary: true,
                pointerId: 1,
                clientX: left + x * width,
                clientY: top + y * height,
              }),
            );
          fire("pointerdown", places[0]);
          for (const place of places.slice(1)) fire("pointermove", place);
          if (isLifted) fire("pointerup", places[places.length - 1]);
        },
        places,
        isLifted,
      );

    /** Waits until the board has ink at a place. @param {number} x @param {number} y */
    const hasInk = (x, y, on = page) =>
      on.waitFor(
        (x, y) => {
          const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("#room-canvas"));
          const [left, top] = [Math.round(x * canvas.width), Math.round(y * canvas.height)];
          return (canvas.getContext("2d")?.getImageData(left, top, 1, 1).data[3] ?? 0) > 100;
        },
        x,
        y,
      );

    /** @param {string} id @param {string} text */
    const shows = (id, text, on = page) =>
      on.waitFor(
        (id, text) => document.querySelector(`#room-${id}`)?.textContent === text,
        id,
        text,
      );

    it("shows two tabs each other's strokes and pointers", async () => {
      await visit();
      const second = await browser.newPage();
      try {
        await visit({ on: second });
        await second.waitFor(() => document.querySelectorAll("#room-visitors li").length === 2);
        await draw(
          [
            [0.2, 0.5],
            [0.4, 0.5],
          ],
          second,
        );
        await hasInk(0.3, 0.5, second);
        await second.waitFor(() => {
          const sent = document.querySelector("#room-sent")?.textContent;
          return (
            Number(sent) > 0 && document.querySelector("#room-acknowledged")?.textContent === sent
          );
        });
        const sent = await second.evaluate(
          () => document.querySelector("#room-sent")?.textContent ?? "",
        );
        await shows("received", sent);
      } finally {
        await second.close();
      }
      // In front again, it gets frames.
      await hasInk(0.3, 0.5);
      await shows("gaps", "0");
      await shows("doubles", "0");
    });

    it("shows another visitor's stroke, pointer and name, and removes them when they leave", async () => {
      await visit();
      const ada = await otherVisitor("Ada ⚓");
      ada.send(strokeFrame(1, 2)); // from and to 7 / 255
      await hasInk(7 / 255, 7 / 255);
      ada.send(Buffer.of(2, 0x80, 0, 0x80, 0));
      await page.waitFor(() => {
        const pointer = [...document.querySelectorAll("#room-pointers span")].find(
          (one) => one.textContent === "Ada ⚓",
        );
        const board = document.querySelector("#room-board")?.getBoundingClientRect();
        const at = pointer?.getBoundingClientRect();
        return board && at && at.width > 0 && Math.abs(at.left - board.left - board.width / 2) < 3;
      });
      ada.close();
      await page.waitFor(() => document.querySelectorAll("#room-visitors li").length === 1);
      assert.equal(
        await page.evaluate(() => document.querySelectorAll("#room-pointers span").length),
        1,
      );
    });

    it("shows earlier strokes", async () => {
      const ada = await otherVisitor();
      ada.send(strokeFrame(1, 2));
      await ada.until(() => ada.all("stored").length === 1);
      await visit();
      await hasInk(7 / 255, 7 / 255);
      await shows("last", "1");
    });

    it("sends its strokes to the others", async () => {
      await visit();
      const ada = await otherVisitor();
      await draw([
        [0.25, 0.5],
        [0.75, 0.5],
      ]);
      await ada.until(() => ada.strokes.length > 0);
      const points = ada.all("stroke").flatMap((bytes) => {
        const count = (bytes.length - 18) / 4;
        return Array.from(
          { length: count },
          (_, index) => bytes.readUInt16BE(18 + 4 * index) / 65_535,
        );
      });
      assert.ok(Math.abs(points[0] - 0.25) < 0.01, `it starts at ${points[0]}`);
      await ada.until(() => {
        const last = /** @type {Buffer} */ (ada.all("stroke").at(-1));
        return Math.abs(last.readUInt16BE(last.length - 4) / 65_535 - 0.75) < 0.01;
      });
    });

    it("sends nothing while a pen rests, whatever others do", async () => {
      await visit();
      const ada = await otherVisitor();
      const line = /** @type {[number, number][]} */ ([
        [0.2, 0.2],
        [0.6, 0.6],
      ]);
      await draw(line, page, false);
      await ada.until(() => ada.strokes.length > 0);
      for (let turn = 1; turn <= 5; ++turn) {
        ada.send(Buffer.of(2, 16 * turn, 0, 0, 0));
        await page.waitFor(
          (share) => {
            const pointer = [...document.querySelectorAll("#room-pointers span")].find(
              (one) => one.textContent === "Ada",
            );
            const board = document.querySelector("#room-board")?.getBoundingClientRect();
            const at = pointer?.getBoundingClientRect();
            return board && at && Math.abs(at.left - board.left - share * board.width) < 3;
          },
          (16 * turn * 256) / 65_535,
        );
      }
      assert.equal(ada.strokes.length, 1);
    });

    it("can be drawn on with the keyboard", async () => {
      await visit();
      const ada = await otherVisitor();
      await page.evaluate(() =>
        /** @type {HTMLElement} */ (document.querySelector("#room-canvas")).focus(),
      );
      for (const key of [" ", "ArrowRight", "ArrowRight", "ArrowDown", " "]) {
        await page.evaluate((key) => {
          document.activeElement?.dispatchEvent(
            new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
          );
        }, key);
      }
      await hasInk(0.51, 0.5);
      await shows("status", "Pen up.");
      await ada.until(() => ada.strokes.length > 0);
    });

    it("has no connection while another view is shown", async () => {
      await page.goto(`${demo.url}?room=test-${rooms}#socket`);
      const ada = await otherVisitor();
      await page.evaluate(() => (location.hash = "#room"));
      await ada.until(() => ada.all("here").length === 2);
      await page.evaluate(() => (location.hash = "#socket"));
      await ada.until(() => ada.all("left").length === 1);
    });

    it("goes to another room, and reports an invalid name", async () => {
      await visit();
      await page.evaluate(() => {
        const field = /** @type {HTMLInputElement} */ (document.querySelector("#room-name"));
        field.value = "No room";
        field.form?.requestSubmit();
      });
      await page.waitFor(() =>
        document.querySelector("#room-status.bad")?.textContent.startsWith("A room’s name"),
      );
      await page.evaluate(() => {
        const field = /** @type {HTMLInputElement} */ (document.querySelector("#room-name"));
        field.value = "another-room";
        field.form?.requestSubmit();
      });
      const url = `${demo.url.replace(/^http/, "ws")}room?room=another-room`;
      const ada = await Visitor.join(url, { secret: secretOf(1) });
      others.push(ada);
      await ada.until(() => ada.all("here").length === 2);
      assert.match(await page.evaluate(() => location.href), /\?room=another-room#room$/);
    });

    it("loses nothing when its server and a NATS node are killed", { skip: !program }, async () => {
      const cluster = await startRoomCluster({ root, program });
      try {
        await visit({ url: cluster.urls[0] });
        await shows("server", "server 1");
        await page.click("Kill NATS node 1");
        await page.waitFor(
          () => document.querySelectorAll("#room-parts [data-up=false]").length === 1,
        );
        await page.click("Kill server 1");
        await draw([
          [0.2, 0.2],
          [0.6, 0.2],
        ]);
        await shows("server", "server 2");
        await page.waitFor(() => {
          const sent = document.querySelector("#room-sent")?.textContent;
          return Number(sent) > 0 && document.querySelector("#room-received")?.textContent === sent;
        });
        assert.ok(
          await page.evaluate(() => {
            const parts = /** @type {HTMLElement} */ (document.querySelector("#room-parts"));
            return parts.scrollWidth <= parts.clientWidth;
          }),
          "the buttons are wider than the page",
        );
        await page.click("Restart NATS node 1");
        await page.click("Restart server 1");
        await page.waitFor(
          () => document.querySelectorAll("#room-parts [data-up=false]").length === 0,
        );
        await shows("gaps", "0");
        await shows("doubles", "0");
        if (engine === "chromium")
          await page.screenshot(path.join(artifacts, `demo-room-cluster-${engine}.png`));
      } finally {
        await cluster.close();
      }
    });

    if (engine !== "chromium") return;

    /** Draws a picture, by several visitors. */
    async function fill() {
      await visit();
      for (const name of ["Otter", "Heron", "Narwhal"]) {
        const other = await otherVisitor(name);
        const turn = others.length;
        for (let number = 1; number <= 20; ++number) {
          const frame = strokeFrame(number, 8);
          frame[5] = turn + 1;
          for (let i = 0; i < 8; ++i) {
            const angle = ((number - 1) * 7 + i) * 0.05;
            frame.writeUInt16BE(
              Math.round(32_768 + (8_000 * turn + 900 * Math.sin(9 * angle)) * Math.cos(angle)),
              6 + 4 * i,
            );
            frame.writeUInt16BE(
              Math.round(32_768 + (8_000 * turn + 900 * Math.sin(9 * angle)) * Math.sin(angle)),
              8 + 4 * i,
            );
          }
          other.send(frame);
        }
      }
      await shows("last", "60");
    }

    for (const file of ["", "zh.html"]) {
      const language = file ? "zh" : "en";
      it(`fits a phone, light and dark, in ${language}`, async () => {
        const devtools = await page.protocol?.();
        await fill();
        for (const [form, viewport] of Object.entries({ desktop, phone })) {
          await page.setViewport(viewport);
          for (const value of ["light", "dark"]) {
            await devtools?.send("Emulation.setEmulatedMedia", {
              features: [{ name: "prefers-color-scheme", value }],
            });
            await visit({ file });
            await hasInk(0.5 + 8_000 / 65_535, 0.5);
            const tooWide = await page.evaluate(() => {
              const screen = document.documentElement;
              const all = [...document.querySelectorAll("nav, #room-view *, #room-view")];
              return [
                ...(screen.scrollWidth > screen.clientWidth ? ["the page"] : []),
                ...all
                  .filter(
                    (one) => !one.closest("#room-board") && one.scrollWidth > one.clientWidth + 1,
                  )
                  .filter(
                    (one) => getComputedStyle(one).display !== "inline" && one.tagName !== "INPUT",
                  )
                  .map((one) => `${one.tagName} ${one.id} ${one.textContent?.slice(0, 30)}`),
              ];
            });
            assert.deepEqual(tooWide, []);
            const heights = await page.evaluate(() =>
              [...document.querySelectorAll("#room-view :is(input, button), nav a")]
                .filter((one) => one.checkVisibility())
                .map((one) => one.getBoundingClientRect().height),
            );
            assert.ok(
              Math.min(...heights) >= 44,
              `a touch target is only ${Math.min(...heights)} px high`,
            );
            await page.screenshot(
              path.join(artifacts, `demo-room-${form}-${value}-${language}.png`),
            );
          }
        }
      });
    }

    it("has no violations for axe to report, in both schemes", async () => {
      const devtools = await page.protocol?.();
      for (const value of ["light", "dark"]) {
        await devtools?.send("Emulation.setEmulatedMedia", {
          features: [{ name: "prefers-color-scheme", value }],
        });
        await visit();
        const axe = fs.readFileSync(fileURLToPath(import.meta.resolve("axe-core")), "utf8");
        await devtools?.send("Runtime.evaluate", { expression: axe });
        const complaints = await findViolations(page);
        assert.deepEqual(complaints, []);
      }
    });

    it("does not move the content below while figures and people change, and has no animation", async () => {
      await visit();
      const place = () =>
        page.evaluate(
          () => document.querySelector("#room-gaps")?.getBoundingClientRect().top.toFixed(1) ?? "",
        );
      const before = await place();
      const ada = await otherVisitor();
      for (let number = 1; number <= 30; ++number) ada.send(strokeFrame(number, 2));
      await shows("received", "30");
      assert.equal(await place(), before);
      assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    });

    it("writes nothing to the console", async () => {
      /** @type {string[]} */
      const lines = [];
      await page.close();
      page = await browser.newPage({ onConsole: (line) => lines.push(line) });
      await visit();
      await draw([
        [0.2, 0.2],
        [0.6, 0.6],
      ]);
      await page.waitFor(() => Number(document.querySelector("#room-received")?.textContent) > 0);
      assert.deepEqual(lines, []);
    });
  });
}
