// `heartbeat`: a peer that stops responding is pinged, then dropped.

import * as assert from "../support/page/assert.mjs";
import { bytesOf, journal, next, opened, quick, received, test, until } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */

const isPong = (/** @type {unknown} */ data) => data === "ping";

/**
 * An open session, and its events from then on.
 *
 * @param {Context} context
 * @param {import("../../js/session.js").HeartbeatOptions} [heartbeat]
 * @param {string[]} script
 */
async function openWith({ create, peer }, heartbeat, ...script) {
  const server = peer(...script);
  const session = create(server.url, [], { ...quick, heartbeat });
  await until(session, "open");
  return { server, session, lines: journal(session) };
}

export default [
  test("sends no pings without a heartbeat", async (context) => {
    const { server, session } = await openWith(context);
    await context.clock.advance(3_600_000);
    session.send("end");
    assert.deepEqual(await server.messages(1), ["end"]);
  }),

  ...[
    { heartbeat: {}, interval: 25_000 },
    { heartbeat: { interval: 7_000 }, interval: 7_000 },
  ].map(({ heartbeat, interval }) =>
    test(`pings after receiving nothing for ${interval} ms: ${JSON.stringify(heartbeat)}`, async (context) => {
      const { server, session } = await openWith(context, { ping: "ping", ...heartbeat });
      await context.clock.advance(interval - 2_000);
      session.send("not yet");
      await server.messages(1);
      await context.clock.advance(2_000);
      session.send("too late");
      assert.deepEqual(await server.messages(3), ["not yet", "ping", "too late"]);
    }),
  ),

  test("can ping with bytes", async (context) => {
    const { server } = await openWith(context, { ping: new Uint8Array([9, 0]) });
    await context.clock.advance(25_000);
    assert.deepEqual(await server.messages(1), ["bytes 9,0"]);
  }),

  test("calls a function for each ping, which may return text or bytes", async (context) => {
    let calls = 0;
    const ping = () => (++calls === 1 ? `ping ${calls}` : new Uint8Array([calls]).buffer);
    const { server, session } = await openWith(context, { ping }, "echo");
    await Promise.all([next(session, "message"), context.clock.advance(25_000)]); // the peer has answered
    await context.clock.advance(25_000);
    assert.deepEqual(await server.messages(2), ["ping 1", "bytes 2"]);
  }),

  test("does not count a ping as a sent message", async (context) => {
    const { server, session } = await openWith(context, { ping: "ping" });
    await context.clock.advance(25_000);
    await server.messages(1);
    const { messagesSent, bytesSent } = session.counters;
    assert.deepEqual([messagesSent, bytesSent], [0, 0]);
  }),

  test("hides messages that isPong recognises, and measures the round trip", async (context) => {
    const { server, session, lines } = await openWith(context, { ping: "ping", isPong });
    assert.equal(session.counters.roundTrip, null);
    await context.clock.advance(25_000);
    await server.messages(1);
    await context.clock.skip(40);
    await server.send("ping");
    await Promise.all([received(session, 1), server.send("after")]);
    assert.deepEqual(lines, ["message after"]);
    const { roundTrip, messagesReceived, bytesReceived } = session.counters;
    assert.deepEqual([messagesReceived, bytesReceived], [2, 9]);
    assert.ok(typeof roundTrip === "number" && roundTrip >= 40, `${roundTrip}`);
  }),

  test("passes every message to isPong, binary ones as ArrayBuffer", async (context) => {
    /** @type {unknown[]} */
    const seen = [];
    const see = (/** @type {unknown} */ data) => void seen.push(data);
    const { server, session } = await openWith(context, {
      ping: "ping",
      isPong: /** @type {any} */ (see),
    });
    const messages = received(session, 2);
    await server.send("text");
    await server.sendBytes(5);
    const [, blob] = await messages;
    assert.deepEqual([blob instanceof Blob, await bytesOf(blob)], [true, [5]]);
    assert.equal(seen[0], "text");
    assert.ok(seen[1] instanceof ArrayBuffer && new Uint8Array(seen[1])[0] === 5, "an ArrayBuffer");
  }),

  test("hides no message without isPong", async (context) => {
    const { lines, session } = await openWith(context, { ping: "ping" }, "echo");
    await Promise.all([next(session, "message"), context.clock.advance(25_000)]);
    assert.deepEqual(lines, ["message ping"]);
  }),

  ...[
    { heartbeat: {}, deadline: 10_000 },
    { heartbeat: { deadline: 3_000 }, deadline: 3_000 },
  ].map(({ heartbeat, deadline }) =>
    test(`drops a peer that sends nothing for ${deadline} ms more: ${JSON.stringify(heartbeat)}`, async (context) => {
      const { server, session, lines } = await openWith(
        context,
        { ping: "ping", ...heartbeat },
        "pause",
        "open",
      );
      await context.clock.advance(25_000 + deadline - 1_000);
      assert.deepEqual(lines, []);
      const isOpenAgain = opened(session);
      await context.clock.advance(1_000);
      assert.deepEqual(lines.slice(0, 3), [
        "error connection-timed-out",
        'close 1006 "" unclean',
        "waiting",
      ]);
      await isOpenAgain;
      assert.equal((await server.log()).length, 2);
    }),
  ),

  test("treats any message as a sign of life", async (context) => {
    const { server, session, lines } = await openWith(context, { ping: "ping" });
    for (let i = 0; i < 5; ++i) {
      await context.clock.advance(20_000);
      await Promise.all([next(session, "message"), server.send("news")]);
    }
    await context.clock.advance(26_000);
    await server.messages(1);
    await Promise.all([next(session, "message"), server.send("news")]);
    await context.clock.advance(20_000);
    assert.deepEqual([...new Set(lines)], ["message news"]);
    assert.deepEqual(await server.messages(1), ["ping"]);
  }),

  ...[0, -1].map((interval) =>
    test(`never pings with an interval of ${interval}`, async (context) => {
      const { server, session } = await openWith(context, { ping: "ping", interval });
      await context.clock.advance(3_600_000);
      session.send("end");
      assert.deepEqual(await server.messages(1), ["end"]);
    }),
  ),

  test("only keeps the connection busy with an endless deadline", async (context) => {
    const { lines, server } = await openWith(context, { ping: "ping", deadline: Infinity });
    await context.clock.advance(25_000);
    await server.messages(1);
    await context.clock.advance(60_000);
    assert.deepEqual(lines, []);
  }),

  test("sends no ping if the function that makes one throws, and reports that", async (context) => {
    const error = new Error("no ping");
    let pings = 0;
    const ping = () => {
      if (++pings > 1) throw error;
      return "ping";
    };
    const { session, lines, server } = await openWith(context, { ping }, "echo");
    const reported = context.nextReport();
    await Promise.all([next(session, "message"), context.clock.advance(25_000)]); // the peer has answered
    await context.clock.advance(25_000);
    assert.equal(await reported, error);
    session.send("next");
    assert.deepEqual(await server.messages(2), ["ping", "next"]);
    assert.equal(lines.filter((line) => line.startsWith("error")).length, 0);
  }),

  test("does not drop a peer that was not pinged because the function that makes a ping throws", async (context) => {
    const error = new Error("no ping");
    const ping = () => {
      throw error;
    };
    const { session, lines } = await openWith(context, { ping });
    const reports = [context.nextReport(), context.nextReport(), context.nextReport()];
    await context.clock.advance(85_000);
    for (const report of reports) assert.equal(await report, error);
    assert.deepEqual([session.status.state, lines], ["open", []]);
  }),

  test("hides a message for which isPong throws, reports that, and keeps running", async (context) => {
    const error = new Error("no pong");
    let isFirst = true;
    const isPong = () => {
      if (!isFirst) return false;
      isFirst = false;
      throw error;
    };
    const { session, lines, server } = await openWith(context, { ping: "ping", isPong });
    const reported = context.nextReport();
    await server.send("first");
    assert.equal(await reported, error);
    await Promise.all([next(session, "message"), server.send("second")]);
    assert.deepEqual(lines, ["message second"]);
  }),
];
