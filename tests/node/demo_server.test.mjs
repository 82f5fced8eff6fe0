// The demo's server, without a browser.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { startDemo } from "../../demo/server/server.mjs";
import { FrameReader, Opcode, encodeFrame } from "../support/frames.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("the demo's server", { timeout: longestSuite }, () => {
  /** @type {Awaited<ReturnType<typeof startDemo>>} */
  let demo;
  let clock = 0;

  beforeEach(async () => {
    clock = 0;
    demo = await startDemo({ port: 0, root, now: () => clock });
  });

  afterEach(() => demo.close());

  /**
   * Requests a WebSocket, and returns the HTTP status of the answer.
   *
   * @param {string} endpoint
   * @param {http.OutgoingHttpHeaders} headers
   * @returns {Promise<number | undefined>}
   */
  function upgrade(endpoint, headers = {}) {
    return new Promise((resolve, reject) => {
      const key = Buffer.alloc(16).toString("base64");
      const handshake = { "Sec-WebSocket-Version": 13, "Sec-WebSocket-Key": key };
      http
        .get(new URL(endpoint, demo.url), {
          headers: { Connection: "Upgrade", Upgrade: "websocket", ...handshake, ...headers },
        })
        .on("upgrade", (response) => resolve(response.statusCode))
        .on("response", (response) => resolve(response.resume().statusCode))
        .on("error", reject);
    });
  }

  /**
   * Opens a WebSocket, and returns its socket, which is not being read yet.
   *
   * @param {string} endpoint
   */
  async function connectTo(endpoint) {
    const key = Buffer.alloc(16).toString("base64");
    const headers = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": 13 };
    const request = http.get(new URL(endpoint, demo.url), {
      headers: { ...headers, "Sec-WebSocket-Key": key },
    });
    /** @type {[http.IncomingMessage, net.Socket, Buffer]} */
    const [, socket, head] = /** @type {any} */ (await once(request, "upgrade"));
    return { socket, head };
  }

  it("accepts a WebSocket from its own page, and from a program other than a browser", async () => {
    assert.equal(await upgrade("/echo", { Origin: new URL(demo.url).origin }), 101);
    assert.equal(await upgrade("/echo"), 101);
  });

  it("refuses a WebSocket from any other page", async () => {
    for (const Origin of ["http://example.org", "null", demo.url]) {
      assert.equal(await upgrade("/echo", { Origin }), 403);
    }
  });

  it("refuses a WebSocket from a page whose hostname was made to resolve to this machine", async () => {
    const Host = `attacker.example:${new URL(demo.url).port}`;
    assert.equal(await upgrade("/echo", { Host, Origin: `http://${Host}` }), 403);
    assert.equal(await upgrade("/echo", { Host }), 403);
  });

  it("serves no file to such a page, and answers to the name localhost", async () => {
    const { hostname, port } = new URL(demo.url);
    for (const { Host, status } of [
      { Host: `attacker.example:${port}`, status: 403 },
      { Host: `${hostname}:${port}`, status: 200 },
      { Host: `localhost:${port}`, status: 200 },
    ]) {
      const [response] = await once(http.get(demo.url, { headers: { Host } }), "response");
      assert.equal(response.resume().statusCode, status, Host);
    }
  });

  it("serves only the demo's modules of the build", async () => {
    const modules = { "demo.mjs": 200, "demo.wasm": 200, "threads.mjs": 200, "threads.wasm": 200 };
    for (const [file, status] of Object.entries({ ...modules, "cmake_install.cmake": 404 })) {
      assert.equal((await fetch(new URL(`demo/${file}`, demo.url))).status, status, file);
    }
  });

  const others = Object.values(os.networkInterfaces())
    .flat()
    .map((found) => found?.address ?? "")
    .filter((address) => address !== "127.0.0.1" && !address.startsWith("fe80:")); // those need the interface's name
  const isAlone = others.length === 0 && "this machine has no other address";
  it(
    "listens on 127.0.0.1 and on no other address of this machine",
    { skip: isAlone },
    async () => {
      const port = Number(new URL(demo.url).port);
      for (const host of others) {
        const socket = net.connect({ host, port });
        const refused = once(socket, "connect").then(() => socket.destroy());
        await assert.rejects(refused, { code: "ECONNREFUSED" }, host);
      }
    },
  );

  it("closes with 1009 at the start of a message of more than 16 MiB, and keeps running", async () => {
    const { socket, head } = await connectTo("/echo");
    const client = new Client(socket, head);
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(16n * 1024n * 1024n + 1n);
    socket.write(Buffer.concat([Buffer.of(0x82, 0xff), length, Buffer.alloc(4)])); // RFC 6455 §5.2
    await client.receive(1);
    assert.equal(client.closeCode, 1009);
    assert.equal((await fetch(demo.url)).status, 200);
  });

  for (const [endpoint, message] of [
    ["/echo", "x".repeat(64 * 1024)],
    [`/session?id=${"0".repeat(32)}`, `1 ${"x".repeat(1000)}`],
  ]) {
    it(`stops reading ${endpoint.slice(0, 8)} faster than a client reads its answers`, async () => {
      const { socket } = await connectTo(endpoint);
      socket.pause();
      const frame = encodeFrame(Opcode.text, message, { maskingKey: Buffer.alloc(4) });
      const frames = Buffer.concat(Array(Math.ceil(2 ** 20 / frame.length)).fill(frame));
      const most = 64 * 2 ** 20; // more than the kernel and one message hold
      let sent = 0;
      for (let isTaken = true; isTaken && sent < most; sent += frames.length) {
        if (socket.write(frames)) continue;
        const stop = new AbortController();
        const { signal } = stop;
        const taken = once(socket, "drain", { signal }).then(
          () => true,
          () => false,
        );
        const timer = setTimeout(() => stop.abort(), 300); // passes on a slow machine, whatever the server does
        isTaken = await taken;
        clearTimeout(timer);
      }
      socket.destroy();
      assert.ok(sent < most, `the server took ${sent} bytes`);
    });
  }

  it("keeps running when a client that it refuses is gone", async () => {
    for (let i = 0; i < 20; ++i) {
      const socket = net.connect(Number(new URL(demo.url).port), "127.0.0.1");
      await once(socket, "connect");
      const headers = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
      socket.write(`GET /refuse HTTP/1.1\r\n${headers}`, () => socket.resetAndDestroy());
      await once(socket, "close");
    }
    assert.equal((await fetch(demo.url)).status, 200);
  });

  it("serves no file of another folder", async () => {
    const { hostname, port } = new URL(demo.url);
    for (const file of [
      "/../package.json",
      "/js/../package.json",
      "/js/../../package.json",
      "/%2e%2e/package.json",
      "/js/%2e%2e/package.json",
      "/js/..%2fpackage.json",
      "/js/..%5cpackage.json",
      "//package.json",
      "/demo/../../../package.json",
    ]) {
      // The path is sent unchanged, as a browser would not do.
      const [response] = await once(http.get({ hostname, port, path: file }), "response");
      assert.equal(response.resume().statusCode, 404, file);
    }
  });

  it("refuses requests that it must refuse, and has no other endpoint", async () => {
    assert.equal(await upgrade("/refuse"), 403);
    assert.equal(await upgrade("/elsewhere"), 404);
  });

  it("accepts up to 100 connections", async () => {
    for (let i = 0; i < 100; ++i) assert.equal(await upgrade("/echo"), 101);
    assert.equal(await upgrade("/echo"), 503);
  });

  describe("for a session", () => {
    const id = idOf(1);

    /** @param {number} number */
    function idOf(number) {
      return number.toString(16).padStart(32, "0");
    }

    /**
     * Connects as the session with this id.
     *
     * @param {string} itsId
     */
    async function connect(itsId = id) {
      const { socket, head } = await connectTo(`/session?id=${itsId}`);
      return new Client(socket, head);
    }

    /**
     * Requests an action on a session, and returns the HTTP status of the answer.
     *
     * @param {string} what
     * @param {RequestInit & { id?: string }} options
     */
    async function disturb(what, { id: itsId = id, ...options } = {}) {
      const url = new URL(`/session/${what}?id=${itsId}`, demo.url);
      const { status } = await fetch(url, { method: "POST", ...options });
      return status;
    }

    it("reports for each message how many have arrived, were repeated, and were skipped", async () => {
      const client = await connect();
      client.send("1 ahoy", "2 ahoy", "2 ahoy", "5 ahoy");
      assert.deepEqual(await client.receive(4), ["1 1 0 0", "2 2 0 0", "2 2 1 0", "5 3 1 2"]);
      assert.deepEqual(demo.tally(id), { last: 5, taken: 3, repeated: 1, missing: 2 });
    });

    it("recognises the session on its next connection", async () => {
      const first = await connect();
      first.send("1 ahoy");
      await first.receive(1);
      const second = await connect();
      await first.closed;
      second.send("1 ahoy", "2 ahoy");
      assert.deepEqual(await second.receive(2), ["1 1 1 0", "2 2 1 0"]);
    });

    it("answers a ping", async () => {
      const client = await connect();
      client.send("ping");
      assert.deepEqual(await client.receive(1), ["pong"]);
    });

    it("closes with 1008 on a message that no session sends", async () => {
      for (const message of ["ahoy", "0 ahoy", "-1 ahoy", "1234567890123456 ahoy", "pings"]) {
        const client = await connect();
        client.send(message);
        await client.receive(1);
        assert.equal(client.closeCode, 1008, message);
      }
    });

    it("closes with 1008 on a binary message", async () => {
      const client = await connect();
      client.sendFrame(Opcode.binary, "1 ahoy");
      await client.receive(1);
      assert.equal(client.closeCode, 1008);
    });

    it("closes with 1009 on a message of more than 1024 bytes", async () => {
      const client = await connect();
      client.send(`1 ${"a".repeat(1022)}`);
      await client.receive(1);
      client.send(`2 ${"a".repeat(1023)}`);
      await client.receive(2);
      assert.equal(client.closeCode, 1009);
    });

    it("takes a WebSocket only with an id, and from its own page", async () => {
      const Origin = new URL(demo.url).origin;
      assert.equal(await upgrade(`/session?id=${id}`, { Origin }), 101);
      assert.equal(await upgrade(`/session?id=${id}`, { Origin: "http://example.org" }), 403);
      for (const query of [
        "",
        "?id=",
        `?id=${id.slice(1)}`,
        `?id=${id}0`,
        `?id=${"G".repeat(32)}`,
      ]) {
        assert.equal(await upgrade(`/session${query}`, { Origin }), 400, query);
      }
    });

    it("cuts the connection without a closing handshake", async () => {
      const client = await connect();
      assert.equal(await disturb("cut"), 204);
      await client.closed;
      assert.deepEqual(client.frames, []);
    });

    it("stops responding on the current connection only", async () => {
      const silent = await connect();
      assert.equal(await disturb("silence"), 204);
      silent.send("ping", "1 ahoy");
      const next = await connect();
      await silent.closed;
      next.send("ping", "1 ahoy");
      assert.deepEqual(await next.receive(2), ["pong", "1 1 0 0"]);
      assert.deepEqual(silent.frames, []);
    });

    it("is away for 10 seconds, for this session only", async () => {
      const client = await connect();
      assert.equal(await disturb("leave"), 204);
      await client.closed;
      clock = 9_999;
      assert.equal(await upgrade(`/session?id=${id}`), 503);
      assert.equal(await upgrade(`/session?id=${idOf(2)}`), 101);
      clock = 10_000;
      assert.equal(await upgrade(`/session?id=${id}`), 101);
    });

    for (const what of ["cut", "silence", "leave"]) {
      it(`does "${what}" for no other page, and does not touch the connection`, async () => {
        const client = await connect();
        for (const Origin of ["http://example.org", "null"]) {
          assert.equal(await disturb(what, { headers: { Origin } }), 403);
        }
        client.send("1 ahoy");
        assert.deepEqual(await client.receive(1), ["1 1 0 0"]);
      });

      it(`does "${what}" only by POST, with the id of a session that it knows`, async () => {
        await connect();
        assert.equal(await disturb(what, { method: "GET" }), 405);
        assert.equal(await disturb(what, { id: "" }), 400);
        assert.equal(await disturb(what, { id: "../.." }), 400);
        assert.equal(await disturb(what, { id: idOf(2) }), 404);
        assert.equal(await disturb(what, { headers: { Origin: new URL(demo.url).origin } }), 204);
      });
    }

    it("does nothing else to a session", async () => {
      await connect();
      assert.equal(await disturb("destroy"), 404);
    });

    it("remembers 100 sessions, and forgets the oldest one without a connection", async () => {
      await connect(idOf(0));
      for (let i = 1; i < 100; ++i) {
        await connect(idOf(i));
        assert.equal(await disturb("cut", { id: idOf(i) }), 204);
      }
      await connect(idOf(100));
      assert.equal(demo.tally(idOf(1)), undefined);
      for (const i of [0, 2, 99, 100]) assert.ok(demo.tally(idOf(i)), `session ${i} is forgotten`);
    });

    it("counts connections together with all others", async () => {
      for (let i = 0; i < 99; ++i) assert.equal(await upgrade("/echo"), 101);
      assert.equal(await upgrade(`/session?id=${id}`), 101);
      assert.equal(await upgrade(`/session?id=${idOf(2)}`), 503);
      assert.equal(await upgrade("/echo"), 503);
    });
  });

  it("sends its policy with every answer", async () => {
    for (const file of ["", "js/index.js", "demo/demo.wasm", "missing", "session/cut"]) {
      const { headers } = await fetch(new URL(file, demo.url));
      const policy = headers.get("Content-Security-Policy") ?? "";
      assert.match(policy, /^default-src 'none'; script-src 'self'/);
      assert.match(policy, /; frame-ancestors 'none'$/);
      assert.doesNotMatch(policy, /'unsafe-|\*|https?:|blob:/);
      assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
    }
  });

  it("isolates its pages from other origins with every answer, so that they can use threads", async () => {
    for (const file of ["", "page/page.mjs", "demo/demo.mjs", "missing", "session/cut"]) {
      const { headers } = await fetch(new URL(file, demo.url));
      assert.equal(headers.get("Cross-Origin-Opener-Policy"), "same-origin", file);
      assert.equal(headers.get("Cross-Origin-Embedder-Policy"), "require-corp", file);
      assert.equal(headers.get("Cross-Origin-Resource-Policy"), "same-origin", file);
    }
  });

  it("keeps running after a range that ends before it starts", async () => {
    const { status } = await fetch(demo.url, { headers: { Range: "bytes=9-1" } });
    assert.equal(status, 200);
  });

  it("names PORT if its port is in use", async () => {
    const port = Number(new URL(demo.url).port);
    await assert.rejects(startDemo({ port, root }), {
      message: `Port ${port} is in use. Set the environment variable PORT to another one.`,
    });
  });

  it("says what to run if the demo is not built", async () => {
    const empty = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-demo-"));
    await assert.rejects(startDemo({ port: 0, root: empty }), /Run "npm run build" first\./);
    fs.rmdirSync(empty);
  });
});

/** A client in frames, which follows no rules. */
class Client {
  #socket;
  #reader = new FrameReader();
  /** @type {import("../support/frames.mjs").Frame[]} */
  frames = [];
  closed;

  /**
   * @param {import("node:net").Socket} socket after its upgrade
   * @param {Buffer} head
   */
  constructor(socket, head) {
    this.#socket = socket;
    if (head.length > 0) socket.unshift(head);
    socket.on("error", () => {});
    socket.on("data", (chunk) => this.frames.push(...this.#reader.read(chunk)));
    this.closed = once(socket, "close");
  }

  /** @param {string[]} messages */
  send(...messages) {
    for (const message of messages) this.sendFrame(Opcode.text, message);
  }

  /**
   * @param {number} opcode
   * @param {string} payload
   */
  sendFrame(opcode, payload) {
    this.#socket.write(encodeFrame(opcode, payload, { maskingKey: Buffer.alloc(4) }));
  }

  /**
   * Waits for that many frames, and returns their payloads.
   *
   * @param {number} count
   */
  async receive(count) {
    while (this.frames.length < count) {
      await Promise.race([once(this.#socket, "data"), this.closed]);
      assert.ok(!this.#socket.destroyed || this.frames.length >= count, "the connection is gone");
    }
    return this.frames.map(({ payload }) => payload.toString());
  }

  /** The code of the latest Close frame; undefined if there was none. */
  get closeCode() {
    const last = this.frames.at(-1);
    return last?.opcode === Opcode.close ? last.payload.readUInt16BE() : undefined;
  }
}
