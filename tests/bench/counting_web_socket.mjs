// The browser's part without a browser: a WebSocket that only counts.

export class CountingWebSocket extends EventTarget {
  /** @type {CountingWebSocket} */
  static last;
  /** The sockets created since this was set. @type {CountingWebSocket[] | undefined} */
  static made;
  readyState = 1;
  bufferedAmount = 0;
  protocol = "";
  extensions = "";
  binaryType = "blob";
  /** @type {((event: any) => void) | null} */
  onopen = null;
  /** @type {((event: any) => void) | null} */
  onmessage = null;
  onerror = null;
  onclose = null;
  sent = 0;

  /** @param {string} url */
  constructor(url) {
    super();
    this.url = url;
    CountingWebSocket.last = this;
    CountingWebSocket.made?.push(this);
  }
  /** @param {string | ArrayBufferView} data */
  send(data) {
    this.sent += typeof data === "string" ? data.length : data.byteLength;
  }
  close() {}
}

/**
 * Runs `work` with this class as the global WebSocket.
 *
 * @template T
 * @param {() => T} work
 * @returns {T}
 */
export function withCountingWebSocket(work) {
  const native = globalThis.WebSocket;
  globalThis.WebSocket = /** @type {any} */ (CountingWebSocket);
  try {
    return work();
  } finally {
    globalThis.WebSocket = native;
  }
}

/**
 * Returns the socket that a client creates. That may happen in a later turn, as a session's first
 * attempt does.
 *
 * @template Client
 * @param {() => Client} start the client, which uses this class
 */
export async function openCounting(start) {
  const { last } = CountingWebSocket;
  const client = start();
  while (CountingWebSocket.last === last) await new Promise((resolve) => void setTimeout(resolve));
  const socket = CountingWebSocket.last;
  socket.onopen?.({});
  return { client, socket };
}
