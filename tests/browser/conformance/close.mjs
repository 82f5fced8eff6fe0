// WHATWG WebSockets §3.1, close(): its arguments, and how a connection ends that the client closes.

import * as assert from "../../support/page/assert.mjs";
import { closed, echo, endSeenBy, journal, newId, nextTask, once } from "./sockets.mjs";
import { test } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */

/**
 * @param {Context} context
 * @param {unknown[]} args of close
 * @returns {Promise<{ code: number, reason: string, seen: { code: number, reason: string }, wasClean: boolean }>}
 */
async function closeWith({ open, server }, args) {
  const id = newId();
  const socket = await open(`/report?id=${id}`);
  const end = closed(socket);
  assert.equal(Reflect.apply(socket.close, socket, args), undefined);
  assert.equal(socket.readyState, 2);
  const { code, reason } = await endSeenBy(server, id);
  return { ...(await end), seen: { code, reason } };
}

/**
 * @param {string} name
 * @param {() => unknown[]} args of close
 * @param {number} code
 * @param {string} [reason]
 */
function closes(name, args, code, reason = "") {
  return test(name, async (context) => {
    const expected = { code, reason, wasClean: true, seen: { code, reason } };
    assert.deepEqual(await closeWith(context, args()), expected);
  });
}

/**
 * @param {string} name
 * @param {() => unknown[]} args of close
 * @param {"InvalidAccessError" | "SyntaxError" | "TypeError"} error
 */
function refuses(name, args, error) {
  return test(name, async ({ connect, open }) => {
    const states = [connect("/echo"), await open("/echo"), await open("/echo")];
    states[2].close();
    const end = closed(states[2]);
    for (const socket of states) throws(socket);
    assert.equal(states[1].readyState, 1);
    assert.equal(await echo(states[1], "still open"), "still open");
    assert.deepEqual(await end, { code: 1005, reason: "", wasClean: true });
    throws(states[2]);
  });

  /** @param {WebSocket} socket */
  function throws(socket) {
    const close = () => Reflect.apply(socket.close, socket, args());
    if (error === "TypeError") assert.throwsTypeError(close);
    else assert.throwsDOMException(close, error);
  }
}

export default [
  closes("sends an empty Close frame without arguments", () => [], 1005),
  closes("sends an empty Close frame when the code is undefined", () => [undefined], 1005),
  closes("sends an empty Close frame when both are undefined", () => [undefined, undefined], 1005),
  closes("sends the code", () => [1000], 1000),
  ...[3000, 3001, 3999, 4000, 4999].map((code) =>
    closes(`sends the code ${code}`, () => [code], code),
  ),
  closes("sends code and reason", () => [3000, "bye"], 3000, "bye"),
  closes("sends an empty reason as no reason", () => [3000, ""], 3000),
  closes("sends no reason when it is undefined", () => [3000, undefined], 3000),
  closes("ignores arguments after the second", () => [3000, "bye", "more"], 3000, "bye"),

  closes("rounds the code down to 1000", () => [1000.4], 1000),
  closes("rounds the code down to 4999", () => [4999.4], 4999),
  closes("rounds a code in the middle to the even one", () => [3000.5], 3000),
  closes("converts a string to a code", () => ["1000"], 1000),
  closes("converts a string in another notation to a code", () => [" 0xBB8\n"], 3000),
  closes(
    "converts an object by valueOf",
    () => [{ valueOf: () => 3001, toString: () => "1" }],
    3001,
  ),
  closes("converts an array of one to a code", () => [[3001]], 3001),
  closes(
    "asks Symbol.toPrimitive for a number",
    () => [
      { [Symbol.toPrimitive]: (/** @type {string} */ hint) => (hint === "number" ? 3001 : 1) },
    ],
    3001,
  ),

  closes("converts null to a reason", () => [3000, null], 3000, "null"),
  closes("converts a number to a reason", () => [3000, 42], 3000, "42"),
  closes("converts an object to a reason", () => [3000, { toString: () => "mine" }], 3000, "mine"),
  closes(
    "sends a reason outside ASCII",
    () => [3000, "\u00e9\u20ac\u{1F600}"],
    3000,
    "\u00e9\u20ac\u{1F600}",
  ),
  closes(
    "sends a reason with a NUL and a byte order mark",
    () => [3000, "\ufeffa\0b"],
    3000,
    "\ufeffa\0b",
  ),
  closes(
    "replaces lone surrogates in the reason by U+FFFD",
    () => [3000, "a\ud800b\udc00"],
    3000,
    "a\ufffdb\ufffd",
  ),
  closes("sends a reason of 123 bytes", () => [3000, "x".repeat(123)], 3000, "x".repeat(123)),
  closes(
    "sends a reason of 41 times three bytes",
    () => [3000, "\u20ac".repeat(41)],
    3000,
    "\u20ac".repeat(41),
  ),
  closes(
    "sends 41 lone surrogates as 123 bytes",
    () => [3000, "\ud800".repeat(41)],
    3000,
    "\ufffd".repeat(41),
  ),

  ...[0, 1, 999, 1001, 1002, 1004, 1005, 1006, 1011, 1015, 2999, 5000, 65535, -1, -1000].map(
    (code) =>
      refuses(`throws InvalidAccessError for the code ${code}`, () => [code], "InvalidAccessError"),
  ),
  refuses(
    "clamps 66536 to 65535, and does not reduce it modulo 65536 to 1000",
    () => [65536 + 1000],
    "InvalidAccessError",
  ),
  refuses("clamps Infinity to 65535", () => [Infinity], "InvalidAccessError"),
  refuses("clamps -Infinity to 0", () => [-Infinity], "InvalidAccessError"),
  refuses("throws InvalidAccessError for NaN, which is 0", () => [NaN], "InvalidAccessError"),
  refuses("throws InvalidAccessError for null, which is 0", () => [null], "InvalidAccessError"),
  refuses(
    "throws InvalidAccessError for an empty string, which is 0",
    () => [""],
    "InvalidAccessError",
  ),
  refuses("throws InvalidAccessError for text, which is 0", () => ["normal"], "InvalidAccessError"),
  refuses("throws InvalidAccessError for true, which is 1", () => [true], "InvalidAccessError"),
  refuses("throws InvalidAccessError for an object, which is 0", () => [{}], "InvalidAccessError"),
  refuses("throws InvalidAccessError for 999.4", () => [999.4], "InvalidAccessError"),
  refuses("throws TypeError for a BigInt as a code", () => [1000n], "TypeError"),
  refuses("throws TypeError for a symbol as a code", () => [Symbol("x")], "TypeError"),
  refuses("throws TypeError for a symbol as a reason", () => [1000, Symbol("x")], "TypeError"),
  refuses(
    "throws SyntaxError for a reason of 124 bytes",
    () => [1000, "x".repeat(124)],
    "SyntaxError",
  ),
  refuses(
    "throws SyntaxError for a reason of 42 times three bytes",
    () => [1000, "\u20ac".repeat(42)],
    "SyntaxError",
  ),
  refuses(
    "throws SyntaxError for a reason of 124 bytes in 31 code points",
    () => [1000, "\u{1F600}".repeat(31)],
    "SyntaxError",
  ),
  refuses(
    "throws SyntaxError for 42 lone surrogates",
    () => [1000, "\ud800".repeat(42)],
    "SyntaxError",
  ),
  refuses(
    "throws InvalidAccessError when code and reason are both wrong",
    () => [1001, "x".repeat(124)],
    "InvalidAccessError",
  ),
  refuses("converts the reason before it refuses the code", () => [1001, Symbol("x")], "TypeError"),

  test("converts the code, then the reason, each once", async ({ open }) => {
    const socket = /** @type {any} */ (await open("/echo"));
    /** @type {string[]} */
    const order = [];
    const code = {
      valueOf() {
        order.push("code");
        return 1000;
      },
    };
    const reason = {
      toString() {
        order.push("reason");
        return "bye";
      },
    };
    socket.close(code, reason);
    assert.deepEqual(order, ["code", "reason"]);
    socket.close(code, reason);
    assert.deepEqual(order, ["code", "reason", "code", "reason"]);
  }),

  test("rethrows the exception of the code's valueOf, and stays open", async ({ open }) => {
    const socket = /** @type {any} */ (await open("/echo"));
    const error = new RangeError("mine");
    const code = {
      valueOf() {
        throw error;
      },
    };
    assert.throwsExactly(() => socket.close(code), error);
    assert.equal(socket.readyState, 1);
  }),

  test("lets the code's valueOf close it first", async ({ open }) => {
    const socket = /** @type {any} */ (await open("/echo"));
    const end = closed(socket);
    socket.close({
      valueOf() {
        socket.close(4001, "inner");
        return 4002;
      },
    });
    assert.deepEqual(await end, { code: 4001, reason: "inner", wasClean: true });
  }),

  test("makes it CLOSING at once, and CLOSED at the event", async ({ open }) => {
    const socket = await open("/echo");
    assert.equal(socket.readyState, 1);
    socket.close();
    assert.equal(socket.readyState, 2);
    await nextTask();
    assert.ok(socket.readyState >= 2, `It is ${socket.readyState}`);
    if (socket.readyState === 2) await closed(socket);
    assert.equal(socket.readyState, 3);
  }),

  test("does nothing the second time, whatever its arguments", async ({ open, server }) => {
    const id = newId();
    const socket = await open(`/report?id=${id}`);
    const end = closed(socket);
    socket.close(4001, "first");
    socket.close(4002, "second");
    socket.close();
    assert.deepEqual(await end, { code: 4001, reason: "first", wasClean: true });
    assert.deepEqual(await endSeenBy(server, id), { code: 4001, reason: "first", messages: 0 });
  }),

  test("does nothing when it is closed", async ({ connect }) => {
    const socket = connect("/close?code=4001");
    await closed(socket);
    socket.onclose = () => assert.ok(false, "close came twice");
    socket.close();
    socket.close(4002, "late");
    assert.equal(socket.readyState, 3);
    await echo(
      await once(connect("/echo"), "open").then(({ target }) => /** @type {any} */ (target)),
      "x",
    );
  }),

  test("keeps its url, protocol, extensions and binaryType", async ({ open, server }) => {
    const socket = await open("/protocol?choose=b", ["a", "b"]);
    socket.binaryType = "arraybuffer";
    const end = closed(socket);
    socket.close();
    const look = () => [socket.url, socket.protocol, socket.extensions, socket.binaryType];
    const expected = [`${server}/protocol?choose=b`, "b", "", "arraybuffer"];
    assert.deepEqual(look(), expected);
    await end;
    assert.deepEqual(look(), expected);
  }),

  test("fails a connecting connection: error, then close with 1006", async ({ connect }) => {
    const socket = connect("/echo");
    const lines = journal(socket);
    socket.close();
    assert.equal(socket.readyState, 2);
    assert.deepEqual(await lines, ["error in 3", 'close in 3: 1006 "" unclean']);
  }),

  test("does not report the code and reason of a close before the connection was open", async ({
    connect,
  }) => {
    const socket = connect("/no-answer?code");
    const end = closed(socket);
    socket.close(4001, "bye");
    assert.deepEqual(await end, { code: 1006, reason: "", wasClean: false });
  }),

  test("fails a connecting connection once, however often it is called", async ({ connect }) => {
    const socket = connect("/no-answer?often");
    const lines = journal(socket);
    socket.close();
    socket.close(4001);
    socket.close();
    assert.deepEqual(await lines, ["error in 3", 'close in 3: 1006 "" unclean']);
  }),

  test("fails a connection a task later, before its handshake is answered", async ({ connect }) => {
    const socket = connect("/no-answer?later");
    const lines = journal(socket);
    await nextTask();
    assert.equal(socket.readyState, 0);
    socket.close();
    assert.equal(socket.readyState, 2);
    assert.deepEqual(await lines, ["error in 3", 'close in 3: 1006 "" unclean']);
  }),

  test("works in the handler of open", async ({ connect }) => {
    const socket = connect("/early?count=3");
    const lines = journal(socket);
    socket.addEventListener("open", () => {
      socket.close(4001);
      assert.equal(socket.readyState, 2);
    });
    assert.deepEqual(await lines, ["open in 1", 'close in 3: 4001 "" clean']);
  }),

  test("prevents the delivery of earlier messages", async ({ connect }) => {
    const socket = connect("/early?count=10");
    /** @type {string[]} */
    const messages = [];
    socket.onmessage = ({ data }) => {
      messages.push(data);
      if (messages.length === 2) socket.close();
    };
    await closed(socket);
    assert.deepEqual(messages, ["early 0", "early 1"]);
  }),

  test("prevents the delivery of later messages", async ({ open }) => {
    const socket = await open("/echo");
    socket.onmessage = () => assert.ok(false, "A message came");
    for (let index = 0; index < 10; index++) socket.send("x");
    socket.close();
    assert.deepEqual(await closed(socket), { code: 1005, reason: "", wasClean: true });
  }),

  test("lets the other listeners of the same message see it", async ({ connect }) => {
    const socket = connect("/early?count=2");
    /** @type {string[]} */
    const messages = [];
    socket.onmessage = () => socket.close();
    socket.addEventListener("message", ({ data }) =>
      messages.push(`${data} in ${socket.readyState}`),
    );
    await closed(socket);
    assert.deepEqual(messages, ["early 0 in 2"]);
  }),

  test("does nothing in the handlers of error and close", async ({ connect }) => {
    const socket = connect("/refuse?handlers");
    const lines = journal(socket);
    socket.onerror = () => socket.close();
    socket.onclose = () => socket.close(4000);
    assert.deepEqual(await lines, ["error in 3", 'close in 3: 1006 "" unclean']);
    await nextTask();
    assert.equal(socket.readyState, 3);
  }),

  test("lets a new socket be opened in the handler of close", async ({ connect, open }) => {
    const socket = await open("/echo");
    socket.close();
    const next = await new Promise((resolve) => {
      socket.onclose = () => {
        const next = connect("/echo");
        next.onopen = () => resolve(next);
      };
    });
    assert.equal(await echo(next, "x"), "x");
  }),

  test("stays CLOSING while the server does not answer", async ({ open }) => {
    const socket = await open("/never-close");
    socket.onclose = () => assert.ok(false, "close came");
    socket.close();
    for (let index = 0; index < 20; index++) {
      await nextTask();
      assert.equal(socket.readyState, 2);
    }
    socket.onclose = null;
  }),

  test("reports the server's code if both close at once", async ({ open }) => {
    const socket = await open("/close-after-message?code=4001&reason=server");
    const end = closed(socket);
    socket.send("close");
    socket.close(4002, "client");
    const { code, wasClean } = await end;
    assert.ok(code === 4001 || code === 4002, `The code is ${code}`);
    assert.equal(wasClean, true);
  }),
];
