// `close`, `reconnect` and `retryNow`, in each state.

import * as assert from "../support/page/assert.mjs";
import { journal, next, opened, quick, several, test, until } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */
/** @typedef {import("./test.mjs").Session} Session */

/**
 * Sessions in each state, whose first connection is lost and whose second is kept.
 *
 * @type {Record<string, (context: Context) => Promise<{ session: Session, server: import("./test.mjs").Peer }>>}
 */
const states = {
  async idle({ create, peer }) {
    const server = peer();
    return { session: create(server.url, [], { startClosed: true }), server };
  },
  // Browsers open no other connection to that server until this one is open or given up (RFC 6455
  // §4.1).
  async connecting({ create, peer }) {
    const server = peer("hang", "open");
    const session = create(server.url);
    await server.log({ attempts: 1 });
    return { session, server };
  },
  async open({ create, peer }) {
    const server = peer();
    return { session: await opened(create(server.url)), server };
  },
  async waiting({ create, peer }) {
    const server = peer("close:4000:", "open");
    const session = create(server.url, [], {
      minReconnectionDelay: 3_600_000,
      maxReconnectionDelay: 3_600_000,
    });
    await until(session, "waiting");
    return { session, server };
  },
  async stopped({ create, peer }) {
    const server = peer("close:1008:", "open");
    const session = create(server.url, [], { jitter: "none" });
    await until(session, "stopped");
    return { session, server };
  },
};

const closedByApp = { why: "closed-by-app", readyState: 3 };

/**
 * The events of a session from `close` to its end.
 *
 * @param {Session} session
 */
async function closing(session) {
  const lines = journal(session);
  session.close();
  const { readyState } = session;
  assert.deepEqual(lines, []); // no event is dispatched inside the call
  const { why } = await until(session, "stopped");
  assert.deepEqual({ why, readyState: session.readyState }, closedByApp);
  return { lines, readyState };
}

export default [
  test("reports only that it has stopped when it is closed while idle", async (context) => {
    const { session, server } = await states.idle(context);
    assert.deepEqual((await closing(session)).lines, ["stopped"]);
    assert.equal((await server.log()).length, 0);
  }),

  test("makes no first attempt when it is closed before it", async ({ create, peer, clock }) => {
    const server = peer();
    const session = create(server.url);
    const { lines, readyState } = await closing(session);
    assert.equal(readyState, 2);
    assert.deepEqual(lines, ["connecting", "error aborted", 'close 1006 "" unclean', "stopped"]);
    await clock.advance(60_000);
    assert.equal((await server.log()).length, 0);
  }),

  test("is closed while it connects", async (context) => {
    const { session } = await states.connecting(context);
    const { lines, readyState } = await closing(session);
    assert.equal(readyState, 2);
    assert.deepEqual(lines, ["error aborted", 'close 1006 "" unclean', "stopped"]);
  }),

  test("is closed while it is open, without an error", async (context) => {
    const { session, server } = await states.open(context);
    const { lines, readyState } = await closing(session);
    assert.equal(readyState, 2);
    assert.equal(lines.length, 2);
    assert.ok(/^close (1000|1005) "" clean$/.test(lines[0]), lines[0]);
    assert.equal(lines[1], "stopped");
    assert.deepEqual((await server.log({ ends: 1 }))[0].end, { code: 1005, reason: "" });
  }),

  test("is closed while it waits, which ends no connection", async (context) => {
    const { session, server } = await states.waiting(context);
    assert.deepEqual((await closing(session)).lines, ["stopped"]);
    await context.clock.advance(3_600_000);
    assert.equal((await server.log()).length, 1);
  }),

  test("dispatches no event when it is closed again, in any state", async (context) => {
    const { session } = await states.open(context);
    const lines = journal(session);
    session.close();
    session.close(4000, "again");
    await until(session, "stopped");
    session.close();
    await context.clock.advance(10_000);
    assert.equal(lines.length, 2);
    assert.equal(lines[1], "stopped");
  }),

  test("sends its server the code and the reason of close", async (context) => {
    const { session, server } = await states.open(context);
    session.close(4001, "b\u00fcy");
    const { code, reason, wasClean } = await next(session, "close");
    assert.deepEqual([code, reason, wasClean], [4001, "b\u00fcy", true]);
    assert.deepEqual((await server.log({ ends: 1 }))[0].end, { code: 4001, reason: "b\u00fcy" });
    await until(session, "stopped");
    const { end } = session.status;
    assert.deepEqual(end, { code: 4001, reason: "b\u00fcy", wasClean: true, error: null });
  }),

  test("sends its server no code or reason if close has no code", async (context) => {
    const { session, server } = await states.open(context);
    session.close();
    assert.deepEqual((await server.log({ ends: 1 }))[0].end, { code: 1005, reason: "" });
  }),

  test("accepts a reason without a code for close", async (context) => {
    const { session, server } = await states.open(context);
    session.close(undefined, "bye");
    assert.deepEqual((await server.log({ ends: 1 }))[0].end, { code: 1000, reason: "bye" });
  }),

  .../** @type {const} */ (["close", "reconnect"]).map((call) =>
    test(`throws for a bad code or reason of ${call}, in every state, and keeps running`, async (context) => {
      for (const [state, make] of Object.entries(states)) {
        const { session } = await make(context);
        const { readyState } = session;
        for (const code of [0, 999, 1001, 1006, 2999, 5000, 66_536, NaN, null])
          assert.throwsDOMException(
            () => session[call](/** @type {any} */ (code)),
            "InvalidAccessError",
          );
        for (const reason of ["x".repeat(124), "\u20ac".repeat(42)])
          assert.throwsDOMException(() => session[call](1000, reason), "SyntaxError");
        assert.deepEqual([session.status.state, session.readyState], [state, readyState]);
        session.close();
      }
    }),
  ),

  test("stops waiting for an answer to close after 5 seconds, or closeTimeout", async ({
    create,
    clock,
    peer,
  }) => {
    for (const [options, milliseconds] of /** @type {const} */ ([
      [{}, 5_000],
      [{ closeTimeout: 60_000 }, 60_000],
    ])) {
      const session = await opened(create(peer("pause").url, [], options));
      const lines = journal(session);
      session.close();
      await clock.advance(milliseconds - 1_000);
      assert.deepEqual([lines.length, session.readyState], [0, 2]);
      await Promise.all([until(session, "stopped"), clock.advance(1_000)]);
      assert.deepEqual(lines, ["error connection-timed-out", 'close 1006 "" unclean', "stopped"]);
    }
  }),

  test("delivers no message after close", async (context) => {
    const { session, server } = await states.open(context);
    const lines = journal(session);
    session.addEventListener("message", () => session.close());
    await Promise.all([server.send("one"), server.send("two"), server.send("three")]);
    await until(session, "stopped");
    assert.equal(lines.filter((line) => line.startsWith("message")).length, 1);
  }),

  test("is idle until reconnect", async (context) => {
    const { session, server } = await states.idle(context);
    const lines = journal(session);
    session.reconnect();
    await opened(session);
    assert.deepEqual(lines, ["connecting", "open", "open"]);
    assert.equal((await server.log()).length, 1);
  }),

  test("gives up an attempt by reconnect, and starts the next one at once", async (context) => {
    const { session, server } = await states.connecting(context);
    session.reconnect();
    assert.equal(session.readyState, 0);
    await opened(session);
    assert.equal((await server.log()).length, 2);
  }),

  test("ends its connection by reconnect, with the code and the reason, and starts the next attempt at once", async (context) => {
    const { session, server } = await states.open(context);
    const lines = journal(session);
    session.reconnect(4001, "again");
    assert.equal(session.readyState, 2);
    assert.deepEqual(lines, []);
    await opened(session);
    assert.deepEqual(lines, ['close 4001 "again" clean', "connecting", "open", "open"]);
    assert.deepEqual((await server.log({ ends: 1 }))[0].end, { code: 4001, reason: "again" });
  }),

  test("queues messages between reconnect and the next connection", async (context) => {
    const { session, server } = await states.open(context);
    session.reconnect();
    assert.equal(session.send("between").delivery, "kept");
    const log = await server.log({ messages: 1 });
    assert.deepEqual(log[1].messages, ["between"]);
  }),

  test("ends a wait by reconnect, and resets its count of attempts", async (context) => {
    const { session, server } = await states.waiting(context);
    assert.equal(session.retryCount, 1);
    session.reconnect();
    assert.equal(session.retryCount, 0);
    await opened(session);
    assert.equal((await server.log()).length, 2);
  }),

  test("restarts by reconnect when it has stopped, with the messages it still keeps", async (context) => {
    const { create, peer } = context;
    const server = peer("refuse", "refuse", "open");
    const session = create(server.url, [], { ...quick, maxRetries: 1 });
    session.send("kept");
    assert.equal((await until(session, "stopped")).why, "too-many-attempts");
    session.reconnect();
    assert.deepEqual([session.readyState, session.status.why], [0, null]);
    await opened(session);
    assert.deepEqual(await server.messages(1), ["kept"]);
  }),

  test("restarts by reconnect after close", async (context) => {
    const { session, server } = await states.open(context);
    session.close();
    await until(session, "stopped");
    session.reconnect();
    await opened(session);
    session.send("again");
    assert.deepEqual((await server.log({ messages: 1 }))[1].messages, ["again"]);
  }),

  test("follows the last call of close and reconnect", async (context) => {
    for (const state of ["idle", "connecting", "open", "waiting", "stopped"]) {
      const first = (await states[state](context)).session;
      first.close();
      first.reconnect();
      await opened(first);
      const second = (await states[state](context)).session;
      second.reconnect();
      second.close();
      assert.equal((await until(second, "stopped")).why, "closed-by-app", state);
    }
  }),

  test("starts by retryNow while it is idle", async (context) => {
    const { session } = await states.idle(context);
    session.retryNow();
    await opened(session);
  }),

  test("starts the next attempt at once by retryNow while it waits, and keeps its count", async (context) => {
    const { session, server } = await states.waiting(context);
    const lines = journal(session);
    session.retryNow();
    assert.deepEqual([session.retryCount, session.status.state], [1, "connecting"]);
    await opened(session);
    assert.deepEqual(lines, ["connecting", "open", "open"]);
    assert.equal((await server.log()).length, 2);
  }),

  test("does nothing by retryNow while it connects or is open", async (context) => {
    for (const state of ["open", "connecting"]) {
      const { session, server } = await states[state](context);
      const lines = journal(session);
      session.retryNow();
      await context.clock.advance(1_000);
      assert.deepEqual(lines, []);
      assert.equal((await server.log()).length, 1);
    }
  }),

  test("restarts by retryNow when it has stopped", async (context) => {
    const { session } = await states.stopped(context);
    session.retryNow();
    assert.deepEqual([session.retryCount, session.readyState], [0, 0]);
    await opened(session);
  }),

  test("does nothing by retryNow between close and the end", async (context) => {
    const { session } = await states.waiting(context);
    session.close();
    session.retryNow();
    assert.equal((await until(session, "stopped")).why, "closed-by-app");
  }),

  test("may be closed in a listener of each event", async ({ create, peer }) => {
    for (const type of /** @type {const} */ ([
      "open",
      "message",
      "error",
      "close",
      "statuschange",
      "drop",
    ])) {
      const script = type === "error" ? ["refuse"] : type === "close" ? ["close:4000:"] : ["echo"];
      const session = create(peer(...script, "echo").url, [], quick);
      session.addEventListener(type, () => session.close(), { once: true });
      session.addEventListener("open", () => session.send("hello"));
      session.send("position", { keep: false });
      assert.equal((await until(session, "stopped")).why, "closed-by-app", type);
    }
  }),

  test("may be reconnected in a listener of each event", async ({ create, peer }) => {
    for (const type of /** @type {const} */ ([
      "open",
      "message",
      "error",
      "close",
      "statuschange",
      "drop",
    ])) {
      const script = type === "error" ? ["refuse"] : type === "close" ? ["close:4000:"] : ["echo"];
      const session = create(peer(...script, "echo").url, [], quick);
      let isConnectedAgain = false;
      session.addEventListener(type, () => {
        session.reconnect();
        isConnectedAgain = true;
      }, { once: true }); // prettier-ignore
      session.addEventListener("open", () => session.send("hello"));
      session.send("position", { keep: false });
      while (!isConnectedAgain) await next(session, "statuschange");
      await several(session, "message", 1);
      session.close();
      await until(session, "stopped");
    }
  }),
];
