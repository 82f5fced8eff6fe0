// The frames of the view "On the wire": each with its fields, and an explanation of the selected
// field.

import { element, formatSize } from "../page/elements.mjs";
import { decodeHeader, mask } from "../page/frames.mjs";
import { texts } from "../page/texts.mjs";
import { toHex } from "./wire_handshake.mjs";

const MAX_ROWS = 200;
const LONGEST_PAYLOAD = 48; // of a message; wire.cpp reports the same number of bytes
const CLOSE = 8;
const PING = 9;
const RFC = "https://www.rfc-editor.org/rfc/rfc6455#section-";

/** The sections that specify the fields. */
const SECTIONS = {
  fin: "5.2",
  rsv: "5.2",
  opcode: "5.2",
  mask: "5.2",
  length: "5.2",
  extended: "5.2",
  key: "5.3",
  payload: "5.2",
  unmasked: "5.3",
  content: "5.6",
};

/** @typedef {keyof typeof SECTIONS} Name */

/** @typedef {"page" | "server"} Side */

/**
 * `hex` are bytes on the wire, `bits` a part of a byte, and `value` is in words.
 *
 * @typedef {{ name: Name, hex?: string, bits?: string, text?: string, label?: string, value: string, about?: string }}
 *   Field
 */

/** @typedef {{ opcode: number, from: Side, app: HTMLElement }} Shown */

/**
 * What the observer reports about a message.
 *
 * @typedef {{ isText: boolean, size: number, data: Uint8Array }} Message
 */

const list = element("wire-frames", HTMLOListElement);
const scroller = element("wire-scroller", HTMLElement);

let last = 0; // the number of the last frame

/** The first frame of the current message in each direction. */
const messages = {
  page: { isText: false, isCompressed: false },
  server: { isText: false, isCompressed: false },
};

/**
 * @type {Record<Side, HTMLElement[]>} The elements that wait for what the application knows about a message.
 */
let places = { page: [], server: [] };

/**
 * @type {Record<Side, Message[]>} What the application knows about messages whose frames have not arrived yet.
 */
let waiting = { page: [], server: [] };

/** @type {HTMLElement | undefined} The element of the last Close frame. */
let closing;

/** @type {string | undefined} What the application knows about the close. */
let closed;

/** @type {WeakMap<Element, Field>} */
const fields = new WeakMap();

export function clearFrames() {
  list.replaceChildren();
  last = 0;
  places = { page: [], server: [] };
  waiting = { page: [], server: [] };
  closing = undefined;
  closed = undefined;
  const { noField, noFieldAbout } = texts.wire;
  explain({ name: noField, value: "", about: noFieldAbout });
}

/**
 * Shows a frame. Its payload may be incomplete.
 *
 * @param {Side} from
 * @param {number} at
 * @param {Uint8Array} bytes
 * @param {number} size of the whole frame
 */
export function addFrame(from, at, bytes, size) {
  const header = decodeHeader(bytes);
  if (!header) return;
  const { fin, rsv, opcode } = header;
  const message = messages[from];
  if (opcode === 1 || opcode === 2)
    Object.assign(message, { isText: opcode === 1, isCompressed: rsv === 4 });
  const isControl = opcode >= CLOSE;
  const isText = isControl || message.isText;
  const isCompressed = !isControl && message.isCompressed;

  const name = texts.wire.opcodes[opcode] ?? texts.wire.reserved;
  const side = from === "page" ? texts.wire.fromPage : texts.wire.fromServer;
  const row = document.createElement("li");
  row.dataset.from = from;
  row.dataset.opcode = String(opcode);
  const words = [
    ["arrow", from === "page" ? "→" : "←"],
    ["number", `#${++last}`],
    ["opcode-name", name],
    ["wire-size", texts.wire.onWire(formatSize(size))],
    [
      "marks",
      [isCompressed && texts.wire.compressed, !fin && texts.wire.fragment]
        .filter(Boolean)
        .join(", "),
    ],
    ["at", `+${at.toFixed(1)} ms`],
  ];
  const head = make(
    "p",
    "frame-head",
    ...words.map(([className, text]) => make("span", className, text)),
  );
  head.children[0].setAttribute("role", "img");
  head.children[0].setAttribute("aria-label", side);
  head.prepend(make("b", "source", texts.wire.fromRecord));
  const group = make("div", "fields", ...toElements(fieldsOf(header, bytes, isText, isCompressed)));
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", texts.wire.frame(last, side, name));
  const app = make("span", "app-text", texts.wire.waits);
  row.append(
    head,
    group,
    make("p", "app", make("b", "source observer", texts.wire.fromObserver), app),
  );
  add(row);
  place({ opcode, from, app }, fin);
}

/**
 * Adds a line that is not a frame.
 *
 * @param {string} text
 */
export function addNote(text) {
  add(make("li", "wire-note", make("b", "source", texts.wire.fromRecord), ` ${text}`));
}

/**
 * Shows what the observer reports about a message, next to the message's last frame. Messages and
 * frames have the same order.
 *
 * @param {Side} from
 * @param {Message} message
 */
export function addMessage(from, message) {
  waiting[from].push(message);
  match(from);
}

/**
 * Shows what the observer reports about the end, next to the last Close frame.
 *
 * @param {number} code
 * @param {string} reason
 * @param {boolean} wasClean
 */
export function addClose(code, reason, wasClean) {
  closed = texts.wire.closeEvent(code, reason, wasClean);
  if (closing) closing.textContent = closed;
}

/**
 * @param {Shown} shown
 * @param {boolean} fin
 */
function place({ opcode, from, app }, fin) {
  if (opcode === CLOSE) {
    closing = app;
    app.textContent = closed ?? texts.wire.hiddenClose;
  } else if (opcode > CLOSE) {
    app.textContent = opcode === PING ? texts.wire.hiddenPing : texts.wire.hiddenPong;
  } else if (!fin) {
    app.textContent = texts.wire.partOfMessage;
  } else {
    places[from].push(app);
    match(from);
  }
}

/** @param {Side} from */
function match(from) {
  while (places[from].length > 0 && waiting[from].length > 0) {
    const app = /** @type {HTMLElement} */ (places[from].shift());
    const { isText, size, data } = /** @type {Message} */ (waiting[from].shift());
    const content = isText ? `“${decode(data)}”` : toHex(data);
    const more = size > data.length ? ` ${texts.wire.more(formatSize(size - data.length))}` : "";
    follow(() => {
      app.textContent = texts.wire.message(from === "page", isText, formatSize(size));
      if (size > 0) app.append(": ", make("code", "", content + more));
    });
  }
}

/** @param {Uint8Array} bytes UTF-8, which may end inside a character */
const decode = (bytes) =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: true });

/**
 * Returns the fields of a frame in the order of the wire, and the meaning of its payload.
 *
 * @param {import("../page/frames.mjs").Header} header
 * @param {Uint8Array} bytes
 * @param {boolean} isText
 * @param {boolean} isCompressed
 */
function fieldsOf(header, bytes, isText, isCompressed) {
  const { values, opcodes, reserved } = texts.wire;
  const { fin, rsv, opcode, lengthBits, payloadLength, maskingKey } = header;
  const bits = Array.from(bytes.subarray(0, 2), (byte) => byte.toString(2).padStart(8, "0"));
  const size = formatSize(payloadLength);
  /** @type {Field[]} */
  const first = [
    { name: "fin", bits: bits[0].slice(0, 1), value: values.fin(fin) },
    { name: "rsv", bits: bits[0].slice(1, 4), value: values.rsv(rsv) },
    {
      name: "opcode",
      bits: bits[0].slice(4),
      value: values.opcode(opcode, opcodes[opcode] ?? reserved),
    },
  ];
  /** @type {Field[]} */
  const second = [
    { name: "mask", bits: bits[1].slice(0, 1), value: values.mask(maskingKey !== undefined) },
    { name: "length", bits: bits[1].slice(1), value: values.length(bytes[1] & 0x7f, size) },
  ];
  /** @type {Field[]} */
  const rest = [];
  const keyStart = header.size - (maskingKey ? 4 : 0);
  if (lengthBits > 7)
    rest.push({
      name: "extended",
      hex: toHex(bytes.subarray(2, keyStart)),
      value: values.extended(size),
    });
  if (maskingKey) rest.push({ name: "key", hex: toHex(maskingKey), value: toHex(maskingKey) });
  const most = opcode >= CLOSE ? payloadLength : LONGEST_PAYLOAD;
  const payload = bytes.subarray(header.size, header.size + most);
  if (payload.length > 0) {
    const more =
      payloadLength > payload.length
        ? ` ${texts.wire.more(formatSize(payloadLength - payload.length))}`
        : "";
    const data = maskingKey ? mask(payload, maskingKey) : payload;
    const label = maskingKey && texts.wire.maskedPayload;
    rest.push({ name: "payload", hex: toHex(payload) + more, label, value: values.payload(size) });
    if (maskingKey)
      rest.push({ name: "unmasked", hex: toHex(data) + more, value: values.payload(size) });
    if (isText && !isCompressed)
      rest.push({ name: "content", text: contentOf(opcode, data) + more, value: "" });
  }
  return {
    bytes: [
      { hex: toHex(bytes.subarray(0, 1)), fields: first },
      { hex: toHex(bytes.subarray(1, 2)), fields: second },
    ],
    rest,
  };
}

/**
 * @param {number} opcode
 * @param {Uint8Array} data
 */
function contentOf(opcode, data) {
  if (opcode !== CLOSE) return `“${decode(data)}”`;
  const code = (data[0] << 8) | data[1];
  return data.length > 2 ? `${code} “${decode(data.subarray(2))}”` : String(code);
}

/** @param {ReturnType<typeof fieldsOf>} all */
function toElements({ bytes, rest }) {
  return [
    ...bytes.map(({ hex, fields }) =>
      make("div", "byte", make("code", "hex", hex), make("div", "bits", ...fields.map(toButton))),
    ),
    ...rest.map(toButton),
  ];
}

/** @param {Field} field */
function toButton(field) {
  const { name, hex, bits, text } = field;
  const label = field.label ?? texts.wire.names[name];
  const button = make(
    "button",
    "frame-field",
    make("code", "", hex ?? bits ?? text ?? ""),
    make("small", "", label),
  );
  button.setAttribute("type", "button");
  button.dataset.field = name;
  // All fields together are one stop of the Tab key. From there, the arrow keys move the focus.
  button.tabIndex = -1;
  fields.set(button, field);
  return button;
}

/** @param {Element} row */
function add(row) {
  follow(() => {
    list.append(row);
    if (list.children.length > MAX_ROWS) list.children[0].remove();
  });
}

/**
 * Keeps the newest row in sight, unless the visitor has scrolled up to read.
 *
 * @param {() => void} change
 */
function follow(change) {
  const { scrollHeight, scrollTop, clientHeight } = scroller;
  const wasAtEnd = scrollHeight - scrollTop - clientHeight < 40;
  change();
  if (wasAtEnd) scroller.scrollTop = scroller.scrollHeight;
}

/**
 * @param {string} tag
 * @param {string} className
 * @param {(Node | string)[]} content
 */
function make(tag, className, ...content) {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...content);
  return made;
}

// The selected field

/** @param {Omit<Field, "name"> & { name: string }} field */
function explain({ name, value, about }) {
  const { names, explanations } = texts.wire;
  const known = /** @type {Name} */ (name);
  element("wire-field-name", HTMLElement).textContent = names[known] ?? name;
  element("wire-field-value", HTMLElement).textContent = value;
  element("wire-field-about", HTMLElement).textContent = about ?? explanations[known];
  const source = element("wire-field-source", HTMLAnchorElement);
  source.hidden = !SECTIONS[known];
  source.href = RFC + SECTIONS[known];
  source.textContent = `RFC 6455 §${SECTIONS[known]}`;
}

/** @param {HTMLElement} button */
function select(button) {
  const field = fields.get(button);
  if (!field) return;
  for (const other of list.querySelectorAll("[aria-current]"))
    other.removeAttribute("aria-current");
  for (const other of /** @type {NodeListOf<HTMLElement>} */ (
    list.querySelectorAll("button[tabindex='0']")
  )) {
    other.tabIndex = -1;
  }
  button.setAttribute("aria-current", "true");
  button.tabIndex = 0;
  explain(field);
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const rows = [...list.querySelectorAll(".fields")];
  const current = /** @type {HTMLElement} */ (document.activeElement);
  const row = rows.findIndex((one) => one.contains(current));
  const buttonsOf = (/** @type {number} */ index) => [
    ...(rows[index]?.querySelectorAll("button") ?? []),
  ];
  const place = row < 0 ? -1 : buttonsOf(row).indexOf(/** @type {HTMLButtonElement} */ (current));
  /** @param {number} index of a row */
  const inRow = (index) => {
    const buttons = buttonsOf(index);
    return buttons[Math.min(Math.max(place, 0), buttons.length - 1)];
  };
  const targets = {
    ArrowRight: () =>
      row < 0 ? inRow(rows.length - 1) : (buttonsOf(row)[place + 1] ?? buttonsOf(row + 1)[0]),
    ArrowLeft: () =>
      row < 0 ? inRow(rows.length - 1) : (buttonsOf(row)[place - 1] ?? buttonsOf(row - 1).at(-1)),
    ArrowDown: () => inRow(row < 0 ? rows.length - 1 : row + 1),
    ArrowUp: () => inRow(row < 0 ? rows.length - 1 : row - 1),
  };
  if (!Object.hasOwn(targets, event.key)) return;
  event.preventDefault();
  targets[/** @type {keyof typeof targets} */ (event.key)]()?.focus();
}

/** Call this once. */
export function showFields() {
  clearFrames();
  scroller.addEventListener("keydown", onKey);
  for (const type of ["click", "focusin"]) {
    list.addEventListener(type, ({ target }) => {
      const button = /** @type {Element} */ (target).closest("button");
      if (button) select(button);
    });
  }
}
