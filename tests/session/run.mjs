// Runs one test in this page, worker or process.

import { watchMemory } from "../support/garbage.mjs";
import { failureOf } from "../support/page/run.mjs";
import { installClock } from "./clock.mjs";
import { Peer } from "./peer.mjs";
import { testsOf } from "./sections.mjs";

/** @typedef {import("./test.mjs").Context} Context */
/** @typedef {import("./test.mjs").Session} Session */

const clock = installClock(); // installed before the module that reads it is loaded
const memory = watchMemory();
const loaded = import("../../js/session.js").then(({ load }) => load());

/**
 * Returns the error; null if there was none.
 *
 * @param {{ section: string, name: string, server: string }} which
 * @returns {Promise<string | null>}
 */
export async function run({ section, name, server }) {
  const test = (await testsOf(section)).find((test) => test.name === name);
  if (!test) return "There is no such test.";
  const { Session } = await loaded;
  return failureOf(test, (nextReport) => prepare(Session, server, nextReport));
}

/**
 * @param {any} Session
 * @param {string} server
 * @param {Context["nextReport"]} nextReport
 */
function prepare(Session, server, nextReport) {
  /** @type {Session[]} */
  const sessions = [];
  /** @type {Peer[]} */
  const peers = [];
  /** @type {Context} */
  const context = {
    Session,
    server,
    clock,
    memory,
    create(...args) {
      const session = new Session(...args);
      sessions.push(session);
      return session;
    },
    peer(...script) {
      const peer = new Peer(server, ...script);
      peers.push(peer);
      return peer;
    },
    nextReport,
  };
  return {
    context,
    async release() {
      for (const session of sessions) session.close();
      await Promise.all(peers.map((peer) => peer.end()));
    },
  };
}
