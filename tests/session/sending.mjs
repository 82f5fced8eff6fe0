// `send` and `sendNow`: which messages are sent, in which order, and which events they cause.

import * as assert from "../support/page/assert.mjs";
import {
  bytesOf,
  journal,
  nameOfThrown,
  next,
  opened,
  Peer,
  quick,
  received,
  several,
  test,
  testInNode,
  testInPage,
  until,
} from "./test.mjs";

const texts = [
  "",
  "hello",
  "a\0b",
  "\u{1F600}\u{10FFFF}",
  "\u20ac".repeat(1000),
  "x".repeat(70_000),
];
const bytes = new Uint8Array([0, 1, 127, 128, 255]);

/** @type {[string, () => any, number[]][]} */
const binaries = [
  ["an ArrayBuffer", () => bytes.slice().buffer, [...bytes]],
  ["an empty ArrayBuffer", () => new ArrayBuffer(0), []],
  ["a detached ArrayBuffer", () => detached(), []],
  ["a view of part of its buffer", () => bytes.subarray(1, 3), [1, 127]],
  ["a view with wider elements", () => new Uint16Array([256, 1]), [0, 1, 1, 0]],
  ["a DataView", () => new DataView(bytes.slice().buffer, 3), [128, 255]],
  ["a Blob", () => new Blob([bytes]), [...bytes]],
];

function detached() {
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

/** A Blob whose reading ends when the test says so. */
function slowBlob(/** @type {BlobPart} */ part) {
  const blob = new Blob([part]);
  let finish = () => {};
  const isToBeRead = new Promise((resolve) => (finish = () => resolve(undefined)));
  const read = blob.arrayBuffer.bind(blob);
  blob.arrayBuffer = () => isToBeRead.then(read);
  return { blob, finish };
}

export default [
  test("queues messages before there is a connection, and sends them in order", async ({
    create,
    clock,
    peer,
  }) => {
    const server = peer();
    const session = create(server.url);
    assert.deepEqual(session.send("one"), { delivery: "kept", id: 1 });
    assert.deepEqual(session.send(new Uint8Array([2, 2])), { delivery: "kept", id: 2 });
    assert.deepEqual(session.send("three"), { delivery: "kept", id: 3 });
    assert.equal(session.bufferedAmount, 10);
    assert.deepEqual(await server.messages(3), ["one", "bytes 2,2", "three"]);
    while (session.bufferedAmount > 0) await clock.turn(); // Firefox reports this later
  }),

  test("reports a message that is sent at once as sent, without an id", async ({
    create,
    peer,
  }) => {
    const server = peer();
    const session = await opened(create(server.url));
    await until(session, "open");
    assert.deepEqual(session.send("now"), { delivery: "sent", id: 0 });
    assert.deepEqual(await server.messages(1), ["now"]);
  }),

  test("sends messages from a listener of open after queued ones", async ({ create, peer }) => {
    const server = peer();
    const session = create(server.url);
    session.onopen = () => session.send("second");
    session.send("first");
    assert.deepEqual(await server.messages(2), ["first", "second"]);
  }),

  test("queues messages while it waits, and sends them on the next connection", async ({
    create,
    peer,
    clock,
  }) => {
    const server = peer("close:4000:", "open");
    const session = create(server.url);
    await until(session, "waiting");
    assert.equal(session.send("later").delivery, "kept");
    await clock.advance(4_000);
    await until(session, "open");
    assert.deepEqual((await server.log({ messages: 1 }))[1].messages, ["later"]);
  }),

  test("sends no message twice without acknowledgement", async ({ create, peer }) => {
    const server = peer();
    const session = create(server.url, [], quick);
    session.send("once");
    await server.messages(1);
    await Promise.all([opened(session), server.drop()]);
    session.send("again");
    assert.deepEqual(await server.messages(2), ["once", "again"]);
  }),

  test("sends and receives text exactly", async ({ create, peer }) => {
    const session = await opened(create(peer("echo").url));
    const messages = received(session, texts.length + 1);
    for (const text of texts) session.send(text);
    session.send("a\ud800b");
    assert.deepEqual(await messages, [...texts, "a\ufffdb"]);
  }),

  testInPage("keeps a leading byte order mark, which Node strips", async ({ create, peer }) => {
    const session = create(peer("echo").url);
    const messages = received(session, 1);
    session.send("\ufeffbom");
    assert.deepEqual(await messages, ["\ufeffbom"]);
  }),

  test("keeps queued text exact, too", async ({ create, peer }) => {
    const session = create(peer("echo").url);
    const messages = received(session, texts.length);
    for (const text of texts) session.send(text);
    assert.deepEqual(await messages, texts);
  }),

  ...binaries.map(([what, make, expected]) =>
    test(`sends ${what}`, async ({ create, peer }) => {
      const server = peer();
      const session = create(server.url);
      session.send(make());
      assert.deepEqual(await server.messages(1), [`bytes ${expected}`]);
    }),
  ),

  test("sends the text that a value converts to", async ({ create, peer }) => {
    const server = peer();
    const session = /** @type {any} */ (create(server.url));
    for (const value of [null, undefined, 42, { toString: () => "object" }]) session.send(value);
    assert.deepEqual(await server.messages(4), ["null", "undefined", "42", "object"]);
  }),

  test("copies bytes when they are sent", async ({ create, peer }) => {
    const server = peer();
    const session = create(server.url);
    const { blob, finish } = slowBlob("first");
    const changing = new Uint8Array([1]);
    session.send(changing);
    session.send(blob);
    session.send(changing);
    changing[0] = 2;
    finish();
    assert.deepEqual(await server.messages(3), ["bytes 1", "bytes 102,105,114,115,116", "bytes 1"]);
  }),

  test("sends a Blob in its turn, even if it is slow to read", async ({ create, peer }) => {
    const server = peer();
    const session = create(server.url);
    const { blob, finish } = slowBlob("2");
    session.send("1");
    assert.deepEqual(session.send(blob), { delivery: "kept", id: 0 });
    session.send("3");
    session.send(new Blob(["4"]));
    session.send("5");
    assert.equal(session.bufferedAmount, 5);
    await until(session, "open");
    assert.deepEqual(session.send("6"), { delivery: "kept", id: 0 });
    assert.deepEqual(session.send(new Blob(["7"])), { delivery: "kept", id: 0 });
    finish();
    assert.deepEqual(await server.messages(7), [
      "1",
      "bytes 50",
      "3",
      "bytes 52",
      "5",
      "6",
      "bytes 55",
    ]);
    assert.equal(session.counters.bytesSent, 7);
  }),

  test("sends a Blob in its turn while it is open, and before it closes", async ({
    create,
    peer,
  }) => {
    const server = peer();
    const session = await opened(create(server.url));
    await until(session, "open");
    for (const data of ["1", new Blob(["x".repeat(100_000)]), "3", new Blob(["4"])])
      session.send(data);
    assert.equal(session.bufferedAmount, 100_003);
    session.close();
    const [{ messages }] = await server.log({ ends: 1 });
    assert.deepEqual(messages, ["1", `bytes ${Array(100_000).fill(120)}`, "3", "bytes 52"]);
  }),

  {
    ...testInPage("sends a Blob unread while it is open", async ({ create, peer }) => {
      const server = peer();
      const session = await opened(create(server.url));
      await until(session, "open");
      const { blob } = slowBlob("abc");
      assert.deepEqual(session.send(blob), { delivery: "sent", id: 0 });
      assert.deepEqual(session.send("next"), { delivery: "sent", id: 0 });
      assert.equal(session.counters.bytesSent, 7);
      assert.deepEqual(await server.messages(2), ["bytes 97,98,99", "next"]);
    }),
    notIn: { webkit: "WebKit lets the Close frame overtake a Blob, so the session reads it" },
  },

  test("sends in order across a lost connection, with or without the outbox", async ({
    create,
    peer,
  }) => {
    const server = peer();
    const session = await opened(create(server.url, [], quick));
    session.send("1");
    await server.messages(1);
    const { blob, finish } = slowBlob("2");
    session.onclose = () => {
      session.send(blob);
      session.send("3");
    };
    session.onopen = () => session.send("4");
    await Promise.all([opened(session), server.drop()]);
    session.onclose = session.onopen = null;
    session.send(bytes);
    finish();
    await server.messages(5);
    assert.equal(session.send("6").delivery, "sent");
    assert.deepEqual(await server.messages(6), ["1", "bytes 50", "3", "4", `bytes ${bytes}`, "6"]);
  }),

  test("counts the bytes it sends and receives, of text as UTF-8", async ({ create, peer }) => {
    const session = await opened(create(peer("echo").url));
    await until(session, "open");
    const long = `${"\u{1F600}\u20ac\u00e9a".repeat(10_000)}`;
    const messages = received(session, 5);
    for (const data of ["short", "\u00e9", long, bytes, new ArrayBuffer(0)]) session.send(data);
    await messages;
    const { bytesSent, bytesReceived, messagesSent, messagesReceived } = session.counters;
    assert.deepEqual([bytesSent, messagesSent], [100_012, 5]);
    assert.deepEqual([bytesReceived, messagesReceived], [100_012, 5]);
  }),

  test("counts messages that wait for a Blob as bytes", async ({ create }) => {
    const session = create("ws://127.0.0.1:9/", [], { startClosed: true });
    session.send(slowBlob("abc").blob);
    session.send("\u20ac");
    session.send(new Uint16Array(2));
    assert.equal(session.bufferedAmount, 10);
  }),

  test("drops a Blob that cannot be read, reports it, and sends later messages", async ({
    create,
    peer,
  }) => {
    const server = peer();
    const session = create(server.url);
    const blob = new Blob(["gone"]);
    blob.arrayBuffer = () => Promise.reject(new DOMException("", "NotReadableError"));
    session.send(blob);
    session.send("next");
    const { data, id } = await next(session, "drop");
    assert.equal(data, blob);
    assert.equal(id, 0);
    assert.deepEqual(await server.messages(1), ["next"]);
  }),

  test("sends messages that wait for a Blob before it closes", async ({ create, peer }) => {
    const server = peer();
    const session = create(server.url);
    const { blob, finish } = slowBlob("1");
    session.send(blob);
    session.send("2");
    await opened(session);
    assert.equal(
      nameOfThrown(() => session.close(1001)),
      "InvalidAccessError",
    );
    session.close(4000, "done");
    assert.equal(session.readyState, 2);
    session.close(4001);
    assert.equal(
      nameOfThrown(() => session.reconnect(1001)),
      "InvalidAccessError",
    );
    assert.equal(
      nameOfThrown(() => session.sendNow("late")),
      "InvalidStateError",
    );
    assert.deepEqual(session.send("late"), { delivery: "dropped", id: 0 });
    const { data } = await next(session, "drop");
    assert.equal(data, "late");
    finish();
    const [{ messages, end }] = await server.log({ ends: 1 });
    assert.deepEqual([messages, end], [["bytes 49", "2"], { code: 4000, reason: "done" }]);
    assert.equal((await until(session, "stopped")).why, "closed-by-app");
  }),

  test("gets no message after close, even while messages that wait for a Blob are unsent", async ({
    create,
    peer,
  }) => {
    const server = peer("echo");
    const session = create(server.url);
    const { blob, finish } = slowBlob("1");
    const lines = journal(session);
    session.send("before");
    session.send(blob);
    await opened(session);
    session.close();
    await server.messages(1);
    await server.send("after");
    finish();
    await until(session, "stopped");
    assert.deepEqual(
      lines.filter((line) => line.startsWith("message")),
      [],
    );
  }),

  test("reconnects if reconnect is called while it reads a Blob that was sent before close", async (context) => {
    const server = context.peer();
    const session = context.create(server.url, [], quick);
    const { blob, finish } = slowBlob("1");
    session.send(blob);
    await opened(session);
    session.close(4000);
    session.reconnect();
    await opened(session);
    finish();
    assert.deepEqual(await server.messages(1), ["bytes 49"]);
    assert.equal(session.readyState, 1);
  }),

  test("stops if its connection is lost while messages that wait for a Blob are to be sent before close", async (context) => {
    const server = context.peer();
    const session = context.create(server.url, [], quick);
    session.send(slowBlob("1").blob);
    await opened(session);
    session.close(4000);
    await server.drop();
    assert.equal((await until(session, "stopped")).why, "closed-by-app");
    assert.equal((await server.log()).length, 1);
  }),

  test("drops messages that wait for a Blob when it is closed without a connection, and reports each once", async (context) => {
    const session = context.create(context.peer("hang").url);
    const { blob, finish } = slowBlob("1");
    session.send(blob);
    session.send("2");
    session.close();
    const lines = journal(session);
    const [first, second] = await (finish(), several(session, "drop", 2));
    assert.deepEqual(await bytesOf(/** @type {any} */ (first.data)), [49]);
    assert.equal(second.data, "2");
    await until(session, "stopped");
    assert.equal(lines.filter((line) => line.startsWith("drop")).length, 2);
  }),

  test("drops a message with keep: false if there is no connection, and reports it", async ({
    create,
    peer,
  }) => {
    const server = peer();
    const session = create(server.url);
    const dropped = next(session, "drop");
    assert.deepEqual(session.send("position", { keep: false }), { delivery: "dropped", id: 0 });
    const { data, id } = await dropped;
    assert.deepEqual([data, id], ["position", 0]);
    session.send("kept", { keep: true });
    assert.deepEqual(await server.messages(1), ["kept"]);
  }),

  test("sends a message with keep: false if there is one, even in a listener of open", async (context) => {
    const { create, peer } = context;
    const server = peer();
    const session = create(server.url, [], { acknowledgement: true });
    session.onopen = () => session.send("2", { keep: false });
    session.send("1");
    await server.messages(2);
    assert.deepEqual(session.send("3", { keep: false }), { delivery: "sent", id: 0 });
    assert.deepEqual(await server.messages(3), ["1", "2", "3"]);
  }),

  test("drops a message with keep: false that its connection did not send", async ({
    create,
    peer,
  }) => {
    const server = peer();
    const session = create(server.url);
    session.addEventListener("open", () => {
      session.send("position", { keep: false });
      session.reconnect();
    }, { once: true }); // prettier-ignore
    const { data, id } = await next(session, "drop");
    assert.deepEqual([data, id], ["position", 0]);
    await until(session, "open");
    session.send("end");
    assert.deepEqual(await server.messages(1), ["end"]);
  }),

  test("drops messages sent after close or once it has stopped, and reports them later", async ({
    create,
    peer,
  }) => {
    const session = await opened(create(peer().url));
    const lines = journal(session);
    session.close();
    assert.deepEqual(session.send("closing"), { delivery: "dropped", id: 0 });
    assert.deepEqual(lines, []);
    await next(session, "drop");
    await until(session, "stopped");
    const view = new Uint8Array([1]);
    assert.deepEqual(session.send(view), { delivery: "dropped", id: 0 });
    const { data } = await next(session, "drop");
    assert.equal(data, view);
    assert.equal(lines[0], "drop closing 0");
  }),

  test("reports the queued messages that close dropped, in order and with ids", async ({
    create,
  }) => {
    const session = create("ws://127.0.0.1:9/", [], { startClosed: true });
    const lines = journal(session);
    session.send("one");
    session.send(new Uint8Array([7, 8]));
    session.close();
    const [, { data }] = await several(session, "drop", 2);
    assert.deepEqual(await bytesOf(/** @type {ArrayBuffer} */ (data)), [7, 8]);
    await until(session, "stopped");
    assert.deepEqual(lines, ["drop one 1", "drop [object ArrayBuffer] 2", "stopped"]);
  }),

  test("sends messages from sendNow before all queued ones", async ({ create, peer }) => {
    const server = peer("open");
    const session = create(server.url, [], quick);
    session.onopen = () => {
      session.send("last");
      session.sendNow("token");
      session.sendNow(new Uint8Array([1]));
    };
    session.send("kept");
    assert.deepEqual(await server.messages(4), ["token", "bytes 1", "kept", "last"]);
    await server.drop();
    assert.deepEqual((await server.log({ messages: 7 }))[1].messages, ["token", "bytes 1", "last"]);
  }),

  test("throws an InvalidStateError for sendNow unless it is open", async ({ create, peer }) => {
    const session = create(peer().url, [], { startClosed: true });
    const sendNow = () => session.sendNow("token");
    assert.throwsDOMException(sendNow, "InvalidStateError");
    session.reconnect();
    assert.throwsDOMException(sendNow, "InvalidStateError");
    await opened(session);
    session.close();
    assert.throwsDOMException(sendNow, "InvalidStateError");
    await until(session, "stopped");
    assert.throwsDOMException(sendNow, "InvalidStateError");
  }),

  test("throws a TypeError for unsupported types, and sends later messages", async ({
    create,
    peer,
  }) => {
    const server = peer();
    const session = /** @type {any} */ (await opened(create(server.url)));
    const wrong = [() => session.send(), () => session.sendNow(), () => session.send(Symbol("x"))];
    wrong.push(() => session.sendNow(new Blob(["x"])));
    // @ts-ignore: older than ES2024
    for (const buffer of [new ArrayBuffer(1, { maxByteLength: 2 }), ...sharedBuffers()]) {
      wrong.push(
        () => session.send(buffer),
        () => session.send(new Uint8Array(buffer)),
      );
      wrong.push(() => session.sendNow(buffer));
    }
    for (const call of wrong) assert.equal(nameOfThrown(call), "TypeError", String(call));
    session.send("fine");
    assert.deepEqual(await server.messages(1), ["fine"]);
  }),

  test("delivers binary messages as a Blob, or as an ArrayBuffer if binaryType says so", async ({
    create,
    peer,
  }) => {
    const server = peer();
    const session = await opened(create(server.url));
    assert.equal(session.binaryType, "blob");
    await until(session, "open");
    let messages = received(session, 1);
    await server.sendBytes(1, 2);
    const [blob] = await messages;
    assert.ok(blob instanceof Blob, "a Blob");
    assert.deepEqual(await bytesOf(blob), [1, 2]);

    session.binaryType = "arraybuffer";
    assert.equal(session.binaryType, "arraybuffer");
    messages = received(session, 1);
    await server.sendBytes();
    const [buffer] = await messages;
    assert.ok(buffer instanceof ArrayBuffer, "an ArrayBuffer");
    assert.equal(buffer.byteLength, 0);
  }),

  test("keeps its binaryType across connections, and ignores invalid values", async ({
    create,
    peer,
  }) => {
    const server = peer("close:4000:", "open");
    const session = /** @type {any} */ (create(server.url, [], quick));
    session.binaryType = "arraybuffer";
    session.binaryType = "nodebuffer";
    assert.equal(session.binaryType, "arraybuffer");
    await opened(session);
    await opened(session);
    const messages = received(session, 1);
    await server.sendBytes(3);
    assert.deepEqual(await bytesOf((await messages)[0]), [3]);
    assert.equal(session.binaryType, "arraybuffer");
    session.binaryType = "blob";
    assert.equal(session.binaryType, "blob");
  }),

  test("includes in a message where it came from", async ({ create, peer, server }) => {
    const from = peer();
    const session = await opened(create(from.url));
    const message = next(session, "message");
    await from.send("hello");
    const event = await message;
    assert.ok(event instanceof MessageEvent, "a MessageEvent");
    assert.equal(event.origin, server);
  }),

  testInNode(
    "reports a message's origin even after it reconnected to another server",
    async ({ create, peer }) => {
      const { startSessionServer } = await import("./server.mjs");
      const other = await startSessionServer();
      try {
        const there = new Peer(other.ws);
        const session = create([peer("close:4000:").url, there.url], [], quick);
        await several(session, "open", 2);
        const message = next(session, "message");
        await there.send("hello");
        assert.equal((await message).origin, other.ws);
        await there.end();
      } finally {
        await other.close();
      }
    },
  ),
];

/** Not every page has it. */
function sharedBuffers() {
  return globalThis.SharedArrayBuffer ? [new SharedArrayBuffer(1)] : [];
}
