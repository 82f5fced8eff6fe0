// Helpers that wait for sockets.

/** @typedef {keyof WebSocketEventMap} EventType */

export const eventTypes = /** @type {const} */ (["open", "message", "error", "close"]);

/**
 * @template {EventType} Type
 * @param {EventTarget} target
 * @param {Type} type
 * @returns {Promise<WebSocketEventMap[Type]>} the next event of that type
 */
export function once(target, type) {
  return new Promise((resolve) =>
    target.addEventListener(type, /** @type {any} */ (resolve), { once: true }),
  );
}

/**
 * @template {WebSocket} Socket
 * @param {Socket} socket
 * @returns {Promise<Socket>}
 */
export function opened(socket) {
  return new Promise((resolve, reject) => {
    socket.addEventListener("open", () => resolve(socket), { once: true });
    socket.addEventListener(
      "close",
      ({ code }) => reject(new Error(`${socket.url} closed with ${code}`)),
      {
        once: true,
      },
    );
  });
}

/**
 * @param {WebSocket} socket
 * @returns {Promise<{ code: number, reason: string, wasClean: boolean }>}
 */
export async function closed(socket) {
  const { code, reason, wasClean } = await once(socket, "close");
  return { code, reason, wasClean };
}

/**
 * @param {WebSocket} socket
 * @param {number} count
 * @returns {Promise<any[]>} the data of the next messages
 */
export function received(socket, count) {
  const received = new Promise((resolve, reject) => {
    /** @type {any[]} */
    const messages = [];
    /** @type {(event: MessageEvent) => void} */
    const keep = ({ data }) => {
      messages.push(data);
      if (messages.length < count) return;
      socket.removeEventListener("message", keep);
      resolve(messages);
    };
    socket.addEventListener("message", keep);
    socket.addEventListener("close", () =>
      reject(new Error(`Closed after ${messages.length} of ${count} messages`)),
    );
  });
  received.catch(() => {}); // a test that failed before it waited must not fail the next one
  return received;
}

/**
 * @param {WebSocket} socket that is connected to /echo
 * @param {any} data
 * @returns {Promise<any>} the echo
 */
export async function echo(socket, data) {
  const messages = received(socket, 1);
  socket.send(data);
  return (await messages)[0];
}

/**
 * All events of a socket until its end, one line each: the type, the readyState, and the event's
 * data.
 *
 * @param {WebSocket} socket
 * @returns {Promise<string[]>}
 */
export async function journal(socket) {
  /** @type {string[]} */
  const lines = [];
  const state = (/** @type {string} */ type) => `${type} in ${socket.readyState}`;
  socket.addEventListener("open", () => lines.push(state("open")));
  socket.addEventListener("message", ({ data }) => lines.push(`${state("message")}: ${data}`));
  socket.addEventListener("error", () => lines.push(state("error")));
  socket.addEventListener("close", ({ code, reason, wasClean }) =>
    lines.push(`${state("close")}: ${code} "${reason}" ${wasClean ? "clean" : "unclean"}`),
  );
  await once(socket, "close");
  return lines;
}

/**
 * The same for a connection that must fail. Also ends if an engine opens it, or fires no close
 * after error.
 *
 * @param {WebSocket} socket
 * @returns {Promise<string[]>}
 */
export function failure(socket) {
  return Promise.race([
    journal(socket),
    once(socket, "open").then(() => ["It opened"]),
    once(socket, "error").then(async () => {
      for (let index = 0; index < 20; index++) await nextTask();
      return ["No close came after error"];
    }),
  ]);
}

/**
 * @param {Blob | ArrayBuffer} data
 * @returns {Promise<number[]>}
 */
export async function bytesOf(data) {
  const buffer = data instanceof Blob ? await new Response(data).arrayBuffer() : data;
  return [...new Uint8Array(buffer)];
}

/** An id for /report that no other test uses. */
export function newId() {
  return `${Math.random()}`;
}

/**
 * @param {string} server
 * @param {string} id
 * @returns {Promise<{ code: number, reason: string, messages: number }>} what the server saw of the
 * client of /report
 */
export async function endSeenBy(server, id) {
  const response = await fetch(`${server.replace("ws:", "http:")}/ended?id=${id}`);
  return response.json();
}

/**
 * Takes the next exception that is reported to the global object (HTML §8.1.4), which would
 * otherwise fail the test.
 *
 * @param {"error" | "unhandledrejection"} type
 * @returns {Promise<unknown>} the exception
 */
export function nextReport(type) {
  return new Promise((resolve) => {
    const keep = (/** @type {any} */ event) => {
      event.preventDefault();
      resolve(type === "error" ? event.error : event.reason);
    };
    globalThis.addEventListener(type, keep, { once: true });
  });
}

/** The next task of the event loop. */
export function nextTask() {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Waits for enough microtasks that everything that microtasks do is done. */
export async function manyMicrotasks() {
  for (let index = 0; index < 1000; index++) await undefined;
}

/**
 * For a state that no event reports.
 *
 * @param {() => boolean} condition
 */
export async function until(condition) {
  while (!condition()) await nextTask();
}

/** @param {Iterable<unknown>} values */
export function sorted(values) {
  return [...values].map(String).sort();
}
