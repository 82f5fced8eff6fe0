// The scenes for pictures of the demo: a view in use.

/** @typedef {import("../../tests/support/browsers.mjs").Page} Page */

/**
 * @typedef {object} Scene
 * @property {string} view of the demo, as in its address
 * @property {string} file in docs/
 * @property {string} [part] a selector for the part of the page to show instead of its top
 * @property {(page: Page) => Promise<unknown>} play uses the view until there is something to see
 */

/** The states of a session, in any language. */
const STATES = {
  open: "li:nth-child(3)[aria-current=true]",
  waiting: "li:nth-child(4)[aria-current=true]",
};

/** @type {Scene[]} */
export const scenes = [
  {
    view: "socket",
    file: "demo.png",
    async play(page) {
      await click(page, "#sample-echo");
      await counts(page, "#ready-state [aria-current=true]:nth-child(2)", 1);
      for (const form of ["#send-text", "#send-bytes"]) await click(page, `${form} button`);
      await counts(page, "#log li", 6);
    },
  },
  {
    view: "session",
    file: "demo-session.png",
    async play(page) {
      await startSession(page);
      await click(page, "#leave");
      await counts(page, `#session-state ${STATES.waiting}`, 1);
      for (let i = 0; i < 12; ++i) await click(page, "#send-one");
      await counts(page, "#messages [data-fate=kept]", 12);
    },
  },
  {
    view: "threads",
    file: "demo-threads.png",
    async play(page) {
      await page.waitFor(() => /\d/.test(document.querySelector("#io-median")?.textContent ?? ""));
      await page.evaluate(() => {
        const load = /** @type {HTMLInputElement} */ (document.querySelector("#load"));
        load.value = "24";
        load.dispatchEvent(new Event("input"));
      });
      // A third of the width: the curves are 1000 units wide.
      await page.waitFor(
        () =>
          /** @type {SVGPathElement} */ (document.querySelector("#io-curve")).getBBox().width > 333,
      );
    },
  },
  {
    view: "wire",
    file: "demo-wire.png",
    async play(page) {
      await shows(page, "#accept-verdict", "✓");
      await click(page, "#wire-send-text button");
      await counts(page, "#wire-frames li", 2);
      await click(page, "#wire-ping");
      await counts(page, "#wire-frames li", 4);
      await click(page, "#wire-frames [data-field=key]");
    },
  },
  {
    view: "throughput",
    file: "demo-throughput.png",
    async play(page) {
      await page.waitFor(() => document.querySelector(".throughput-chart canvas") !== null);
      await click(page, "#throughput-start");
      await page.waitFor(
        () =>
          /** @type {HTMLProgressElement} */ (document.querySelector("#throughput-elapsed")).value >
          10,
      );
    },
  },
  {
    view: "push",
    file: "demo-push.png",
    async play(page) {
      // Some news has arrived in each of the five ways.
      await page.waitFor(() =>
        [...document.querySelectorAll("#push-ways [data-figure=count]")].every(
          ({ textContent }) => Number(textContent) > 4,
        ),
      );
    },
  },
  {
    view: "room",
    file: "demo-room.png",
    async play(page) {
      await page.waitFor(() => document.querySelectorAll("#room-visitors li").length > 0);
      await page.evaluate(() => {
        const canvas = /** @type {HTMLElement} */ (document.querySelector("#room-canvas"));
        const { left, top, width, height } = canvas.getBoundingClientRect();
        // Three strands of a rope, drawn as one stroke each.
        for (let strand = 0; strand < 3; ++strand) {
          for (let i = 0; i <= 100; ++i) {
            const clientX = left + width * (0.08 + 0.84 * (i / 100));
            const clientY =
              top + height * (0.5 + 0.2 * Math.sin(i / 8 + (strand * 2 * Math.PI) / 3));
            const type = i === 0 ? "pointerdown" : i === 100 ? "pointerup" : "pointermove";
            const isDown = type === "pointerup" ? 0 : 1;
            const init = {
              clientX,
              clientY,
              buttons: isDown,
              pointerId: 1,
              isPrimary: true,
              bubbles: true,
            };
            canvas.dispatchEvent(new PointerEvent(type, { ...init, pointerType: "mouse" }));
          }
        }
      });
      await page.waitFor(() => {
        const [sent, acknowledged] = ["sent", "acknowledged"].map((figure) =>
          Number(document.querySelector(`#room-${figure}`)?.textContent),
        );
        return sent > 2 && sent === acknowledged;
      });
    },
  },
  {
    view: "session",
    file: "demo-panel.png",
    part: "#panel",
    async play(page) {
      await startSession(page);
      for (let i = 0; i < 3; ++i) await click(page, "#send-one");
      await click(page, "#cut");
      for (let i = 0; i < 3; ++i) await click(page, "#send-one");
      await shows(page, "#connections", "2");
      await counts(page, "#events [data-type=received]", 4);
      await page.evaluate(() =>
        /** @type {HTMLElement} */ (
          [...document.querySelectorAll("#events [data-type=sent]")].at(-1)
        ).click(),
      );
    },
  },
];

/** @param {Page} page */
async function startSession(page) {
  await click(page, "#start");
  await counts(page, `#session-state ${STATES.open}`, 1);
  for (let i = 0; i < 4; ++i) await click(page, "#send-one");
  await counts(page, "#messages [data-fate=acknowledged]", 4);
}

/**
 * @param {Page} page
 * @param {string} selector
 */
export function click(page, selector) {
  return page.evaluate(
    (selector) => /** @type {HTMLElement} */ (document.querySelector(selector)).click(),
    selector,
  );
}

/**
 * Waits until an element's text begins with `start`.
 *
 * @param {Page} page
 * @param {string} selector
 * @param {string} start
 */
export function shows(page, selector, start) {
  const isSo = (/** @type {string} */ selector, /** @type {string} */ start) =>
    document.querySelector(selector)?.textContent?.trim().startsWith(start) ?? false;
  return page.waitFor(isSo, selector, start);
}

/**
 * Waits until there are at least `count` elements.
 *
 * @param {Page} page
 * @param {string} selector
 * @param {number} count
 */
export function counts(page, selector, count) {
  const isSo = (/** @type {string} */ selector, /** @type {number} */ count) =>
    document.querySelectorAll(selector).length >= count;
  return page.waitFor(isSo, selector, count);
}
