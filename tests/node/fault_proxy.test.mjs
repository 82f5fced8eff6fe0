// Checks that the proxy of tests/support/fault_proxy.mjs breaks connections as it says, seen from
// both sides: with raw TCP for byte counts, and with npm's ws for WebSockets.

import assert from "node:assert/strict";
import { on, once } from "node:events";
import { connect, createServer } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { WebSocket } from "ws";
import { startFaultProxy, schedule } from "../support/fault_proxy.mjs";
import { encodeFrame, Opcode } from "../support/frames.mjs";
import { startServer } from "../support/server.mjs";

/** @typedef {import("node:net").Socket} Socket */
/** @typedef {import("../support/fault_proxy.mjs").Connection} Connection */
/** @typedef {import("../support/fault_proxy.mjs").FaultProxy} FaultProxy */

/** @typedef {{ client: Peer, server: Peer, connection: Connection }} Pair */

const host = "127.0.0.1";

/** @type {import("node:net").Server} */
let listener;
/** @type {FaultProxy} */
let proxy;
/** @type {Peer[]} */
let peers;

beforeEach(async () => {
  peers = [];
  listener = createServer({ allowHalfOpen: true, noDelay: true });
  listener.listen(0, host);
  await once(listener, "listening");
  proxy = await startFaultProxy(portOf(listener));
});

afterEach(async () => {
  await proxy.close();
  for (const { socket } of peers) socket.destroy();
  listener.close();
});

/**
 * One end of a TCP connection. It stores received bytes, and does not answer the other end's FIN.
 */
class Peer {
  text = "";

  /** @param {Socket} socket */
  constructor(socket) {
    peers.push(this);
    this.socket = socket;
    /** @type {string | undefined} */
    this.ending = undefined;
    // "end", or the code of the error.
    /** @type {Promise<string>} */
    this.ended = new Promise((resolve) => {
      socket.on("end", () => resolve((this.ending ??= "end")));
      socket.on("error", (error) => resolve((this.ending ??= /** @type {any} */ (error).code)));
    });
    socket.on("data", (chunk) => (this.text += chunk.toString("latin1")));
  }

  /** @param {string} text */
  send(text) {
    this.socket.write(text, "latin1");
  }

  /** @param {string} text everything received so far */
  async has(text) {
    while (this.text.length < text.length && !this.ending) {
      await Promise.race([once(this.socket, "data"), this.ended]);
    }
    assert.equal(this.text, text);
  }
}

/** @param {import("node:net").Server} server */
function portOf(server) {
  return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
}

/** @param {number} [port] */
function dial(port = proxy.port) {
  return new Peer(connect({ port, host, allowHalfOpen: true, noDelay: true }));
}

/** @returns {Promise<Peer>} the server's next connection, from its first event on */
function accept() {
  return new Promise((resolve) =>
    listener.once("connection", (socket) => resolve(new Peer(socket))),
  );
}

/** @returns {Promise<Pair>} */
async function connectPair() {
  const connected = once(proxy, "connection");
  const accepted = accept();
  const client = dial();
  const [connection] = await connected;
  return { client, server: await accepted, connection };
}

/** Does round trips beside the proxy until everything it was about to forward has arrived. */
async function settle() {
  const accepted = accept();
  const client = dial(portOf(listener));
  const server = await accepted;
  for (let trips = 1; trips <= 5; trips++) {
    client.send("x");
    await server.has("x".repeat(trips));
    server.send("x");
    await client.has("x".repeat(trips));
  }
  client.socket.destroy();
  server.socket.destroy();
}

/**
 * Sends 64 MiB, each piece only once the system has taken the previous one.
 *
 * @param {Peer} peer
 */
function pour(peer) {
  const chunks = Array.from({ length: 64 }, (_, index) =>
    String.fromCharCode(index).repeat(1024 * 1024),
  );
  const poured = { text: chunks.join(""), taken: 0, total: chunks.length, done: send() };
  return poured;

  async function send() {
    for (const chunk of chunks) {
      await new Promise((resolve) => peer.socket.write(chunk, "latin1", resolve));
      poured.taken += 1;
    }
  }
}

/**
 * Waits until the system takes no more bytes.
 *
 * @param {ReturnType<typeof pour>} poured
 */
async function untilStuck(poured) {
  for (let last = -1; last !== poured.taken;) {
    last = poured.taken;
    for (let times = 0; times < 10; times++) await settle();
  }
  assert.ok(poured.taken < poured.total, "everything was taken");
}

/** @param {Pair} pair */
async function assertWhole({ client, server }) {
  const [toServer, toClient] = [server.text, client.text];
  client.send("there");
  await server.has(`${toServer}there`);
  server.send("back");
  await client.has(`${toClient}back`);
}

describe("A fault proxy without a fault", () => {
  it("forwards both ways and counts what it forwarded", async () => {
    const { client, server, connection } = await connectPair();
    client.send("hello");
    await server.has("hello");
    server.send("hi");
    await client.has("hi");
    assert.equal(connection.toServer.forwarded, 5);
    assert.equal(connection.toClient.forwarded, 2);
  });

  it("forwards the end of one side, while the other side keeps sending", async () => {
    const { client, server, connection } = await connectPair();
    client.socket.end("last words");
    assert.equal(await server.ended, "end");
    assert.equal(server.text, "last words");
    assert.deepEqual(proxy.connections, [connection]);
    server.socket.end("answer");
    assert.equal(await client.ended, "end");
    assert.equal(client.text, "answer");
    await connection.closed;
    assert.deepEqual(proxy.connections, []);
  });

  it("forwards a reset", async () => {
    const { client, server } = await connectPair();
    client.socket.resetAndDestroy();
    assert.equal(await server.ended, "ECONNRESET");
  });

  it("resets a client whose server does not listen", async () => {
    listener.close();
    assert.equal(await dial().ended, "ECONNRESET");
  });

  it("makes a sender wait for a reader, and loses nothing", async () => {
    const { client, server } = await connectPair();
    server.socket.pause();
    const poured = pour(client);
    await untilStuck(poured);
    server.socket.resume();
    await poured.done;
    client.socket.end();
    assert.equal(await server.ended, "end");
    assert.ok(server.text === poured.text);
  });

  it("has one port, that of its URLs", async () => {
    assert.equal(proxy.ws, `ws://127.0.0.1:${proxy.port}`);
    assert.equal(proxy.http, `http://127.0.0.1:${proxy.port}`);
  });

  it("takes another port when the first one it tries is taken", async (t) => {
    const random = t.mock.method(Math, "random");
    const taken = (proxy.port - 20_000 + 0.5) / 12_000;
    for (const call of [0, 1]) random.mock.mockImplementationOnce(() => taken, call);
    const other = await startFaultProxy(portOf(listener));
    assert.notEqual(other.port, proxy.port);
    assert.ok(random.mock.callCount() > 2);
    await other.close();
  });

  it("closes together with all its connections", async () => {
    const { client, server, connection } = await connectPair();
    let isClosed = false;
    connection.closed.then(() => (isClosed = true));
    await proxy.close();
    assert.equal(isClosed, true);
    await Promise.all([client.ended, server.ended]);
    assert.equal(await dial().ended, "ECONNREFUSED");
  });

  it("closes while it refuses", async () => {
    await proxy.refuse();
    await proxy.close();
    assert.equal(await dial().ended, "ECONNREFUSED");
  });
});

describe("cut", () => {
  for (const [how, ending] of /** @type {const} */ ([
    ["end", "end"],
    ["reset", "ECONNRESET"],
  ])) {
    it(`ends both sides by "${how}"`, async () => {
      const { client, server, connection } = await connectPair();
      await assertWhole({ client, server, connection });
      proxy.cut({ how });
      assert.equal(await client.ended, ending);
      assert.equal(await server.ended, ending);
      assert.deepEqual(proxy.connections, []);
    });
  }

  it('is by "end" by default, after all forwarded bytes', async () => {
    const { client, server } = await connectPair();
    server.send("before");
    await client.has("before");
    proxy.cut();
    assert.equal(await client.ended, "end");
    assert.equal(await server.ended, "end");
  });

  it("loses queued and later bytes", async () => {
    const { client, server, connection } = await connectPair();
    connection.stall();
    server.send("queued");
    await settle();
    proxy.cut();
    assert.equal(await client.ended, "end");
    server.send("later");
    client.send("later");
    await settle();
    assert.equal(client.text, "");
    assert.equal(server.text, "");
  });

  it("frees both sides once they have answered the end", async () => {
    const { client, server, connection } = await connectPair();
    proxy.cut();
    await Promise.all([client.ended, server.ended]);
    client.socket.end();
    server.send("more");
    let isClosed = false;
    connection.closed.then(() => (isClosed = true));
    await settle();
    assert.equal(isClosed, false);
    server.socket.end();
    await connection.closed;
  });

  it("leaves later connections alone", async () => {
    await connectPair();
    proxy.cut();
    await assertWhole(await connectPair());
  });

  it("of one connection leaves the others alone", async () => {
    const [first, second] = [await connectPair(), await connectPair()];
    first.connection.cut();
    assert.equal(await first.client.ended, "end");
    assert.deepEqual(proxy.connections, [second.connection]);
    await assertWhole(second);
  });

  it("of a connection in its first moment ends it before its first byte", async () => {
    const accepted = accept();
    proxy.once("connection", (connection) => connection.cut({ how: "reset" }));
    const client = dial();
    client.send("hello");
    assert.equal(await client.ended, "ECONNRESET");
    const server = await accepted;
    assert.equal(await server.ended, "ECONNRESET");
    assert.equal(server.text, "");
  });
});

describe("cutAfter", () => {
  it("forwards exactly that many more bytes to the client, and ends both sides", async () => {
    const { client, server, connection } = await connectPair();
    server.send("free");
    await client.has("free");
    connection.cutAfter({ direction: "toClient", bytes: 3 });
    server.send("counted");
    assert.equal(await client.ended, "end");
    assert.equal(client.text, "freecou");
    assert.equal(await server.ended, "end");
    assert.equal(connection.toClient.forwarded, 7);
  });

  it("forwards exactly that many more bytes to the server, and ends both sides", async () => {
    const { client, server, connection } = await connectPair();
    connection.cutAfter({ direction: "toServer", bytes: 3, how: "end" });
    server.send("bytes in the other direction do not count");
    await client.has("bytes in the other direction do not count");
    client.send("counted");
    assert.equal(await server.ended, "end");
    assert.equal(server.text, "cou");
    assert.equal(await client.ended, "end");
  });

  it("resets on request, after the last byte", async () => {
    const { client, server, connection } = await connectPair();
    connection.cutAfter({ direction: "toClient", bytes: 3, how: "reset" });
    server.send("counted");
    assert.equal(await server.ended, "ECONNRESET");
    assert.equal(connection.toClient.forwarded, 3);
    // Node reports a reset directly after bytes as an end.
    await client.ended;
    assert.equal(client.text, "cou");
  });

  it("counts over many chunks", async () => {
    const { client, server, connection } = await connectPair();
    connection.cutAfter({ direction: "toClient", bytes: 5 });
    for (const [index, text] of ["ab", "cd"].entries()) {
      server.send(text);
      await client.has("abcd".slice(0, 2 * index + 2));
    }
    server.send("ef");
    assert.equal(await client.ended, "end");
    assert.equal(client.text, "abcde");
  });

  it("cuts as soon as the last byte is forwarded, even if no other follows", async () => {
    const { client, server, connection } = await connectPair();
    connection.cutAfter({ direction: "toClient", bytes: 4 });
    server.send("four");
    assert.equal(await client.ended, "end");
    assert.equal(client.text, "four");
  });

  it("cuts instead of the next byte if `bytes` is 0", async () => {
    const { client, server, connection } = await connectPair();
    connection.cutAfter({ direction: "toServer", bytes: 0 });
    await settle();
    assert.deepEqual(proxy.connections, [connection]);
    client.send("x");
    assert.equal(await client.ended, "end");
    assert.equal(await server.ended, "end");
    assert.equal(server.text, "");
  });

  it("cuts every connection of the proxy, including new ones, each after its own bytes", async () => {
    const present = await connectPair();
    proxy.cutAfter({ direction: "toClient", bytes: 2 });
    for (const { client, server } of [present, await connectPair(), await connectPair()]) {
      server.send("abc");
      assert.equal(await client.ended, "end");
      assert.equal(client.text, "ab");
    }
  });

  it("is lifted by heal", async () => {
    const pair = await connectPair();
    proxy.cutAfter({ direction: "toClient", bytes: 2 });
    await proxy.heal();
    await assertWhole(pair);
    await assertWhole(await connectPair());
  });
});

describe("stall", () => {
  for (const [direction, sender, receiver] of /** @type {const} */ ([
    ["toClient", "server", "client"],
    ["toServer", "client", "server"],
  ])) {
    it(`holds back bytes ${direction}, until resume forwards them`, async () => {
      const pair = await connectPair();
      proxy.stall({ direction });
      pair[sender].send("one ");
      await settle();
      pair[sender].send("two");
      await settle();
      assert.equal(pair[receiver].text, "");
      proxy.resume({ direction });
      await pair[receiver].has("one two");
    });

    it(`does not hold back bytes ${direction} pass`, async () => {
      const pair = await connectPair();
      proxy.stall({ direction });
      pair[receiver].send("hello");
      await pair[sender].has("hello");
    });
  }

  it("holds back both directions by default, and resume forwards both", async () => {
    const { client, server } = await connectPair();
    proxy.stall();
    client.send("to server");
    server.send("to client");
    await settle();
    assert.deepEqual([client.text, server.text], ["", ""]);
    proxy.resume();
    await Promise.all([client.has("to client"), server.has("to server")]);
  });

  it("holds back ends, too, behind earlier bytes", async () => {
    const { client, server } = await connectPair();
    proxy.stall();
    client.socket.end("last words");
    await settle();
    assert.equal(server.ending, undefined);
    proxy.resume();
    assert.equal(await server.ended, "end");
    assert.equal(server.text, "last words");
  });

  it("holds back resets, too", async () => {
    const { client, server } = await connectPair();
    proxy.stall();
    client.socket.resetAndDestroy();
    await settle();
    assert.equal(server.ending, undefined);
    proxy.resume();
    assert.equal(await server.ended, "ECONNRESET");
  });

  it("makes a sender wait", async () => {
    const { client } = await connectPair();
    proxy.stall();
    await untilStuck(pour(client));
  });

  it("of the proxy stalls new connections", async () => {
    proxy.stall();
    const pair = await connectPair();
    pair.client.send("hello");
    await settle();
    assert.equal(pair.server.text, "");
    proxy.resume();
    await pair.server.has("hello");
    await assertWhole(await connectPair());
  });

  it("of one connection leaves the others alone", async () => {
    const [first, second] = [await connectPair(), await connectPair()];
    first.connection.stall();
    first.client.send("hello");
    await assertWhole(second);
    assert.equal(first.server.text, "");
    first.connection.resume();
    await first.server.has("hello");
  });
});

describe("delay", () => {
  it("forwards no earlier than that many milliseconds later", async () => {
    const { client, server } = await connectPair();
    proxy.delay({ ms: 30 });
    const start = performance.now();
    client.send("there");
    await server.has("there");
    const there = performance.now();
    server.send("back");
    await client.has("back");
    assert.ok(there - start >= 30);
    assert.ok(performance.now() - there >= 30);
  });

  it("applies to one direction on request", async () => {
    const { client, server } = await connectPair();
    proxy.delay({ direction: "toServer", ms: 60_000 });
    client.send("held back");
    server.send("hello");
    await client.has("hello");
    await settle();
    assert.equal(server.text, "");
  });

  it("keeps the order, even when it becomes shorter, and the end comes last", async () => {
    const { client, server } = await connectPair();
    proxy.delay({ ms: 20 });
    server.send("one ");
    await settle();
    proxy.delay({ ms: 10 });
    server.send("two ");
    await settle();
    proxy.delay({ ms: 5 });
    server.socket.end("three");
    assert.equal(await client.ended, "end");
    assert.equal(client.text, "one two three");
  });

  it("forwards bytes in flight at once when it is lifted", async () => {
    const { client, server } = await connectPair();
    proxy.delay({ ms: 60_000 });
    server.send("hello");
    await settle();
    assert.equal(client.text, "");
    proxy.delay({ ms: 0 });
    await client.has("hello");
  });

  it("waits as long as it should after a shorter stall", async () => {
    const { client, server } = await connectPair();
    const start = performance.now();
    proxy.delay({ ms: 30 });
    proxy.stall();
    server.send("hello");
    await settle();
    proxy.resume();
    await client.has("hello");
    assert.ok(performance.now() - start >= 30);
  });

  it("of the proxy delays new connections, and that of a connection only itself", async () => {
    const present = await connectPair();
    present.connection.delay({ ms: 60_000 });
    await assertWhole(await connectPair());
    proxy.delay({ ms: 60_000 });
    const pair = await connectPair();
    pair.client.send("hello");
    await settle();
    assert.equal(pair.server.text, "");
  });
});

describe("refuse", () => {
  it("closes the port by default, and accept opens the same one again", async () => {
    const { port } = proxy;
    await proxy.refuse();
    assert.equal(await dial(port).ended, "ECONNREFUSED");
    await proxy.accept();
    assert.equal(proxy.port, port);
    await assertWhole(await connectPair());
  });

  it("resets new connections on request, and reports them", async () => {
    await proxy.refuse({ how: "reset" });
    const refused = once(proxy, "refused");
    assert.equal(await dial().ended, "ECONNRESET");
    await refused;
    assert.deepEqual(proxy.connections, []);
    await proxy.accept();
    await assertWhole(await connectPair());
  });

  it("does not affect existing connections", async () => {
    const pair = await connectPair();
    for (const how of /** @type {const} */ (["closed", "reset", "closed"])) {
      await proxy.refuse({ how });
      await assertWhole(pair);
    }
  });

  it("changes from a closed port to resets and back", async () => {
    await proxy.refuse({ how: "closed" });
    await proxy.refuse({ how: "reset" });
    assert.equal(await dial().ended, "ECONNRESET");
    await proxy.refuse({ how: "closed" });
    assert.equal(await dial().ended, "ECONNREFUSED");
  });

  it("follows the last of several requests", async () => {
    await Promise.all([proxy.refuse(), proxy.accept(), proxy.refuse(), proxy.accept()]);
    await assertWhole(await connectPair());
    await Promise.all([proxy.accept(), proxy.refuse(), proxy.accept(), proxy.refuse()]);
    assert.equal(await dial().ended, "ECONNREFUSED");
  });

  it("reports that another process has taken the port meanwhile, and ends once it is free", async () => {
    await proxy.refuse();
    const thief = createServer();
    thief.listen(proxy.port, host);
    await once(thief, "listening");
    await assert.rejects(proxy.accept(), { code: "EADDRINUSE" });
    thief.close();
    await once(thief, "close");
    await proxy.accept();
    await assertWhole(await connectPair());
  });

  it("opens and closes its port again and again", async () => {
    for (let times = 0; times < 50; times++) {
      await proxy.refuse();
      await proxy.accept();
    }
    await assertWhole(await connectPair());
  });
});

describe("halfOpen", () => {
  for (const [gone, left] of /** @type {const} */ ([
    ["server", "client"],
    ["client", "server"],
  ])) {
    it(`ends the ${gone}'s side, and the ${left} does not notice`, async () => {
      const pair = await connectPair();
      await assertWhole(pair);
      proxy.halfOpen({ gone });
      assert.equal(await pair[gone].ended, "end");
      const [heard, said] = [pair[left].text, pair[gone].text];
      pair[gone].send("after the end");
      pair[left].send("into the void");
      await settle();
      assert.deepEqual([pair[left].text, pair[gone].text], [heard, said]);
      assert.equal(pair[left].ending, undefined);
    });

    it(`leaves the end of the ${left} unanswered when the ${gone} is gone`, async () => {
      const pair = await connectPair();
      proxy.halfOpen({ gone });
      await pair[gone].ended;
      pair[gone].socket.end();
      pair[left].socket.end("bye");
      await settle();
      assert.equal(pair[left].ending, undefined);
      assert.equal(pair[gone].text, "");
    });
  }

  it("swallows everything that is sent into the void, however much", async () => {
    const { client, connection } = await connectPair();
    const poured = pour(client);
    connection.stall();
    await untilStuck(poured);
    connection.halfOpen({ gone: "server" });
    await poured.done;
  });

  it("does not affect other or new connections", async () => {
    const [first, second] = [await connectPair(), await connectPair()];
    first.connection.halfOpen({ gone: "server" });
    await assertWhole(second);
    proxy.halfOpen({ gone: "server" });
    assert.equal(await second.server.ended, "end");
    await assertWhole(await connectPair());
  });

  it("ends by a cut", async () => {
    const { client, connection } = await connectPair();
    connection.halfOpen({ gone: "server" });
    connection.cut();
    assert.equal(await client.ended, "end");
  });
});

describe("heal", () => {
  it("lifts every lasting fault, for existing and new connections", async () => {
    const pair = await connectPair();
    proxy.stall();
    proxy.delay({ ms: 60_000 });
    proxy.cutAfter({ direction: "toClient", bytes: 1 });
    await proxy.refuse();
    pair.server.send("hello");
    await settle();
    await proxy.heal();
    await pair.client.has("hello");
    await assertWhole(pair);
    await assertWhole(await connectPair());
  });

  it("resets half-open connections", async () => {
    const { client, connection } = await connectPair();
    connection.halfOpen({ gone: "server" });
    await settle();
    assert.deepEqual(proxy.connections, [connection]);
    await proxy.heal();
    assert.equal(await client.ended, "ECONNRESET");
    assert.deepEqual(proxy.connections, []);
  });

  it("resets half-open connections at any moment", async () => {
    const moments = [process.nextTick, queueMicrotask, setImmediate];
    for (const moment of moments) {
      const { client, server, connection } = await connectPair();
      connection.halfOpen({ gone: "client" });
      await new Promise((resolve) => moment(resolve));
      connection.heal();
      assert.equal(await server.ended, "ECONNRESET");
      assert.equal(await client.ended, "end");
      await connection.closed;
    }
  });

  it("of a connection in its first moment lifts the proxy's lasting faults for it", async () => {
    proxy.stall();
    proxy.once("connection", (connection) => connection.heal());
    await assertWhole(await connectPair());
  });

  it("of one connection does not lift the faults of the others", async () => {
    const [first, second] = [await connectPair(), await connectPair()];
    proxy.stall();
    first.connection.heal();
    second.client.send("hello");
    await assertWhole(first);
    await settle();
    assert.equal(second.server.text, "");
  });
});

describe("A WebSocket through a fault proxy", () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  /** @type {FaultProxy} */
  let toServer;
  /** @type {WebSocket[]} */
  let webSockets;

  beforeEach(async () => {
    webSockets = [];
    server = await startServer();
    toServer = await startFaultProxy(server.port);
  });

  afterEach(async () => {
    for (const webSocket of webSockets) webSocket.terminate();
    await toServer.close();
    await server.close();
  });

  /**
   * @param {string} path
   * @returns {Promise<{ webSocket: WebSocket, connection: Connection, closed: Promise<number> }>}
   */
  async function open(path) {
    const connected = once(toServer, "connection");
    const webSocket = new WebSocket(toServer.ws + path);
    webSockets.push(webSocket);
    webSocket.on("error", () => {});
    /** @type {Promise<number>} */
    const closed = new Promise((resolve) => webSocket.once("close", resolve));
    const [connection] = await connected;
    await once(webSocket, "open");
    return { webSocket, connection, closed };
  }

  /** @param {string} path of the endpoint that reports the end */
  async function endAtServer(path) {
    const response = await fetch(`${server.http}/ended?id=${path.split("=")[1]}`);
    return /** @type {Promise<{ code: number, messages: number }>} */ (response.json());
  }

  it("talks to its server and closes cleanly", async () => {
    const { webSocket, connection, closed } = await open("/report?id=clean");
    webSocket.send("hello");
    const [data] = await once(webSocket, "message");
    assert.equal(data.toString(), "hello");
    webSocket.close(4001, "bye");
    assert.equal(await closed, 4001);
    assert.equal((await endAtServer("/report?id=clean")).code, 4001);
    await connection.closed;
  });

  for (const how of /** @type {const} */ (["end", "reset"])) {
    it(`closes with 1006 on both sides after a cut by "${how}"`, async () => {
      const { closed } = await open("/report?id=cut");
      toServer.cut({ how });
      assert.equal(await closed, 1006);
      assert.equal((await endAtServer("/report?id=cut")).code, 1006);
    });

    it(`gets the first of two messages when a cut by "${how}" tears the second`, async () => {
      const { webSocket, connection, closed } = await open("/echo");
      /** @type {string[]} */
      const messages = [];
      webSocket.on("message", (data) => messages.push(data.toString()));
      const bytes = 2 * encodeFrame(Opcode.text, "message").length - 1;
      const before = connection.toClient.forwarded;
      connection.cutAfter({ direction: "toClient", bytes, how });
      webSocket.send("message");
      webSocket.send("message");
      assert.equal(await closed, 1006);
      assert.deepEqual(messages, ["message"]);
      assert.equal(connection.toClient.forwarded - before, bytes);
    });
  }

  it("has its own message torn before the server", async () => {
    const { webSocket, connection, closed } = await open("/report?id=torn");
    const frame = encodeFrame(Opcode.text, "message", { maskingKey: Buffer.alloc(4) });
    connection.cutAfter({ direction: "toServer", bytes: frame.length + 1 });
    webSocket.send("message");
    webSocket.send("message");
    assert.equal(await closed, 1006);
    const { code, messages } = await endAtServer("/report?id=torn");
    assert.deepEqual({ code, messages }, { code: 1006, messages: 1 });
  });

  it("does not open when its handshake is torn", async () => {
    toServer.cutAfter({ direction: "toClient", bytes: 20 });
    await assert.rejects(open("/echo"), /socket hang up/);
  });

  it("stays open while it is half-open, until heal", async () => {
    const { webSocket, closed } = await open("/report?id=half");
    toServer.halfOpen({ gone: "server" });
    assert.equal((await endAtServer("/report?id=half")).code, 1006);
    webSocket.ping();
    await settle();
    assert.equal(webSocket.readyState, WebSocket.OPEN);
    await toServer.heal();
    assert.equal(await closed, 1006);
  });

  it("gets all messages in order through stalls and delays", async () => {
    const { webSocket, connection } = await open("/echo");
    const messages = on(webSocket, "message");
    for (let index = 0; index < 500; index++) webSocket.send(`${index} `.padEnd(10_000, "x"));
    for (let index = 0; index < 500; index++) {
      if (index % 50 === 0) connection.delay({ direction: "toServer", ms: index % 20 });
      if (index % 20 === 0) await stallAWhile(connection);
      const { value } = await messages.next();
      assert.equal(parseInt(value[0].toString(), 10), index);
    }
  });

  /** @param {Connection} connection */
  async function stallAWhile(connection) {
    connection.stall({ direction: "toClient" });
    await settle();
    connection.resume({ direction: "toClient" });
  }

  it("can always reconnect when a schedule has ended", async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const stop = new AbortController();
      const clients = Array.from({ length: 3 }, () => reconnect(stop.signal));
      await toServer.follow(schedule(seed, { steps: 40, longest: 5 }));
      stop.abort();
      await Promise.all(clients);
      const { webSocket } = await open("/echo");
      webSocket.send("healthy");
      const [data] = await once(webSocket, "message");
      assert.equal(data.toString(), "healthy");
    }
  });

  /**
   * Opens one socket after another, each of which keeps sending.
   *
   * @param {AbortSignal} stop
   */
  async function reconnect(stop) {
    while (!stop.aborted) {
      const webSocket = new WebSocket(`${toServer.ws}/echo`);
      webSockets.push(webSocket);
      webSocket.on("error", () => {});
      webSocket.on("open", () => webSocket.send("x".repeat(1000)));
      webSocket.on("message", (data) => webSocket.send(data));
      const end = () => webSocket.terminate();
      stop.addEventListener("abort", end);
      await new Promise((resolve) => webSocket.once("close", resolve));
      stop.removeEventListener("abort", end);
    }
  }
});

describe("schedule", () => {
  it("is the same for the same seed", () => {
    assert.deepEqual(schedule(7, { steps: 50 }), schedule(7, { steps: 50 }));
  });

  it("is different for another seed", () => {
    const all = Array.from({ length: 100 }, (_, seed) =>
      JSON.stringify(schedule(seed, { steps: 10 })),
    );
    assert.equal(new Set(all).size, 100);
  });

  it("starts the same when it has more steps", () => {
    assert.deepEqual(schedule(7, { steps: 50 }).slice(0, 20), schedule(7, { steps: 20 }));
  });

  it("has each kind of fault, in each direction", () => {
    const steps = Array.from({ length: 50 }, (_, seed) => schedule(seed, { steps: 20 })).flat();
    const kinds = steps.map((step) =>
      Object.values(step)
        .filter((value) => typeof value === "string")
        .join(" "),
    );
    assert.deepEqual([...new Set(kinds)].sort(), [
      "cut end",
      "cut reset",
      "cutAfter toClient end",
      "cutAfter toClient reset",
      "cutAfter toServer end",
      "cutAfter toServer reset",
      "delay both",
      "delay toClient",
      "delay toServer",
      "halfOpen client",
      "halfOpen server",
      "heal",
      "refuse closed",
      "refuse reset",
      "stall both",
      "stall toClient",
      "stall toServer",
    ]);
  });

  it("never takes longer than its limit", () => {
    const steps = Array.from({ length: 50 }, (_, seed) =>
      schedule(seed, { steps: 20, longest: 8 }),
    ).flat();
    const times = steps.map(({ after }) => after);
    const delays = steps.flatMap((step) => (step.fault === "delay" ? [step.ms] : []));
    assert.deepEqual([...new Set(times)].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
    assert.deepEqual([...new Set(delays)].sort(), [1, 2, 3, 4, 5, 6, 7, 8]);
  });
});

describe("follow", () => {
  it("takes each step after its time, in order", async (t) => {
    const start = performance.now();
    /** @type {{ fault: string, time: number }[]} */
    const taken = [];
    for (const fault of /** @type {const} */ (["cut", "stall", "refuse"])) {
      const take = () => void taken.push({ fault, time: performance.now() - start });
      t.mock.method(/** @type {any} */ (proxy), fault, take);
    }
    await proxy.follow([
      { fault: "stall", direction: "toClient", after: 10 },
      { fault: "cut", how: "reset", after: 0 },
      { fault: "refuse", how: "closed", after: 20 },
    ]);
    assert.deepEqual(
      taken.map(({ fault }) => fault),
      ["stall", "cut", "refuse"],
    );
    // Node's timers may fire a millisecond early.
    assert.ok(taken[0].time >= 9);
    assert.ok(taken[2].time - taken[1].time >= 19);
  });

  it("passes each fault its step's arguments", async () => {
    const { client, server } = await connectPair();
    await proxy.follow([{ fault: "halfOpen", gone: "client", after: 0 }]);
    assert.equal(await client.ended, "end");
    assert.equal(await server.ended, "ECONNRESET");
  });

  it("heals at the end", async () => {
    const pair = await connectPair();
    await proxy.follow([
      { fault: "stall", direction: "both", after: 0 },
      { fault: "refuse", how: "closed", after: 0 },
    ]);
    await assertWhole(pair);
    await assertWhole(await connectPair());
  });

  it("stops on request, and heals", async () => {
    const pair = await connectPair();
    const stop = new AbortController();
    await proxy.follow(steps(), { signal: stop.signal });
    await assertWhole(pair);
    await assertWhole(await connectPair());

    /** @returns {Generator<import("../support/fault_proxy.mjs").Step>} */
    function* steps() {
      yield { fault: "stall", direction: "both", after: 0 };
      yield { fault: "refuse", how: "closed", after: 0 };
      setImmediate(() => stop.abort());
      yield { fault: "cut", how: "end", after: 60_000 };
    }
  });

  it("does nothing if it was stopped before it starts", async () => {
    const pair = await connectPair();
    await proxy.follow([{ fault: "cut", how: "end", after: 0 }], { signal: AbortSignal.abort() });
    await assertWhole(pair);
  });

  it("stops when the proxy is closed, which stays closed", async () => {
    const followed = proxy.follow([{ fault: "cut", how: "end", after: 60_000 }]);
    await proxy.close();
    await followed;
    assert.equal(await dial().ended, "ECONNREFUSED");
  });

  it("reports a step that failed, and heals", async (t) => {
    const pair = await connectPair();
    t.mock.method(proxy, "refuse", () => Promise.reject(new RangeError("no port")));
    const followed = proxy.follow([
      { fault: "stall", direction: "both", after: 0 },
      { fault: "refuse", how: "closed", after: 0 },
    ]);
    await assert.rejects(followed, { message: "no port" });
    await assertWhole(pair);
  });
});
