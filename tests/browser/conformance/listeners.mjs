// DOM §2.7, EventTarget, as the class inherits it.

import * as assert from "../../support/page/assert.mjs";
import { echo, eventTypes, once, received } from "./sockets.mjs";
import { test } from "./test.mjs";

/**
 * @param {EventTarget} target
 * @param {string} [type]
 * @returns {boolean} the result of dispatchEvent
 */
function dispatch(target, type = "message") {
  return target.dispatchEvent(new Event(type, { cancelable: true }));
}

export default [
  test("addEventListener, removeEventListener and dispatchEvent are those of EventTarget", ({
    connect,
  }) => {
    const socket = connect("/echo");
    for (const name of /** @type {const} */ ([
      "addEventListener",
      "removeEventListener",
      "dispatchEvent",
    ])) {
      assert.equal(socket[name], EventTarget.prototype[name], name);
    }
  }),

  test("addEventListener converts the type to a string once", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    let conversions = 0;
    const type = {
      toString() {
        conversions++;
        return "message";
      },
    };
    let calls = 0;
    socket.addEventListener(type, () => calls++);
    dispatch(socket);
    assert.deepEqual([conversions, calls], [1, 1]);
  }),

  test("addEventListener reads each option once", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    /** @type {string[]} */
    const read = [];
    const options = new Proxy(
      { once: true },
      {
        get(target, key) {
          read.push(String(key));
          return Reflect.get(target, key);
        },
      },
    );
    socket.addEventListener("message", () => {}, options);
    assert.equal(new Set(read).size, read.length, String(read));
  }),

  test("addEventListener accepts types that are names in Object.prototype", ({ connect }) => {
    const socket = connect("/echo");
    let calls = 0;
    for (const type of ["__proto__", "constructor", "toString", ""]) {
      socket.addEventListener(type, () => calls++);
      dispatch(socket, type);
    }
    assert.equal(calls, 4);
  }),

  test("addEventListener returns undefined", ({ connect }) => {
    assert.equal(
      /** @type {unknown} */ (connect("/echo").addEventListener("open", () => {})),
      undefined,
    );
  }),

  test("addEventListener treats null as no listener", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    socket.addEventListener("open", null);
    socket.addEventListener("open", undefined);
    socket.removeEventListener("open", null);
    assert.equal(dispatch(socket, "open"), true);
  }),

  test("addEventListener throws TypeError for a primitive, and for one argument", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    assert.throwsTypeError(() => socket.addEventListener("open", 1));
    assert.throwsTypeError(() => socket.addEventListener("open", "alert(1)"));
    assert.throwsTypeError(() => socket.addEventListener("open"));
  }),

  test("addEventListener adds the same listener once, and twice with capture", ({ connect }) => {
    const socket = connect("/echo");
    let calls = 0;
    const count = () => calls++;
    socket.addEventListener("message", count);
    socket.addEventListener("message", count, false);
    socket.addEventListener("message", count, { once: true });
    dispatch(socket);
    assert.equal(calls, 1);
    socket.addEventListener("message", count, true);
    dispatch(socket);
    assert.equal(calls, 3);
  }),

  test("addEventListener with once calls the listener for one message", async ({ open }) => {
    const socket = await open("/echo");
    /** @type {string[]} */
    const messages = [];
    socket.addEventListener("message", ({ data }) => messages.push(data), { once: true });
    await echo(socket, "one");
    await echo(socket, "two");
    assert.deepEqual(messages, ["one"]);
  }),

  test("addEventListener with a signal removes the listener when it is aborted", async ({
    open,
  }) => {
    const socket = await open("/echo");
    const controller = new AbortController();
    /** @type {string[]} */
    const messages = [];
    socket.addEventListener("message", ({ data }) => messages.push(data), {
      signal: controller.signal,
    });
    await echo(socket, "one");
    controller.abort();
    await echo(socket, "two");
    assert.deepEqual(messages, ["one"]);
  }),

  test("addEventListener with an aborted signal adds nothing", ({ connect }) => {
    const socket = connect("/echo");
    let calls = 0;
    socket.addEventListener("message", () => calls++, { signal: AbortSignal.abort() });
    dispatch(socket);
    assert.equal(calls, 0);
  }),

  test("addEventListener with passive ignores preventDefault", ({ connect }) => {
    const socket = connect("/echo");
    socket.addEventListener("message", (event) => event.preventDefault(), { passive: true });
    assert.equal(dispatch(socket), true);
    socket.addEventListener("message", (event) => event.preventDefault());
    assert.equal(dispatch(socket), false);
  }),

  test("addEventListener accepts an object, whose handleEvent is looked up at each event", ({
    connect,
  }) => {
    const socket = connect("/echo");
    /** @type {unknown[]} */
    const calls = [];
    const listener = {
      handleEvent() {
        calls.push("first", this === listener);
        this.handleEvent = () => calls.push("second");
      },
    };
    socket.addEventListener("message", listener);
    dispatch(socket);
    dispatch(socket);
    assert.deepEqual(calls, ["first", true, "second"]);
  }),

  test("addEventListener calls a function with the socket as this", ({ connect }) => {
    const socket = connect("/echo");
    let seen;
    socket.addEventListener("message", function () {
      seen = this;
    });
    dispatch(socket);
    assert.equal(seen, socket);
  }),

  test("addEventListener calls listeners in the order in which they were added", ({ connect }) => {
    const socket = connect("/echo");
    /** @type {number[]} */
    const order = [];
    const last = () => order.push(3);
    socket.addEventListener("message", () => order.push(1));
    socket.addEventListener("message", last);
    socket.addEventListener("message", () => order.push(2));
    socket.removeEventListener("message", last);
    socket.addEventListener("message", last);
    dispatch(socket);
    assert.deepEqual(order, [1, 2, 3]);
  }),

  test("addEventListener in a listener waits for the next event", ({ connect }) => {
    const socket = connect("/echo");
    let calls = 0;
    socket.addEventListener("message", () => socket.addEventListener("message", () => calls++), {
      once: true,
    });
    dispatch(socket);
    assert.equal(calls, 0);
    dispatch(socket);
    assert.equal(calls, 1);
  }),

  test("removeEventListener removes the listener, if capture is the same", ({ connect }) => {
    const socket = connect("/echo");
    let calls = 0;
    const count = () => calls++;
    socket.addEventListener("message", count, true);
    socket.removeEventListener("message", count);
    dispatch(socket);
    socket.removeEventListener("message", count, { capture: true });
    dispatch(socket);
    assert.equal(calls, 1);
  }),

  test("removeEventListener in a listener prevents the next one from being called", ({
    connect,
  }) => {
    const socket = connect("/echo");
    const next = () => assert.ok(false, "It was called");
    socket.addEventListener("message", () => socket.removeEventListener("message", next));
    socket.addEventListener("message", next);
    dispatch(socket);
  }),

  test("dispatchEvent calls listeners before it returns, with an event that is not trusted", ({
    connect,
  }) => {
    const socket = connect("/echo");
    /** @type {Event[]} */
    const events = [];
    socket.addEventListener("custom", (event) => events.push(event));
    const event = new CustomEvent("custom", { detail: 1 });
    socket.dispatchEvent(event);
    assert.equal(events[0], event);
    assert.equal(event.isTrusted, false);
    assert.equal(event.target, socket);
  }),

  test("dispatchEvent of open, message, error and close does not affect the connection", async ({
    open,
  }) => {
    const socket = await open("/echo");
    for (const type of eventTypes) socket.dispatchEvent(new Event(type));
    socket.dispatchEvent(new CloseEvent("close", { code: 4000, wasClean: true }));
    assert.equal(socket.readyState, 1);
    assert.equal(await echo(socket, "x"), "x");
  }),

  test("dispatchEvent of a message event passes its data to the listeners", async ({ connect }) => {
    const socket = connect("/echo");
    const messages = received(socket, 1);
    socket.dispatchEvent(new MessageEvent("message", { data: { any: "thing" } }));
    assert.deepEqual(await messages, [{ any: "thing" }]);
  }),

  test("dispatchEvent throws TypeError for an object that is not an event", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    assert.throwsTypeError(() => socket.dispatchEvent({ type: "open" }));
    assert.throwsTypeError(() => socket.dispatchEvent());
  }),

  test("dispatchEvent throws InvalidStateError for an event that is being dispatched", async ({
    open,
  }) => {
    const socket = await open("/echo");
    socket.send("x");
    const event = await new Promise((resolve) => {
      socket.onmessage = (event) => {
        assert.throwsDOMException(() => socket.dispatchEvent(event), "InvalidStateError");
        resolve(event);
      };
    });
    assert.equal(event.data, "x");
  }),

  test("dispatchEvent accepts an event of the connection again, once it is over", async ({
    open,
  }) => {
    const socket = await open("/echo");
    socket.send("x");
    const event = await once(socket, "message");
    await Promise.resolve();
    const target = new EventTarget();
    await new Promise((resolve) => {
      target.addEventListener("message", resolve);
      setTimeout(() => target.dispatchEvent(event));
    });
    assert.equal(event.target, target);
    assert.equal(event.isTrusted, false);
    assert.equal(event.data, "x");
  }),
];
