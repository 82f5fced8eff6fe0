// reconnecting-websocket's own cases with the class Session, in Node. They are in tests/session.

import assert from "node:assert/strict";
import { it } from "node:test";
import { load } from "../../js/session.js";
import { describeInNode } from "../session/in_node.mjs";

await describeInNode("reconnecting-websocket's cases, with the class Session", [
  "reconnecting_websocket",
]);

it("load refuses a value that is not a WebSocket class, as that constructor does", async () => {
  for (const WebSocket of [123, {}]) {
    await assert.rejects(
      load({ WebSocket: /** @type {any} */ (WebSocket) }),
      /There is no WebSocket here/,
    );
  }
});
