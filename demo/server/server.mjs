// The demo's server, for this machine only: serves the page and its modules, and the services that
// its views use.

import http from "node:http";
import { fail } from "../../tools/console.mjs";
import { Echo } from "./echo.mjs";
import { HEADERS, checkFiles, serveFiles } from "./files.mjs";
import { endOfRequest } from "./meter.mjs";
import { News } from "./news.mjs";
import { Rooms } from "./room.mjs";
import { Sessions } from "./sessions.mjs";
import { Wire } from "./wire.mjs";

const HOST = "127.0.0.1";
const MAX_CONNECTIONS = 100;

/**
 * A service for one of the views.
 *
 * @typedef {object} Service
 * @property {Record<string, Endpoint>} [endpoints] for WebSockets, by path
 * @property {Record<string, Route>} [routes] for HTTP, by path
 * @property {(socket: import("node:stream").Duplex) => void} [connected] called with each TCP
 *   connection, before its first byte
 * @property {number} connections of its endpoints
 * @property {() => void} close ends these connections, and anything else that would keep the
 *   process alive
 */

/**
 * @typedef {object} Endpoint
 * @property {(query: URLSearchParams) => number} [refusal] the HTTP status with which to refuse a
 *   WebSocket, or 0
 * @property {(upgrade: Upgrade) => void} accept completes the opening handshake
 */

/**
 * @typedef {{ request: http.IncomingMessage, socket: import("node:stream").Duplex, head: Buffer,
 *   query: URLSearchParams }} Upgrade
 */

/**
 * @typedef {object} Route
 * @property {"GET" | "POST"} method
 * @property {(exchange: { request: http.IncomingMessage, response: http.ServerResponse, query: URLSearchParams }) => void}
 *   answer
 */

/**
 * Returns the port from the variable PORT, or 8080 without it.
 *
 * @param {string | undefined} text
 */
export function parsePort(text) {
  if (!text) return 8080;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    fail(`PORT is "${text}", which is no port number. Use 0 to 65535.`);
  return port;
}

/**
 * Serves the demo at http://127.0.0.1:`port`/, or at a free port if `port` is 0. Rejects with an
 * error that says what to do if the demo is not built or the server can't listen.
 *
 * @param {{ port: number, root: string, preset?: string, linksDocs?: boolean, now?: () => number, serverOrigin?: string, pageOrigins?: string[], maxConnections?: number, room?: import("./room.mjs").RoomOptions }}
 *   options `root` is the project's folder, and `preset` the CMake preset of the build to serve.
 *   `linksDocs` is whether the page links the documentation, if that is built. `now` is the clock
 *   for sessions that are refused for a while. `serverOrigin` is the public origin of this server,
 *   if it is behind a proxy. `pageOrigins` are the origins of static builds of the page on other
 *   servers.
 * @returns {Promise<{ url: string, tally: Sessions["tally"], echoes: () => number, announceCluster: () => void, close: () => Promise<void> }>}
 *   `tally` returns the counters of the session with this id, and `echoes` the number of
 *   connections to the echo
 */
export async function startDemo({
  port,
  root,
  preset = "release",
  linksDocs = false,
  now = () => performance.now(),
  serverOrigin,
  pageOrigins = [],
  maxConnections = MAX_CONNECTIONS,
  room = {},
}) {
  checkFiles(root, preset);
  const echo = new Echo();
  const sessions = new Sessions(now);
  const rooms = new Rooms(room);
  /** @type {Service[]} */
  const services = [echo, sessions, new News(), new Wire(now), rooms];

  const server = http.createServer();
  await listen(server, port);
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  const own = [HOST, "localhost"].map((host) => `http://${host}:${address.port}`);
  const hosts = [...own, ...(serverOrigin ? [serverOrigin] : [])].map((origin) => new URL(origin)); // drops port 80
  const doorkeeper = new Doorkeeper(hosts, pageOrigins);
  server.on("connection", (socket) => {
    for (const service of services) service.connected?.(socket);
  });
  server.on("request", answer(serveFiles(root, preset, linksDocs), doorkeeper, services));
  server.on("request", endOfRequest);
  server.on("upgrade", (request, socket, head) => {
    const { path, query } = target(request);
    const endpoint = find(
      services.map(({ endpoints }) => endpoints),
      path,
    );
    const connections = services.reduce((sum, service) => sum + service.connections, 0);
    const isFull = connections >= maxConnections;
    const status = doorkeeper.isForeign(request)
      ? 403
      : !endpoint
        ? 404
        : isFull
          ? 503
          : endpoint.refusal?.(query);
    if (!endpoint || status) return refuse(socket, status || 404);
    endpoint.accept({ request, socket, head, query });
  });

  return {
    url: `${hosts[0].origin}/`,
    tally: (id) => sessions.tally(id),
    echoes: () => echo.connections,
    announceCluster: () => rooms.announceCluster(),
    close() {
      for (const service of services) service.close();
      return close(server);
    },
  };
}

/**
 * Protects this machine's server: any page on the web may open a WebSocket to it or post to it, and
 * only the Origin header shows which page. Programs that are not browsers send none. A page whose
 * host name resolves to this machine may also read files, which only the Host header shows (DNS
 * rebinding).
 */
class Doorkeeper {
  #hosts;
  #origins;
  #pageOrigins;

  /**
   * @param {URL[]} hosts names of this server
   * @param {string[]} pageOrigins other origins whose pages may use it
   */
  constructor(hosts, pageOrigins) {
    this.#hosts = hosts.map(({ host }) => host);
    this.#origins = [...hosts.map(({ origin }) => origin), ...pageOrigins];
    this.#pageOrigins = pageOrigins;
  }

  /** @param {http.IncomingMessage} request */
  isForeign({ headers }) {
    const isElsewhere = !this.#hosts.includes(headers.host ?? "");
    return isElsewhere || (headers.origin !== undefined && !this.#origins.includes(headers.origin));
  }

  /**
   * Allows a static build of the page to read the answer.
   *
   * @param {http.IncomingMessage} request
   * @param {http.ServerResponse} response
   */
  share({ headers: { origin } }, response) {
    if (!origin || !this.#pageOrigins.includes(origin)) return;
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Access-Control-Allow-Credentials", "true");
    response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
    response.setHeader("Vary", "Origin");
  }
}

/**
 * @param {http.RequestListener} serveFile
 * @param {Doorkeeper} doorkeeper
 * @param {Service[]} services
 * @returns {http.RequestListener}
 */
function answer(serveFile, doorkeeper, services) {
  return (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (doorkeeper.isForeign(request)) return response.writeHead(403).end();
    const { path, query } = target(request);
    const route = find(
      services.map(({ routes }) => routes),
      path,
    );
    if (!route) return serveFile(request, response);
    doorkeeper.share(request, response);
    if (request.method !== route.method)
      return response.writeHead(405, { Allow: route.method }).end();
    route.answer({ request, response, query });
  };
}

/**
 * Returns the first match for a path.
 *
 * @template Served
 * @param {(Record<string, Served> | undefined)[]} all by path
 * @param {string} path
 */
function find(all, path) {
  return all.find((one = {}) => Object.hasOwn(one, path))?.[path];
}

/** @param {http.IncomingMessage} request */
function target({ url = "/" }) {
  const [path, query] = url.split("?", 2);
  return { path, query: new URLSearchParams(query) };
}

/**
 * Errors of listening say what the person at the terminal can do.
 *
 * @param {http.Server} server
 * @param {number} port
 * @returns {Promise<void>}
 */
function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      const why =
        error.code === "EADDRINUSE" ? "is in use" : `cannot be listened on (${error.message})`;
      reject(
        new Error(`Port ${port} ${why}. Set the environment variable PORT to another one.`, {
          cause: error,
        }),
      );
    });
    server.listen(port, HOST, resolve);
  });
}

/**
 * @param {import("node:stream").Duplex} socket
 * @param {number} status
 */
function refuse(socket, status) {
  socket.on("error", () => socket.destroy());
  socket.once("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

/**
 * @param {http.Server} server
 * @returns {Promise<void>}
 */
function close(server) {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
