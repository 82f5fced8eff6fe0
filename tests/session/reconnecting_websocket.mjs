// The requirements of reconnecting-websocket's own tests
// (https://github.com/pladaria/reconnecting-websocket, __tests__/test.ts), applied to Session case
// by case, and the requests of partysocket's users. If Session differs, the test says what it does
// instead. Session gets the environment's class through `load`, and has no option `debug`, so those
// cases are missing here.

import * as assert from "../support/page/assert.mjs";
import { journal, next, nameOfThrown, received, several, test, until } from "./test.mjs";

/** Delays without jitter, as in that class. */
const fast = /** @type {const} */ ({
  jitter: "none",
  minReconnectionDelay: 10,
  maxReconnectionDelay: 20,
});

export default [
  test("throws when called without new", ({ Session, server }) => {
    assert.equal(
      nameOfThrown(() => Session(server)),
      "TypeError",
    );
  }),

  test("has its getters before there is a connection", ({ create, peer }) => {
    const server = peer("refuse");
    const session = create(server.url, undefined, { maxRetries: 0 });
    const { bufferedAmount, protocol, url, extensions, binaryType } = session;
    assert.deepEqual(
      { bufferedAmount, protocol, url, extensions, binaryType },
      {
        bufferedAmount: 0,
        protocol: "",
        url: server.url, // that class returns "", and the browser's returns this
        extensions: "",
        binaryType: "blob",
      },
    );
  }),

  test("accepts a URL, and a function that returns one now or later", async ({ create, peer }) => {
    const { url } = peer("open");
    for (const where of [url, () => url, () => Promise.resolve(url)])
      await next(create(where), "open");
  }),

  test("stops if the function returns no URL", async ({ create }) => {
    assert.equal(
      (
        await until(
          create(() => 123),
          "stopped",
        )
      ).why,
      "cannot-connect",
    );
  }),

  ...["foobar", undefined, null].map((protocol) =>
    test(`accepts ${protocol} for a subprotocol`, async ({ create, peer }) => {
      const { url } = peer("open");
      const session = create(url, protocol, {});
      await next(session, "open");
      assert.equal(session.url, url);
      assert.equal(session.protocol, protocol ?? "");
      session.close();
      await next(session, "close");
    }),
  ),

  test("has the constants of its states", ({ Session, create, server }) => {
    for (const one of [Session, create(server, undefined, { maxRetries: 0 })]) {
      assert.deepEqual([one.CONNECTING, one.OPEN, one.CLOSING, one.CLOSED], [0, 1, 2, 3]);
    }
  }),

  ...[0, 1, 5].map((count) =>
    test(`makes ${count} retries if allowed, and reports each in retryCount`, async ({
      create,
      peer,
    }) => {
      const there = peer("refuse");
      const session = create(there.url, undefined, { ...fast, maxRetries: count });
      /** @type {number[]} */
      const counts = [];
      session.addEventListener("error", () => counts.push(session.retryCount));
      assert.equal((await until(session, "stopped")).why, "too-many-attempts");
      assert.equal((await there.log()).length, count + 1);
      // The number of the coming attempt; after the last failure, that of the last attempt.
      assert.deepEqual(counts, [...Array.from({ length: count }, (_, index) => index + 1), count]);
    }),
  ),

  test("keeps its on… handlers across connections", async ({ create, peer }) => {
    const session = create(peer("refuse").url, undefined, { ...fast, maxRetries: 4 });
    const handlers = { onopen() {}, onclose() {}, onmessage() {}, onerror() {} };
    Object.assign(session, handlers);
    for (let i = 0; i < 5; ++i) {
      await next(session, "close");
      const { onopen, onclose, onmessage, onerror } = session;
      const isKept = Object.entries({ onopen, onclose, onmessage, onerror }).every(
        ([name, handler]) => handler === /** @type {any} */ (handlers)[name],
      );
      assert.ok(isKept, `after close ${i}`);
    }
  }),

  ...["functions", "objects with handleEvent"].map((kind) =>
    test(`adds and removes ${kind} as listeners`, async ({ create, peer }) => {
      const listener = (/** @type {() => void} */ act) =>
        kind === "functions" ? act : { handleEvent: act };
      const session = create(peer("open").url, "foobar");
      const wrong = listener(() => assert.ok(false, "it was called"));
      /** @type {any} */ (session).addEventListener("unknown", wrong);
      session.addEventListener("open", wrong);
      session.addEventListener("open", wrong);
      session.removeEventListener("open", wrong);
      /** @type {any} */ (session).removeEventListener("another", wrong);
      const closed = new Promise((resolve) =>
        session.addEventListener(
          "close",
          listener(() => resolve(null)),
        ),
      );
      session.addEventListener(
        "open",
        listener(() => {
          assert.deepEqual(
            [session.protocol, session.extensions, session.bufferedAmount],
            ["foobar", "", 0],
          );
          session.close();
        }),
      );
      await closed;
    }),
  ),

  test("gives up an attempt that is not answered in time, and reports a timeout", async ({
    create,
    peer,
  }) => {
    const options = { ...fast, connectionTimeout: 50, maxRetries: 1 };
    const session = create(peer("hang").url, undefined, options);
    const errors = await several(session, "error", 2);
    assert.deepEqual(
      errors.map(({ error }) => error),
      ["connection-timed-out", "connection-timed-out"],
    );
    assert.equal((await until(session, "stopped")).attempt, 1);
  }),

  test("has a binaryType that outlives a connection, and accepts two values", async ({
    create,
    peer,
  }) => {
    const session = create(peer("drop", "open").url, undefined, fast);
    session.binaryType = "arraybuffer";
    await next(session, "close");
    await next(session, "open");
    assert.equal(session.binaryType, "arraybuffer");
    session.binaryType = /** @type {any} */ ("nodebuffer");
    assert.equal(session.binaryType, "arraybuffer");
  }),

  test("may be closed many times, and closes once", async ({ create, peer }) => {
    const session = create(peer("open").url);
    const lines = journal(session);
    await next(session, "open");
    for (let i = 0; i < 3; ++i) session.close();
    await until(session, "stopped");
    assert.equal(lines.filter((line) => line.startsWith("close")).length, 1);
  }),

  test("may be asked to reconnect before it is ready", async ({ create, peer }) => {
    const there = peer("open");
    const session = create(there.url);
    session.reconnect();
    session.reconnect();
    await next(session, "open");
    assert.equal((await there.log()).length, 1);
  }),

  test("stays closed until reconnect if it is to start closed", async ({ create, peer }) => {
    const session = create(peer("echo").url, "foobar", { ...fast, startClosed: true });
    assert.equal(session.readyState, session.CLOSED);
    session.reconnect();
    await next(session, "open");
    assert.equal(session.protocol, "foobar");
    session.send("hello");
    assert.deepEqual(await received(session, 1), ["hello"]);
  }),

  test("has the states of a WebSocket from the constructor to the end", async ({
    create,
    peer,
  }) => {
    const { url } = peer("echo");
    const session = create(url, "foobar", fast);
    assert.equal(session.readyState, session.CONNECTING);
    await next(session, "open");
    assert.equal(session.readyState, session.OPEN);
    session.send("hello");
    assert.deepEqual(await received(session, 1), ["hello"]);
    session.close(1000, "");
    assert.equal(session.readyState, session.CLOSING);
    await next(session, "close");
    assert.equal(session.readyState, session.CLOSED);
    assert.equal(session.url, url);
  }),

  test("reconnects three times with a code and a reason", async ({ create, peer }) => {
    const session = create(peer("echo").url, "foobar", fast);
    /** @type {string[]} */
    const reasons = [];
    session.addEventListener("close", ({ reason }) => reasons.push(reason));
    for (let round = 1; round <= 3; ++round) {
      await next(session, "open");
      session.send("hello");
      assert.deepEqual(await received(session, 1), ["hello"]);
      if (round < 3) {
        session.reconnect(1000, "reconnect");
        assert.equal(session.retryCount, 0);
      } else {
        session.close(1000, "close");
      }
      assert.equal(session.readyState, session.CLOSING);
    }
    await until(session, "stopped");
    assert.deepEqual(reasons, ["reconnect", "reconnect", "close"]);
  }),

  ...[0, 2].map((retries) =>
    test(`reports no timeout for connections that fail at once, with ${retries} retries`, async ({
      create,
      peer,
    }) => {
      const session = create(peer("refuse").url, [], {
        ...fast,
        maxRetries: retries,
        connectionTimeout: 5_000,
      });
      const errors = await several(session, "error", retries + 1);
      for (const { error } of errors) assert.equal(error, "connection-failed");
      assert.equal((await until(session, "stopped")).attempt, retries);
    }),
  ),

  test("may be closed before it is open: then it never opens, and closes at most once", async ({
    create,
    peer,
  }) => {
    const session = create(peer("open").url, undefined, fast);
    const lines = journal(session);
    session.close();
    await until(session, "stopped");
    assert.ok(!lines.includes("open"), `${lines}`);
    assert.ok(lines.filter((line) => line.startsWith("close")).length <= 1, `${lines}`);
  }),

  test("counts queued messages in bufferedAmount, in bytes", async ({ create, peer }) => {
    const session = create(peer("refuse").url, undefined, { maxRetries: 0 });
    for (let i = 0; i < 10; ++i) session.send("h\u00e9llo");
    await next(session, "error");
    assert.equal(session.bufferedAmount, 60);
  }),

  test("queues at most maxEnqueuedMessages, and send does not report it", async ({
    create,
    peer,
  }) => {
    const session = create(peer("refuse").url, undefined, {
      maxRetries: 0,
      maxEnqueuedMessages: 2,
    });
    for (let i = 0; i < 10; ++i) session.send("message");
    await next(session, "error");
    assert.equal(session.bufferedAmount, 14);
  }),

  test("sends queued messages in order, and then those sent while opening", async ({
    create,
    peer,
  }) => {
    const there = peer("open");
    const session = create(there.url);
    for (const message of ["message1", "message2", "message3"]) session.send(message);
    assert.equal(session.bufferedAmount, 24);
    session.onopen = () => session.send("ok");
    assert.deepEqual(await there.messages(4), ["message1", "message2", "message3", "ok"]);
  }),

  test("reconnects when the other side closes, until it is closed itself", async ({
    create,
    peer,
  }) => {
    const there = peer("close:1000:", "close:1000:", "open");
    const session = create(there.url, undefined, fast);
    await several(session, "open", 3);
    session.close();
    await until(session, "stopped");
    assert.equal((await there.log()).length, 3);
  }),

  test("may be closed in a listener of close, and stays closed", async ({ create, peer }) => {
    const there = peer("close:4000:first", "close:4001:second", "open");
    const session = create(there.url, undefined, fast);
    session.onclose = ({ code }) => {
      if (code === 4001) session.close();
    };
    assert.equal((await until(session, "stopped")).why, "closed-by-app");
    assert.equal((await there.log()).length, 2);
  }),

  test("has delays that grow by a factor up to a limit", async ({ create, peer }) => {
    const options = {
      minReconnectionDelay: 1_000,
      maxReconnectionDelay: 10_000,
      reconnectionDelayGrowFactor: 2,
    };
    const session = create(peer("close:4000:").url, [], {
      ...options,
      jitter: "none",
      minUptime: 60_000,
    });
    const delays = [];
    for (let i = 0; i < 6; ++i) {
      delays.push(Math.round((await until(session, "waiting")).retryIn / 1_000));
      session.retryNow();
      await until(session, "connecting");
    }
    assert.deepEqual(delays, [1, 2, 4, 8, 10, 10]);
  }),

  test("resets its delays after a connection that lasted for minUptime", async ({
    create,
    peer,
    clock,
  }) => {
    const there = peer("close:4000:", "close:4000:", "open", "open");
    const session = create(there.url, [], { ...fast, minUptime: 1_000 });
    assert.equal((await until(session, "waiting")).attempt, 1);
    await until(session, "connecting");
    assert.equal((await until(session, "waiting")).attempt, 2);
    await several(session, "open", 1);
    await clock.skip(1_000);
    const [{ attempt }] = await Promise.all([until(session, "waiting"), there.drop()]);
    assert.equal(attempt, 1);
  }),

  test("can reconnect after it was closed", async ({ create, peer }) => {
    const session = create(peer("open").url, undefined, fast);
    for (let round = 0; round < 2; ++round) {
      await next(session, "open");
      session.close();
      await until(session, "stopped");
      if (round === 0) session.reconnect();
    }
  }),

  // Deliberate differences

  test("is CONNECTING while it waits, as an EventSource is (HTML §9.2), and not CLOSED", async ({
    create,
    peer,
  }) => {
    const session = create(peer("refuse").url);
    await until(session, "waiting");
    assert.equal(session.readyState, session.CONNECTING);
  }),

  test("dispatches error before close, as a WebSocket does, and not after", async ({
    create,
    peer,
  }) => {
    const session = create(peer("refuse").url);
    const lines = journal(session);
    await until(session, "waiting");
    assert.deepEqual(
      lines.map((line) => line.split(" ")[0]),
      ["connecting", "error", "close", "waiting"],
    );
  }),

  test("sends queued messages after the listeners of open, and not before", async ({
    create,
    peer,
  }) => {
    const there = peer("open");
    const session = create(there.url);
    session.send("enqueued");
    session.onopen = () => session.sendNow("token");
    assert.deepEqual(await there.messages(2), ["token", "enqueued"]);
  }),

  test("dispatches close later, and not inside the call of close", async ({ create, peer }) => {
    const session = create(peer("open").url);
    await next(session, "open");
    const lines = journal(session);
    session.close();
    assert.deepEqual(lines, []);
    await next(session, "close");
  }),

  test("draws a new value for each delay, not once or never", async ({ create, peer }) => {
    const session = create(peer("close:4000:").url, [], {
      reconnectionDelayGrowFactor: 1,
      seed: 3,
    });
    const delays = new Set();
    for (let i = 0; i < 5; ++i) {
      delays.add(Math.round((await until(session, "waiting")).retryIn / 100));
      session.retryNow();
      await until(session, "connecting");
    }
    assert.ok(delays.size > 2, `${[...delays]}`);
  }),

  test("keeps running if shouldReconnectOnClose returns undefined, which partysocket treats as false", async (context) => {
    const { create, peer } = context;
    await several(
      create(peer("close:4000:", "open").url, [], { ...fast, shouldReconnectOnClose() {} }),
      "open",
      2,
    );
  }),

  // partysocket

  test("also accepts a function for the subprotocols", async ({ create, peer }) => {
    const session = create(peer("open").url, async () => ["asked"]);
    await next(session, "open");
    assert.equal(session.protocol, "asked");
  }),

  test("calls shouldReconnectOnClose for an end", async ({ create, peer }) => {
    const shouldReconnectOnClose = (/** @type {CloseEvent} */ { code }) => code !== 4003;
    const session = create(peer("close:4000:", "close:4003:").url, [], {
      ...fast,
      shouldReconnectOnClose,
    });
    assert.equal((await until(session, "stopped")).end?.code, 4003);
  }),

  test("can reconnect after too many attempts (partykit #252)", async ({ create, peer }) => {
    const session = create(peer("refuse", "open").url, undefined, { ...fast, maxRetries: 0 });
    await until(session, "stopped");
    session.reconnect();
    await next(session, "open");
  }),
];
