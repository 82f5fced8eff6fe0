// How much a session queues, and what happens to a message that has no room.

import * as assert from "../support/page/assert.mjs";
import { bytesOf, journal, next, opened, several, test, until } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */

/**
 * A session that does not connect yet.
 *
 * @param {Context} context
 * @param {import("./test.mjs").SessionOptions} [options]
 */
function closed({ create, peer }, options) {
  const server = peer();
  return { server, session: create(server.url, [], { startClosed: true, ...options }) };
}

export default [
  test("drops the newest by default if there is no room, and reports it", async (context) => {
    const { session, server } = closed(context, { maxEnqueuedMessages: 2 });
    const lines = journal(session);
    const results = ["one", "two", "three"].map((text) => session.send(text));
    assert.deepEqual(results.map(({ delivery, id }) => [delivery, id]), [["kept", 1], ["kept", 2], ["dropped", 0]]); // prettier-ignore
    await next(session, "drop");
    assert.deepEqual(lines, ["drop three 0"]);
    session.reconnect();
    assert.deepEqual(await server.messages(2), ["one", "two"]);
    assert.equal(session.counters.outboxDropped, 1);
  }),

  test("returns a dropped message unchanged", async (context) => {
    const { session } = closed(context, { maxEnqueuedMessages: 0, whenOutboxFull: "drop-newest" });
    const sent = new DataView(new ArrayBuffer(3));
    session.send(sent);
    assert.equal((await next(session, "drop")).data, sent);
  }),

  test("drops the oldest with drop-oldest, and reports their ids and data", async (context) => {
    const { session, server } = closed(context, {
      maxOutboxBytes: 4,
      whenOutboxFull: "drop-oldest",
    });
    session.send(new Uint8Array([1, 2]));
    session.send("bb");
    assert.deepEqual(session.send("ccc"), { delivery: "kept", id: 3 });
    const [first, second] = await several(session, "drop", 2);
    assert.deepEqual(await bytesOf(/** @type {any} */ (first.data)), [1, 2]);
    assert.deepEqual([first.id, second.data, second.id], [1, "bb", 2]);
    session.reconnect();
    assert.deepEqual(await server.messages(1), ["ccc"]);
  }),

  test("throws a QuotaExceededError with refuse, and keeps its messages", async (context) => {
    const { session, server } = closed(context, {
      maxEnqueuedMessages: 1,
      whenOutboxFull: "refuse",
    });
    const lines = journal(session);
    session.send("one");
    const error = /** @type {DOMException} */ (assert.thrownBy(() => session.send("two")));
    assert.equal(error.name, "QuotaExceededError");
    assert.ok(error instanceof DOMException, "a DOMException");
    session.reconnect();
    await until(session, "open");
    assert.equal(session.send("three").delivery, "sent");
    assert.deepEqual(await server.messages(2), ["one", "three"]);
    assert.deepEqual(
      lines.filter((line) => line.startsWith("drop")),
      [],
    );
  }),

  test("with refuse, drops messages sent after a Blob, since send has already returned", async (context) => {
    const { session } = closed(context, { maxEnqueuedMessages: 1, whenOutboxFull: "refuse" });
    session.send(new Blob(["one"]));
    session.send("two");
    const { data, id } = await next(session, "drop");
    assert.deepEqual([data, id], ["two", 0]);
    assert.equal(session.counters.outboxMessages, 1);
  }),

  test("counts text as UTF-8 for maxOutboxBytes, and has room for exactly that many bytes", async (context) => {
    const { session } = closed(context, { maxOutboxBytes: 10 });
    assert.equal(session.send("\u20ac\u20ac\u20ac").delivery, "kept");
    assert.equal(session.send("ab").delivery, "dropped");
    assert.equal(session.send("a").delivery, "kept");
    assert.equal(session.send("").delivery, "kept");
    assert.equal(session.send(new Uint8Array(1)).delivery, "dropped");
    const { outboxMessages, outboxBytes } = session.counters;
    assert.deepEqual([outboxMessages, outboxBytes, session.bufferedAmount], [3, 10, 10]);
  }),

  test("has room for 10 000 messages by default", (context) => {
    const { session } = closed(context);
    const deliveries = Array.from({ length: 10_001 }, () => session.send("").delivery);
    assert.equal(deliveries.indexOf("dropped"), 10_000);
  }),

  test("has room for 1 MiB by default", (context) => {
    const { session } = closed(context);
    assert.equal(session.send(new Uint8Array(1_048_576)).delivery, "kept");
    assert.equal(session.send("x").delivery, "dropped");
  }),

  test("has room for any message if its limits are Infinity", (context) => {
    const { session } = closed(context, {
      maxOutboxBytes: Infinity,
      maxEnqueuedMessages: Infinity,
    });
    for (let i = 0; i < 10_001; ++i) assert.equal(session.send("x".repeat(200)).delivery, "kept");
    assert.equal(session.counters.outboxMessages, 10_001);
  }),

  test("sends messages at once that its limits would not let it queue", async (context) => {
    const { session, server } = closed(context, { maxOutboxBytes: 1, maxEnqueuedMessages: 0 });
    session.reconnect();
    await opened(session);
    await until(session, "open");
    await context.clock.turn();
    assert.equal(session.send("hello").delivery, "sent");
    assert.deepEqual(await server.messages(1), ["hello"]);
  }),
];
