// The endpoint of the page's session, with requests by which the page can disturb the connection.
//
// Each session has its own id, /session?id= and 32 hexadecimal digits, by which the server
// recognises it on its next connection. They exchange text messages:
//
//   page     17 ahoy     message 17, whatever follows the number
//   server   17 16 2 1   it has 17; of the numbers up to 17, 16 arrived, 2 arrived again, 1 is
//                        missing
//   page     ping
//   server   pong
//
// Each message takes 40 ms of work before it counts, so that visitors can watch an outbox drain,
// and so that messages in flight are lost with their connection. Numbers are sent in order, so one
// that is not above the last is a repeat.
//
//   POST /session/cut?id=      destroys the TCP connection
//   POST /session/silence?id=  stops reading and answering on this connection, but leaves it open
//   POST /session/leave?id=    cuts, and refuses each attempt for 10 s

import { WebSocketServer } from "ws";

const DISTURBANCES = ["/session/cut", "/session/silence", "/session/leave"];

const MAX_SESSIONS = 100;
const MAX_MESSAGE_BYTES = 1024;
const WORK = 40; // ms
const AWAY = 10_000; // ms

/** @typedef {import("ws").WebSocket} WebSocket */

/** One session: its counters, and its current connection. */
class Session {
  /** `last` is the highest number received, 0 before the first one. */
  tally = { last: 0, taken: 0, repeated: 0, missing: 0 };
  awayUntil = -Infinity;
  /** @type {WebSocket | undefined} */
  webSocket;
  isSilent = false;

  /** @param {WebSocket} webSocket replaces the previous one */
  connect(webSocket) {
    this.cut();
    this.webSocket = webSocket;
    this.isSilent = false;
    webSocket.on("close", () => {
      if (this.webSocket === webSocket) this.webSocket = undefined;
    });
    serve(webSocket, this);
  }

  cut() {
    this.webSocket?.terminate();
    this.webSocket = undefined;
  }

  /**
   * Accepts a message, and returns the answer.
   *
   * @param {number} number
   */
  take(number) {
    const { tally } = this;
    if (number <= tally.last) {
      ++tally.repeated;
    } else {
      // The server can't know about numbers from before its start.
      if (tally.last > 0) tally.missing += number - tally.last - 1;
      ++tally.taken;
      tally.last = number;
    }
    return `${number} ${tally.taken} ${tally.repeated} ${tally.missing}`;
  }
}

/** @typedef {import("./server.mjs").Service} Service */

/** @implements {Service} */
export class Sessions {
  endpoints = {
    "/session": {
      /** @param {URLSearchParams} query */
      refusal: (query) => this.#refusal(query),
      /** @param {import("./server.mjs").Upgrade} upgrade */
      accept: (upgrade) => this.#accept(upgrade),
    },
  };

  /** @type {Record<string, import("./server.mjs").Route>} */
  routes = Object.fromEntries(
    DISTURBANCES.map((path) => [
      path,
      {
        method: "POST",
        answer: ({ response, query }) => response.writeHead(this.#disturb(path, query)).end(),
      },
    ]),
  );

  /** @type {Map<string, Session>} In the order in which they started. */
  #sessions = new Map();
  #webSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  #now;

  /** @param {() => number} now a clock in milliseconds */
  constructor(now) {
    this.#now = now;
  }

  get connections() {
    return this.#webSockets.clients.size;
  }

  /**
   * Returns the HTTP status with which to refuse a WebSocket with this query, or 0 to accept it.
   *
   * @param {URLSearchParams} query
   */
  #refusal(query) {
    const id = idIn(query);
    if (!id) return 400;
    const awayUntil = this.#sessions.get(id)?.awayUntil ?? -Infinity;
    return this.#now() < awayUntil ? 503 : 0;
  }

  /** @param {import("./server.mjs").Upgrade} upgrade accepted by `refusal` */
  #accept({ request, socket, head, query }) {
    const session = this.#find(idIn(query));
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) =>
      session.connect(webSocket),
    );
  }

  /**
   * Executes a POST to `path` on a session. Returns the HTTP status of the answer.
   *
   * @param {string} path one of `DISTURBANCES`
   * @param {URLSearchParams} query
   */
  #disturb(path, query) {
    const id = idIn(query);
    if (!id) return 400;
    const session = this.#sessions.get(id);
    if (!session) return 404;
    if (path === "/session/silence") session.isSilent = true;
    else session.cut();
    if (path === "/session/leave") session.awayUntil = this.#now() + AWAY;
    return 204;
  }

  /** @param {string} id */
  tally(id) {
    return this.#sessions.get(id)?.tally;
  }

  close() {
    for (const webSocket of this.#webSockets.clients) webSocket.terminate();
  }

  /**
   * Makes room for a new session: if there are too many, drops the oldest one without a connection.
   * The server's connection limit guarantees that one exists.
   *
   * @param {string} id
   */
  #find(id) {
    const known = this.#sessions.get(id);
    if (known) return known;
    if (this.#sessions.size >= MAX_SESSIONS) {
      const [oldest] = [...this.#sessions].find(([, { webSocket }]) => !webSocket) ?? [""];
      this.#sessions.delete(oldest);
    }
    const session = new Session();
    this.#sessions.set(id, session);
    return session;
  }
}

/**
 * The id in a query, 32 hexadecimal digits. Undefined if there is none.
 *
 * @param {URLSearchParams} query
 */
export function idIn(query) {
  return query.get("id")?.match(/^[0-9a-f]{32}$/)?.[0] ?? "";
}

/**
 * Answers one message after the other. Stops reading while it works, so that no peer can fill this
 * server's memory.
 *
 * @param {WebSocket} webSocket
 * @param {Session} session
 */
function serve(webSocket, session) {
  /** @type {string[]} */
  const queue = [];
  // After an error, such as a message that is too big, ws closes by itself. Without a listener, the
  // event would end the server.
  webSocket.on("error", () => {});
  webSocket.on("message", (data, isBinary) => {
    if (session.isSilent) return;
    const text = String(data);
    if (isBinary || !/^(ping$|[1-9]\d{0,14} )/.test(text))
      return webSocket.close(1008, "not a message of a session");
    queue.push(text);
    webSocket.pause();
    if (queue.length === 1) work();
  });

  async function work() {
    while (queue.length > 0) {
      const isPing = queue[0] === "ping";
      if (!isPing) await new Promise((resolve) => setTimeout(resolve, WORK));
      if (webSocket.readyState !== webSocket.OPEN || session.isSilent) return webSocket.resume();
      const answer = isPing ? "pong" : session.take(parseInt(queue[0], 10));
      await new Promise((resolve) => webSocket.send(answer, resolve));
      queue.shift();
    }
    webSocket.resume();
  }
}
