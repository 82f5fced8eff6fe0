// Push or poll: requests the same news in four ways that need no WebSocket, passes the answers to
// push.cpp, and shows the figures of all five ways.

import { element, messageOf, statusIn } from "../page/elements.mjs";
import { onServer, onThisServer } from "../page/urls.mjs";
import { describeError, texts } from "../page/texts.mjs";
import { onShown } from "../page/views.mjs";

/**
 * The exports of push.cpp. Ways are numbers: WebSocket, Server-Sent Events, long polling, polling,
 * conditional polling.
 *
 * @typedef {object} PushDemo
 * @property {(listeners: { ready: () => void, lost: (error: string, sentence: string) => void }, control: string, news: string) => void}
 *   openFeed
 * @property {() => void} closeFeed
 * @property {(rate: number, keepsAlive: boolean, compresses: boolean) => void} configureFeed also
 *   restarts the feed
 * @property {() => void} pauseFeed
 * @property {(way: number, lines: string) => void} newsArrived
 * @property {(way: number) => number} lastNews
 * @property {() => Figures[]} newsFigures
 * @property {() => number} clockRoundTrip
 */

/**
 * The figures of one way. Unknown values are NaN. Times are in milliseconds, sizes in bytes. `open`
 * is the average number of open connections.
 *
 * @typedef {{ last: number, content: string, count: number, p50: number, p95: number, up: number, down: number, requests: number, empty: number, connections: number, upRate: number, downRate: number, requestRate: number, open: number }}
 *   Figures
 */

const [EVENTS, LONG_POLLING, POLLING, CONDITIONAL_POLLING] = [1, 2, 3, 4];
const POLL_INTERVAL = 1000; // ms
const RETRY_DELAY = 1000; // ms
const REFRESH_INTERVAL = 500; // ms
const SETTLE_DELAY = 250; // ms during which the visitor may still move a slider
const MIN_NEWS = 3; // needed for any conclusion
const SLOWEST = 0.1; // events per second
const FASTEST = 50;
const FEWEST_CLIENTS = 1_000;
const MOST_CLIENTS = 1_000_000;

const rate = element("push-rate", HTMLInputElement);
const clients = element("push-clients", HTMLInputElement);
const cookie = element("push-cookie", HTMLSelectElement);
const keepAlive = element("push-keep-alive", HTMLInputElement);
const compression = element("push-compression", HTMLInputElement);
const pause = element("push-pause", HTMLButtonElement);
const setStatus = statusIn("push-status");
const compact = new Intl.NumberFormat(document.documentElement.lang, {
  notation: "compact",
  maximumSignificantDigits: 3,
});

/** @type {Promise<PushDemo>} */
let loading;

/** @type {PushDemo | undefined} Set while the view is shown. */
let demo;

/** Ends the four ways. */
let running = new AbortController();

/** @type {ReturnType<typeof setInterval> | undefined} */
let refreshing;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let settling;

/** @type {Figures[]} The figures on display. */
let shown = [];

/** Identifies the feed: 32 hexadecimal digits. */
let id = "";

const isPaused = () => pause.getAttribute("aria-pressed") === "true";

/**
 * A slider whose positions, 0 to 100, stand for values from `least` to `most`. Each step multiplies
 * the value by the same factor.
 *
 * @param {HTMLInputElement} slider
 * @param {number} least
 * @param {number} most
 */
const valueOf = (slider, least, most) =>
  Number((least * (most / least) ** (slider.valueAsNumber / 100)).toPrecision(2));

const eventRate = () => valueOf(rate, SLOWEST, FASTEST);
const clientCount = () => valueOf(clients, FEWEST_CLIENTS, MOST_CLIENTS);

// The ways

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * @param {string} path
 * @param {number} [after] the number of the latest news
 */
const newsUrl = (path, after) =>
  onServer(`${path}?id=${id}${after === undefined ? "" : `&after=${after}`}`);

/**
 * Returns the lines of an answer. An empty answer has none.
 *
 * @param {string} url
 * @param {RequestInit} options
 */
async function fetchNews(url, options) {
  const response = await fetch(url, { credentials: "include", signal: running.signal, ...options });
  if (!response.ok) throw new Error(texts.session.serverStatus(response.status));
  return response.text();
}

/** @param {AbortSignal} signal */
function listen(signal) {
  const source = new EventSource(newsUrl("/news/events", demo?.lastNews(EVENTS)), {
    withCredentials: true,
  });
  source.onmessage = ({ lastEventId, data }) => demo?.newsArrived(EVENTS, `${lastEventId} ${data}`);
  source.onerror = async () => {
    // EventSource reconnects by itself, except after an invalid answer.
    if (source.readyState !== source.CLOSED) return;
    await sleep(RETRY_DELAY);
    if (!signal.aborted) listen(signal);
  };
  signal.addEventListener("abort", () => source.close());
}

/** @param {AbortSignal} signal */
async function pollForLong(signal) {
  while (!signal.aborted) {
    try {
      const lines = await fetchNews(newsUrl("/news/long", demo?.lastNews(LONG_POLLING)), {
        cache: "no-store",
      });
      if (!signal.aborted) demo?.newsArrived(LONG_POLLING, lines);
    } catch {
      await sleep(RETRY_DELAY);
    }
  }
}

/**
 * @param {AbortSignal} signal
 * @param {number} way
 * @param {() => Promise<string>} ask
 */
async function poll(signal, way, ask) {
  while (!signal.aborted) {
    const began = performance.now();
    try {
      const lines = await ask();
      if (!signal.aborted) demo?.newsArrived(way, lines);
    } catch {
      // The next poll retries.
    }
    await sleep(began + POLL_INTERVAL - performance.now());
  }
}

function startWays() {
  stopWays();
  running = new AbortController();
  const { signal } = running;
  listen(signal);
  pollForLong(signal);
  poll(signal, POLLING, () =>
    fetchNews(newsUrl("/news/poll", demo?.lastNews(POLLING)), { cache: "no-store" }),
  );
  // Asks the server whether the browser's stored answer is still valid. After a 304, the browser
  // returns it again.
  poll(signal, CONDITIONAL_POLLING, () =>
    fetchNews(newsUrl("/news/latest"), { cache: "no-cache" }),
  );
}

function stopWays() {
  running.abort();
}

// The feed

async function open() {
  setStatus(texts.push.connecting);
  try {
    demo = await loading;
    await setCookie();
  } catch (exception) {
    setStatus(messageOf(exception), "bad");
  }
  if (!demo || !refreshing) return;
  id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
  demo.configureFeed(eventRate(), keepAlive.checked, compression.checked);
  demo.openFeed(
    { ready, lost },
    onThisServer(`/news/control?id=${id}`),
    onThisServer(`/news?id=${id}`),
  );
}

function close() {
  clearTimeout(settling);
  stopWays();
  demo?.closeFeed();
  demo = undefined;
}

/** The server has restarted the feed. */
function ready() {
  if (isPaused()) {
    demo?.pauseFeed();
    return setStatus(texts.push.paused);
  }
  setStatus(texts.push.measuring);
  startWays();
}

/**
 * @param {string} error its name
 * @param {string} sentence its description
 */
function lost(error, sentence) {
  stopWays();
  setStatus(texts.push.lost(describeError(error, sentence)), "bad");
}

async function setCookie() {
  const url = onServer(`/news/cookie?bytes=${cookie.value}`);
  await fetch(url, { method: "POST", credentials: "include" });
}

/** Restarts the measurement, with new connections. */
function restart() {
  clearTimeout(settling);
  stopWays();
  setPaused(false);
  if (!demo) return;
  settling = setTimeout(async () => {
    try {
      await setCookie();
    } catch {
      // If the server fails, the control connection reports it.
    }
    demo?.configureFeed(eventRate(), keepAlive.checked, compression.checked);
  }, SETTLE_DELAY);
}

/** @param {boolean} shallPause */
function setPaused(shallPause) {
  pause.setAttribute("aria-pressed", String(shallPause));
}

function togglePause() {
  if (isPaused()) return restart();
  setPaused(true);
  clearTimeout(settling);
  stopWays();
  demo?.pauseFeed();
  setStatus(texts.push.paused);
}

// Showing the figures

/** @param {number} time in milliseconds */
function formatTime(time) {
  if (Number.isNaN(time)) return "–";
  if (time >= 10_000) return `${(time / 1000).toFixed(1)} s`;
  return `${time < 10 ? time.toFixed(1) : Math.round(time).toLocaleString("en")} ms`;
}

/** @param {number} count of bytes */
function formatBytes(count) {
  if (!Number.isFinite(count)) return "–";
  return `${count < 10 ? count.toFixed(1) : Math.round(count).toLocaleString("en")} B`;
}

/** @param {number} count */
const formatCount = (count) => (Number.isNaN(count) ? "–" : count.toLocaleString("en"));

/** @param {number} number */
const formatCompact = (number) => (Number.isNaN(number) ? "–" : compact.format(number));

/** @param {number} bytes a second */
const megabits = (bytes) => (bytes * 8) / 1e6;

/** @param {Figures} figures */
const upPerEvent = ({ up, count }) => (count > 0 ? up / count : NaN);

/** @param {Figures} figures */
const downPerEvent = ({ down, count }) => (count > 0 ? down / count : NaN);

/** @param {Figures} figures */
const bytesPerEvent = (figures) => upPerEvent(figures) + downPerEvent(figures);

/**
 * @param {Element} within
 * @param {string} name
 * @param {string} text
 */
function show(within, name, text) {
  const figure = within.querySelector(`[data-figure="${name}"]`);
  if (figure && figure.textContent !== text) figure.textContent = text;
}

/**
 * @param {Element} card
 * @param {string} name
 * @param {number} part of the longest bar
 */
function showBar(card, name, part) {
  const bar = card.querySelector(`[data-bar="${name}"]`);
  if (bar instanceof HTMLElement)
    bar.style.width = `${Number.isFinite(part) ? Math.min(part, 1) * 100 : 0}%`;
}

/**
 * @param {(figures: Figures) => number} of
 */
const greatest = (of) => Math.max(...shown.map(of).filter(Number.isFinite));

function refresh() {
  if (!demo) return;
  const now = demo.newsFigures();
  // While paused, the last second costs nothing, so keep the earlier figures.
  if (isPaused()) {
    for (const [way, { upRate, downRate, requestRate, open }] of shown.entries()) {
      Object.assign(now[way], { upRate, downRate, requestRate, open });
    }
  }
  shown = now;
  const roundTrip = demo.clockRoundTrip();
  element("push-clock", HTMLElement).textContent = Number.isNaN(roundTrip)
    ? "–"
    : `± ${(roundTrip / 2).toFixed(1)} ms`;
  const oldest = greatest(({ p95 }) => p95);
  const longest = greatest(bytesPerEvent);
  for (const [way, card] of [...element("push-ways", HTMLOListElement).children].entries()) {
    showWay(card, shown[way], oldest, longest);
  }
  showLoad();
  showConclusions();
}

/**
 * @param {Element} card
 * @param {Figures} figures
 * @param {number} oldest
 * @param {number} longest
 */
function showWay(card, figures, oldest, longest) {
  show(card, "latest", figures.last > 0 ? `${figures.last}: ${figures.content.trim()}` : "–");
  show(card, "p50", formatTime(figures.p50));
  show(card, "p95", formatTime(figures.p95));
  show(card, "upPerEvent", formatBytes(upPerEvent(figures)));
  show(card, "downPerEvent", formatBytes(downPerEvent(figures)));
  for (const name of /** @type {const} */ ([
    "count",
    "requests",
    "empty",
    "connections",
    "up",
    "down",
  ])) {
    show(card, name, formatCount(figures[name]));
  }
  showBar(card, "p50", figures.p50 / oldest);
  showBar(card, "p95", (figures.p95 - figures.p50) / oldest);
  showBar(card, "up", upPerEvent(figures) / longest);
  showBar(card, "down", downPerEvent(figures) / longest);
}

function showLoad() {
  const count = clientCount();
  const text = count.toLocaleString("en");
  element("push-clients-text", HTMLElement).textContent = text;
  clients.setAttribute("aria-valuetext", text);
  for (const [way, row] of [...element("push-load", HTMLTableElement).tBodies[0].rows].entries()) {
    const { requestRate = NaN, upRate = NaN, downRate = NaN, open = NaN } = shown[way] ?? {};
    show(row, "requests", formatCompact(requestRate * count));
    show(row, "up", formatCompact(megabits(upRate * count)));
    show(row, "down", formatCompact(megabits(downRate * count)));
    show(row, "open", formatCompact(Math.round(open * count)));
    show(row, "requestsEach", formatCompact(requestRate));
    show(row, "upEach", formatCompact(upRate));
    show(row, "downEach", formatCompact(downRate));
    show(row, "openEach", formatCompact(open));
  }
}

/** Says what the figures mean, for each side, and only if the figures show it. */
function showConclusions() {
  const [webSocket, , , polling, conditional] = shown;
  const isEnough = Math.min(webSocket.count, polling.count) >= MIN_NEWS;
  showList("push-for-push", isEnough ? reasonsForPush(webSocket, polling) : [texts.push.tooFew]);
  showList(
    "push-for-polling",
    isEnough ? reasonsForPolling(webSocket, polling, conditional) : [texts.push.tooFew],
  );
}

/**
 * @param {Figures} webSocket
 * @param {Figures} polling
 */
function reasonsForPush(webSocket, polling) {
  const { push } = texts;
  const bytes = bytesPerEvent(polling) / bytesPerEvent(webSocket);
  return [
    webSocket.p50 < polling.p50 && push.younger(formatTime(webSocket.p50), formatTime(polling.p50)),
    bytes > 1 &&
      push.lighter(formatBytes(bytesPerEvent(webSocket)), formatBytes(bytesPerEvent(polling))),
    polling.empty > 0 && push.empty(formatCount(polling.empty), formatCount(polling.requests)),
  ];
}

/**
 * @param {Figures} webSocket
 * @param {Figures} polling
 * @param {Figures} conditional
 */
function reasonsForPolling(webSocket, polling, conditional) {
  const { push } = texts;
  const batch = polling.count / (polling.requests - polling.empty);
  const cheapest = bytesPerEvent(conditional) < bytesPerEvent(polling) ? conditional : polling;
  const unchanged = conditional.empty / conditional.requests;
  return [
    batch >= 1.5 && push.batches(batch.toFixed(1)),
    bytesPerEvent(cheapest) < bytesPerEvent(webSocket)
      ? push.fewerBytes(formatBytes(bytesPerEvent(cheapest)), formatBytes(bytesPerEvent(webSocket)))
      : downPerEvent(cheapest) < downPerEvent(webSocket) &&
        push.fewerBytesDown(
          formatBytes(downPerEvent(cheapest)),
          formatBytes(downPerEvent(webSocket)),
        ),
    polling.open < 0.9 * webSocket.open &&
      push.fewerConnections(formatCompact(polling.open), formatCompact(webSocket.open)),
    unchanged > 0 && push.caches(`${Math.round(unchanged * 100)}%`),
    push.lateEnough(formatTime(polling.p95)),
  ];
}

/**
 * @param {string} listId
 * @param {(string | false)[]} sentences
 */
function showList(listId, sentences) {
  const list = element(listId, HTMLUListElement);
  const wanted = sentences.filter((sentence) => sentence !== false);
  if (wanted.length === 0) wanted.push(texts.push.nothing);
  while (list.children.length > wanted.length) list.lastElementChild?.remove();
  for (const [i, sentence] of wanted.entries()) {
    const item = list.children[i] ?? list.appendChild(document.createElement("li"));
    if (item.textContent !== sentence) item.textContent = sentence;
  }
}

function showRate() {
  const text = texts.push.aSecond(String(eventRate()));
  element("push-rate-text", HTMLElement).textContent = text;
  rate.setAttribute("aria-valuetext", text);
}

/**
 * Call this once.
 *
 * @param {Promise<PushDemo>} loaded
 */
export function showPush(loaded) {
  loading = loaded;
  showRate();
  showLoad();
  rate.addEventListener("input", showRate);
  for (const setting of [rate, cookie, keepAlive, compression])
    setting.addEventListener("change", restart);
  clients.addEventListener("input", showLoad);
  pause.addEventListener("click", togglePause);
  element("push-restart", HTMLButtonElement).addEventListener("click", restart);
  onShown("push-view", (isShown) => {
    clearInterval(refreshing);
    refreshing = isShown ? setInterval(refresh, REFRESH_INTERVAL) : undefined;
    if (isShown) open();
    else close();
  });
}
