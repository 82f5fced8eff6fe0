// Tests of the package's unreferenced sockets. The engine must have `gc` (--expose-gc).

/** @typedef {import("../../js/index.js").WebSocketClass} WebSocketClass */

/**
 * Collects garbage, in separate turns of the event loop: finalization callbacks run in a later
 * task.
 *
 * @param {number} times
 * @param {() => unknown} [isEnough]
 */
export async function collect(times, isEnough = () => false) {
  for (let i = 0; i < times && !isEnough(); ++i) {
    /** @type {any} */ (globalThis).gc();
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/**
 * Opens a socket, drops every reference except a listener, and returns the answer that the listener
 * gets.
 *
 * @param {WebSocketClass} WebSocket
 * @param {string} server ws://HOST:PORT
 */
export async function answerToDropped(WebSocket, server) {
  const [socket, answer] = listenTo();
  await collect(10);
  const kept = socket.deref();
  if (!kept) return "the socket was collected";
  kept.onopen = () => kept.send("hello");
  if (kept.readyState === WebSocket.OPEN) kept.send("hello");
  const data = await answer;
  kept.close();
  return data;

  /** @returns {[WeakRef<import("../../js/index.js").WebSocket>, Promise<unknown>]} */
  function listenTo() {
    const socket = new WebSocket(`${server}/echo`);
    // As a library might add it that does not know the class.
    const { addEventListener } = EventTarget.prototype;
    const answer = new Promise((resolve) => {
      addEventListener.call(socket, "message", (event) =>
        resolve(/** @type {MessageEvent} */ (event).data),
      );
    });
    return [new WeakRef(socket), answer];
  }
}

/**
 * Opens and closes sockets, some at once. Chromium slows down a page that has more than eight
 * pending.
 *
 * @param {WebSocketClass} WebSocket
 * @param {string} server ws://HOST:PORT
 * @param {{ count: number, atOnce: number }} how
 */
export async function openAndClose(WebSocket, server, { count, atOnce }) {
  for (let i = 0; i < count; i += atOnce) {
    const sockets = Array.from(
      { length: atOnce },
      () => new WebSocket(`${server}/close?code=1000`),
    );
    await Promise.all(
      sockets.map((socket) => new Promise((resolve) => (socket.onclose = resolve))),
    );
    sockets.length = 0;
    await collect(2);
  }
}

/**
 * Watches the memory of all wasm instances created from now on. Returns a function that returns
 * their total size, in bytes.
 */
export function watchMemory() {
  /** @type {WebAssembly.Memory[]} */
  const memories = [];
  const { Instance } = WebAssembly;
  WebAssembly.Instance = /** @type {any} */ (
    class extends Instance {
      /** @param {[WebAssembly.Module, WebAssembly.Imports]} args */
      constructor(...args) {
        super(...args);
        memories.push(
          ...Object.values(this.exports).filter((value) => value instanceof WebAssembly.Memory),
        );
      }
    }
  );
  return () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}
