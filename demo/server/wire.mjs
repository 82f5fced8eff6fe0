// The endpoint whose bytes the page shows: it echoes each message, and records all data on the TCP
// connection, in both directions.
//
//   GET  /wire/record?id=     the record of the connection with this id, as Server-Sent Events.
//                             Request it first
//   WebSocket /wire?id=       one connection for each record; with &deflate the server accepts
//                             permessage-deflate
//   POST /wire/ping?id=       the server sends a Ping
//   POST /wire/fragments?id=  the server sends a message in three frames
//   POST /wire/close?id=      the server starts the closing handshake
//
// The id is 32 random hexadecimal digits from the page, so that no other page sees its record.

import { WebSocketServer } from "ws";
import { echo } from "./echo.mjs";
import { idIn } from "./sessions.mjs";
import { Tape, WireRecord } from "./wire_record.mjs";

const REQUEST_START = "GET /wire?";
const MAX_MESSAGE_BYTES = 256 * 1024;
const MAX_RECORDS = 20;
const MAX_TIME = 10 * 60_000; // ms
const MAX_WISHES = 5; // in WISHES_TIME
const WISHES_TIME = 5_000; // ms

/** @typedef {import("ws").WebSocket} WebSocket */

/** @type {Record<string, (webSocket: WebSocket) => void>} What a page may ask its server to do. */
const WISHES = {
  "/wire/ping": (webSocket) => webSocket.ping("Are you there?"),
  "/wire/fragments": (webSocket) => {
    webSocket.send("One message ", { fin: false });
    webSocket.send("in three ", { fin: false });
    webSocket.send("frames ⚓", { fin: true });
  },
  "/wire/close": (webSocket) => webSocket.close(1000, "the server closes"),
};

/** @typedef {import("./server.mjs").Service} Service */

/** @implements {Service} */
export class Wire {
  endpoints = {
    "/wire": {
      /** @param {URLSearchParams} query */
      refusal: (query) => this.#refusal(query),
      /** @param {import("./server.mjs").Upgrade} upgrade */
      accept: (upgrade) => this.#accept(upgrade),
    },
  };

  /** @type {Record<string, import("./server.mjs").Route>} */
  routes = {
    "/wire/record": {
      method: "GET",
      answer: ({ response, query }) => this.#watch(response, query),
    },
    ...Object.fromEntries(
      Object.keys(WISHES).map((path) => [
        path,
        {
          method: "POST",
          answer: ({ response, query }) => response.writeHead(this.#fulfil(path, query)).end(),
        },
      ]),
    ),
  };

  /** @type {Map<string, WireRecord>} */
  #records = new Map();
  /** @type {WeakMap<import("node:stream").Duplex, Tape>} */
  #tapes = new WeakMap();
  #plain = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  #compressing = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: { threshold: 0 },
  });
  #now;

  /** @param {() => number} now a clock in milliseconds */
  constructor(now) {
    this.#now = now;
  }

  get connections() {
    return this.#plain.clients.size + this.#compressing.clients.size;
  }

  /** @param {import("node:stream").Duplex} socket of a connection that has received nothing yet */
  connected(socket) {
    this.#tapes.set(socket, new Tape(socket, REQUEST_START));
  }

  close() {
    for (const record of this.#records.values()) record.end();
  }

  /** @param {URLSearchParams} query */
  #refusal(query) {
    const id = idIn(query);
    if (!id) return 400;
    const record = this.#records.get(id);
    return !record ? 404 : record.isUsed ? 409 : 0;
  }

  /** @param {import("./server.mjs").Upgrade} upgrade accepted by `refusal` */
  #accept({ request, socket, head, query }) {
    const record = this.#records.get(idIn(query));
    const tape = this.#tapes.get(socket);
    // Browsers open a new connection for each WebSocket. If this one had an earlier request, its
    // bytes are not known.
    if (!record || !tape || tape.isStopped) return socket.destroy();
    record.follow(socket, tape);
    const server = query.has("deflate") ? this.#compressing : this.#plain;
    server.handleUpgrade(request, socket, head, (webSocket) => {
      record.webSocket = webSocket;
      echo(webSocket);
    });
  }

  /**
   * @param {import("node:http").ServerResponse} response
   * @param {URLSearchParams} query
   */
  #watch(response, query) {
    const id = idIn(query);
    if (!id) return response.writeHead(400).end();
    if (this.#records.has(id)) return response.writeHead(409).end();
    if (this.#records.size >= MAX_RECORDS) return response.writeHead(503).end();
    const record = new WireRecord(response);
    this.#records.set(id, record);
    const timer = setTimeout(() => record.end(), MAX_TIME);
    // No one watches any more, so stop recording.
    response.once("close", () => {
      clearTimeout(timer);
      this.#records.delete(id);
      record.end();
    });
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(":\n\n"); // a comment, because Firefox reports the stream as open only after the first bytes
  }

  /**
   * Executes a POST to `path`. Returns the HTTP status of the answer.
   *
   * @param {string} path one of `WISHES`
   * @param {URLSearchParams} query
   */
  #fulfil(path, query) {
    const id = idIn(query);
    if (!id) return 400;
    const record = this.#records.get(id);
    if (record?.webSocket?.readyState !== 1) return 404;
    const now = this.#now();
    record.wishes = record.wishes.filter((time) => now - time < WISHES_TIME);
    if (record.wishes.length >= MAX_WISHES) return 429;
    record.wishes.push(now);
    WISHES[path](record.webSocket);
    return 204;
  }
}
