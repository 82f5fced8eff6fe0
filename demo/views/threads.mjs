// Threads: keeps the main thread as busy as the user selects, and shows the round trips of
// threads.cpp.

import { element, formatNumber, messageOf, statusIn } from "../page/elements.mjs";
import { fromPage, onThisServer } from "../page/urls.mjs";
import { watch } from "../page/panel.mjs";
import { describeError, texts } from "../page/texts.mjs";
import { onShown } from "../page/views.mjs";

/**
 * The exports of threads.cpp. `take` returns what was measured since the last call, and nothing
 * before `start`.
 *
 * @typedef {object} ThreadsDemo
 * @property {(url: string) => void} start
 * @property {() => void} stop
 * @property {() => Partial<Record<Path, Taken>>} take
 */

/**
 * Times are in milliseconds. If there is a problem, `error` is its name, and `message` describes it
 * in English.
 *
 * @typedef {{ roundTrips: { age: number, duration: number }[], error?: string, message?: string }}
 *   Taken
 */

/** @typedef {"main" | "io"} Path the thread that a message goes through */

const PATHS = /** @type {const} */ (["main", "io"]);

const SPAN = 30_000; // ms that the chart shows
const MEDIAN_SPAN = 2_000; // ms
const REFRESH_INTERVAL = 100; // ms
const CALM_REFRESH_INTERVAL = 1_000; // ms, if the user prefers reduced motion

// The chart's size in its own units, and its decades from bottom to top.
const WIDTH = 1000;
const HEIGHT = 400;
const FASTEST = -1; // 0.1 ms
const SLOWEST = 3; // 1 s
const LONGEST_GAP = 1_000; // ms, after which the curve is interrupted

const canvas = element("animation", HTMLCanvasElement);
const load = element("load", HTMLInputElement);
const pause = element("pause", HTMLButtonElement);
const wantsLittleMotion = matchMedia("(prefers-reduced-motion: reduce)");
const setStatus = statusIn("threads-status");

/** @type {Promise<ThreadsDemo> | undefined} Undefined until the view is opened. */
let loading;

/** @type {ThreadsDemo | undefined} Undefined until it is loaded. */
let demo;

let isShown = false;
let isRunning = false;
let nextFrame = 0; // what requestAnimationFrame returned
let lastRefresh = 0;

/** @type {number[]} The start times of the frames in the last second. */
let frames = [];

/**
 * @typedef {{ end: number, duration: number, median: number }} RoundTrip `median` includes earlier ones
 */

/** @type {Record<Path, RoundTrip[]>} */
const roundTrips = { main: [], io: [] };

/** When the medians will cover the present load only, to be announced once. Infinity after that. */
let settled = Infinity;

/** @returns {Promise<ThreadsDemo>} */
async function loadModule() {
  try {
    const { default: create } = await import(fromPage("demo/threads.mjs"));
    const module = await create();
    watch(module);
    return module;
  } catch (exception) {
    loading = undefined;
    throw new Error(texts.threads.moduleMissing(messageOf(exception)), { cause: exception });
  }
}

/** Runs while the view is visible and not paused. */
async function update() {
  const isWanted = isShown && pause.getAttribute("aria-pressed") !== "true";
  if (isWanted === isRunning) return;
  isRunning = isWanted;
  if (!isRunning) return stop();

  frames = [];
  nextFrame = requestAnimationFrame(showFrame);
  setStatus(texts.threads.connecting);
  try {
    demo = await (loading ??= loadModule());
    // It may have been paused in the meantime.
    if (!isRunning) return;
    demo.start(onThisServer("/echo"));
    measureAgain();
  } catch (exception) {
    setStatus(messageOf(exception), "bad");
  }
}

function stop() {
  cancelAnimationFrame(nextFrame);
  demo?.stop();
  setStatus(texts.threads.paused);
}

function measureAgain() {
  settled = performance.now() + MEDIAN_SPAN;
}

/** @param {number} now */
function showFrame(now) {
  nextFrame = requestAnimationFrame(showFrame);
  frames.push(now);
  drawRope(wantsLittleMotion.matches ? 0 : now);
  keepBusy(load.valueAsNumber);
  if (now - lastRefresh < (wantsLittleMotion.matches ? CALM_REFRESH_INTERVAL : REFRESH_INTERVAL))
    return;
  lastRefresh = now;
  refresh();
}

/** @param {number} duration */
function keepBusy(duration) {
  const end = performance.now() + duration;
  while (performance.now() < end);
}

/**
 * Draws a turning rope: strands that wind around each other.
 *
 * @param {number} time
 */
function drawRope(time) {
  const scale = devicePixelRatio;
  const [width, height] = [canvas.clientWidth * scale, canvas.clientHeight * scale].map(Math.round);
  // Only if necessary: setting the width also clears the canvas, which costs more than clearRect.
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) return;

  const style = getComputedStyle(canvas);
  const colors = ["--accent", "--strand", "--accent-deep"].map((name) =>
    style.getPropertyValue(name),
  );
  context.clearRect(0, 0, width, height);
  context.lineWidth = height / 5;
  context.lineCap = "round";
  const step = height / 16;
  const turn = 0.75 * height; // of a strand around the others
  for (let x = -step; x < width + step; x += step) {
    for (const [strand, color] of colors.entries()) {
      /** @param {number} x */
      const angle = (x) => 2 * Math.PI * (x / turn - time / 2000 + strand / colors.length);
      // Half of each turn is behind the other strands.
      if (Math.cos(angle(x)) < 0) continue;
      context.strokeStyle = color;
      context.beginPath();
      context.moveTo(x, height * (0.5 + 0.3 * Math.sin(angle(x))));
      context.lineTo(x + step, height * (0.5 + 0.3 * Math.sin(angle(x + step))));
      context.stroke();
    }
  }
}

/** Shows what was measured since the last call. */
function refresh() {
  const now = performance.now();
  frames = frames.filter((began) => now - began < 1000);
  element("frame-rate", HTMLElement).textContent = formatNumber(frames.length);

  const taken = demo?.take() ?? {};
  for (const path of PATHS) {
    for (const { age, duration } of taken[path]?.roundTrips ?? []) add(path, now - age, duration);
    roundTrips[path] = roundTrips[path].filter(({ end }) => now - end < SPAN);
    element(`${path}-points`, SVGPathElement).setAttribute("d", points(roundTrips[path], now));
    element(`${path}-curve`, SVGPathElement).setAttribute("d", curve(roundTrips[path], now));
    element(`${path}-last`, HTMLElement).textContent = formatTime(
      roundTrips[path].at(-1)?.duration,
    );
    element(`${path}-median`, HTMLElement).textContent = formatTime(currentMedian(path, now));
  }
  const problems = PATHS.map((path) => taken[path]).map(
    (one) => one?.error && describeError(one.error, one.message ?? ""),
  );
  showStatus(now, new Set(problems.filter((problem) => problem !== undefined)));
}

/**
 * Announces problems, or the medians. Not in each call, because screen readers read each
 * announcement.
 *
 * @param {number} now
 * @param {Set<string>} problems
 */
function showStatus(now, problems) {
  if (problems.size > 0) {
    measureAgain();
    return setStatus(texts.threads.retrying([...problems]), "bad");
  }
  const [main, io] = PATHS.map((path) => currentMedian(path, now));
  if (main === undefined || io === undefined) return;
  if (now > settled) {
    settled = Infinity;
    setStatus(texts.threads.medians(load.valueAsNumber, formatTime(main), formatTime(io)));
  } else if (settled < Infinity) {
    setStatus(texts.threads.measuring);
  }
}

/**
 * @param {Path} path
 * @param {number} end
 * @param {number} duration
 */
function add(path, end, duration) {
  const latest = roundTrips[path]
    .filter((one) => end - one.end < MEDIAN_SPAN)
    .map((one) => one.duration);
  const sorted = [...latest, duration].sort((a, b) => a - b);
  roundTrips[path].push({ end, duration, median: sorted[sorted.length >> 1] });
}

/**
 * The median to show. Undefined if nothing was measured lately.
 *
 * @param {Path} path
 * @param {number} now
 */
function currentMedian(path, now) {
  const last = roundTrips[path].at(-1);
  return last && now - last.end < MEDIAN_SPAN ? last.median : undefined;
}

/**
 * The position of a time in the chart. The right edge is now, and all decades have the same height.
 *
 * @param {number} age
 * @param {number} duration
 */
function place(age, duration) {
  const decade = Math.min(Math.max(Math.log10(duration), FASTEST), SLOWEST);
  const x = WIDTH * (1 - age / SPAN);
  const y = HEIGHT * (1 - (decade - FASTEST) / (SLOWEST - FASTEST));
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

/**
 * Draws each round trip as a point: a line of length zero with round ends.
 *
 * @param {RoundTrip[]} of
 * @param {number} now
 */
const points = (of, now) =>
  of.map(({ end, duration }) => `M${place(now - end, duration)}h0`).join("");

/**
 * Draws the medians as a curve.
 *
 * @param {RoundTrip[]} of
 * @param {number} now
 */
function curve(of, now) {
  return of
    .map(({ end, median }, i) => {
      const isNext = i > 0 && end - of[i - 1].end < LONGEST_GAP;
      return `${isNext ? "L" : "M"}${place(now - end, median)}`;
    })
    .join("");
}

/** @param {number | undefined} time */
function formatTime(time) {
  if (time === undefined) return "–";
  return `${formatNumber(time, time < 10 ? 2 : time < 100 ? 1 : 0)} ms`;
}

function showLoad() {
  const text = `${load.value} ms`;
  element("load-text", HTMLElement).textContent = text;
  load.setAttribute("aria-valuetext", text);
  measureAgain();
}

/** Says which requirement is missing. Empty if none is. */
function whyNoThreads() {
  if (!crossOriginIsolated) {
    return texts.threads.notIsolated;
  }
  // WebKitGTK isolates pages, but has no shared memory.
  return typeof SharedArrayBuffer === "function" ? "" : texts.threads.noSharedMemory;
}

/** Call this once, when the view that the address names is shown. */
export function showThreads() {
  const why = whyNoThreads();
  if (why) {
    for (const id of ["main-thread", "round-trips"]) element(id, HTMLElement).hidden = true;
    return setStatus(why, "bad");
  }
  load.addEventListener("input", showLoad);
  pause.addEventListener("click", () => {
    pause.setAttribute("aria-pressed", String(pause.getAttribute("aria-pressed") !== "true"));
    update();
  });
  showLoad();
  onShown("threads-view", (isNowShown) => {
    isShown = isNowShown;
    update();
  });
}
