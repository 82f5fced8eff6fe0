// On the wire: opens a connection through wire.cpp, and shows its bytes, which come from the
// server's record. Next to them, it shows what hawser's observer reports to an application.

import { element, messageOf, statusIn } from "../page/elements.mjs";
import { onServer, onThisServer } from "../page/urls.mjs";
import { texts } from "../page/texts.mjs";
import { onShown } from "../page/views.mjs";
import {
  addClose,
  addFrame,
  addMessage,
  addNote,
  clearFrames,
  showFields,
} from "./wire_frames.mjs";
import { clearHandshake, showHead } from "./wire_handshake.mjs";

/**
 * The exports of wire.cpp. Functions that return a text return why they did nothing, or an empty
 * text.
 *
 * @typedef {object} WireDemo
 * @property {(listener: (seen: Seen) => void) => void} listenToWire
 * @property {(url: string) => string} openWire
 * @property {(text: string) => string} sendWireText
 * @property {(bytes: Uint8Array) => string} sendWireBinary
 * @property {(reason: string) => string} closeWire
 */

/**
 * @typedef {{ type: string, extensions: string, isText: boolean, size: number, data: Uint8Array, code: number, reason: string, wasClean: boolean, error: string }}
 *   Seen
 */

/** @typedef {import("../server/wire_record.mjs").Entry} Entry */

const setStatus = statusIn("wire-status");

/** @type {WireDemo | undefined} Undefined until it is loaded. */
let demo;

/** Identifies the connection to the server. */
let id = "";

/** @type {EventSource | undefined} The record of the current connection, until it ends. */
let source;

let isOpening = false; // until the observer has reported the opening of the current connection
let isOpen = false;
let isLeft = false; // whether the connection closes because the view was left

/** @param {string} why */
const complain = (why) => setStatus(why, "bad");

const newId = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

/** @param {string} base64 */
const fromBase64 = (base64) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));

/** Requests a record, and then opens the connection, so that the record has its first byte. */
function connect() {
  source?.close();
  clearHandshake();
  clearFrames();
  isOpen = false;
  isLeft = false;
  isOpening = true; // the previous connection may still report events
  id = newId();
  setStatus(texts.wire.connecting);
  const itsId = id;
  const opened = new EventSource(onServer(`/wire/record?id=${itsId}`));
  source = opened;
  opened.addEventListener("message", ({ data }) => {
    if (source === opened) show(JSON.parse(data));
  });
  opened.addEventListener("open", () => {
    if (source !== opened) return;
    const deflate = element("wire-deflate", HTMLInputElement).checked ? "&deflate" : "";
    const why = demo?.openWire(onThisServer(`/wire?id=${itsId}${deflate}`));
    if (why) complain(why);
  });
  opened.addEventListener("error", () => {
    opened.close();
    if (source !== opened) return;
    source = undefined;
    complain(isOpening ? texts.wire.noRecord : texts.wire.recordEnded);
  });
}

/** @param {Entry} entry from the server's record */
function show(entry) {
  switch (entry.kind) {
    case "request":
    case "answer":
      return showHead(entry.kind, fromBase64(entry.bytes));
    case "frame":
      return addFrame(entry.from, entry.at, fromBase64(entry.bytes), entry.size);
    case "end":
      return addNote(entry.from === "page" ? texts.wire.pageEnds : texts.wire.serverEnds);
    case "full":
      return addNote(texts.wire.full);
    case "closed":
      addNote(texts.wire.tcpClosed);
      source?.close();
      source = undefined;
  }
}

/** @param {Seen} seen from the observer */
function observe(seen) {
  if (seen.type === "opening") isOpening = false;
  if (isOpening) return;
  const { code, reason, wasClean } = seen;
  switch (seen.type) {
    case "open":
      isOpen = true;
      return setStatus(texts.wire.opened(seen.extensions));
    case "sent":
      return addMessage("page", seen);
    case "received":
      return addMessage("server", seen);
    case "close":
      isOpen = false;
      addClose(code, reason, wasClean);
      if (isLeft) return setStatus(texts.wire.left);
      setStatus(texts.wire.closed(code, reason, wasClean, seen.error), wasClean ? "good" : "bad");
  }
}

/**
 * Asks the server to do something on this connection.
 *
 * @param {string} wish
 */
async function ask(wish) {
  if (!isOpen) return complain(texts.wire.notOpen);
  const { status } = await fetch(onServer(`/wire/${wish}?id=${id}`), { method: "POST" });
  if (status === 404) return complain(texts.wire.notOpen);
  if (status === 429) return complain(texts.wire.tooOften);
  if (status !== 204) return complain(texts.wire.serverRefuses(status));
}

/** @param {string} hex */
function parseHex(hex) {
  if (!/^(\s*[0-9a-f]{2})*\s*$/i.test(hex)) throw new Error(texts.wire.notHex);
  return Uint8Array.from(hex.match(/\S\S/g) ?? [], (byte) => parseInt(byte, 16));
}

/**
 * Closes the connection when the view is left. What is shown stays.
 *
 * @param {boolean} isShown
 */
function onView(isShown) {
  if (!demo) return;
  if (isShown && !id) return connect();
  if (isShown || !isOpen) return;
  isLeft = true;
  demo.closeWire(texts.wire.closeReason);
}

/** @param {Promise<WireDemo>} loading */
export async function showWire(loading) {
  showFields();
  /**
   * @param {string} id of a button or of a form
   * @param {(demo: WireDemo) => unknown} action may return why it did nothing
   */
  const on = (id, action) => {
    const target = element(id, HTMLElement);
    target.addEventListener(
      target instanceof HTMLFormElement ? "submit" : "click",
      async (event) => {
        event.preventDefault();
        try {
          const why = await action(await loading);
          if (typeof why === "string" && why) complain(why);
        } catch (exception) {
          complain(messageOf(exception));
        }
      },
    );
  };

  on("wire-connect", connect);
  on("wire-close", (demo) => demo.closeWire(texts.wire.closeReason));
  on("wire-send-text", (demo) => demo.sendWireText(element("wire-text", HTMLInputElement).value));
  on("wire-send-bytes", (demo) =>
    demo.sendWireBinary(parseHex(element("wire-bytes", HTMLInputElement).value)),
  );
  on("wire-empty", (demo) => demo.sendWireText(""));
  on("wire-short", (demo) => demo.sendWireBinary(new Uint8Array(126)));
  on("wire-long", (demo) => demo.sendWireBinary(new Uint8Array(65_536)));
  on("wire-repeated", (demo) => demo.sendWireText("a".repeat(2000)));
  on("wire-ping", () => ask("ping"));
  on("wire-fragments", () => ask("fragments"));
  on("wire-server-close", () => ask("close"));
  element("wire-deflate", HTMLInputElement).addEventListener("change", async () => {
    await loading;
    connect();
  });

  try {
    demo = await loading;
    demo.listenToWire(observe);
    setStatus(texts.wire.ready);
    onShown("wire-view", onView);
  } catch (exception) {
    complain(messageOf(exception));
  }
}
