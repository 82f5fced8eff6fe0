// What follows the end of a connection: a next attempt, or a stop.

import * as assert from "../support/page/assert.mjs";
import { journal, next, opened, quick, several, test, testWithNewCodes, until } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */
/** @typedef {import("./test.mjs").SessionOptions} SessionOptions */

/**
 * How a session ends if its server closes the first connection in this way.
 *
 * @param {Context} context
 * @param {string} end
 * @param {SessionOptions | Record<string, unknown>} [options]
 */
async function stopReason({ create, peer }, end, options) {
  const server = peer(end, "open");
  const session = create(server.url, [], { ...quick, ...options });
  return Promise.race([
    until(session, "stopped").then(({ why }) => why),
    several(session, "open", 2).then(() => "connected again"),
  ]);
}

/**
 * How long a session waits if its shouldReconnectOnClose returns `answer`.
 *
 * @param {Context} context
 * @param {string} end
 * @param {any} answer
 */
async function secondsOf({ create, peer }, end, answer) {
  const options = { jitter: "none", shouldReconnectOnClose: () => answer };
  const session = create(peer(end).url, [], options);
  return Math.round((await until(session, "waiting")).retryIn / 1_000);
}

export default [
  ...["close:1000:", "close:1001:", "close:1012:restart", "close:4000:bye", "drop", "refuse"].map(
    (end) =>
      test(`reconnects after "${end}"`, async ({ create, peer }) => {
        const server = peer(end, "open");
        await until(create(server.url, [], quick), "open");
        await server.log({ attempts: 2 });
      }),
  ),

  test("stops after code 1008", async (context) => {
    assert.equal(await stopReason(context, "close:1008:no"), "policy-violation");
  }),

  test("stops after one of finalCodes, and after no other", async (context) => {
    assert.equal(
      await stopReason(context, "close:4001:", { finalCodes: [4001, 4003] }),
      "final-code",
    );
    assert.equal(
      await stopReason(context, "close:4003:", { finalCodes: new Set([4001, 4003]) }),
      "final-code",
    );
    assert.equal(
      await stopReason(context, "close:4002:", { finalCodes: [4001, 4003] }),
      "connected again",
    );
  }),

  test("calls shouldReconnectOnClose with the properties of the coming close event", async ({
    create,
    peer,
  }) => {
    /** @type {any[]} */
    const events = [];
    const ask = (/** @type {CloseEvent} */ event) => void events.push(event);
    const session = create(peer("close:4000:bye", "open").url, [], {
      ...quick,
      shouldReconnectOnClose: ask,
    });
    const { code, reason, wasClean } = await next(session, "close");
    assert.deepEqual([code, reason, wasClean], [4000, "bye", true]);
    assert.equal(events.length, 1);
    assert.deepEqual([events[0].code, events[0].reason, events[0].wasClean], [4000, "bye", true]);
    assert.deepEqual([events[0].type, events[0] instanceof Event], ["close", true]);
    await until(session, "open");
  }),

  .../** @type {[unknown, string, string][]} */ ([
    [true, "close:4000:", "connected again"],
    [true, "close:1008:", "connected again"],
    [false, "close:4000:", "decided-by-app"],
    [false, "close:1008:", "policy-violation"],
    [0, "close:4000:", "connected again"],
    [1, "close:1008:", "connected again"],
    [-1, "close:4000:", "connected again"],
    [undefined, "close:4000:", "connected again"],
    [undefined, "close:1008:", "policy-violation"],
    [null, "close:4000:", "connected again"],
    [NaN, "close:4000:", "connected again"],
    [Promise.resolve(false), "close:4000:", "connected again"],
  ]).map(([answer, end, expected]) =>
    test(`has ${expected} after ${end} if shouldReconnectOnClose returns ${answer}`, async (context) => {
      assert.equal(
        await stopReason(context, end, { shouldReconnectOnClose: () => answer }),
        expected,
      );
    }),
  ),

  test("waits for the number that shouldReconnectOnClose returns, in addition to the delay", async (context) => {
    assert.equal(await secondsOf(context, "close:4000:", 60_000), 64);
    assert.equal(await secondsOf(context, "close:4000:", 0), 4);
    assert.equal(await secondsOf(context, "close:1008:", true), 4);
  }),

  testWithNewCodes("waits for that number instead of tryAgainLater", async (context) => {
    assert.equal(await secondsOf(context, "close:1013:", 1_000), 5);
    assert.equal(await secondsOf(context, "close:1013:", true), 14);
    assert.equal(await secondsOf(context, "close:1013:", undefined), 14);
  }),

  test("makes no more attempts than maxRetries, whatever shouldReconnectOnClose returns", async ({
    create,
    peer,
  }) => {
    const options = { ...quick, maxRetries: 1, shouldReconnectOnClose: () => true };
    const session = create(peer("close:4000:").url, [], options);
    assert.equal((await until(session, "stopped")).why, "too-many-attempts");
  }),

  test("also calls shouldReconnectOnClose for a failed attempt", async ({ create, peer }) => {
    /** @type {number[]} */
    const codes = [];
    const ask = (/** @type {CloseEvent} */ { code }) => codes.push(code) < 2;
    const session = create(peer("refuse").url, [], { ...quick, shouldReconnectOnClose: ask });
    assert.equal((await until(session, "stopped")).why, "decided-by-app");
    assert.deepEqual(codes, [1006, 1006]);
  }),

  test("does not call shouldReconnectOnClose for ends caused by close and reconnect", async ({
    create,
    peer,
  }) => {
    const session = await opened(
      create(peer().url, [], {
        shouldReconnectOnClose() {
          throw new Error("It was called.");
        },
      }),
    );
    session.reconnect();
    await opened(session);
    session.close();
    await until(session, "stopped");
  }),

  test("does not call shouldReconnectOnClose if the connection is lost while close waits for a Blob", async (context) => {
    const server = context.peer();
    const options = {
      ...quick,
      shouldReconnectOnClose() {
        throw new Error("It was called.");
      },
    };
    const session = await opened(context.create(server.url, [], options));
    const blob = new Blob(["1"]);
    blob.arrayBuffer = () => new Promise(() => {}); // never read
    session.send(blob);
    session.close();
    await server.drop();
    assert.equal((await until(session, "stopped")).why, "closed-by-app");
  }),

  test("makes its own decision if shouldReconnectOnClose throws, and reports that", async (context) => {
    const { create, peer } = context;
    const error = new Error("undecided");
    const reported = context.nextReport();
    const shouldReconnectOnClose = () => {
      throw error;
    };
    const session = create(peer("close:4000:", "open").url, [], {
      ...quick,
      shouldReconnectOnClose,
    });
    const lines = journal(session);
    assert.equal(await reported, error);
    await opened(session);
    assert.ok(lines.includes('close 4000 "" clean'), `${lines}`);
  }),

  test("may be closed, and reconnected, inside shouldReconnectOnClose", async ({
    create,
    peer,
  }) => {
    for (const [act, expected] of /** @type {["close" | "reconnect", string][]} */ ([
      ["close", "stopped"],
      ["reconnect", "open"],
    ])) {
      const session = create(peer("close:4000:", "open").url, [], {
        minReconnectionDelay: 3_600_000,
        maxReconnectionDelay: 3_600_000,
        shouldReconnectOnClose: () => session[act](),
      });
      const lines = journal(session);
      await opened(session);
      await next(session, "close");
      await until(session, /** @type {any} */ (expected));
      assert.equal(lines.filter((line) => line.startsWith("close")).length, 1, act);
    }
  }),
];
