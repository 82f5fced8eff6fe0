// WHATWG WebSockets §3.1, the IDL, and how Web IDL §3.7 maps it to JavaScript.

import * as assert from "../../support/page/assert.mjs";
import { once, sorted } from "./sockets.mjs";
import { test, testInWindow } from "./test.mjs";

const constants = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
const handlers = ["onopen", "onmessage", "onerror", "onclose"];
const readOnly = ["url", "readyState", "bufferedAmount", "extensions", "protocol"];
const writable = ["binaryType", ...handlers];
const methods = { close: 0, send: 1 };
const members = [...Object.keys(constants), ...readOnly, ...writable, ...Object.keys(methods)];

/**
 * @param {object} object
 * @param {PropertyKey} key
 * @returns {any}
 */
function descriptorOf(object, key) {
  const descriptor = Object.getOwnPropertyDescriptor(object, key);
  assert.ok(descriptor, `There is no own property ${String(key)}`);
  return descriptor;
}

/** Objects that are not sockets, though some come close. */
function impostors(/** @type {any} */ { WebSocket, native, kind }) {
  const others = [
    {},
    null,
    undefined,
    1,
    new EventTarget(),
    WebSocket.prototype,
    Object.create(WebSocket.prototype),
  ];
  return kind === "native" ? others : [...others, native.prototype];
}

export default [
  test("is a function named WebSocket of one parameter", ({ WebSocket }) => {
    assert.equal(typeof WebSocket, "function");
    for (const [key, value] of [
      ["name", "WebSocket"],
      ["length", 1],
    ]) {
      assert.deepEqual(
        { ...descriptorOf(WebSocket, key) },
        { value, writable: false, enumerable: false, configurable: true },
      );
    }
  }),

  test("inherits from EventTarget, as a constructor and as a prototype", ({ WebSocket }) => {
    assert.equal(Object.getPrototypeOf(WebSocket), EventTarget);
    assert.equal(Object.getPrototypeOf(WebSocket.prototype), EventTarget.prototype);
  }),

  test("has a prototype that cannot be replaced", ({ WebSocket }) => {
    const { writable, enumerable, configurable } = descriptorOf(WebSocket, "prototype");
    assert.deepEqual(
      { writable, enumerable, configurable },
      { writable: false, enumerable: false, configurable: false },
    );
  }),

  test("is the constructor of its prototype", ({ WebSocket }) => {
    const expected = { value: WebSocket, writable: true, enumerable: false, configurable: true };
    assert.deepEqual({ ...descriptorOf(WebSocket.prototype, "constructor") }, expected);
  }),

  test("has Symbol.toStringTag on its prototype", ({ WebSocket, connect }) => {
    const expected = { value: "WebSocket", writable: false, enumerable: false, configurable: true };
    assert.deepEqual({ ...descriptorOf(WebSocket.prototype, Symbol.toStringTag) }, expected);
    assert.equal(String(connect("/echo")), "[object WebSocket]");
    assert.equal(Object.prototype.toString.call(WebSocket.prototype), "[object WebSocket]");
  }),

  test("has on its prototype the members of the interface and nothing else", ({ WebSocket }) => {
    const expected = sorted(["constructor", Symbol.toStringTag, ...members]);
    assert.deepEqual(sorted(Reflect.ownKeys(WebSocket.prototype)), expected);
  }),

  test("has as static members its constants and nothing else", ({ WebSocket }) => {
    const own = Reflect.ownKeys(WebSocket).filter((key) => key !== "arguments" && key !== "caller");
    assert.deepEqual(
      sorted(own),
      sorted(["length", "name", "prototype", ...Object.keys(constants)]),
    );
  }),

  test("shows its members to for-in, on an instance and on its prototype", ({
    WebSocket,
    connect,
  }) => {
    const inherited = ["addEventListener", "removeEventListener", "dispatchEvent"];
    for (const object of [connect("/echo"), WebSocket.prototype]) {
      const keys = [];
      for (const key in object) keys.push(key);
      const known = keys.filter((key) => key !== "when"); // EventTarget.when is younger than some engines
      assert.deepEqual(sorted(known), sorted([...members, ...inherited]));
    }
  }),

  test("shows its constants to for-in, and nothing else of the constructor", ({ WebSocket }) => {
    assert.deepEqual(sorted(Object.keys(WebSocket)), sorted(Object.keys(constants)));
  }),

  test("has no own properties on an instance", async ({ open, WebSocket, server, track }) => {
    assert.deepEqual(Reflect.ownKeys(track(new WebSocket(`${server}/echo`))).map(String), []);
    const socket = await open("/echo");
    socket.onmessage = () => {};
    socket.addEventListener("message", () => {});
    socket.binaryType = "arraybuffer";
    socket.send("x");
    await once(socket, "message");
    assert.deepEqual(Reflect.ownKeys(socket).map(String), []);
  }),

  ...Object.entries(constants).map(([name, value]) =>
    test(`has the constant ${name} on constructor, prototype and instance`, ({
      WebSocket,
      connect,
    }) => {
      const expected = { value, writable: false, enumerable: true, configurable: false };
      assert.deepEqual({ ...descriptorOf(WebSocket, name) }, expected);
      assert.deepEqual({ ...descriptorOf(WebSocket.prototype, name) }, expected);
      assert.equal(/** @type {any} */ (connect("/echo"))[name], value);
    }),
  ),

  test("keeps its constants when they are assigned to or deleted", ({ WebSocket, connect }) => {
    for (const object of [WebSocket, WebSocket.prototype, connect("/echo")]) {
      assert.equal(Reflect.set(object, "OPEN", 5), false);
      assert.equal(object.OPEN, 1);
    }
    assert.equal(Reflect.deleteProperty(WebSocket, "OPEN"), false);
    assert.equal(Reflect.deleteProperty(WebSocket.prototype, "OPEN"), false);
  }),

  ...readOnly.map((name) =>
    test(`has the read-only attribute ${name}`, ({ WebSocket }) => {
      const { get, set, enumerable, configurable } = descriptorOf(WebSocket.prototype, name);
      assert.deepEqual(
        { set, enumerable, configurable },
        { set: undefined, enumerable: true, configurable: true },
      );
      assert.deepEqual([get.name, get.length], [`get ${name}`, 0]);
    }),
  ),

  ...writable.map((name) =>
    test(`has the attribute ${name}`, ({ WebSocket }) => {
      const { get, set, enumerable, configurable } = descriptorOf(WebSocket.prototype, name);
      assert.deepEqual({ enumerable, configurable }, { enumerable: true, configurable: true });
      assert.deepEqual([get.name, get.length], [`get ${name}`, 0]);
      assert.deepEqual([set.name, set.length], [`set ${name}`, 1]);
    }),
  ),

  ...Object.entries(methods).map(([name, length]) =>
    test(`has the method ${name} with ${length} required parameters`, ({ WebSocket }) => {
      const { value, writable, enumerable, configurable } = descriptorOf(WebSocket.prototype, name);
      assert.deepEqual(
        { writable, enumerable, configurable },
        { writable: true, enumerable: true, configurable: true },
      );
      assert.deepEqual([value.name, value.length], [name, length]);
    }),
  ),

  test("has methods and accessors that are not constructors", ({ WebSocket, connect }) => {
    const socket = connect("/echo");
    const functions = [socket.send, socket.close];
    for (const name of [...readOnly, ...writable])
      functions.push(descriptorOf(WebSocket.prototype, name).get);
    for (const method of functions) {
      assert.throwsTypeError(() => Reflect.construct(/** @type {any} */ (method), []));
      assert.equal("prototype" in method, false, method.name);
    }
  }),

  ...[...readOnly, ...writable].map((name) =>
    test(`throws TypeError when ${name} is read on an object that is not a WebSocket`, (context) => {
      const { get } = descriptorOf(context.WebSocket.prototype, name);
      for (const impostor of impostors(context)) assert.throwsTypeError(() => get.call(impostor));
    }),
  ),

  ...writable.map((name) =>
    test(`throws TypeError when ${name} is set on an object that is not a WebSocket`, (context) => {
      const { set } = descriptorOf(context.WebSocket.prototype, name);
      for (const impostor of impostors(context))
        assert.throwsTypeError(() => set.call(impostor, null));
    }),
  ),

  test("throws TypeError when send is called on an object that is not a WebSocket, before it converts anything", (context) => {
    const untouchable = {
      toString() {
        throw new RangeError("It was converted");
      },
    };
    const { send } = context.WebSocket.prototype;
    for (const impostor of impostors(context)) {
      assert.throwsTypeError(() => send.call(impostor, untouchable));
      assert.throwsTypeError(() => send.call(impostor));
    }
  }),

  test("throws TypeError when close is called on an object that is not a WebSocket, before it converts anything", (context) => {
    const untouchable = {
      valueOf() {
        throw new RangeError("It was converted");
      },
    };
    const { close } = context.WebSocket.prototype;
    for (const impostor of impostors(context)) {
      assert.throwsTypeError(() => close.call(impostor, untouchable));
      assert.throwsTypeError(() => close.call(impostor));
    }
  }),

  test("throws TypeError in strict code when a read-only attribute is assigned to, and keeps it", async ({
    open,
  }) => {
    const socket = /** @type {any} */ (await open("/echo"));
    for (const name of readOnly) {
      const before = socket[name];
      assert.throwsTypeError(() => {
        socket[name] = "changed";
      });
      assert.equal(socket[name], before);
      assert.equal(Reflect.deleteProperty(socket, name), true);
      assert.equal(socket[name], before);
    }
  }),

  test("has attributes that only work on the instance, and not on an object that inherits from it", ({
    connect,
  }) => {
    const heir = Object.create(connect("/echo"));
    assert.throwsTypeError(() => heir.readyState);
    assert.throwsTypeError(() => heir.close());
  }),

  test("has attributes that a Proxy of an instance does not have", ({ connect }) => {
    const proxy = new Proxy(connect("/echo"), {});
    assert.throwsTypeError(() => proxy.send("x"));
  }),

  test("keeps its attributes when an instance loses its prototype", ({
    WebSocket,
    connect,
    server,
  }) => {
    const socket = connect("/echo");
    Object.setPrototypeOf(socket, null);
    assert.equal(descriptorOf(WebSocket.prototype, "url").get.call(socket), `${server}/echo`);
    Object.setPrototypeOf(socket, WebSocket.prototype);
  }),

  test("lets an instance have its own properties, and be frozen", async ({ open }) => {
    const socket = /** @type {any} */ (await open("/echo"));
    socket.mine = 1;
    Object.freeze(socket);
    socket.onmessage = () => {};
    socket.binaryType = "arraybuffer";
    assert.equal(socket.mine, 1);
    assert.equal(socket.binaryType, "arraybuffer");
    socket.send("x");
    await once(socket, "message");
  }),

  test("can be a key of a WeakMap and a value of a WeakRef", ({ connect }) => {
    const socket = connect("/echo");
    assert.equal(new WeakMap([[socket, 1]]).get(socket), 1);
    assert.equal(new WeakRef(socket).deref(), socket);
  }),

  test("has instances that cannot be cloned", ({ connect }) => {
    const socket = connect("/echo");
    const error = /** @type {DOMException} */ (assert.thrownBy(() => structuredClone(socket)));
    assert.equal(error.name, "DataCloneError");
  }),

  test("has instances that cannot be transferred", ({ connect }) => {
    const socket = connect("/echo");
    const transfer = [/** @type {any} */ (socket)];
    assert.equal(
      /** @type {any} */ (assert.thrownBy(() => structuredClone(1, { transfer }))).name,
      "DataCloneError",
    );
  }),

  test("has instances that are JSON without content", ({ connect }) => {
    const socket = connect("/echo");
    const shown = JSON.parse(JSON.stringify(socket));
    assert.deepEqual(shown, {});
  }),

  testInWindow("has methods and accessors whose source text is native code", ({ WebSocket }) => {
    const functions = [
      WebSocket,
      WebSocket.prototype.send,
      descriptorOf(WebSocket.prototype, "url").get,
    ];
    for (const method of functions)
      assert.ok(/\[native code\]/.test(String(method)), String(method).slice(0, 40));
  }),
];
