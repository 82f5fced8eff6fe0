// News for the view "Push or poll": the same events in five ways, and what each way costs this
// server.
//
// Each visitor has a feed with an id of 32 hexadecimal digits, which is ?id= in each URL below. It
// lives as long as its control connection, which is not measured:
//
//   /news/control  WebSocket, in text; times are in microseconds
//     page     set 500 1 0      500 events in 100 seconds, keep-alive, no compression. The feed starts from number 1 again.
//     page     pause            no more events
//     page     clock 1720       the page's clock
//     server   ready            after each "set": the page may connect
//     server   clock 1720 9406  the page's clock again, and this server's
//     server   figures 9406     the clock, then a line for each way: bytes up, bytes down, requests, empty answers,
//                               connections, and for how long the connection of the last request was open
//
// The ways. An event is a line: its number, the clock when it was made, and its content. ?after= is
// the number of the last one that the page has.
//
//   /news          WebSocket, a message for each event
//   /news/events   Server-Sent Events, an event for each event, with its number as its id
//   /news/long     answers as soon as there is an event, and after 20 s without one with 204
//   /news/poll     answers at once with all events since, which may be none
//   /news/latest   answers at once with the events of the last 2 s before the newest, or 304 if that is still the newest
//
//   POST /news/cookie?bytes=800  sets a cookie of this length for the ways; 0 removes it

import { randomBytes } from "node:crypto";
import zlib from "node:zlib";
import { WebSocketServer } from "ws";
import { startExchange } from "./meter.mjs";

/** @typedef {import("./server.mjs").Service} Service */
/** @typedef {import("./server.mjs").Route} Route */
/** @typedef {Parameters<Route["answer"]>[0]} Call */
/** @typedef {import("./meter.mjs").Exchange} Exchange */
/** @typedef {import("node:net").Socket} Socket */

export const LIMITS = {
  feeds: 50,
  rate: { min: 0.1, max: 50 }, // events per second
  cookie: 4000, // bytes
  requests: 150, // per feed and second
  controlMessages: 20, // per feed and second
  controlMessage: 64, // bytes
  events: 512, // kept by a feed
  unsent: 64 * 1024, // bytes, for a client that does not read
};

const LONG_POLL = 20_000; // ms
const LATEST = 2_000; // ms
const FIGURES_INTERVAL = 500; // ms

const WAYS = /** @type {const} */ (["webSocket", "events", "long", "poll", "latest"]);

/** @typedef {typeof WAYS[number]} Way */

/** @typedef {{ number: number, time: number, line: string }} Event */

/** @param {number} milliseconds */
const microseconds = (milliseconds) => Math.round(milliseconds * 1000);

/** What one way has cost. */
class Costs {
  requests = 0;
  empty = 0;
  connections = 0;
  /** The totals of requests that have ended. */
  up = 0;
  down = 0;
  held = 0;
  /** @type {Set<Exchange>} Requests that have not ended. */
  exchanges = new Set();
  /** @type {Socket | undefined} The connection of the last request, while it is open. */
  socket;
  since = 0;
  /** @type {WeakSet<Socket>} Connections that have carried one of its requests. */
  known = new WeakSet();

  /**
   * Adds the time for which a way holds a connection. Two ways may share a connection that is kept
   * alive. Both count it, because each would hold one if it were alone.
   *
   * @param {Socket} socket of the request
   * @param {number} now
   */
  hold(socket, now) {
    if (!this.known.has(socket)) ++this.connections;
    this.known.add(socket);
    this.release(now);
    this.socket = socket;
    this.since = now;
  }

  /** @param {number} now */
  release(now) {
    if (this.socket) this.held += now - this.since;
    this.socket = undefined;
  }

  /** @param {number} now */
  line(now) {
    let { up, down, held } = this;
    for (const exchange of this.exchanges) {
      const bytes = exchange.bytes();
      up += bytes.up;
      down += bytes.down;
    }
    if (this.socket) held += now - this.since;
    return [up, down, this.requests, this.empty, this.connections, microseconds(held)].join(" ");
  }
}

/** The events of one visitor, and the listeners that wait for them. */
class Feed {
  settings = { rate: 1, keepsAlive: true, compresses: false };
  /** @type {Event[]} The newest events, oldest first. */
  events = [];
  number = 0;
  /** How often the feed was started, because event numbers start over. */
  run = 0;
  price = 1.08;
  /**
   * @type {Map<Way, () => void>} Functions that end the one connection or waiting request of a way.
   */
  open = new Map();
  /** @type {Set<(event: Event) => void>} */
  listeners = new Set();
  /** @type {Record<Way, Costs>} */
  costs = newCosts();
  /** @type {WeakSet<Socket>} */
  #watched = new WeakSet();
  #requests;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #now;

  /** @param {() => number} now */
  constructor(now) {
    this.#now = now;
    this.#requests = limiter(LIMITS.requests, now);
  }

  /** @param {Feed["settings"]} settings */
  restart(settings) {
    this.stop();
    this.settings = settings;
    this.events = [];
    this.number = 0;
    ++this.run;
    this.costs = newCosts();
    this.#schedule();
  }

  pause() {
    clearTimeout(this.#timer);
  }

  /** Also ends all connections and requests. */
  stop() {
    this.pause();
    for (const end of [...this.open.values()]) end();
    this.open.clear();
  }

  /** The time between events varies, so that they don't keep step with a polling page. */
  #schedule() {
    const delay = (1000 / this.settings.rate) * (0.5 + Math.random());
    this.#timer = setTimeout(() => {
      this.#schedule();
      this.#make();
    }, delay);
  }

  #make() {
    const time = this.#now();
    this.price += (Math.random() - 0.5) / 1000;
    const number = ++this.number;
    const event = {
      number,
      time,
      line: `${number} ${microseconds(time)} ${this.price.toFixed(5)}`,
    };
    this.events.push(event);
    if (this.events.length > LIMITS.events) this.events.shift();
    // Rotates the order, because the last listener gets the event a moment later.
    const listeners = [...this.listeners];
    for (let i = 0; i < listeners.length; ++i) listeners[(i + number) % listeners.length](event);
  }

  /** @param {number} number */
  after(number) {
    return this.events.filter((event) => event.number > number);
  }

  /** The newest events. Everyone who asks gets the same ones until the next event. */
  latest() {
    const newest = this.events.at(-1);
    return newest ? this.events.filter(({ time }) => newest.time - time < LATEST) : [];
  }

  /** Returns whether a request exceeds the limit. */
  isFlooded() {
    return this.#requests();
  }

  /**
   * Passes all events to `listener` from now on, until the way ends or is requested again.
   *
   * @param {Way} way
   * @param {(event: Event) => void} listener
   * @param {() => void} end
   * @returns {() => void} call this when the way has ended
   */
  listen(way, listener, end) {
    this.open.get(way)?.();
    this.open.set(way, end);
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.open.get(way) === end) this.open.delete(way);
    };
  }

  /**
   * Counts a request from its beginning to the "close" event of `ending`.
   *
   * @param {Way} way
   * @param {Socket} socket
   * @param {import("node:events").EventEmitter} ending
   */
  measure(way, socket, ending) {
    const own = this.costs[way];
    const exchange = startExchange(socket);
    ++own.requests;
    own.exchanges.add(exchange);
    ending.once("close", () => {
      exchange.end();
      const { up, down } = exchange.bytes();
      own.exchanges.delete(exchange);
      own.up += up;
      own.down += down;
    });
    own.hold(socket, this.#now());
    if (!this.#watched.has(socket)) socket.once("close", () => this.#release(socket));
    this.#watched.add(socket);
    return own;
  }

  /** @param {Socket} socket that has closed */
  #release(socket) {
    for (const one of Object.values(this.costs)) {
      if (one.socket === socket) one.release(this.#now());
    }
  }

  figures() {
    const now = this.#now();
    return [`figures ${microseconds(now)}`, ...WAYS.map((way) => this.costs[way].line(now))].join(
      "\n",
    );
  }
}

/** @implements {Service} */
export class News {
  endpoints = {
    "/news": {
      /** @param {URLSearchParams} query */
      refusal: (query) => this.#refusal(query),
      /** @param {import("./server.mjs").Upgrade} upgrade */
      accept: (upgrade) => this.#acceptNews(upgrade),
    },
    "/news/control": {
      /** @param {URLSearchParams} query */
      refusal: (query) => this.#refusalOfControl(query),
      /** @param {import("./server.mjs").Upgrade} upgrade */
      accept: (upgrade) => this.#acceptControl(upgrade),
    },
  };

  /** @type {Record<string, Route>} */
  routes = {
    "/news/cookie": { method: "POST", answer: setCookie },
    "/news/events": this.#route("events", sendEvents),
    "/news/long": this.#route("long", answerLater),
    "/news/poll": this.#route("poll", answerAtOnce),
    "/news/latest": this.#route("latest", answerIfChanged),
  };

  /** @type {Map<string, Feed>} */
  #feeds = new Map();
  #controls = new WebSocketServer({ noServer: true, maxPayload: LIMITS.controlMessage });
  // Messages that a page sends on the news connection are ignored.
  #plain = new WebSocketServer({ noServer: true, maxPayload: 1 });
  #deflating = new WebSocketServer({
    noServer: true,
    maxPayload: 1,
    perMessageDeflate: { threshold: 0 },
  });
  #now;

  /** @param {() => number} now a clock in milliseconds */
  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  get connections() {
    return this.#controls.clients.size + this.#plain.clients.size + this.#deflating.clients.size;
  }

  close() {
    for (const { clients } of [this.#controls, this.#plain, this.#deflating]) {
      for (const webSocket of clients) webSocket.terminate();
    }
    for (const feed of this.#feeds.values()) feed.stop();
    this.#feeds.clear();
  }

  /** @param {URLSearchParams} query */
  #find(query) {
    return this.#feeds.get(query.get("id") ?? "");
  }

  /** @param {URLSearchParams} query */
  #refusal(query) {
    const feed = this.#find(query);
    return !feed ? 404 : feed.isFlooded() ? 429 : 0;
  }

  /** @param {URLSearchParams} query */
  #refusalOfControl(query) {
    const id = query.get("id") ?? "";
    if (!/^[0-9a-f]{32}$/.test(id)) return 400;
    if (this.#feeds.has(id)) return 409;
    return this.#feeds.size >= LIMITS.feeds ? 503 : 0;
  }

  /** @param {import("./server.mjs").Upgrade} upgrade */
  #acceptControl({ request, socket, head, query }) {
    const id = query.get("id") ?? "";
    const feed = new Feed(this.#now);
    this.#feeds.set(id, feed);
    const forget = () => {
      feed.stop();
      if (this.#feeds.get(id) === feed) this.#feeds.delete(id);
    };
    socket.once("close", forget); // even if the handshake fails
    this.#controls.handleUpgrade(request, socket, head, (webSocket) =>
      control(webSocket, feed, this.#now),
    );
  }

  /** @param {import("./server.mjs").Upgrade} upgrade */
  #acceptNews({ request, socket, head, query }) {
    const feed = /** @type {Feed} */ (this.#find(query));
    const webSockets = feed.settings.compresses ? this.#deflating : this.#plain;
    feed.measure("webSocket", request.socket, socket);
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      // After an error, ws closes by itself. Without a listener, the event would end the server.
      webSocket.on("error", () => {});
      const send = (/** @type {Event} */ { line }) => {
        if (webSocket.bufferedAmount > LIMITS.unsent) return webSocket.terminate();
        webSocket.send(line);
      };
      for (const event of feed.after(numberIn(query.get("after")))) send(event);
      webSocket.on(
        "close",
        feed.listen("webSocket", send, () => webSocket.terminate()),
      );
    });
  }

  /**
   * @param {Way} way
   * @param {(call: Call, feed: Feed, costs: Costs) => void} answer
   * @returns {Route}
   */
  #route(way, answer) {
    return {
      method: "GET",
      answer: (call) => {
        const { request, response, query } = call;
        const feed = this.#find(query);
        if (!feed) return response.writeHead(404).end();
        if (feed.isFlooded()) return response.writeHead(429).end();
        // These headers are for documents, and the news are not one. They would make these answers
        // longer than those of other ways.
        for (const name of [
          "Content-Security-Policy",
          "Cross-Origin-Embedder-Policy",
          "Cross-Origin-Opener-Policy",
          "X-Content-Type-Options",
        ]) {
          response.removeHeader(name);
        }
        response.on("error", () => {}); // the client has gone
        if (!feed.settings.keepsAlive) response.setHeader("Connection", "close");
        answer(call, feed, feed.measure(way, request.socket, response));
      },
    };
  }
}

const newCosts = () =>
  /** @type {Record<Way, Costs>} */ (Object.fromEntries(WAYS.map((way) => [way, new Costs()])));

/** @param {string | null | undefined} text */
const numberIn = (text) => (/^\d{1,15}$/.test(text ?? "") ? Number(text) : 0);

/**
 * Returns a function that checks whether it was called more than `most` times in the last second.
 *
 * @param {number} most
 * @param {() => number} now
 */
function limiter(most, now) {
  /** @type {number[]} */
  let times = [];
  return () => {
    times = times.filter((time) => now() - time < 1000);
    if (times.length >= most) return true;
    times.push(now());
    return false;
  };
}

/**
 * Executes the page's commands, and sends it the figures.
 *
 * @param {import("ws").WebSocket} webSocket
 * @param {Feed} feed
 * @param {() => number} now
 */
function control(webSocket, feed, now) {
  const isFlooded = limiter(LIMITS.controlMessages, now);
  const timer = setInterval(() => {
    if (webSocket.bufferedAmount > LIMITS.unsent) return webSocket.terminate();
    webSocket.send(feed.figures());
  }, FIGURES_INTERVAL);
  webSocket.on("close", () => clearInterval(timer));
  // After an error, such as a message that is too big, ws closes by itself. Without a listener, the
  // event would end the server.
  webSocket.on("error", () => {});
  webSocket.on("message", (data, isBinary) => {
    if (isFlooded()) return webSocket.close(1008, "too many messages");
    const answer = isBinary ? undefined : obey(String(data), feed, now);
    if (answer === undefined) return webSocket.close(1008, "not a message of the news");
    if (answer) webSocket.send(answer);
  });
}

/**
 * Returns the answer, which may be empty, or undefined if the message is invalid.
 *
 * @param {string} message
 * @param {Feed} feed
 * @param {() => number} now
 */
function obey(message, feed, now) {
  const clock = message.match(/^clock (\d{1,15})$/);
  if (clock) return `clock ${clock[1]} ${microseconds(now())}`;
  if (message === "pause") {
    feed.pause();
    return "";
  }
  const settings = message.match(/^set (\d{1,4}) ([01]) ([01])$/);
  const rate = Number(settings?.[1]) / 100;
  if (!settings || rate < LIMITS.rate.min || rate > LIMITS.rate.max) return undefined;
  feed.restart({ rate, keepsAlive: settings[2] === "1", compresses: settings[3] === "1" });
  return "ready";
}

/** @param {Call} call */
function setCookie({ response, query }) {
  const text = query.get("bytes") ?? "";
  const bytes = Number(text);
  if (!/^\d{1,4}$/.test(text) || bytes > LIMITS.cookie) return response.writeHead(400).end();
  const name = "news=";
  const value = randomBytes(LIMITS.cookie / 2)
    .toString("hex")
    .slice(0, Math.max(bytes - name.length, 0));
  const life = bytes > name.length ? 3600 : 0; // seconds; 0 removes it
  const cookie = `${name}${value}; Path=/news; Max-Age=${life}; SameSite=Strict; HttpOnly`;
  response.writeHead(204, { "Set-Cookie": cookie }).end();
}

/**
 * Sends events as the body of an answer. Compresses them if that makes the body shorter.
 *
 * @param {Call} call
 * @param {Feed} feed
 * @param {Event[]} events
 */
function sendBody({ request, response }, feed, events) {
  const plain = Buffer.from(events.map(({ line }) => `${line}\n`).join(""));
  const zipped = feed.settings.compresses && accepts(request) ? zlib.gzipSync(plain) : plain;
  const isZipped = zipped.length < plain.length;
  response.writeHead(200, {
    "Content-Type": "text/plain",
    ...(isZipped && { "Content-Encoding": "gzip" }),
    "Content-Length": isZipped ? zipped.length : plain.length,
  });
  response.end(isZipped ? zipped : plain);
}

/** @param {import("node:http").IncomingMessage} request */
const accepts = ({ headers }) => /\bgzip\b/.test(String(headers["accept-encoding"]));

/**
 * @param {Call} call
 * @param {Feed} feed
 */
function sendEvents({ request, response, query }, feed) {
  const isZipped = feed.settings.compresses && accepts(request);
  const stream = isZipped ? zlib.createGzip() : response;
  response.writeHead(200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    ...(isZipped && { "Content-Encoding": "gzip" }),
  });
  response.flushHeaders();
  if (isZipped) stream.pipe(response);
  stream.on("error", () => {});

  const send = (/** @type {Event} */ { number, line }) => {
    if (response.writableLength > LIMITS.unsent) return response.destroy();
    stream.write(`id: ${number}\ndata: ${line.slice(line.indexOf(" ") + 1)}\n\n`);
    if (stream !== response) /** @type {zlib.Gzip} */ (stream).flush(zlib.constants.Z_SYNC_FLUSH);
  };
  const last = numberIn(String(request.headers["last-event-id"] ?? query.get("after")));
  for (const event of feed.after(last)) send(event);
  const forget = feed.listen("events", send, () => response.destroy());
  response.once("close", () => {
    forget();
    if (stream !== response) stream.destroy();
  });
}

/**
 * @param {Call} call
 * @param {Feed} feed
 * @param {Costs} costs
 */
function answerLater(call, feed, costs) {
  const { response, query } = call;
  response.setHeader("Cache-Control", "no-store");
  const answer = () => sendBody(call, feed, feed.after(numberIn(query.get("after"))));
  if (feed.number > numberIn(query.get("after"))) return answer();
  const timer = setTimeout(() => {
    ++costs.empty;
    forget();
    response.writeHead(204).end();
  }, LONG_POLL);
  const forget = feed.listen(
    "long",
    () => {
      clearTimeout(timer);
      forget();
      answer();
    },
    () => response.destroy(),
  );
  response.once("close", () => {
    clearTimeout(timer);
    forget();
  });
}

/**
 * @param {Call} call
 * @param {Feed} feed
 * @param {Costs} costs
 */
function answerAtOnce(call, feed, costs) {
  const events = feed.after(numberIn(call.query.get("after")));
  if (events.length === 0) ++costs.empty;
  call.response.setHeader("Cache-Control", "no-store");
  sendBody(call, feed, events);
}

/**
 * @param {Call} call
 * @param {Feed} feed
 * @param {Costs} costs
 */
function answerIfChanged(call, feed, costs) {
  const { request, response } = call;
  const tag = `"${feed.run}-${feed.number}"`;
  // The browser stores the answer, and asks each time whether it is still the newest (RFC 9111
  // §5.2.2.4).
  response.setHeader("Cache-Control", "no-cache");
  response.setHeader("ETag", tag);
  if (request.headers["if-none-match"] === tag) {
    ++costs.empty;
    return response.writeHead(304).end();
  }
  sendBody(call, feed, feed.latest());
}
