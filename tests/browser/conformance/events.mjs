// WHATWG WebSockets §4, feedback from the protocol: which events fire, when, in which order, and
// with which data.

import * as assert from "../../support/page/assert.mjs";
import {
  closed,
  echo,
  endSeenBy,
  journal,
  manyMicrotasks,
  newId,
  nextTask,
  once,
  opened,
  received,
  until,
} from "./sockets.mjs";
import { test, testInWindow } from "./test.mjs";

/**
 * @param {Event} event
 * @param {EventTarget} target
 * @param {string} type
 */
function assertPlain(event, target, type) {
  const { bubbles, cancelable, composed, defaultPrevented, eventPhase } = event;
  assert.deepEqual(
    { type: event.type, bubbles, cancelable, composed, defaultPrevented, eventPhase },
    {
      type,
      bubbles: false,
      cancelable: false,
      composed: false,
      defaultPrevented: false,
      eventPhase: Event.AT_TARGET,
    },
  );
  assert.equal(event.target, target, "target");
  assert.equal(event.currentTarget, target, "currentTarget");
  assert.equal(event.srcElement, target, "srcElement");
  assert.equal(event.composedPath().length, 1, "length of composedPath");
  assert.equal(event.composedPath()[0], target, "composedPath");
}

/**
 * @param {WebSocket} socket
 * @param {keyof WebSocketEventMap} type
 * @param {(event: any) => void} look while the event is dispatched
 */
function during(socket, type, look) {
  return new Promise((resolve, reject) => {
    socket.addEventListener(type, (event) => {
      try {
        resolve(look(event));
      } catch (error) {
        reject(error);
      }
    });
  });
}

export default [
  test("fires open as a plain Event", async ({ connect }) => {
    const socket = connect("/echo");
    await during(socket, "open", (event) => {
      assertPlain(event, socket, "open");
      assert.equal(Object.getPrototypeOf(event), Event.prototype);
    });
  }),

  test("fires message as a MessageEvent with data and origin", async ({ connect, server }) => {
    const socket = connect("/early?count=1");
    await during(socket, "message", (event) => {
      assertPlain(event, socket, "message");
      assert.equal(Object.getPrototypeOf(event), MessageEvent.prototype);
      assert.equal(event.data, "early 0");
      assert.equal(event.origin, server);
      assert.equal(event.lastEventId, "");
      assert.equal(event.source, null);
      assert.deepEqual(event.ports, []);
      assert.ok(Object.isFrozen(event.ports), "ports is not frozen");
      assert.equal(event.ports, event.ports);
    });
  }),

  test("fires error as a plain Event", async ({ connect }) => {
    const socket = connect("/refuse?error");
    await during(socket, "error", (event) => {
      assertPlain(event, socket, "error");
      assert.equal(Object.getPrototypeOf(event), Event.prototype);
      assert.equal("message" in event, false);
    });
  }),

  test("fires close as a CloseEvent with code, reason and wasClean", async ({ connect }) => {
    const socket = connect("/close?code=4001&reason=bye");
    await during(socket, "close", (event) => {
      assertPlain(event, socket, "close");
      assert.equal(Object.getPrototypeOf(event), CloseEvent.prototype);
      const { code, reason, wasClean } = event;
      assert.deepEqual({ code, reason, wasClean }, { code: 4001, reason: "bye", wasClean: true });
    });
  }),

  test("fires events whose isTrusted is true", async ({ connect }) => {
    const socket = connect("/early?count=1&close=1000");
    const events = await Promise.all([
      once(socket, "open"),
      once(socket, "message"),
      once(socket, "close"),
    ]);
    assert.deepEqual(
      events.map(({ isTrusted }) => isTrusted),
      [true, true, true],
    );
  }),

  test("fires events that have no own properties except isTrusted", async ({ connect }) => {
    const socket = connect("/early?count=1&close=1000");
    const events = await Promise.all([
      once(socket, "open"),
      once(socket, "message"),
      once(socket, "close"),
    ]);
    for (const event of events) assert.deepEqual(Object.keys(event), ["isTrusted"]);
  }),

  test("fires events with the time at which they were received", async ({ open }) => {
    const socket = await open("/echo");
    const before = performance.now();
    const message = once(socket, "message");
    socket.send("x");
    const { timeStamp } = await message;
    // Engines coarsen clocks, by 1 ms at most in isolated pages.
    assert.ok(
      timeStamp >= before - 1 && timeStamp <= performance.now() + 1,
      `It was received at ${timeStamp} after ${before}`,
    );
  }),

  test("fires events whose preventDefault and returnValue have no effect", async ({ connect }) => {
    const socket = connect("/early?count=1");
    await during(socket, "message", (event) => {
      event.preventDefault();
      event.returnValue = false;
      assert.equal(event.defaultPrevented, false);
    });
  }),

  test("fires events that have no current target once they are over, and keep the rest", async ({
    connect,
  }) => {
    const socket = connect("/early?count=1");
    const event = await once(socket, "message");
    await nextTask();
    assert.equal(event.currentTarget, null);
    assert.equal(event.eventPhase, Event.NONE);
    assert.deepEqual(event.composedPath(), []);
    assert.equal(event.target, socket);
    assert.equal(event.data, "early 0");
  }),

  test("fires a new event each time", async ({ open }) => {
    const socket = await open("/echo");
    /** @type {Set<Event>} */
    const events = new Set();
    socket.onmessage = (event) => events.add(event);
    await echo(socket, "one");
    await echo(socket, "one");
    assert.equal(events.size, 2);
  }),

  test("passes the same event to every listener", async ({ open }) => {
    const socket = await open("/echo");
    /** @type {any[]} */
    const events = [];
    socket.onmessage = (event) => {
      events.push(event);
      /** @type {any} */ (event).mine = 1;
    };
    socket.addEventListener("message", (event) => events.push(event));
    await echo(socket, "one");
    assert.equal(events[0], events[1]);
    assert.equal(events[1].mine, 1);
  }),

  test("calls no further listener after stopImmediatePropagation", async ({ open }) => {
    const socket = await open("/echo");
    socket.addEventListener(
      "message",
      (event) => event.data === "one" && event.stopImmediatePropagation(),
    );
    const messages = received(socket, 1);
    socket.send("one");
    socket.send("two");
    assert.deepEqual(await messages, ["two"]);
  }),

  testInWindow("has the event as window.event while its listeners run", async ({ open }) => {
    const socket = await open("/echo");
    const current = during(socket, "message", (event) => [event, window.event]);
    socket.send("x");
    const [event, seen] = await current;
    assert.equal(seen, event);
    await nextTask();
    assert.equal(window.event, undefined);
  }),

  test("is OPEN in open and message, and CLOSED in close", async ({ connect }) => {
    assert.deepEqual(await journal(connect("/early?count=2&close=4000&reason=done")), [
      "open in 1",
      "message in 1: early 0",
      "message in 1: early 1",
      'close in 3: 4000 "done" clean',
    ]);
  }),

  test("is CLOSED in error and close when the connection could not be opened", async ({
    connect,
  }) => {
    assert.deepEqual(await journal(connect("/refuse?state")), [
      "error in 3",
      'close in 3: 1006 "" unclean',
    ]);
  }),

  test("is CLOSED in error and close when it is closed while it connects", async ({ connect }) => {
    const socket = connect("/no-answer?state");
    const lines = journal(socket);
    socket.close();
    assert.equal(socket.readyState, 2);
    assert.deepEqual(await lines, ["error in 3", 'close in 3: 1006 "" unclean']);
  }),

  test("fires no event before the constructor has returned", ({ WebSocket, server, track }) => {
    class Watched extends WebSocket {
      constructor() {
        super(`${server}/refuse?constructor`);
        for (const type of ["open", "error", "close"])
          this.addEventListener(type, () => (this.events += type));
        this.events = "";
      }
    }
    assert.equal(track(new Watched()).events, "");
  }),

  test("fires nothing and stays CONNECTING until the next task", async ({ connect }) => {
    const sockets = [connect("/echo"), connect("/refuse?task")];
    for (const socket of sockets) {
      for (const type of ["open", "error", "close"]) {
        socket.addEventListener(type, () => assert.ok(isTaskOver, `${type} came too early`));
      }
    }
    let isTaskOver = false;
    await manyMicrotasks();
    isTaskOver = true;
    assert.deepEqual(
      sockets.map(({ readyState }) => readyState),
      [0, 0],
    );
    await opened(sockets[0]);
  }),

  test("fires nothing in close() and its microtasks while it connects", async ({ connect }) => {
    const socket = connect("/no-answer?microtasks");
    let isTaskOver = false;
    const end = closed(socket);
    for (const type of ["error", "close"]) {
      socket.addEventListener(type, () => assert.ok(isTaskOver, `${type} came too early`));
    }
    socket.close();
    assert.equal(socket.readyState, 2);
    await manyMicrotasks();
    assert.equal(socket.readyState, 2);
    isTaskOver = true;
    await end;
  }),

  test("fires nothing in close() and its microtasks when it is open", async ({ open }) => {
    const socket = await open("/echo");
    let isTaskOver = false;
    const end = closed(socket);
    socket.addEventListener("close", () => assert.ok(isTaskOver, "close came too early"));
    socket.close();
    await manyMicrotasks();
    assert.equal(socket.readyState, 2);
    isTaskOver = true;
    await end;
  }),

  test("fires open once and close once, whatever is called", async ({ connect }) => {
    const socket = connect("/echo");
    let opens = 0;
    let closes = 0;
    socket.onopen = () => opens++;
    socket.onclose = () => closes++;
    await once(socket, "open");
    socket.close();
    socket.close();
    await once(socket, "close");
    socket.close();
    const other = connect("/echo");
    await opened(other);
    assert.deepEqual([opens, closes], [1, 1]);
  }),

  test("fires no error when it closes cleanly", async ({ open }) => {
    const socket = await open("/echo");
    socket.onerror = () => assert.ok(false, "error came");
    socket.close(1000);
    await closed(socket);
  }),

  test("runs the microtasks of one message before the next", async ({ connect }) => {
    const socket = connect("/early?count=3");
    /** @type {string[]} */
    const order = [];
    socket.onmessage = ({ data }) => {
      order.push(data);
      Promise.resolve().then(() => order.push(`after ${data}`));
    };
    await received(socket, 3);
    await nextTask();
    assert.deepEqual(order, [
      "early 0",
      "after early 0",
      "early 1",
      "after early 1",
      "early 2",
      "after early 2",
    ]);
  }),

  test("runs the microtasks of open before the first message", async ({ connect }) => {
    const socket = connect("/early?count=1");
    /** @type {string[]} */
    const order = [];
    socket.onopen = () => manyMicrotasks().then(() => order.push("microtasks"));
    socket.onmessage = () => order.push("message");
    await once(socket, "message");
    assert.deepEqual(order, ["microtasks", "message"]);
  }),

  test("runs the microtasks of error before close", async ({ connect }) => {
    const socket = connect("/refuse?error-microtasks");
    /** @type {string[]} */
    const order = [];
    socket.onerror = () => manyMicrotasks().then(() => order.push("microtasks"));
    socket.onclose = () => order.push("close");
    await once(socket, "close");
    assert.deepEqual(order, ["microtasks", "close"]);
  }),

  test("runs the microtasks of one listener before the next", async ({ connect }) => {
    const socket = connect("/echo");
    /** @type {string[]} */
    const order = [];
    socket.addEventListener("open", () => Promise.resolve().then(() => order.push("microtask")));
    socket.addEventListener("open", () => order.push("listener"));
    await once(socket, "open");
    assert.deepEqual(order, ["microtask", "listener"]);
  }),

  test("delivers every message to a listener that is added in a microtask of open", async ({
    connect,
  }) => {
    const socket = connect("/early?count=3");
    await once(socket, "open");
    assert.deepEqual(await received(socket, 3), ["early 0", "early 1", "early 2"]);
  }),

  test("delivers every message before the Close frame that arrived with them", async ({
    connect,
  }) => {
    const socket = connect("/early?count=100&close=1000");
    /** @type {string[]} */
    const messages = [];
    socket.onmessage = ({ data }) => messages.push(data);
    await closed(socket);
    assert.deepEqual(
      messages,
      Array.from({ length: 100 }, (_, index) => `early ${index}`),
    );
  }),

  test("delivers messages in the order in which they were sent, text and binary", async ({
    connect,
  }) => {
    const socket = connect("/fragmented");
    socket.binaryType = "arraybuffer";
    const [text, binary] = await received(socket, 2);
    assert.equal(text, "h\u00e9llo w\u00f6rld");
    assert.deepEqual([...new Uint8Array(binary)], [...Array(256).keys()]);
  }),

  test("delivers 1000 messages of a flood in order", async ({ connect }) => {
    const socket = connect("/flood?count=1000&size=100&kind=text");
    /** @type {number[]} */
    const indices = [];
    socket.onmessage = ({ data }) => {
      assert.equal(data.length, 100);
      indices.push(parseInt(data));
    };
    const end = await closed(socket);
    assert.deepEqual(indices, [...Array(1000).keys()]);
    assert.deepEqual(end, { code: 1000, reason: "", wasClean: true });
  }),

  test("delivers a BOM, a NUL and code points outside the first plane unchanged", async ({
    connect,
  }) => {
    assert.deepEqual(await received(connect("/bom"), 3), [
      "\ufeffbom",
      "a\0b",
      "\u{1F600}\u{10348}\u{10FFFF}",
    ]);
  }),

  test("delivers an empty text as an empty string", async ({ open }) => {
    assert.equal(await echo(await open("/echo"), ""), "");
  }),

  test("delivers each socket's messages to that socket", async ({ open }) => {
    const sockets = [await open("/echo"), await open("/echo"), await open("/echo")];
    const messages = sockets.map((socket) => received(socket, 1));
    sockets.forEach((socket, index) => socket.send(`${index}`));
    assert.deepEqual(await Promise.all(messages), [["0"], ["1"], ["2"]]);
  }),

  test("reports a serialized origin, without path and credentials and default port", async ({
    WebSocket,
    server,
    track,
  }) => {
    const socket = track(
      new WebSocket(server.replace("ws://", "ws://user:pass@") + "/early?count=1"),
    );
    assert.equal((await once(socket, "message")).origin, server);
  }),

  test("opens, receives, sends and closes without any listener", async ({ connect, server }) => {
    const id = newId();
    const socket = connect(`/report?id=${id}`);
    await until(() => socket.readyState === 1);
    socket.send("x");
    await until(() => socket.bufferedAmount === 0);
    socket.close(4000);
    await until(() => socket.readyState === 3);
    assert.deepEqual(await endSeenBy(server, id), { code: 4000, reason: "", messages: 1 });
  }),

  test("ends up CLOSED without any listener when the connection could not be opened", async ({
    connect,
  }) => {
    const socket = connect("/refuse?unheard");
    await until(() => socket.readyState === 3);
  }),

  test("keeps no message for a later listener", async ({ open }) => {
    const socket = await open("/early?count=3");
    await once(socket, "message");
    const late = received(socket, 1);
    await until(() => socket.readyState === 1);
    for (let index = 0; index < 20; index++) await nextTask();
    socket.close();
    const [message] = await late.catch(() => [undefined]);
    assert.ok(message !== "early 0", "It got the first message");
  }),

  test("lets a listener dispatch another event at the same socket", async ({ open }) => {
    const socket = await open("/echo");
    /** @type {string[]} */
    const order = [];
    socket.onmessage = ({ data }) => {
      order.push(`begin ${data}`);
      if (data === "outer") socket.dispatchEvent(new MessageEvent("message", { data: "inner" }));
      order.push(`end ${data}`);
    };
    await echo(socket, "outer");
    assert.deepEqual(order, ["begin outer", "begin inner", "end inner", "end outer"]);
  }),

  test("opens and closes fifty times", async ({ open }) => {
    for (let index = 0; index < 50; index++) {
      const socket = await open("/echo");
      assert.equal(await echo(socket, `${index}`), `${index}`);
      const end = closed(socket);
      socket.close();
      assert.equal((await end).wasClean, true);
    }
  }),

  test("has events while only its listener refers to it", async ({ WebSocket, server }) => {
    const data = await new Promise((resolve) => {
      new WebSocket(`${server}/report?id=${newId()}`).onopen = (/** @type {any} */ { target }) => {
        target.onmessage = (/** @type {MessageEvent} */ event) => {
          target.close();
          resolve(event.data);
        };
        target.send("x");
      };
    });
    assert.equal(data, "x");
  }),
];
