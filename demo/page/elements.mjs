// Helpers for the elements of the page.

import { texts } from "./texts.mjs";

const MAX_ROWS = 500;
const LANGUAGE = document.documentElement.lang;
const CLOCK = new Intl.DateTimeFormat(LANGUAGE, {
  hourCycle: "h23",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
// toLocaleString() would create one of these in each call, which costs more than the rest of a row.
const NUMBERS = [0, 1, 2].map(
  (digits) =>
    new Intl.NumberFormat(LANGUAGE, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }),
);
export const ARROWS = { sent: "→", received: "←", event: "•" };

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} type
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`The page has no ${type.name} with the id ${id}.`);
}

/** @param {unknown} thrown */
export const messageOf = (thrown) => (thrown instanceof Error ? thrown.message : String(thrown));

/**
 * @param {number} number
 * @param {0 | 1 | 2} digits after the decimal point
 */
export const formatNumber = (number, digits = 0) => NUMBERS[digits].format(number);

/** @param {number} size */
export const formatSize = (size) => `${formatNumber(size)} B`;

/** @param {number} time in milliseconds */
export const formatSeconds = (time) => texts.units.seconds(formatNumber(time / 1000, 1));

/** @param {Date} [date] the current time by default */
export const formatClock = (date) => CLOCK.format(date);

/**
 * Returns a function that appends a row to the list with this id, and scrolls to it unless the user
 * has scrolled up to read.
 *
 * @param {string} id of a list in a scrolling element
 */
export function logIn(id) {
  const log = element(id, HTMLOListElement);
  const scroller = /** @type {HTMLElement} */ (log.parentElement);
  let isFollowing = false;

  /** Once per frame, not per row, because it makes the browser lay out the whole list. */
  function follow() {
    if (isFollowing) return;
    if (scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight >= 40) return;
    isFollowing = true;
    requestAnimationFrame(() => {
      isFollowing = false;
      scroller.scrollTop = scroller.scrollHeight;
    });
  }

  /**
   * @param {keyof typeof ARROWS} direction
   * @param {keyof typeof texts.log.kinds} kind
   * @param {string} content
   * @param {string} size
   */
  return (direction, kind, content, size = "") => {
    follow();
    const row = document.createElement("li");
    row.dataset.kind = kind;
    const cells = {
      time: formatClock(),
      direction: ARROWS[direction],
      kind: texts.log.kinds[kind],
      content,
      size,
    };
    for (const [name, text] of Object.entries(cells)) {
      const cell = document.createElement("span");
      cell.className = name;
      cell.textContent = text;
      row.append(cell);
    }
    row.children[1].setAttribute("role", "img");
    row.children[1].setAttribute("aria-label", texts.log.directions[direction]);
    log.append(row);
    if (log.children.length > MAX_ROWS) log.children[0].remove();
  };
}

/**
 * Returns a function that shows a text in the element with this id.
 *
 * @param {string} id
 */
export function statusIn(id) {
  const status = element(id, HTMLElement);

  /**
   * @param {string} text
   * @param {"good" | "bad"} mood
   */
  return (text, mood = "good") => {
    status.classList.toggle("bad", mood === "bad");
    // Skips unchanged text, so that screen readers don't read it again.
    if (status.textContent !== text) status.textContent = text;
  };
}

/**
 * Marks the item of a list that stands for the current state.
 *
 * @param {string} id of a list
 * @param {number} current the item's index
 */
export function showStep(id, current) {
  const steps = element(id, HTMLOListElement).children;
  for (let i = 0; i < steps.length; ++i)
    steps[i].setAttribute("aria-current", String(i === current));
}
