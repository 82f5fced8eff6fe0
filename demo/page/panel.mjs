// The panel below the views: shows what observe.cpp reports about all sockets and sessions of the
// page. The npm package's Recorder stores the events, and creates the HAR.

import { Recorder } from "../../js/recorder.js";
import { ARROWS, element, formatClock, formatNumber, formatSize } from "./elements.mjs";
import { describeError, texts } from "./texts.mjs";

/**
 * The exports of observe.cpp, in each module.
 *
 * @typedef {object} Observed
 * @property {(listener: (event: Reported) => void) => void} observe
 */

/**
 * Times are in milliseconds since 1970. Sockets are counted from 1 on each thread.
 *
 * @typedef {{ type: keyof typeof KINDS, time: number, thread: string, session?: number, socket?: number, protocols?: string, binary?: boolean, data?: Uint8Array<ArrayBuffer>, [detail: string]: unknown }}
 *   Reported
 */

/**
 * An event from the recorder. Its sockets are counted from 1 on this page.
 *
 * @typedef {{ type: keyof typeof KINDS, time: number, number: number, session?: number, socket?: number, size?: number, binary?: boolean, data?: string | ArrayBuffer, truncated?: boolean, [detail: string]: any }}
 *   Event
 */

const MAX_EVENTS = 1000;
const MAX_PREVIEW = 200; // characters
const MAX_PREVIEW_BYTES = 64;
const MAX_SOCKET_NUMBERS = 10_000;

const KINDS = /** @type {const} */ ({
  opening: "connection",
  open: "connection",
  error: "connection",
  close: "connection",
  sent: "message",
  received: "message",
  drop: "message",
  state: "session",
  retry: "session",
});

const scroller = element("event-scroller", HTMLElement);
const table = element("events", HTMLTableElement);
const body = table.tBodies[0];
const text = element("event-text", HTMLInputElement);
const source = element("event-source", HTMLSelectElement);
const kinds = element("event-kinds", HTMLFieldSetElement);
const keep = element("keep-payloads", HTMLInputElement);
const pause = element("pause-events", HTMLButtonElement);
const form = element("payload-form", HTMLFieldSetElement);
const content = element("payload-content", HTMLElement);

const recorder = new Recorder({ maxEvents: MAX_EVENTS });

let last = 0; // the number of the last event
let lastSeen = 0; // in the previous frame
let nextFrame = 0; // what requestAnimationFrame returned; 0 if none is pending

/** @type {Event[]} The recorder's events in the last frame. Unchanged while the panel is paused. */
let events = [];

/** @type {Event[]} The events that pass the filter, with a row for each. */
let shown = [];

/** @type {Event | undefined} The selected event, whose row may be gone. */
let selected;

/** @type {Map<string, number>} The newest sockets of each thread, by their number on the thread. */
const sockets = new Map();

let lastModule = 0;
let lastSocket = 0;

let download = ""; // the URL of the last HAR

/**
 * Shows the events of a module from now on.
 *
 * @param {Observed} module
 */
export function watch(module) {
  const id = ++lastModule;
  module.observe((reported) => record(id, reported));
}

/**
 * @param {number} module
 * @param {Reported} reported
 */
function record(module, { time, protocols, data, ...rest }) {
  /** @type {any} */
  const event = { ...rest, number: ++last, time: time - performance.timeOrigin };
  if (event.socket)
    event.socket = numberOf(`${module} ${event.thread} ${event.socket}`, event.type === "opening");
  if (protocols !== undefined) event.protocols = protocols === "" ? [] : protocols.split(", ");
  if (data && keep.checked) event.data = event.binary ? data.buffer : decode(data);
  recorder.observe(event);
  nextFrame ||= requestAnimationFrame(showFrame);
}

/**
 * Decodes text as it was sent. Leaves out a partial character at the end.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
const decode = (bytes) =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: true });

/**
 * Returns the number of a socket on this page. A thread that replaces another one of the same name
 * counts from 1 again.
 *
 * @param {string} key
 * @param {boolean} isNew
 */
function numberOf(key, isNew) {
  const known = sockets.get(key);
  if (known && !isNew) return known;
  sockets.delete(key);
  sockets.set(key, ++lastSocket);
  if (sockets.size > MAX_SOCKET_NUMBERS) sockets.delete(sockets.keys().next().value ?? "");
  return lastSocket;
}

const isPaused = () => pause.getAttribute("aria-pressed") === "true";

/** Appends rows for new events, and removes the rows of events that the recorder has dropped. */
function showFrame() {
  nextFrame = 0;
  if (!isPaused()) {
    events = /** @type {any} */ (recorder.events);
    // Reads all positions before any change, and writes one after it, so that the browser lays the
    // table out only once.
    const wasAtEnd = isAtEnd();
    const removed = removeRows(events[0]?.number ?? Infinity);
    addRows(events.filter((event) => event.number > lastSeen && passes(event)));
    // If the user has scrolled up to read, keeps the same rows in sight.
    if (wasAtEnd) scrollToEnd();
    else if (removed > 0) scroller.scrollTop -= removed;
    lastSeen = last;
    showSources();
  }
  showCount();
}

const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;

function scrollToEnd() {
  scroller.scrollTop = scroller.scrollHeight;
}

/**
 * Removes the rows of events before this one. Returns their height.
 *
 * @param {number} oldest
 */
function removeRows(oldest) {
  const kept = shown.findIndex(({ number }) => number >= oldest);
  const count = kept < 0 ? shown.length : kept;
  if (count === 0) return 0;
  const [first, next] = [body.rows[0], body.rows[count]];
  const height = next ? next.offsetTop - first.offsetTop : 0;
  for (let i = 0; i < count; ++i) body.rows[0].remove();
  shown.splice(0, count);
  return height;
}

/** @param {Event[]} added */
function addRows(added) {
  shown.push(...added);
  body.append(...added.map(toRow));
}

/** Creates all rows again, because the filter has changed. */
function showAll() {
  shown = [];
  body.replaceChildren();
  addRows(events.filter(passes));
  const row = selected && document.getElementById(idOf(selected));
  if (row) row.scrollIntoView({ block: "nearest" });
  else scrollToEnd();
  showCount();
}

function showCount() {
  const count = texts.panel.count(formatNumber(shown.length), formatNumber(events.length));
  element("event-count", HTMLElement).textContent = isPaused()
    ? texts.panel.pausedCount(count, formatNumber(last - lastSeen))
    : count;
}

/** Offers the sockets and sessions of these events as filters. Keeps the selection. */
function showSources() {
  const names = new Map(events.flatMap(sourcesOf));
  for (const option of [...source.options].slice(1)) {
    if (!names.delete(option.value) && !option.selected) option.remove();
  }
  for (const [name, text] of names) source.add(new Option(text, name));
}

/**
 * The names of an event's session and socket, each with its label.
 *
 * @param {Event} event
 * @returns {[string, string][]}
 */
function sourcesOf({ session, socket }) {
  return [
    .../** @type {[string, string][]} */ (
      session ? [[`session ${session}`, texts.panel.session(session)]] : []
    ),
    .../** @type {[string, string][]} */ (
      socket ? [[`socket ${socket}`, texts.panel.socket(socket)]] : []
    ),
  ];
}

/** @param {Event} event */
function passes(event) {
  const { value } = text;
  return (
    kinds.querySelector(`[value=${KINDS[event.type]}]:checked`) !== null &&
    (source.value === "" || sourcesOf(event).some(([name]) => name === source.value)) &&
    (value === "" || wordsOf(event).toLowerCase().includes(value.toLowerCase()))
  );
}

/** Returns the text that the filter searches. @param {Event} event */
const wordsOf = (event) =>
  [
    event.type,
    texts.panel.types[event.type],
    typeof event.data === "string" ? event.data : "",
    summaryOf(event),
  ].join(" ");

/** @param {Event} event */
const idOf = ({ number }) => `event-${number}`;

/** @param {Event} event */
function toRow(event) {
  const { type, session, socket, size, binary } = event;
  const direction = type === "sent" || type === "received" ? type : "event";
  const cells = {
    time: timeOf(event),
    session: session ?? "",
    socket: socket ?? "",
    kind: texts.panel.kinds[KINDS[type]],
    direction: ARROWS[direction],
    event: texts.panel.types[type],
    type: binary === undefined ? "" : texts.log.kinds[binary ? "binary" : "text"],
    size: size === undefined ? "" : formatSize(size),
    data: summaryOf(event),
  };
  const row = document.createElement("tr");
  row.id = idOf(event);
  row.role = "row"; // needed where style.css lays it out as a grid
  row.dataset.type = type;
  row.ariaSelected = String(event.number === selected?.number);
  for (const [name, content] of Object.entries(cells)) {
    const cell = row.insertCell();
    cell.role = "gridcell";
    cell.className = name;
    cell.textContent = String(content);
    // style.css shows it next to the number where the table head has no room.
    if (name === "session" || name === "socket") cell.dataset.label = texts.panel.fields[name];
  }
  row.cells[4].ariaLabel = texts.log.directions[direction];
  return row;
}

/** @param {Event} event */
const timeOf = ({ time }) => formatClock(new Date(performance.timeOrigin + time));

/**
 * Describes an event in one line: the beginning of a message, or the details of other events.
 *
 * @param {Event} event
 */
function summaryOf({ type, data, ...event }) {
  switch (type) {
    case "opening":
      return [event.url, ...event.protocols].join(" ");
    case "open":
      return list(event.protocol, event.extensions);
    case "error":
      return describeError(event.error, event.message ?? "");
    case "close":
      return list(
        String(event.code),
        event.reason && texts.panel.reason(event.reason),
        event.wasClean ? texts.panel.clean : texts.panel.notClean,
        event.error,
      );
    case "state":
      return list(
        texts.session.states[/** @type {keyof typeof texts.session.states} */ (event.state)],
        event.why,
        event.isOffline && texts.panel.offline,
        event.isHidden && texts.panel.hidden,
      );
    case "retry":
      return texts.panel.retry(event.attempt, formatNumber(event.delay));
    default:
      return previewOf(data);
  }
}

/** @param {(string | false | undefined)[]} parts of which some may be missing or empty */
const list = (...parts) => parts.filter(Boolean).join(texts.panel.separator);

/** @param {Event["data"]} data */
function previewOf(data) {
  if (data === undefined) return "";
  if (typeof data === "string")
    return data.length > MAX_PREVIEW ? `${data.slice(0, MAX_PREVIEW)}…` : data;
  const hex = toHex(new Uint8Array(data, 0, Math.min(data.byteLength, MAX_PREVIEW_BYTES)));
  return data.byteLength > MAX_PREVIEW_BYTES ? `${hex} …` : hex;
}

/** @param {Uint8Array} bytes */
const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");

// Details

/** @param {HTMLTableRowElement} row */
function select(row) {
  for (const other of body.querySelectorAll("[aria-selected=true]")) other.ariaSelected = "false";
  row.ariaSelected = "true";
  table.setAttribute("aria-activedescendant", row.id);
  row.scrollIntoView({ block: "nearest" });
  selected = shown[row.sectionRowIndex];
  showDetails(selected);
}

/** @param {Event} event */
function showDetails(event) {
  const { type, thread, size, bufferedAmount, error, message, state, delay, from } = event;
  const values = {
    ...event,
    type: texts.panel.types[type],
    time: timeOf(event),
    kind: texts.panel.kinds[KINDS[type]],
    thread: texts.panel.threads[/** @type {keyof typeof texts.panel.threads} */ (thread)],
    ...(size !== undefined && { size: formatSize(size) }),
    ...(bufferedAmount !== undefined && { bufferedAmount: formatSize(bufferedAmount) }),
    ...(message !== undefined && { message: describeError(error, message) }),
    ...(state !== undefined && {
      state: texts.session.states[/** @type {keyof typeof texts.session.states} */ (state)],
    }),
    ...(delay !== undefined && { delay: `${formatNumber(delay)} ms` }),
    ...(from !== undefined && {
      from: texts.panel.queues[/** @type {keyof typeof texts.panel.queues} */ (from)],
    }),
  };
  const fields = Object.entries(values)
    .filter(([name]) => name !== "number" && name !== "data")
    .map(([name, value]) => {
      const field = document.createElement("div");
      for (const [tag, textContent] of [
        ["dt", texts.panel.fields[/** @type {keyof typeof texts.panel.fields} */ (name)] ?? name],
        ["dd", toText(value)],
      ]) {
        field.append(Object.assign(document.createElement(tag), { textContent }));
      }
      return field;
    });
  const details = element("details", HTMLElement);
  details.children[0].replaceChildren(...fields);
  details.scrollTop = 0;
  details.hidden = false;
  element("no-details", HTMLElement).hidden = true;
  element("payload", HTMLElement).hidden = event.size === undefined;
  for (const radio of form.querySelectorAll("input"))
    radio.checked = radio.value === (event.binary ? "hex" : "text");
  showPayload();
}

/** @param {unknown} value of a field */
function toText(value) {
  if (typeof value === "boolean") return value ? texts.panel.yes : texts.panel.no;
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function showPayload() {
  if (!selected) return;
  const { data, truncated } = selected;
  const isHex = form.querySelector("[value=hex]:checked") !== null;
  const bytes =
    typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data ?? []);
  const whole = data === undefined ? texts.panel.notKept : isHex ? toHexDump(bytes) : decode(bytes);
  content.classList.toggle("hex", isHex);
  content.textContent =
    truncated && data !== undefined ? `${whole}\n${texts.panel.restNotKept}` : whole;
  content.scrollTop = 0;
}

/**
 * Lines of 8 bytes with their offset, in hex and as ASCII.
 *
 * @param {Uint8Array<ArrayBuffer>} bytes
 */
function toHexDump(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 8) {
    const line = bytes.subarray(at, at + 8);
    const ascii = String.fromCharCode(...line).replaceAll(/[^ -~]/g, ".");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${toHex(line).padEnd(23)}  ${ascii}`);
  }
  return lines.join("\n");
}

// User input

/** @param {KeyboardEvent} event */
function onKey(event) {
  const current = shown.findIndex(({ number }) => number === selected?.number);
  const place = {
    ArrowDown: current < 0 ? shown.length - 1 : current + 1,
    ArrowUp: current < 0 ? shown.length - 1 : current - 1,
    Home: 0,
    End: shown.length - 1,
  }[event.key];
  if (place === undefined) return;
  event.preventDefault();
  if (body.rows[place]) select(body.rows[place]);
}

function togglePause() {
  pause.setAttribute("aria-pressed", String(!isPaused()));
  showFrame();
}

function clear() {
  recorder.clear();
  events = [];
  lastSeen = last;
  showAll();
  showSources();
}

async function downloadHar() {
  await recorder.settled();
  URL.revokeObjectURL(download);
  const har = JSON.stringify(recorder.har(), null, 2);
  download = URL.createObjectURL(new Blob([har], { type: "application/json" }));
  const name = `hawser-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.har`;
  Object.assign(document.createElement("a"), { href: download, download: name }).click();
}

/** Call this once. */
export function showEvents() {
  text.addEventListener("input", showAll);
  source.addEventListener("change", showAll);
  kinds.addEventListener("change", showAll);
  form.addEventListener("change", showPayload);
  pause.addEventListener("click", togglePause);
  element("clear-events", HTMLButtonElement).addEventListener("click", clear);
  element("download-har", HTMLButtonElement).addEventListener("click", downloadHar);
  table.addEventListener("keydown", onKey);
  body.addEventListener("click", ({ target }) => {
    const row = /** @type {Element} */ (target).closest("tr");
    if (row) select(row);
  });
}
