// The programs of wasm/examples, each with a server that follows its protocol.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { WebSocketServer } from "ws";
import { places, print } from "../support/examples.mjs";
import { longestSuite } from "../support/patience.mjs";

/** @typedef {import("ws").WebSocket} WebSocket */

const root = fileURLToPath(new URL("../..", import.meta.url));

// Servers for the examples

/** @type {WebSocketServer | undefined} */
let webSockets;

afterEach(async () => {
  if (!webSockets) return;
  for (const client of webSockets.clients) client.terminate();
  await promisify(webSockets.close.bind(webSockets))();
  webSockets = undefined;
});

/**
 * Serves until the end of the test, and returns the URL.
 *
 * @param {(webSocket: WebSocket) => void} behave
 */
async function serve(behave) {
  webSockets = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  webSockets.on("connection", behave);
  await once(webSockets, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (webSockets.address());
  return `ws://127.0.0.1:${port}`;
}

/**
 * Accepts the token "secret". It sends a subscriber two prices, and with `isBrief` then closes.
 *
 * @param {{ isBrief?: boolean }} [options]
 */
function feed({ isBrief = false } = {}) {
  /** @type {Record<string, ((webSocket: WebSocket) => void) | undefined>} */
  const answers = {
    secret: (webSocket) => webSocket.send("welcome"),
    subscribe(webSocket) {
      for (const price of ["price 1", "price 2"]) webSocket.send(price);
      if (isBrief) webSocket.close(4001, "no more");
    },
  };
  return (/** @type {WebSocket} */ webSocket) => {
    const refuse = () => webSocket.send("this token is not known");
    webSocket.on("message", (data) => (answers[`${data}`] ?? refuse)(webSocket));
  };
}

/**
 * A mail server that sends each byte, or every `pieceSize` bytes, as a message.
 *
 * @param {number} [pieceSize]
 */
function mail(pieceSize = 1) {
  /** @type {Record<string, string | undefined>} */
  const replies = {
    "EHLO example.org": "250-mail.example greets you\r\n250-8BITMIME\r\n250 HELP",
    NOOP: "250 done",
    QUIT: "221 bye",
  };
  return (/** @type {WebSocket} */ webSocket) => {
    /** @param {string} reply */
    function answer(reply) {
      const bytes = Buffer.from(`${reply}\r\n`);
      for (let at = 0; at < bytes.length; at += pieceSize)
        webSocket.send(bytes.subarray(at, at + pieceSize));
    }
    answer("220 mail.example");
    let unread = "";
    webSocket.on("message", (data) => {
      const lines = `${unread}${data}`.split("\r\n");
      unread = lines.pop() ?? "";
      for (const line of lines) answer(replies[line] ?? "500 unknown command");
    });
  };
}

/**
 * Answers questions of several clients in this order, each when the previous client has closed.
 *
 * @param {string[]} order
 */
function inTurn(order) {
  /** @type {Map<string, WebSocket>} */
  const asked = new Map();
  function answer([question, ...rest] = order) {
    const webSocket = asked.get(question);
    if (!webSocket) return;
    webSocket.on("close", () => answer(rest));
    webSocket.send(`${question}!`);
  }
  return (/** @type {WebSocket} */ webSocket) => {
    webSocket.on("message", (question) => {
      asked.set(`${question}`, webSocket);
      if (asked.size === order.length) answer();
    });
  };
}

/** @param {WebSocket} webSocket */
function oracle(webSocket) {
  webSocket.on("message", (question) => {
    if (`${question}` === "are you there?") webSocket.terminate();
    else webSocket.send(`${question} Who knows.`);
  });
}

// Runs in Node or in a page, so it can use nothing of this file.

/**
 * @param {string} url
 * @param {...string} args
 */
async function ask(url, ...args) {
  const { default: start } = await import(url);
  const { ask } = await start();
  return ask(...args).catch((/** @type {Error} */ error) => `rejected: ${error.message}`);
}

for (const [name, { start, skip }] of Object.entries(places)) {
  describe(`the examples in ${name}`, { skip, timeout: longestSuite }, () => {
    /** @type {Awaited<ReturnType<typeof start>>} */
    let place;
    before(async () => void (place = await start()));
    after(() => place?.close());

    /**
     * @param {string} example
     * @param {string[]} args
     * @param {string | string[]} last
     * @param {string} [stopAt]
     */
    const printed = (example, args, last, stopAt = "") =>
      place.evaluate(print, `${place.folder}/${example}.mjs`, args, last, stopAt);

    it("feed reads until it is stopped, and closes", async () => {
      const lines = await printed("feed", [await serve(feed()), "secret"], "closed", "price 2");
      assert.deepEqual(lines, ["price 1", "price 2", "closed: 1000 that is enough"]);
    });

    it("feed reports how the server closed", async () => {
      const lines = await printed(
        "feed",
        [await serve(feed({ isBrief: true })), "secret"],
        "closed",
      );
      assert.deepEqual(lines, ["price 1", "price 2", "closed: 4001 no more"]);
    });

    it("feed shows why its token was refused", async () => {
      const lines = await printed("feed", [await serve(feed()), "guess"], "this token");
      assert.deepEqual(lines, ["this token is not known"]);
    });

    it("feed reports a connection that broke while it signed in", async () => {
      const url = await serve((webSocket) =>
        webSocket.once("message", () => webSocket.terminate()),
      );
      const lines = await printed("feed", [url, "secret"], "signing in");
      assert.deepEqual(lines, ["signing in: The connection ended without a closing handshake."]);
    });

    it("frame_loop takes the messages that have arrived in each frame, until its session has stopped", async () => {
      const lines = await printed("frame_loop", [await serve(feed({ isBrief: true }))], "stopped");
      assert.deepEqual(lines, ["welcome", "price 1", "price 2", "stopped"]);
    });

    it("clients ask and close, wherever the vector moves them", async () => {
      const url = await serve(inTurn(["one", "two", "three"]));
      // The server's end of a connection may be over before the browser's, so only the order of
      // each client's own lines is certain.
      const names = ["one", "two", "three"];
      const last = names.map((name) => `${name} closed`);
      const lines = /** @type {string[]} */ (await printed("clients", [url], last));
      const byClient = names.map((name) => lines.filter((line) => line.startsWith(name)));
      assert.equal(lines.length, 6);
      assert.deepEqual(byClient, [
        ["one!", "one closed: 1000"],
        ["two!", "two closed: 1000"],
        ["three!", "three closed: 1000"],
      ]);
    });

    for (const program of ["lines", "blocking_lines"]) {
      for (const size of [1, 1024]) {
        it(`${program} reads replies in messages of at most ${size} B`, async () => {
          const lines = await printed(program, [await serve(mail(size))], "closed");
          assert.deepEqual(lines, [
            "220 mail.example",
            "250 HELP",
            "250 done",
            "221 bye",
            "closed: 1000",
          ]);
        });
      }
    }

    it("promise resolves for JavaScript with an answer, or rejects with an error", async () => {
      const url = await serve(oracle);
      const asked = (/** @type {string} */ question) =>
        place.evaluate(ask, `${place.folder}/promise.mjs`, url, question);
      assert.equal(await asked("How far is the moon?"), "How far is the moon? Who knows.");
      assert.equal(
        await asked("are you there?"),
        "rejected: The connection ended without a closing handshake.",
      );
    });
  });
}

it("feed.cpp has at most 40 lines", () => {
  const text = fs.readFileSync(path.join(root, "wasm/examples/feed.cpp"), "utf8");
  assert.ok(text.trimEnd().split("\n").length <= 40);
});
