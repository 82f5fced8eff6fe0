// The JavaScript half of the demo: it hands demo.cpp what the user gave, and shows what demo.cpp tells.

import { canWebSocket } from "../js/index.js";

/**
 * What demo.cpp shows to the page.
 *
 * @typedef {object} Demo
 * @property {() => boolean} supported
 * @property {(listeners: object) => void} listen
 * @property {(url: string, protocols: string) => void} connect
 * @property {(text: string) => void} sendText
 * @property {(bytes: Uint8Array) => void} sendBinary
 * @property {(code: string, reason: string) => void} close
 * @property {() => number} readyState
 * @property {() => number} bufferedAmount
 */

const MODULE = "./demo/demo.mjs";
const MAX_ROWS = 500;
const CLOCK = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const ARROWS = { sent: "→", received: "←", event: "•" };

const url = element("url", HTMLInputElement);
const protocols = element("protocols", HTMLInputElement);
const log = element("log", HTMLOListElement);
const scroller = element("scroller", HTMLElement);

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 */
function element(id, type) {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`The page has no ${type.name} with the id ${id}.`);
}

/** @param {unknown} thrown */
const messageOf = (thrown) => (thrown instanceof Error ? thrown.message : String(thrown));

/** @param {number} size */
const formatSize = (size) => `${size.toLocaleString("en")} B`;

/** @param {string} path */
const onThisServer = (path) => location.origin.replace(/^http/, "ws") + path;

/**
 * Adds a row to the log, and keeps it in sight unless the user has scrolled up to read.
 *
 * @param {keyof typeof ARROWS} direction
 * @param {string} kind
 * @param {string} content
 * @param {string} size
 */
function record(direction, kind, content, size = "") {
  const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
  const row = document.createElement("li");
  row.dataset.kind = kind;
  const time = CLOCK.format();
  for (const [name, text] of Object.entries({ time, direction: ARROWS[direction], kind, content, size })) {
    const cell = document.createElement("span");
    cell.className = name;
    cell.textContent = text;
    row.append(cell);
  }
  row.children[1].setAttribute("role", "img");
  row.children[1].setAttribute("aria-label", direction);
  log.append(row);
  if (log.children.length > MAX_ROWS) log.children[0].remove();
  if (atEnd) scroller.scrollTop = scroller.scrollHeight;
}

/**
 * @param {string} text
 * @param {"good" | "bad"} mood
 */
function tell(text, mood = "good") {
  const status = element("status", HTMLElement);
  status.className = mood;
  status.textContent = text;
}

/** @param {string} why */
function complain(why) {
  record("event", "error", why);
  tell(why, "bad");
}

/** What demo.cpp calls, each by its name. */
const listeners = {
  /** @param {string} to */
  connecting(to) {
    record("event", "connecting", to);
    tell(`Connecting to ${to}`);
  },
  replaced() {
    record("event", "replaced", "The earlier connection was closed to make room for a new one.");
  },
  /**
   * @param {string} to
   * @param {string} protocol
   * @param {string} extensions
   */
  opened(to, protocol, extensions) {
    const chosen = `Subprotocol: ${protocol || "none"}. Extensions: ${extensions || "none"}.`;
    record("event", "open", `${to} ${chosen}`);
    tell(`Open. ${chosen}`);
  },
  /**
   * @param {string} type
   * @param {number} size
   * @param {string} content
   */
  sent(type, size, content) {
    record("sent", type, content, formatSize(size));
    tell(`Sent ${formatSize(size)} of ${type}.`);
  },
  /**
   * @param {string} type
   * @param {number} size
   * @param {string} content
   */
  received(type, size, content) {
    record("received", type, content, formatSize(size));
    tell(`Received ${formatSize(size)} of ${type}.`);
  },
  refused: complain,
  failed: complain,
  closing() {
    record("event", "closing", "The closing handshake has begun.");
    tell("Closing.");
  },
  /**
   * @param {number} code
   * @param {string} reason
   * @param {boolean} wasClean
   * @param {string} why
   */
  closed(code, reason, wasClean, why) {
    const end = `Code ${code}, ${reason ? `reason “${reason}”` : "no reason"}, ${wasClean ? "clean" : "not clean"}.`;
    record("event", "close", end);
    tell(`Closed. ${end} ${why}`.trim(), wasClean ? "good" : "bad");
  },
};

/** @returns {Promise<Demo>} */
async function load() {
  try {
    const { default: create } = await import(MODULE);
    const demo = await create();
    demo.listen(listeners);
    return demo;
  } catch (exception) {
    throw new Error(`The C++ module could not be loaded, so this page cannot connect. ${messageOf(exception)}`, {
      cause: exception,
    });
  }
}

/**
 * Runs `action` when the form is submitted, by its button or by Enter. Whatever keeps it from running is told.
 *
 * @param {string} id
 * @param {(demo: Demo) => unknown} action
 */
function onSubmit(id, action) {
  element(id, HTMLFormElement).addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const demo = await loading;
      await action(demo);
      showState(demo);
    } catch (exception) {
      complain(messageOf(exception));
    }
  });
}

/**
 * @param {string} id
 * @param {{ url: string, protocols: string }} sample
 */
function onSample(id, sample) {
  element(id, HTMLButtonElement).addEventListener("click", () => {
    url.value = sample.url;
    protocols.value = sample.protocols;
    element("connect", HTMLFormElement).requestSubmit();
  });
}

/** @param {string} hex */
function parseHex(hex) {
  if (!/^(\s*[0-9a-f]{2})*\s*$/i.test(hex)) throw new Error("These are not bytes in hex. Write them like 00 ff 7f.");
  return Uint8Array.from(hex.match(/\S\S/g) ?? [], (byte) => parseInt(byte, 16));
}

async function readFile() {
  const file = element("file", HTMLInputElement).files?.[0];
  if (!file) throw new Error("No file is chosen yet. Choose one first.");
  return new Uint8Array(await file.arrayBuffer());
}

/** @param {Demo} demo */
function showState(demo) {
  const current = demo.readyState();
  const states = element("ready-state", HTMLOListElement).children;
  for (let i = 0; i < states.length; ++i) states[i].setAttribute("aria-current", String(i === current));
  element("buffered-amount", HTMLElement).textContent = formatSize(demo.bufferedAmount());
}

const can = canWebSocket();
element("answer", HTMLElement).textContent = can
  ? "Yes, this browser can open WebSockets."
  : "No, this browser cannot open WebSockets.";
element("can-web-socket", HTMLElement).textContent = String(can);

const loading = load();

url.value = onThisServer("/echo");
onSample("sample-echo", { url: url.value, protocols: "echo.v2, echo.v1" });
onSample("sample-refused", { url: onThisServer("/refuse"), protocols: "" });
onSample("sample-bad-url", { url: "ws://a bad URL", protocols: "" });

onSubmit("connect", (demo) => demo.connect(url.value, protocols.value));
onSubmit("send-text", (demo) => demo.sendText(element("text", HTMLInputElement).value));
onSubmit("send-bytes", (demo) => demo.sendBinary(parseHex(element("bytes", HTMLInputElement).value)));
onSubmit("send-file", async (demo) => demo.sendBinary(await readFile()));
onSubmit("close", (demo) =>
  demo.close(element("code", HTMLInputElement).value, element("reason", HTMLInputElement).value),
);
element("clear", HTMLButtonElement).addEventListener("click", () => log.replaceChildren());

try {
  const demo = await loading;
  element("supported", HTMLElement).textContent = String(demo.supported());
  showState(demo);
  setInterval(showState, 50, demo);
  tell("Ready. Connect, or try a sample.");
} catch (exception) {
  element("supported", HTMLElement).textContent = "not loaded";
  complain(messageOf(exception));
}
