// A browser controlled by a test: no network, no waiting, the same result each time.

import { Connection } from "./connection.js";
import { engines } from "./engines.js";
import { EventLoop } from "./event_loop.js";
import { Failure } from "./failure.js";
import { Globals, replaceGlobals } from "./globals.js";
import { Page } from "./page.js";
import { Peer } from "./peer.js";
import { setNetwork, WebSocket } from "./web_socket.js";

/** How many more timers a program may run after its browser is uninstalled. */
const lastTimers = 1000;

/** @type {Browser | undefined} */
let installed;

/** @typedef {import("./connection.js").Events} Events */

export class Browser {
  #engine;
  #engineName;
  #loop;
  #globals = new Globals();
  /** @type {Page | undefined} */
  #page;
  #isOnline = true;
  /** @type {Promise<void> | undefined} */
  #uninstalled;
  /** @type {Connection[]} */
  #connections = [];
  /** Connections that no expectConnection() has returned yet. @type {Connection[]} */
  #unexpected = [];
  /** @type {((peer: Peer) => void) | undefined} */
  #onConnection;

  constructor({
    engine = "chromium",
    seed = 1,
    now = /** @type {number | Date} */ (Date.now()),
  } = {}) {
    if (!Object.hasOwn(engines, engine)) {
      throw new TypeError(
        `There is no engine "${engine}". Use ${Object.keys(engines).join(", ")}.`,
      );
    }
    if (installed) {
      throw new Error(
        "A Browser is installed already. Await its uninstall() first, for example after each test.",
      );
    }
    installed = this;
    this.#engineName = engine;
    this.#engine = engines[engine];
    const { isNode } = this.#engine;
    this.#loop = new EventLoop(performance.now());
    replaceGlobals(this.#globals, this.#loop, { WebSocket, date: Number(now), seed, isNode });
    if (!isNode) this.#page = new Page(this.#globals);
    setNetwork({ connect: (url, protocols, events) => this.#connect(url, protocols, events) });
  }

  get engine() {
    return this.#engineName;
  }

  get WebSocket() {
    return WebSocket;
  }

  // Connections

  /**
   * @param {string} url
   * @param {string[]} protocols
   * @param {Events} events
   */
  #connect(url, protocols, events) {
    const connection = new Connection(url, protocols, events, this.#loop, this.#engine);
    this.#connections.push(connection);
    const handler = this.#onConnection;
    if (handler) this.#loop.queue(() => this.#serve(connection, handler));
    else this.#unexpected.push(connection);
    return connection;
  }

  /**
   * @param {Connection} connection
   * @param {(peer: Peer) => void} handler
   */
  #serve(connection, handler) {
    if (!connection.isConnecting) return;
    if (!this.#isOnline) return connection.fail("there is no network");
    const peer = new Peer(connection, this.#loop);
    peer.onClose(() => peer.answerClose());
    handler(peer);
  }

  get connections() {
    return this.#connections.length;
  }

  /** @param {(peer: Peer) => void} handler */
  onConnection(handler) {
    this.#onConnection = handler;
  }

  /**
   * @param {string | URL} [url]
   * @param {string | string[]} [protocols]
   */
  async expectConnection(url, protocols) {
    await this.#loop.idle();
    const to = url === undefined ? "" : ` to ${new URL(url).href}`;
    const connection = this.#unexpected.shift();
    if (!connection) {
      const count = this.#connections.length;
      const others =
        count === 0 ? "none" : `no other than the ${count === 1 ? "first" : `first ${count}`}`;
      throw new Failure(`expected a connection${to}, but the application has started ${others}`);
    }
    if (url !== undefined && new URL(url).href !== connection.url) {
      throw new Failure(
        `expected a connection${to}, but the application has started one to ${connection.url}`,
      );
    }
    const [expected, offered] = [
      protocols === undefined ? connection.protocols : [protocols].flat(),
      connection.protocols,
    ];
    if (expected.join() !== offered.join()) {
      const list = (/** @type {string[]} */ names) =>
        names.length > 0 ? names.join(", ") : "none";
      throw new Failure(
        `expected a connection to ${connection.url} with the subprotocols ${list(expected)}, but the application ` +
          `offers ${list(offered)}`,
      );
    }
    return new Peer(connection, this.#loop);
  }

  async expectNoConnection() {
    await this.#loop.idle();
    const [connection] = this.#unexpected;
    if (!connection) return;
    throw new Failure(
      `expected no connection, but the application has started one to ${connection.url}`,
    );
  }

  // Time

  get now() {
    return this.#loop.now;
  }

  async runUntilIdle() {
    await this.#loop.idle();
  }

  /** @param {number} milliseconds */
  async advance(milliseconds) {
    await this.#loop.advance(milliseconds);
  }

  // The page

  #getPage() {
    if (this.#page) return this.#page;
    throw new Error(`There is no page in Node. Use another engine than "${this.#engineName}".`);
  }

  goOffline() {
    const page = this.#getPage();
    this.#isOnline = false;
    this.#loop.deliver(() => page.setOnline(false));
  }

  goOnline() {
    const page = this.#getPage();
    this.#isOnline = true;
    this.#loop.deliver(() => page.setOnline(true));
  }

  hidePage() {
    const page = this.#getPage();
    this.#loop.deliver(() => page.setVisible(false));
  }

  showPage() {
    const page = this.#getPage();
    this.#loop.deliver(() => page.setVisible(true));
  }

  leavePage() {
    const page = this.#getPage();
    this.#loop.deliver(() => {
      page.turn("pagehide");
      this.#loop.isFrozen = true;
      // The page's sockets are closed at once. Their events wait until the page is back.
      for (const connection of this.#connections) connection.leave();
    });
  }

  returnToPage() {
    const page = this.#getPage();
    this.#loop.deliver(() => {
      this.#loop.isFrozen = false;
      page.turn("pageshow");
    });
  }

  // The end

  uninstall() {
    return (this.#uninstalled ??= this.#uninstall());
  }

  async #uninstall() {
    setNetwork(undefined);
    this.#onConnection = undefined;
    this.#page?.restore(); // so that waits for the network or for a visible page end, too
    for (const connection of this.#connections)
      this.#loop.queue(() => connection.lose("the Browser was uninstalled"));
    await this.#loop.stop(lastTimers);
    this.#globals.restore();
    installed = undefined;
  }

  [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    return this.uninstall();
  }
}
