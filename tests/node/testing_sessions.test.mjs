// Ways in which a session loses its connection and reconnects, on the clock of hawser/testing.

import assert from "node:assert/strict";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import { load } from "../../js/session.js";
import { Browser } from "../../js/testing.js";

const url = "wss://example.org/feed";
const { hrtime } = process;

/** @typedef {import("../../js/session.js").SessionOptions} SessionOptions */

describe("a session reconnects", () => {
  /** @type {Browser} */
  let browser;
  /** @type {import("../../js/session.js").SessionClass} */
  let Session;

  /** @type {import("../../js/session.js").ObservedEvent[]} */
  let observed = [];
  const observe = (/** @type {import("../../js/session.js").ObservedEvent} */ event) =>
    void observed.push(event);

  /** Of the scenarios only. */
  let nanoseconds = 0n;
  let start = 0n;

  beforeEach(async () => {
    browser = new Browser();
    ({ Session } = await load({ WebSocket: browser.WebSocket, observe }));
    start = hrtime.bigint();
  });
  afterEach(async () => {
    await browser.uninstall();
    nanoseconds += hrtime.bigint() - start;
  });
  after(() => console.log(`All scenarios took ${Number(nanoseconds) / 1e6} ms.`));

  /** @param {SessionOptions} [options] */
  const connect = (options) => new Session(url, [], options);

  async function accept() {
    const peer = await browser.expectConnection(url);
    peer.accept();
    return peer;
  }

  it("when the connection is lost", async () => {
    const session = connect();
    (await accept()).cut();
    assert.equal(session.status.state, "waiting");
    await browser.advance(4_000);
    await accept();
    assert.equal(session.status.state, "open");
  });

  it("when the server restarts, and after refusals, with delays that grow", async () => {
    const session = connect({
      jitter: "none",
      backoffBase: 1_000,
      backoffFactor: 2,
      backoffCap: 10_000,
    });
    (await accept()).close(1001, "restart");
    for (const delay of [1_000, 2_000, 4_000, 8_000, 10_000, 10_000]) {
      await browser.runUntilIdle();
      assert.equal(session.status.retryIn, delay);
      await browser.advance(delay - 1);
      await browser.expectNoConnection();
      await browser.advance(1);
      (await browser.expectConnection()).refuse();
    }
    await browser.advance(10_000);
    await accept();
    assert.equal(session.status.state, "open");
  });

  it("when a handshake is never answered", async () => {
    const session = connect({ connectTimeout: 5_000 });
    const silent = await browser.expectConnection();
    await browser.advance(5_000);
    await silent.expectClose();
    assert.equal(session.status.end?.error, "connection-timed-out");
    await browser.advance(4_000);
    await accept();
  });

  it("when a peer stops answering pings", async () => {
    const session = connect({ heartbeat: { ping: "ping", interval: 25_000, deadline: 10_000 } });
    const peer = await accept();
    await browser.advance(25_000);
    await peer.expectText("ping");
    peer.send("pong");
    await browser.advance(25_000);
    await peer.expectText("ping");
    await browser.advance(9_999);
    assert.equal(session.status.state, "open");
    await browser.advance(5_000 + 4_001); // an unanswered closing handshake, and the delay
    await accept();
  });

  it("and sends the queued messages, in order", async () => {
    const session = connect();
    (await accept()).cut();
    session.send("one");
    session.send(new Uint8Array([2]));
    session.send("three");
    await browser.advance(4_000);
    const peer = await accept();
    await peer.expectText("one");
    await peer.expectBinary(new Uint8Array([2]));
    await peer.expectText("three");
  });

  it("and repeats unacknowledged messages", async () => {
    const session = connect({ acknowledgement: true });
    const first = await accept();
    const { id } = session.send("one");
    session.send("two");
    await first.expectText("one");
    await first.expectText("two");
    session.acknowledge(id);
    first.cut();
    await browser.advance(4_000);
    const second = await accept();
    await second.expectText("two");
    await second.expectNothing();
  });

  it("as soon as the network is back", async () => {
    const session = connect();
    const peer = await accept();
    browser.goOffline();
    peer.cut();
    await browser.advance(600_000);
    await browser.expectNoConnection();
    assert.equal(session.status.isOffline, true);
    browser.goOnline();
    await accept();
  });

  it("when the page comes back from the back/forward cache", async () => {
    connect();
    await accept();
    browser.leavePage();
    await browser.advance(600_000);
    await browser.expectNoConnection();
    browser.returnToPage();
    await browser.advance(4_000);
    await accept();
  });

  it("when the page is visible again, with whenHidden", async () => {
    const session = connect({ whenHidden: "close", hiddenGrace: 30_000 });
    const peer = await accept();
    browser.hidePage();
    await browser.advance(29_999);
    await peer.expectNothing();
    await browser.advance(1);
    assert.deepEqual(await peer.expectClose(), { code: 1000, reason: "page hidden" });
    peer.answerClose();
    assert.equal(session.status.isHidden, true);
    session.send("meanwhile");
    await browser.advance(600_000);
    await browser.expectNoConnection();
    browser.showPage();
    await (await accept()).expectText("meanwhile");
  });

  it("when a page that starts hidden is visible, with whenHidden", async () => {
    browser.hidePage();
    connect({ whenHidden: "close", hiddenGrace: 30_000 });
    const peer = await accept();
    await browser.advance(30_000);
    assert.equal((await peer.expectClose()).code, 1000);
    peer.answerClose();
    browser.showPage();
    await accept();
  });

  it("and reports to an observer what it waits for", async () => {
    connect({ whenHidden: "close", hiddenGrace: 0, jitter: "none", backoffBase: 1_000 });
    const peer = await accept();
    observed = [];
    browser.goOffline();
    peer.cut();
    await browser.runUntilIdle();
    browser.goOnline();
    (await browser.expectConnection()).refuse();
    await browser.runUntilIdle();
    browser.hidePage();
    await browser.runUntilIdle();
    const waits = observed.flatMap((event) => {
      if (event.type === "retry") return [`retry in ${event.delay}`];
      if (event.type !== "state") return [];
      const { state, isOffline, isHidden } = event;
      return [[state, isOffline && "offline", isHidden && "hidden"].filter(Boolean).join(", ")];
    });
    assert.deepEqual(waits, [
      "waiting, offline",
      "connecting",
      "waiting",
      "retry in 1000",
      "waiting, hidden",
    ]);
  });

  it("to a URL that a function fetches each time", async () => {
    let token = 0;
    const session = new Session(async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return `${url}?token=${++token}`;
    });
    await browser.advance(100);
    (await browser.expectConnection(`${url}?token=1`)).refuse();
    await browser.advance(4_100);
    (await browser.expectConnection(`${url}?token=2`)).accept();
    assert.equal(session.url, `${url}?token=2`);
  });

  it("until it is closed, and never after", async () => {
    const session = connect({ maxAttempts: 3 });
    const peer = await accept();
    session.close(1000, "done");
    assert.deepEqual(await peer.expectClose(), { code: 1000, reason: "done" });
    peer.answerClose();
    await browser.advance(600_000);
    await browser.expectNoConnection();
    assert.equal(session.status.why, "closed-by-app");
  });
});
