// WHATWG WebSockets §3.1, bufferedAmount: the bytes of application data that were queued and, as of
// the start of the task, not transmitted.

import * as assert from "../../support/page/assert.mjs";
import { closed, echo, manyMicrotasks, nextTask, received, until } from "./sockets.mjs";
import { test, testInWindow } from "./test.mjs";

/** @type {[string, () => any, number][]} */
const sizes = [
  ["the bytes of ASCII text", () => "hello", 5],
  ["the bytes of UTF-8, not units of UTF-16", () => "\u00e9\u20ac\u{1F600}", 9],
  ["three bytes for a lone surrogate", () => "\ud800\udc00\ud800", 7],
  ["a byte order mark and a NUL", () => "\ufeff\0", 4],
  ["nothing for empty text", () => "", 0],
  ["the string that a value is converted to", () => null, 4],
  ["the bytes of an ArrayBuffer", () => new ArrayBuffer(7), 7],
  ["nothing for an empty ArrayBuffer", () => new ArrayBuffer(0), 0],
  [
    "the bytes of a view, not those of its buffer",
    () => new Uint8Array(new ArrayBuffer(10), 2, 3),
    3,
  ],
  ["bytes of a view, not its elements", () => new Float64Array(2), 16],
  ["the bytes of a DataView", () => new DataView(new ArrayBuffer(10), 4), 6],
  ["the size of a Blob", () => new Blob(["\u20ac", "a"]), 4],
  ["long text", () => "\u20ac".repeat(25_000), 75_000],
];

/** @param {WebSocket} socket that is closing or closed */
function assertCounts(socket) {
  for (const [what, data, size] of sizes) {
    const before = socket.bufferedAmount;
    socket.send(data());
    assert.equal(socket.bufferedAmount - before, size, what);
  }
}

export default [
  test("is 0 while it connects, when it opens, and when it closes", async ({ connect }) => {
    const socket = connect("/echo");
    assert.equal(socket.bufferedAmount, 0);
    await new Promise((resolve) => (socket.onopen = resolve));
    assert.equal(socket.bufferedAmount, 0);
    socket.close();
    assert.equal(socket.bufferedAmount, 0);
    await closed(socket);
    assert.equal(socket.bufferedAmount, 0);
  }),

  ...sizes.map(([what, data, size]) =>
    test(`counts ${what}`, async ({ open }) => {
      const socket = await open("/echo");
      socket.send(data());
      assert.equal(socket.bufferedAmount, size);
    }),
  ),

  test("counts the same when it is closing and when it is closed", async ({ open }) => {
    const socket = await open("/echo");
    const end = closed(socket);
    socket.close();
    assertCounts(socket);
    await end;
    assertCounts(socket);
  }),

  test("adds up the messages sent in one task", async ({ open }) => {
    const socket = await open("/echo");
    const seen = [];
    for (const data of ["a", "\u20ac", new Uint8Array(10), new Blob(["bc"]), new ArrayBuffer(5)]) {
      socket.send(data);
      seen.push(socket.bufferedAmount);
    }
    assert.deepEqual(seen, [1, 4, 14, 16, 21]);
  }),

  test("does not change until the task and its microtasks are over", async ({ open }) => {
    const socket = await open("/echo");
    await nextTask();
    socket.send("hello");
    await manyMicrotasks();
    assert.equal(socket.bufferedAmount, 5);
    const { now } = performance;
    const start = now.call(performance);
    while (now.call(performance) - start < 20);
    assert.equal(socket.bufferedAmount, 5);
  }),

  testInWindow("does not change during a synchronous request", async ({ open }) => {
    const socket = await open("/echo");
    await nextTask();
    socket.send("hello");
    const request = new XMLHttpRequest();
    request.open("GET", location.href, false);
    request.send();
    assert.equal(request.status, 200);
    assert.equal(socket.bufferedAmount, 5);
  }),

  test("is 0 again when the server has answered", async ({ open }) => {
    const socket = await open("/echo");
    await echo(socket, "x".repeat(100_000));
    await until(() => socket.bufferedAmount === 0);
    socket.send("x");
    assert.equal(socket.bufferedAmount, 1);
  }),

  test("is more than 0 in later tasks while the server does not read", async ({ open }) => {
    const socket = await open("/slow-reader?ms=700");
    const size = 32 << 20;
    const messages = received(socket, 1);
    socket.send(new Uint8Array(size));
    await nextTask();
    await nextTask();
    const { bufferedAmount } = socket;
    assert.ok(bufferedAmount > 0 && bufferedAmount <= size, `It is ${bufferedAmount} of ${size}`);
    socket.send("done");
    assert.deepEqual(await messages, [`${size}`]);
  }),

  test("does not fall when the connection closes", async ({ open }) => {
    const socket = await open("/echo");
    const end = closed(socket);
    socket.close();
    socket.send("abc");
    assert.equal(socket.bufferedAmount, 3);
    await end;
    assert.equal(socket.bufferedAmount, 3);
    await nextTask();
    assert.equal(socket.bufferedAmount, 3);
    socket.send("de");
    assert.equal(socket.bufferedAmount, 5);
  }),

  test("grows when it is closed before it was open", async ({ connect }) => {
    const socket = connect("/no-answer?buffered");
    const end = closed(socket);
    socket.close();
    socket.send("abc");
    assert.equal(socket.bufferedAmount, 3);
    await end;
    socket.send(new Uint8Array(2));
    assert.equal(socket.bufferedAmount, 5);
  }),

  test("grows when the connection could not be opened", async ({ connect }) => {
    const socket = connect("/refuse?buffered");
    await closed(socket);
    socket.send("abc");
    socket.send(new Blob(["de"]));
    assert.equal(socket.bufferedAmount, 5);
  }),

  test("does not grow when send throws", async ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    assert.throwsDOMException(() => socket.send("abc"), "InvalidStateError");
    assert.throwsTypeError(() => socket.send(Symbol("x")));
    assert.throwsTypeError(() => socket.send());
    assert.equal(socket.bufferedAmount, 0);
  }),

  test("does not count what is received", async ({ connect }) => {
    const socket = connect("/early?count=3");
    await received(socket, 3);
    assert.equal(socket.bufferedAmount, 0);
  }),
];
