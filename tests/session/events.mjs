// The events of a session, and the ways to listen to them.

import * as assert from "../support/page/assert.mjs";
import { journal, next, opened, quick, received, test, until } from "./test.mjs";

const types = /** @type {const} */ (["open", "message", "error", "close", "statuschange", "drop"]);
const nowhere = "ws://127.0.0.1:9/";

export default [
  test("reports every event once and in order", async ({ create, peer }) => {
    const server = peer("refuse", "open", "open", "echo");
    const session = create(server.url, [], quick);
    const lines = journal(session);
    const acts = [
      () => server.close(4000, "bye"),
      () => server.drop(),
      () => session.send("hello"),
    ];
    session.onopen = () => void acts.shift()?.();
    session.onmessage = () => session.close(4001, "done");
    await until(session, "stopped");
    assert.deepEqual(lines, [
      ...["connecting", "error connection-failed", 'close 1006 "" unclean', "waiting"],
      ...["connecting", "open", "open", 'close 4000 "bye" clean', "waiting"],
      ...[
        "connecting",
        "open",
        "open",
        "error connection-lost",
        'close 1006 "" unclean',
        "waiting",
      ],
      ...["connecting", "open", "open", "message hello", 'close 4001 "done" clean', "stopped"],
    ]);
  }),

  test("has events of the platform's classes, which do not bubble", async ({ create, peer }) => {
    const session = create(peer("refuse", "close:4000:bye", "echo").url, [], quick);
    /** @type {Map<string, any>} */
    const seen = new Map();
    for (const type of types) session.addEventListener(type, (event) => seen.set(type, event));
    session.send("position", { keep: false });
    session.onclose = () => session.send("hello");
    await next(session, "message");
    for (const type of types) {
      const event = seen.get(type);
      assert.ok(event instanceof Event, type);
      assert.deepEqual([event.type, event.bubbles, event.cancelable], [type, false, false]);
      assert.equal(event.target, session);
    }
    const { code, reason, wasClean } = seen.get("close");
    assert.deepEqual([code, reason, typeof wasClean], [4000, "bye", "boolean"]);
    if (globalThis.CloseEvent) assert.ok(seen.get("close") instanceof CloseEvent, "a CloseEvent");
    const { message, error, cause } = seen.get("error");
    assert.ok(/^The connection could not be opened\..*/.test(message), message);
    assert.deepEqual([error, cause], ["connection-failed", undefined]);
    assert.ok(Object.isFrozen(seen.get("statuschange").status), "a status of that moment");
  }),

  test("reports each change of its state, with the status at that time", async ({
    create,
    peer,
  }) => {
    const session = create(peer("refuse", "open").url, [], quick);
    /** @type {any[]} */
    const states = [];
    session.onstatuschange = ({ status }) =>
      states.push([status.state, status.attempt, status.end?.code ?? null]);
    await opened(session);
    assert.deepEqual(states, [
      ["connecting", 0, null],
      ["waiting", 1, 1006],
      ["connecting", 1, 1006],
      ["open", 0, 1006],
    ]);
  }),

  ...types.map((type) =>
    test(`calls on${type} as a listener, and returns it`, async ({ create, peer }) => {
      const session = /** @type {any} */ (
        create(peer("refuse", "close:4000:", "echo").url, [], quick)
      );
      const name = `on${type}`;
      assert.equal(session[name], null);
      const called = new Promise((resolve) => {
        session[name] = function (/** @type {Event} */ event) {
          resolve([this, event.type]);
        };
      });
      session.addEventListener("open", () => session.send("hello"));
      session.send("position", { keep: false });
      const [self, heard] = await called;
      assert.equal(self, session);
      assert.equal(heard, type);
      const handler = () => {};
      session[name] = handler;
      assert.equal(session[name], handler);
      session[name] = "no function";
      assert.equal(session[name], null);
    }),
  ),

  test("accepts listeners like every EventTarget", async ({ create, peer }) => {
    const session = create(peer("refuse", "refuse", "open").url, [], quick);
    /** @type {string[]} */
    const heard = [];
    const aborting = new AbortController();
    const removed = () => heard.push("removed");
    const object = {
      handleEvent: (/** @type {Event} */ { type }) => void heard.push(`object ${type}`),
    };
    session.addEventListener("error", object);
    session.addEventListener("error", () => heard.push("once"), { once: true });
    session.addEventListener("error", () => heard.push("aborted"), { signal: aborting.signal });
    session.addEventListener("error", removed);
    session.addEventListener("error", removed);
    session.removeEventListener("error", removed);
    session.onerror = () => heard.push("handler");
    session.addEventListener("unknown", removed);
    session.addEventListener("error", null);
    aborting.abort();
    await opened(session);
    assert.deepEqual(heard, ["object error", "once", "handler", "object error", "handler"]);
  }),

  test("also dispatches events of other types", ({ create }) => {
    const session = create(nowhere, [], { startClosed: true });
    let heard = 0;
    session.addEventListener("own", () => heard++);
    assert.equal(session.dispatchEvent(new Event("own")), true);
    assert.equal(heard, 1);
  }),

  ...types.map((type) =>
    test(`reports what a listener of ${type} throws, and loses nothing`, async (context) => {
      const { create, peer, nextReport } = context;
      const error = new Error(type);
      const session = create(peer("refuse", "close:4000:", "echo").url, [], quick);
      const reported = nextReport();
      session.addEventListener(type, () => {
        throw error;
      }, { once: true }); // prettier-ignore
      const lines = journal(session);
      session.addEventListener("open", () => session.send("hello"));
      session.send("position", { keep: false });
      const messages = received(session, 1);
      assert.equal(await reported, error);
      assert.deepEqual(await messages, ["hello"]);
      session.close(4001, "");
      await until(session, "stopped");
      const number = (/** @type {string} */ what) =>
        lines.filter((line) => line.split(" ")[0] === what).length;
      assert.deepEqual(
        ["connecting", "waiting", "open", "message", "error", "close", "drop", "stopped"].map(
          number,
        ),
        [3, 2, 4, 1, 1, 3, 1, 1],
      );
    }),
  ),

  test("sends its queued messages even if a listener of open throws", async ({
    create,
    peer,
    nextReport,
  }) => {
    const server = peer();
    const reported = nextReport();
    const session = create(server.url);
    session.send("kept");
    session.onopen = () => {
      throw new Error("in open");
    };
    assert.equal((await reported).message, "in open");
    assert.deepEqual(await server.messages(1), ["kept"]);
  }),
];
