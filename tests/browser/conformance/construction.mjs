// WHATWG WebSockets §3.1, the constructor; Web IDL §3.7.1 and §3.2 for its arguments. url.mjs tests
// which URLs are valid, and protocols.mjs which subprotocols are.

import * as assert from "../../support/page/assert.mjs";
import { once } from "./sockets.mjs";
import { test } from "./test.mjs";

export default [
  test("throws TypeError when it is called without new", ({ WebSocket, server }) => {
    assert.throwsTypeError(() => WebSocket(`${server}/echo`));
    assert.throwsTypeError(() => WebSocket.call({}, `${server}/echo`));
  }),

  test("throws TypeError without arguments", ({ WebSocket }) => {
    assert.throwsTypeError(() => new WebSocket());
  }),

  test("ignores arguments after the second", ({ WebSocket, server, track }) => {
    const options = {
      get headers() {
        throw new Error("The third argument was read");
      },
    };
    assert.equal(track(new WebSocket(`${server}/echo`, [], options)).readyState, 0);
  }),

  test("treats an omitted and an undefined second argument as no subprotocol", async ({
    WebSocket,
    server,
    track,
  }) => {
    for (const args of [[], [undefined], [[]]]) {
      const socket = track(new WebSocket(`${server}/request`, ...args));
      const { data } = await once(socket, "message");
      assert.equal(JSON.parse(data).headers["sec-websocket-protocol"], undefined);
    }
  }),

  test("accepts a URL object", ({ WebSocket, server, track }) => {
    assert.equal(track(new WebSocket(new URL("/echo?x", server))).url, `${server}/echo?x`);
  }),

  test("accepts a String object", ({ WebSocket, server, track }) => {
    assert.equal(track(new WebSocket(new String(`${server}/echo`))).url, `${server}/echo`);
  }),

  test("calls toString of an object once", ({ WebSocket, server, track }) => {
    let calls = 0;
    const url = {
      toString() {
        calls++;
        return `${server}/echo`;
      },
    };
    assert.equal(track(new WebSocket(url)).url, `${server}/echo`);
    assert.equal(calls, 1);
  }),

  test("prefers toString to valueOf, and asks Symbol.toPrimitive for a string", ({
    WebSocket,
    server,
    track,
  }) => {
    const plain = { toString: () => `${server}/plain`, valueOf: () => `${server}/wrong` };
    assert.equal(track(new WebSocket(plain)).url, `${server}/plain`);
    const exotic = { [Symbol.toPrimitive]: (/** @type {string} */ hint) => `${server}/${hint}` };
    assert.equal(track(new WebSocket(exotic)).url, `${server}/string`);
  }),

  test("rethrows the exception of the URL's toString", ({ WebSocket }) => {
    const error = new RangeError("mine");
    const url = {
      toString() {
        throw error;
      },
    };
    assert.throwsExactly(() => new WebSocket(url), error);
  }),

  test("throws TypeError when the URL is a symbol or has no primitive value", ({ WebSocket }) => {
    assert.throwsTypeError(() => new WebSocket(Symbol("ws://h.test/")));
    assert.throwsTypeError(() => new WebSocket(Object.create(null)));
  }),

  test("converts undefined, null, booleans and numbers to relative URLs", ({
    WebSocket,
    track,
  }) => {
    for (const value of [undefined, null, true, 42, 1n]) {
      const path = new URL(track(new WebSocket(value)).url).pathname;
      assert.equal(path.split("/").pop(), String(value));
    }
  }),

  test("replaces lone surrogates in the URL by U+FFFD", ({ WebSocket, server, track }) => {
    const socket = track(new WebSocket(`${server}/\ud800-\udc00\ud800-\u{1F600}`));
    assert.equal(socket.url, `${server}/%EF%BF%BD-%EF%BF%BD%EF%BF%BD-%F0%9F%98%80`);
  }),

  test("converts the URL before the subprotocols, each once", ({ WebSocket, server, track }) => {
    /** @type {string[]} */
    const order = [];
    const url = {
      toString() {
        order.push("url");
        return `${server}/echo`;
      },
    };
    const protocol = (/** @type {string} */ name) => ({
      toString() {
        order.push(name);
        return name;
      },
    });
    track(new WebSocket(url, [protocol("a"), protocol("b")]));
    assert.deepEqual(order, ["url", "a", "b"]);
  }),

  test("converts the subprotocols before it checks the URL", ({ WebSocket }) => {
    const error = new RangeError("mine");
    const protocols = [
      {
        toString() {
          throw error;
        },
      },
    ];
    assert.throwsExactly(() => new WebSocket("ws://", protocols), error);
    assert.throwsTypeError(() => new WebSocket("ftp://h.test/", Symbol("a")));
  }),

  test("returns an object that is connecting", ({ connect }) => {
    const socket = connect("/echo");
    assert.equal(socket.readyState, 0);
    assert.equal(socket.bufferedAmount, 0);
    assert.equal(socket.extensions, "");
    assert.equal(socket.protocol, "");
    assert.equal(socket.binaryType, "blob");
  }),

  test("returns a new object each time, even for the same URL", async ({ open }) => {
    const [first, second] = [await open("/echo"), await open("/echo")];
    first.close();
    assert.equal(first.readyState, 2);
    assert.equal(second.readyState, 1);
  }),

  test("returns an instance of a subclass to its constructor", ({ WebSocket, server, track }) => {
    class Named extends WebSocket {
      name = "mine";
      constructor(/** @type {string} */ path) {
        super(server + path);
      }
      greet() {
        return `${this.name} ${this.readyState}`;
      }
    }
    const socket = track(new Named("/echo"));
    assert.ok(socket instanceof Named && socket instanceof WebSocket, "It is not an instance");
    assert.equal(Object.getPrototypeOf(socket), Named.prototype);
    assert.equal(/** @type {any} */ (socket).greet(), "mine 0");
  }),

  test("returns an object with the prototype of new.target", ({ WebSocket, server, track }) => {
    const Other = function () {};
    const socket = track(Reflect.construct(WebSocket, [`${server}/echo`], Other));
    assert.equal(Object.getPrototypeOf(socket), Other.prototype);
    const { get } = /** @type {any} */ (
      Object.getOwnPropertyDescriptor(WebSocket.prototype, "url")
    );
    assert.equal(get.call(socket), `${server}/echo`);
  }),

  test("throws a DOMException named SyntaxError that is an Error too", ({ WebSocket }) => {
    const error = assert.thrownBy(() => new WebSocket("ftp://h.test/"));
    assert.ok(error instanceof DOMException && error instanceof Error, "It is of another class");
    assert.throwsDOMException(() => new WebSocket("ftp://h.test/"), "SyntaxError");
  }),
];
