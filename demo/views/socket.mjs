// One socket: passes the user's input to socket.cpp, and shows its reports.

import { element, formatSize, logIn, messageOf, showStep, statusIn } from "../page/elements.mjs";
import { onThisServer } from "../page/urls.mjs";
import { describeError, texts } from "../page/texts.mjs";

/**
 * The exports of socket.cpp.
 *
 * @typedef {object} SocketDemo
 * @property {(listeners: object) => void} listen
 * @property {(url: string, protocols: string) => void} connect
 * @property {(text: string) => void} sendText
 * @property {(bytes: Uint8Array) => void} sendBinary
 * @property {(code: string, reason: string) => void} close
 * @property {() => number} readyState
 * @property {() => number} bufferedAmount
 */

const url = element("url", HTMLInputElement);
const protocols = element("protocols", HTMLInputElement);
const record = logIn("log");
const setStatus = statusIn("status");

/** @param {string} why */
function complain(why) {
  record("event", "error", why);
  setStatus(why, "bad");
}

/**
 * @param {string} name of an error
 * @param {string} sentence in English
 */
function report(name, sentence) {
  complain(describeError(name, sentence));
}

/** The listeners for socket.cpp. */
const listeners = {
  /** @param {string} to */
  connecting(to) {
    record("event", "connecting", to);
    setStatus(texts.socket.connecting(to));
  },
  replaced() {
    record("event", "replaced", texts.socket.replaced);
  },
  /**
   * @param {string} to
   * @param {string} protocol
   * @param {string} extensions
   */
  opened(to, protocol, extensions) {
    const negotiated = texts.socket.negotiated(protocol, extensions);
    record("event", "open", `${to} ${negotiated}`);
    setStatus(texts.socket.opened(negotiated));
  },
  /**
   * @param {"text" | "binary"} type
   * @param {number} size
   * @param {string} content
   */
  sent(type, size, content) {
    record("sent", type, content, formatSize(size));
    setStatus(texts.socket.sent(formatSize(size), type));
  },
  /**
   * @param {"text" | "binary"} type
   * @param {number} size
   * @param {string} content
   */
  received(type, size, content) {
    record("received", type, content, formatSize(size));
    setStatus(texts.socket.received(formatSize(size), type));
  },
  refused: report,
  failed: report,
  closing() {
    record("event", "closing", texts.socket.handshake);
    setStatus(texts.socket.closing);
  },
  /**
   * @param {number} code
   * @param {string} reason
   * @param {boolean} wasClean
   * @param {string} error its name, empty if there is none
   * @param {string} why in English
   */
  closed(code, reason, wasClean, error, why) {
    const end = texts.socket.end(code, reason, wasClean);
    record("event", "close", end);
    setStatus(texts.socket.closed(end, describeError(error, why)), wasClean ? "good" : "bad");
  },
};

/**
 * Runs `action` when the form is submitted, by its button or by Enter. If it can't run, shows why.
 *
 * @param {string} id
 * @param {(demo: SocketDemo) => unknown} action
 * @param {Promise<SocketDemo>} loading
 */
function onSubmit(id, action, loading) {
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
  if (!/^(\s*[0-9a-f]{2})*\s*$/i.test(hex)) throw new Error(texts.socket.notHex);
  return Uint8Array.from(hex.match(/\S\S/g) ?? [], (byte) => parseInt(byte, 16));
}

async function readFile() {
  const file = element("file", HTMLInputElement).files?.[0];
  if (!file) throw new Error(texts.socket.noFile);
  return new Uint8Array(await file.arrayBuffer());
}

/** @param {SocketDemo} demo */
function showState(demo) {
  showStep("ready-state", demo.readyState());
  element("buffered-amount", HTMLElement).textContent = formatSize(demo.bufferedAmount());
}

/** @param {Promise<SocketDemo>} loading */
export async function showSocket(loading) {
  url.value = onThisServer("/echo");
  onSample("sample-echo", { url: url.value, protocols: "echo.v2, echo.v1" });
  onSample("sample-refused", { url: onThisServer("/refuse"), protocols: "" });
  onSample("sample-bad-url", { url: "ws://a bad URL", protocols: "" });

  /** @type {Record<string, (demo: SocketDemo) => unknown>} */
  const actions = {
    connect: (demo) => demo.connect(url.value, protocols.value),
    "send-text": (demo) => demo.sendText(element("text", HTMLInputElement).value),
    "send-bytes": (demo) => demo.sendBinary(parseHex(element("bytes", HTMLInputElement).value)),
    "send-file": async (demo) => demo.sendBinary(await readFile()),
    close: (demo) =>
      demo.close(
        element("code", HTMLInputElement).value,
        element("reason", HTMLInputElement).value,
      ),
  };
  for (const [id, action] of Object.entries(actions)) onSubmit(id, action, loading);
  element("clear", HTMLButtonElement).addEventListener("click", () =>
    element("log", HTMLElement).replaceChildren(),
  );

  try {
    const demo = await loading;
    demo.listen(listeners);
    showState(demo);
    setInterval(showState, 50, demo);
    setStatus(texts.socket.ready);
  } catch (exception) {
    complain(messageOf(exception));
  }
}
