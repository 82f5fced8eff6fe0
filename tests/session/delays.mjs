// How long a session waits before its next attempt: `status.retryIn` when the wait starts.

import * as assert from "../support/page/assert.mjs";
import { next, test, testWithNewCodes, until } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */
/** @typedef {import("./test.mjs").SessionOptions} SessionOptions */

/**
 * The first delays of a session whose connections are all cut early. (Chromium itself delays
 * attempts when many have failed.)
 *
 * @param {Context} context
 * @param {number} count
 * @param {SessionOptions} options
 * @param {number} [unit] for rounding, since part of a delay has passed when it is read
 */
async function delaysOf({ create, peer }, count, options, unit = 100) {
  const session = create(peer("close:4000:").url, [], options);
  const delays = [];
  for (let i = 0; i < count; ++i) {
    const { retryIn } = await until(session, "waiting");
    delays.push(Math.round(retryIn / unit) * unit);
    session.retryNow();
    await until(session, "connecting");
  }
  return delays;
}

/** @param {number[]} delays */
const areDifferent = (delays) => new Set(delays).size > delays.length / 2;

export default [
  test("waits 4, 8, 16, and at most 30 seconds by default, apart from jitter", async (context) => {
    assert.deepEqual(
      await delaysOf(context, 5, { jitter: "none" }),
      [4_000, 8_000, 16_000, 30_000, 30_000],
    );
  }),

  test("waits as its options for delays say", async (context) => {
    const options = { backoffBase: 1_000, backoffCap: 20_000, backoffFactor: 3 };
    const delays = await delaysOf(context, 5, { ...options, jitter: "none" });
    assert.deepEqual(delays, [1_000, 3_000, 9_000, 20_000, 20_000]);
  }),

  test("accepts reconnecting-websocket's names for delays, and prefers its own", async (context) => {
    const theirs = {
      minReconnectionDelay: 1_000,
      maxReconnectionDelay: 20_000,
      reconnectionDelayGrowFactor: 3,
    };
    const none = /** @type {const} */ ({ jitter: "none" });
    assert.deepEqual(
      await delaysOf(context, 4, { ...theirs, ...none }),
      [1_000, 3_000, 9_000, 20_000],
    );
    const ours = { backoffBase: 2_000, backoffCap: 10_000, backoffFactor: 4 };
    assert.deepEqual(
      await delaysOf(context, 3, { ...theirs, ...ours, ...none }),
      [2_000, 8_000, 10_000],
    );
  }),

  test("starts with maxReconnectionDelay if only that is given, and is short", async (context) => {
    const delays = await delaysOf(context, 2, { maxReconnectionDelay: 1_000, jitter: "none" });
    assert.deepEqual(delays, [1_000, 1_000]);
  }),

  test("starts with 4 seconds if only maxReconnectionDelay is given, and is long", async (context) => {
    const delays = await delaysOf(context, 2, { maxReconnectionDelay: 5_000, jitter: "none" });
    assert.deepEqual(delays, [4_000, 5_000]);
  }),

  test("waits at least minReconnectionDelay, even if maxReconnectionDelay is less", async (context) => {
    const options = {
      minReconnectionDelay: 2_000,
      maxReconnectionDelay: 1_000,
      jitter: /** @type {const} */ ("none"),
    };
    assert.deepEqual(await delaysOf(context, 2, options), [2_000, 2_000]);
  }),

  ...[
    { jitter: undefined, least: () => 0, most: (/** @type {number} */ bound) => bound },
    { jitter: "full", least: () => 0, most: (/** @type {number} */ bound) => bound },
    {
      jitter: "equal",
      least: (/** @type {number} */ bound) => bound / 2,
      most: (/** @type {number} */ bound) => bound,
    },
  ].map(({ jitter, least, most }) =>
    test(`draws a new value for each delay with the jitter ${jitter}, within its bounds`, async (context) => {
      const options = /** @type {SessionOptions} */ ({
        jitter,
        reconnectionDelayGrowFactor: 1,
        seed: 7,
      });
      const delays = await delaysOf(context, 8, options);
      for (const delay of delays)
        assert.ok(delay >= least(4_000) && delay <= most(4_000), `${delays}`);
      assert.ok(areDifferent(delays), `${delays}`);
      const isLow = delays.some((delay) => delay < (least(4_000) + most(4_000)) / 2);
      assert.ok(isLow, `${delays}`);
    }),
  ),

  test("draws each delay between the first bound and three times the last one with decorrelated", async (context) => {
    const delays = await delaysOf(context, 8, {
      jitter: "decorrelated",
      maxReconnectionDelay: 1e9,
      seed: 5,
    });
    for (const [index, delay] of delays.entries()) {
      const most = 3 * (delays[index - 1] ?? 4_000) + 300;
      assert.ok(delay >= 4_000 && delay <= most, `${delays}`);
    }
    assert.ok(areDifferent(delays), `${delays}`);
  }),

  test("waits for the same times with the same seed, and for others with another", async (context) => {
    const first = await delaysOf(context, 4, { seed: 1 });
    assert.deepEqual(await delaysOf(context, 4, { seed: 1 }), first);
    assert.ok(String(await delaysOf(context, 4, { seed: 2 })) !== String(first), `${first}`);
  }),

  test("waits for different times than the next session without a seed", async (context) => {
    const first = await delaysOf(context, 4, {});
    assert.ok(String(await delaysOf(context, 4, {})) !== String(first), `${first}`);
  }),

  test("makes the attempt when the time is over, and not before", async ({
    create,
    clock,
    peer,
  }) => {
    const server = peer("refuse");
    const session = create(server.url, [], { jitter: "none" });
    await until(session, "waiting");
    await clock.advance(3_000);
    assert.equal((await server.log()).length, 1);
    const { retryIn } = session.status;
    assert.ok(retryIn > 0 && retryIn <= 1_000, `${retryIn}`);
    await Promise.all([next(session, "error"), clock.advance(1_000)]);
    assert.equal((await server.log()).length, 2);
  }),

  test("resets its delays after a connection that lasted for minUptime", async ({
    create,
    clock,
    peer,
  }) => {
    const server = peer("refuse", "open", "refuse");
    const session = create(server.url, [], { jitter: "none" });
    await until(session, "waiting");
    session.retryNow();
    await until(session, "open");
    await clock.advance(5_000);
    await server.close(4000);
    const { retryIn, attempt } = await until(session, "waiting");
    assert.deepEqual([Math.round(retryIn / 1_000), attempt], [4, 1]);
  }),

  ...[
    { options: {}, milliseconds: 3_000 },
    { options: { minUptime: 60_000 }, milliseconds: 50_000 },
  ].map(({ options, milliseconds }) =>
    test(`continues with its delays after ${milliseconds} ms: ${JSON.stringify(options)}`, async (context) => {
      const { create, clock, peer } = context;
      const server = peer("refuse", "open", "refuse");
      const session = create(server.url, [], { jitter: "none", ...options });
      await until(session, "waiting");
      session.retryNow();
      await until(session, "open");
      await clock.advance(milliseconds);
      await server.close(4000);
      const { retryIn, attempt } = await until(session, "waiting");
      assert.deepEqual([Math.round(retryIn / 1_000), attempt], [8, 2]);
    }),
  ),

  testWithNewCodes("waits tryAgainLater in addition, after code 1013", async ({ create, peer }) => {
    for (const [options, seconds] of /** @type {[SessionOptions, number][]} */ ([
      [{}, 14],
      [{ tryAgainLater: 90_000 }, 94],
      [{ tryAgainLater: 0 }, 4],
    ])) {
      const session = create(peer("close:1013:").url, [], { jitter: "none", ...options });
      assert.equal(Math.round((await until(session, "waiting")).retryIn / 1_000), seconds);
    }
  }),

  test("waits as the close reason says with retryHint, and as long as maxRetryHint", async ({
    create,
    peer,
  }) => {
    for (const [script, options, seconds] of /** @type {[string, SessionOptions, number][]} */ ([
      ["close:4000:retry after 30", {}, 4],
      ["close:4000:retry after 30", { retryHint: true }, 34],
      ["close:4000:later", { retryHint: true }, 4],
      ["close:4000:retry after 3600", { retryHint: true }, 304],
      ["close:4000:retry after 3600", { retryHint: true, maxRetryHint: 60_000 }, 64],
    ])) {
      const session = create(peer(script).url, [], { jitter: "none", ...options });
      assert.equal(Math.round((await until(session, "waiting")).retryIn / 1_000), seconds, script);
    }
  }),

  testWithNewCodes(
    "waits as the close reason says instead of tryAgainLater",
    async ({ create, peer }) => {
      const session = create(peer("close:1013:7").url, [], { jitter: "none", retryHint: true });
      assert.equal(Math.round((await until(session, "waiting")).retryIn / 1_000), 11);
    },
  ),

  test("makes as many attempts after an end as maxRetries says, and says why it stops", async ({
    create,
    peer,
  }) => {
    for (const maxRetries of [0, 1, 3]) {
      const server = peer("refuse");
      const session = create(server.url, [], {
        jitter: "none",
        minReconnectionDelay: 1,
        maxRetries,
      });
      const { why, attempt } = await until(session, "stopped");
      assert.deepEqual([why, attempt], ["too-many-attempts", maxRetries]);
      assert.equal((await server.log()).length, maxRetries + 1);
    }
  }),

  test("resets the count for maxRetries after a connection that lasted for minUptime", async ({
    create,
    peer,
  }) => {
    const server = peer("refuse", "close:4000:", "refuse");
    const options = { jitter: "none", minReconnectionDelay: 1, maxRetries: 1, minUptime: 0 };
    await until(create(server.url, [], options), "stopped");
    assert.equal((await server.log()).length, 3);
  }),

  test("retries forever by default, after any number of attempts and for days", async (context) => {
    const { create, clock, peer } = context;
    const day = 86_400_000;
    const options = { jitter: "none", minReconnectionDelay: day, maxReconnectionDelay: day };
    const session = create(peer("close:4000:").url, [], options);
    for (let attempt = 1; attempt <= 30; ++attempt) {
      assert.equal((await until(session, "waiting")).attempt, attempt);
      await clock.advance(day);
    }
  }),

  test("makes no attempt later than giveUpAfter, and says why it stops", async (context) => {
    const { create, clock, peer } = context;
    const server = peer("refuse");
    const session = create(server.url, [], { jitter: "none", giveUpAfter: 15_000 });
    await until(session, "waiting");
    await Promise.all([next(session, "error"), clock.advance(4_000)]);
    const stopped = until(session, "stopped");
    await clock.advance(8_000);
    assert.equal((await stopped).why, "deadline"); // the third would be made after 28 seconds
    assert.equal((await server.log()).length, 3);
  }),

  ...[
    { options: {}, milliseconds: 30_000 },
    { options: { connectionTimeout: 2_000 }, milliseconds: 2_000 },
  ].map(({ options, milliseconds }) =>
    test(`gives up an attempt after ${milliseconds} ms: ${JSON.stringify(options)}`, async (context) => {
      const { create, clock, peer } = context;
      const server = peer("hang");
      const session = create(server.url, [], options);
      await server.log({ attempts: 1 });
      await clock.advance(milliseconds - 1_000);
      assert.equal(session.status.state, "connecting");
      await Promise.all([until(session, "waiting"), clock.advance(1_000)]);
      assert.equal(session.status.end?.error, "connection-timed-out");
    }),
  ),
];
