// `copyOutbox`, `takeOutbox` and `restoreOutbox`: the outbox is stored, or moves to another
// session.

import * as assert from "../support/page/assert.mjs";
import { journal, nameOfThrown, opened, quick, test, until } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */
/** @typedef {import("./test.mjs").SessionOptions} SessionOptions */

const idle = { ...quick, start: "later" };
const hour = 3_600_000;

/**
 * @param {number} id
 * @param {string | Uint8Array<ArrayBuffer>} data
 */
const kept = (id, data, wasSent = false) => ({ id, data, wasSent });

/**
 * A session with two messages that has not started.
 *
 * @param {Context} context
 * @param {SessionOptions} [options]
 */
function withTwo({ create, peer }, options) {
  const server = peer();
  const session = create(server.url, [], { ...idle, ...options });
  session.send("one");
  session.send(new Uint8Array([0, 255]));
  return { session, server };
}

const two = ["1 one", "2 bytes 0,255"];

/**
 * Such as "1 one", "2 bytes 0,255", or "3 three sent" if it was sent.
 *
 * @param {import("../../js/session.js").KeptMessage[]} messages
 */
function shown(messages) {
  return messages.map(({ id, data, wasSent }) => {
    const text = data instanceof Uint8Array ? `bytes ${data}` : data;
    return `${id} ${text}${wasSent ? " sent" : ""}`;
  });
}

export default [
  test("copies the outbox, which keeps its messages", async (context) => {
    const { session, server } = withTwo(context);
    assert.deepEqual(shown(session.copyOutbox()), two);
    session.reconnect();
    assert.deepEqual(await server.messages(2), ["one", "bytes 0,255"]);
    assert.deepEqual(session.copyOutbox(), []);
  }),

  test("takes all messages of the outbox, and drops none", async (context) => {
    const { session, server } = withTwo(context);
    const lines = journal(session);
    assert.deepEqual(shown(session.takeOutbox()), two);
    assert.deepEqual(session.takeOutbox(), []);
    const { outboxMessages, outboxBytes, outboxDropped } = session.counters;
    assert.deepEqual(
      [outboxMessages, outboxBytes, outboxDropped, session.bufferedAmount],
      [0, 0, 0, 0],
    );
    session.send("three");
    session.reconnect();
    assert.deepEqual(await server.messages(1), ["three"]);
    session.close();
    await until(session, "stopped");
    assert.deepEqual(
      lines.filter((line) => line.startsWith("drop")),
      [],
    );
  }),

  test("returns messages that can be cloned, and that no later message changes", (context) => {
    const { session } = withTwo(context);
    const messages = session.takeOutbox();
    assert.deepEqual(shown(structuredClone(messages)), two);
    assert.equal(/** @type {Uint8Array} */ (messages[1].data).buffer.byteLength, 2);
    for (let i = 0; i < 100; ++i) session.send(new Uint8Array(1000).fill(i));
    assert.deepEqual(shown(messages), two);
  }),

  test("restores text and bytes exactly", async (context) => {
    const { create, peer } = context;
    const server = peer();
    const texts = ["", "a\u0000b", "\ufeffbom", "\u20ac \u{1f600}", "x".repeat(100_000)];
    const bytes = new Uint8Array(256).map((_, index) => index);
    const first = create(server.url, [], idle);
    for (const text of texts) first.send(text);
    first.send(bytes);
    first.send(new Uint8Array());
    const second = create(server.url, [], idle);
    second.restoreOutbox(structuredClone(first.takeOutbox()));
    const expected = [...texts, `bytes ${bytes}`, "bytes "];
    assert.deepEqual(
      shown(second.copyOutbox()),
      expected.map((text, index) => `${index + 1} ${text}`),
    );
    second.reconnect();
    assert.deepEqual(await server.messages(expected.length), expected);
  }),

  test("accepts an ArrayBuffer and any view as bytes", (context) => {
    const session = context.create(context.peer().url, [], idle);
    const { buffer } = new Uint8Array([1, 2, 3, 4]);
    const views = [buffer, new DataView(buffer, 1, 2), new Uint16Array(buffer, 2)];
    session.restoreOutbox(
      /** @type {any} */ (views.map((data, index) => ({ id: index + 1, data }))),
    );
    assert.deepEqual(shown(session.copyOutbox()), [
      "1 bytes 1,2,3,4",
      "2 bytes 2,3",
      "3 bytes 3,4",
    ]);
  }),

  test("moves messages to another session, where they keep their ids and later ids continue", async (context) => {
    const { session, server } = withTwo(context);
    const next = context.create(server.url, [], { ...idle, acknowledgement: true });
    next.restoreOutbox(session.takeOutbox(), session.nextId);
    assert.equal(next.nextId, 3);
    assert.equal(next.send("three").id, 3);
    next.reconnect();
    assert.deepEqual(await server.messages(3), ["one", "bytes 0,255", "three"]);
    assert.equal(next.acknowledge(2), 2);
    assert.deepEqual(shown(next.copyOutbox()), ["3 three sent"]);
  }),

  test("sends restored messages at once on an open connection", async ({ create, peer }) => {
    const server = peer();
    const session = await opened(create(server.url, [], quick));
    await until(session, "open");
    session.restoreOutbox([kept(7, "seven"), kept(9, "nine")]);
    assert.deepEqual(await server.messages(2), ["seven", "nine"]);
    assert.deepEqual([session.nextId, session.counters.outboxMessages], [10, 0]);
  }),

  test("puts restored messages in front of newer ones", async (context) => {
    const { create, peer } = context;
    const server = peer();
    const session = create(server.url, [], idle);
    session.restoreOutbox([], 10);
    assert.equal(session.send("ten").id, 10);
    session.restoreOutbox([kept(8, "eight"), kept(9, "nine")], 3);
    assert.equal(session.nextId, 11);
    session.reconnect();
    assert.deepEqual(await server.messages(3), ["eight", "nine", "ten"]);
  }),

  test("shows which messages the peer may have, even after a lost connection", async (context) => {
    const { create, peer } = context;
    const server = peer();
    const session = create(server.url, [], {
      acknowledgement: true,
      minReconnectionDelay: hour,
      maxReconnectionDelay: hour,
    });
    session.send("one");
    await server.messages(1);
    await Promise.all([until(session, "waiting"), server.drop()]);
    session.send("two");
    const messages = session.takeOutbox();
    assert.deepEqual(shown(messages), ["1 one sent", "2 two"]);
    const other = peer();
    const next = create(other.url, [], { ...idle, acknowledgement: true });
    next.restoreOutbox(messages);
    // Before they are resent: the peer may say on connecting which messages it has.
    assert.deepEqual([next.acknowledge(2), next.acknowledge(1)], [0, 1]);
    next.reconnect();
    assert.deepEqual(await other.messages(1), ["two"]);
  }),

  test("leaves messages with keep: false to their connection", async (context) => {
    const { create, peer } = context;
    const server = peer();
    const session = await opened(create(server.url, [], { ...quick, gate: true }));
    session.send("kept");
    session.send("position", { keep: false });
    assert.deepEqual(shown(session.copyOutbox()), ["1 kept"]);
    assert.deepEqual(shown(session.takeOutbox()), ["1 kept"]);
    session.ready();
    assert.deepEqual(await server.messages(1), ["position"]);
  }),

  test("does not take messages that wait for a Blob, and sends them after the restored ones", async (context) => {
    const { create, peer } = context;
    const server = peer();
    const session = create(server.url, [], idle);
    session.send("one");
    session.send(new Blob(["two"]));
    session.send("three");
    const messages = session.takeOutbox();
    assert.deepEqual(shown(messages), ["1 one"]);
    session.restoreOutbox(messages);
    session.reconnect();
    assert.deepEqual(await server.messages(3), ["one", "bytes 116,119,111", "three"]);
  }),

  test("hands over the outbox of a session that has stopped by itself, and restores none there", async (context) => {
    const { create, peer } = context;
    const session = create(peer("close:1008:").url, [], { ...quick, gate: true });
    session.send("one");
    await until(session, "stopped");
    assert.throwsDOMException(() => session.restoreOutbox([kept(9, "nine")]), "InvalidStateError");
    const messages = session.takeOutbox();
    assert.deepEqual(shown(messages), ["1 one"]);
    const server = peer();
    const next = create(server.url, [], quick);
    next.restoreOutbox(messages);
    assert.deepEqual(await server.messages(1), ["one"]);
  }),

  test("restores nothing after close, even while that waits for a Blob", async ({
    create,
    peer,
  }) => {
    const session = await opened(create(peer().url, [], quick));
    await until(session, "open");
    session.send(new Blob(["x"]));
    session.close();
    const restore = () => session.restoreOutbox([kept(9, "nine")], 20);
    assert.throwsDOMException(restore, "InvalidStateError");
    await until(session, "stopped");
    assert.throwsDOMException(restore, "InvalidStateError");
    session.reconnect();
    await opened(session);
    session.restoreOutbox([kept(8, "eight")]); // nothing was left of the refused one
    assert.equal(session.nextId, 9);
  }),

  test("throws a TypeError for anything but messages, and changes nothing", (context) => {
    const { session } = withTwo(context);
    const restore = (/** @type {any[]} */ ...args) =>
      /** @type {Error} */ (
        assert.thrownBy(() => /** @type {any} */ (session).restoreOutbox(...args))
      );
    const shared = globalThis.SharedArrayBuffer && new Uint8Array(new SharedArrayBuffer(1));
    const bad = [
      [],
      [undefined],
      [null],
      ["text"],
      [{ length: 0 }],
      [[null]],
      [["text"]],
      [new Array(1)],
      ...[undefined, "1", 0, -1, 1.5, NaN, Infinity, 2 ** 53, 1n].map((id) => [[kept(/** @type {any} */ (id), "x")]]),
      ...[undefined, null, 5, {}, new Blob(["x"]), [1], shared ?? {}].map((data) => [[kept(3, /** @type {any} */ (data))]]),
      ...["1", -1, 1.5, NaN, 2 ** 53, null].map((nextId) => [[], nextId]),
      [[kept(3, "good"), kept(4, /** @type {any} */ (5))]],
    ]; // prettier-ignore
    for (const args of bad) {
      const { name, message } = restore(...args);
      assert.equal(name, "TypeError", message);
      assert.ok(message.startsWith("Failed to execute 'restoreOutbox' on 'Session': "), message);
    }
    const { message } = restore([kept(3, "good"), kept(4, /** @type {any} */ (5))]);
    assert.ok(message.endsWith("messages[1].data is neither text nor bytes."), message);
    assert.deepEqual(shown(session.copyOutbox()), two);
    assert.equal(session.nextId, 3);
  }),

  test("throws for ids that do not fit, and changes nothing", (context) => {
    const { session } = withTwo(context);
    const refuses = (/** @type {any[]} */ messages, nextId = 100) =>
      assert.equal(nameOfThrown(() => session.restoreOutbox(messages, nextId)), "ConstraintError"); // prettier-ignore
    refuses([kept(4, "4"), kept(3, "3")]);
    refuses([kept(3, "3"), kept(3, "3")]);
    refuses([kept(1, "1")]);
    refuses([kept(3, "3")]);
    refuses([], 2 ** 51);
    assert.deepEqual(shown(session.copyOutbox()), two);
    const empty = context.create(context.peer().url, [], idle);
    assert.equal(nameOfThrown(() => empty.restoreOutbox([kept(2 ** 51, "x")])), "ConstraintError"); // prettier-ignore
    empty.restoreOutbox([kept(2 ** 51 - 2, "x")]);
    assert.equal(empty.nextId, 2 ** 51 - 1);
  }),

  test("throws a QuotaExceededError if there is no room, whatever whenOutboxFull is, and changes nothing", (context) => {
    for (const whenOutboxFull of /** @type {const} */ (["refuse", "drop-oldest", "drop-newest"])) {
      const session = context.create(context.peer().url, [], {
        ...idle,
        whenOutboxFull,
        maxOutboxBytes: 3,
      });
      const tooMany = [kept(1, "ab"), kept(2, "cd")];
      assert.equal(nameOfThrown(() => session.restoreOutbox(tooMany, 9)), "QuotaExceededError"); // prettier-ignore
      assert.deepEqual([session.copyOutbox(), session.nextId], [[], 1]);
      session.restoreOutbox([kept(1, "ab"), kept(2, "c")]);
      const counted = session.counters;
      assert.deepEqual(
        [counted.outboxMessages, counted.outboxBytes, counted.outboxDropped],
        [2, 3, 0],
      );
    }
  }),
];
