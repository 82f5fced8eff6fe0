// `acknowledgement`: unconfirmed messages are sent again.

import * as assert from "../support/page/assert.mjs";
import { nameOfThrown, opened, quick, test } from "./test.mjs";

const options = { ...quick, acknowledgement: true };

export default [
  test("resends unacknowledged messages on the next connection, before newer ones", async (context) => {
    const { create, peer } = context;
    const server = peer();
    const session = create(server.url, [], options);
    for (const text of ["one", "two", "three"]) session.send(text);
    await server.messages(3);
    assert.equal(session.acknowledge(1), 1);
    session.onclose = () => session.send("four");
    await server.drop();
    const log = await server.log({ messages: 6 });
    assert.deepEqual(log[1].messages, ["two", "three", "four"]);
  }),

  test("has an id for each message, and reports the next one", async ({ create, peer }) => {
    const server = peer();
    const session = create(server.url, [], options);
    assert.equal(session.nextId, 1);
    assert.deepEqual(session.send("one"), { delivery: "kept", id: 1 });
    await server.messages(1);
    assert.equal(session.nextId, 2);
    assert.deepEqual(session.send("two"), { delivery: "sent", id: 2 });
    assert.equal(session.nextId, 3);
    assert.equal(session.counters.outboxMessages, 2);
  }),

  test("removes an id and all before it by acknowledge, and only that id by acknowledgeOne", async (context) => {
    const { create, peer } = context;
    const server = peer();
    const session = create(server.url, [], options);
    for (const text of ["1", "2", "3", "4", "5"]) session.send(text);
    await server.messages(5);
    assert.equal(session.acknowledgeOne(4), 1);
    assert.equal(session.acknowledgeOne(4), 0);
    assert.equal(session.acknowledge(2), 2);
    assert.equal(session.acknowledge(2), 0);
    assert.equal(session.counters.outboxMessages, 2);
    await Promise.all([opened(session), server.drop()]);
    assert.deepEqual((await server.log({ messages: 7 }))[1].messages, ["3", "5"]);
    assert.equal(session.acknowledge(5), 2);
    assert.equal(session.counters.outboxMessages, 0);
  }),

  test("takes an acknowledgement as a string, as it may arrive in a message", async ({
    create,
    peer,
  }) => {
    const server = peer();
    const session = /** @type {any} */ (create(server.url, [], options));
    session.send("1");
    await server.messages(1);
    assert.equal(session.acknowledge("1"), 1);
  }),

  test("ignores the acknowledgement of an id that no sent message had", async ({
    create,
    peer,
  }) => {
    const server = peer();
    const session = /** @type {any} */ (create(server.url, [], { ...options, startClosed: true }));
    session.send("1");
    const ids = [1, 0, -1, 2, NaN, Infinity, 2 ** 53, 2 ** 70, undefined, "x"];
    for (const id of ids)
      assert.equal(session.acknowledge(id) + session.acknowledgeOne(id), 0, String(id));
    session.reconnect();
    await server.messages(1);
    for (const id of ids.slice(1))
      assert.equal(session.acknowledge(id) + session.acknowledgeOne(id), 0, String(id));
    assert.equal(session.acknowledge(1), 1);
  }),

  test("does not resend messages with keep: false", async ({ create, peer }) => {
    const server = peer();
    const session = create(server.url, [], options);
    session.send("1");
    await server.messages(1);
    session.send("position", { keep: false });
    await server.messages(2);
    await Promise.all([opened(session), server.drop()]);
    session.send("2");
    assert.deepEqual((await server.log({ messages: 4 }))[1].messages, ["1", "2"]);
  }),

  test("counts unacknowledged messages towards its limits, even while it is open", async ({
    create,
    peer,
  }) => {
    const server = peer();
    const session = await opened(create(server.url, [], { ...options, maxEnqueuedMessages: 1 }));
    session.send("1");
    await server.messages(1);
    assert.equal(session.send("2").delivery, "dropped");
    session.acknowledge(1);
    assert.equal(session.send("2").delivery, "sent");
  }),

  test("throws a TypeError for a Blob, whose id would not be known yet", ({ create, peer }) => {
    const session = create(peer().url, [], options);
    assert.equal(nameOfThrown(() => session.send(new Blob(["x"]))), "TypeError"); // prettier-ignore
    assert.equal(session.nextId, 1);
  }),

  test("keeps no sent messages without the option", async ({ create, peer }) => {
    const server = peer();
    const session = create(server.url, [], quick);
    session.send("1");
    await server.messages(1);
    assert.equal(session.counters.outboxMessages, 0);
    assert.equal(session.acknowledge(1), 0);
  }),
];
