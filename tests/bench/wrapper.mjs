// The least that a WebSocket class in JavaScript can do: for each message event of the browser's
// own class, it creates another event and dispatches it. A lower bound for hawser's class.

export class Wrapper extends EventTarget {
  #socket;
  #handlers = new Map();

  /** @param {string} url */
  constructor(url) {
    super();
    this.#socket = new globalThis.WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.dispatchEvent(new Event("open"));
    this.#socket.onmessage = ({ data, origin }) =>
      this.dispatchEvent(new MessageEvent("message", { data, origin }));
    this.#socket.onclose = () => this.dispatchEvent(new Event("close"));
    for (const type of ["open", "message", "close"]) {
      this.addEventListener(type, (event) => this.#handlers.get(type)?.call(this, event));
    }
  }

  set onopen(/** @type {unknown} */ handler) {
    this.#handlers.set("open", handler);
  }
  set onmessage(/** @type {unknown} */ handler) {
    this.#handlers.set("message", handler);
  }
  set onclose(/** @type {unknown} */ handler) {
    this.#handlers.set("close", handler);
  }

  /** @param {string | Uint8Array<ArrayBuffer>} data */
  send(data) {
    this.#socket.send(data);
  }

  close() {
    this.#socket.close();
  }
}
