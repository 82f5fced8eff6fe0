// A room: passes the visitor's strokes to room.cpp, and shows the strokes of all visitors, who is
// here, and whether any stroke is lost.

import { element, messageOf, statusIn } from "../page/elements.mjs";
import { onServer, onThisServer } from "../page/urls.mjs";
import { texts } from "../page/texts.mjs";
import { onShown } from "../page/views.mjs";

/**
 * The exports of room.cpp. Points are pairs of numbers from 0 to 65535.
 *
 * @typedef {object} RoomDemo
 * @property {(listeners: object) => void} listenToRoom
 * @property {(urls: string[], name: string, colour: number) => void} joinRoom
 * @property {() => void} leaveRoom
 * @property {(points: number[]) => boolean} drawInRoom
 * @property {(x: number, y: number) => void} pointInRoom
 * @property {(isKill: boolean, isServer: boolean, index: number) => void} controlRoom
 * @property {() => Record<"server" | "sent" | "acknowledged" | "received" | "last" | "gaps" | "doubles" | "waiting" | "connections" | "roundTrip", number>}
 *   roomFigures `roundTrip` is negative if it is unknown
 */

/** @typedef {{ colour: number, points: ArrayLike<number> }} Stroke */

const DEFAULT_ROOM = "harbour";
const FULL = 65_535;
const MAX_STROKES = 5_000; // as many as the server keeps
const MAX_POINTS = 64;
const LINE_EVERY = 15; // ms: a screen may draw more frames than the server accepts
const POINTER_EVERY = 33; // ms
const STEP = 1_300; // of an arrow key: 2 % of the board
const COUNTS = /** @type {const} */ ([
  "sent",
  "acknowledged",
  "received",
  "last",
  "gaps",
  "doubles",
]);

const view = element("room-view", HTMLElement);
const canvas = element("room-canvas", HTMLCanvasElement);
const pointers = element("room-pointers", HTMLElement);
const visitors = element("room-visitors", HTMLUListElement);
const field = element("room-name", HTMLInputElement);
const setStatus = statusIn("room-status");

/** @type {RoomDemo | undefined} */
let demo;
let isIn = false;
let isDirty = true; // whether the whole board must be drawn again
let frame = 0;

let colour = Math.floor(Math.random() * texts.room.colours.length);
const name = texts.room.names[Math.floor(Math.random() * texts.room.names.length)];

/** @type {Stroke[]} */
let strokes = [];
let drawn = 0; // the number of strokes on the board

/** Points of the current line that were not sent yet, as pairs of numbers. @type {number[]} */
let line = [];
let isLineNew = false; // a continued line begins with the last point of the previous part
let lineSentAt = 0;
/** The visitor's pointer. @type {[number, number] | undefined} */
let place;
let isPlaceNew = false;
let pointedAt = 0;
/** The keyboard's pen. */
let isPenDown = false;

/** @type {Map<string, { row: HTMLLIElement, pointer: HTMLElement, at?: [number, number] }>} */
const people = new Map();

/** The listeners for room.cpp. */
const listeners = {
  /**
   * @param {string} client
   * @param {number} colour
   * @param {Uint16Array} view into the module's memory, valid during this call
   * @param {boolean} isMine
   */
  stroke(client, colour, view, isMine) {
    if (isMine) return; // it is already on the board
    const points = view.slice();
    add({ colour, points });
    move(client, points[points.length - 2], points[points.length - 1]);
  },
  /** @param {string} client @param {number} x @param {number} y */
  pointer: move,
  /** @param {string} client @param {number} colour @param {string} name @param {boolean} isMe */
  here(client, colour, name, isMe) {
    const known = people.get(client);
    const row = known?.row ?? document.createElement("li");
    const pointer = known?.pointer ?? document.createElement("span");
    row.textContent = isMe ? texts.room.you(name) : name;
    row.className = `ink-${colour}`;
    pointer.textContent = name;
    pointer.className = `ink-${colour}`;
    if (known) return;
    pointer.hidden = true;
    people.set(client, { row, pointer });
    visitors.append(row);
    pointers.append(pointer);
  },
  /** @param {string} client */
  left(client) {
    const person = people.get(client);
    person?.row.remove();
    person?.pointer.remove();
    people.delete(client);
  },
  reset() {
    clear();
    setStatus(texts.room.reset, "bad");
  },
  welcome() {
    forgetPeople(); // the list of visitors follows
    setStatus(texts.room.joined);
  },
  cluster: showCluster,
  /** @param {string} state @param {string} why */
  status(state, why) {
    if (state === "connecting" && !isAway()) setStatus(texts.room.joining);
    if (state === "waiting") setStatus(texts.room.away, "bad");
    if (state === "stopped") setStatus(texts.room.stopped(why), "bad");
    showFigures();
  },
};

const isAway = () => (demo?.roomFigures().connections ?? 0) > 0;

// The board

/** @param {Stroke} stroke */
function add(stroke) {
  strokes.push(stroke);
  if (strokes.length > MAX_STROKES + 500) {
    strokes = strokes.slice(-MAX_STROKES);
    isDirty = true;
  }
  schedule();
}

function clear() {
  strokes = [];
  isDirty = true;
  schedule();
}

/** @param {string} client @param {number} x @param {number} y */
function move(client, x, y) {
  const person = people.get(client);
  if (!person) return;
  person.at = [x, y];
  schedule();
}

function schedule() {
  frame ||= requestAnimationFrame(render);
}

/** Runs once per frame: sends the visitor's input, and draws what was received. */
function render() {
  frame = 0;
  sendLine();
  sendPlace();
  draw();
  for (const { pointer, at } of people.values()) {
    if (!at) continue;
    pointer.hidden = false;
    pointer.style.transform = `translate(${(at[0] / FULL) * canvas.clientWidth}px, ${(at[1] / FULL) * canvas.clientHeight}px)`;
  }
}

function draw() {
  const context = canvas.getContext("2d");
  if (!context || canvas.width === 0) return;
  if (isDirty) {
    context.clearRect(0, 0, canvas.width, canvas.height);
    drawn = 0;
    isDirty = false;
  }
  const style = getComputedStyle(view);
  const inks = texts.room.colours.map((_, index) => style.getPropertyValue(`--ink-${index}`));
  context.lineWidth = Math.max(3 * devicePixelRatio, canvas.width / 220);
  context.lineCap = "round";
  context.lineJoin = "round";
  for (; drawn < strokes.length; ++drawn) {
    const { colour, points } = strokes[drawn];
    context.strokeStyle = inks[colour];
    context.beginPath();
    for (let i = 0; i < points.length; i += 2) {
      const [x, y] = [(points[i] / FULL) * canvas.width, (points[i + 1] / FULL) * canvas.height];
      if (i === 0) context.moveTo(x, y);
      context.lineTo(i === 0 ? x + 0.01 : x, y); // a line of length zero would not be drawn, but a dot is one
    }
    context.stroke();
  }
}

/** The board's size in device pixels, which are smaller than CSS pixels. */
function resize() {
  const width = Math.round(canvas.clientWidth * devicePixelRatio);
  const height = Math.round(canvas.clientHeight * devicePixelRatio);
  if (!width || (canvas.width === width && canvas.height === height)) return;
  Object.assign(canvas, { width, height });
  isDirty = true;
  schedule();
}

// User input

function sendLine(isLast = false) {
  if (!isLineNew || !demo || !isIn) return;
  const now = performance.now();
  if (now - lineSentAt < LINE_EVERY && !isLast) return schedule();
  lineSentAt = now;
  isLineNew = false;
  const points = line;
  line = points.slice(-2); // the next part begins here
  for (let i = 0; i === 0 || i + 2 < points.length; i += 2 * (MAX_POINTS - 1)) {
    const part = points.slice(i, i + 2 * MAX_POINTS);
    if (!demo.drawInRoom(part)) return setStatus(texts.room.full, "bad");
    add({ colour, points: part });
  }
  isPlaceNew = false; // others see the pointer at the end of the line
  if (!isDrawing) line = [];
}

function sendPlace() {
  if (!place || !isPlaceNew || !demo || !isIn) return;
  const now = performance.now();
  if (now - pointedAt < POINTER_EVERY) return schedule();
  pointedAt = now;
  isPlaceNew = false;
  demo.pointInRoom(...place);
}

let isDrawing = false;

/** @param {number} x @param {number} y */
function go(x, y) {
  const limit = (/** @type {number} */ value) => Math.round(Math.min(FULL, Math.max(0, value)));
  place = [limit(x), limit(y)];
  isPlaceNew = true;
  if (isDrawing) {
    line.push(...place);
    isLineNew = true;
  }
  schedule();
}

/** @param {MouseEvent} event */
function goTo({ clientX, clientY }) {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  go(((clientX - left) / width) * FULL, ((clientY - top) / height) * FULL);
}

/** @param {boolean} isDown */
function setPen(isDown) {
  isDrawing = isDown;
  if (!isDown) return; // the next frame sends the line
  sendLine(true); // the previous line, if that frame has not come yet
  line = [];
}

function listenToPointer() {
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    showCursor(false);
    setPen(true);
    goTo(event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!event.isPrimary) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length > 0 ? all : [event]) goTo(one);
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel"])) {
    canvas.addEventListener(end, () => setPenUp());
  }
}

function setPenUp() {
  setPen(false);
  schedule();
}

const cursor = document.createElement("i");

/** @param {boolean} isShown */
function showCursor(isShown) {
  cursor.hidden = !isShown;
  cursor.classList.toggle("down", isPenDown);
  if (!isShown) isPenDown = false;
  if (!place) return;
  const [x, y] = [(place[0] / FULL) * canvas.clientWidth, (place[1] / FULL) * canvas.clientHeight];
  cursor.style.transform = `translate(${x}px, ${y}px)`;
}

function listenToKeys() {
  const ways = new Map([
    ["ArrowLeft", [-1, 0]],
    ["ArrowRight", [1, 0]],
    ["ArrowUp", [0, -1]],
    ["ArrowDown", [0, 1]],
  ]);
  canvas.addEventListener("keydown", (event) => {
    const way = ways.get(event.key);
    if (!way && event.key !== " ") return;
    event.preventDefault();
    const [x, y] = place ?? [FULL / 2, FULL / 2];
    if (way) {
      const step = event.shiftKey ? 4 * STEP : STEP;
      // The board is wider than high.
      go(x + way[0] * step, y + (way[1] * step * 4) / 3);
    } else if (!event.repeat) {
      isPenDown = !isPenDown;
      if (isPenDown) setPen(true);
      go(x, y);
      if (!isPenDown) setPenUp();
      setStatus(isPenDown ? texts.room.penDown : texts.room.penUp);
    }
    showCursor(true);
  });
  canvas.addEventListener("blur", () => {
    if (isPenDown) setPenUp();
    showCursor(false);
  });
}

// The room

const roomInAddress = () => new URLSearchParams(location.search).get("room") ?? "";
const isRoom = (/** @type {string} */ text) => /^[a-z0-9-]{1,32}$/.test(text);

/**
 * The servers do not change. Stored, because the one that was asked may be down the next time.
 *
 * @type {string[] | undefined}
 */
let servers;

async function findServers() {
  const mine = onThisServer("");
  const all = /** @type {string[]} */ (await (await fetch(onServer("/room/servers"))).json());
  const others = all.filter((server) => server !== mine);
  return [mine, ...others];
}

async function enter() {
  if (!demo) return;
  const address = roomInAddress();
  const room = isRoom(address) ? address : DEFAULT_ROOM;
  field.value = room;
  isIn = true;
  forgetPeople();
  clear();
  setStatus(texts.room.joining);
  try {
    servers ??= await findServers();
  } catch (exception) {
    isIn = false;
    return setStatus(messageOf(exception), "bad");
  }
  if (!isIn) return;
  demo.joinRoom(
    servers.map((server) => `${server}/room?room=${room}`),
    name,
    colour,
  );
}

function leave() {
  isIn = false;
  demo?.leaveRoom();
  forgetPeople();
}

function forgetPeople() {
  people.clear();
  visitors.replaceChildren();
  pointers.replaceChildren(cursor);
}

/** @param {number} chosen */
function chooseColour(chosen) {
  colour = chosen;
  for (const [index, button] of [...element("room-colours", HTMLElement).children].entries()) {
    button.setAttribute("aria-pressed", String(index === chosen));
  }
  cursor.className = `ink-${chosen}`;
}

function showColours() {
  for (const [index, label] of texts.room.colours.entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `ink-${index}`;
    button.ariaLabel = label;
    button.addEventListener("click", () => {
      chooseColour(index);
      // A colour belongs to a visitor, so changing it means joining as another visitor.
      if (isIn) changeVisitor();
    });
    element("room-colours", HTMLElement).append(button);
  }
  chooseColour(colour);
}

/** Whether to join as another visitor, once all strokes are acknowledged. */
let isChanging = false;
function changeVisitor() {
  isChanging = true;
  showFigures();
}

/** @param {string} room */
function addressOf(room) {
  const url = new URL(location.href);
  url.searchParams.set("room", room);
  url.hash = "room";
  return url.href;
}

function showFigures() {
  if (!demo) return;
  const figures = demo.roomFigures();
  if (figures.waiting === 0 && view.hidden && isIn) leave();
  if (figures.waiting === 0 && isChanging && isIn) {
    isChanging = false;
    void enter();
    return;
  }
  for (const key of COUNTS) element(`room-${key}`, HTMLElement).textContent = String(figures[key]);
  element("room-server", HTMLElement).textContent = texts.room.serverName(figures.server + 1);
  const { roundTrip } = figures;
  element("room-round-trip", HTMLElement).textContent = roundTrip < 0 ? "–" : `${roundTrip} ms`;
  for (const key of ["gaps", "doubles"]) {
    const dd = element(`room-${key}`, HTMLElement);
    dd.classList.toggle("bad", dd.textContent !== "0");
  }
}

/**
 * @param {number} servers
 * @param {number} serversUp a bit for each
 * @param {number} nodes
 * @param {number} nodesUp
 */
function showCluster(servers, serversUp, nodes, nodesUp) {
  element("room-cluster", HTMLElement).hidden = false;
  const parts = element("room-parts", HTMLElement);
  while (parts.children.length < servers + nodes) {
    const place = parts.children.length;
    const button = document.createElement("button");
    button.type = "button";
    const isServer = place < servers;
    button.addEventListener("click", () =>
      demo?.controlRoom(button.dataset.up === "true", isServer, isServer ? place : place - servers),
    );
    parts.append(button);
  }
  for (const [place, button] of [...parts.children].entries()) {
    const isServer = place < servers;
    const index = isServer ? place : place - servers;
    const isUp = Boolean(((isServer ? serversUp : nodesUp) >> index) & 1);
    const { killServer, restartServer, killNode, restartNode } = texts.room;
    const words = isServer ? [restartServer, killServer] : [restartNode, killNode];
    /** @type {HTMLElement} */ (button).dataset.up = String(isUp);
    button.textContent = words[Number(isUp)](index + 1);
  }
}

/** @param {Promise<RoomDemo>} loading */
export async function showRoom(loading) {
  showColours();
  listenToPointer();
  listenToKeys();
  new ResizeObserver(resize).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener(
    "change",
    () => ((isDirty = true), schedule()),
  );
  cursor.hidden = true;
  pointers.append(cursor);
  field.value = isRoom(roomInAddress()) ? roomInAddress() : DEFAULT_ROOM;

  element("room-name-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isRoom(field.value)) return setStatus(texts.room.badRoom, "bad");
    history.replaceState(null, "", addressOf(field.value));
    changeVisitor();
  });
  element("room-share", HTMLButtonElement).addEventListener("click", async () => {
    const url = addressOf(isRoom(roomInAddress()) ? roomInAddress() : DEFAULT_ROOM);
    try {
      await navigator.clipboard.writeText(url);
      setStatus(texts.room.copied);
    } catch {
      setStatus(texts.room.notCopied(url)); // the browser doesn't let this page use the clipboard
    }
  });

  try {
    demo = await loading;
    demo.listenToRoom(listeners);
    onShown("room-view", (isShown) => {
      if (isShown && !isIn) void enter();
      // If a tab is hidden for a minute, the session closes its connection.
      showFigures();
    });
    addEventListener("hashchange", showFigures);
    setInterval(showFigures, 200);
  } catch (exception) {
    setStatus(messageOf(exception), "bad");
  }
}
