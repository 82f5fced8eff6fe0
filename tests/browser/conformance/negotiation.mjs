// WHATWG WebSockets §2 and §4, RFC 6455 §4: the opening handshake, and the properties protocol and
// extensions.

import * as assert from "../../support/page/assert.mjs";
import { bytesOf, closed, echo, failure, once, opened, received } from "./sockets.mjs";
import { test, testInWindow } from "./test.mjs";

/**
 * @param {WebSocket} socket that is connected to /request
 * @returns {Promise<Record<string, string>>} the headers of its handshake
 */
async function headersOf(socket) {
  const { data } = await once(socket, "message");
  return JSON.parse(data).headers;
}

const failed = ["error in 3", 'close in 3: 1006 "" unclean'];

export default [
  test("protocol is empty when none was offered", async ({ connect }) => {
    const socket = connect("/echo");
    assert.equal(socket.protocol, "");
    await opened(socket);
    assert.equal(socket.protocol, "");
  }),

  test("protocol is the server's selection, from open on", async ({ connect }) => {
    const socket = connect("/protocol?choose=b", ["a", "b", "c"]);
    assert.equal(socket.protocol, "");
    const seen = await new Promise((resolve) => (socket.onopen = () => resolve(socket.protocol)));
    assert.equal(seen, "b");
  }),

  test("protocol is the only one that was offered, given as a string", async ({ open }) => {
    assert.equal((await open("/protocol?choose=chat", "chat")).protocol, "chat");
  }),

  test("protocol keeps its case", async ({ open }) => {
    assert.equal(
      (await open("/protocol?choose=Chat.V2", ["chat.v2", "Chat.V2"])).protocol,
      "Chat.V2",
    );
  }),

  test("protocol stays when the connection has ended", async ({ open }) => {
    const socket = await open("/protocol?choose=b", ["a", "b"]);
    const end = closed(socket);
    socket.close();
    assert.equal(socket.protocol, "b");
    await end;
    assert.equal(socket.protocol, "b");
  }),

  test("fails when the server selects none of the subprotocols", async ({ connect }) => {
    const socket = connect("/protocol", ["a", "b"]);
    assert.deepEqual(await failure(socket), failed);
    assert.equal(socket.protocol, "");
  }),

  test("fails when the server selects one that was not offered", async ({ connect }) => {
    const socket = connect("/protocol?force=c", ["a", "b"]);
    assert.deepEqual(await failure(socket), failed);
    assert.equal(socket.protocol, "");
  }),

  test("fails when the server selects one in another case", async ({ connect }) => {
    assert.deepEqual(await failure(connect("/protocol?force=A", ["a", "b"])), failed);
  }),

  test("fails when the server selects two", async ({ connect }) => {
    assert.deepEqual(await failure(connect("/protocol?force=a,%20b", ["a", "b"])), failed);
  }),

  test("fails when the server selects an empty one", async ({ connect }) => {
    assert.deepEqual(await failure(connect("/protocol?force=", ["a", "b"])), failed);
  }),

  test("extensions is empty when the server accepts none", async ({ connect }) => {
    const socket = connect("/echo");
    assert.equal(socket.extensions, "");
    await opened(socket);
    assert.equal(socket.extensions, "");
  }),

  test("extensions has the extensions that the server accepted, from open on", async ({
    connect,
  }) => {
    const socket = connect("/echo?deflate");
    assert.equal(socket.extensions, "");
    const seen = await new Promise((resolve) => (socket.onopen = () => resolve(socket.extensions)));
    assert.ok(/^permessage-deflate(;|$)/.test(seen), `It is "${seen}"`);
    const end = closed(socket);
    socket.close();
    await end;
    assert.equal(socket.extensions, seen);
  }),

  test("sends and receives compressed text and binary", async ({ open }) => {
    const socket = await open("/echo?deflate");
    const text = "compress me \u20ac ".repeat(5000);
    assert.ok((await echo(socket, text)) === text, "Another text came back");
    assert.equal(await echo(socket, ""), "");
    assert.deepEqual(await bytesOf(await echo(socket, new Uint8Array([1, 2, 3]))), [1, 2, 3]);
  }),

  test("bufferedAmount counts the bytes before compression", async ({ open }) => {
    const socket = await open("/echo?deflate");
    socket.send("x".repeat(10_000));
    assert.equal(socket.bufferedAmount, 10_000);
  }),

  test("asks for the protocol of RFC 6455", async ({ connect }) => {
    const headers = await headersOf(connect("/request"));
    assert.equal(headers.upgrade.toLowerCase(), "websocket");
    assert.equal(headers["sec-websocket-version"], "13");
    assert.equal(atob(headers["sec-websocket-key"]).length, 16);
  }),

  test("uses a new key for each connection", async ({ connect }) => {
    const [first, second] = [
      await headersOf(connect("/request")),
      await headersOf(connect("/request")),
    ];
    assert.ok(first["sec-websocket-key"] !== second["sec-websocket-key"], "The keys are the same");
  }),

  test("sends the server its origin, and no referrer", async ({ connect }) => {
    const headers = await headersOf(connect("/request"));
    assert.equal(headers.origin, location.origin);
    assert.equal(headers.referer, undefined);
  }),

  test("offers no subprotocol by default", async ({ connect }) => {
    assert.equal((await headersOf(connect("/request")))["sec-websocket-protocol"], undefined);
  }),

  testInWindow("sends the cookies of the host", async ({ connect }) => {
    document.cookie = "conformance=yes; path=/";
    try {
      const { cookie } = await headersOf(connect("/request"));
      assert.ok(/(^|; )conformance=yes(;|$)/.test(cookie), `The cookies are ${cookie}`);
    } finally {
      document.cookie = "conformance=; path=/; max-age=0";
    }
  }),

  test("opens several connections to one server at a time", async ({ connect }) => {
    const sockets = await Promise.all(Array.from({ length: 10 }, () => opened(connect("/echo"))));
    const messages = sockets.map((socket) => received(socket, 1));
    sockets.forEach((socket, index) => socket.send(`${index}`));
    assert.deepEqual(
      (await Promise.all(messages)).flat(),
      sockets.map((_, index) => `${index}`),
    );
  }),
];
