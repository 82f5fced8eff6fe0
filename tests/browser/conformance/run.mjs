// Runs the tests of one section in this page or worker, one after the other.

import { failureOf } from "../../support/page/run.mjs";
import { loadClass } from "./classes.mjs";
import { testsOf } from "./sections.mjs";
import { opened } from "./sockets.mjs";

/** @typedef {import("./test.mjs").Context} Context */
/** @typedef {{ section: string, kind: "native" | "hawser" | "session", server: string }} Options */
/** @typedef {{ name: string, error: string | null }} Result */

const native = globalThis.WebSocket;
const isWindow = "document" in globalThis;

/**
 * @param {Options} options
 * @returns {Promise<Result[]>}
 */
export async function run({ section, kind, server }) {
  const tests = (await testsOf(section)).filter(({ where }) => isWindow || where !== "window");
  const WebSocket = await loadClass(kind);
  const results = [];
  for (const test of tests) {
    const error = await failureOf(test, () => prepare(WebSocket, kind, server));
    results.push({ name: test.name, error });
  }
  return results;
}

/**
 * @param {any} WebSocket
 * @param {Options["kind"]} kind
 * @param {string} server
 */
function prepare(WebSocket, kind, server) {
  /** @type {Set<WebSocket>} */
  const sockets = new Set();
  /** @type {Context["track"]} */
  const track = (socket) => {
    sockets.add(/** @type {any} */ (socket));
    return socket;
  };
  /** @type {Context["connect"]} */
  const connect = (path, protocols = []) => track(new WebSocket(server + path, protocols));
  const open = (/** @type {Parameters<Context["connect"]>} */ ...args) => opened(connect(...args));
  return {
    context: { WebSocket, native, kind, server, connect, open, track, classIn },
    release() {
      for (const socket of sockets) close(socket);
    },
  };

  /**
   * A function of that realm imports its own instance of the module, even for an existing class. In
   * a frame that has loaded nothing yet, one connection in a hundred fails in Chromium.
   *
   * @type {Context["classIn"]}
   */
  function classIn(realm, of = kind) {
    const load = realm.eval(
      "(classes, kind) => import(classes).then(({ loadClass }) => loadClass(kind))",
    );
    return load(new URL("classes.mjs", import.meta.url).href, of);
  }
}

/** @param {WebSocket} socket */
function close(socket) {
  try {
    for (const type of ["onopen", "onmessage", "onerror", "onclose"])
      Reflect.set(socket, type, null);
    socket.close();
  } catch {
    // A test that has broken its socket has already failed.
  }
}
