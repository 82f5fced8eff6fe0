// hawser at scale: 10 000 sockets and 1 000 sessions in one Node, and in one page. The results do
// not depend on any time; the longest tasks are printed. `npm run bench -- --only scale` measures
// the same.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { startServer } from "../scale/server.mjs";
import { whyNot } from "../support/browsers.mjs";
import { mostConnections } from "../support/most_connections.mjs";
import { startInChromium, startInNode } from "../support/places.mjs";
import { until } from "../support/deadline.mjs";
import { longestSuite } from "../support/patience.mjs";

/** @typedef {import("../support/places.mjs").Place} Place */

const program = "tests/scale/crowd.mjs";

/** All sessions want to connect at the same moment: the worst effect of a server restart. */
const inStep = {
  acknowledgement: true,
  jitter: "none",
  minReconnectionDelay: 300,
  maxReconnectionDelay: 600,
};

// On the clock that hawser reads, for one constructor. A turn of hawser's timers ends after 8 ms
// (scheduler.cpp).
const cost = 3;
const mostPerTask = 3;

const [chromium, node] = ["chromium", "node"].map((name) =>
  whyNot(/** @type {"chromium" | "node"} */ (name)),
);
const few = { sockets: 250, sessions: 250, atOnce: 8 }; // docs/benchmarks.md says why a page has no more
const many = { sockets: 10_000, sessions: 1_000, atOnce: 100 };
const places = [
  { name: "Node", start: startInNode, skip: node, isLocal: false, ...many },
  { name: "a page of Chromium", start: startInChromium, skip: chromium, isLocal: false, ...few },
  {
    name: "a page of Chromium, with the server in the page",
    start: startInChromium,
    skip: chromium,
    isLocal: true,
    ...many,
  },
];

for (const { name, start, skip, isLocal, atOnce, ...wanted } of places) {
  describe(`at scale, in ${name}`, { skip, timeout: longestSuite }, () => {
    /** @type {Awaited<ReturnType<typeof startServer>>} */
    let server;
    /** @type {Place} */
    let place;
    before(async () => {
      server = await startServer();
    });
    after(() => server.close());

    /** @param {{ cost?: number }} [options] */
    const begin = async (options) => {
      place = await start(program);
      await place.call("start", { ws: server.ws, isLocal, ...options });
    };

    const sockets = isLocal ? wanted.sockets : Math.min(wanted.sockets, mostConnections());
    it(`has ${sockets} sockets open, and each receives its own message`, async (test) => {
      await begin();
      try {
        assert.equal(await place.call("openSockets", sockets, atOnce), sockets);
        test.diagnostic(`longest task while they open: ${await longestTask()}`);
        assert.equal(await place.call("exchange", 1_000), sockets);
        test.diagnostic(`longest task while they exchange messages: ${await longestTask()}`);
        await place.call("closeSockets");
      } finally {
        await place.close();
      }
    });

    it(`reconnects ${wanted.sessions} sessions after the server has restarted, with nothing lost`, async (test) => {
      await begin();
      try {
        await place.call("openSessions", wanted.sessions, inStep);
        await until(() => place.call("haveConnected", 1));
        await place.call("longestTask");
        await place.call("sendNext");
        await place.call("restartServer", 500);
        // Some of these are lost with the connections, and some wait for the next.
        for (let i = 0; i < 5; ++i) {
          await place.call("sendNext");
          await setTimeout(100);
        }
        await until(() => place.call("haveConnected", 2));
        await until(() => place.call("isSettled"));
        test.diagnostic(`longest task while they reconnect: ${await longestTask()}`);
        const sent = await place.call("sent");
        assert.deepEqual(Object.values(sent), Array(wanted.sessions).fill(6));
        assert.deepEqual(isLocal ? await place.call("complete") : server.service.complete, sent);
      } finally {
        await place.close();
      }
    });

    it("opens few sockets in one task, however many sessions are due", async () => {
      await begin({ cost });
      try {
        await place.call("openSessions", wanted.sessions, inStep);
        await until(() => place.call("haveConnected", 1));
        await place.call("restartServer", 100);
        await until(() => place.call("haveConnected", 2));
        const most = await place.call("mostConstructorsInTask");
        assert.ok(most <= mostPerTask, `${most} sockets in one task`);
      } finally {
        await place.close();
      }
    });

    const longestTask = async () => {
      const longest = await place.call("longestTask");
      return longest === 0 ? "under 50 ms" : `${longest.toFixed(1)} ms`;
    };
  });
}
