// What the tests of the class Session share. They run in Node and in pages alike.

import { defineTest } from "../support/page/test.mjs";
import { Peer } from "./peer.mjs";

/** @typedef {import("../../js/session.js").Session} Session */
/** @typedef {import("../../js/session.js").SessionOptions} SessionOptions */
/** @typedef {import("../../js/session.js").SessionStatus} SessionStatus */

/**
 * @typedef {object} Context
 * @property {any} Session the class; any, since tests call it with arguments that no type allows
 * @property {(url: any, protocols?: any, options?: any) => Session} create makes a session that is
 * closed when the test
 *   has ended
 * @property {(...script: string[]) => Peer} peer makes a server for sessions to connect to
 * @property {string} server ws://HOST:PORT of the peers
 * @property {import("./clock.mjs").Clock} clock
 * @property {() => number | undefined} memory the size of the module's memory, in bytes
 * @property {() => Promise<any>} nextReport returns the next exception that the platform reports,
 * or an earlier one. Without it,
 *   such an exception fails the test. Call it before the exception can be reported
 */

/** @typedef {import("../support/page/test.mjs").Test<Context>} Test */

/** @type {typeof defineTest<Context>} */
export const test = defineTest;

/**
 * @param {string} name
 * @param {Test["run"]} run
 */
export const testInPage = (name, run) => test(name, run, "page");

/**
 * @param {string} name
 * @param {Test["run"]} run
 */
export const testInNode = (name, run) => test(name, run, "Node");

/**
 * @param {string} name
 * @param {Test["run"]} run
 */
export const testWithCollector = (name, run) => test(name, run, "collector");

/**
 * A test with close code 1012 or 1013.
 *
 * @param {string} name
 * @param {Test["run"]} run
 * @returns {Test}
 */
export function testWithNewCodes(name, run) {
  return {
    ...test(name, run),
    notIn: { webkit: "WebKitGTK fails a connection that is closed with 1012 or 1013" },
  };
}

/** Options without jitter, with waits too short for a person to notice. */
export const quick = { jitter: "none", minReconnectionDelay: 1, reconnectionDelayGrowFactor: 1 };

/**
 * @template {keyof import("../../js/session.js").SessionEventMap} Type
 * @param {Session} session
 * @param {Type} type
 * @returns {Promise<import("../../js/session.js").SessionEventMap[Type]>} the next event of that
 *   type
 */
export function next(session, type) {
  return new Promise((resolve) => session.addEventListener(type, resolve, { once: true }));
}

/**
 * @template {keyof import("../../js/session.js").SessionEventMap} Type
 * @param {Session} session
 * @param {Type} type
 * @param {number} count
 * @returns {Promise<import("../../js/session.js").SessionEventMap[Type][]>} the next events of that
 * type; several may
 *   come in one task
 */
export function several(session, type, count) {
  return new Promise((resolve) => {
    /** @type {any[]} */
    const events = [];
    session.addEventListener(type, (event) => {
      if (events.push(event) === count) resolve(events);
    });
  });
}

/**
 * Waits until it is in that state, and returns the status then.
 *
 * @param {Session} session
 * @param {SessionStatus["state"]} state
 * @returns {Promise<SessionStatus>}
 */
export function until(session, state) {
  if (session.status.state === state) return Promise.resolve(session.status);
  return new Promise((resolve) => {
    session.addEventListener("statuschange", ({ status }) => {
      if (status.state === state) resolve(status);
    });
  });
}

/**
 * Waits until a session is open.
 *
 * @param {Session} session
 */
export async function opened(session) {
  await next(session, "open");
  return session;
}

/**
 * Returns the data of the next messages.
 *
 * @param {Session} session
 * @param {number} count
 * @returns {Promise<any[]>}
 */
export async function received(session, count) {
  return (await several(session, "message", count)).map(({ data }) => data);
}

/**
 * Notes all later events of a session, one line each.
 *
 * @param {Session} session
 */
export function journal(session) {
  /** @type {string[]} */
  const lines = [];
  session.addEventListener("open", () => lines.push("open"));
  session.addEventListener("message", ({ data }) => lines.push(`message ${data}`));
  session.addEventListener("error", ({ error }) => lines.push(`error ${error}`));
  session.addEventListener("close", ({ code, reason, wasClean }) =>
    lines.push(`close ${code} "${reason}" ${wasClean ? "clean" : "unclean"}`),
  );
  session.addEventListener("statuschange", ({ status }) => lines.push(status.state));
  session.addEventListener("drop", ({ data, id }) => lines.push(`drop ${data} ${id}`));
  return lines;
}

/**
 * The name of the exception that a call throws, or "nothing".
 *
 * @param {() => unknown} call
 */
export function nameOfThrown(call) {
  try {
    call();
    return "nothing";
  } catch (error) {
    return /** @type {Error} */ (error).name;
  }
}

/** @param {Blob | ArrayBuffer} data */
export async function bytesOf(data) {
  return [...new Uint8Array(data instanceof Blob ? await data.arrayBuffer() : data)];
}

export { Peer };
