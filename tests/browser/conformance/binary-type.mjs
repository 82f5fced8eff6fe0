// WHATWG WebSockets §3.1: binaryType, and the types of binary messages.

import * as assert from "../../support/page/assert.mjs";
import { bytesOf, closed, echo, received } from "./sockets.mjs";
import { test } from "./test.mjs";

const bytes = new Uint8Array([0, 1, 127, 128, 255]);

export default [
  test('is "blob" at first', ({ connect }) => {
    assert.equal(connect("/echo").binaryType, "blob");
  }),

  test('can be set to "arraybuffer" and back, in every state', async ({ connect }) => {
    const socket = connect("/echo");
    const change = () => {
      for (const type of /** @type {const} */ ([
        "arraybuffer",
        "blob",
        "arraybuffer",
        "arraybuffer",
        "blob",
      ])) {
        socket.binaryType = type;
        assert.equal(socket.binaryType, type, `in ${socket.readyState}`);
      }
    };
    change();
    await new Promise((resolve) => (socket.onopen = resolve));
    change();
    const end = closed(socket);
    socket.close();
    change();
    await end;
    change();
  }),

  test("ignores an invalid binary type, and throws nothing (Web IDL §3.7.6)", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    for (const kept of ["blob", "arraybuffer"]) {
      socket.binaryType = kept;
      const ignored = [
        "",
        "Blob",
        "BLOB",
        "ArrayBuffer",
        "blob ",
        "text",
        "nodebuffer",
        "arraybuffer\0",
        null,
      ];
      for (const value of [...ignored, undefined, 0, 1, true, {}, [], () => {}]) {
        socket.binaryType = value;
        assert.equal(socket.binaryType, kept, String(value));
      }
    }
  }),

  test("converts a value to a string, once", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    let calls = 0;
    socket.binaryType = {
      toString() {
        calls++;
        return "arraybuffer";
      },
    };
    assert.equal(socket.binaryType, "arraybuffer");
    assert.equal(calls, 1);
    socket.binaryType = new String("blob");
    assert.equal(socket.binaryType, "blob");
    socket.binaryType = ["arraybuffer"];
    assert.equal(socket.binaryType, "arraybuffer");
  }),

  test("throws TypeError for a symbol", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    assert.throwsTypeError(() => {
      socket.binaryType = Symbol("blob");
    });
    assert.equal(socket.binaryType, "blob");
  }),

  test("throws what toString throws", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    const error = new RangeError("mine");
    const value = {
      toString() {
        throw error;
      },
    };
    assert.throwsExactly(() => (socket.binaryType = value), error);
    assert.equal(socket.binaryType, "blob");
  }),

  test("belongs to one socket only", ({ connect }) => {
    const [first, second] = [connect("/echo"), connect("/echo")];
    first.binaryType = "arraybuffer";
    assert.equal(second.binaryType, "blob");
  }),

  test("delivers binary messages as a Blob without a type", async ({ open }) => {
    const data = await echo(await open("/echo"), bytes);
    assert.equal(Object.getPrototypeOf(data), Blob.prototype);
    assert.equal(data.type, "");
    assert.equal(data.size, 5);
    assert.deepEqual(await bytesOf(data), [...bytes]);
  }),

  test("delivers binary messages as an ArrayBuffer", async ({ open }) => {
    const socket = await open("/echo");
    socket.binaryType = "arraybuffer";
    const data = await echo(socket, bytes);
    assert.equal(Object.getPrototypeOf(data), ArrayBuffer.prototype);
    assert.equal(data.byteLength, 5);
    assert.deepEqual(await bytesOf(data), [...bytes]);
  }),

  test("delivers an ArrayBuffer of fixed length that can be changed and transferred", async ({
    open,
  }) => {
    const socket = await open("/echo");
    socket.binaryType = "arraybuffer";
    const data = await echo(socket, bytes);
    assert.ok(!data.resizable, "It can be resized");
    new Uint8Array(data)[0] = 9;
    const moved = structuredClone(data, { transfer: [data] });
    assert.equal(data.byteLength, 0);
    assert.deepEqual(await bytesOf(moved), [9, 1, 127, 128, 255]);
    assert.deepEqual(await bytesOf(await echo(socket, bytes)), [...bytes]);
  }),

  test("delivers a new ArrayBuffer for each message", async ({ open }) => {
    const socket = await open("/echo");
    socket.binaryType = "arraybuffer";
    const messages = received(socket, 3);
    for (const byte of [1, 2, 3]) socket.send(new Uint8Array([byte]));
    const buffers = await messages;
    assert.equal(new Set(buffers).size, 3);
    assert.deepEqual(await Promise.all(buffers.map(bytesOf)), [[1], [2], [3]]);
  }),

  test("delivers a message whose data is the same each time it is read", async ({ open }) => {
    const socket = await open("/echo");
    const events = [];
    for (const type of /** @type {const} */ (["blob", "arraybuffer"])) {
      socket.binaryType = type;
      const event = new Promise((resolve) => (socket.onmessage = resolve));
      socket.send(bytes);
      events.push(await event);
    }
    for (const event of events) assert.equal(event.data, event.data);
  }),

  test("delivers empty binary messages as an empty Blob and an empty ArrayBuffer", async ({
    open,
  }) => {
    const socket = await open("/echo");
    const blob = await echo(socket, new ArrayBuffer(0));
    assert.ok(blob instanceof Blob && blob.size === 0, `It is ${blob}`);
    socket.binaryType = "arraybuffer";
    const buffer = await echo(socket, new ArrayBuffer(0));
    assert.ok(buffer instanceof ArrayBuffer && buffer.byteLength === 0, `It is ${buffer}`);
  }),

  test("delivers text as a string, whatever its value", async ({ open }) => {
    const socket = await open("/echo");
    assert.equal(await echo(socket, "text"), "text");
    socket.binaryType = "arraybuffer";
    assert.equal(await echo(socket, "text"), "text");
  }),

  test("counts when a message is delivered", async ({ open }) => {
    const socket = await open("/echo");
    /** @type {string[]} */
    const kinds = [];
    socket.onmessage = ({ data }) => {
      kinds.push(data.constructor.name);
      socket.binaryType = socket.binaryType === "blob" ? "arraybuffer" : "blob";
    };
    const messages = received(socket, 4);
    for (let index = 0; index < 4; index++) socket.send(bytes);
    await messages;
    assert.deepEqual(kinds, ["Blob", "ArrayBuffer", "Blob", "ArrayBuffer"]);
  }),

  test("counts if it is set before the connection is open", async ({ connect }) => {
    const socket = connect("/flood?count=1&size=8");
    socket.binaryType = "arraybuffer";
    const [data] = await received(socket, 1);
    assert.ok(data instanceof ArrayBuffer && data.byteLength === 8, `It is ${data}`);
  }),

  test("keeps its value when it is set to an invalid type before a message", async ({ open }) => {
    const socket = /** @type {any} */ (await open("/echo"));
    socket.binaryType = "arraybuffer";
    socket.binaryType = "nonsense";
    assert.ok((await echo(socket, bytes)) instanceof ArrayBuffer, "It is not an ArrayBuffer");
  }),

  test("delivers Blobs that can be read late, and in several ways", async ({ open }) => {
    const socket = await open("/echo");
    const blob = await echo(socket, new TextEncoder().encode("h\u00e9llo"));
    const end = closed(socket);
    socket.close();
    await end;
    assert.equal(await blob.text(), "h\u00e9llo");
    assert.equal(await blob.slice(0, 1).text(), "h");
    assert.equal(await new Response(blob).text(), "h\u00e9llo");
  }),

  test("delivers a Blob of 1 MiB completely", async ({ open }) => {
    const sent = new Uint8Array(1 << 20).map((_, index) => index * 13);
    const blob = await echo(await open("/echo"), sent);
    assert.equal(blob.size, 1 << 20);
    const back = new Uint8Array(await blob.arrayBuffer());
    assert.ok(
      back.every((byte, index) => byte === sent[index]),
      "Other bytes came back",
    );
  }),

  test("delivers 1000 binary messages of a flood in order", async ({ connect }) => {
    const socket = connect("/flood?count=1000&size=20");
    socket.binaryType = "arraybuffer";
    /** @type {number[]} */
    const indices = [];
    socket.onmessage = ({ data }) => indices.push(new DataView(data).getUint32(0, true));
    await closed(socket);
    assert.deepEqual(indices, [...Array(1000).keys()]);
  }),

  test("delivers a mix of Blobs and text in order", async ({ open }) => {
    const socket = await open("/echo");
    const messages = received(socket, 40);
    for (let index = 0; index < 20; index++) {
      socket.send(new Uint8Array(index));
      socket.send(`${index}`);
    }
    const shown = (await messages).map((data) =>
      typeof data === "string" ? data : `${data.size} bytes`,
    );
    assert.deepEqual(
      shown,
      Array.from({ length: 20 }, (_, index) => [`${index} bytes`, `${index}`]).flat(),
    );
  }),
];
