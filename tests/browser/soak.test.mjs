// The first seconds of npm run soak. Anything that is not freed after each socket, message or cut
// already shows here.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { whyNot } from "../support/browsers.mjs";
import { findGrowth, soak } from "../soak/run.mjs";
import { longestSuite } from "../support/patience.mjs";

for (const engine of /** @type {const} */ (["Node", "Chromium"])) {
  const skip = whyNot(engine === "Node" ? "node" : "chromium");
  describe(`hawser under load in ${engine}`, { skip, timeout: longestSuite }, () => {
    it("takes no more memory at the end than in the middle", async (test) => {
      const result = await soak(engine, { minutes: 0.3, looks: 9 });
      test.diagnostic(JSON.stringify(result.counted));
      assert.deepEqual(findGrowth(result), []);
      assert.ok(result.counted.messages > 100);
      assert.ok(result.counted.connections > 3);
    });
  });
}
