// The server for tests of sessions: it follows a test's script, connection by connection, and
// reports what it received. It uses npm's ws.
//
//   ws://HOST:PORT/ID?script=refuse,open   the first connection of ID does the first entry, the
//                                          second the second, and all later ones the last
//   GET /ID/close?code=4001&reason=bye     acts on the last connection of ID: close, drop, pause,
//                                          send
//   GET /ID/end                            ends all connections of ID
//   GET /ID/log?attempts=2&messages=1      a list of ID's Attempts, as soon as it has this much
//
// Tests use it through peer.mjs.

import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

/** @typedef {import("node:stream").Duplex} Duplex */
/** @typedef {import("ws").WebSocket} WebSocket */

/**
 * `query` is the URL's, without the script. `messages` are the received ones: text unchanged, and
 * bytes as "bytes 1,2,3". `end` is what closed the connection, as the server saw it.
 *
 * @typedef {{ query: string, protocols: string, messages: string[], end: { code: number, reason: string } | null }}
 *   Attempt
 */

/**
 * The words of a script.
 *
 * @type {Record<string, (webSocket: WebSocket, ...words: string[]) => void>}
 */
const steps = {
  open: () => {},
  echo: (webSocket) => webSocket.on("message", (data, binary) => webSocket.send(data, { binary })),
  close: (webSocket, code, reason) => webSocket.close(Number(code), reason),
  drop: (webSocket) => webSocket.terminate(),
  greet: (webSocket) => webSocket.send("hello"),
  pause: (webSocket) => webSocket.pause(), // answers nothing, not even a Close frame
};

/**
 * Requests of tests.
 *
 * @type {Record<string, (webSocket: WebSocket, query: URLSearchParams) => void>}
 */
const acts = {
  close: (webSocket, query) =>
    webSocket.close(Number(query.get("code")), query.get("reason") ?? ""),
  drop: (webSocket) => webSocket.terminate(),
  pause: (webSocket) => webSocket.pause(),
  send: (webSocket, query) =>
    webSocket.send(query.get("text") ?? Buffer.from(query.get("hex") ?? "", "hex")),
};

/** Everything received for one ID. */
class Peer {
  /** @type {Attempt[]} */
  attempts = [];
  changed = new EventEmitter().setMaxListeners(0);
  /** @type {WebSocket | undefined} */
  webSocket;
  /** @type {Duplex[]} */
  #sockets = [];

  /**
   * @param {Attempt} attempt
   * @param {Duplex} socket
   */
  begin(attempt, socket) {
    this.attempts.push(attempt);
    this.#sockets.push(socket);
    socket.on("error", () => {});
    this.changed.emit("change");
  }

  end() {
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * @param {WebSocket} webSocket
   * @param {Attempt} attempt
   */
  connect(webSocket, attempt) {
    this.webSocket = webSocket;
    webSocket.on("error", () => {});
    webSocket.on("message", (data, isBinary) => {
      const bytes = /** @type {Buffer} */ (data);
      attempt.messages.push(isBinary ? `bytes ${[...bytes]}` : bytes.toString());
      this.changed.emit("change");
    });
    webSocket.on("close", (code, reason) => {
      attempt.end = { code, reason: reason.toString() };
      this.changed.emit("change");
    });
  }

  /** @param {{ attempts: number, messages: number, ends: number }} least */
  has({ attempts, messages, ends }) {
    const came = this.attempts.reduce((sum, attempt) => sum + attempt.messages.length, 0);
    const ended = this.attempts.filter(({ end }) => end).length;
    return this.attempts.length >= attempts && came >= messages && ended >= ends;
  }
}

/** Listens on 127.0.0.1 and a free port. `close()` ends every connection at once. */
export async function startSessionServer() {
  /** @type {Map<string, Peer>} */
  const peers = new Map();
  /** @param {string} id */
  const peerOf = (id) => {
    const peer = peers.get(id) ?? new Peer();
    peers.set(id, peer);
    return peer;
  };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams: query } = new URL(`http://server${request.url}`);
    const [, id, act] = pathname.split("/");
    const peer = peerOf(id);
    response.setHeader("Access-Control-Allow-Origin", "*");
    response.setHeader("Cache-Control", "no-store");
    if (act === "log") {
      const count = (/** @type {string} */ name) => Number(query.get(name) ?? 0);
      const least = {
        attempts: count("attempts"),
        messages: count("messages"),
        ends: count("ends"),
      };
      const isOver = new Promise((resolve) => response.once("close", resolve));
      while (!peer.has(least) && !response.closed) await Promise.race([next(peer.changed), isOver]);
    } else if (act === "end") {
      peer.end();
    } else if (peer.webSocket) {
      acts[act](peer.webSocket, query);
    }
    response.setHeader("Content-Type", "application/json").end(JSON.stringify(peer.attempts));
  });
  const accepting = new WebSocketServer({ noServer: true, clientTracking: false });

  server.on("upgrade", (request, socket, head) => {
    const { pathname, searchParams } = new URL(`http://server${request.url}`);
    const peer = peerOf(pathname.slice(1));
    const script = (searchParams.get("script") ?? "open").split(",");
    const [step, ...words] = (script[peer.attempts.length] ?? script[script.length - 1]).split(":");
    searchParams.delete("script");
    const protocols = request.headers["sec-websocket-protocol"] ?? "";
    /** @type {Attempt} */
    const attempt = { query: String(searchParams), protocols, messages: [], end: null };
    peer.begin(attempt, socket);
    if (step === "hang") return void socket.resume();
    if (step === "refuse")
      return void socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
    accepting.handleUpgrade(request, socket, head, (webSocket) => {
      peer.connect(webSocket, attempt);
      steps[step](webSocket, ...words);
    });
  });

  /** @type {Set<Duplex>} */
  const sockets = new Set();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    ws: `ws://127.0.0.1:${port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** @param {EventEmitter} emitter */
function next(emitter) {
  return new Promise((resolve) => emitter.once("change", resolve));
}
