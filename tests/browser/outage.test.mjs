// Sessions through real outages, in Node and in Chromium: servers that are killed, and networks
// with every fault of the fault proxy. HAWSER_SEED tries other faults.

import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { whyNot } from "../support/browsers.mjs";
import { schedule, startFaultProxy } from "../support/fault_proxy.mjs";
import { checkLedger, readLedger, startLedgerServer } from "../support/ledger.mjs";
import { startInChromium, startInNode } from "../support/places.mjs";
import { until, within } from "../support/deadline.mjs";
import { longestSuite } from "../support/patience.mjs";

const program = "tests/support/senders.mjs";
const hour = 3_600_000;
const firstSeed = Number(process.env.HAWSER_SEED ?? 1);

const places = [
  { name: "Node", start: startInNode, skip: whyNot("node"), sessions: 1_000, kills: 100, few: 20 },
  // Chromium delays the connections of a page for seconds when many fail at the same time.
  {
    name: "Chromium",
    start: startInChromium,
    skip: whyNot("chromium"),
    sessions: 8,
    kills: 50,
    few: 6,
  },
];

for (const { name, start, skip, sessions, kills, few } of places) {
  describe(`sessions in ${name}`, { skip, timeout: longestSuite }, () => {
    /** @type {string} */
    let folder;
    /** @type {number} */
    let port;
    before(async () => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-outage-"));
      // A port below those that systems assign to clients: it stays free while the server is dead.
      const finder = await startFaultProxy(0);
      ({ port } = finder);
      await finder.close();
    });
    after(() => fs.rmSync(folder, { recursive: true, force: true }));

    it(`lose nothing when their server is killed ${kills} times, ${sessions} sessions at once`, async (test) => {
      const file = path.join(folder, "killed");
      const place = await start(program);
      let server = await startLedgerServer(port, file);
      try {
        const ws = `ws://127.0.0.1:${port}`;
        const options = { minReconnectionDelay: 50, maxReconnectionDelay: 400, minUptime: 0 };
        await place.call("start", { ws, count: sessions, options });
        await place.call("send", 500);
        let connected = 0;
        for (let killed = 0; killed < kills; ++killed) {
          // As soon as some have reconnected, so that the kill finds sessions in every state.
          await within(
            place.call("connectionsReach", connected + sessions / 4),
            "a quarter of the sessions connects",
          );
          server.kill("SIGKILL");
          await once(server, "exit");
          connected = await place.call("connections");
          server = await startLedgerServer(port, file);
        }
        await place.call("stopSending");
        await until(() => place.call("isSettled"));
        const reports = await place.call("report");
        const { messages, repeated } = checkLedger(readLedger(file), reports);
        const connections = await place.call("connections");
        test.diagnostic(
          `${messages} messages over ${connections} connections; ${repeated} came again`,
        );
      } finally {
        server.kill();
        await place.close();
      }
    });

    for (const seed of [0, 1, 2].map((index) => firstSeed + index)) {
      it(`lose nothing under the random faults of seed ${seed}`, async (test) => {
        const file = path.join(folder, `faults-${seed}`);
        const server = await startLedgerServer(port, file);
        const proxy = await startFaultProxy(port);
        const place = await start(program);
        try {
          const options = {
            minReconnectionDelay: 10,
            maxReconnectionDelay: 100,
            connectionTimeout: 500,
            heartbeat: { interval: 100, deadline: 300 },
          };
          await place.call("start", { ws: proxy.ws, count: few, options });
          await place.call("send", 20);
          await proxy.follow(schedule(seed, { steps: 60 }));
          await place.call("stopSending");
          await until(() => place.call("isSettled"));
          const { messages, repeated } = checkLedger(readLedger(file), await place.call("report"));
          const connections = await place.call("connections");
          test.diagnostic(
            `${messages} messages over ${connections} connections; ${repeated} came again`,
          );
          assert.ok(connections > few);
        } finally {
          await place.close();
          await proxy.close();
          server.kill();
        }
      });
    }

    for (const isAlive of [true, false]) {
      it(`${isAlive ? "keep" : "give up"} a connection that ${isAlive ? "lives" : "is dead"} after an hour of sleep`, async () => {
        const file = path.join(folder, `sleep-${isAlive}`);
        const server = await startLedgerServer(port, file);
        const proxy = await startFaultProxy(port);
        const place = await start(program);
        try {
          const options = {
            minReconnectionDelay: 1,
            heartbeat: { deadline: isAlive ? 30_000 : 300 },
          };
          await place.call("start", { ws: proxy.ws, count: 1, options });
          await until(async () => (await place.call("connections")) === 1);
          if (!isAlive) proxy.halfOpen({ gone: "server" });
          await place.call("sleep", hour);
          if (isAlive) {
            // The answer to a ping.
            await until(async () => (await place.call("counters")).messagesReceived === 1);
          } else {
            await until(async () => (await place.call("connections")) === 2);
          }
          await place.call("sendOne");
          await until(() => place.call("isSettled"));
          const reports = await place.call("report");
          assert.equal(reports[0].connections, isAlive ? 1 : 2);
          checkLedger(readLedger(file), reports);
        } finally {
          await place.close();
          await proxy.close();
          server.kill();
        }
      });
    }

    it("connect at once after an hour of sleep in which they waited", async () => {
      const place = await start(program);
      let server;
      try {
        const options = { minReconnectionDelay: hour, maxReconnectionDelay: hour, jitter: "none" };
        await place.call("start", { ws: `ws://127.0.0.1:${port}`, count: 1, options });
        await until(async () => (await place.call("status")).state === "waiting");
        server = await startLedgerServer(port, path.join(folder, "waited"));
        await place.call("sleep", hour);
        await until(async () => (await place.call("status")).state === "open");
      } finally {
        await place.close();
        server?.kill();
      }
    });
  });
}
