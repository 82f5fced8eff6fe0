// The demo server's record of a connection, and its limits.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { afterEach, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { FrameReader as PageFrameReader, decodeHeader, mask } from "../../demo/page/frames.mjs";
import { startDemo } from "../../demo/server/server.mjs";
import { FrameReader, Opcode, encodeClose, encodeFrame } from "../support/frames.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const KEY = "dGhlIHNhbXBsZSBub25jZQ=="; // of RFC 6455 §1.3
const maskingKey = Buffer.of(1, 2, 3, 4);

describe("the reader of frames", () => {
  for (const [length, bits, size] of [
    [0, 7, 2],
    [125, 7, 2],
    [126, 16, 4],
    [65_535, 16, 4],
    [65_536, 64, 10],
  ]) {
    it(`finds a payload of ${length} bytes, however it is split`, () => {
      const payload = Buffer.alloc(length, 7);
      const frame = encodeFrame(Opcode.binary, payload, { maskingKey });
      const both = Buffer.concat([frame, frame]);
      for (const step of [1, 3, frame.length]) {
        const reader = new PageFrameReader(100);
        const found = [];
        for (let i = 0; i < both.length; i += step)
          found.push(...reader.read(both.subarray(i, i + step)));
        assert.equal(found.length, 2, `in steps of ${step}`);
        for (const { bytes, size: whole } of found) {
          assert.equal(whole, frame.length);
          assert.deepEqual(Buffer.from(bytes), frame.subarray(0, size + 4 + Math.min(length, 100)));
        }
      }
      const header = decodeHeader(frame);
      assert.deepEqual(header, {
        ...{ fin: true, rsv: 0, opcode: 2, lengthBits: bits, payloadLength: length },
        ...{ maskingKey: new Uint8Array(maskingKey), size: size + 4 },
      });
    });
  }

  it("recognises the three extension bits, a fragment, and an unmasked frame", () => {
    const header = decodeHeader(Buffer.of(0x41, 0x00));
    assert.deepEqual([header?.fin, header?.rsv, header?.maskingKey], [false, 4, undefined]);
    assert.equal(decodeHeader(Buffer.of(0x81)), undefined);
    assert.equal(decodeHeader(Buffer.of(0x82, 0xfe, 0, 126, 1, 2, 3)), undefined);
  });

  it("unmasks masked frames", () => {
    const data = Buffer.from("Ahoy ⚓");
    assert.deepEqual(Buffer.from(mask(mask(data, maskingKey), maskingKey)), data);
  });
});

describe("the demo's record of the wire", { timeout: longestSuite }, () => {
  /** @type {Awaited<ReturnType<typeof startDemo>>} */
  let demo;
  let clock = 0;
  /** @type {Watcher[]} */
  let watchers = [];

  beforeEach(async () => {
    clock = 0;
    watchers = [];
    demo = await startDemo({ port: 0, root, now: () => clock });
  });

  afterEach(async () => {
    for (const watcher of watchers) watcher.leave();
    await demo.close();
  });

  /** @param {number} number */
  const idOf = (number) => number.toString(16).padStart(32, "0");
  const id = idOf(1);

  /** @param {string} itsId */
  async function watch(itsId = id) {
    const watcher = new Watcher(new URL(`wire/record?id=${itsId}`, demo.url));
    watchers.push(watcher);
    await watcher.answered;
    return watcher;
  }

  /**
   * @param {string} [query]
   * @param {http.OutgoingHttpHeaders} [headers]
   */
  async function connect(query = `id=${id}`, headers = {}) {
    const handshake = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": 13 };
    const request = http.get(new URL(`wire?${query}`, demo.url), {
      headers: { ...handshake, "Sec-WebSocket-Key": KEY, ...headers },
    });
    const [response, socket, head] = await Promise.race([
      once(request, "upgrade"),
      once(request, "response").then(([response]) => [response.resume()]),
    ]);
    return { status: response.statusCode, client: socket && new Client(socket, head) };
  }

  /**
   * @param {string} what
   * @param {RequestInit & { id?: string }} [options]
   */
  async function ask(what, { id: itsId = id, ...options } = {}) {
    const { status } = await fetch(new URL(`wire/${what}?id=${itsId}`, demo.url), {
      method: "POST",
      ...options,
    });
    return status;
  }

  it("ends after 10 minutes", async (test) => {
    // This must be the first test: a timer of an earlier one could not be cleared.
    test.mock.timers.enable({ apis: ["setTimeout"] });
    const watcher = await watch();
    const { client } = await connect();
    test.mock.timers.tick(10 * 60_000 - 1);
    client.write(encodeFrame(Opcode.text, "still there", { maskingKey }));
    await watcher.receive(4);
    test.mock.timers.tick(1);
    await Promise.all([client.closed, watcher.end()]);
  });

  it("has the request and the answer unchanged, byte for byte", async () => {
    const watcher = await watch();
    await connect(`id=${id}`, { "X-Odd": "  sPaCeD\t" });
    const [request, answer] = await watcher.receive(2);
    const { host } = new URL(demo.url);
    assert.equal(
      request.text,
      [
        `GET /wire?id=${id} HTTP/1.1`,
        ...["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
        ...[`Sec-WebSocket-Key: ${KEY}`, "X-Odd:   sPaCeD\t", `Host: ${host}`, "", ""],
      ].join("\r\n"),
    );
    assert.equal(
      answer.text,
      [
        ...["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"],
        ...["Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "", ""], // of RFC 6455 §1.3
      ].join("\r\n"),
    );
    assert.deepEqual(
      [request.kind, request.from, answer.kind, answer.from],
      ["request", "page", "answer", "server"],
    );
  });

  it("has each frame of both directions unchanged, in order, until TCP ends", async () => {
    const watcher = await watch();
    const { client } = await connect();
    const sent = [
      encodeFrame(Opcode.text, "Ahoy ⚓", { maskingKey }),
      encodeFrame(Opcode.text, "Ah", { maskingKey, fin: false }),
      encodeFrame(Opcode.continuation, "oy", { maskingKey }),
      encodeClose(4000, "moored", { maskingKey }),
    ];
    client.write(sent[0]);
    await watcher.receive(4);
    for (const frame of sent.slice(1)) client.write(frame);
    await client.closed;
    const entries = await watcher.end();
    const frames = entries.filter(({ kind }) => kind === "frame");
    /** @param {string} from */
    const of = (from) =>
      frames.filter((frame) => frame.from === from).map(({ bytes }) => bytes.toString("hex"));
    assert.deepEqual(
      of("page"),
      sent.map((frame) => frame.toString("hex")),
    );
    assert.deepEqual(of("server"), [client.bytes.toString("hex")].flatMap(split));
    assert.deepEqual(
      frames.slice(0, 2).map(({ from }) => from),
      ["page", "server"],
    );
    assert.deepEqual(
      entries.slice(-3).map(({ kind }) => kind),
      ["end", "end", "closed"],
    );
    const times = entries.map(({ at }) => at);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  });

  it("keeps the start of a long payload, and the sizes of all", async () => {
    const watcher = await watch();
    const { client } = await connect();
    client.write(encodeFrame(Opcode.binary, Buffer.alloc(70_000, 9), { maskingKey }));
    const [, , sent, echoed] = await watcher.receive(4);
    assert.deepEqual(
      [sent.size, sent.bytes.length, echoed.size, echoed.bytes.length],
      [70_014, 139, 70_010, 135],
    );
  });

  it("compresses only if the page wants it, and shows it by RSV1", async () => {
    const offer = { "Sec-WebSocket-Extensions": "permessage-deflate" };
    const plain = await watch();
    await connect(`id=${id}`, offer);
    assert.doesNotMatch((await plain.receive(2))[1].text, /deflate/);

    const watcher = await watch(idOf(2));
    const { client } = await connect(`id=${idOf(2)}&deflate`, offer);
    client.write(encodeFrame(Opcode.text, "a".repeat(1000), { maskingKey }));
    const [, answer, , echoed] = await watcher.receive(4);
    assert.match(answer.text, /\r\nSec-WebSocket-Extensions: permessage-deflate\r\n/);
    assert.equal(decodeHeader(echoed.bytes)?.rsv, 4);
    assert.ok(echoed.size < 100, `${echoed.size} bytes`);
  });

  it("has the Ping that the page requested, its Pong, and a message in three frames", async () => {
    const watcher = await watch();
    const { client } = await connect();
    assert.equal(await ask("ping"), 204);
    const [, , ping] = await watcher.receive(3);
    client.write(encodeFrame(Opcode.pong, "Are you there?", { maskingKey }));
    await watcher.receive(4);
    assert.equal(await ask("fragments"), 204);
    const [pong, ...fragments] = (await watcher.receive(7)).slice(3);
    assert.deepEqual(
      [ping, pong].map(({ bytes, from }) => [bytes[0], from]),
      [
        [0x89, "server"],
        [0x8a, "page"],
      ],
    );
    assert.deepEqual(
      fragments.map(({ bytes }) => bytes[0]),
      [0x01, 0x00, 0x80],
    );
  });

  it("has the closing handshake that the server starts", async () => {
    const watcher = await watch();
    const { client } = await connect();
    assert.equal(await ask("close"), 204);
    const [, , close] = await watcher.receive(3);
    assert.deepEqual(
      [close.from, close.bytes[0], close.bytes.readUInt16BE(2)],
      ["server", 0x88, 1000],
    );
    client.write(encodeClose(1000, "", { maskingKey }));
    await client.closed;
    await watcher.end();
  });

  it("is only for the page that has drawn its id", async () => {
    const first = await watch();
    const second = await watch(idOf(2));
    await connect();
    const other = await connect(`id=${idOf(2)}`);
    other.client.write(encodeFrame(Opcode.text, "secret", { maskingKey }));
    await second.receive(4);
    assert.equal(first.entries.length, 2);
    assert.equal(await statusOf(`wire/record?id=${id}`), 409);
    const Origin = "http://example.org";
    assert.equal(await statusOf(`wire/record?id=${idOf(3)}`, { headers: { Origin } }), 403);
  });

  /**
   * @param {string} path
   * @param {RequestInit} [options]
   */
  async function statusOf(path, options) {
    const response = await fetch(new URL(path, demo.url), options);
    await response.body?.cancel();
    return response.status;
  }

  it("accepts one connection for each record, and none without", async () => {
    for (const query of ["", "id=", `id=${id}0`, `id=${"G".repeat(32)}`]) {
      assert.equal((await connect(query)).status, 400, query);
      assert.equal(await statusOf(`wire/record?${query}`), 400, query);
    }
    assert.equal((await connect()).status, 404);
    await watch();
    assert.equal((await connect(`id=${id}`, { Origin: "http://example.org" })).status, 403);
    assert.equal((await connect()).status, 101);
    assert.equal((await connect()).status, 409);
  });

  it("ends the connection when its page is gone", async () => {
    const watcher = await watch();
    const { client } = await connect();
    watcher.leave();
    await client.closed;
    assert.equal(await ask("ping"), 404);
  });

  it("keeps 20 records at once", async () => {
    for (let i = 0; i < 20; ++i) await watch(idOf(i));
    assert.equal(await statusOf(`wire/record?id=${idOf(20)}`), 503);
    const [first] = watchers;
    first.leave();
    for (let status = 503; status !== 200;) {
      const watcher = await watch(idOf(20));
      status = watcher.status;
    }
  });

  it("counts connections together with all others", async () => {
    await watch();
    const handshake = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": 13 };
    for (let i = 0; i < 100; ++i) {
      const headers = { ...handshake, "Sec-WebSocket-Key": KEY };
      await once(http.get(new URL("echo", demo.url), { headers }), "upgrade");
    }
    assert.equal((await connect()).status, 503);
  });

  it("follows a page's requests 5 times in 5 seconds", async () => {
    await watch();
    await connect();
    for (const what of ["ping", "fragments", "ping", "fragments", "ping"])
      assert.equal(await ask(what), 204);
    for (const what of ["ping", "fragments", "close"]) assert.equal(await ask(what), 429);
    clock = 4_999;
    assert.equal(await ask("ping"), 429);
    clock = 5_000;
    assert.equal(await ask("ping"), 204);
  });

  for (const what of ["ping", "fragments", "close"]) {
    it(`does "${what}" only by POST, from its own page, with the id of a connection`, async () => {
      const watcher = await watch();
      assert.equal(await ask(what), 404);
      await connect();
      await watcher.receive(2);
      assert.equal(await ask(what, { method: "GET" }), 405);
      assert.equal(await ask(what, { id: "" }), 400);
      assert.equal(await ask(what, { id: idOf(2) }), 404);
      assert.equal(await ask(what, { headers: { Origin: "http://example.org" } }), 403);
      assert.equal(await ask(what, { headers: { Origin: new URL(demo.url).origin } }), 204);
    });
  }

  it("is full at 400 frames, and then the server closes", async () => {
    const watcher = await watch();
    const { client } = await connect();
    const frame = encodeFrame(Opcode.text, "x", { maskingKey });
    for (let i = 0; i < 300; ++i) client.write(frame);
    const close = await client.receiveClose();
    assert.equal(close.readUInt16BE(), 1008);
    client.write(encodeClose(1008, "", { maskingKey }));
    const entries = await watcher.end();
    const kinds = entries.map(({ kind }) => kind);
    assert.equal(kinds.filter((kind) => kind === "full").length, 1);
    assert.equal(kinds.filter((kind) => kind === "frame").length, 402); // with both Close frames
  });

  it("closes with 1009 on a message of more than 256 KiB", async () => {
    await watch();
    const { client } = await connect();
    client.write(encodeFrame(Opcode.binary, Buffer.alloc(256 * 1024 + 1), { maskingKey }));
    assert.equal((await client.receiveClose()).readUInt16BE(), 1009);
  });

  it("is not needed for other requests on the same connection", async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 3; ++i) {
      const [response] = await once(http.get(demo.url, { agent }), "response");
      await once(response.resume(), "end");
      assert.equal(response.statusCode, 200);
    }
    agent.destroy();
  });
});

/** A page that reads a record. */
class Watcher {
  /**
   * @type {{ kind: string, from: string, at: number, size: number, bytes: Buffer, text: string }[]}
   */
  entries = [];
  status = 0;
  answered;
  #request;
  /** @type {http.IncomingMessage | undefined} */
  #response;

  /** @param {URL} url */
  constructor(url) {
    this.#request = http.get(url, { agent: false });
    this.#request.on("error", () => {}); // after leave()
    this.answered = this.#read();
  }

  async #read() {
    const [response] = /** @type {[http.IncomingMessage]} */ (
      await once(this.#request, "response")
    );
    this.#response = response;
    this.status = response.statusCode ?? 0;
    let text = "";
    response.on("error", () => {}); // after leave()
    response.setEncoding("utf8").on("data", (chunk) => {
      const events = (text + chunk).split("\n\n");
      text = events.pop() ?? "";
      for (const event of events.filter((event) => event !== ":")) {
        const { bytes = "", ...entry } = JSON.parse(event.replace(/^data: /, ""));
        const decoded = Buffer.from(bytes, "base64");
        this.entries.push({ ...entry, bytes: decoded, text: decoded.toString("latin1") });
      }
    });
  }

  /**
   * Waits until the record has that many entries, and returns all.
   *
   * @param {number} count
   */
  async receive(count) {
    while (this.entries.length < count)
      await once(/** @type {http.IncomingMessage} */ (this.#response), "data");
    return this.entries;
  }

  /** Waits until the record has ended, and returns all of it. */
  async end() {
    const response = /** @type {http.IncomingMessage} */ (this.#response);
    if (!response.readableEnded) await once(response, "end");
    return this.entries;
  }

  leave() {
    this.#request.destroy();
  }
}

/** A client in bytes. */
class Client {
  bytes = Buffer.alloc(0);
  closed;
  #socket;

  /**
   * @param {import("node:net").Socket} socket after its upgrade
   * @param {Buffer} head
   */
  constructor(socket, head) {
    this.#socket = socket;
    if (head.length > 0) socket.unshift(head);
    socket.on("error", () => {});
    socket.on("data", (chunk) => (this.bytes = Buffer.concat([this.bytes, chunk])));
    this.closed = once(socket, "close");
  }

  /** @param {Buffer} bytes */
  write(bytes) {
    this.#socket.write(bytes);
  }

  /** Waits for a Close frame, and returns its payload. */
  async receiveClose() {
    for (;;) {
      const close = new FrameReader()
        .read(this.bytes)
        .find(({ opcode }) => opcode === Opcode.close);
      if (close) return close.payload;
      await Promise.race([once(this.#socket, "data"), this.closed]);
    }
  }
}

/**
 * The frames of a server, one after the other, in hex.
 *
 * @param {string} hex
 */
function split(hex) {
  return new FrameReader().read(Buffer.from(hex, "hex")).map(({ fin, opcode, payload }) => {
    return encodeFrame(opcode, payload, { fin }).toString("hex");
  });
}
