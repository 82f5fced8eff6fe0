// Events of the page that a session reacts to: the network goes away or returns, the page becomes
// visible.

import * as assert from "../support/page/assert.mjs";
import { journal, opened, quick, testInPage, until } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */

/** Makes the browser say whether there is a network. */
function setOnline(/** @type {boolean} */ isOnline) {
  Object.defineProperty(navigator, "onLine", { get: () => isOnline, configurable: true });
  dispatchEvent(new Event(isOnline ? "online" : "offline"));
}

/** Makes the browser say whether the page is visible. */
function setVisible(/** @type {boolean} */ isVisible) {
  const value = isVisible ? "visible" : "hidden";
  Object.defineProperty(document, "visibilityState", { value, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}

/**
 * A test after which the page is visible again, even if it failed.
 *
 * @param {string} name
 * @param {(context: Context) => Promise<void>} run
 */
function testHidden(name, run) {
  return testInPage(name, async (context) => {
    try {
      await run(context);
    } finally {
      setVisible(true);
      Reflect.deleteProperty(document, "visibilityState");
    }
  });
}

function unexpected() {
  throw new Error("It was asked whether to reconnect.");
}

/**
 * A test after which the network is back, even if it failed.
 *
 * @param {string} name
 * @param {(context: Context) => Promise<void>} run
 */
function testOffline(name, run) {
  return testInPage(name, async (context) => {
    try {
      await run(context);
    } finally {
      setOnline(true);
      Reflect.deleteProperty(navigator, "onLine");
    }
  });
}

export default [
  testOffline(
    "makes no attempt while there is no network, and one as soon as it is back",
    async (context) => {
      const { create, clock, peer } = context;
      const server = peer("refuse", "open");
      const session = create(server.url, [], { jitter: "none" });
      await until(session, "waiting");
      assert.equal(session.status.isOffline, false);
      const lines = journal(session);
      setOnline(false);
      await clock.advance(3_600_000);
      const { isOffline, retryIn, attempt } = session.status;
      assert.deepEqual(
        { isOffline, retryIn, attempt },
        { isOffline: true, retryIn: 0, attempt: 1 },
      );
      assert.deepEqual([lines, session.readyState], [["waiting"], 0]);
      assert.equal((await server.log()).length, 1);
      setOnline(true);
      await opened(session);
      assert.deepEqual(lines, ["waiting", "connecting", "open", "open"]);
    },
  ),

  testOffline(
    "keeps an open connection, and waits for the network when it is lost",
    async (context) => {
      const { create, clock, peer } = context;
      const server = peer("echo");
      const session = await opened(create(server.url, [], quick));
      setOnline(false);
      await clock.advance(60_000);
      assert.equal(session.status.state, "open");
      await server.drop();
      assert.equal((await until(session, "waiting")).isOffline, true);
      session.send("kept");
      await clock.advance(60_000);
      assert.equal((await server.log()).length, 1);
      setOnline(true);
      await opened(session);
      assert.deepEqual(await server.messages(1), ["kept"]);
    },
  ),

  testOffline(
    "continues an attempt when the network goes away",
    async ({ create, clock, peer }) => {
      const server = peer("hang", "open");
      const session = create(server.url, [], quick);
      await server.log({ attempts: 1 });
      setOnline(false);
      await clock.advance(10_000);
      assert.equal(session.status.state, "connecting");
      await clock.advance(20_000);
      assert.equal((await until(session, "waiting")).isOffline, true);
    },
  ),

  testOffline("waits for the network before its first attempt", async ({ create, clock, peer }) => {
    setOnline(false);
    const server = peer();
    const session = create(server.url);
    const lines = journal(session);
    await clock.advance(60_000);
    assert.deepEqual([session.status.state, session.status.isOffline], ["waiting", true]);
    assert.equal(lines.filter((line) => /error|close/.test(line)).length, 0);
    assert.equal((await server.log()).length, 0);
    setOnline(true);
    await opened(session);
  }),

  testOffline(
    "makes an attempt by retryNow, and by reconnect, even without a network",
    async ({ create, peer }) => {
      for (const call of /** @type {const} */ (["retryNow", "reconnect"])) {
        setOnline(false);
        const session = create(peer().url);
        await until(session, "waiting");
        session[call]();
        await opened(session);
      }
    },
  ),

  testOffline(
    "does not connect when the network is back after close",
    async ({ create, clock, peer }) => {
      const server = peer("refuse");
      const session = create(server.url);
      await until(session, "waiting");
      setOnline(false);
      session.close();
      await until(session, "stopped");
      setOnline(true);
      await clock.advance(60_000);
      assert.equal((await server.log()).length, 1);
    },
  ),

  testOffline(
    "waits as long as it was asked to, even when the network is back",
    async ({ create, clock, peer }) => {
      const server = peer("close:4000:", "open");
      const session = create(server.url, [], {
        jitter: "none",
        shouldReconnectOnClose: () => 60_000,
      });
      await until(session, "waiting");
      setOnline(false);
      await clock.advance(20_000);
      setOnline(true);
      await clock.advance(30_000);
      const { isOffline, retryIn } = session.status;
      assert.equal(isOffline, false);
      assert.ok(retryIn > 0 && retryIn <= 10_000, `${retryIn}`);
      assert.equal((await server.log()).length, 1);
      await Promise.all([opened(session), clock.advance(10_000)]);
    },
  ),

  testOffline(
    "does not count time without a network towards giveUpAfter",
    async ({ create, clock, peer }) => {
      const server = peer("refuse", "refuse", "open");
      const session = create(server.url, [], { jitter: "none", giveUpAfter: 30_000 });
      await until(session, "waiting");
      setOnline(false);
      await clock.advance(3_600_000);
      setOnline(true);
      await server.log({ attempts: 2 });
      await until(session, "waiting");
      await Promise.all([opened(session), clock.advance(8_000)]);
    },
  ),

  testInPage(
    "makes no attempt while the page is left, and one when it is shown again",
    async (context) => {
      const { create, clock, peer } = context;
      const server = peer("refuse", "open");
      const session = create(server.url, [], { jitter: "none" });
      await until(session, "waiting");
      try {
        dispatchEvent(new Event("pagehide"));
        document.dispatchEvent(new Event("visibilitychange"));
        await clock.advance(60_000);
        assert.equal((await server.log()).length, 1);
      } finally {
        dispatchEvent(new Event("pageshow"));
      }
      await opened(session);
    },
  ),

  testInPage(
    "is open within a second after its page is visible again, whatever it waited for",
    async (context) => {
      const { create, clock, peer } = context;
      const hour = 3_600_000;
      const options = { jitter: "none", minReconnectionDelay: hour, maxReconnectionDelay: hour };
      const session = create(peer("refuse", "open").url, [], options);
      await until(session, "waiting");
      try {
        for (const visibilityState of ["hidden", "visible"]) {
          Object.defineProperty(document, "visibilityState", {
            value: visibilityState,
            configurable: true,
          });
          document.dispatchEvent(new Event("visibilitychange"));
          await clock.turn();
          // A busy page ends its turn before it has seen to all sessions.
          if (visibilityState === "visible")
            while (session.status.retryIn > 1_000) await clock.turn();
          assert.equal(session.status.retryIn > 1_000, visibilityState === "hidden");
        }
      } finally {
        Reflect.deleteProperty(document, "visibilityState");
      }
      await Promise.all([opened(session), clock.advance(1_000)]);
    },
  ),

  testHidden("closes its connection when the page was hidden for hiddenGrace", async (context) => {
    const { create, clock, peer } = context;
    const server = peer();
    const session = await opened(
      create(server.url, [], { whenHidden: "close", shouldReconnectOnClose: unexpected }),
    );
    const lines = journal(session);
    setVisible(false);
    await clock.advance(59_000);
    assert.deepEqual([session.status.state, session.status.isHidden], ["open", false]);
    await clock.advance(1_000);
    const { isHidden, isOffline, retryIn, attempt } = await until(session, "waiting");
    assert.deepEqual(
      { isHidden, isOffline, retryIn, attempt },
      { isHidden: true, isOffline: false, retryIn: 0, attempt: 0 },
    );
    const [{ end }] = await server.log({ ends: 1 });
    assert.deepEqual(end, { code: 1000, reason: "page hidden" });
    assert.deepEqual(
      [lines, session.readyState],
      [['close 1000 "page hidden" clean', "waiting"], 0],
    );
    assert.equal(session.send("meanwhile").delivery, "kept");
    await clock.advance(3_600_000);
    assert.equal((await server.log()).length, 1);
    setVisible(true);
    await opened(session);
    session.send("later");
    assert.deepEqual(await server.messages(2), ["meanwhile", "later"]);
    assert.equal(session.status.isHidden, false);
  }),

  testHidden(
    "stays connected in a hidden page by default, and with Infinity",
    async ({ create, clock, peer }) => {
      for (const options of [
        {},
        { whenHidden: "keep", hiddenGrace: 0 },
        { whenHidden: "close", hiddenGrace: Infinity },
      ]) {
        setVisible(true);
        const session = await opened(create(peer().url, [], options));
        setVisible(false);
        await clock.advance(3_600_000);
        assert.equal(session.status.state, "open");
      }
    },
  ),

  testHidden(
    "makes an attempt by retryNow, and by reconnect, even in a hidden page",
    async (context) => {
      const { create, clock, peer } = context;
      for (const call of /** @type {const} */ (["retryNow", "reconnect"])) {
        setVisible(true);
        const session = await opened(
          create(peer().url, [], { whenHidden: "close", hiddenGrace: 30_000 }),
        );
        setVisible(false);
        await clock.advance(30_000);
        await until(session, "waiting");
        session[call]();
        await opened(session);
        await clock.advance(30_000);
        assert.equal((await until(session, "waiting")).isHidden, true);
      }
    },
  ),

  testOffline(
    "counts a failed attempt just after the network is back as the first",
    async (context) => {
      const { create, clock, peer } = context;
      const session = create(peer("refuse").url, [], { jitter: "none" });
      for (let i = 0; i < 2; ++i) {
        await until(session, "waiting");
        await Promise.all([until(session, "connecting"), clock.advance(session.status.retryIn)]);
      }
      await until(session, "waiting");
      setOnline(false);
      await clock.advance(1_000);
      assert.equal(session.status.isOffline, true);
      setOnline(true);
      await until(session, "connecting");
      const { retryIn } = await until(session, "waiting");
      assert.ok(retryIn <= 4_000, `${retryIn}`);
    },
  ),

  ...[
    { type: "visibilitychange", target: () => document },
    { type: "pageshow", target: () => globalThis },
    { type: "online", target: () => globalThis },
  ].flatMap(({ type, target }) => [
    testInPage(`pings at ${type} if its timers were frozen`, async ({ create, clock, peer }) => {
      const server = peer();
      const hour = 3_600_000; // so that no timer pings during the test
      const session = await opened(
        create(server.url, [], { heartbeat: { ping: "ping", interval: hour } }),
      );
      await clock.skip(hour + 5_000);
      target().dispatchEvent(new Event(type));
      assert.deepEqual(await server.messages(1), ["ping"]);
      assert.equal(session.status.state, "open");
    }),

    testInPage(
      `makes the attempt at ${type} that timers would have made`,
      async ({ create, clock, peer }) => {
        const server = peer("refuse", "open");
        const hour = 3_600_000;
        const options = { jitter: "none", minReconnectionDelay: hour, maxReconnectionDelay: hour };
        const session = create(server.url, [], options);
        await until(session, "waiting");
        await clock.skip(hour);
        target().dispatchEvent(new Event(type));
        await opened(session);
      },
    ),

    testInPage(
      `sends nothing at ${type} if the heartbeat is not due`,
      async ({ create, clock, peer }) => {
        const server = peer();
        const session = await opened(create(server.url, [], { heartbeat: { ping: "ping" } }));
        await clock.skip(20_000);
        target().dispatchEvent(new Event(type));
        await clock.turn();
        await clock.turn();
        session.send("end");
        assert.deepEqual(await server.messages(1), ["end"]);
      },
    ),
  ]),
];
