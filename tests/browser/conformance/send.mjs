// WHATWG WebSockets §3.1, send(): which values it accepts, what arrives, and when it throws.

import * as assert from "../../support/page/assert.mjs";
import { bytesOf, closed, echo, endSeenBy, newId, once, received } from "./sockets.mjs";
import { test, testInWindow } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */

const bytes = new Uint8Array([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);

/** @param {Context} context */
async function openBinary({ open }) {
  const socket = await open("/echo");
  socket.binaryType = "arraybuffer";
  return socket;
}

/**
 * @param {string} name
 * @param {() => unknown} data
 * @param {string} expected
 */
function sendsText(name, data, expected) {
  return test(name, async ({ open }) =>
    assert.equal(await echo(await open("/echo"), data()), expected),
  );
}

/**
 * @param {string} name
 * @param {() => unknown} data
 * @param {Iterable<number>} expected
 */
function sendsBinary(name, data, expected) {
  return test(name, async (context) => {
    const received = await echo(await openBinary(context), data());
    assert.ok(received instanceof ArrayBuffer, `It arrived as ${received}`);
    assert.deepEqual(await bytesOf(received), [...expected]);
  });
}

/** Reports when toString is called. */
function converted(/** @type {(name: string) => void} */ report) {
  return {
    toString() {
      report("converted");
      return "text";
    },
  };
}

const viewTypes = /** @type {any[]} */ (
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    /** @type {any} */ (globalThis).Float16Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].filter(Boolean)
);

/** Sizes at which a frame's length field changes its format (RFC 6455 §5.2). */
const lengths = [0, 1, 125, 126, 127, 65535, 65536, 65537, 1 << 20];

export default [
  test("throws TypeError without an argument", async ({ open, connect }) => {
    const socket = /** @type {any} */ (await open("/echo"));
    assert.throwsTypeError(() => socket.send());
    assert.throwsTypeError(() => /** @type {any} */ (connect("/echo")).send());
    socket.close();
    assert.throwsTypeError(() => socket.send());
  }),

  test("returns undefined and ignores further arguments", async ({ open }) => {
    const socket = /** @type {any} */ (await open("/echo"));
    assert.equal(
      socket.send("x", { binary: true }, () => {}),
      undefined,
    );
    assert.deepEqual(await received(socket, 1), ["x"]);
  }),

  sendsText("sends a string as text", () => "hello", "hello"),
  sendsText("sends an empty string", () => "", ""),
  sendsText("sends U+0000 inside a string", () => "a\0b\0", "a\0b\0"),
  sendsText("sends a byte order mark at the start", () => "\ufeffbom\ufeff", "\ufeffbom\ufeff"),
  sendsText(
    "sends code points of 1 to 4 bytes of UTF-8",
    () => "$\u00e9\u20ac\u{1F600}\u{10FFFF}",
    "$\u00e9\u20ac\u{1F600}\u{10FFFF}",
  ),
  sendsText(
    "sends the boundaries between lengths of UTF-8",
    () => "\x7f\x80\u07ff\u0800\uffff\u{10000}",
    "\x7f\x80\u07ff\u0800\uffff\u{10000}",
  ),
  sendsText(
    "sends noncharacters and private use",
    () => "\ufffe\uffff\ufdd0\ue000\u{10FFFE}",
    "\ufffe\uffff\ufdd0\ue000\u{10FFFE}",
  ),
  sendsText("does not normalize", () => "e\u0301\u00e9\u212b", "e\u0301\u00e9\u212b"),
  sendsText("sends line breaks unchanged", () => "a\r\nb\nc\rd\u2028", "a\r\nb\nc\rd\u2028"),
  sendsText("replaces a lone high surrogate by U+FFFD", () => "a\ud800b", "a\ufffdb"),
  sendsText("replaces a lone low surrogate by U+FFFD", () => "a\udfffb", "a\ufffdb"),
  sendsText("replaces a lone surrogate at the end by U+FFFD", () => "ab\ud83d", "ab\ufffd"),
  sendsText(
    "replaces each of two surrogates in the wrong order",
    () => "\ude00\ud83d",
    "\ufffd\ufffd",
  ),
  sendsText(
    "replaces a lone surrogate before a pair alone",
    () => "\ud83d\ud83d\ude00",
    "\ufffd\u{1F600}",
  ),
  sendsText(
    "replaces a lone surrogate in a long string",
    () => `${"x".repeat(5000)}\ud800`,
    `${"x".repeat(5000)}\ufffd`,
  ),
  sendsText(
    "sends a rope of strings",
    () => ["a", "\u20ac", "b"].reduce((all, part) => all + part.repeat(100), ""),
    `${"a".repeat(100)}${"\u20ac".repeat(100)}${"b".repeat(100)}`,
  ),

  sendsText("sends undefined as its string", () => undefined, "undefined"),
  sendsText("sends null as its string", () => null, "null"),
  sendsText("sends a boolean as its string", () => false, "false"),
  sendsText("sends a number as its string", () => -0.5, "-0.5"),
  sendsText("sends NaN as its string", () => NaN, "NaN"),
  sendsText("sends a BigInt as its string", () => 10n, "10"),
  sendsText("sends a String object as text", () => new String("abc"), "abc"),
  sendsText("sends an array as its string, not as bytes", () => [1, 2, [3]], "1,2,3"),
  sendsText("sends an object as its string", () => ({ a: 1 }), "[object Object]"),
  sendsText(
    "sends an object with toString as its string",
    () => ({ toString: () => "mine" }),
    "mine",
  ),
  sendsText(
    "asks Symbol.toPrimitive for a string",
    () => ({ [Symbol.toPrimitive]: (/** @type {string} */ hint) => hint }),
    "string",
  ),
  sendsText("sends a URL as its string", () => new URL("http://h.test/a"), "http://h.test/a"),
  sendsText(
    "sends URLSearchParams as their string",
    () => new URLSearchParams("a=1&b=2"),
    "a=1&b=2",
  ),
  sendsText("sends FormData as its string", () => new FormData(), "[object FormData]"),
  sendsText("sends a Map as its string", () => new Map(), "[object Map]"),
  sendsText(
    "sends a function as its string",
    () => Object.assign(() => {}, { toString: () => "function" }),
    "function",
  ),
  sendsText(
    "sends an object that only inherits from ArrayBuffer.prototype as its string",
    () => Object.create(ArrayBuffer.prototype),
    "[object ArrayBuffer]",
  ),
  sendsText(
    "sends an object that only inherits from Blob.prototype as its string",
    () => Object.create(Blob.prototype),
    "[object Blob]",
  ),
  sendsText(
    "sends an object that only looks like a view as its string",
    () => ({ buffer: new ArrayBuffer(1), byteOffset: 0, byteLength: 1 }),
    "[object Object]",
  ),
  sendsText(
    "sends a Proxy of an ArrayBuffer as its string",
    () => new Proxy(new ArrayBuffer(2), {}),
    "[object ArrayBuffer]",
  ),

  ...lengths.map((length) =>
    test(`sends text of ${length} bytes`, async ({ open }) => {
      const text = "x".repeat(length);
      assert.ok((await echo(await open("/echo"), text)) === text, "Another text came back");
    }),
  ),

  test("sends 1 MiB of text of all planes", async ({ open }) => {
    const text = "a\u00e9\u20ac\u{1F600}\0\ufeff".repeat(1 << 16);
    assert.ok((await echo(await open("/echo"), text)) === text, "Another text came back");
  }),

  sendsBinary("sends an ArrayBuffer", () => bytes.slice().buffer, bytes),
  sendsBinary("sends an empty ArrayBuffer", () => new ArrayBuffer(0), []),
  sendsBinary(
    "sends an ArrayBuffer without a prototype",
    () => Object.setPrototypeOf(bytes.slice().buffer, null),
    bytes,
  ),
  sendsBinary(
    "sends an ArrayBuffer that has toString",
    () => Object.assign(bytes.slice().buffer, { toString: () => "text" }),
    bytes,
  ),

  ...viewTypes.map((View) =>
    sendsBinary(`sends a ${View.name}`, () => new View(bytes.slice().buffer), bytes),
  ),

  ...viewTypes.map((View) =>
    sendsBinary(
      `sends of a ${View.name} with an offset and a length its own bytes only`,
      () =>
        new View(
          bytes.slice().buffer,
          View.BYTES_PER_ELEMENT * (16 / View.BYTES_PER_ELEMENT - 1),
          1,
        ),
      bytes.subarray(16 - View.BYTES_PER_ELEMENT),
    ),
  ),

  sendsBinary(
    "sends a DataView with an offset and a length",
    () => new DataView(bytes.slice().buffer, 3, 5),
    bytes.subarray(3, 8),
  ),
  sendsBinary(
    "sends an empty view in the middle of a buffer",
    () => new Uint8Array(bytes.slice().buffer, 7, 0),
    [],
  ),
  sendsBinary("sends a subarray of a subarray", () => bytes.subarray(4).subarray(1, 3), [15, 16]),
  sendsBinary(
    "sends a view of wasm memory",
    () => new Uint8Array(new WebAssembly.Memory({ initial: 1 }).buffer, 65530),
    [0, 0, 0, 0, 0, 0],
  ),
  sendsBinary(
    "sends a view of a subclass",
    () => new (class extends Uint8Array {})([1, 2]),
    [1, 2],
  ),
  sendsBinary(
    "sends the bytes of a view whatever its own properties say",
    () =>
      Object.defineProperties(new Uint8Array([1, 2, 3]), {
        byteLength: { value: 1 },
        byteOffset: { value: 2 },
        buffer: { value: null },
        length: { value: 0 },
      }),
    [1, 2, 3],
  ),
  sendsBinary(
    "sends nothing of a detached ArrayBuffer",
    () => {
      const buffer = new ArrayBuffer(3);
      structuredClone(buffer, { transfer: [buffer] });
      return buffer;
    },
    [],
  ),
  sendsBinary(
    "sends nothing of a view whose buffer is detached",
    () => {
      const view = new Uint8Array(3);
      structuredClone(view, { transfer: [view.buffer] });
      return view;
    },
    [],
  ),
  sendsBinary("sends a Blob", () => new Blob([bytes]), bytes),
  sendsBinary("sends an empty Blob", () => new Blob([]), []),
  sendsBinary("sends a slice of a Blob", () => new Blob([bytes]).slice(2, 4), [12, 13]),
  sendsBinary(
    "sends a Blob of text as binary, whatever its type",
    () => new Blob(["\u20ac"], { type: "text/plain" }),
    [0xe2, 0x82, 0xac],
  ),
  sendsBinary(
    "sends a Blob of several parts",
    () => new Blob(["a", bytes.subarray(0, 1), new Blob(["b"])]),
    [97, 10, 98],
  ),
  sendsBinary("sends a File as a Blob", () => new File(["ab"], "name.txt"), [97, 98]),
  sendsBinary(
    "sends a Blob without a prototype",
    () => Object.setPrototypeOf(new Blob(["ab"]), null),
    [97, 98],
  ),
  sendsBinary("sends a Blob of a subclass", () => new (class extends Blob {})(["ab"]), [97, 98]),

  ...lengths.map((length) =>
    test(`sends ${length} bytes of binary`, async (context) => {
      const sent = new Uint8Array(length).map((_, index) => index * 7);
      const back = new Uint8Array(await echo(await openBinary(context), sent));
      assert.equal(back.length, length);
      assert.ok(
        back.every((byte, index) => byte === sent[index]),
        "Other bytes came back",
      );
    }),
  ),

  test("sends a Blob of 1 MiB", async (context) => {
    const sent = new Uint8Array(1 << 20).map((_, index) => index * 7);
    const back = new Uint8Array(await echo(await openBinary(context), new Blob([sent])));
    assert.ok(
      back.length === sent.length && back.every((byte, index) => byte === sent[index]),
      "Other bytes came back",
    );
  }),

  testInWindow("sends buffers, views and Blobs of another realm as binary", async (context) => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    try {
      const realm = /** @type {any} */ (frame.contentWindow);
      const socket = await openBinary(context);
      const values = [
        new realm.Uint8Array([1, 2]),
        new realm.Uint8Array([3]).buffer,
        new realm.Blob(["a"]),
      ];
      const messages = received(socket, 4);
      for (const value of [...values, new realm.DataView(new realm.ArrayBuffer(1))])
        socket.send(value);
      assert.deepEqual(await Promise.all((await messages).map(bytesOf)), [[1, 2], [3], [97], [0]]);
    } finally {
      frame.remove();
    }
  }),

  test("throws TypeError for a symbol", async ({ open }) => {
    const socket = /** @type {any} */ (await open("/echo"));
    assert.throwsTypeError(() => socket.send(Symbol("x")));
    assert.equal(socket.bufferedAmount, 0);
    assert.equal(await echo(socket, "still open"), "still open");
  }),

  test("throws TypeError for an object without a primitive value", async ({ open }) => {
    const socket = await open("/echo");
    assert.throwsTypeError(() => socket.send(Object.create(null)));
    assert.equal(socket.bufferedAmount, 0);
  }),

  test("rethrows the exception of toString, and sends nothing", async ({ open }) => {
    const socket = await open("/echo");
    const error = new RangeError("mine");
    const data = /** @type {any} */ ({
      toString() {
        throw error;
      },
    });
    assert.throwsExactly(() => socket.send(data), error);
    assert.equal(socket.bufferedAmount, 0);
    assert.equal(await echo(socket, "next"), "next");
  }),

  test("calls toString once", async ({ open }) => {
    const socket = await open("/echo");
    /** @type {string[]} */
    const calls = [];
    await echo(
      socket,
      converted((name) => calls.push(name)),
    );
    assert.deepEqual(calls, ["converted"]);
  }),

  test("throws InvalidStateError while it connects", ({ connect }) => {
    const socket = connect("/echo");
    for (const data of ["x", "", new ArrayBuffer(1), new Uint8Array(1), new Blob(["x"])]) {
      assert.throwsDOMException(() => socket.send(data), "InvalidStateError");
    }
    assert.equal(socket.readyState, 0);
    assert.equal(socket.bufferedAmount, 0);
  }),

  test("never sends data that it refused while it connected", async ({ connect }) => {
    const socket = connect("/count");
    assert.throwsDOMException(() => socket.send("early"), "InvalidStateError");
    await once(socket, "open");
    assert.equal(await echo(socket, "stop"), '{"messages":0,"bytes":0}');
  }),

  test("converts its argument before it throws InvalidStateError", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    /** @type {string[]} */
    const calls = [];
    assert.throwsDOMException(
      () => socket.send(converted((name) => calls.push(name))),
      "InvalidStateError",
    );
    assert.deepEqual(calls, ["converted"]);
    assert.throwsTypeError(() => socket.send(Symbol("x")));
  }),

  test("only converts its argument when it is closing", async ({ connect }) => {
    const socket = /** @type {any} */ (connect(`/echo`));
    await once(socket, "open");
    const end = closed(socket);
    socket.onmessage = () => assert.ok(false, "It was sent");
    socket.close();
    /** @type {string[]} */
    const calls = [];
    socket.send(converted((name) => calls.push(name)));
    assert.deepEqual(calls, ["converted"]);
    assert.throwsTypeError(() => socket.send(Symbol("x")));
    await end;
  }),

  test("only converts its argument when it is closed", async ({ connect }) => {
    const socket = /** @type {any} */ (connect("/close"));
    await closed(socket);
    for (const data of ["x", new ArrayBuffer(1), new Uint8Array(1), new Blob(["x"]), undefined]) {
      socket.send(data);
    }
    assert.throwsTypeError(() => socket.send(Symbol("x")));
    assert.throwsTypeError(() => socket.send());
  }),

  test("does nothing when it was closed while it connected", async ({ connect }) => {
    const socket = connect("/no-answer?send");
    const end = closed(socket);
    socket.close();
    socket.send("x");
    await end;
    socket.send("x");
  }),

  test("returns undefined when it is closing and when it is closed", async ({ open }) => {
    const socket = await open("/echo");
    const end = closed(socket);
    socket.close();
    assert.equal(socket.send("x"), undefined);
    await end;
    assert.equal(socket.send("x"), undefined);
  }),

  test("checks the state after toString, which may close it", async ({ open, server }) => {
    const id = newId();
    const socket = await open(`/report?id=${id}`);
    const data = /** @type {any} */ (converted(() => socket.close()));
    socket.send(data);
    assert.equal(socket.readyState, 2);
    assert.equal((await endSeenBy(server, id)).messages, 0);
  }),

  test("lets toString send something itself, which goes first", async ({ open }) => {
    const socket = await open("/echo");
    const messages = received(socket, 2);
    socket.send(/** @type {any} */ (converted(() => socket.send("inner"))));
    assert.deepEqual(await messages, ["inner", "text"]);
  }),

  test("sends the buffer's content at the time of the call", async (context) => {
    const socket = await openBinary(context);
    const view = new Uint8Array([1, 2, 3]);
    const messages = received(socket, 2);
    socket.send(view);
    view.fill(9);
    socket.send(view.buffer);
    view.fill(0);
    assert.deepEqual(await Promise.all((await messages).map(bytesOf)), [
      [1, 2, 3],
      [9, 9, 9],
    ]);
  }),

  test("does not detach a buffer, and sends it even if it is transferred afterwards", async (context) => {
    const socket = await openBinary(context);
    const view = new Uint8Array([1, 2, 3]);
    const messages = received(socket, 1);
    socket.send(view);
    assert.deepEqual([...view], [1, 2, 3]);
    structuredClone(view, { transfer: [view.buffer] });
    assert.deepEqual(await Promise.all((await messages).map(bytesOf)), [[1, 2, 3]]);
  }),

  test("keeps the order of text, binary and Blobs", async (context) => {
    const socket = await openBinary(context);
    const messages = received(socket, 7);
    socket.send("1");
    socket.send(new Blob(["2"]));
    socket.send("3");
    socket.send(new Uint8Array([4]));
    socket.send(new Blob(["x".repeat(100_000)]));
    socket.send(new Blob([]));
    socket.send("7");
    const shown = (await messages).map((data) =>
      typeof data === "string" ? data : data.byteLength,
    );
    assert.deepEqual(shown, ["1", 1, "3", 1, 100_000, 0, "7"]);
  }),

  test("keeps the order of 1000 messages", async ({ open }) => {
    const socket = await open("/echo");
    const numbers = Array.from({ length: 1000 }, (_, index) => `${index}`);
    const messages = received(socket, 1000);
    for (const number of numbers) socket.send(number);
    assert.deepEqual(await messages, numbers);
  }),

  test("sends earlier messages before the Close frame", async ({ open, server }) => {
    const id = newId();
    const socket = await open(`/report?id=${id}`);
    for (let index = 0; index < 10; index++) socket.send("x".repeat(10_000));
    socket.send(new Blob(["y".repeat(10_000)]));
    socket.close(4000);
    assert.deepEqual(await endSeenBy(server, id), { code: 4000, reason: "", messages: 11 });
  }),

  test("works in the handler of open, of message, and in a timer", async ({ connect }) => {
    const socket = connect("/echo");
    socket.onopen = () => socket.send("open");
    const [first] = await received(socket, 1);
    const fromMessage = received(socket, 1);
    setTimeout(() => socket.send("timer"));
    assert.deepEqual([first, ...(await fromMessage)], ["open", "timer"]);
    socket.onmessage = ({ data }) => data.length < 4 && socket.send(`${data}x`);
    const chain = received(socket, 4);
    socket.send("x");
    assert.deepEqual(await chain, ["x", "xx", "xxx", "xxxx"]);
  }),
];
