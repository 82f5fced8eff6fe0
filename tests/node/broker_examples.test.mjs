// The programs of wasm/examples that use a message broker, each with a real broker.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startBroker, whyNoBroker } from "../support/brokers.mjs";
import { places, print } from "../support/examples.mjs";
import { longestSuite } from "../support/patience.mjs";

/** @typedef {import("../support/brokers.mjs").Kind} Kind */

const account = { user: "ada", password: "secret" };

for (const [name, { start, skip }] of Object.entries(places)) {
  describe(`the examples with a message broker in ${name}`, { skip, timeout: longestSuite }, () => {
    /** @type {Awaited<ReturnType<typeof start>>} */
    let place;
    before(async () => void (place = await start()));
    after(() => place?.close());

    /**
     * @param {string} example
     * @param {string[]} args
     * @param {string} last
     */
    const printed = (example, args, last) =>
      place.evaluate(print, `${place.folder}/${example}.mjs`, args, last);

    /**
     * Runs `test` with a broker that has one account.
     *
     * @param {Kind} kind
     * @param {(url: string) => Promise<void>} test
     */
    async function withBroker(kind, test) {
      const broker = await startBroker(kind, account);
      await test(broker.ws).finally(() => broker.close());
    }

    it("nats_client answers a request, and gets the answer", { skip: whyNoBroker("nats") }, () =>
      withBroker("nats", async (url) => {
        const lines = await printed("nats_client", [url, account.user, account.password], "closed");
        assert.deepEqual(lines, ["Hello, browser!", "closed"]);
      }),
    );

    it("nats_client says that its password is wrong", { skip: whyNoBroker("nats") }, () =>
      withBroker("nats", async (url) => {
        const lines = await printed(
          "nats_client",
          [url, account.user, "guess"],
          "The server refuses",
        );
        assert.deepEqual(lines, [
          "reported: The server reports an error: Authorization Violation.",
          "The server refuses the user or the password: Authorization Violation.",
        ]);
      }),
    );

    it("mqtt_client receives the message it publishes", { skip: whyNoBroker("mosquitto") }, () =>
      withBroker("mosquitto", async (url) => {
        const lines = await printed(
          "mqtt_client",
          [url, "cook", account.user, account.password],
          "closed",
        );
        assert.deepEqual(lines, ["house/kitchen/temperature: 21", "closed"]);
      }),
    );

    it("mqtt_client says that its password is wrong", { skip: whyNoBroker("mosquitto") }, () =>
      withBroker("mosquitto", async (url) => {
        const lines = await printed(
          "mqtt_client",
          [url, "cook", account.user, "guess"],
          "The server refuses",
        );
        const refusal =
          "The server refuses the client: it is not authorized. Check the user and the password.";
        assert.deepEqual(lines, [refusal]);
      }),
    );
  });
}
