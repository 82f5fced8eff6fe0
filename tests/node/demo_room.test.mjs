// The demo's rooms, without a browser: in memory, and over NATS.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { NatsCluster } from "../../demo/server/nats_cluster.mjs";
import { NatsStore } from "../../demo/server/nats_room.mjs";
import { startRoomCluster } from "../../demo/server/room_cluster.mjs";
import { startDemo } from "../../demo/server/server.mjs";
import {
  Visitor,
  joinFrame,
  pointerFrame,
  secretOf,
  strokeFrame,
} from "../support/room_visitor.mjs";
import { until } from "../support/deadline.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = process.env.HAWSER_NATS_SERVER ?? "";
const noNats = !program && "nats-server is missing";

/** @type {Visitor[]} */
let visitors = [];
let rooms = 0; // each test has its own room

afterEach(() => {
  for (const visitor of visitors) visitor.close();
  visitors = [];
});

/** @param {string} url @param {Parameters<typeof joinFrame>[0]} [join] @param {string} [room] */
async function join(url, join, room = `test-${rooms}`) {
  const visitor = await Visitor.join(addressOf(url, room), join);
  visitors.push(visitor);
  return visitor;
}

/** @param {string} url @param {string} [room] */
const addressOf = (url, room = `test-${rooms}`) => `${url.replace(/^http/, "ws")}room?room=${room}`;

/** @param {string} url @returns {Promise<number | undefined>} */
function statusOf(url) {
  return new Promise((resolve, reject) => {
    const headers = {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": 13,
      "Sec-WebSocket-Key": Buffer.alloc(16).toString("base64"),
    };
    http
      .get(url.replace(/^ws/, "http"), { headers })
      .on("upgrade", (response, socket) => (socket.destroy(), resolve(response.statusCode)))
      .on("response", (response) => resolve(response.resume().statusCode))
      .on("error", reject);
  });
}

/** @param {number} count */
const upTo = (count) => Array.from({ length: count }, (_, index) => index + 1);

beforeEach(() => void ++rooms);

/**
 * Tests that apply wherever a room's strokes are stored.
 *
 * @param {() => string[]} urls of the servers
 */
function behaves(urls) {
  const first = () => urls()[0];
  const last = () => /** @type {string} */ (urls().at(-1));

  it("stores a stroke, acknowledges it, and sends it to all", async () => {
    const ada = await join(first());
    const bob = await join(last(), { secret: secretOf(2) });
    ada.send(strokeFrame(1, 64));
    for (const visitor of [ada, bob]) await visitor.until(() => visitor.strokes.length === 1);
    await ada.until(() => ada.all("stored").length === 1);
    assert.equal(ada.all("stored")[0].readUInt32BE(1), 1);
    assert.deepEqual(bob.strokes, ada.strokes);
    assert.equal(bob.strokes[0].sequence, 1);
    assert.equal(bob.all("stroke")[0].length, 18 + 4 * 64);
  });

  it("stores a stroke once if it is sent again, also to another server", async () => {
    const ada = await join(first());
    for (const number of [1, 2, 1, 2]) ada.send(strokeFrame(number));
    await ada.until(() => ada.all("stored").length === 4);
    ada.close();
    const again = await join(last());
    for (const number of [1, 2, 3]) again.send(strokeFrame(number));
    await again.until(() => again.all("stored").length === 3 && again.strokes.length === 3);
    assert.deepEqual(
      again.strokes.map(({ sequence, number }) => [sequence, number]),
      [1, 2, 3].map((number) => [number, number]),
    );
  });

  it("sends the history after a sequence number", async () => {
    const ada = await join(first());
    for (const number of upTo(5)) ada.send(strokeFrame(number));
    await ada.until(() => ada.strokes.length === 5);
    const bob = await join(first(), { secret: secretOf(2), after: 3 });
    await bob.until(() => bob.strokes.length === 2);
    assert.deepEqual(
      bob.strokes.map(({ sequence }) => sequence),
      [4, 5],
    );
  });

  it("announces who is in the room, who joins and who leaves", async () => {
    const ada = await join(first(), { name: "Ada ⚓" });
    const bob = await join(last(), { secret: secretOf(2), name: "Bob" });
    await ada.until(() => ada.all("here").some((bytes) => String(bytes.subarray(10)) === "Bob"));
    await bob.until(() => bob.all("here").some((bytes) => String(bytes.subarray(10)) === "Ada ⚓"));
    bob.close();
    await ada.until(() => ada.all("left").length === 1);
  });

  it("shows a pointer to the others, and stores none", async () => {
    const ada = await join(first());
    const bob = await join(last(), { secret: secretOf(2) });
    await ada.until(() => ada.all("here").length === 2);
    ada.send(pointerFrame);
    await bob.until(() => bob.all("pointer").length === 1);
    assert.deepEqual(bob.all("pointer")[0].subarray(9), pointerFrame.subarray(1));
    assert.equal(ada.all("pointer").length, 0);
  });
}

describe("a room in memory", { timeout: longestSuite }, () => {
  /** @type {Awaited<ReturnType<typeof startDemo>>} */
  let demo;
  before(async () => void (demo = await startDemo({ port: 0, root })));
  after(() => demo.close());
  behaves(() => [demo.url]);

  it("has no other servers", async () => {
    assert.deepEqual(await (await fetch(`${demo.url}room/servers`)).json(), []);
  });

  it("has each visitor once, on the latest connection", async () => {
    const ada = await join(demo.url);
    await join(demo.url);
    assert.equal((await ada.untilClosed())?.code, 1006);
  });

  for (const [what, frame] of /** @type {[string, Buffer | string][]} */ ([
    ["text", "hello"],
    ["an empty message", Buffer.alloc(0)],
    ["an unknown type", Buffer.of(99)],
    ["a stroke without points", strokeFrame(1, 0)],
    [
      "a stroke of 65 points in too many bytes",
      strokeFrame(1, 64).subarray(0, 200).fill(3, 0, 1).subarray(0, 199),
    ],
    ["a stroke with the number 0", strokeFrame(0)],
    ["a colour that does not exist", Buffer.of(3, 0, 0, 0, 1, 8, 0, 0, 0, 0)],
    ["a short pointer", pointerFrame.subarray(0, 4)],
    ["a control frame without a cluster", Buffer.of(4, 0, 0, 0)],
    ["another secret", joinFrame({ secret: secretOf(9) })],
  ])) {
    it(`closes with 1008 on ${what}`, async () => {
      const ada = await join(demo.url);
      ada.webSocket.send(frame);
      assert.equal((await ada.untilClosed())?.code, 1008);
    });
  }

  it("closes with 1009 on a frame with more than 64 points", async () => {
    const ada = await join(demo.url);
    ada.send(strokeFrame(1, 65));
    assert.equal((await ada.untilClosed())?.code, 1009);
  });

  it("closes with 1008 on a stroke from someone who has not joined", async () => {
    const ada = new Visitor(addressOf(demo.url));
    visitors.push(ada);
    await once(ada.webSocket, "open");
    ada.send(strokeFrame(1));
    assert.equal((await ada.untilClosed())?.code, 1008);
  });

  it("refuses invalid names", async () => {
    for (const name of ["", "A", "a/b", "a.b", "x".repeat(33), "*", "%3E"]) {
      assert.equal(await statusOf(addressOf(demo.url, name)), 400, name);
    }
  });

  it("removes control characters from a name", async () => {
    const ada = await join(demo.url, { name: "A\u0000d\u202ea\ufffd" });
    await ada.until(() => ada.all("here").length === 1);
    assert.equal(String(ada.all("here")[0].subarray(10)), "Ada");
  });
});

describe("the limits of rooms", { timeout: longestSuite }, () => {
  /** @type {Awaited<ReturnType<typeof startDemo>>} */
  let demo;
  let clock = 0;
  afterEach(() => demo.close());

  /** @param {Partial<import("../../demo/server/room.mjs").Limits>} limits */
  const start = async (limits) => {
    demo = await startDemo({ port: 0, root, room: { limits, now: () => clock } });
    return demo.url;
  };

  it("has a limited number of visitors", async () => {
    const url = await start({ visitors: 2 });
    for (const number of [1, 2]) await join(url, { secret: secretOf(number) });
    assert.equal(await statusOf(addressOf(url)), 503);
    assert.equal(await statusOf(addressOf(url, "another")), 101);
  });

  it("has a limited number of rooms with visitors, and forgets an empty one for a new one", async () => {
    const url = await start({ rooms: 2 });
    const one = await join(url, {}, "one");
    one.send(strokeFrame(1));
    await one.until(() => one.strokes.length === 1);
    await join(url, {}, "two");
    assert.equal(await statusOf(addressOf(url, "three")), 503);
    one.close();
    let status;
    do status = await statusOf(addressOf(url, "three"));
    while (status === 503); // until the server has seen the end of the connection
    assert.equal(status, 101);
  });

  it("keeps a limited number of strokes, and says which is the first", async () => {
    const url = await start({ strokes: 3 });
    const ada = await join(url);
    for (const number of upTo(5)) ada.send(strokeFrame(number));
    await ada.until(() => ada.strokes.length === 5);
    const bob = await join(url, { secret: secretOf(2) });
    await bob.until(() => bob.strokes.length === 3);
    assert.equal(bob.all("welcome")[0].readUInt32BE(13), 3);
    assert.equal(bob.strokes[0].sequence, 3);
  });

  it("stops reading a visitor's frames above a limit", async () => {
    const url = await start({ frames: 100, burst: 30 });
    const ada = await join(url); // costs 20
    for (const number of upTo(20)) ada.send(strokeFrame(number));
    // The clock stands still, so time restores no budget: after the frame that is one too many,
    // none is read.
    await ada.until(() => ada.all("stored").length >= 10);
    const bob = await join(url, { secret: secretOf(2) }); // by then a server without the limit has read all
    assert.equal(ada.all("stored").length, 10);
    assert.equal(bob.all("stroke").length <= 10, true);
    clock += 1_000;
    await ada.until(() => ada.all("stored").length === 20);
  });

  it("ends the connection of a client that does not read", async () => {
    const url = await start({ unread: 1_000_000, frames: 1e6, burst: 1e6 });
    const ada = await join(url);
    const idle = await join(url, { secret: secretOf(2) });
    idle.webSocket.pause();
    let number = 0;
    while (idle.webSocket.readyState === idle.webSocket.OPEN && number < 100_000) {
      for (let i = 0; i < 500; ++i) ada.send(strokeFrame(++number, 64));
      await ada.until(() => ada.strokes.at(-1)?.number === number);
      const isGone = ada.all("left").length > 0;
      ada.frames.splice(0, ada.frames.length - 1);
      if (isGone) break;
    }
    assert.ok(number < 100_000, "nothing ended it");
  });
});

describe("a room over NATS", { skip: noNats, timeout: longestSuite }, () => {
  /** @type {Awaited<ReturnType<typeof startRoomCluster>>} */
  let cluster;
  before(async () => void (cluster = await startRoomCluster({ root, program })));
  after(() => cluster?.close());
  behaves(() => cluster.urls);

  it("names its servers", async () => {
    const servers = cluster.servers.map((origin) => origin.replace(/^http/, "ws"));
    for (const url of cluster.urls)
      assert.deepEqual(await (await fetch(`${url}room/servers`)).json(), servers);
  });

  it("kills a server and a node by a frame, and restarts them", async () => {
    const ada = await join(cluster.urls[0]);
    const states = () => ada.all("cluster").map((bytes) => [...bytes.subarray(1)]);
    await ada.until(() => states().length === 1);
    assert.deepEqual(states()[0], [2, 0b11, 3, 0b111]);
    ada.send(Buffer.of(4, 0, 0, 1));
    await ada.until(() => states().at(-1)?.[1] === 0b01);
    await assert.rejects(statusOf(addressOf(cluster.urls[1])));
    ada.send(Buffer.of(4, 0, 0, 0)); // the last one stays
    ada.send(Buffer.of(4, 0, 1, 2));
    await ada.until(() => states().at(-1)?.[3] === 0b011);
    ada.send(strokeFrame(1));
    await ada.until(() => ada.strokes.length === 1);
    ada.send(Buffer.of(4, 1, 1, 2));
    ada.send(Buffer.of(4, 1, 0, 1));
    await ada.until(() => String(states().at(-1)) === "2,3,3,7");
    const bob = await join(cluster.urls[1], { secret: secretOf(2) });
    await bob.until(() => bob.strokes.length === 1);
  });
});

describe("the store over NATS", { skip: noNats, timeout: longestSuite }, () => {
  it("stores a stroke once if two servers publish it at once, and all of them in one order", async () => {
    const cluster = await NatsCluster.start(program);
    const stores = [];
    try {
      const seen = /** @type {number[][]} */ ([[], []]);
      /** @type {import("../../demo/server/memory_room.mjs").Channel[]} */
      const channels = [];
      for (const mine of seen) {
        const store = await NatsStore.connect(cluster.servers);
        stores.push(store);
        const listener = {
          onStroke: (/** @type {number} */ _, /** @type {Buffer} */ bytes) => mine.push(bytes[0]),
        };
        channels.push(await store.open("twice", { ...listener, onShout() {} }));
      }
      assert.equal(channels[0].epoch, channels[1].epoch);
      await Promise.all(
        upTo(50).map((number) =>
          Promise.all(channels.map((one) => one.append(`id-${number}`, Buffer.of(number)))),
        ),
      );
      await until(async () => seen.every(({ length }) => length >= 50));
      assert.deepEqual(seen[0], seen[1]);
      assert.equal(new Set(seen[0]).size, 50);
      assert.equal(seen[0].length, 50);
    } finally {
      for (const store of stores) await store.close();
      await cluster.close();
    }
  });

  it("makes a room although a node dies as soon as the cluster is complete", async () => {
    const cluster = await NatsCluster.start(program);
    /** @type {NatsStore | undefined} */
    let store;
    try {
      const opened = (store = await NatsStore.connect(cluster.servers));
      await opened.whenComplete();
      await cluster.kill(2);
      // Servers, too, try again if the cluster needs longer to elect a leader.
      const opens = () => opened.open("new", { onStroke() {}, onShout() {} });
      await until(() => opens().then(Boolean, () => false));
    } finally {
      await store?.close();
      await cluster.close();
    }
  });

  it("says why a node could not start", async () => {
    const none = /nats-server \(node 1 of 3\) can't be started: spawn \S+ ENOENT/;
    await assert.rejects(NatsCluster.start("/nowhere/nats-server"), { message: none });
    const failing = /nats-server \(node \d of 3\) has ended with status 9:\n.*bad option/s;
    await assert.rejects(NatsCluster.start(process.execPath), { message: failing });
  });

  it("keeps a limited number of rooms", async () => {
    const cluster = await NatsCluster.start(program);
    const listener = { onStroke() {}, onShout() {} };
    /** @type {NatsStore | undefined} */
    let store;
    try {
      store = await NatsStore.connect(cluster.servers, { rooms: 1 });
      await store.open("one", listener);
      await assert.rejects(store.open("two", listener), { message: /There are 1 rooms already/ });
      await store.open("one", listener);
    } finally {
      await store?.close();
      await cluster.close();
    }
  });
});
