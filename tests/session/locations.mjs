// Where a session connects to: one URL, several, or the result of a function.

import * as assert from "../support/page/assert.mjs";
import { journal, next, opened, quick, test, until } from "./test.mjs";

/** A URL that only C++ refuses. */
const tooLong = `ws://127.0.0.1:9/${"x".repeat(65_536)}`;

/**
 * Returns a different answer on each call.
 *
 * @param {(() => any)[]} answers the last one repeats
 */
function inTurn(...answers) {
  let calls = 0;
  return () => answers[Math.min(calls++, answers.length - 1)]();
}

/** @param {Error} error */
const thrower = (error) => () => {
  throw error;
};

/** A function that answers when the test says so. */
function slow() {
  let reportAsked = () => {};
  /** @type {(answer: unknown) => void} */
  let answer = () => {};
  /** @type {(error: Error) => void} */
  let refuse = () => {};
  const isAsked = new Promise((resolve) => (reportAsked = () => resolve(undefined)));
  const promise = new Promise((resolve, reject) => ([answer, refuse] = [resolve, reject]));
  const ask = () => {
    reportAsked();
    return promise;
  };
  return { ask, isAsked, answer, refuse };
}

export default [
  test("tries the URLs of a list in turn, and starts over after the last", async ({
    create,
    peer,
  }) => {
    const first = peer("refuse", "open");
    const second = peer("refuse");
    const session = await opened(create([first.url, second.url], [], quick));
    assert.equal(session.url, first.url);
    assert.equal((await first.log()).length, 2);
    assert.equal((await second.log()).length, 1);
  }),

  test("skips a URL of the list that it cannot connect to", async ({ create, peer }) => {
    const server = peer();
    const session = create([tooLong, server.url], [], quick);
    const { error } = await next(session, "error");
    assert.equal(error, "url-too-long");
    await opened(session);
    assert.equal(session.url, server.url);
  }),

  test("stops if it can connect to no URL", async ({ create }) => {
    const session = create([tooLong, `${tooLong}y`], [], quick);
    const { why, end } = await until(session, "stopped");
    assert.deepEqual([why, end?.error], ["cannot-connect", "url-too-long"]);
    assert.equal(session.counters.attempts, 2);
  }),

  test("calls a function for the URL before each attempt", async ({ create, peer }) => {
    const server = peer("refuse", "close:4000:", "open");
    let calls = 0;
    const session = create(() => `${server.url}&call=${++calls}`, ["feed"], quick);
    await opened(session);
    await opened(session);
    assert.deepEqual(
      (await server.log()).map(({ query, protocols }) => [query, protocols]),
      [
        ["call=1", "feed"],
        ["call=2", "feed"],
        ["call=3", "feed"],
      ],
    );
    assert.equal(calls, 3);
  }),

  test("waits for a promise of a URL, which may be a URL object", async ({ create, peer }) => {
    const server = peer();
    const { ask, isAsked, answer } = slow();
    const session = create(ask);
    await isAsked;
    assert.equal(session.status.state, "connecting");
    answer(new URL(server.url));
    await opened(session);
    assert.equal(session.url, server.url);
  }),

  test("calls a function for the subprotocols before each attempt", async ({ create, peer }) => {
    const server = peer("refuse", "close:4000:", "close:4000:", "open");
    const offers = inTurn(
      () => ["a", "b"],
      () => Promise.resolve("c"),
      () => null,
      () => [],
    );
    const session = create(server.url, offers, quick);
    await opened(session);
    assert.equal(session.protocol, "c");
    await opened(session);
    assert.equal(session.protocol, "");
    await opened(session);
    assert.deepEqual(
      (await server.log()).map(({ protocols }) => protocols.replace(", ", ",")),
      ["a,b", "c", "", ""],
    );
  }),

  test("tries the URLs of a list in turn when a function returns the subprotocols", async ({
    create,
    peer,
  }) => {
    const [first, second] = [peer("refuse", "open"), peer("refuse")];
    const session = await opened(create([first.url, new URL(second.url)], () => "feed", quick));
    assert.deepEqual([session.url, session.protocol], [first.url, "feed"]);
    assert.equal((await first.log()).length, 2);
    assert.equal((await second.log()).length, 1);
  }),

  test("has the first URL before the first attempt, unless a function returns it", ({ create }) => {
    const [one, two] = ["ws://127.0.0.1:9/one", "ws://127.0.0.1:9/two"];
    const options = { startClosed: true };
    assert.equal(create(one, () => "feed", options).url, one);
    assert.equal(create([one, two], () => "feed", options).url, one);
    assert.equal(create([one, two], "feed", options).url, one);
    assert.equal(create(() => one, "feed", options).url, "");
  }),

  test("throws a SyntaxError for a bad URL when a function returns the subprotocols", ({
    Session,
  }) => {
    for (const url of ["ftp://example.org/", ["ws://127.0.0.1:9/", "ws://"], []])
      assert.throwsDOMException(() => new Session(url, () => "feed"), "SyntaxError");
  }),

  ...[
    { how: "throws", fail: thrower },
    { how: "rejects", fail: (/** @type {Error} */ error) => () => Promise.reject(error) },
  ].flatMap(({ how, fail }) => [
    test(`reports as the cause what the URL's function ${how}, and keeps running`, async ({
      create,
      peer,
    }) => {
      const server = peer();
      const error = new RangeError("no token");
      const session = create(
        inTurn(fail(error), () => server.url),
        [],
        quick,
      );
      const lines = journal(session);
      const event = await next(session, "error");
      assert.equal(event.cause, error);
      await opened(session);
      const end = ["error connection-failed", 'close 0 "" unclean', "waiting"];
      assert.deepEqual(
        withoutCode(lines),
        withoutCode(["connecting", ...end, "connecting", "open", "open"]),
      );
    }),

    test(`reports as the cause what the subprotocols' function ${how}, and keeps running`, async ({
      create,
      peer,
    }) => {
      const error = new RangeError("no token");
      const session = create(
        peer().url,
        inTurn(fail(error), () => "feed"),
        quick,
      );
      const event = await next(session, "error");
      assert.equal(event.cause, error);
      assert.equal(event.error, "connection-failed");
      await opened(session);
      assert.equal(session.protocol, "feed");
    }),
  ]),

  test("reports a cause only with its own attempt", async ({ create, peer }) => {
    const session = create(
      inTurn(thrower(new Error("once")), () => peer("refuse").url),
      [],
      quick,
    );
    assert.equal(String((await next(session, "error")).cause), "Error: once");
    assert.equal((await next(session, "error")).cause, undefined);
  }),

  test("stops if the answer is not a URL, and reports the reason as the cause", async ({
    create,
  }) => {
    const session = create(() => "ftp://example.org/", [], quick);
    const { error, cause } = await next(session, "error");
    assert.equal(error, "invalid-url");
    assert.equal(/** @type {DOMException} */ (cause).name, "SyntaxError");
    assert.equal((await until(session, "stopped")).why, "cannot-connect");
  }),

  ...["a b", "", ["a", "a"], "a,b", ["a", ""]].map((answer) =>
    test(`stops if the answer is not a subprotocol: ${JSON.stringify(answer)}`, async ({
      create,
      peer,
    }) => {
      const server = peer();
      const session = create(server.url, () => answer, quick);
      const { why, end } = await until(session, "stopped");
      assert.deepEqual([why, end?.error], ["cannot-connect", "invalid-protocol"]);
      assert.equal((await server.log()).length, 0);
    }),
  ),

  ...[
    { options: {}, milliseconds: 10_000 },
    { options: { endpointTimeout: 60_000 }, milliseconds: 60_000 },
  ].map(({ options, milliseconds }) =>
    test(`calls the function again after ${milliseconds} ms without an answer: ${JSON.stringify(options)}`, async (context) => {
      const { create, clock, peer } = context;
      const server = peer();
      const { ask, isAsked } = slow();
      const session = create(
        inTurn(ask, () => server.url),
        [],
        { ...quick, ...options },
      );
      await isAsked;
      const lines = journal(session);
      await clock.advance(milliseconds - 1_000);
      assert.deepEqual(lines, []);
      await Promise.all([until(session, "open"), clock.advance(1_000)]);
      assert.equal(lines[0], "error connection-timed-out");
    }),
  ),

  test("ignores an answer that comes too late", async ({ create, clock, peer }) => {
    const late = peer();
    const server = peer();
    const [first, second] = [slow(), slow()];
    const session = create(
      inTurn(first.ask, second.ask, () => server.url),
      [],
      quick,
    );
    await first.isAsked;
    await Promise.all([next(session, "error"), clock.advance(10_000)]);
    await second.isAsked;
    first.answer(late.url);
    await Promise.all([next(session, "error"), clock.advance(10_000)]);
    await until(session, "open");
    assert.equal(session.url, server.url);
    assert.equal((await late.log()).length, 0);
  }),

  test("does not report an earlier function's rejection with a later attempt", async ({
    create,
    clock,
  }) => {
    const [first, second] = [slow(), slow()];
    const session = create(inTurn(first.ask, second.ask), [], quick);
    await first.isAsked;
    await Promise.all([next(session, "error"), clock.advance(10_000)]);
    await second.isAsked;
    first.refuse(new Error("late"));
    const [{ error, cause }] = await Promise.all([next(session, "error"), clock.advance(10_000)]);
    assert.deepEqual([error, cause], ["connection-timed-out", undefined]);
  }),

  test("does not connect if the answer comes after close", async ({ create, peer, clock }) => {
    const server = peer();
    const { ask, isAsked, answer } = slow();
    const session = create(ask);
    await isAsked;
    session.close();
    answer(server.url);
    await until(session, "stopped");
    await clock.advance(60_000);
    assert.equal((await server.log()).length, 0);
  }),
];

/**
 * Engines have no common close code for an attempt that failed before it started.
 *
 * @param {string[]} lines
 */
function withoutCode(lines) {
  return lines.map((line) => line.replace(/^close \d+/, "close"));
}
