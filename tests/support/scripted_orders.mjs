// The same scenarios, with the class of hawser/testing.

import { Browser } from "../../js/testing.js";
import { play, scenarios } from "./event_orders.mjs";
import { serve } from "./scripted_server.mjs";

/** @param {import("../../js/testing.js").EngineName} engine */
export async function playScripted(engine) {
  /** @type {Record<string, string[]>} */
  const played = {};
  for (const name of Object.keys(scenarios)) {
    const browser = new Browser({ engine });
    try {
      serve(browser);
      played[name] = await play(name, "ws://server.test", () => browser.runUntilIdle());
    } finally {
      await browser.uninstall();
    }
  }
  return played;
}
