// A session: passes the user's input to session.cpp, and shows its reports: the session's state
// over time, and the fate of each message.

import {
  element,
  formatNumber,
  formatSeconds,
  logIn,
  messageOf,
  showStep,
  statusIn,
} from "../page/elements.mjs";
import { onServer, onThisServer } from "../page/urls.mjs";
import { describeError, texts } from "../page/texts.mjs";

/**
 * The exports of session.cpp. Times are in milliseconds.
 *
 * @typedef {object} SessionDemo
 * @property {(listeners: object) => void} listenToSession
 * @property {(url: string, acknowledge: boolean, dropOldest: boolean) => void} startSession
 * @property {() => void} stopSession
 * @property {() => void} retryNow
 * @property {() => void} sendOne
 * @property {(isOn: boolean) => void} sendSteadily
 * @property {() => Figures} figures
 */

/** @typedef {"idle" | "connecting" | "open" | "waiting" | "stopped"} State */

/**
 * `roundTrip` is negative if it is unknown. `taken`, `repeated` and `missing` are the server's
 * counts.
 *
 * @typedef {{ state: State, attempt: number, retryIn: number, isOffline: boolean, connections: number, attempts: number, sent: number, received: number, dropped: number, uptime: number, roundTrip: number, keptMessages: number, maxMessages: number, keptBytes: number, maxBytes: number, taken: number, repeated: number, missing: number }}
 *   Figures
 */

/** @typedef {"kept" | "sent" | "acknowledged" | "dropped"} Fate */

const STATES = /** @type {const} */ (["idle", "connecting", "open", "waiting", "stopped"]);
const SYMBOLS = { kept: "…", sent: "→", acknowledged: "✓", dropped: "✕" };
const MAX_CHIPS = 60;

/**
 * The height of each state in the timeline, in percent, so that colour is not the only difference.
 */
const HEIGHTS = { idle: 0, connecting: 70, open: 100, waiting: 40, stopped: 12 };
const TIMELINE = 60_000; // ms

const record = logIn("changes");
const setStatus = statusIn("session-status");
const chips = element("messages", HTMLOListElement);
const steady = element("send-steadily", HTMLButtonElement);

/** @type {SessionDemo | undefined} Undefined until it is loaded. */
let demo;

/** Identifies the session to the server. Empty before the first one. */
let id = "";

/**
 * @type {{ state: State, from: number, to: number }[]} The states in the timeline. The last one continues.
 */
let spans = [];

/** @param {string} why */
function complain(why) {
  setStatus(why, "bad");
}

/**
 * @typedef {{ code: number, error?: string, message?: string }} End of a connection; `message` is in English
 */

/** @param {End} end */
const describeEnd = ({ code, error, message }) =>
  error ? describeError(error, message ?? "") : texts.session.closedWith(code);

/** The listeners for session.cpp. */
const listeners = {
  replaced() {
    record("event", "replaced", texts.session.replaced);
  },
  /**
   * @param {string} itsId
   * @param {string} url
   */
  started(itsId, url) {
    id = itsId;
    chips.replaceChildren();
    record("event", "session", url);
  },
  /**
   * @param {State} state
   * @param {number} attempt
   * @param {number} retryIn
   * @param {End | undefined} end of the last connection or attempt
   * @param {keyof typeof texts.session.stopReasons} why
   */
  changed(state, attempt, retryIn, end, why) {
    enter(state);
    const [content, mood] = {
      idle: () => ["", "good"],
      connecting: () => [texts.session.connecting(attempt), "good"],
      open: () => [texts.session.opened, "good"],
      waiting: () => [
        texts.session.waiting(end ? describeEnd(end) : "", attempt, formatSeconds(retryIn)),
        "bad",
      ],
      stopped: () => [texts.session.stopReasons[why], "good"],
    }[state]();
    record("event", state, content);
    show();
    setStatus(
      texts.session.says(texts.session.states[state], content),
      mood === "bad" ? "bad" : "good",
    );
  },
  /**
   * @param {number} number
   * @param {Fate} fate
   */
  message: showMessage,
  /** @param {boolean} isOn */
  steady(isOn) {
    steady.setAttribute("aria-pressed", String(isOn));
  },
  /**
   * @param {string} name of the error
   * @param {string} sentence in English
   */
  refused(name, sentence) {
    const own = {
      no_connection: texts.session.noSession,
      already_closed: texts.session.hasStopped,
    };
    complain(own[/** @type {keyof typeof own} */ (name)] ?? describeError(name, sentence));
  },
  notWaiting() {
    complain(texts.session.notWaiting);
  },
};

/** @param {State} state */
function enter(state) {
  const now = performance.now();
  const last = spans.at(-1);
  if (last) last.to = now;
  spans.push({ state, from: now, to: now });
}

/**
 * @param {number} number
 * @param {Fate} fate
 */
function showMessage(number, fate) {
  const id = `message-${number}`;
  const chip = document.getElementById(id) ?? document.createElement("li");
  const symbol = document.createElement("span");
  symbol.setAttribute("role", "img");
  symbol.setAttribute("aria-label", texts.session.fates[fate]);
  symbol.textContent = SYMBOLS[fate];
  chip.dataset.fate = fate;
  chip.replaceChildren(`${number} `, symbol);
  if (chip.id) return;
  chip.id = id;
  chip.className = "chip";
  chips.append(chip);
  if (chips.children.length > MAX_CHIPS) chips.children[0].remove();
}

function show() {
  if (!demo) return;
  const figures = demo.figures();
  showStep("session-state", STATES.indexOf(figures.state));
  const isWaiting = figures.state === "waiting";
  const retryIn = figures.isOffline ? texts.session.withNetwork : formatSeconds(figures.retryIn);
  const values = {
    attempt: figures.attempt || "–",
    "retry-in": isWaiting ? retryIn : "–",
    connections: figures.connections,
    attempts: figures.attempts,
    sent: figures.sent,
    received: figures.received,
    dropped: figures.dropped,
    uptime: formatSeconds(figures.uptime),
    "round-trip": figures.roundTrip < 0 ? "–" : `${formatNumber(figures.roundTrip)} ms`,
    taken: figures.taken,
    repeated: figures.repeated,
    missing: figures.missing,
  };
  for (const [id, value] of Object.entries(values)) {
    element(id, HTMLElement).textContent = typeof value === "number" ? formatNumber(value) : value;
  }
  showMeter("kept-messages", figures.keptMessages, figures.maxMessages);
  showMeter("kept-bytes", figures.keptBytes, figures.maxBytes);
  showTimeline();
}

/**
 * @param {string} id
 * @param {number} value
 * @param {number} max
 */
function showMeter(id, value, max) {
  const meter = element(id, HTMLElement);
  meter.setAttribute("aria-valuenow", String(value));
  meter.setAttribute("aria-valuemax", String(max));
  /** @type {HTMLElement} */ (meter.children[0]).style.width = `${(100 * value) / max}%`;
  element(`${id}-text`, HTMLElement).textContent = texts.session.filled(
    formatNumber(value),
    formatNumber(max),
  );
}

/**
 * Draws the states of the last minute. The strip's right edge is now, and its width is a thousand.
 */
function showTimeline() {
  const now = performance.now();
  const last = spans.at(-1);
  if (last) last.to = now;
  spans = spans.filter(({ to }) => now - to < TIMELINE);

  const strip = element("timeline", SVGSVGElement);
  while (strip.children.length > spans.length) strip.children[0].remove();
  while (strip.children.length < spans.length) {
    strip.append(document.createElementNS("http://www.w3.org/2000/svg", "rect"));
  }
  /** @type {Record<string, number>} */
  const totals = { connecting: 0, open: 0, waiting: 0, stopped: 0 };
  for (const [i, { state, from, to }] of spans.entries()) {
    const began = Math.max(from, now - TIMELINE);
    totals[state] += to - began;
    const end = 1000 - (1000 * (now - to)) / TIMELINE;
    // Makes even the shortest states visible.
    const width = Math.max((1000 * (to - began)) / TIMELINE, 3);
    const rect = strip.children[i];
    const shape = {
      class: state,
      x: end - width,
      y: 100 - HEIGHTS[state],
      width,
      height: HEIGHTS[state],
    };
    for (const [name, value] of Object.entries(shape)) rect.setAttribute(name, String(value));
  }
  for (const [state, total] of Object.entries(totals)) {
    element(`time-${state}`, HTMLElement).textContent = formatSeconds(total);
  }
}

/**
 * Asks the server to disturb the session.
 *
 * @param {string} disturbance
 * @param {string} done the text for what the server has done
 */
async function disturb(disturbance, done) {
  if (!id) return complain(texts.session.noSession);
  const { status } = await fetch(onServer(`/session/${disturbance}?id=${id}`), { method: "POST" });
  if (status === 404) return complain(texts.session.unknownToServer);
  if (status !== 204) return complain(texts.session.serverStatus(status));
  record("event", "server", done);
}

/** @param {Promise<SessionDemo>} loading */
export async function showSession(loading) {
  /**
   * @param {string} id of a button
   * @param {(demo: SessionDemo) => unknown} action
   */
  const onClick = (id, action) =>
    element(id, HTMLButtonElement).addEventListener("click", async () => {
      try {
        await action(await loading);
        show();
      } catch (exception) {
        complain(messageOf(exception));
      }
    });

  const acknowledge = element("acknowledge", HTMLInputElement);
  const dropOldest = element("drop-oldest", HTMLInputElement);
  onClick("start", (demo) =>
    demo.startSession(onThisServer("/session"), acknowledge.checked, dropOldest.checked),
  );
  onClick("stop", (demo) => demo.stopSession());
  onClick("retry-now", (demo) => demo.retryNow());
  onClick("send-one", (demo) => demo.sendOne());
  onClick("send-steadily", (demo) =>
    demo.sendSteadily(steady.getAttribute("aria-pressed") !== "true"),
  );
  onClick("cut", () => disturb("cut", texts.session.wasCut));
  onClick("silence", () => disturb("silence", texts.session.wasSilenced));
  onClick("leave", () => disturb("leave", texts.session.hasLeft));

  try {
    demo = await loading;
    demo.listenToSession(listeners);
    show();
    setInterval(show, 100);
    setStatus(texts.session.ready);
  } catch (exception) {
    complain(messageOf(exception));
  }
}
