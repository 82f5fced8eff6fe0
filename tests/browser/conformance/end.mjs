// WHATWG WebSockets §4 and RFC 6455 §7: how a connection ends that the client did not close.

import * as assert from "../../support/page/assert.mjs";
import { closed, failure, journal, nextTask, received, until } from "./sockets.mjs";
import { test } from "./test.mjs";

const encoder = new TextEncoder();

/**
 * A frame in the format of /raw, in hexadecimal.
 *
 * @param {number} first FIN, RSV1 to RSV3 and opcode
 * @param {Iterable<number>} [payload]
 */
function frame(first, payload = []) {
  const bytes = [...payload];
  return hex(
    bytes.length < 126
      ? [first, bytes.length, ...bytes]
      : [first, 126, bytes.length >> 8, bytes.length & 255, ...bytes],
  );
}

/** @param {Iterable<number>} bytes */
function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {number} code
 * @param {Iterable<number>} [reason]
 */
function closeFrame(code, reason = []) {
  return frame(0x88, [code >> 8, code & 255, ...reason]);
}

const hello = frame(0x81, encoder.encode("hello"));

/**
 * @param {import("./test.mjs").Context["open"]} open
 * @param {string} frames in hexadecimal
 */
async function openRaw(open, frames) {
  const socket = await open(`/raw?hex=${frames}`);
  socket.send("go");
  return socket;
}

/**
 * The Close frame that follows is for engines that tolerate the violation.
 *
 * @param {string} what
 * @param {string} frames in hexadecimal
 */
function fails(what, frames) {
  return test(`fails with error, then an unclean close, for ${what}`, async ({ open }) => {
    const lines = await journal(await openRaw(open, frames + closeFrame(4000)));
    assert.equal(lines[0], "error in 3");
    assert.ok(/^close in 3: \d+ ".*" unclean$/.test(lines[1]), lines[1]);
    assert.equal(lines.length, 2);
  });
}

const textErrors = /** @type {[string, number[]][]} */ ([
  ["a byte that is never UTF-8", [0xff]],
  ["a continuation byte alone", [0x80]],
  ["a sequence cut short by a letter", [0xc3, 0x28]],
  ["a sequence cut short by the end", [0x61, 0xe2, 0x82]],
  ["an overlong form", [0xc0, 0xaf]],
  ["a surrogate", [0xed, 0xa0, 0x80]],
  ["a code point above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
]);

/** Refused handshakes, and the endpoint for each. */
const refusals = [
  ["a status of 403", "/refuse"],
  ["a status of 404", "/refuse?status=404"],
  ["a status of 500", "/refuse?status=500"],
  ["a status of 200", "/refuse?status=200"],
  ["a status of 200 with the headers of a 101", "/handshake?status=200"],
  ["a redirection", "/handshake?status=302&header=Location:%20/echo"],
  ["the wrong Sec-WebSocket-Accept", "/handshake?accept=s3pPLMBiTxaQ9kYGzzhZRbK%2BxOo%3D"],
  ["an empty Sec-WebSocket-Accept", "/handshake?accept="],
  ["an extension that was not offered", "/handshake?header=Sec-WebSocket-Extensions:%20x-unknown"],
  ["a subprotocol though none was offered", "/protocol?force=chat"],
];

const codes = [
  1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999,
];

export default [
  ...codes.map((code) =>
    test(`reports the code ${code} of the server`, async ({ connect }) => {
      const lines = await journal(connect(`/close?code=${code}`));
      assert.deepEqual(lines, ["open in 1", `close in 3: ${code} "" clean`]);
    }),
  ),

  test("reports 1005 for an empty Close frame", async ({ connect }) => {
    assert.deepEqual(await journal(connect("/close")), ["open in 1", 'close in 3: 1005 "" clean']);
  }),

  test("reports the code and reason of the server", async ({ connect }) => {
    const reason = "\u00e9\u20ac\u{1F600} bye";
    const end = await closed(connect(`/close?code=3001&reason=${encodeURIComponent(reason)}`));
    assert.deepEqual(end, { code: 3001, reason, wasClean: true });
  }),

  test("reports a reason of 123 bytes", async ({ connect }) => {
    const end = await closed(connect(`/close?code=3001&reason=${"x".repeat(123)}`));
    assert.deepEqual(end, { code: 3001, reason: "x".repeat(123), wasClean: true });
  }),

  test("keeps a byte order mark and a NUL in the reason", async ({ open }) => {
    const socket = await openRaw(open, closeFrame(4000, encoder.encode("\ufeffa\0b")));
    assert.deepEqual(await closed(socket), { code: 4000, reason: "\ufeffa\0b", wasClean: true });
  }),

  test("closes when the server closes after a message", async ({ open }) => {
    const socket = await open("/close-after-message?code=4001&reason=bye");
    socket.send("close");
    assert.deepEqual(await journal(socket), ['close in 3: 4001 "bye" clean']);
  }),

  test("delivers every message received before the Close frame", async ({ open }) => {
    const socket = await openRaw(open, hello + hello + closeFrame(4000));
    assert.deepEqual(await journal(socket), [
      "message in 1: hello",
      "message in 1: hello",
      'close in 3: 4000 "" clean',
    ]);
  }),

  test("is no longer OPEN once a Close frame has come, before TCP has ended", async ({ open }) => {
    const socket = await open("/close-and-hold?code=4003");
    socket.send("x");
    await until(() => socket.readyState !== 1);
    assert.ok(socket.readyState === 2 || socket.readyState === 3, `It is ${socket.readyState}`);
  }),

  test("counts data that is sent after a Close frame was received, before TCP has ended", async ({
    open,
  }) => {
    const socket = await open("/close-and-hold?code=4003");
    socket.send("x");
    await until(() => socket.readyState !== 1);
    const before = socket.bufferedAmount;
    socket.send("dropped");
    assert.equal(socket.bufferedAmount, before + 7);
  }),

  test("reports 1006 when TCP ends without a Close frame", async ({ open }) => {
    const socket = await open("/drop-after-message");
    socket.send("drop");
    assert.deepEqual(await closed(socket), { code: 1006, reason: "", wasClean: false });
    assert.equal(socket.readyState, 3);
  }),

  ...refusals.map(([what, path]) =>
    test(`fails with error, then close with 1006, for ${what} in the handshake`, async ({
      connect,
    }) => {
      const socket = connect(path);
      assert.deepEqual(await failure(socket), ["error in 3", 'close in 3: 1006 "" unclean']);
      assert.deepEqual([socket.protocol, socket.extensions], ["", ""]);
    }),
  ),

  test("fails if no server listens on the port", async ({ WebSocket, track }) => {
    const socket = track(new WebSocket("ws://127.0.0.1:1234/nobody"));
    assert.deepEqual(await failure(socket), ["error in 3", 'close in 3: 1006 "" unclean']);
  }),

  test("fails for a port that is blocked, and does not throw (Fetch §2.9)", async ({
    WebSocket,
    track,
  }) => {
    const socket = track(new WebSocket("ws://127.0.0.1:25/"));
    assert.equal(socket.readyState, 0);
    assert.equal(socket.url, "ws://127.0.0.1:25/");
    assert.deepEqual(await failure(socket), ["error in 3", 'close in 3: 1006 "" unclean']);
  }),

  test("ignores an empty frame, a ping and a pong", async ({ open }) => {
    const socket = await openRaw(open, frame(0x89, [1]) + frame(0x8a) + frame(0x81) + hello);
    assert.deepEqual(await received(socket, 2), ["", "hello"]);
  }),

  test("accepts a control frame between fragments", async ({ open }) => {
    const frames = frame(0x01, [0x61]) + frame(0x89) + frame(0x00, [0x62]) + frame(0x80, [0x63]);
    assert.deepEqual(await received(await openRaw(open, frames), 1), ["abc"]);
  }),

  test("accepts a Close frame between fragments, and delivers nothing of the message", async ({
    open,
  }) => {
    const socket = await openRaw(open, frame(0x01, [0x61]) + closeFrame(4000));
    assert.deepEqual(await journal(socket), ['close in 3: 4000 "" clean']);
  }),

  fails("a masked frame (§5.1)", hex([0x81, 0x81, 1, 2, 3, 4, 0x60])),
  fails("RSV1 without an extension (§5.2)", frame(0xc1, [0x61])),
  fails("RSV2 (§5.2)", frame(0xa1, [0x61])),
  fails("RSV3 (§5.2)", frame(0x91, [0x61])),
  fails("an unknown opcode of a message (§5.2)", frame(0x83)),
  fails("an unknown opcode of a control frame (§5.2)", frame(0x8b)),
  fails("a fragmented ping (§5.5)", frame(0x09)),
  fails("a fragmented Close frame (§5.5)", frame(0x08, [0x03, 0xe8])),
  fails("a ping of 126 bytes (§5.5)", frame(0x89, new Uint8Array(126))),
  fails("a continuation of nothing (§5.4)", frame(0x80, [0x61])),
  fails("a new message inside a fragmented one (§5.4)", frame(0x01, [0x61]) + frame(0x81, [0x62])),
  fails("a length with its highest bit set (§5.2)", hex([0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0])),
  fails("a Close frame of one byte (§5.5.1)", frame(0x88, [3])),
  fails("a Close frame whose reason is not UTF-8 (§5.5.1)", closeFrame(1000, [0xff])),
  ...textErrors.map(([what, bytes]) => fails(`text with ${what} (§8.1)`, frame(0x81, bytes))),
  fails(
    "text whose fragments are not UTF-8 together (§8.1)",
    frame(0x01, [0xe2]) + frame(0x00, [0x82]) + frame(0x80, [0x61]),
  ),

  test("delivers binary that is not UTF-8", async ({ open }) => {
    const socket = await open(`/raw?hex=${frame(0x82, [0xff, 0x80])}`);
    socket.binaryType = "arraybuffer";
    socket.send("go");
    const [data] = await received(socket, 1);
    assert.deepEqual([...new Uint8Array(data)], [0xff, 0x80]);
  }),

  test("fires no event after close", async ({ connect }) => {
    const socket = connect("/close?code=4000");
    await closed(socket);
    for (const type of ["open", "message", "error", "close"]) {
      socket.addEventListener(type, () => assert.ok(false, `${type} came`));
    }
    for (let index = 0; index < 10; index++) await nextTask();
    assert.equal(socket.readyState, 3);
  }),
];
