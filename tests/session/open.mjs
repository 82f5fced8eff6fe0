// While it is open, a session behaves like an open WebSocket, even inside its listeners. Makes the
// same calls on the environment's own class and on a session, and compares what their server
// received.

import * as assert from "../support/page/assert.mjs";
import { nameOfThrown, next, opened, received, test, until } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */

/** @type {Record<string, (socket: any) => unknown>} The calls, and their results. */
const acts = {
  "send text": (socket) => [socket.send("text"), socket.readyState].at(-1),
  "send bytes": (socket) => [socket.send(new Uint8Array([1, 2])), socket.bufferedAmount].at(-1),
  "send 2 MiB": (socket) => void socket.send(new Uint8Array(2 << 20)),
  "send 3 times 500 KB": (socket) =>
    void [1, 2, 3].map((byte) => socket.send(new Uint8Array(500_000).fill(byte))),
  "send 10 500 messages": (socket) =>
    void Array.from({ length: 10_500 }, (_, i) => socket.send(`${i}`)),
  "send, then close with a code": (socket) =>
    [socket.send("bye"), socket.close(4000, "done"), socket.readyState].at(-1),
  "send, then close without a code": (socket) =>
    [socket.send("bye"), socket.close(), socket.readyState].at(-1),
  "close, then send": (socket) => void [socket.close(4000), socket.send("late")],
  "close twice": (socket) => void [socket.close(4000), socket.close(4001)],
  "close with a bad code, then send": (socket) =>
    [nameOfThrown(() => socket.close(1001)), socket.send("open")][0],
  "close with a bad reason": (socket) =>
    [nameOfThrown(() => socket.close(4000, "r".repeat(124))), socket.send("x")][0],
  "read every property": ({
    readyState,
    url,
    protocol,
    extensions,
    binaryType,
    bufferedAmount,
  }) => [readyState, url.replace(/.*\?/, ""), protocol, extensions, binaryType, bufferedAmount],
};

/** @type {Record<string, (socket: any, act: () => void) => void>} Where the calls are made. */
const places = {
  open: (socket, act) => void (socket.onopen = act),
  message: (socket, act) => void (socket.onmessage = act),
};

export default [
  ...Object.entries(places).flatMap(([place, call]) =>
    Object.entries(acts).map(([what, act]) =>
      test(`behaves in a listener of ${place} like the environment's class: ${what}`, async (context) => {
        const run = async (/** @type {(url: string) => any} */ make) => {
          const server = context.peer(place === "message" ? "greet" : "open");
          const socket = make(server.url);
          let isDone = false;
          const shown = await new Promise((resolve) => {
            call(socket, () => {
              if (isDone) return;
              isDone = true;
              resolve(act(socket));
            });
          });
          socket.close();
          const [{ messages, end }] = await server.log({ ends: 1 });
          return {
            shown,
            messages: messages.map((text) => (text.length > 100 ? text.length : text)),
            end,
          };
        };
        const expected = await run((url) => new WebSocket(url));
        assert.deepEqual(await run((url) => context.create(url)), expected);
      }),
    ),
  ),

  test("sends messages in a listener of statuschange that the outbox has no room for", async ({
    create,
    peer,
  }) => {
    const server = peer();
    const session = create(server.url, [], { maxEnqueuedMessages: 1 });
    session.onstatuschange = ({ status }) => {
      if (status.state === "open") for (const text of ["one", "two"]) session.send(text);
    };
    assert.deepEqual(await server.messages(2), ["one", "two"]);
  }),

  test("sends queued messages before a close in a listener of open", async ({ create, peer }) => {
    const server = peer();
    const session = create(server.url);
    session.onopen = () => session.close(4000);
    session.send("kept");
    const [{ messages, end }] = await server.log({ ends: 1 });
    assert.deepEqual([messages, end?.code], [["kept"], 4000]);
  }),

  test("keeps its outbox closed until ready, except for sendNow", async ({ create, peer }) => {
    const server = peer();
    const session = create(server.url, [], { gate: true });
    session.onopen = async () => {
      session.send("early");
      await new Promise((resolve) => setTimeout(resolve, 0));
      session.sendNow("token");
      session.ready();
      session.send("late");
    };
    session.send("kept");
    assert.deepEqual(await server.messages(4), ["token", "kept", "early", "late"]);
  }),

  test("stays open with whenHidden if no page is hidden", async ({ create, clock, peer }) => {
    const session = await opened(create(peer().url, [], { whenHidden: "close", hiddenGrace: 0 }));
    await clock.advance(3_600_000);
    assert.equal(session.status.state, "open");
  }),

  test("ends a connection if ready is not called within 10 seconds, or readyTimeout", async (context) => {
    for (const [options, deadline] of /** @type {[any, number][]} */ ([
      [{}, 10_000],
      [{ readyTimeout: 60_000 }, 60_000],
    ])) {
      const server = context.peer();
      const session = await opened(context.create(server.url, [], { gate: true, ...options }));
      session.send("kept");
      await context.clock.advance(deadline - 1_000);
      assert.equal(session.status.state, "open");
      await Promise.all([until(session, "waiting"), context.clock.advance(1_000)]);
      assert.equal(session.status.end?.error, "connection-timed-out");
      assert.deepEqual((await server.log({ ends: 1 }))[0].messages, []);
    }
  }),

  test("throws an InvalidStateError for ready without an open connection", async ({
    create,
    peer,
  }) => {
    const session = create(peer().url, [], { gate: true });
    assert.throwsDOMException(() => session.ready(), "InvalidStateError");
    await opened(session);
    session.ready();
    session.ready();
    session.close();
    assert.throwsDOMException(() => session.ready(), "InvalidStateError");
    await until(session, "stopped");
  }),

  test("receives messages while its gate is closed", async ({ create, peer }) => {
    const server = peer();
    const session = await opened(create(server.url, [], { gate: true }));
    const messages = received(session, 1);
    await server.send("challenge");
    assert.deepEqual(await messages, ["challenge"]);
    session.close();
    await next(session, "close");
  }),
];
