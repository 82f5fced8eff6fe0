// hawser/testing: each verb, the messages of failures, and the globals that a Browser replaces.
// testing_engines.test.mjs compares its class with real ones.

import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { load } from "../../js/session.js";
import { Browser, Failure } from "../../js/testing.js";

/** @typedef {import("../../js/testing.js").BrowserOptions} BrowserOptions */

const url = "wss://example.org/feed";

/** @type {Browser | undefined} */
let installed;
afterEach(() => installed?.uninstall());

/** @param {BrowserOptions} [options] */
const install = (options) => (installed = new Browser(options));

/**
 * An accepted socket, its peer, and a line for each event.
 *
 * @param {BrowserOptions} [options]
 */
async function open(options) {
  const browser = install(options);
  const socket = new WebSocket(url);
  const lines = journal(socket);
  const peer = await browser.expectConnection();
  peer.accept();
  lines.length = 0;
  return { browser, socket, peer, lines };
}

/** @param {EventTarget} target */
function journal(target) {
  /** @type {string[]} */
  const lines = [];
  for (const type of ["open", "message", "error", "close"]) {
    target.addEventListener(type, (/** @type {any} */ event) => {
      const end =
        type === "close"
          ? ` ${event.code} "${event.reason}"${event.wasClean ? "" : ", unclean"}`
          : "";
      lines.push(type + (type === "message" ? ` ${event.data}` : end));
    });
  }
  return lines;
}

/**
 * @param {Promise<unknown> | (() => unknown)} action
 * @param {string} message
 */
async function fails(action, message) {
  const check = (/** @type {unknown} */ error) => {
    assert.ok(error instanceof Failure && error instanceof Error);
    assert.equal(error.name, "Failure");
    assert.equal(error.message, message);
    return true;
  };
  if (typeof action === "function") assert.throws(action, check);
  else await assert.rejects(action, check);
}

describe("a peer", () => {
  it("accept opens the connection, with the first subprotocol and the extensions", async () => {
    const browser = install();
    const socket = new WebSocket(url, ["feed.v2", "feed.v1"]);
    const peer = await browser.expectConnection(url, ["feed.v2", "feed.v1"]);
    assert.deepEqual([peer.url, peer.protocols, peer.isOpen], [url, ["feed.v2", "feed.v1"], false]);
    assert.equal(socket.readyState, WebSocket.CONNECTING);
    peer.accept({ extensions: "permessage-deflate" });
    assert.deepEqual([socket.readyState, peer.isOpen], [WebSocket.OPEN, true]);
    assert.deepEqual([socket.protocol, socket.extensions], ["feed.v2", "permessage-deflate"]);
  });

  it("accept with a subprotocol that was not offered fails the handshake, as in browsers", async () => {
    const browser = install();
    const lines = journal(new WebSocket(url, ["feed.v2"]));
    const peer = await browser.expectConnection();
    peer.accept({ protocol: "chat" });
    assert.deepEqual(lines, ["error", 'close 1006 "", unclean']);
    await fails(
      peer.expectMessage(),
      "expected a message from the application, but it has sent nothing: the connection has ended, the browser " +
        `rejected the handshake, because it selects the subprotocol "chat" (${url})`,
    );
  });

  it("refuse fails the handshake", async () => {
    const browser = install();
    const socket = new WebSocket(url);
    const lines = journal(socket);
    (await browser.expectConnection()).refuse();
    assert.deepEqual(lines, ["error", 'close 1006 "", unclean']);
    assert.equal(socket.readyState, WebSocket.CLOSED);
  });

  it("send delivers text and bytes before it returns", async () => {
    const { socket, peer, lines } = await open();
    socket.binaryType = "arraybuffer";
    peer.send("hello");
    /** @type {any} */
    let data;
    socket.onmessage = (event) => (data = event.data);
    const bytes = new Uint8Array([1, 2, 3]);
    peer.send(bytes.subarray(1));
    assert.deepEqual(new Uint8Array(data), new Uint8Array([2, 3]));
    socket.binaryType = "blob";
    peer.send(bytes.buffer);
    assert.deepEqual(new Uint8Array(await data.arrayBuffer()), bytes);
    assert.equal(lines[0], "message hello");
    assert.throws(() => peer.send(/** @type {any} */ (42)), TypeError);
  });

  it("an event inside a listener comes after the current one", async () => {
    const { browser, socket, peer, lines } = await open();
    socket.onmessage = () => {
      peer.close(4000);
      assert.equal(socket.readyState, WebSocket.OPEN);
    };
    peer.send("last");
    assert.deepEqual(lines, ["message last"]);
    await browser.runUntilIdle();
    assert.deepEqual(lines, ["message last", 'close 4000 ""']);
  });

  it("expectText, expectBinary and expectMessage return the application's messages, in order", async () => {
    const { socket, peer } = await open();
    const bytes = new Uint8Array([1, 2, 3]);
    socket.send("one");
    socket.send(bytes);
    bytes.fill(9); // it was copied
    socket.send(new Blob(["four"]));
    socket.send("five");
    await peer.expectText("one");
    await peer.expectBinary(new Uint8Array([1, 2, 3]));
    assert.deepEqual(await peer.expectMessage(), new TextEncoder().encode("four"));
    assert.equal(peer.tryReceive(), "five");
    assert.equal(peer.tryReceive(), undefined);
    await peer.expectNothing();
  });

  it("close ends the connection cleanly", async () => {
    const { socket, peer, lines } = await open();
    for (const code of [0, 999, 1000.5, 1006, 1015, 5000, NaN])
      assert.throws(() => peer.close(code), { name: "RangeError", message: /may have the code/ });
    assert.throws(
      () => peer.close(1000, "€".repeat(42)),
      /RangeError: .* 123 bytes, .* has 126\.$/,
    );
    assert.throws(() => peer.close(1005, "bye"), /RangeError: .*without a code has no reason\.$/);
    const longest = "€".repeat(40) + "\ud800"; // 123 bytes: a lone surrogate becomes U+FFFD
    peer.close(4001, longest);
    assert.deepEqual(lines, [`close 4001 "${longest.toWellFormed()}"`]);
    assert.equal(socket.readyState, WebSocket.CLOSED);
  });

  it("answers the application's Close frame on request", async () => {
    const { browser, socket, peer, lines } = await open();
    socket.close(4002, "done");
    assert.deepEqual(await peer.expectClose(), { code: 4002, reason: "done" });
    await browser.advance(60_000);
    assert.deepEqual(lines, []);
    peer.answerClose();
    assert.deepEqual(lines, ['close 4002 "done"']);
  });

  it("reports a Close frame without a code, and a connection that was given up, as 1005", async () => {
    const { browser, socket, peer } = await open();
    socket.close();
    assert.deepEqual(await peer.expectClose(), { code: 1005, reason: "" });
    const other = new WebSocket(url);
    other.close();
    assert.deepEqual(await (await browser.expectConnection()).expectClose(), {
      code: 1005,
      reason: "",
    });
  });

  it("stall leaves messages in bufferedAmount, and a Close frame unread, until resume", async () => {
    const { browser, socket, peer } = await open();
    peer.stall();
    socket.send("12345");
    socket.close(1000);
    await browser.runUntilIdle();
    assert.equal(socket.bufferedAmount, 5);
    await fails(
      peer.expectMessage(),
      "expected a message from the application, but it has sent nothing: the peer reads nothing, resume() lets it " +
        `read (${url})`,
    );
    await fails(
      () => peer.answerClose(),
      `the peer can't answer a Close frame on ${url}: the peer reads nothing, resume() lets it read`,
    );
    peer.resume();
    assert.equal(socket.bufferedAmount, 0);
    await peer.expectText("12345");
    assert.deepEqual(await peer.expectClose(), { code: 1000, reason: "" });
  });

  it("bufferedAmount falls in a later turn", async () => {
    const { browser, socket } = await open();
    socket.send("€");
    assert.equal(socket.bufferedAmount, 3);
    await browser.runUntilIdle();
    assert.equal(socket.bufferedAmount, 0);
  });

  for (const [engine, events] of /** @type {const} */ ([
    ["chromium", ['close 1006 "", unclean']],
    ["firefox", ['close 1006 "", unclean']],
    ["webkit", ['close 1006 "", unclean']],
    ["node20", ['close 1006 "", unclean']],
    ["node26", ["error", 'close 1006 "", unclean']],
  ])) {
    it(`cut loses the connection, in ${engine} with ${events.join(" and ")}`, async () => {
      const { peer, lines } = await open({ engine });
      peer.cut();
      assert.deepEqual(lines, events);
    });
  }
});

describe("failures", () => {
  it("name what was expected and what was received", async () => {
    const { socket, peer } = await open();
    socket.send("hello");
    await fails(
      peer.expectText("subscribe"),
      `expected the text "subscribe" from the application, but it sent the text "hello" (${url})`,
    );
    socket.send(new Uint8Array([1, 255]));
    await fails(
      peer.expectBinary(new Uint8Array(1)),
      `expected 1 byte (00) from the application, but it sent 2 bytes (01 ff) (${url})`,
    );
    socket.send("x".repeat(1000));
    await fails(
      peer.expectNothing(),
      `expected nothing more from the application, but it sent the text "${"x".repeat(200)}…" (1000 characters) (${url})`,
    );
  });

  it("say that the application has closed, or has sent nothing", async () => {
    const { socket, peer } = await open();
    await fails(
      peer.expectText("subscribe"),
      'expected the text "subscribe" from the application, but it has sent nothing: the connection is open ' +
        `(${url})`,
    );
    await fails(
      peer.expectClose(),
      `expected the application to close the connection, but it has sent nothing: the connection is open (${url})`,
    );
    socket.close(1000, "enough");
    await fails(
      peer.expectText("subscribe"),
      'expected the text "subscribe" from the application, but it has closed the connection with code 1000 and the ' +
        `reason "enough" (${url})`,
    );
    await peer.expectClose();
    peer.answerClose();
    await fails(
      () => peer.send("late"),
      `the peer can't send the text "late" on ${url}: the connection has ended, the application closed it with ` +
        'code 1000 and the reason "enough"',
    );
  });

  it("say which connections there are", async () => {
    const browser = install();
    await fails(
      browser.expectConnection(url),
      `expected a connection to ${url}, but the application has started none`,
    );
    new WebSocket("wss://example.org/other", "a");
    await fails(
      browser.expectNoConnection(),
      "expected no connection, but the application has started one to wss://example.org/other",
    );
    await fails(
      browser.expectConnection(url),
      `expected a connection to ${url}, but the application has started one to wss://example.org/other`,
    );
    await fails(
      browser.expectConnection(),
      "expected a connection, but the application has started no other than the first",
    );
    new WebSocket(url, ["a", "b"]);
    await fails(
      browser.expectConnection(url, "a"),
      `expected a connection to ${url} with the subprotocols a, but the application offers a, b`,
    );
    await browser.expectNoConnection();
  });

  it("say that a peer can't act yet, or twice", async () => {
    const browser = install();
    new WebSocket(url);
    const peer = await browser.expectConnection();
    const notYet = "the connection is not open yet, accept() opens it";
    await fails(
      () => peer.send("early"),
      `the peer can't send the text "early" on ${url}: ${notYet}`,
    );
    peer.accept();
    await fails(
      () => peer.accept(),
      `the peer can't accept the connection on ${url}: the connection is open`,
    );
    peer.cut();
    await fails(
      () => peer.cut(),
      `the peer can't cut the connection on ${url}: the connection has ended, it was lost`,
    );
  });

  it("say that a program never comes to rest", async () => {
    const browser = install();
    browser.onConnection((peer) => {
      peer.accept();
      peer.onMessage((data) => peer.send(data));
    });
    const socket = new WebSocket(url);
    socket.onopen = () => socket.send("ping");
    socket.onmessage = () => socket.send("ping");
    await assert.rejects(browser.runUntilIdle(), /^Failure: the program does not become idle/);
  });
});

describe("a server that answers by itself", () => {
  it("echoes in three lines, and answers a Close frame", async () => {
    const browser = install();
    browser.onConnection((peer) => {
      peer.accept();
      peer.onMessage((data) => peer.send(data));
    });
    const socket = new WebSocket(url);
    const echoed = new Promise((resolve) => (socket.onmessage = resolve));
    socket.onopen = () => socket.send("hello");
    assert.equal((await echoed).data, "hello"); // without a call of the browser
    const ended = new Promise((resolve) => (socket.onclose = resolve));
    socket.close(4000, "done");
    assert.deepEqual((({ code, reason, wasClean }) => ({ code, reason, wasClean }))(await ended), {
      code: 4000,
      reason: "done",
      wasClean: true,
    });
    assert.equal(browser.connections, 1);
    await browser.expectNoConnection();
  });

  it("may answer late", async () => {
    const browser = install();
    browser.onConnection((peer) => void setTimeout(() => peer.accept(), 3_000));
    const socket = new WebSocket(url);
    await browser.advance(2_999);
    assert.equal(socket.readyState, WebSocket.CONNECTING);
    await browser.advance(1);
    assert.equal(socket.readyState, WebSocket.OPEN);
  });

  it("fails while the page is offline", async () => {
    const browser = install();
    browser.onConnection((peer) => peer.accept());
    browser.goOffline();
    const lines = journal(new WebSocket(url));
    await browser.runUntilIdle();
    assert.deepEqual(lines, ["error", 'close 1006 "", unclean']);
  });

  it("passes earlier messages to a late handler", async () => {
    const { browser, socket, peer } = await open();
    socket.send("early");
    await browser.runUntilIdle();
    /** @type {string[]} */
    const received = [];
    peer.onMessage((data) => received.push(data));
    socket.send("late");
    await browser.runUntilIdle();
    assert.deepEqual(received, ["early", "late"]);
  });
});

describe("the clock", () => {
  it("stands still unless it is advanced, and runs timers in order, with promises in between", async () => {
    const browser = install({ now: Date.UTC(2030, 0, 1) });
    const start = browser.now;
    /** @type {string[]} */
    const lines = [];
    const note = (/** @type {string} */ line) => lines.push(`${line} ${performance.now() - start}`);
    setTimeout(note, 2_000, "last");
    setTimeout(async () => {
      note("first");
      await null;
      note("promise");
      setTimeout(note, 500, "nested");
    }, 1_000);
    const interval = setInterval(note, 700, "interval");
    const never = setTimeout(note, 1_500, "never");
    clearTimeout(never);
    await browser.advance(1_999);
    clearInterval(interval);
    await browser.advance(1);
    assert.deepEqual(lines, [
      "interval 700",
      "first 1000",
      "promise 1000",
      "interval 1400",
      "nested 1500",
      "last 2000",
    ]);
    assert.equal(Date.now(), Date.UTC(2030, 0, 1, 0, 0, 2));
    assert.equal(new Date().getTime(), Date.now());
    assert.ok(new Date(0) instanceof Date);
    assert.equal(new Date(5).getTime(), 5);
  });

  it("runs timers that are due without a call, whenever the test awaits", async () => {
    install();
    await new Promise((resolve) => setTimeout(resolve, 0));
  });

  it("refuses a second call of advance, and an invalid time", async () => {
    const browser = install();
    const first = browser.advance(1);
    await assert.rejects(browser.advance(1), /^Error: advance\(\) is running already: await it/);
    await first;
    await assert.rejects(browser.advance(-1), RangeError);
    await assert.rejects(browser.advance(NaN), RangeError);
  });

  it("draws the same random numbers for the same seed", async () => {
    const draw = async (/** @type {number} */ seed) => {
      const browser = new Browser({ seed });
      const numbers = [Math.random(), Math.random()];
      await browser.uninstall();
      return numbers;
    };
    assert.deepEqual(await draw(7), await draw(7));
    assert.notDeepEqual(await draw(7), await draw(8));
  });
});

describe("the page", () => {
  it("goes offline and online, is hidden and shown, left and returned to", async () => {
    const { browser, peer, lines } = await open();
    const log = (/** @type {any} */ event) =>
      lines.push(
        `${event.type}${event.persisted ? " persisted" : ""} ${navigator.onLine} ${document.visibilityState}`,
      );
    for (const type of ["online", "offline", "pagehide", "pageshow"])
      globalThis.addEventListener(type, log);
    document.addEventListener("visibilitychange", log);
    browser.goOffline();
    browser.goOffline();
    browser.goOnline();
    browser.hidePage();
    assert.equal(document.hidden, true);
    browser.showPage();
    browser.leavePage();
    const late = `the peer can't send the text "late" on ${url}: the connection has ended, the page was left`;
    await fails(() => peer.send("late"), late);
    setTimeout(() => lines.push("timer"), 10);
    await browser.advance(1_000);
    assert.equal(lines.at(-1), "pagehide persisted true visible");
    browser.returnToPage();
    await browser.runUntilIdle();
    assert.deepEqual(lines, [
      "offline false visible",
      "online true visible",
      "visibilitychange true hidden",
      "visibilitychange true visible",
      "pagehide persisted true visible",
      "pageshow persisted true visible",
      'close 1006 "", unclean',
      "timer",
    ]);
    for (const type of ["online", "offline", "pagehide", "pageshow"])
      globalThis.removeEventListener(type, log);
    document.removeEventListener("visibilitychange", log);
  });

  it("is online, visible and returned to when the browser is uninstalled", async () => {
    const { browser } = await open();
    /** @type {string[]} */
    const events = [];
    const listening = new AbortController();
    const { signal } = listening;
    const log = (/** @type {Event} */ { type }) => events.push(type);
    for (const type of ["online", "pageshow"]) globalThis.addEventListener(type, log, { signal });
    document.addEventListener("visibilitychange", log, { signal });
    browser.goOffline();
    browser.hidePage();
    browser.leavePage();
    await browser.uninstall();
    assert.deepEqual(events, ["visibilitychange", "online", "visibilitychange", "pageshow"]);
    listening.abort();
  });

  it("does not exist in Node", () => {
    const browser = install({ engine: "node26" });
    assert.throws(
      () => browser.goOffline(),
      /^Error: There is no page in Node\. Use another engine than "node26"\.$/,
    );
    assert.equal(typeof globalThis.document, "undefined");
  });
});

describe("a browser", () => {
  it("restores the globals", async () => {
    const names = [
      "WebSocket",
      "setTimeout",
      "clearTimeout",
      "setInterval",
      "clearInterval",
      "Date",
      "navigator",
    ];
    names.push("document", "addEventListener");
    const globals = /** @type {any} */ (globalThis);
    const before = names.map((name) => globals[name]);
    const others = [
      performance.now,
      Math.random,
      Object.getOwnPropertyDescriptor(globals.navigator ?? {}, "onLine"),
    ];
    const browser = new Browser();
    assert.notEqual(globals.setTimeout, before[1]);
    await browser[Symbol.asyncDispose]();
    await browser.uninstall(); // nothing more
    assert.deepEqual(names.map((name) => globals[name]), before); // prettier-ignore
    const after = [
      performance.now,
      Math.random,
      Object.getOwnPropertyDescriptor(globals.navigator ?? {}, "onLine"),
    ];
    assert.deepEqual(after, others);
  });

  it("is the only one, and accepts only known engines", () => {
    install();
    assert.throws(
      () => new Browser(),
      /^Error: A Browser is installed already\. Await its uninstall\(\) first/,
    );
    assert.throws(
      () => new Browser({ engine: /** @type {any} */ ("opera") }),
      /^TypeError: There is no engine "opera"\. Use chromium, firefox, webkit, node20, node26\.$/,
    );
  });

  it("leaves a class that throws when it is gone", async () => {
    const browser = new Browser();
    const { WebSocket } = browser;
    await browser.uninstall();
    assert.throws(() => new WebSocket(url), {
      name: "SecurityError",
      message: /no Browser of hawser\/testing/,
    });
  });

  it("ends sessions that a test has left behind, so that they do not affect the next one", async () => {
    /** @type {import("../../js/session.js").Session[]} */
    const sessions = [];
    for (let round = 0; round < 3; ++round) {
      const browser = install();
      const { Session } = await load({ WebSocket: browser.WebSocket });
      const fetchUrl = () =>
        new Promise((/** @type {(url: string) => void} */ resolve) =>
          setTimeout(resolve, 100, url),
        );
      sessions.push(
        new Session(url),
        new Session(url),
        new Session(url),
        new Session(async () => url),
      );
      sessions.push(new Session(fetchUrl));
      (await browser.expectConnection()).accept();
      (await browser.expectConnection()).refuse();
      await browser.expectConnection();
      await browser.expectConnection();
      await browser.expectNoConnection();
      await browser.uninstall();
      assert.deepEqual(new Set(sessions.map(({ status }) => status.state)), new Set(["stopped"]));
    }
  });
});
