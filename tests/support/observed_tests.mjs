// What observing must show, in every engine: `run` calls a program of observed.mjs in a new page or
// process.

import assert from "node:assert/strict";
import { it } from "node:test";
// @ts-expect-error: it brings no types
import validateHar from "har-validator/lib/promise.js";

/** @typedef {(name: string, ...args: unknown[]) => Promise<any>} Run */

/**
 * @param {() => { run: Run, ws: string, sessions: string }} place known once the tests run
 */
export function testObserving(place) {
  const socket = 1;

  for (const observeData of [true, false]) {
    it(`reports the events of a socket, ${observeData ? "with" : "without"} its data`, async () => {
      const { run, ws } = place();
      const { events, firedAreSame, timesAreOrdered } = await run("watchSocket", ws, observeData);
      const text = { size: 2, binary: false, ...(observeData && { data: "\u00e9" }) };
      const bytes = { size: 2, binary: true, ...(observeData && { data: [2, 3] }) };
      const late = { size: 4, binary: false, ...(observeData && { data: "late" }) };
      const open = events.find((/** @type {any} */ { type }) => type === "open");
      for (const event of events) delete event.bufferedAmount;
      assert.deepEqual(events, [
        { socket, type: "opening", url: `${ws}/echo`, protocols: [] },
        { socket, type: "open", protocol: "", extensions: open.extensions },
        { socket, type: "sent", ...text },
        { socket, type: "received", ...text },
        { socket, type: "sent", ...bytes },
        { socket, type: "received", ...bytes },
        { socket, type: "close", code: 4000, reason: "bye", wasClean: true },
        { socket, type: "drop", why: "closing", ...late },
      ]);
      assert.ok(firedAreSame && timesAreOrdered);
    });
  }

  it("reports a failed connection, as a HAR entry of status 0", async () => {
    const { run, ws } = place();
    const { events, har } = await run("watchFailure", ws);
    const url = `${ws}/refuse?status=503`;
    const ended = { socket, type: "close", code: 1006, reason: "", wasClean: false };
    assert.deepEqual(events, [
      { socket, type: "opening", url, protocols: ["a", "b"] },
      { socket, type: "error" },
      ended,
    ]);
    await validateHar.har(har);
    const [{ request, response, _webSocketMessages }] = har.log.entries;
    assert.deepEqual([request.url, response.status, _webSocketMessages], [url, 0, []]);
    assert.deepEqual(request.queryString, [{ name: "status", value: "503" }]);
    assert.deepEqual(request.headers, [{ name: "Sec-WebSocket-Protocol", value: "a, b" }]);
  });

  it("reports the end of a connection that hawser gave up", async () => {
    const { run, sessions } = place();
    const events = await run("watchDeadline", sessions);
    const ends = events.filter((/** @type {any} */ { type }) => type === "close");
    assert.deepEqual(ends, [
      { socket, session: 1, type: "close", code: 1006, reason: "", wasClean: false },
    ]);
  });

  it("reports a socket that the browser refuses to make", async () => {
    const { thrown, events } = await place().run("watchRefusal");
    assert.equal(thrown, "SecurityError");
    assert.deepEqual(events, [
      { socket, type: "opening", url: "ws://127.0.0.1/", protocols: [] },
      { socket, type: "error", message: "SecurityError: No." },
      { socket, type: "close", code: 1006, reason: "", wasClean: false },
    ]);
  });

  it("keeps no objects of ended connections alive", async () => {
    const { run, ws, sessions } = place();
    assert.deepEqual((await run("watchGarbage", ws, sessions)) ?? [true, true, true], [
      true,
      true,
      true,
    ]);
  });

  it("reports exceptions of handlers, and changes nothing else", async () => {
    const { run, ws } = place();
    const { data, reported } = await run("throwAlways", ws);
    assert.equal(data, "hello");
    const types = ["close", "open", "opening", "received", "sent"];
    assert.deepEqual(reported, ["handler", "listener"].flatMap((who) => types.map((type) => `${who} of ${type}`))); // prettier-ignore
  });

  it("lets a handler close and open sockets", async () => {
    const { run, ws } = place();
    const { code, types } = await run("actInside", ws);
    assert.equal(code, 4001);
    assert.deepEqual(types, [
      "close 1",
      "close 2",
      "open 1",
      "open 2",
      "opening 1",
      "opening 2",
      "sent 1",
    ]);
  });

  it("refuses a value that is not a function, and a different function later", async () => {
    const later =
      "hawser is loaded already, without this observe. Pass it to the first call of load().";
    const wrong = "load({ observe }) takes a function, or true to use only the event observe.";
    const answers = await place().run("callTwice");
    assert.deepEqual(answers, [`TypeError: ${wrong}`, true, true, `Error: ${later}`]);
  });

  it("uses the given class itself, and fires nothing, if it was not asked to observe", async () => {
    const { run, ws } = place();
    assert.deepEqual(await run("watchNothing", ws), { made: [true], fired: 0 });
  });

  it("knows which session a connection belongs to, if sessions share a URL", async () => {
    const { run, sessions } = place();
    const { fired, opened, closed } = await run("watchTwo", sessions);
    assert.deepEqual(fired, [[1], [2], [3]]);
    assert.deepEqual(opened, [1, 1, 2, 2, 3, 3]);
    assert.deepEqual(closed, [1, 2, 3, 4, 5, 6]);
  });

  it("makes a HAR of a session that equals the server's record", async () => {
    const { run, sessions } = place();
    checkSession(await run("watchSession", sessions));
  });
}

/** @param {any} recorded the result of watchSession */
export function checkSession({ attempts, har, events, url, dump }) {
  const { entries } = har.log;
  assert.equal(entries.length, 3);
  /** @param {any} message */
  const toText = ({ opcode, data }) =>
    opcode === 1 ? data : `bytes ${[...Buffer.from(data, "base64")]}`;
  for (const [index, entry] of entries.entries()) {
    assert.equal(entry.request.url, url);
    assert.equal(entry.response.status, 101);
    assert.equal(entry._resourceType, "websocket");
    const messages = entry._webSocketMessages;
    const of = (/** @type {string} */ type) => messages.filter((/** @type {any} */ message) => message.type === type).map(toText); // prettier-ignore
    assert.deepEqual(of("send"), attempts[index].messages);
    assert.deepEqual(of("receive"), attempts[index].messages); // it is an echo
    assert.equal(messages.length, 4);
    const times = messages.map((/** @type {any} */ { time }) => time * 1000);
    assert.ok(
      times.every(
        (/** @type {number} */ time, /** @type {number} */ i) =>
          time >= (times[i - 1] ?? Date.parse(entry.startedDateTime)),
      ),
    );
  }
  assert.deepEqual(
    attempts.map((/** @type {any} */ { end }) => end.code),
    [1006, 1006, 1000],
  );
  // The session reports a state in a separate turn, so its place among the socket's events may
  // vary.
  /** @param {string[]} types */
  const linesOf = (...types) =>
    events
      .filter((/** @type {any} */ { type }) => types.includes(type))
      .map((/** @type {any} */ event) =>
        [event.type, event.state ?? event.code, event.attempt].join(" ").trim(),
      );
  assert.deepEqual(linesOf("opening", "open", "close", "drop"), [
    ...["opening", "open", "close 1006"],
    ...["opening", "open", "close 1006"],
    ...["opening", "open", "close 1000", "drop"],
  ]);
  assert.deepEqual(
    linesOf("state", "retry").map((/** @type {string} */ line) => line.replace("  ", " ")),
    [
      ...["state connecting 0", "state open 0"],
      ...["state waiting 1", "retry 1", "state connecting 1", "state open 0"],
      ...["state waiting 1", "retry 1", "state connecting 1", "state open 0"],
      "state stopped 1",
    ],
  );
  assert.ok(events.every((/** @type {any} */ { session }) => session === 1));
  assert.match(dump, /session 1 socket 3 received size=11 binary=false data="text 3 /);
}
