// Message brokers for tests: real ones in their own processes, which tests can kill and restart on
// the same ports.
//
//   const broker = await startBroker("mosquitto", { user: "ada", password: "secret" });
//   const socket = new WebSocket(broker.ws, "mqtt");
//   await broker.kill();
//   await broker.start();
//   await broker.close();
//
// They listen on 127.0.0.1 only. The test command finds their programs, and passes their paths in
// HAWSER_NATS_SERVER and HAWSER_MOSQUITTO.

import { spawn } from "node:child_process";
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import { connect, createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startFaultProxy } from "./fault_proxy.mjs";

/** @typedef {"nats" | "mosquitto"} Kind */

/**
 * @typedef {object} Options
 * @property {string} [user] the only one that may connect; without it, anyone may
 * @property {string} [password]
 * @property {number} [maxPayload] of nats-server, in bytes; of mosquitto, the largest packet
 */

const host = "127.0.0.1";

/** How long a broker may take to listen, in milliseconds: long enough for a busy machine. */
const longestStart = 30_000;

const programs = {
  nats: { variable: "HAWSER_NATS_SERVER", configure: configureNats },
  mosquitto: { variable: "HAWSER_MOSQUITTO", configure: configureMosquitto },
};

/**
 * Why this kind of broker is not available, for node:test's skip; false if it is.
 *
 * @param {Kind} kind
 */
export function whyNoBroker(kind) {
  const { variable } = programs[kind];
  return process.env[variable] ? false : `there is no ${kind}: ${variable} names none`;
}

/**
 * @param {Kind} kind
 * @param {Options} [options]
 */
export async function startBroker(kind, options = {}) {
  const broker = new Broker(kind, options, await findFreePort());
  await broker.start();
  return broker;
}

class Broker {
  #kind;
  #folder;
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #process;

  /** The port of its WebSocket listener. */
  port;

  /**
   * @param {Kind} kind
   * @param {Options} options
   * @param {number} port
   */
  constructor(kind, options, port) {
    this.#kind = kind;
    this.port = port;
    this.#folder = fs.mkdtempSync(path.join(os.tmpdir(), `hawser-${kind}-`));
    const configuration = programs[kind].configure(this.#folder, port, options);
    fs.writeFileSync(this.#configurationFile, `${configuration.join("\n")}\n`);
  }

  get ws() {
    return `ws://${host}:${this.port}`;
  }

  get #configurationFile() {
    return path.join(this.#folder, "broker.conf");
  }

  /** Starts the process with the data that the previous one stored, and waits until it listens. */
  async start() {
    const program = process.env[programs[this.#kind].variable];
    if (!program) throw new Error(`${whyNoBroker(this.#kind)}`);
    // It must not outlive this process, even if that is killed.
    const [command, ...args] = [
      "setpriv",
      "--pdeathsig",
      "KILL",
      program,
      "-c",
      this.#configurationFile,
    ];
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (data) => (output += data));
    const deadline = performance.now() + longestStart;
    while (!(await canConnect(this.port))) {
      if (child.exitCode !== null)
        throw new Error(`${this.#kind} ended before it listened:\n${output}`);
      if (performance.now() > deadline)
        throw new Error(`${this.#kind} does not listen:\n${output}`);
      await sleep(10);
    }
  }

  /** Kills the process as a crash would: it can neither say goodbye nor store anything. */
  async kill() {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  /** Pauses the process. Its connections stay open, and incoming data waits in its sockets. */
  freeze() {
    this.#process?.kill("SIGSTOP");
  }

  thaw() {
    this.#process?.kill("SIGCONT");
  }

  async close() {
    await this.kill();
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} _folder
 * @param {number} port
 * @param {Options} options
 */
function configureNats(_folder, port, { user, password, maxPayload }) {
  return [
    `host: "${host}"`,
    "port: -1", // for its own protocol over TCP, any free port
    `websocket { host: "${host}", port: ${port}, no_tls: true }`,
    ...(maxPayload ? [`max_payload: ${maxPayload}`] : []),
    ...(user ? [`authorization { user: "${user}", password: "${password}" }`] : []),
  ];
}

/**
 * @param {string} folder
 * @param {number} port
 * @param {Options} options
 */
function configureMosquitto(folder, port, { user, password = "", maxPayload }) {
  const passwords = path.join(folder, "passwords");
  if (user) fs.writeFileSync(passwords, `${user}:${hashForMosquitto(password)}\n`);
  return [
    // Otherwise root would become another user, who cannot read the folder.
    ...(process.getuid?.() === 0 ? ["user root"] : []),
    ...(user ? ["allow_anonymous false", `password_file ${passwords}`] : ["allow_anonymous true"]),
    ...(maxPayload ? [`max_packet_size ${maxPayload}`] : []),
    // Stores each change at once, so that it survives a SIGKILL.
    "persistence true",
    `persistence_location ${folder}/`,
    "autosave_on_changes true",
    "autosave_interval 1",
    "max_queued_messages 0",
    // 2.0.11 does not start with WebSocket listeners only. Without "ipv4" that listener is open to
    // the network.
    `listener 0 ${path.join(folder, "socket")}`,
    `listener ${port} ${host}`,
    "protocol websockets",
    "socket_domain ipv4",
  ];
}

/**
 * In the format of mosquitto_passwd: PBKDF2 with SHA-512.
 *
 * @param {string} password
 */
function hashForMosquitto(password) {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 101, 64, "sha512");
  return `$7$101$${salt.toString("base64")}$${hash.toString("base64")}`;
}

async function findFreePort() {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

/** @param {number} port */
async function canConnect(port) {
  const socket = connect(port, host);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * Provides a broker to a client of the test server that cannot start processes. The broker lives
 * until the connection ends. The first message is the broker's URL, and the second that of a proxy
 * before it. Each later message from the client is a command, such as "kill" or "cutAfter toServer
 * 1000", and is answered with "done" or an error.
 *
 * @param {import("ws").WebSocket} webSocket
 * @param {URLSearchParams} query
 */
export async function serveBroker(webSocket, query) {
  try {
    await serve(webSocket, query);
  } catch (error) {
    webSocket.send(String(error)); // instead of the URL
  }
}

/** @type {typeof serveBroker} */
async function serve(webSocket, query) {
  const kind = /** @type {Kind} */ (query.get("kind"));
  const missing = whyNoBroker(kind);
  if (missing) return webSocket.send(missing);
  const maxPayload = Number(query.get("maxPayload"));
  const broker = await startBroker(kind, {
    user: query.get("user") ?? undefined,
    password: query.get("password") ?? undefined,
    maxPayload,
  });
  const proxy = await startFaultProxy(broker.port);
  /** @type {Record<string, ((...args: string[]) => unknown) | undefined>} */
  const commands = {
    kill: () => broker.kill(),
    start: () => broker.start(),
    freeze: () => broker.freeze(),
    thaw: () => broker.thaw(),
    cut: () => proxy.cut({ how: "reset" }),
    cutAfter: (direction, bytes) =>
      proxy.cutAfter({
        direction: /** @type {any} */ (direction),
        bytes: Number(bytes),
        how: "reset",
      }),
    heal: () => proxy.heal(),
  };
  const end = () => void Promise.all([broker.close(), proxy.close()]);
  webSocket.on("close", end);
  if (webSocket.readyState !== webSocket.OPEN) return end(); // it has ended meanwhile
  webSocket.send(broker.ws);
  webSocket.send(proxy.ws);
  webSocket.on("message", async (data) => {
    const [name, ...args] = `${data}`.split(" ");
    const result = await Promise.resolve(commands[name]?.(...args)).then(() => "done", String);
    webSocket.send(commands[name] ? result : `There is no command ${name}.`);
  });
}
