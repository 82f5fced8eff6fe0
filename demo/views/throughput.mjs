// Throughput: makes throughput.cpp send as fast as it can, and draws how much comes back and how
// much is queued.

import { element, messageOf, statusIn } from "../page/elements.mjs";
import { fromPage, onThisServer } from "../page/urls.mjs";
import { texts } from "../page/texts.mjs";
import { onShown } from "../page/views.mjs";

/**
 * The exports of throughput.cpp.
 *
 * @typedef {object} ThroughputDemo
 * @property {(listeners: { started: () => void, ended: (why: string) => void }) => void} listen
 * @property {(url: string, size: number) => void} start
 * @property {() => void} stop
 * @property {() => Counters} figures
 */

/**
 * @typedef {{ sentMessages: number, sentBytes: number, receivedMessages: number, receivedBytes: number, bufferedAmount: number }}
 *   Counters
 */

const DURATION = 30; // s
const INTERVAL = 250; // ms
const FIGURES = /** @type {const} */ (["megabytes", "messages", "buffered"]);
const CURVES = { megabytes: "--through-io", messages: "--connecting", buffered: "--through-main" };
const DIGITS = { megabytes: 1, messages: 0, buffered: 0 };

/** @typedef {(typeof FIGURES)[number]} Figure */

const setStatus = statusIn("throughput-status");

/** @type {Promise<ThroughputDemo> | undefined} Loaded when the view is first shown. */
let loading;

/**
 * @type {Record<Figure, (seconds: number[], values: number[]) => void>} Functions that draw a figure over time.
 */
let draw;

/** @type {{ began: number, last: { time: number, counters: Counters }, seconds: number[],
 *   values: Record<Figure, number[]>, timer: ReturnType<typeof setInterval> } | undefined} While
 *   messages are sent. */
let run;

/** @param {string} why */
const complain = (why) => setStatus(why, "bad");

async function load() {
  const [{ default: create }, { createChart }] = await Promise.all([
    import(fromPage("demo/throughput.mjs")),
    import(fromPage("bundles/chart.mjs")),
  ]);
  const charts = FIGURES.map((figure) => {
    const target = document.querySelector(`.throughput-chart[data-figure=${figure}]`);
    return [figure, createChart(target, DURATION, CURVES[figure])];
  });
  draw = Object.fromEntries(charts);
  /** @type {ThroughputDemo} */
  const demo = await create();
  demo.listen({
    started: () => begin(demo),
    ended(why) {
      end();
      complain(texts.throughput.ended(why));
    },
  });
  return demo;
}

/** @param {ThroughputDemo} demo */
function begin(demo) {
  const now = performance.now();
  run = {
    began: now,
    last: { time: now, counters: demo.figures() },
    seconds: [],
    values: { megabytes: [], messages: [], buffered: [] },
    timer: setInterval(() => sample(demo), INTERVAL),
  };
  setStatus(texts.throughput.running);
}

/**
 * Reads what has come back since the last call, and draws it.
 *
 * @param {ThroughputDemo} demo
 */
function sample(demo) {
  if (!run) return;
  const { began, last, seconds, values } = run;
  const time = performance.now();
  const counters = demo.figures();
  const elapsed = (time - last.time) / 1000;
  values.megabytes.push((counters.receivedBytes - last.counters.receivedBytes) / elapsed / 1e6);
  values.messages.push((counters.receivedMessages - last.counters.receivedMessages) / elapsed);
  values.buffered.push(counters.bufferedAmount / 1024);
  seconds.push((time - began) / 1000);
  run.last = { time, counters };
  element("throughput-elapsed", HTMLProgressElement).value = (time - began) / 1000;
  for (const figure of FIGURES) {
    draw[figure](seconds, values[figure]);
    showFigure(figure, values[figure]);
  }
  if (time - began >= DURATION * 1000) finish(demo);
}

/**
 * @param {Figure} figure
 * @param {number[]} values
 */
function showFigure(figure, values) {
  const cells = document.querySelectorAll(`#throughput-figures [data-figure=${figure}] td`);
  const shown = [values.at(-1) ?? 0, mean(values), Math.max(...values)];
  for (const [i, value] of shown.entries()) cells[i].textContent = format(figure, value);
}

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);

/**
 * @param {Figure} figure
 * @param {number} value
 */
const format = (figure, value) =>
  value.toLocaleString("en", {
    minimumFractionDigits: DIGITS[figure],
    maximumFractionDigits: DIGITS[figure],
  });

function end() {
  clearInterval(run?.timer);
  run = undefined;
}

/** @param {ThroughputDemo} demo */
function finish(demo) {
  demo.stop();
  if (!run) return;
  const { began, last, values } = run;
  const seconds = ((last.time - began) / 1000).toFixed(1);
  end();
  const [megabytes, messages] = [mean(values.megabytes), mean(values.messages)];
  setStatus(
    texts.throughput.done(seconds, format("megabytes", megabytes), format("messages", messages)),
  );
}

/** @param {boolean} isShown */
async function onView(isShown) {
  try {
    if (isShown && !loading) {
      loading = load();
      await loading;
      setStatus(texts.throughput.ready);
    }
    if (isShown || !loading) return;
    const demo = await loading;
    demo.stop();
    if (run) setStatus(texts.throughput.left);
    end();
  } catch (exception) {
    loading = undefined;
    complain(texts.throughput.notLoaded(messageOf(exception)));
  }
}

/** Call this once. */
export function showThroughput() {
  element("throughput-form", HTMLFormElement).addEventListener("submit", async (event) => {
    event.preventDefault();
    const demo = await loading;
    if (!demo) return;
    end();
    setStatus(texts.throughput.connecting);
    demo.start(onThisServer("/echo"), Number(element("throughput-size", HTMLSelectElement).value));
  });
  element("throughput-stop", HTMLButtonElement).addEventListener("click", async () => {
    const demo = await loading;
    if (demo) finish(demo);
  });
  onShown("throughput-view", onView);
}
