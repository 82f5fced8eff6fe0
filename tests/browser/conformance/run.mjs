// Runs the tests of one section in this page or worker, one after the other.

import { loadClass } from "./classes.mjs";
import { testsOf } from "./sections.mjs";
import { opened } from "./sockets.mjs";

/** @typedef {import("./test.mjs").Context} Context */
/** @typedef {import("./test.mjs").Test} Test */
/** @typedef {{ section: string, kind: "native" | "hawser" | "session", server: string }} Options */
/** @typedef {{ name: string, error: string | null }} Result */

/** A test that takes longer has failed; none is meant to wait for a duration, nor to be fast. */
const timeoutMilliseconds = 30_000;

const native = globalThis.WebSocket;
const isWindow = "document" in globalThis;

// Tests put others in their place.
const { addEventListener, removeEventListener, setTimeout } = globalThis;

/**
 * @param {Options} options
 * @returns {Promise<Result[]>}
 */
export async function run({ section, kind, server }) {
  const tests = (await testsOf(section)).filter((test) => isWindow || !test.needsWindow);
  const WebSocket = await loadClass(kind);
  const results = [];
  for (const test of tests) results.push({ name: test.name, error: await failureOf(test, WebSocket, kind, server) });
  return results;
}

/**
 * @param {Options} options
 * @returns {Promise<Result[]>}
 */
export function runInWorker(options) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => {
      worker.terminate();
      if (data.error) reject(new Error(data.error));
      else resolve(data.results);
    };
    worker.onerror = ({ message }) => reject(new Error(`The worker did not start: ${message}`));
    worker.postMessage(options);
  });
}

/**
 * @param {Test} test
 * @param {any} WebSocket
 * @param {Options["kind"]} kind
 * @param {string} server
 * @returns {Promise<string | null>}
 */
async function failureOf(test, WebSocket, kind, server) {
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
  const context = { WebSocket, native, kind, server, connect, open, track, classIn };

  const watch = watchErrors();
  try {
    // In a microtask, when the race is on: the test may replace Promise itself.
    await Promise.race([watch.failed, timeout(), Promise.resolve().then(() => test.run(context))]);
    await watch.settle();
    return null;
  } catch (error) {
    return describe(error);
  } finally {
    watch.stop();
    for (const socket of sockets) release(socket);
  }

  /**
   * A function of that realm imports its own instance of the module, even for a class that is there already: in a frame
   * that has loaded nothing yet, one connection of a hundred fails in Chromium.
   *
   * @type {Context["classIn"]}
   */
  function classIn(realm, of = kind) {
    const load = realm.eval("(classes, kind) => import(classes).then(({ loadClass }) => loadClass(kind))");
    return load(new URL("classes.mjs", import.meta.url).href, of);
  }
}

/** Exceptions that nobody expected, such as an assertion's in an event handler, are failures of the test. */
function watchErrors() {
  const { promise: failed, reject } = Promise.withResolvers();
  failed.catch(() => {});
  /** @type {(event: any) => Promise<void>} */
  const judge = async (event) => {
    await nextTask(); // a test that expects an exception has a listener of its own that prevents the default
    if (!event.defaultPrevented) reject(event.error ?? event.reason ?? event.message);
  };
  addEventListener.call(globalThis, "error", judge);
  addEventListener.call(globalThis, "unhandledrejection", judge);
  return {
    failed,
    settle: () => Promise.race([failed, nextTask().then(nextTask)]),
    stop() {
      removeEventListener.call(globalThis, "error", judge);
      removeEventListener.call(globalThis, "unhandledrejection", judge);
    },
  };
}

function nextTask() {
  return new Promise((resolve) => setTimeout(resolve));
}

function timeout() {
  return new Promise((_, reject) => {
    const message = `It did not end within ${timeoutMilliseconds} ms`;
    setTimeout(() => reject(new Error(message)), timeoutMilliseconds);
  });
}

/** @param {WebSocket} socket */
function release(socket) {
  try {
    for (const type of ["onopen", "onmessage", "onerror", "onclose"]) Reflect.set(socket, type, null);
    socket.close();
  } catch {
    // A test that has spoilt its socket has told so already.
  }
}

/** @param {unknown} error */
function describe(error) {
  if (!(error instanceof Error)) return String(error);
  const place = (error.stack ?? "").split("\n").find((line) => /conformance\/(?!assert|run)/.test(line)) ?? "";
  return `${error.name}: ${error.message} ${place.trim()}`;
}
