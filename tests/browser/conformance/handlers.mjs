// HTML §8.1.8.1, event handlers: onopen, onmessage, onerror, onclose. Most tests dispatch the
// events themselves, because these arrive at once.

import * as assert from "../../support/page/assert.mjs";
import { echo, eventTypes, newId, nextReport, nextTask, once } from "./sockets.mjs";
import { test } from "./test.mjs";

/** @typedef {"onopen" | "onmessage" | "onerror" | "onclose"} HandlerName */

const handlers = eventTypes.map((type) => ({
  type,
  name: /** @type {HandlerName} */ (`on${type}`),
}));

export default [
  ...handlers.map(({ name }) =>
    test(`${name} is null at first`, ({ connect }) => {
      assert.equal(connect("/echo")[name], null);
    }),
  ),

  ...handlers.map(({ name, type }) =>
    test(`${name} is called with events of the type ${type} and no others`, ({ connect }) => {
      const socket = connect("/echo");
      /** @type {string[]} */
      const types = [];
      socket[name] = (/** @type {Event} */ event) => types.push(event.type);
      for (const other of eventTypes) socket.dispatchEvent(new Event(other));
      assert.deepEqual(types, [type]);
    }),
  ),

  ...handlers.map(({ name }) =>
    test(`${name} returns the function or object that it was set to`, ({ connect }) => {
      const socket = /** @type {any} */ (connect("/echo"));
      for (const value of [
        () => {},
        class {},
        {},
        [],
        new Date(),
        Object.create(null),
        { handleEvent() {} },
      ]) {
        socket[name] = value;
        assert.equal(socket[name], value);
      }
    }),
  ),

  ...handlers.map(({ name }) =>
    test(`${name} becomes null when it is set to a value that is not an object`, ({ connect }) => {
      const socket = /** @type {any} */ (connect("/echo"));
      for (const value of [null, undefined, 0, 1, "", "alert(1)", true, false, Symbol("x"), 1n]) {
        socket[name] = () => {};
        socket[name] = value;
        assert.equal(socket[name], null, String(value));
      }
    }),
  ),

  test("is not shared by two sockets", ({ connect }) => {
    const [first, second] = [connect("/echo"), connect("/echo")];
    first.onopen = () => {};
    assert.equal(second.onopen, null);
  }),

  test("is separate from the handlers of other types", ({ connect }) => {
    const socket = connect("/echo");
    socket.onopen = () => {};
    assert.deepEqual([socket.onmessage, socket.onerror, socket.onclose], [null, null, null]);
  }),

  test("does not call handleEvent of an object, nor fail", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    let calls = 0;
    socket.onopen = { handleEvent: () => calls++ };
    socket.dispatchEvent(new Event("open"));
    assert.equal(calls, 0);
  }),

  test("calls a function whatever its handleEvent is", ({ connect }) => {
    const socket = connect("/echo");
    /** @type {string[]} */
    const calls = [];
    socket.onopen = Object.assign(() => calls.push("function"), {
      handleEvent: () => calls.push("handleEvent"),
    });
    socket.dispatchEvent(new Event("open"));
    assert.deepEqual(calls, ["function"]);
  }),

  test("calls a callable Proxy and a bound function", ({ connect }) => {
    const socket = connect("/echo");
    let calls = 0;
    const count = () => calls++;
    for (const handler of [new Proxy(count, {}), count.bind(null)]) {
      socket.onopen = handler;
      assert.equal(socket.onopen, handler);
      socket.dispatchEvent(new Event("open"));
    }
    assert.equal(calls, 2);
  }),

  test("calls a function that has no prototype, and one with its own call property", ({
    connect,
  }) => {
    const socket = connect("/echo");
    /** @type {string[]} */
    const calls = [];
    const bare = Object.setPrototypeOf(() => calls.push("bare"), null);
    const odd = Object.assign(() => calls.push("odd"), {
      call: () => calls.push("call"),
      apply: null,
      bind: null,
    });
    for (const handler of [bare, odd]) {
      socket.onopen = handler;
      socket.dispatchEvent(new Event("open"));
    }
    assert.deepEqual(calls, ["bare", "odd"]);
  }),

  test("is called with the socket as this and the event as only argument", ({ connect }) => {
    const socket = connect("/echo");
    /** @type {unknown[]} */
    let seen = [];
    socket.onopen = function (/** @type {Event[]} */ ...args) {
      seen = [this, ...args];
    };
    const event = new Event("open");
    socket.dispatchEvent(event);
    assert.deepEqual(
      seen.map((value) => value === socket || value === event),
      [true, true],
    );
  }),

  test("onerror also gets an ErrorEvent as its only argument, not the five of window.onerror", ({
    connect,
  }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    /** @type {unknown[]} */
    let seen = [];
    socket.onerror = (/** @type {unknown[]} */ ...args) => (seen = args);
    const event = new ErrorEvent("error", { message: "mine" });
    socket.dispatchEvent(event);
    assert.equal(seen.length, 1);
    assert.equal(seen[0], event);
  }),

  test("cancels an event by returning false, including onerror", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    for (const { name, type } of handlers) {
      socket[name] = () => false;
      assert.equal(socket.dispatchEvent(new Event(type, { cancelable: true })), false, name);
      assert.equal(socket.dispatchEvent(new Event(type)), true, `${name}, not cancelable`);
    }
  }),

  test("does not cancel an event by returning anything else", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    for (const value of [true, undefined, null, 0, "", NaN, new Boolean(false)]) {
      socket.onopen = () => value;
      socket.onerror = () => value;
      assert.equal(
        socket.dispatchEvent(new Event("open", { cancelable: true })),
        true,
        String(value),
      );
      assert.equal(
        socket.dispatchEvent(new ErrorEvent("error", { cancelable: true })),
        true,
        String(value),
      );
    }
  }),

  test("runs in the order in which handlers and listeners were added", ({ connect }) => {
    const socket = connect("/echo");
    /** @type {number[]} */
    const order = [];
    socket.addEventListener("open", () => order.push(1));
    socket.onopen = () => order.push(2);
    socket.addEventListener("open", () => order.push(3));
    socket.dispatchEvent(new Event("open"));
    assert.deepEqual(order, [1, 2, 3]);
  }),

  test("keeps its place when it is replaced", ({ connect }) => {
    const socket = connect("/echo");
    /** @type {number[]} */
    const order = [];
    socket.onopen = () => order.push(0);
    socket.addEventListener("open", () => order.push(2));
    socket.onopen = () => order.push(1);
    socket.dispatchEvent(new Event("open"));
    assert.deepEqual(order, [1, 2]);
  }),

  test("takes the last place when it was null in between", ({ connect }) => {
    const socket = connect("/echo");
    /** @type {number[]} */
    const order = [];
    socket.onopen = () => order.push(0);
    socket.addEventListener("open", () => order.push(1));
    socket.onopen = null;
    socket.onopen = () => order.push(2);
    socket.dispatchEvent(new Event("open"));
    assert.deepEqual(order, [1, 2]);
  }),

  test("takes the last place when it was a primitive in between", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    /** @type {number[]} */
    const order = [];
    socket.onopen = () => order.push(0);
    socket.addEventListener("open", () => order.push(1));
    socket.onopen = 5;
    socket.onopen = () => order.push(2);
    socket.dispatchEvent(new Event("open"));
    assert.deepEqual(order, [1, 2]);
  }),

  test("holds its place while it is an object that cannot be called", ({ connect }) => {
    const socket = /** @type {any} */ (connect("/echo"));
    /** @type {number[]} */
    const order = [];
    socket.onopen = {};
    socket.addEventListener("open", () => order.push(2));
    socket.onopen = () => order.push(1);
    socket.dispatchEvent(new Event("open"));
    assert.deepEqual(order, [1, 2]);
  }),

  test("is not called once it is null", ({ connect }) => {
    const socket = connect("/echo");
    socket.onopen = () => assert.ok(false, "It was called");
    socket.onopen = null;
    socket.dispatchEvent(new Event("open"));
  }),

  test("is called twice when it is a listener as well", ({ connect }) => {
    const socket = connect("/echo");
    let calls = 0;
    const count = () => calls++;
    socket.onopen = count;
    socket.addEventListener("open", count);
    socket.dispatchEvent(new Event("open"));
    assert.equal(calls, 2);
  }),

  test("stays when its function is removed as a listener", ({ connect }) => {
    const socket = connect("/echo");
    let calls = 0;
    const count = () => void calls++;
    socket.onopen = count;
    socket.removeEventListener("open", count);
    socket.dispatchEvent(new Event("open"));
    assert.equal(calls, 1);
  }),

  test("runs a handler that an earlier listener sets in its place", ({ connect }) => {
    const socket = connect("/echo");
    /** @type {string[]} */
    const order = [];
    socket.addEventListener("open", () => (socket.onopen = () => order.push("new")));
    socket.onopen = () => order.push("old");
    socket.dispatchEvent(new Event("open"));
    assert.deepEqual(order, ["new"]);
  }),

  test("is not called for the event during whose dispatch it was first set", ({ connect }) => {
    const socket = connect("/echo");
    let calls = 0;
    socket.addEventListener("open", () => (socket.onopen = () => calls++), { once: true });
    socket.dispatchEvent(new Event("open"));
    assert.equal(calls, 0);
    socket.dispatchEvent(new Event("open"));
    assert.equal(calls, 1);
  }),

  test("is not called when an earlier listener sets it to null", ({ connect }) => {
    const socket = connect("/echo");
    let calls = 0;
    socket.addEventListener("open", () => (socket.onopen = null));
    socket.onopen = () => calls++;
    socket.dispatchEvent(new Event("open"));
    assert.equal(calls, 0);
  }),

  test("prevents the call of later listeners by stopImmediatePropagation", ({ connect }) => {
    const socket = connect("/echo");
    /** @type {string[]} */
    const order = [];
    socket.onopen = (event) => {
      order.push("handler");
      event.stopImmediatePropagation();
    };
    socket.addEventListener("open", () => order.push("listener"));
    socket.dispatchEvent(new Event("open"));
    assert.deepEqual(order, ["handler"]);
  }),

  test("is not called after stopImmediatePropagation", ({ connect }) => {
    const socket = connect("/echo");
    socket.addEventListener("open", (event) => event.stopImmediatePropagation());
    socket.onopen = () => assert.ok(false, "It was called");
    socket.dispatchEvent(new Event("open"));
  }),

  test("has its exception reported, and later listeners still called", async ({ connect }) => {
    const socket = connect("/echo");
    const error = new RangeError("mine");
    let calls = 0;
    socket.onopen = () => {
      throw error;
    };
    socket.addEventListener("open", () => calls++);
    const reported = nextReport("error");
    socket.dispatchEvent(new Event("open"));
    socket.onopen = null; // the connection's open event is still to come
    assert.equal(await reported, error);
    assert.equal(calls, 1);
  }),

  test("has its exception for an event of the connection reported, and the connection keeps working", async ({
    open,
  }) => {
    const socket = await open("/echo");
    const error = new RangeError("mine");
    socket.onmessage = () => {
      throw error;
    };
    const reported = nextReport("error");
    assert.equal(await echo(socket, "one"), "one");
    assert.equal(await reported, error);
    socket.onmessage = null;
    assert.equal(await echo(socket, "two"), "two");
    assert.equal(socket.readyState, 1);
  }),

  test("has its exception for an event of the connection passed to the global onerror", async ({
    open,
  }) => {
    const socket = await open("/echo");
    const error = new RangeError("mine");
    const before = globalThis.onerror;
    try {
      const reported = new Promise((resolve) => {
        globalThis.onerror = (...args) => {
          resolve(args[4]);
          return true;
        };
      });
      socket.onmessage = () => {
        throw error;
      };
      socket.send("x");
      assert.equal(await reported, error);
    } finally {
      globalThis.onerror = before;
    }
  }),

  test("has each exception reported, and the events still arrive in order", async ({ connect }) => {
    const socket = connect("/early?count=1&close=4000");
    /** @type {string[]} */
    const order = [];
    /** @type {unknown[]} */
    const reported = [];
    const keep = (/** @type {any} */ event) => {
      event.preventDefault();
      reported.push(event.error);
    };
    globalThis.addEventListener("error", keep);
    const thrown = handlers.map(({ name }) => new RangeError(name));
    handlers.forEach(({ name, type }, index) => {
      socket[name] = () => {
        throw thrown[index];
      };
      socket.addEventListener(type, () => order.push(type));
    });
    await once(socket, "close");
    await nextTask();
    globalThis.removeEventListener("error", keep);
    assert.deepEqual(order, ["open", "message", "close"]);
    assert.deepEqual(
      reported.map((error) => thrown.findIndex((one) => one === error)),
      [0, 1, 3],
    );
  }),

  test("may be an async function whose rejection is unhandled", async ({ open }) => {
    const socket = await open("/echo");
    const error = new RangeError("mine");
    const rejected = nextReport("unhandledrejection");
    socket.onmessage = async () => {
      throw error;
    };
    socket.send("x");
    assert.equal(await rejected, error);
  }),

  test("is called for the events of the connection, each with its own", async ({ connect }) => {
    const socket = connect(`/report?id=${newId()}`);
    /** @type {string[]} */
    const calls = [];
    for (const { name } of handlers)
      socket[name] = (/** @type {Event} */ event) => calls.push(`${name} ${event.type}`);
    await once(socket, "open");
    await echo(socket, "x");
    socket.close();
    await once(socket, "close");
    assert.deepEqual(calls, ["onopen open", "onmessage message", "onclose close"]);
  }),

  test("is called when it is set in the previous handler", async ({ connect }) => {
    const socket = connect("/early?count=1&close=1000");
    /** @type {string[]} */
    const calls = [];
    await new Promise((resolve) => {
      socket.onopen = () => {
        socket.onmessage = ({ data }) => {
          calls.push(data);
          socket.onclose = resolve;
        };
      };
    });
    assert.deepEqual(calls, ["early 0"]);
  }),
];
