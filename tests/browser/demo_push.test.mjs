// The demo's view "Push or poll", in every engine.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { catalogues } from "../../demo/texts/catalogues.mjs";
import { startDemo } from "../../demo/server/server.mjs";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { artifacts, desktop, fitsScreen, phone, root, serveWithScript } from "../support/demo.mjs";
import {
  collectComplaints,
  complaintsOf,
  findViolations,
  serveWithAxe,
} from "../support/demo_view.mjs";
import { longestSuite } from "../support/patience.mjs";

const WAYS = ["/news", "/news/events", "/news/long", "/news/poll", "/news/latest"];
const texts = catalogues.en.push;

for (const engine of engines) {
  describe(`push or poll in ${engine}`, { skip: whyNot(engine), timeout: longestSuite }, () => {
    /** @type {Awaited<ReturnType<typeof startDemo>>} */
    let demo;
    /** @type {import("../support/browsers.mjs").Browser} */
    let browser;
    /** @type {import("../support/browsers.mjs").Page} */
    let page;
    const onlyChromium = engine !== "chromium" && "Chromium is enough";
    const noTouch = engine !== "chromium" && `${engine} emulates no touch screen`;

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
      page = await browser.newPage();
      await page.setViewport(desktop);
    });

    afterEach(() => page.close());

    /** Opens the view, and waits until each transport has delivered something. */
    async function visit(url = demo.url) {
      await page.goto(`${url}#push`);
      await haveArrived(1);
    }

    /** @param {number} count of events, by each transport */
    const haveArrived = (count) =>
      page.waitFor((count) => {
        const counts = [...document.querySelectorAll('#push-ways [data-figure="count"]')];
        return counts.every(({ textContent }) => Number(textContent?.replaceAll(",", "")) >= count);
      }, count);

    /** @param {string} words */
    const showsStatus = (words) =>
      page.waitFor(
        (words) => document.querySelector("#push-status")?.textContent?.includes(words),
        words,
      );

    /** @param {string} id of a button: other views have buttons of the same name */
    const press = (id) => page.evaluate((id) => document.getElementById(id)?.click(), id);

    /**
     * The figures in a card for each transport, without separators.
     *
     * @param {string} name
     */
    const figures = (name) =>
      page.evaluate(
        (name) =>
          [...document.querySelectorAll(`#push-ways [data-figure="${name}"]`)].map(
            ({ textContent }) => (textContent ?? "").replaceAll(",", ""),
          ),
        name,
      );

    /**
     * Moves a slider, or chooses, as a user does.
     *
     * @param {Record<string, string | boolean>} values by id
     */
    const choose = (values) =>
      page.evaluate((values) => {
        for (const [id, value] of Object.entries(values)) {
          const control = /** @type {HTMLInputElement} */ (document.getElementById(id));
          if (typeof value === "boolean") control.checked = value;
          else control.value = value;
          control.dispatchEvent(new Event("input"));
          control.dispatchEvent(new Event("change"));
        }
      }, values);

    it("delivers the news over five transports, and measures each", async () => {
      await visit();
      await choose({ "push-rate": "70" });
      await haveArrived(6);
      await page.waitFor(
        (tooFew) => !document.querySelector("#push-for-polling")?.textContent?.includes(tooFew),
        texts.tooFew,
      );
      for (const name of ["p50", "p95"]) {
        for (const age of await figures(name)) assert.match(age, /^\d+(\.\d)? m?s$/);
      }
      for (const name of ["upPerEvent", "downPerEvent"]) {
        for (const bytes of await figures(name)) assert.match(bytes, /^\d+(\.\d)? B$/);
      }
      assert.deepEqual((await figures("requests")).slice(0, 2), ["1", "1"]);
      await page.waitFor(() =>
        [...document.querySelectorAll("#push-load [data-figure]")].every(
          (one) => one.textContent !== "–",
        ),
      );
      assert.match(
        (await page.evaluate(() => document.querySelector("#push-clock")?.textContent)) ?? "",
        /^± \d/,
      );
    });

    for (const { name, settings } of [
      { name: "by default", settings: {} },
      {
        name: "with a cookie, compression, and without keep-alive",
        settings: {
          "push-cookie": "800",
          "push-compression": true,
          "push-keep-alive": false,
          "push-rate": "80",
        },
      },
    ]) {
      it(`counts the same bytes as a proxy, with the settings ${name}`, async (test) => {
        const recorder = await startRecorder(Number(new URL(demo.url).port));
        test.after(() => recorder.close());
        await page.goto(`${recorder.url}#socket`);
        await choose(settings);
        await page.evaluate(() => (location.hash = "push"));
        await haveArrived(4);
        await press("push-pause");
        await showsStatus(texts.paused);
        const shown = async () => {
          const [up, down, requests] = [
            await figures("up"),
            await figures("down"),
            await figures("requests"),
          ];
          return WAYS.map((way, i) => ({
            way,
            up: +up[i],
            down: +down[i],
            requests: +requests[i],
          }));
        };
        // The last figures are still in flight, and so may be the end of a connection.
        const deadline = performance.now() + 10_000;
        while (
          JSON.stringify(await shown()) !== JSON.stringify(recorder.record()) &&
          performance.now() < deadline
        );
        assert.deepEqual(await shown(), recorder.record());
        const cookies = recorder.cookies();
        for (const way of WAYS)
          assert.deepEqual(cookies[way], [settings["push-cookie"] ? 800 : 0], way);
      });
    }

    it("connects only while it is shown, and ends all connections when it is left", async (test) => {
      const recorder = await startRecorder(Number(new URL(demo.url).port));
      test.after(() => recorder.close());
      await page.goto(`${recorder.url}#socket`);
      await page.waitFor(() => document.querySelector("#supported")?.textContent === "true");
      assert.ok(recorder.record().every(({ requests }) => requests === 0));
      await page.evaluate(() => (location.hash = "push"));
      await haveArrived(1);
      await page.evaluate(() => (location.hash = "socket"));
      await recorder.isIdle();
      // Counts requests, not received data: the proxy may read late what was sent before.
      const asked = await page.evaluate(async () => {
        /** @type {string[]} */
        const urls = [];
        const page = /** @type {any} */ (globalThis);
        for (const name of ["fetch", "EventSource", "WebSocket"]) {
          page[name] = new Proxy(page[name], {
            apply: (call, self, args) => (
              urls.push(String(args[0])),
              Reflect.apply(call, self, args)
            ),
            construct: (made, args) => (urls.push(String(args[0])), Reflect.construct(made, args)),
          });
        }
        await new Promise((resolve) => setTimeout(resolve, 1500)); // longer than a poll waits
        return urls;
      });
      assert.deepEqual(asked, []);
    });

    it(
      "restarts the measurement after a change, and on request",
      { skip: onlyChromium },
      async () => {
        await visit();
        await choose({ "push-rate": "90" });
        await haveArrived(60);
        await press("push-restart");
        await page.waitFor(
          () =>
            Number(document.querySelector('#push-ways [data-figure="count"]')?.textContent) < 60,
        );
        await haveArrived(2);
        await choose({ "push-rate": "0" });
        await page.waitFor(
          () => document.querySelector("#push-rate-text")?.textContent === "0.1 a second",
        );
        await page.waitFor(
          () => document.querySelector('#push-ways [data-figure="count"]')?.textContent === "0",
        );
        assert.equal((await figures("p50"))[0], "–", "a transport without news has no age");
      },
    );

    it("pauses, keeps its figures, and measures again", { skip: onlyChromium }, async () => {
      await visit();
      await press("push-pause");
      await showsStatus(texts.paused);
      assert.notEqual((await figures("p50"))[0], "–");
      await press("push-pause");
      await showsStatus(texts.measuring);
      await haveArrived(1);
    });

    it(
      "multiplies the costs of one page by the number of clients",
      { skip: onlyChromium },
      async () => {
        await visit();
        await page.waitFor(
          () => document.querySelector('#push-load [data-figure="requests"]')?.textContent !== "–",
        );
        await press("push-pause");
        for (const [position, count] of /** @type {const} */ ([
          ["0", 1_000],
          ["100", 1_000_000],
        ])) {
          await choose({ "push-clients": position });
          const cells = await page.evaluate(() =>
            [...document.querySelectorAll("#push-load tbody tr")].flatMap((row) =>
              ["requests", "up", "down", "open"].map((name) =>
                ["", "Each"].map(
                  (suffix) =>
                    row.querySelector(`[data-figure="${name}${suffix}"]`)?.textContent ?? "",
                ),
              ),
            ),
          );
          for (const [i, [all, each]] of cells.entries()) {
            const isBytes = i % 4 === 1 || i % 4 === 2;
            const wanted = parseCompact(each) * count * (isBytes ? 8 / 1e6 : 1);
            // Both are shown with three digits.
            assert.ok(
              Math.abs(parseCompact(all) - wanted) <= wanted * 0.02 + 0.5,
              `${all} for ${count} × ${each}`,
            );
          }
        }
      },
    );

    it(
      "says that the server is gone, and reconnects when it is back",
      { skip: onlyChromium },
      async (test) => {
        let own = await startDemo({ port: 0, root });
        test.after(() => own.close());
        await visit(own.url);
        await own.close();
        await page.waitFor(() => document.querySelector("#push-status.bad"));
        own = await startDemo({ port: Number(new URL(own.url).port), root });
        await showsStatus(texts.measuring);
        await haveArrived(1);
      },
    );

    it("works by keyboard alone, in the order that the page is read", async () => {
      await visit();
      await page.evaluate(() =>
        /** @type {HTMLElement} */ (document.querySelector("#tab-view")).focus(),
      );
      /** @type {string[]} */
      const reached = [];
      for (let i = 0; i < 7; ++i) {
        await page.press("Tab");
        reached.push(await page.evaluate(() => document.activeElement?.id ?? ""));
        if (reached.at(-1) === "push-rate") await page.press("ArrowRight");
        if (reached.at(-1) === "push-pause") await page.press("Enter");
      }
      assert.deepEqual(
        reached,
        ["rate", "cookie", "keep-alive", "compression", "restart", "pause", "clients"].map(
          (name) => `push-${name}`,
        ),
      );
      await showsStatus(texts.paused);
      const slider = await page.evaluate(() => {
        const rate = document.querySelector("#push-rate");
        return [
          rate?.getAttribute("aria-valuetext"),
          document.querySelector("#push-rate-text")?.textContent,
        ];
      });
      assert.deepEqual(slider, ["1.1 a second", "1.1 a second"]);
    });

    it("speaks Chinese", { skip: onlyChromium }, async () => {
      await visit(`${demo.url}zh.html`);
      await press("push-pause");
      await showsStatus(catalogues.zh.push.paused);
      const heading = await page.evaluate(
        () => document.querySelector("#push-heading")?.textContent,
      );
      assert.equal(heading, catalogues.zh.push.heading);
    });

    for (const file of ["index.html", "zh.html"]) {
      it(
        `fits the screen of a phone, and can be touched there, in ${file}`,
        { skip: noTouch },
        async () => {
          await page.setViewport(phone);
          await visit(`${demo.url}${file}`);
          await page.waitFor(
            () =>
              document.querySelector('#push-load [data-figure="requests"]')?.textContent !== "–",
          );
          await fitsScreen(page);
          const tooWide = await page.evaluate(() =>
            [...document.querySelectorAll("#push-view :is(th, td, small, b, h3, h4, label)")]
              .filter((one) => one.scrollWidth > one.clientWidth)
              .map((one) => one.textContent),
          );
          assert.deepEqual(tooWide, []);
          const heights = await page.evaluate(() =>
            [...document.querySelectorAll("#push-view :is(input, select, button)")].map(
              (one) => (one.closest("label") ?? one).getBoundingClientRect().height,
            ),
          );
          assert.ok(
            Math.min(...heights) >= 44,
            `a touch target is only ${Math.min(...heights)} px high`,
          );
        },
      );
    }

    it("moves nothing for users who prefer reduced motion", { skip: onlyChromium }, async () => {
      const protocol = await page.protocol?.();
      const duration = async (/** @type {string} */ value) => {
        await protocol?.send("Emulation.setEmulatedMedia", {
          features: [{ name: "prefers-reduced-motion", value }],
        });
        return page.evaluate(() => {
          const bar = document.querySelector("#push-ways [data-bar]");
          return bar && getComputedStyle(bar).transitionDuration;
        });
      };
      await visit();
      assert.equal(await duration("no-preference"), "0.3s");
      assert.equal(await duration("reduce"), "0s");
    });

    it("keeps its layout while figures arrive", { skip: onlyChromium }, async () => {
      await page.goto(`${demo.url}#push`);
      await page.evaluate(() => {
        const shifts = Object.assign(globalThis, { shift: 0 });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) shifts.shift += /** @type {any} */ (entry).value;
        }).observe({ type: "layout-shift", buffered: true });
      });
      await choose({ "push-rate": "80" });
      await haveArrived(100);
      assert.ok((await page.evaluate(() => /** @type {any} */ (globalThis).shift)) < 0.01);
    });

    for (const scheme of ["light", "dark"]) {
      it(`has no violations for axe to report, ${scheme}`, { skip: onlyChromium }, async (test) => {
        const url = await serveWithAxe(test);
        const protocol = await page.protocol?.();
        await protocol?.send("Emulation.setEmulatedMedia", {
          features: [{ name: "prefers-color-scheme", value: scheme }],
        });
        await visit(url);
        const complaints = await findViolations(page);
        assert.deepEqual(complaints, []);
      });
    }

    it("writes nothing to the console, and violates no policy", async (test) => {
      await visit(await serveWithScript(test, collectComplaints));
      await choose({ "push-rate": "60", "push-cookie": "800", "push-compression": true });
      await haveArrived(10);
      await page.screenshot(path.join(artifacts, `demo-push-${engine}.png`));
      await press("push-pause");
      await showsStatus(texts.paused);
      assert.deepEqual(await complaintsOf(page), []);
    });

    it(
      "has its picture taken, in both languages, light and dark",
      { skip: onlyChromium },
      async () => {
        const protocol = await page.protocol?.();
        for (const { name, viewport } of [
          { name: "desktop", viewport: desktop },
          { name: "phone", viewport: phone },
        ]) {
          for (const [language, scheme] of [
            ["index", "light"],
            ["zh", "dark"],
          ]) {
            await page.setViewport(viewport);
            await protocol?.send("Emulation.setEmulatedMedia", {
              features: [{ name: "prefers-color-scheme", value: scheme }],
            });
            await page.goto("about:blank");
            await visit(`${demo.url}${language}.html`);
            await choose({ "push-rate": "60" });
            await haveArrived(10);
            const file = `demo-push-${name}-${language === "zh" ? "zh" : "en"}-${scheme}.png`;
            await page.screenshot(path.join(artifacts, file), "#push-view");
          }
        }
      },
    );
  });
}

/**
 * "12.3K" as a number.
 *
 * @param {string} text
 */
function parseCompact(text) {
  const [, number, unit = ""] = /^([\d.]+)([KMB]?)$/.exec(text) ?? [];
  return Number(number) * 1000 ** ["", "K", "M", "B"].indexOf(unit);
}

/**
 * A TCP proxy before the demo's server that counts the bytes of each connection itself, by request.
 * A browser sends no request before the previous one on its connection is answered, so each starts
 * when the browser sends. The Host is changed to the server's, which has the same length.
 *
 * @param {number} target
 */
async function startRecorder(target) {
  /** @type {{ path: string, up: number, down: number, cookie: number }[]} */
  const requests = [];
  /** @type {Map<net.Socket, typeof requests[number]>} */
  const open = new Map();
  /** @type {Set<net.Socket>} */
  const clients = new Set();

  const listener = net.createServer({ allowHalfOpen: true }, (client) => {
    const server = net.connect({ port: target, host: "127.0.0.1", allowHalfOpen: true });
    clients.add(client);
    client.on("close", () => clients.delete(client));
    /** @type {typeof requests[number] | undefined} */
    let request;
    client.on("data", (bytes) => {
      const text = bytes.toString("latin1");
      const path = /^(?:GET|POST) ([^? ]*)\S* HTTP/.exec(text)?.[1];
      if (path !== undefined) {
        const cookie = /^Cookie: (.*)\r$/im.exec(text)?.[1].length ?? 0;
        request = { path, up: 0, down: 0, cookie };
        requests.push(request);
        open.set(client, request);
      }
      if (request) request.up += bytes.length;
      server.write(
        path === undefined
          ? bytes
          : Buffer.from(text.replaceAll(`:${port}`, `:${target}`), "latin1"),
      );
    });
    server.on("data", (bytes) => {
      if (request) request.down += bytes.length;
      client.write(bytes);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ]) {
      // The other side may still send: its bytes count, although they are no longer read.
      one.on("error", () => other.end());
      // When one side has ended a connection, the other may keep its half open for a while.
      for (const event of ["end", "close"]) {
        one.on(event, () => {
          other.end();
          open.delete(client);
        });
      }
    }
  });
  let port = 0;
  do {
    if (port) listener.close();
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    ({ port } = /** @type {net.AddressInfo} */ (listener.address()));
  } while (String(port).length !== String(target).length);

  const record = () =>
    WAYS.map((way) => {
      const own = requests.filter(({ path }) => path === way);
      const sum = (/** @type {"up" | "down"} */ name) =>
        own.reduce((total, one) => total + one[name], 0);
      return { way, up: sum("up"), down: sum("down"), requests: own.length };
    });

  return {
    url: `http://127.0.0.1:${port}/`,
    record,
    /** The lengths of the cookies in each transport's requests. */
    cookies: () =>
      Object.fromEntries(
        WAYS.map((way) => [
          way,
          [...new Set(requests.filter(({ path }) => path === way).map(({ cookie }) => cookie))],
        ]),
      ),
    /** Waits until no connection for news is open any more. */
    async isIdle() {
      const staysOpen = ["/news", "/news/control", "/news/events", "/news/long"];
      while ([...open.values()].some(({ path }) => staysOpen.includes(path))) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    close() {
      for (const client of clients) client.destroy();
      listener.close();
    },
  };
}
