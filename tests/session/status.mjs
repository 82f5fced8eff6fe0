// `status`, `counters`, and the other properties.

import * as assert from "../support/page/assert.mjs";
import { next, opened, quick, received, several, test, until } from "./test.mjs";

const nothing = { attempt: 0, retryIn: 0, isOffline: false, isHidden: false, why: null, end: null };

export default [
  test("has a status in each state", async ({ create, peer }) => {
    const session = create(peer("close:4000:bye", "refuse", "open").url, [], {
      jitter: "none",
      startClosed: true,
      maxRetries: 2,
    });
    assert.deepEqual({ ...session.status }, { state: "idle", ...nothing });
    session.reconnect();
    assert.deepEqual({ ...session.status }, { state: "connecting", ...nothing });
    await opened(session);
    assert.deepEqual({ ...session.status }, { state: "open", ...nothing });

    const { retryIn, ...waiting } = await until(session, "waiting");
    const bye = { code: 4000, reason: "bye", wasClean: true, error: null };
    assert.deepEqual(waiting, {
      state: "waiting",
      attempt: 1,
      isOffline: false,
      isHidden: false,
      why: null,
      end: bye,
    });
    assert.ok(retryIn > 3_000 && retryIn <= 4_000, `${retryIn}`);
    assert.equal(session.retryCount, 1);

    session.retryNow();
    assert.deepEqual(
      { ...session.status },
      { ...nothing, state: "connecting", attempt: 1, end: bye },
    );
    const { end, attempt } = await until(session, "waiting");
    assert.deepEqual(
      [end, attempt],
      [{ code: 1006, reason: "", wasClean: false, error: "connection-failed" }, 2],
    );
    session.close();
    await until(session, "stopped");
    assert.deepEqual([session.status.why, session.status.end?.error], ["closed-by-app", "aborted"]);
  }),

  test("returns a status that never changes, and that cannot be changed", async ({
    create,
    peer,
  }) => {
    const session = create(peer("close:4000:").url, [], { jitter: "none" });
    const before = session.status;
    await until(session, "waiting");
    assert.equal(before.state, "connecting");
    const { status, counters } = session;
    assert.ok(
      Object.isFrozen(status) && Object.isFrozen(status.end) && Object.isFrozen(counters),
      "frozen",
    );
  }),

  test("reports how long it still waits, at the moment of asking", async ({
    create,
    clock,
    peer,
  }) => {
    const session = create(peer("refuse").url, [], {
      jitter: "none",
      minReconnectionDelay: 30_000,
    });
    await until(session, "waiting");
    await clock.advance(20_000);
    const { retryIn } = session.status;
    assert.ok(retryIn > 0 && retryIn <= 10_000, `${retryIn}`);
  }),

  test("has the readyState of a WebSocket, and is CONNECTING while it waits", async ({
    create,
    peer,
  }) => {
    const session = create(peer("close:4000:", "open").url, [], { startClosed: true });
    assert.equal(session.readyState, 3);
    session.reconnect();
    assert.equal(session.readyState, 0);
    await opened(session);
    assert.equal(session.readyState, 1);
    await until(session, "waiting");
    assert.equal(session.readyState, 0);
    session.retryNow();
    await opened(session);
    session.close();
    assert.equal(session.readyState, 2);
    await until(session, "stopped");
    assert.equal(session.readyState, 3);
  }),

  test("counts messages and bytes in both directions, over all connections", async ({
    create,
    peer,
  }) => {
    const server = peer("echo");
    const session = create(server.url, [], quick);
    let messages = received(session, 2);
    session.send("\u20ac");
    session.send(new Uint8Array(4));
    await messages;
    await Promise.all([opened(session), server.drop()]);
    messages = received(session, 1);
    session.send("again");
    await messages;
    const { messagesSent, bytesSent, messagesReceived, bytesReceived, attempts, connections } =
      session.counters;
    assert.deepEqual(
      { messagesSent, bytesSent, messagesReceived, bytesReceived, attempts, connections },
      {
        messagesSent: 3,
        bytesSent: 12,
        messagesReceived: 3,
        bytesReceived: 12,
        attempts: 2,
        connections: 2,
      },
    );
  }),

  test("counts failed attempts, and reports the last error", async ({ create, peer }) => {
    const server = peer("refuse", "open", "close:4000:", "open");
    const session = create(server.url, [], quick);
    assert.equal(session.counters.lastError, null);
    await next(session, "error");
    assert.equal(session.counters.lastError, "connection-failed");
    await opened(session);
    const openedTwice = several(session, "open", 2); // listens now: it may reopen before drop() has answered
    await Promise.all([next(session, "error"), server.drop()]);
    assert.equal(session.counters.lastError, "connection-lost");
    await openedTwice;
    assert.equal(session.counters.lastError, "connection-lost");
    assert.equal(session.counters.attempts, 4);
  }),

  test("counts dropped and queued messages", async ({ create }) => {
    const options = { startClosed: true, maxEnqueuedMessages: 1, whenOutboxFull: "drop-oldest" };
    const session = create("ws://127.0.0.1:9/", [], options);
    session.send("one");
    session.send("three");
    session.send("position", { keep: false });
    const { outboxDropped, outboxMessages, outboxBytes } = session.counters;
    assert.deepEqual(
      { outboxDropped, outboxMessages, outboxBytes },
      { outboxDropped: 2, outboxMessages: 1, outboxBytes: 5 },
    );
    session.close();
    await until(session, "stopped");
    assert.deepEqual([session.counters.outboxDropped, session.counters.outboxMessages], [3, 0]);
  }),

  test("counts the time that its connections were open, including the current one", async (context) => {
    const { create, clock, peer } = context;
    const server = peer();
    const session = await opened(create(server.url, [], { jitter: "none" }));
    await clock.advance(10_000);
    const { uptime } = session.counters;
    assert.ok(uptime >= 10_000, `${uptime}`);
    await server.drop();
    await until(session, "waiting");
    const before = session.counters.uptime;
    await clock.advance(3_000);
    assert.equal(session.counters.uptime, before);
    session.retryNow();
    await opened(session);
    await clock.advance(20_000);
    assert.ok(session.counters.uptime >= before + 20_000, `${session.counters.uptime}`);
  }),

  test("keeps url, protocol and extensions of its last connection while it waits", async ({
    create,
    peer,
  }) => {
    const server = peer("close:4000:", "open");
    const session = await opened(create(server.url, ["feed"]));
    await until(session, "waiting");
    const { url, protocol, extensions } = session;
    assert.deepEqual(
      { url, protocol, extensions },
      { url: server.url, protocol: "feed", extensions: "" },
    );
  }),
];
