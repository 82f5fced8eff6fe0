// The opening handshake of the view "On the wire": the purpose of each line, and how
// Sec-WebSocket-Accept is computed.

import { element } from "../page/elements.mjs";
import { texts } from "../page/texts.mjs";

/** The GUID that every server appends to the key (RFC 6455 §1.3). */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * The sections that specify the lines of a WebSocket handshake. Other lines are not explained one
 * by one.
 */
const SOURCES = {
  request: {
    host: "RFC 9110 §7.2",
    upgrade: "RFC 6455 §4.1",
    connection: "RFC 6455 §4.1",
    origin: "RFC 6455 §10.2",
    "sec-websocket-key": "RFC 6455 §4.1",
    "sec-websocket-version": "RFC 6455 §4.1",
    "sec-websocket-extensions": "RFC 6455 §9.1",
    "sec-websocket-protocol": "RFC 6455 §1.9",
  },
  answer: {
    upgrade: "RFC 6455 §4.2.2",
    connection: "RFC 6455 §4.2.2",
    "sec-websocket-accept": "RFC 6455 §4.2.2",
    "sec-websocket-extensions": "RFC 6455 §9.1",
    "sec-websocket-protocol": "RFC 6455 §4.2.2",
  },
};

/** The sections that specify other headers with a meaning here. */
const OTHER_SOURCES = {
  cookie: "RFC 6265 §4.2",
  "user-agent": "RFC 9110 §10.1.5",
  "cache-control": "WHATWG Fetch §4.6",
  pragma: "WHATWG Fetch §4.6",
};

/** @typedef {keyof typeof SOURCES} Kind */

let key = ""; // the key of the current request

export function clearHandshake() {
  for (const list of ["wire-request", "wire-answer"])
    element(list, HTMLOListElement).replaceChildren();
  for (const id of ["key", "guid", "sha1", "base64", "sent"])
    element(`accept-${id}`, HTMLElement).textContent = "–";
  const verdict = element("accept-verdict", HTMLElement);
  verdict.textContent = "";
  verdict.classList.remove("bad");
}

/**
 * Shows a request or a response as it was on the wire.
 *
 * @param {Kind} kind
 * @param {Uint8Array} bytes
 */
export function showHead(kind, bytes) {
  // Decodes each byte as a character, because a field's value may contain any bytes (RFC 9110
  // §5.5).
  const [first, ...lines] = String.fromCharCode(...bytes)
    .trimEnd()
    .split("\r\n");
  const fields = lines.map((line) => {
    const colon = line.indexOf(":");
    return { name: line.slice(0, colon), value: line.slice(colon + 1).trim() };
  });
  element(`wire-${kind}`, HTMLOListElement).replaceChildren(
    toLine(
      [first],
      kind === "request" ? texts.wire.lines.request : texts.wire.lines.response,
      "RFC 6455 §4",
    ),
    ...fields.map(({ name, value }) => toField(kind, name, value)),
  );
  /** @param {string} wanted */
  const valueOf = (wanted) => fields.find(({ name }) => name.toLowerCase() === wanted)?.value ?? "";
  if (kind === "request") key = valueOf("sec-websocket-key");
  else void showAccept(key, valueOf("sec-websocket-accept"));
}

/**
 * @param {Kind} kind
 * @param {string} name
 * @param {string} value
 */
function toField(kind, name, value) {
  const { headers, lines } = texts.wire;
  const lower = name.toLowerCase();
  const source = /** @type {Record<string, string>} */ (SOURCES[kind])[lower];
  const otherSource = /** @type {Record<string, string>} */ (OTHER_SOURCES)[lower];
  const about =
    source || otherSource ? headers[lower] : kind === "request" ? lines.other : lines.otherAnswer;
  const row = toLine([`${name}: `, value], about, source ?? otherSource ?? "");
  row.classList.toggle("other", !source);
  return row;
}

/**
 * @param {string[]} line a name, if it has one, and the rest
 * @param {string} about
 * @param {string} source
 */
function toLine(line, about, source) {
  const row = document.createElement("li");
  const code = document.createElement("code");
  const name = document.createElement("b");
  name.textContent = line[0];
  code.append(name, ...line.slice(1));
  const note = document.createElement("p");
  note.textContent = source ? `${about} (${source})` : about;
  row.append(code, note);
  return row;
}

/**
 * Computes what the server must send for this key (RFC 6455 §4.2.2), and compares.
 *
 * @param {string} itsKey
 * @param {string} sent
 */
async function showAccept(itsKey, sent) {
  element("accept-key", HTMLElement).textContent = itsKey;
  const guid = document.createElement("mark");
  guid.textContent = GUID;
  element("accept-guid", HTMLElement).replaceChildren(itsKey, guid);
  element("accept-sent", HTMLElement).textContent = sent;
  if (!globalThis.crypto.subtle)
    return (element("accept-sha1", HTMLElement).textContent = texts.wire.noSubtle);

  const hash = new Uint8Array(
    await crypto.subtle.digest("SHA-1", new TextEncoder().encode(itsKey + GUID)),
  );
  if (itsKey !== key) return; // a later connection is shown by now
  const accept = btoa(String.fromCharCode(...hash));
  element("accept-sha1", HTMLElement).textContent = toHex(hash);
  element("accept-base64", HTMLElement).textContent = accept;
  const verdict = element("accept-verdict", HTMLElement);
  verdict.textContent = accept === sent ? texts.wire.same : texts.wire.different;
  verdict.classList.toggle("bad", accept !== sent);
}

/** @param {Uint8Array} bytes */
export const toHex = (bytes) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
