// Checks that the server of tests/support/server.mjs behaves, and misbehaves, as its endpoints say,
// with npm's ws and a raw TCP client.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { on, once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { Socket, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import { FrameReader, Opcode, encodeClose, encodeFrame } from "../support/frames.mjs";
import { startServer } from "../support/server.mjs";

/** @typedef {import("../support/frames.mjs").Frame} Frame */

const maskingKey = Buffer.of(1, 2, 3, 4);

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;

beforeEach(async () => {
  server = await startServer();
});

afterEach(async () => {
  await server.close();
});

/** A ws client that stores every message from the first on, and how it ended. */
class Client {
  /**
   * @param {string} path
   * @param {{ protocols?: string[], perMessageDeflate?: boolean }} [options]
   */
  constructor(path, { protocols = [], perMessageDeflate = false } = {}) {
    this.webSocket = new WebSocket(server.ws + path, protocols, { perMessageDeflate });
    this.opened = new Promise((resolve) => this.webSocket.once("open", resolve));
    this.failed = new Promise((resolve) =>
      this.webSocket.once("error", (error) => resolve(error.message)),
    );
    this.closed = new Promise((resolve) =>
      this.webSocket.once("close", (code, reason) => resolve({ code, reason: reason.toString() })),
    );
    this.webSocket.on("error", () => {});
    this.messages = on(this.webSocket, "message");
  }

  /** @returns {Promise<string | Buffer>} the next message */
  async receive() {
    const { value } = await this.messages.next();
    const [data, isBinary] = value;
    return isBinary ? data : data.toString();
  }
}

/** A TCP client that has done the opening handshake, and sees the raw bytes that come back. */
class RawClient {
  #frames = new FrameReader();
  /** @type {Frame[]} */
  #unread = [];

  /**
   * @param {string} path
   * @param {string[]} [headers]
   */
  constructor(path, headers = []) {
    this.socket = connect(server.port, "127.0.0.1");
    this.chunks = this.socket[Symbol.asyncIterator]();
    const head = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${server.port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
      ...headers,
    ];
    this.socket.write(`${head.join("\r\n")}\r\n\r\n`);
  }

  /** @returns {Promise<string>} the head of the server's answer to the handshake */
  async head() {
    let bytes = Buffer.alloc(0);
    while (!bytes.includes("\r\n\r\n")) bytes = Buffer.concat([bytes, await this.#chunk()]);
    const end = bytes.indexOf("\r\n\r\n");
    this.#unread.push(...this.#frames.read(bytes.subarray(end + 4)));
    return bytes.toString("latin1", 0, end);
  }

  /** @returns {Promise<Frame>} the next frame */
  async frame() {
    for (;;) {
      const frame = this.#unread.shift();
      if (frame) return frame;
      this.#unread.push(...this.#frames.read(await this.#chunk()));
    }
  }

  /** @returns {Promise<Buffer>} the remaining bytes until the server ends TCP */
  async rest() {
    const chunks = [];
    for await (const chunk of this.chunks) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async #chunk() {
    const { done, value } = await this.chunks.next();
    assert.ok(!done, "the server ended TCP while the client waited for more");
    return value;
  }
}

/**
 * Does a round trip to the server: everything it was about to do for another connection is done.
 */
async function roundTrip() {
  const client = new Client("/echo");
  await client.opened;
  client.webSocket.send("");
  await client.receive();
  client.webSocket.terminate();
}

describe("/echo", () => {
  it("sends text back as text", async () => {
    const client = new Client("/echo");
    await client.opened;
    client.webSocket.send("héllo");
    assert.equal(await client.receive(), "héllo");
  });

  it("sends binary back as binary", async () => {
    const client = new Client("/echo");
    await client.opened;
    client.webSocket.send(Buffer.of(0, 255));
    assert.deepEqual(await client.receive(), Buffer.of(0, 255));
  });

  it("answers a Close frame with the same code and reason", async () => {
    const client = new RawClient("/echo");
    client.socket.write(encodeClose(4002, "bye", { maskingKey }));
    await client.head();
    assert.deepEqual((await client.frame()).payload, Buffer.from("\x0f\xa2bye", "latin1"));
  });

  it("accepts a message of 64 MiB", async () => {
    const client = new Client("/echo");
    await client.opened;
    client.webSocket.send(Buffer.alloc(64 * 1024 * 1024));
    assert.equal((await client.receive()).length, 64 * 1024 * 1024);
  });

  it("closes with 1009 when a message is longer than 64 MiB", async () => {
    const client = new Client("/echo");
    await client.opened;
    client.webSocket.send(Buffer.alloc(64 * 1024 * 1024 + 1));
    assert.equal((await client.closed).code, 1009);
  });

  it("does not compress", async () => {
    const client = new Client("/echo", { perMessageDeflate: true });
    await client.opened;
    assert.equal(client.webSocket.extensions, "");
  });

  it("accepts permessage-deflate when the query has deflate", async () => {
    const client = new Client("/echo?deflate", { perMessageDeflate: true });
    await client.opened;
    client.webSocket.send("x".repeat(5000));
    assert.equal(client.webSocket.extensions, "permessage-deflate");
    assert.equal(await client.receive(), "x".repeat(5000));
  });
});

describe("/close", () => {
  it("closes with the code and reason of the query", async () => {
    const client = new Client("/close?code=4001&reason=bye%20%E2%82%AC");
    assert.deepEqual(await client.closed, { code: 4001, reason: "bye €" });
  });

  it("sends an empty Close frame without a code", async () => {
    const client = new RawClient("/close");
    await client.head();
    assert.deepEqual(await client.frame(), {
      fin: true,
      opcode: Opcode.close,
      payload: Buffer.alloc(0),
    });
  });

  for (const query of [
    "code=1005",
    "code=2999",
    "code=5000",
    "code=abc",
    `code=1000&reason=${"x".repeat(124)}`,
  ]) {
    it(`refuses the handshake with 400 and says why when asked for ${query.slice(0, 24)}`, async (t) => {
      const warn = t.mock.method(console, "warn", () => {});
      const client = new Client(`/close?${query}`);
      assert.equal(await client.failed, "Unexpected server response: 400");
      assert.equal(warn.mock.callCount(), 1);
    });
  }
});

describe("/close-after-message", () => {
  it("closes with the code and reason of the query after a message", async () => {
    const client = new Client("/close-after-message?code=4001&reason=bye");
    await client.opened;
    await roundTrip();
    assert.equal(client.webSocket.readyState, WebSocket.OPEN);
    client.webSocket.send("close");
    assert.deepEqual(await client.closed, { code: 4001, reason: "bye" });
  });
});

describe("/refuse", () => {
  it("answers the handshake with 403", async () => {
    assert.equal(await new Client("/refuse").failed, "Unexpected server response: 403");
  });

  it("answers the handshake with the status of the query", async () => {
    assert.match(
      await new RawClient("/refuse?status=503").head(),
      /^HTTP\/1\.1 503 Service Unavailable\r\n/,
    );
  });
});

describe("/protocol", () => {
  it("selects the subprotocol of the query", async () => {
    const client = new Client("/protocol?choose=b", { protocols: ["a", "b"] });
    await client.opened;
    assert.equal(client.webSocket.protocol, "b");
  });

  for (const path of ["/protocol", "/protocol?choose=c"]) {
    it(`selects none of a and b at ${path}`, async () => {
      const client = new RawClient(path, ["Sec-WebSocket-Protocol: a, b"]);
      assert.doesNotMatch(await client.head(), /Sec-WebSocket-Protocol/);
    });
  }

  it("selects a subprotocol that was not offered when forced to", async () => {
    const client = new RawClient("/protocol?force=x", ["Sec-WebSocket-Protocol: a, b"]);
    assert.match(await client.head(), /\r\nSec-WebSocket-Protocol: x(\r\n|$)/);
  });

  it("selects a subprotocol when forced to, even if none was offered", async () => {
    assert.equal(
      await new Client("/protocol?force=x").failed,
      "Server sent a subprotocol but none was requested",
    );
  });
});

describe("/handshake", () => {
  it("answers with additional headers from the query", async () => {
    const client = new RawClient("/handshake?header=X-One:%201&header=X-Two:%202");
    const head = await client.head();
    assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    assert.match(
      head,
      /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\nX-One: 1\r\nX-Two: 2$/,
    );
  });

  it("answers with the key of the query", async () => {
    assert.equal(
      await new Client("/handshake?accept=x").failed,
      "Invalid Sec-WebSocket-Accept header",
    );
  });

  it("answers with the status of the query and otherwise right headers", async () => {
    const client = new RawClient("/handshake?status=200");
    assert.match(
      await client.head(),
      /^HTTP\/1\.1 200 OK\r\n.*\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=$/s,
    );
  });
});

describe("/request", () => {
  it("sends the target and the headers of the handshake, then echoes", async () => {
    const client = new Client("/request?q=%20", { protocols: ["a", "b"] });
    const { url, headers } = JSON.parse(String(await client.receive()));
    assert.equal(url, "/request?q=%20");
    assert.equal(headers["sec-websocket-protocol"], "a,b");
    client.webSocket.send("hello");
    assert.equal(await client.receive(), "hello");
  });
});

describe("/drop", () => {
  it("ends TCP after the 101 without a Close frame", async () => {
    const client = new RawClient("/drop");
    assert.match(await client.head(), /^HTTP\/1\.1 101 /);
    assert.equal((await client.rest()).length, 0);
  });

  it("answers the handshake such that a client opens", async () => {
    const client = new Client("/drop");
    await client.opened;
    assert.deepEqual(await client.closed, { code: 1006, reason: "" });
  });
});

describe("/drop-after-message", () => {
  it("ends TCP after a message without a Close frame", async () => {
    const client = new RawClient("/drop-after-message");
    await client.head();
    client.socket.write(encodeFrame(Opcode.text, "drop", { maskingKey }));
    assert.equal((await client.rest()).length, 0);
  });
});

describe("/no-answer", () => {
  it("sends nothing and holds TCP until the client ends it", async () => {
    const client = new RawClient("/no-answer");
    await roundTrip();
    assert.equal(client.socket.readyState, "open");
    client.socket.end();
    assert.equal((await client.rest()).length, 0);
  });
});

describe("/never-close", () => {
  it("opens, answers neither a message nor a Close frame, and holds TCP until the client ends it", async () => {
    const client = new RawClient("/never-close");
    assert.match(await client.head(), /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=$/);
    client.socket.write(encodeFrame(Opcode.text, "hello", { maskingKey }));
    client.socket.write(encodeClose(1000, "", { maskingKey }));
    await roundTrip();
    assert.equal(client.socket.readyState, "open");
    client.socket.end();
    assert.equal((await client.rest()).length, 0);
  });
});

describe("/close-and-hold", () => {
  it("sends a Close frame after a message and holds TCP until the client ends it", async () => {
    const client = new RawClient("/close-and-hold");
    await client.head();
    client.socket.write(encodeFrame(Opcode.text, "hello", { maskingKey }));
    assert.deepEqual((await client.frame()).payload, Buffer.of(0x03, 0xe8));
    client.socket.write(encodeClose(1000, "", { maskingKey }));
    await roundTrip();
    assert.equal(client.socket.readyState, "open");
    client.socket.end();
    assert.equal((await client.rest()).length, 0);
  });

  it("takes the code from the query", async () => {
    const client = new Client("/close-and-hold?code=4003");
    await client.opened;
    client.webSocket.send("x".repeat(100_000));
    assert.equal((await client.closed).code, 4003);
  });

  it("does not count a ping, or half a message, as a message", async () => {
    const client = new RawClient("/close-and-hold");
    await client.head();
    client.socket.write(encodeFrame(Opcode.ping, "", { maskingKey }));
    client.socket.write(encodeFrame(Opcode.text, "half", { fin: false, maskingKey }));
    await roundTrip();
    client.socket.end();
    assert.equal((await client.rest()).length, 0);
  });
});

describe("/early", () => {
  it("sends its messages in the packet of the 101", async (t) => {
    const prototype = /** @type {any} */ (Socket.prototype);
    const writes = [t.mock.method(prototype, "_write"), t.mock.method(prototype, "_writev")];
    const client = new RawClient("/early?count=2");
    const [packet] = await once(client.socket, "data");
    const frames = [encodeFrame(Opcode.text, "early 0"), encodeFrame(Opcode.text, "early 1")];
    assert.match(packet.toString("latin1"), /^HTTP\/1\.1 101 /);
    assert.deepEqual(packet.subarray(packet.indexOf("\r\n\r\n") + 4), Buffer.concat(frames));
    // The system may join two writes into one packet, so only their number shows that it was one.
    const calls = writes.flatMap((write) => write.mock.calls);
    assert.equal(calls.filter((call) => call.this.localPort === server.port).length, 1);
  });

  it("sends its Close frame in that packet too, and ends TCP when the client has answered", async () => {
    const client = new RawClient("/early?count=1&close=1000");
    const [packet] = await once(client.socket, "data");
    const frames = [encodeFrame(Opcode.text, "early 0"), encodeClose(1000)];
    assert.deepEqual(packet.subarray(packet.indexOf("\r\n\r\n") + 4), Buffer.concat(frames));
    client.socket.write(encodeClose(1000, "", { maskingKey }));
    assert.equal((await client.rest()).length, 0);
  });

  it("sends three messages by default, and stays open", async () => {
    const client = new Client("/early");
    assert.equal(await client.receive(), "early 0");
    assert.equal(await client.receive(), "early 1");
    assert.equal(await client.receive(), "early 2");
    await roundTrip();
    assert.equal(client.webSocket.readyState, WebSocket.OPEN);
  });
});

describe("/raw", () => {
  it("sends the bytes of the query, whatever they are, after a message", async () => {
    const client = new RawClient("/raw?hex=8300");
    await client.head();
    await roundTrip();
    client.socket.write(encodeFrame(Opcode.text, "hello", { maskingKey }));
    assert.deepEqual(await client.frame(), { fin: true, opcode: 3, payload: Buffer.alloc(0) });
  });

  it("ends TCP when the client's Close frame has come", async () => {
    const client = new RawClient(`/raw?hex=${encodeClose(1000).toString("hex")}`);
    await client.head();
    client.socket.write(encodeFrame(Opcode.text, "hello", { maskingKey }));
    assert.deepEqual((await client.frame()).payload, Buffer.of(0x03, 0xe8));
    await roundTrip();
    assert.equal(client.socket.readyState, "open");
    client.socket.write(encodeClose(1000, "", { maskingKey }));
    assert.equal((await client.rest()).length, 0);
  });

  for (const hex of ["8", "zz", "8A"]) {
    it(`refuses the handshake with 400 and says why when asked for hex=${hex}`, async (t) => {
      const warn = t.mock.method(console, "warn", () => {});
      assert.equal(await new Client(`/raw?hex=${hex}`).failed, "Unexpected server response: 400");
      assert.equal(warn.mock.callCount(), 1);
    });
  }
});

describe("/invalid-utf8", () => {
  it("sends a text message with bytes that are not UTF-8", async () => {
    const client = new RawClient("/invalid-utf8");
    await client.head();
    const { opcode, payload } = await client.frame();
    assert.equal(opcode, Opcode.text);
    assert.throws(() => new TextDecoder("utf-8", { fatal: true }).decode(payload), TypeError);
  });

  it("makes a client fail with an error", async () => {
    assert.match(await new Client("/invalid-utf8").failed, /invalid UTF-8/);
  });
});

describe("/fragmented", () => {
  it("sends a text and a binary message that a client reassembles", async () => {
    const client = new Client("/fragmented");
    assert.equal(await client.receive(), "héllo wörld");
    assert.deepEqual(
      await client.receive(),
      Buffer.from(Array.from({ length: 256 }, (_, index) => index)),
    );
  });

  it("splits the text within code points, with a ping between", async () => {
    const client = new RawClient("/fragmented");
    await client.head();
    const frames = [
      await client.frame(),
      await client.frame(),
      await client.frame(),
      await client.frame(),
    ];
    assert.deepEqual(
      frames.map(({ fin, opcode, payload }) => [fin, opcode, payload.toString("latin1")]),
      [
        [false, Opcode.text, "h\xc3"],
        [true, Opcode.ping, "between"],
        [false, Opcode.continuation, "\xa9llo w\xc3"],
        [true, Opcode.continuation, "\xb6rld"],
      ],
    );
  });
});

describe("/bom", () => {
  it("sends a leading byte order mark, a NUL and code points outside the first plane", async () => {
    const client = new RawClient("/bom");
    await client.head();
    assert.deepEqual((await client.frame()).payload, Buffer.from("efbbbf626f6d", "hex"));
    assert.deepEqual((await client.frame()).payload, Buffer.from("610062", "hex"));
    assert.deepEqual(
      (await client.frame()).payload,
      Buffer.from("f09f9880f0908d88f48fbfbf", "hex"),
    );
  });
});

describe("/slow-reader", () => {
  it("reads nothing until its time has come, then counts everything that was sent", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const moreThanTcpBuffers = Buffer.alloc(64 * 1024 * 1024);
    const slow = new Client("/slow-reader?ms=700");
    const fast = new Client("/count");
    await Promise.all([slow.opened, fast.opened]);
    slow.webSocket.send(moreThanTcpBuffers);
    slow.webSocket.send("done");
    t.mock.timers.tick(699);

    fast.webSocket.send(moreThanTcpBuffers);
    fast.webSocket.send("stop");
    await fast.receive();
    assert.ok(slow.webSocket.bufferedAmount > 0);

    t.mock.timers.tick(1);
    assert.equal(await slow.receive(), `${moreThanTcpBuffers.length}`);
  });

  it("pauses again whenever it has read as much as the query says", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const moreThanTcpBuffers = Buffer.alloc(64 * 1024 * 1024);
    const slow = new Client("/slow-reader?ms=700&every=1");
    const fast = new Client("/count");
    await Promise.all([slow.opened, fast.opened]);
    for (const message of [moreThanTcpBuffers, moreThanTcpBuffers, "done"])
      slow.webSocket.send(message);
    t.mock.timers.tick(700);
    while (slow.webSocket.bufferedAmount > 2 * moreThanTcpBuffers.length) await setImmediate();

    fast.webSocket.send(moreThanTcpBuffers);
    fast.webSocket.send("stop");
    await fast.receive();
    assert.ok(slow.webSocket.bufferedAmount > 0);

    let answer = "";
    slow.webSocket.once("message", (data) => (answer = data.toString()));
    while (!answer) {
      t.mock.timers.tick(700);
      await setImmediate();
    }
    assert.equal(answer, `${2 * moreThanTcpBuffers.length}`);
  });

  it("starts to read after 500 ms by default", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const client = new Client("/slow-reader");
    await client.opened;
    client.webSocket.send("four");
    client.webSocket.send("done");
    t.mock.timers.tick(500);
    assert.equal(await client.receive(), "4");
  });
});

describe("/flood", () => {
  it("sends numbered binary messages of the size asked for, then closes with 1000", async () => {
    const client = new Client("/flood?count=3&size=6");
    assert.deepEqual(await client.receive(), Buffer.from("\0\0\0\0xx"));
    assert.deepEqual(await client.receive(), Buffer.from("\x01\0\0\0xx"));
    assert.deepEqual(await client.receive(), Buffer.from("\x02\0\0\0xx"));
    assert.equal((await client.closed).code, 1000);
  });

  it("sends numbered text messages of the size asked for", async () => {
    const client = new Client("/flood?count=2&size=6&kind=text");
    assert.equal(await client.receive(), "0 xxxx");
    assert.equal(await client.receive(), "1 xxxx");
  });

  it("pads text with the query's string", async () => {
    assert.equal(
      await new Client("/flood?count=1&size=5&kind=text&pad=%E2%82%AC").receive(),
      "0 \u20ac\u20ac\u20ac",
    );
  });

  it("waits for a message if the query says so", async () => {
    const client = new Client("/flood?count=1&size=5&kind=text&wait");
    let arrived = 0;
    client.webSocket.on("message", () => ++arrived);
    await client.opened;
    await roundTrip();
    assert.equal(arrived, 0);
    client.webSocket.send("start");
    assert.equal(await client.receive(), "0 xxx");
  });

  it("sends 1000 messages of 16 bytes by default", async () => {
    const client = new Client("/flood");
    for (let index = 0; index < 1000; index++) {
      const message = /** @type {Buffer} */ (await client.receive());
      assert.deepEqual([message.readUInt32LE(), message.length], [index, 16]);
    }
    assert.equal((await client.closed).code, 1000);
  });

  it("loses nothing when the client reads slower than it sends", async () => {
    const client = new Client("/flood?count=40&size=1048576");
    await client.opened;
    client.webSocket.pause();
    await roundTrip();
    client.webSocket.resume();
    for (let index = 0; index < 40; index++) {
      const message = /** @type {Buffer} */ (await client.receive());
      assert.equal(message.readUInt32LE(), index);
    }
  });
});

describe("/json-rpc", () => {
  it("answers calls, each with its id, and one of them after the next", async () => {
    const client = new Client("/json-rpc");
    await client.opened;
    client.webSocket.send(JSON.stringify({ id: 1, method: "add-later", params: [1] }));
    client.webSocket.send(JSON.stringify({ id: 2, method: "subtract" }));
    const replies = [await client.receive(), await client.receive()].map((reply) =>
      JSON.parse(String(reply)),
    );
    assert.deepEqual(replies, [
      { jsonrpc: "2.0", id: 2, error: { code: -32601, message: "Method not found" } },
      { jsonrpc: "2.0", id: 1, result: 1 },
    ]);
  });
});

describe("/count", () => {
  it("counts the messages and bytes before the text stop", async () => {
    const client = new Client("/count");
    await client.opened;
    client.webSocket.send("héllo");
    client.webSocket.send(Buffer.from("stop"));
    client.webSocket.send("stop");
    assert.equal(await client.receive(), '{"messages":2,"bytes":10}');
  });
});

describe("/report and /ended", () => {
  it("echoes", async () => {
    const client = new Client("/report?id=a");
    await client.opened;
    client.webSocket.send("hello");
    assert.equal(await client.receive(), "hello");
  });

  it("reports the code and reason of a client's close", async () => {
    const client = new Client("/report?id=a");
    await client.opened;
    client.webSocket.close(4005, "bye");
    await client.closed;
    assert.deepEqual(await endOf("a"), { code: 4005, reason: "bye", messages: 0 });
  });

  it("waits for the end of a client that is still connected", async () => {
    const client = new Client("/report?id=a");
    await client.opened;
    const end = endOf("a");
    await roundTrip();
    client.webSocket.close(4005, "bye");
    assert.deepEqual(await end, { code: 4005, reason: "bye", messages: 0 });
  });

  it("reports 1005 for an empty Close frame", async () => {
    const client = new Client("/report?id=a");
    await client.opened;
    client.webSocket.close();
    assert.deepEqual(await endOf("a"), { code: 1005, reason: "", messages: 0 });
  });

  it("reports 1006 for a client that ends TCP without a Close frame", async () => {
    const client = new Client("/report?id=a");
    await client.opened;
    client.webSocket.terminate();
    assert.deepEqual(await endOf("a"), { code: 1006, reason: "", messages: 0 });
  });

  it("reports how many messages came before the Close frame", async () => {
    const client = new Client("/report?id=a");
    await client.opened;
    client.webSocket.send("one");
    client.webSocket.send("two");
    client.webSocket.close(4005);
    assert.equal((await endOf("a")).messages, 2);
  });

  it("forgets the end of a client when the next one of that id opens", async () => {
    const first = new Client("/report?id=a");
    await first.opened;
    first.webSocket.close(4001);
    await endOf("a");

    const second = new Client("/report?id=a");
    await second.opened;
    const end = endOf("a");
    second.webSocket.close(4002);
    assert.deepEqual(await end, { code: 4002, reason: "", messages: 0 });
  });

  it("does not confuse the end of a client with that of the next one with its id", async () => {
    const first = new Client("/report?id=a");
    await first.opened;
    const second = new Client("/report?id=a");
    await second.opened;
    const end = endOf("a");
    first.webSocket.close(4001);
    await first.closed;
    await roundTrip();
    second.webSocket.close(4002);
    assert.deepEqual(await end, { code: 4002, reason: "", messages: 0 });
  });

  it("keeps the ends of different ids apart", async () => {
    const [first, second] = [new Client("/report?id=a"), new Client("/report?id=b")];
    await Promise.all([first.opened, second.opened]);
    first.webSocket.close(4001);
    second.webSocket.close(4002);
    assert.equal((await endOf("b")).code, 4002);
    assert.equal((await endOf("a")).code, 4001);
  });

  it("lets a page of any origin ask", async () => {
    const client = new Client("/report?id=a");
    await client.opened;
    client.webSocket.close();
    const response = await fetch(`${server.http}/ended?id=a`);
    assert.equal(response.headers.get("access-control-allow-origin"), "*");
    assert.equal(response.headers.get("content-type"), "application/json");
  });

  it("gives up after 10 s with 504", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let status = 0;
    get(`${server.http}/ended?id=a`, (response) => {
      status = response.statusCode ?? 0;
      response.resume();
    });
    while (status === 0) {
      await setImmediate();
      t.mock.timers.tick(10_000);
    }
    assert.equal(status, 504);
  });

  /**
   * @param {string} id
   * @returns {Promise<{ code: number, reason: string, messages: number }>}
   */
  async function endOf(id) {
    const response = await fetch(`${server.http}/ended?id=${id}`);
    return /** @type {any} */ (await response.json());
  }
});

describe("an unknown path", () => {
  it("is refused with 404 and a warning that names it", async (t) => {
    const warn = t.mock.method(console, "warn", () => {});
    assert.equal(await new Client("/ecco?x").failed, "Unexpected server response: 404");
    assert.deepEqual(warn.mock.calls[0].arguments, ["/ecco?x: There is no endpoint /ecco."]);
  });
});

describe("files", () => {
  /** @type {string} */
  let folder;
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let files;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "hawser-"));
    await Promise.all(
      ["index.html", "a.js", "a.mjs", "a.wasm"].map((name) => writeFile(join(folder, name), name)),
    );
    files = await startServer({
      root: { "/": join(folder, "nowhere"), "/build/": folder },
      headers: { "Content-Security-Policy": "default-src 'self'" },
    });
  });

  afterEach(async () => {
    await files.close();
    await rm(folder, { recursive: true });
  });

  for (const [name, type] of [
    ["index.html", "text/html;charset=utf-8"],
    ["a.js", "text/javascript"],
    ["a.mjs", "text/javascript"],
    ["a.wasm", "application/wasm"],
  ]) {
    it(`serves ${name} as ${type}`, async () => {
      const response = await fetch(`${files.http}/build/${name}?query`);
      assert.equal(response.headers.get("content-type"), type);
      assert.equal(await response.text(), name);
    });
  }

  it("serves the current version of a file", async () => {
    await fetch(`${files.http}/build/a.js`).then((response) => response.text());
    await writeFile(join(folder, "a.js"), "changed");
    const response = await fetch(`${files.http}/build/a.js`);
    assert.equal(await response.text(), "changed");
  });

  for (const path of ["/build/a.js", "/build/missing.js", "/missing.js"]) {
    it(`isolates the page and adds the headers asked for at ${path}`, async () => {
      const { headers } = await fetch(files.http + path);
      assert.equal(headers.get("cross-origin-opener-policy"), "same-origin");
      assert.equal(headers.get("cross-origin-embedder-policy"), "require-corp");
      assert.equal(headers.get("content-security-policy"), "default-src 'self'");
    });
  }

  it("answers 404 for a file that is in none of the folders", async () => {
    assert.equal((await fetch(`${files.http}/build/missing.js`)).status, 404);
    assert.equal((await fetch(`${files.http}/missing.js`)).status, 404);
  });
});

describe("close", () => {
  it("ends every connection, whatever its endpoint is doing", async () => {
    const paths = [
      "/echo",
      "/never-close",
      "/close-and-hold",
      "/slow-reader?ms=600000",
      "/flood?count=100000&size=10000",
    ];
    const clients = paths.map((path) => new Client(path));
    const unanswered = new Client("/no-answer");
    await Promise.all(clients.map((client) => client.opened));
    await server.close();
    const ends = await Promise.all([...clients, unanswered].map((client) => client.closed));
    assert.deepEqual(new Set(ends.map(({ code }) => code)), new Set([1006]));
  });

  it("ends a request of /ended that still waits", async () => {
    const rejected = assert.rejects(fetch(`${server.http}/ended?id=a`), TypeError);
    await roundTrip();
    await server.close();
    await rejected;
  });
});

describe("from the command line", () => {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
    it(`prints the URL, serves, and ends by itself after ${signal}`, async () => {
      const path = fileURLToPath(new URL("../support/server.mjs", import.meta.url));
      const child = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"] });
      const exited = once(child, "exit");
      const [line] = await once(child.stdout.setEncoding("utf8"), "data");
      assert.match(line, /^ws:\/\/127\.0\.0\.1:\d+\n$/);

      for (const endpoint of ["/never-close", "/slow-reader?ms=600000"]) {
        const webSocket = new WebSocket(line.trim() + endpoint).on("error", () => {});
        await once(webSocket, "open");
      }
      child.kill(signal);
      assert.deepEqual(await exited, [0, null]);
    });
  }
});
