// reconnecting-websocket's own cases on the class Session, in Node; tests/session has them.

import assert from "node:assert/strict";
import { it } from "node:test";
import { load } from "../../js/session.js";
import { describeInNode } from "../session/in_node.mjs";

await describeInNode("reconnecting-websocket's cases, of the class Session", ["reconnecting_websocket"]);

it("load refuses what is no class of WebSockets, as that constructor does", async () => {
  for (const WebSocket of [123, {}]) {
    await assert.rejects(load({ WebSocket: /** @type {any} */ (WebSocket) }), /There is no WebSocket here/);
  }
});
