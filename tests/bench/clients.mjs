// The contenders on real connections, behind one interface.

import { startProgram } from "./program.mjs";
import { Wrapper } from "./wrapper.mjs";

/**
 * Has one connection at a time. `received` is called for each message, and may be replaced. Without
 * it, a message is only counted in the contender.
 *
 * @typedef {object} Client
 * @property {(url: string, received?: () => void) => Promise<void>} open
 * @property {(text: string) => void} fill sets the text that `send("text")` sends
 * @property {(kind: string, size: number, times: number) => void} send
 * @property {() => void} close
 * @property {() => Promise<void>} ended
 */

/**
 * @param {Record<string, string>} programs
 * @returns {Promise<Map<string, Client>>}
 */
export async function startClients(programs) {
  const { load } = await import("../../js/index.js");
  const hawser = await load();
  const { load: loadSessions } = await import("../../js/session.js");
  const { Session } = await loadSessions();
  /** @type {Map<string, Client>} */
  const clients = new Map([["bare", classClient(globalThis.WebSocket)]]);
  for (const [name, url] of Object.entries(programs)) clients.set(name, await programClient(url));
  clients.set("wrapper", classClient(Wrapper));
  clients.set("class", classClient(hawser.WebSocket));
  clients.set("Session", classClient(onceOf(Session)));
  return clients;
}

/**
 * A session that does not reconnect, because a client's connection ends with its measurement.
 *
 * @param {any} Session
 */
function onceOf(Session) {
  return class extends Session {
    /** @param {string} url */
    constructor(url) {
      super(url, [], { shouldReconnectOnClose: () => false });
    }
  };
}

/**
 * @param {any} Class as the browser's WebSocket
 * @returns {Client}
 */
export function classClient(Class) {
  /** @type {any} */
  let socket;
  let text = "";
  const bytes = new Uint8Array(4 << 20);
  const received = { bytes: 0 };
  let ended = Promise.resolve();
  return {
    async open(url, hear) {
      socket = new Class(url);
      socket.binaryType = "arraybuffer";
      socket.onmessage = (/** @type {{ data: string | ArrayBuffer }} */ { data }) => {
        received.bytes += typeof data === "string" ? data.length : data.byteLength;
        hear?.();
      };
      ended = new Promise((resolve) => (socket.onclose = resolve));
      await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        ended.then(() => reject(new Error(`${url} did not open.`)));
      });
    },
    fill: (filled) => void (text = filled),
    send(kind, size, times) {
      const data = kind === "text" ? text.slice(0, size) : bytes.subarray(0, size);
      for (let i = 0; i < times; ++i) socket.send(data);
    },
    close: () => socket.close(),
    ended: () => ended,
  };
}

/**
 * @param {string} url of the program
 * @returns {Promise<Client>}
 */
export async function programClient(url) {
  /** @type {(() => void) | undefined} */
  let hear;
  /** @type {Record<"open" | "close", () => void>} */
  const heard = { open() {}, close() {} };
  let ended = Promise.resolve();
  const program = await startProgram(url, {
    tell: (what) => heard[what](),
    received: () => hear?.(),
  });
  return {
    async open(url, received) {
      hear = received;
      program.tellEach(received !== undefined);
      ended = new Promise((resolve) => (heard.close = resolve));
      await new Promise((resolve, reject) => {
        heard.open = () => resolve(undefined);
        ended.then(() => reject(new Error(`${url} did not open.`)));
        program.open(url);
      });
    },
    fill: program.fill,
    send: (kind, size, times) =>
      (kind === "text" ? program.sendText : program.sendBinary)(size, times),
    close: program.close,
    ended: () => ended,
  };
}
