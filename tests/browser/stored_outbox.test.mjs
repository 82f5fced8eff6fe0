// The examples of an outbox in IndexedDB, demo/stored_outbox.mjs and
// wasm/examples/stored_outbox.cpp, in pages that are reloaded while their server is away.

import assert from "node:assert/strict";
import { once } from "node:events";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { WebSocketServer } from "ws";
import { engines, launch, whyNot } from "../support/browsers.mjs";
import { startFaultProxy } from "../support/fault_proxy.mjs";
import { startServer } from "../support/server.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folders = ["js", "dist", "demo", "tests", "build/release/wasm/examples"];

/** A server for the examples. It can be away, and it can hold back its answers. */
class OrderServer {
  /**
   * Every received message, with its client's name, its id, and whether it is a repetition.
   *
   * @type {string[]}
   */
  arrived = [];
  /** The result: each message once. Bytes are in hex. @type {string[]} */
  orders = [];
  /** @type {Set<string>} */
  clients = new Set();
  answers = true;

  /** By client. @type {Map<string, number>} */
  #lastIds = new Map();
  /** @type {WebSocketServer | undefined} */
  #webSockets;
  /** @type {(() => void)[]} */
  #waiting = [];

  /** @param {number} port */
  async start(port) {
    this.#webSockets = new WebSocketServer({ host: "127.0.0.1", port });
    this.#webSockets.on("connection", (webSocket) => this.#serve(webSocket));
    await once(this.#webSockets, "listening");
  }

  async stop() {
    const webSockets = this.#webSockets;
    if (!webSockets) return;
    this.#webSockets = undefined;
    for (const webSocket of webSockets.clients) webSocket.terminate();
    await promisify(webSockets.close.bind(webSockets))();
  }

  /**
   * Waits for that many messages.
   *
   * @param {number} count
   */
  async receives(count) {
    while (this.arrived.length < count)
      await new Promise((resolve) => this.#waiting.push(() => resolve(undefined)));
  }

  /** @param {import("ws").WebSocket} webSocket */
  #serve(webSocket) {
    let client = "";
    webSocket.on("message", (/** @type {Buffer} */ data, isBinary) => {
      const space = data.indexOf(" ");
      const [word, rest] = [`${data.subarray(0, space)}`, data.subarray(space + 1)];
      if (word === "client") {
        client = `${rest}`;
        this.clients.add(client);
        return;
      }
      const id = Number(word);
      const lastId = this.#lastIds.get(client) ?? 0;
      this.arrived.push(`${id}${id > lastId ? "" : " again"}`);
      if (id > lastId) {
        this.#lastIds.set(client, id);
        this.orders.push(isBinary ? `bytes ${rest.toString("hex")}` : `${rest}`);
      }
      if (this.answers) webSocket.send(`${this.#lastIds.get(client)}`);
      for (const report of this.#waiting.splice(0)) report();
    });
  }
}

const inPage = "/tests/support/stored_outbox.mjs";

for (const engine of engines) {
  for (const language of ["JavaScript", "C++"]) {
    describe(
      `an outbox in IndexedDB, in ${language}, in ${engine}`,
      { skip: whyNot(engine), timeout: longestSuite },
      () => {
        /** @type {Awaited<ReturnType<typeof startServer>>} */
        let files;
        /** @type {import("../support/browsers.mjs").Browser} */
        let browser;
        /** @type {import("../support/browsers.mjs").Page} */
        let page;
        /** @type {number} */
        let port;
        /** @type {OrderServer} */
        let server;
        let tests = 0;
        let name = "";

        before(async () => {
          files = await startServer({
            root: Object.fromEntries(
              folders.map((folder) => [`/${folder}/`, path.join(root, folder)]),
            ),
          });
          browser = await launch(engine);
          // A port below those that systems assign to clients: it stays free while the server is
          // away.
          const finder = await startFaultProxy(0);
          ({ port } = finder);
          await finder.close();
        });
        after(async () => {
          await browser?.close();
          await files?.close();
        });

        beforeEach(async () => {
          name = `${language} ${++tests}`;
          server = new OrderServer();
          await server.start(port);
          page = await browser.newPage();
          await page.goto(`${files.http}/tests/support/empty.html`);
        });
        afterEach(async () => {
          await page.close();
          await server.stop();
        });

        const open = async () => {
          await startOpening();
          await opened();
        };
        const startOpening = () =>
          page.evaluate(
            async (inPage, which) => {
              const { open } = await import(inPage);
              /** @type {any} */ (globalThis).opening = open(which);
            },
            inPage,
            { language, url: `ws://127.0.0.1:${port}`, name },
          );
        const opened = () => page.evaluate(() => /** @type {any} */ (globalThis).opening);

        /**
         * Sends texts, and lists of bytes, and waits until they are stored. Returns why some were
         * not sent.
         *
         * @param {(string | number[])[]} messages
         * @returns {Promise<string[]>}
         */
        const send = (...messages) =>
          page.evaluate(
            async (inPage, messages) => (await import(inPage)).send(messages),
            inPage,
            messages,
          );

        const retryNow = () =>
          page.evaluate(() => /** @type {any} */ (globalThis).example.retryNow());

        /** @param {{ keeps: boolean }} options whether the messages stay in the store */
        const close = ({ keeps }) =>
          page.evaluate((keeps) => /** @type {any} */ (globalThis).example.close(keeps), keeps);

        const isAcknowledged = () =>
          page.waitFor(() => /** @type {any} */ (globalThis).example.waiting() === 0);

        /** @param {number[]} ids */
        const stores = (...ids) =>
          page.waitFor(
            async (inPage, name, ids) => `${await (await import(inPage)).storedIds(name)}` === ids,
            inPage,
            name,
            `${ids}`,
          );

        it("loses and repeats nothing when the page is reloaded during an outage", async () => {
          await open();
          assert.deepEqual(await send("one", "two \u20ac \u0000 \ufeff"), []);
          await isAcknowledged();
          await server.stop();
          assert.deepEqual(await send("three", [0, 255, 32, 10]), []);
          await page.reload();
          await open();
          assert.deepEqual(await send("", "six"), []);
          await page.reload();
          await open();
          await server.start(port);
          await retryNow();
          await isAcknowledged();
          assert.deepEqual(await send("seven"), []);
          await isAcknowledged();
          const expected = [
            "one",
            "two \u20ac \u0000 \ufeff",
            "three",
            "bytes 00ff200a",
            "",
            "six",
            "seven",
          ];
          assert.deepEqual(server.orders, expected);
          assert.deepEqual(server.arrived, ["1", "2", "3", "4", "5", "6", "7"]);
          assert.equal(server.clients.size, 1);
          await stores();
        });

        it("resends unacknowledged messages after a reload, and they count once", async () => {
          await open();
          server.answers = false;
          assert.deepEqual(await send("one", "two"), []);
          await server.receives(2);
          await page.reload();
          await open();
          await server.receives(4);
          await stores(1, 2);
          server.answers = true;
          assert.deepEqual(await send("three"), []);
          await isAcknowledged();
          assert.deepEqual(server.arrived, ["1", "2", "1 again", "2 again", "3"]);
          assert.deepEqual(server.orders, ["one", "two", "three"]);
          await stores();
        });

        it("reuses no id if all messages were acknowledged before the reload", async () => {
          await open();
          assert.deepEqual(await send("one", "two"), []);
          await stores();
          await page.reload();
          await open();
          assert.deepEqual(await send("three"), []);
          await isAcknowledged();
          assert.deepEqual(server.arrived, ["1", "2", "3"]);
        });

        it("sends nothing that could not be stored, says so, and continues", async () => {
          await open();
          await page.evaluate(() => {
            const { add } = IDBObjectStore.prototype;
            IDBObjectStore.prototype.add = function (value, key) {
              IDBObjectStore.prototype.add = add;
              const request = add.call(this, value, key);
              queueMicrotask(() => this.transaction.abort()); // as the browser does when the disk is full
              return request;
            };
          });
          assert.deepEqual(await send("lost", "two"), [
            "The message could not be stored, so it was not sent: The browser aborted the transaction.",
          ]);
          await page.evaluate(() => {
            const { add } = IDBObjectStore.prototype;
            IDBObjectStore.prototype.add = () => {
              IDBObjectStore.prototype.add = add;
              throw new DOMException("There is no more room.", "QuotaExceededError");
            };
          });
          assert.deepEqual(await send("lost, too", "four"), [
            "The message could not be stored, so it was not sent: There is no more room.",
          ]);
          await isAcknowledged();
          assert.deepEqual(server.orders, ["two", "four"]);
          assert.deepEqual(server.arrived, ["2", "4"]);
          await stores();
        });

        it("reports that it could not be opened, and can be opened later", async () => {
          await page.evaluate(() => {
            const { open } = IDBFactory.prototype;
            IDBFactory.prototype.open = () => {
              IDBFactory.prototype.open = open;
              throw new DOMException("Not in this window.", "SecurityError");
            };
          });
          const sentence = new RegExp(
            `The outbox "${name.replaceAll("+", "\\+")}" could not be opened: Not in this window`,
          );
          await assert.rejects(open(), sentence);
          await open();
          assert.deepEqual(await send("one"), []);
          await server.receives(1);
        });

        it("waits in a second tab until the first is gone, and then has its messages", async () => {
          await open();
          await isAcknowledged();
          await server.stop();
          assert.deepEqual(await send("one"), []);
          const first = page;
          page = await browser.newPage();
          await page.goto(`${files.http}/tests/support/empty.html`);
          await startOpening();
          await page.waitFor(async () => (await navigator.locks.query()).pending?.length === 1);
          await first.close();
          await opened();
          assert.deepEqual(await send("two"), []);
          await server.start(port);
          await retryNow();
          await isAcknowledged();
          assert.deepEqual(server.orders, ["one", "two"]);
          assert.equal(server.clients.size, 1);
        });

        it("neither stores nor sends a message that its session refuses", async () => {
          await open();
          await server.stop();
          assert.deepEqual(await send("one", "two"), []);
          await close({ keeps: true });
          const [problem, ...others] = await send("three");
          assert.match(problem, /^The session did not accept the message, so it was not sent: /);
          assert.deepEqual(others, []);
          await stores(1, 2);
        });

        it("says that a message stays in the store if it can be neither sent nor removed", async () => {
          await open();
          await close({ keeps: true });
          await page.evaluate(() => {
            IDBObjectStore.prototype.delete = () => {
              throw new DOMException("The disk is gone.", "UnknownError");
            };
          });
          assert.deepEqual(await send("one"), [
            "The message was not sent, but it is still in the store, and goes out after a reload: The disk is gone.",
          ]);
          await stores(1);
          await page.reload();
          await open();
          await isAcknowledged();
          assert.deepEqual(server.orders, ["one"]);
        });

        it("requests that its data survives a power failure", async () => {
          await page.evaluate(() => {
            const { transaction } = IDBDatabase.prototype;
            /** @type {unknown[]} */
            const durabilities = [];
            Object.assign(globalThis, { durabilities });
            IDBDatabase.prototype.transaction = function (stores, mode, options) {
              if (mode === "readwrite") durabilities.push(options?.durability);
              return transaction.call(this, stores, mode, options);
            };
          });
          await open();
          assert.deepEqual(await send("one"), []);
          await isAcknowledged();
          const durabilities = await page.evaluate(() => [
            ...new Set(/** @type {any} */ (globalThis).durabilities),
          ]);
          assert.deepEqual(durabilities, ["strict"]);
        });

        it("removes dropped messages from the store", async () => {
          await open();
          await server.stop();
          assert.deepEqual(await send("one"), []);
          await close({ keeps: false });
          await stores();
        });
      },
    );
  }
}
