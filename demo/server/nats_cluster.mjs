// A local cluster of nats-server nodes with JetStream, in a temporary folder. Nodes can be killed
// and restarted.

import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";

const HOST = "127.0.0.1";

export class NatsCluster {
  /** @type {(import("node:child_process").ChildProcess | undefined)[]} */
  #processes = [];
  #program;
  #ports;
  #routes;
  #folder;

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
    for (let index = 0; index < nodes; ++index) this.restart(index);
  }

  /**
   * @param {string} program
   * @param {number} nodes
   */
  static async start(program, nodes = 3) {
    return new NatsCluster(program, await freePorts(2 * nodes));
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
    const child = spawn(
      this.#program,
      ["--jetstream", ...Object.entries(args).flat().map(String)],
      {
        stdio: "ignore",
      },
    );
    child.on("error", () => {}); // "exit" never comes; operations that need the node fail at their own deadline
    child.on("exit", () => {
      if (this.#processes[index] === child) this.#processes[index] = undefined;
    });
    this.#processes[index] = child;
  }

  /** @param {number} index */
  async kill(index) {
    const child = this.#processes[index];
    if (!child) return;
    this.#processes[index] = undefined;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  async close() {
    await Promise.all(this.#ports.map((_, index) => this.kill(index)));
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** @param {number} count */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, HOST));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => /** @type {net.AddressInfo} */ (server.address()).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
