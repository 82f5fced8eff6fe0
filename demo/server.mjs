// The demo's server, for this machine only: the page, the modules that it loads, and WebSocket endpoints to try
// it on.

import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import sirv from "sirv";
import { WebSocketServer } from "ws";
import { DISTURBANCES, Sessions } from "./session_server.mjs";

const HOST = "127.0.0.1";
const MAX_CONNECTIONS = 100;
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const SUBPROTOCOLS = ["echo.v1", "echo.v2"];

// The demo's modules. What else is in their folder knows this machine's folders.
const MODULES = ["demo.mjs", "demo.wasm", "threads.mjs", "threads.wasm"];

// What a page with hawser in it needs, and nothing more: WebAssembly, WebSockets to anywhere, and shared memory, which
// browsers give only to pages that these Cross-Origin headers isolate. The script of a thread needs them, too.
const HEADERS = {
  "Content-Security-Policy":
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
};

/**
 * Serves the demo at http://127.0.0.1:`port`/, or at a free port where `port` is 0. Rejects, with what to do
 * about it, where the demo is not built or cannot listen.
 *
 * @param {{ port: number, root: string, preset?: string, now?: () => number }} options `root` is the project's folder,
 *   `preset` CMake's of the build whose modules are served. `now` is the clock that a session's server is away by.
 * @returns {Promise<{ url: string, tally: Sessions["tally"], echoes: () => number, close: () => Promise<void> }>} `tally`
 *   tells what has come of the session with this id, `echoes` how many connections there are to the echo.
 */
export async function startDemo({ port, root, preset = "release", now = () => performance.now() }) {
  const build = `build/${preset}/demo`;
  for (const file of MODULES) {
    if (fs.existsSync(path.join(root, build, file))) continue;
    throw new Error(`The demo is not built: there is no ${build}/${file}. Run "npm run build" first.`);
  }

  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    handleProtocols: (offered) => [...offered].find((protocol) => SUBPROTOCOLS.includes(protocol)) ?? false,
  });
  webSockets.on("connection", echo);
  const sessions = new Sessions(now);

  const server = http.createServer();
  await listen(server, port);
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  const origins = [HOST, "localhost"].map((host) => new URL(`http://${host}:${address.port}`).origin); // 80 is left out
  server.on("request", answer(root, build, origins, sessions));
  server.on("upgrade", (request, socket, head) => {
    const status = refusal(request, origins, webSockets, sessions);
    if (status) return refuse(socket, status);
    const { endpoint, query } = target(request);
    if (endpoint === "/session") return sessions.accept(query, request, socket, head);
    webSockets.handleUpgrade(request, socket, head, (webSocket) => webSockets.emit("connection", webSocket));
  });

  return {
    url: `${origins[0]}/`,
    tally: (id) => sessions.tally(id),
    echoes: () => webSockets.clients.size,
    close() {
      sessions.close();
      return close(server, webSockets);
    },
  };
}

/** @param {http.IncomingMessage} request */
function target({ url = "/" }) {
  const [endpoint, query] = url.split("?", 2);
  return { endpoint, query: new URLSearchParams(query) };
}

/**
 * Any page on the web may open a WebSocket to this machine, or post to it, and only the Origin tells them apart.
 * Programs that are not a browser send none. A page whose host's name was made to mean this machine may also read files,
 * which the Host tells (DNS rebinding).
 *
 * @param {http.IncomingMessage} request
 * @param {string[]} origins
 */
function isForeign({ headers }, origins) {
  const isElsewhere = !origins.includes(`http://${headers.host}`);
  return isElsewhere || (headers.origin !== undefined && !origins.includes(headers.origin));
}

/**
 * @param {string} root
 * @param {string} build
 * @param {string[]} origins
 * @param {Sessions} sessions
 * @returns {http.RequestListener}
 */
function answer(root, build, origins, sessions) {
  const serveFile = serveFiles(root, build);
  return (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (isForeign(request, origins)) return response.writeHead(403).end();
    const { endpoint, query } = target(request);
    if (!DISTURBANCES.includes(endpoint)) return serveFile(request, response);
    if (request.method !== "POST") return response.writeHead(405, { Allow: "POST" }).end();
    response.writeHead(sessions.disturb(endpoint, query)).end();
  };
}

/**
 * @param {string} root
 * @param {string} build the folder of the demo's module, below it
 * @returns {http.RequestListener}
 */
function serveFiles(root, build) {
  const mounts = [
    { prefix: "/js/", folder: "js" },
    { prefix: "/dist/", folder: "dist" },
    { prefix: "/demo/", folder: build },
    { prefix: "/", folder: "demo" },
  ].map(({ prefix, folder }) => ({
    prefix,
    folder,
    serve: sirv(path.join(root, folder), { dev: true, etag: true }),
  }));

  return (request, response) => {
    const url = request.url ?? "";
    const mount = mounts.find(({ prefix }) => url.startsWith(prefix));
    const isHidden = mount?.folder === build && !MODULES.includes(url.slice(mount.prefix.length).split("?")[0]);
    if (!mount || isHidden) return response.writeHead(404).end();
    // sirv throws where a range ends before it starts. No file here is worth asking for in parts.
    delete request.headers.range;
    request.url = url.slice(mount.prefix.length - 1);
    mount.serve(request, response);
  };
}

/**
 * Listening fails for reasons that only the person at the terminal can do something about.
 *
 * @param {http.Server} server
 * @param {number} port
 * @returns {Promise<void>}
 */
function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once("error", (/** @type {NodeJS.ErrnoException} */ error) => {
      const why = error.code === "EADDRINUSE" ? "is in use" : `cannot be listened on (${error.message})`;
      reject(new Error(`Port ${port} ${why}. Set the environment variable PORT to another one.`, { cause: error }));
    });
    server.listen(port, HOST, resolve);
  });
}

/**
 * The HTTP status that refuses this WebSocket, or 0 where it is welcome.
 *
 * @param {http.IncomingMessage} request
 * @param {string[]} origins
 * @param {WebSocketServer} webSockets
 * @param {Sessions} sessions
 */
function refusal(request, origins, webSockets, sessions) {
  if (isForeign(request, origins)) return 403;
  const { endpoint, query } = target(request);
  if (endpoint === "/refuse") return 403;
  if (endpoint !== "/echo" && endpoint !== "/session") return 404;
  if (webSockets.clients.size + sessions.connections >= MAX_CONNECTIONS) return 503;
  return endpoint === "/session" ? sessions.refusal(query) : 0;
}

/**
 * @param {import("node:stream").Duplex} socket
 * @param {number} status
 */
function refuse(socket, status) {
  socket.on("error", () => socket.destroy());
  socket.once("finish", () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** @param {import("ws").WebSocket} webSocket */
function echo(webSocket) {
  // ws closes by itself after an error, such as a message that is too big; unheard, the event would end the server.
  webSocket.on("error", () => {});
  webSocket.on("message", (data, isBinary) => {
    // A peer that sends and never reads would fill this server's memory with answers.
    webSocket.pause();
    webSocket.send(data, { binary: isBinary }, () => webSocket.resume());
  });
}

/**
 * @param {http.Server} server
 * @param {WebSocketServer} webSockets
 * @returns {Promise<void>}
 */
function close(server, webSockets) {
  for (const webSocket of webSockets.clients) webSocket.terminate();
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
