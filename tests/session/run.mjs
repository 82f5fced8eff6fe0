// Runs one test in this page, or in this process.

import { watchMemory } from "../support/garbage.mjs";
import { installClock } from "./clock.mjs";
import { Peer } from "./peer.mjs";
import { testsOf } from "./sections.mjs";

/** @typedef {import("./test.mjs").Context} Context */
/** @typedef {import("./test.mjs").Session} Session */

/** A test that takes longer has failed; none waits for a duration. */
const timeoutMilliseconds = 30_000;

const clock = installClock(); // before what asks it is loaded
const memory = watchMemory();
const loaded = import("../../js/session.js").then(({ load }) => load());
const global = /** @type {any} */ (globalThis);
const process = global.process?.versions?.node ? global.process : undefined;

/**
 * Gives what went wrong; null where nothing did.
 *
 * @param {{ section: string, name: string, server: string }} which
 * @returns {Promise<string | null>}
 */
export async function run({ section, name, server }) {
  const test = (await testsOf(section)).find((test) => test.name === name);
  if (!test) return "There is no such test.";
  const { Session } = await loaded;

  /** @type {Session[]} */
  const sessions = [];
  /** @type {Peer[]} */
  const peers = [];
  const reports = watchReports();
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
    nextReport: reports.next,
  };
  try {
    const run = (async () => test.run(context))();
    await clock.within(timeoutMilliseconds, Promise.race([reports.unexpected, run]));
    await clock.within(timeoutMilliseconds, Promise.race([reports.unexpected, clock.turn().then(clock.turn)]));
    return null;
  } catch (error) {
    return describe(error);
  } finally {
    reports.stop();
    for (const session of sessions) session.close();
    await Promise.all(peers.map((peer) => peer.end()));
  }
}

/** What the platform reports because nobody caught it. */
function watchReports() {
  const { promise: unexpected, reject } = withResolvers();
  unexpected.catch(() => {});
  /** @type {unknown[]} */
  const untaken = [];
  /** @type {((error: unknown) => void)[]} */
  const takers = [];
  let isExpected = false;

  /** @param {unknown} error */
  function report(error) {
    if (!isExpected) return reject(error);
    const take = takers.shift();
    if (take) take(error);
    else untaken.push(error);
  }

  /** @param {any} event */
  function listener(event) {
    if (isExpected) event.preventDefault();
    report(event.error ?? event.reason ?? event.message);
  }

  const types = ["error", "unhandledrejection"];
  if (process) process.on("uncaughtException", report);
  else for (const type of types) global.addEventListener(type, listener);
  return {
    unexpected,
    next() {
      isExpected = true;
      if (untaken.length > 0) return Promise.resolve(untaken.shift());
      return new Promise((resolve) => takers.push(resolve));
    },
    stop() {
      if (process) process.off("uncaughtException", report);
      else for (const type of types) global.removeEventListener(type, listener);
    },
  };
}

/** Promise.withResolvers, which Node 20 hasn't. */
function withResolvers() {
  /** @type {(reason: unknown) => void} */
  let reject = () => {};
  /** @type {Promise<never>} */
  const promise = new Promise((_, refuse) => (reject = refuse));
  return { promise, reject };
}

/** @param {unknown} error */
function describe(error) {
  if (!(error instanceof Error)) return String(error);
  const place = (error.stack ?? "").split("\n").find((line) => /tests\/session\/(?!run|clock)/.test(line)) ?? "";
  return `${error.name}: ${error.message} ${place.trim()}`;
}
