// A server inside the page, and the WebSocket class that connects to it. A page of Chromium can
// have at most 255 real connections (docs/benchmarks.md). This makes it possible to measure
// thousands of hawser's sockets and sessions in one page. As with real sockets, each event is a
// task.

/** @typedef {import("./service.mjs").Service} Service */

/** @param {Service} service */
export function createLocalWebSocket(service) {
  const post = createTasks();
  let isUp = true;
  /** @type {Set<LocalWebSocket>} */
  const open = new Set();

  /** @param {number} down milliseconds */
  function restart(down) {
    isUp = false;
    setTimeout(() => (isUp = true), down);
    for (const socket of open) socket.fail();
  }

  class LocalWebSocket {
    static CONNECTING = 0;
    static OPEN = 1;
    static CLOSING = 2;
    static CLOSED = 3;
    readyState = 0;
    protocol = "";
    extensions = "";
    bufferedAmount = 0;
    binaryType = "blob";
    /** @type {((event: object) => void) | null} */
    onopen = null;
    /** @type {((event: { data: unknown }) => void) | null} */
    onmessage = null;
    /** @type {((event: object) => void) | null} */
    onerror = null;
    /** @type {((event: { code: number, reason: string, wasClean: boolean }) => void) | null} */
    onclose = null;
    #url;

    /** @param {string | URL} url */
    constructor(url) {
      this.#url = new URL(url);
      post(() => this.#connect());
    }

    get url() {
      return this.#url.href;
    }

    #connect() {
      if (this.readyState !== LocalWebSocket.CONNECTING) return;
      if (!isUp) return this.fail();
      if (this.#url.pathname === "/restart")
        return restart(Number(this.#url.searchParams.get("down")));
      this.readyState = LocalWebSocket.OPEN;
      open.add(this);
      this.onopen?.({});
    }

    /** @param {string | ArrayBuffer | Uint8Array} data */
    send(data) {
      const sent = typeof data === "string" ? data : data.slice();
      // If the server is gone by then, the message is lost.
      post(
        () =>
          open.has(this) &&
          this.#answer(typeof sent === "string" ? service.answer(this.#url, sent) : sent),
      );
    }

    /** @param {string | ArrayBuffer | Uint8Array} data */
    #answer(data) {
      const answer = data instanceof Uint8Array ? data.buffer : data;
      post(() => this.readyState === LocalWebSocket.OPEN && this.onmessage?.({ data: answer }));
    }

    /**
     * @param {number} [code]
     * @param {string} [reason]
     */
    close(code = 1005, reason = "") {
      if (this.readyState > LocalWebSocket.OPEN) return;
      this.readyState = LocalWebSocket.CLOSING;
      open.delete(this);
      post(() => this.#end({ code, reason, wasClean: true }));
    }

    /** The connection is lost, or refused. */
    fail() {
      open.delete(this);
      post(() => {
        if (this.readyState === LocalWebSocket.CLOSED) return;
        this.readyState = LocalWebSocket.CLOSED;
        this.onerror?.({});
        this.#end({ code: 1006, reason: "", wasClean: false });
      });
    }

    /** @param {{ code: number, reason: string, wasClean: boolean }} end */
    #end(end) {
      this.readyState = LocalWebSocket.CLOSED;
      this.onclose?.(end);
    }
  }
  return LocalWebSocket;
}

/** @returns {(task: () => void) => void} runs each callback as a task of the event loop */
function createTasks() {
  const { port1, port2 } = new MessageChannel();
  /** @type {(() => void)[]} */
  let tasks = [];
  let next = 0;
  port1.onmessage = () => {
    const task = tasks[next++];
    if (next === tasks.length) {
      tasks = [];
      next = 0;
    }
    task();
  };
  return (task) => {
    tasks.push(task);
    port2.postMessage(null);
  };
}
