// Changes that a page makes to its own globals and prototypes, or in a subclass, do not affect the
// platform's classes.

import * as assert from "../../support/page/assert.mjs";
import { closed, echo, journal, once, opened } from "./sockets.mjs";
import { test } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */

const { Promise, addEventListener, removeEventListener, setTimeout } = globalThis;

/** A test that takes longer has failed. It restores the page for the next ones. */
const timeoutMilliseconds = 10_000;

/**
 * Runs with some properties replaced.
 *
 * @param {any} object
 * @param {Record<string, unknown>} replacements
 * @param {() => Promise<unknown>} run
 */
async function withReplaced(object, replacements, run) {
  const before = Object.entries(Object.getOwnPropertyDescriptors(object)).filter(
    ([key]) => key in replacements,
  );
  for (const [key, value] of Object.entries(replacements)) {
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: false,
      configurable: true,
    });
  }
  let fail = () => {};
  const failed = new Promise(
    (_, reject) => (fail = () => reject(new Error("It failed, or took too long"))),
  );
  setTimeout(fail, timeoutMilliseconds);
  addEventListener.call(globalThis, "error", fail);
  try {
    await Promise.race([run(), failed]);
  } finally {
    removeEventListener.call(globalThis, "error", fail);
    for (const key of Object.keys(replacements)) Reflect.deleteProperty(object, key);
    for (const [key, descriptor] of before) Object.defineProperty(object, key, descriptor);
  }
}

/**
 * Creates an object of a class whose base may be either, which no type describes.
 *
 * @param {any} Class
 * @param {unknown[]} args
 * @returns {any}
 */
function create(Class, ...args) {
  return new Class(...args);
}

function broken() {
  throw new Error("The page's own function was called");
}

/** Opens, exchanges text and binary, and closes. @param {Context} context */
async function exchange({ WebSocket, server, track }) {
  const socket = track(new WebSocket(`${server}/echo`));
  await opened(socket);
  assert.equal(await echo(socket, "x"), "x");
  assert.equal((await echo(socket, new Uint8Array(3))).size, 3);
  const end = closed(socket);
  socket.close(4000, "bye");
  assert.deepEqual(await end, { code: 4000, reason: "bye", wasClean: true });
}

const globals = [
  "Event",
  "MessageEvent",
  "CloseEvent",
  "URL",
  "DOMException",
  "EventTarget",
  "Blob",
  "TextDecoder",
  "TextEncoder",
  "Promise",
  "setTimeout",
  "queueMicrotask",
];

export default [
  test("works when it is itself the global WebSocket", async (context) => {
    const { WebSocket, kind } = context;
    if (kind === "native") return exchange(context);
    await withReplaced(globalThis, { WebSocket }, () => exchange(context));
  }),

  test("works when the global WebSocket is gone", async (context) => {
    await withReplaced(globalThis, { WebSocket: undefined }, () => exchange(context));
  }),

  ...globals.map((name) =>
    test(`works when the page replaces ${name}`, async (context) => {
      const { WebSocket, server, track } = context;
      const socket = track(new WebSocket(`${server}/early?count=1&close=1000`));
      /** @type {unknown[]} */
      const events = [];
      for (const type of ["open", "message", "close"]) {
        socket.addEventListener(type, (/** @type {Event} */ event) =>
          events.push(event.constructor.name),
        );
      }
      const end = closed(socket);
      await withReplaced(globalThis, { [name]: broken }, () => end);
      assert.deepEqual(events, ["Event", "MessageEvent", "CloseEvent"]);
    }),
  ),

  test("throws its own exceptions when the page replaces DOMException and URL", async ({
    WebSocket,
    connect,
  }) => {
    const { DOMException } = globalThis;
    const socket = connect("/echo");
    await withReplaced(globalThis, { DOMException: broken, URL: broken }, async () => {
      for (const run of [() => new WebSocket("ftp://h.test/"), () => socket.close(1001)]) {
        assert.ok(assert.thrownBy(run) instanceof DOMException, "Something else was thrown");
      }
    });
  }),

  test("throws its own InvalidStateError when the page replaces DOMException", async ({
    connect,
  }) => {
    const { DOMException } = globalThis;
    const socket = connect("/echo");
    await withReplaced(globalThis, { DOMException: broken }, async () => {
      assert.ok(
        assert.thrownBy(() => socket.send("x")) instanceof DOMException,
        "Something else was thrown",
      );
    });
  }),

  test("fires events even if the page replaces the methods of EventTarget.prototype", async ({
    connect,
  }) => {
    const socket = connect("/early?count=1&close=1000");
    const lines = journal(socket);
    const methods = {
      addEventListener: broken,
      removeEventListener: broken,
      dispatchEvent: broken,
    };
    await withReplaced(EventTarget.prototype, methods, async () => {
      socket.onmessage = () => {};
      socket.onmessage = null;
      await lines;
    });
    assert.deepEqual(await lines, [
      "open in 1",
      "message in 1: early 0",
      'close in 3: 1000 "" clean',
    ]);
  }),

  test("sets and calls handlers even if the page replaces addEventListener", async ({
    connect,
  }) => {
    const socket = connect("/early?count=1");
    await withReplaced(
      EventTarget.prototype,
      { addEventListener: broken, removeEventListener: broken },
      async () => {
        const { data } = await new Promise((resolve) => (socket.onmessage = resolve));
        assert.equal(data, "early 0");
      },
    );
  }),

  test("does not call methods and accessors that the page replaces on its prototype", async ({
    WebSocket,
    server,
    track,
  }) => {
    const socket = track(new WebSocket(`${server}/early?count=1&close=4000`));
    const end = closed(socket);
    const names = [
      "url",
      "readyState",
      "binaryType",
      "send",
      "close",
      "protocol",
      "extensions",
      "bufferedAmount",
    ];
    const replacements = Object.fromEntries(names.map((name) => [name, broken]));
    await withReplaced(WebSocket.prototype, replacements, async () => {
      assert.deepEqual(await end, { code: 4000, reason: "", wasClean: true });
    });
  }),

  test("does not call a subclass's overrides", async ({ WebSocket, server, track }) => {
    const socket = track(
      create(
        class extends WebSocket {
          constructor() {
            super(`${server}/echo`);
          }
          get readyState() {
            return 0;
          }
          get binaryType() {
            return "arraybuffer";
          }
          get onmessage() {
            return broken;
          }
          dispatchEvent() {
            return broken();
          }
        },
      ),
    );
    await once(socket, "open");
    const data = await echo(socket, new Uint8Array(1));
    assert.ok(data instanceof Blob, `It is ${data}`);
    const end = closed(socket);
    Object.getPrototypeOf(Object.getPrototypeOf(socket)).close.call(socket);
    await end;
  }),

  test("calls no listener just because a subclass has a method with a handler's name", async ({
    WebSocket,
    server,
    track,
  }) => {
    const socket = track(
      create(
        class extends WebSocket {
          constructor() {
            super(`${server}/early?count=1&close=1000`);
          }
          open() {
            return broken();
          }
          message() {
            return broken();
          }
          handleEvent() {
            return broken();
          }
        },
      ),
    );
    await once(socket, "close");
  }),

  test("does not treat a subclass's fields named like handlers as handlers", async ({
    WebSocket,
    server,
    track,
  }) => {
    /** @type {string[]} */
    const calls = [];
    class Fields extends WebSocket {
      onmessage = () => calls.push("own property");
    }
    const socket = track(create(Fields, `${server}/early?count=1`));
    await once(socket, "message");
    // A field is defined, not assigned, so the prototype's attribute is not set.
    assert.deepEqual(calls, []);
    assert.equal(Object.hasOwn(socket, "onmessage"), true);
  }),

  test("sets a handler through super and through Reflect.set", async ({
    WebSocket,
    server,
    track,
  }) => {
    /** @type {string[]} */
    const calls = [];
    class Setting extends WebSocket {
      set onopen(/** @type {any} */ handler) {
        super.onopen = (/** @type {Event} */ event) => handler.call(this, event);
      }
      get onopen() {
        return super.onopen;
      }
    }
    const socket = track(create(Setting, `${server}/echo`));
    socket.onopen = () => calls.push("through super");
    Reflect.set(socket, "onclose", () => calls.push("by Reflect"));
    await once(socket, "open");
    socket.close();
    await once(socket, "close");
    assert.deepEqual(calls, ["through super", "by Reflect"]);
  }),

  test("takes no defaults from Object.prototype", async ({ connect }) => {
    const polluted = {
      bubbles: true,
      cancelable: true,
      composed: true,
      lastEventId: "mine",
      ports: 1,
      capture: true,
      once: true,
    };
    await withReplaced(Object.prototype, polluted, async () => {
      const socket = connect("/early?count=1");
      const message = await new Promise((resolve) => (socket.onmessage = resolve));
      const close = await new Promise((resolve) => {
        socket.onclose = resolve;
        socket.close();
      });
      for (const { bubbles, cancelable, composed } of [message, close])
        assert.deepEqual([bubbles, cancelable, composed], [false, false, false]);
      assert.equal(message.lastEventId, "");
    });
  }),
];
