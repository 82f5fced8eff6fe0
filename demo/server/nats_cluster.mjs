// A local cluster of nats-server nodes with JetStream, in a temporary folder. Nodes can be killed
// and restarted.

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const HOST = "127.0.0.1";
const LISTENS_WITHIN = 120_000; // ms, on a busy machine
const MOST_OUTPUT = 2_000; // characters of a node's output that an error shows

export class NatsCluster {
  /** @type {(import("node:child_process").ChildProcess | undefined)[]} */
  #processes = [];
  #program;
  #ports;
  #routes;
  #folder;
  #endAtOnce = () => {
    for (const child of this.#processes) child?.kill("SIGKILL");
    // A node may still be writing.
    fs.rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  };

  /** Why a node could not start, or has ended by itself. Empty if none has. */
  fault = "";

  /**
   * @param {string} program nats-server
   * @param {number[]} ports two per node
   */
  constructor(program, ports) {
    const nodes = ports.length / 2;
    this.#program = program;
    this.#ports = ports.slice(0, nodes);
    this.#routes = ports.slice(nodes);
    this.#folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-nats-"));
    process.once("exit", this.#endAtOnce);
    for (let index = 0; index < nodes; ++index) this.restart(index);
  }

  /**
   * Resolves when all nodes listen.
   *
   * @param {string} program
   * @param {number} nodes
   */
  static async start(program, nodes = 3) {
    const cluster = new NatsCluster(program, await freePorts(2 * nodes));
    try {
      await cluster.#listens();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  async #listens() {
    const deadline = performance.now() + LISTENS_WITHIN;
    for (const port of this.#ports) {
      while (!this.fault && !(await canConnect(port))) {
        if (performance.now() > deadline)
          throw new Error(`nats-server does not listen on ${HOST}:${port}.`);
        await sleep(20);
      }
    }
    if (this.fault) throw new Error(this.fault);
  }

  /** The addresses for clients. */
  get servers() {
    return this.#ports.map((port) => `${HOST}:${port}`);
  }

  /** Which nodes are up. */
  get state() {
    return this.#ports.map((_, index) => this.#processes[index] !== undefined);
  }

  /** @param {number} index */
  restart(index) {
    if (index >= this.#ports.length || this.#processes[index]) return;
    const args = {
      "--addr": HOST,
      "--port": this.#ports[index],
      "--name": `node-${index + 1}`,
      "--store_dir": path.join(this.#folder, String(index + 1)),
      "--cluster_name": "hawser-room",
      "--cluster": `nats://${HOST}:${this.#routes[index]}`,
      "--routes": this.#routes.map((port) => `nats://${HOST}:${port}`).join(","),
    };
    const flags = Object.entries(args).flat().map(String);
    const child = spawn(this.#program, ["--jetstream", ...flags], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let printed = "";
    child.on("error", (error) => this.#lose(index, child, `can't be started: ${error.message}`));
    child.on("close", (status, signal) => {
      const how = signal ? `by ${signal}` : `with status ${status}`;
      this.#lose(index, child, `has ended ${how}:\n${printed.trimEnd()}`);
    });
    child.stderr?.on("data", (data) => (printed = (printed + data).slice(-MOST_OUTPUT)));
    this.#processes[index] = child;
  }

  /**
   * Notes that a node ended by itself, and why.
   *
   * @param {number} index
   * @param {import("node:child_process").ChildProcess} child
   * @param {string} why
   */
  #lose(index, child, why) {
    if (this.#processes[index] !== child) return;
    this.#processes[index] = undefined;
    this.fault ||= `nats-server (node ${index + 1} of ${this.#ports.length}) ${why}`;
  }

  /** @param {number} index */
  async kill(index) {
    const child = this.#processes[index];
    if (!child) return;
    this.#processes[index] = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  async close() {
    await Promise.all(this.#ports.map((_, index) => this.kill(index)));
    process.off("exit", this.#endAtOnce);
    this.#endAtOnce();
  }
}

/** @param {number} port */
function canConnect(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, HOST, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** @param {number} count */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, HOST));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => /** @type {net.AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
