// What the package's tests do with sockets that nobody refers to any more. The engine must have `gc` (--expose-gc).

/** @typedef {import("../../js/index.js").WebSocketClass} WebSocketClass */

/**
 * Collects garbage, in turns of the event loop of their own: finalization callbacks come in a later task.
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
 * Opens a socket, drops it but for a listener, and gives what that hears of an answer.
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
    // As a library may add it that knows nothing of the class.
    const { addEventListener } = EventTarget.prototype;
    const answer = new Promise((resolve) => {
      addEventListener.call(socket, "message", (event) => resolve(/** @type {MessageEvent} */ (event).data));
    });
    return [new WeakRef(socket), answer];
  }
}

/**
 * Opens and closes sockets, some at once. Chromium slows down a page that has more than eight pending.
 *
 * @param {WebSocketClass} WebSocket
 * @param {string} server ws://HOST:PORT
 * @param {{ count: number, atOnce: number }} how
 */
export async function openAndClose(WebSocket, server, { count, atOnce }) {
  for (let i = 0; i < count; i += atOnce) {
    const sockets = Array.from({ length: atOnce }, () => new WebSocket(`${server}/close?code=1000`));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => (socket.onclose = resolve))));
    sockets.length = 0;
    await collect(2);
  }
}

/** The memory of the wasm instances that are made from now on: a function that gives the size of it all, in bytes. */
export function watchMemory() {
  /** @type {WebAssembly.Memory[]} */
  const memories = [];
  const { Instance } = WebAssembly;
  WebAssembly.Instance = /** @type {any} */ (
    class extends Instance {
      /** @param {[WebAssembly.Module, WebAssembly.Imports]} args */
      constructor(...args) {
        super(...args);
        memories.push(...Object.values(this.exports).filter((value) => value instanceof WebAssembly.Memory));
      }
    }
  );
  return () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}
