// What the conformance tests share.

import { defineTest } from "../../support/page/test.mjs";

/**
 * @typedef {object} Context
 * @property {any} WebSocket the class under test; any, since tests call it with arguments that no
 * type allows
 * @property {any} native the browser's own class
 * @property {"native" | "hawser" | "session"} kind which class is under test
 * @property {string} server ws://HOST:PORT of tests/support/server.mjs
 * @property {(path: string, protocols?: string | string[]) => WebSocket} connect makes a socket
 * that is closed when the
 *   test has ended
 * @property {(path: string, protocols?: string | string[]) => Promise<WebSocket>} open the same,
 * and waits for its open
 * @property {<Socket>(socket: Socket) => Socket} track closes a socket that the test made itself
 * @property {(realm: any, of?: "native" | "hawser" | "session") => Promise<any>} classIn the class
 * under test, or another, in
 *   another window's realm
 */

/** @typedef {import("../../support/page/test.mjs").Test<Context>} Test */

/** @type {typeof defineTest<Context>} */
export const test = defineTest;

/**
 * A test that uses a document, and is therefore left out in a worker.
 *
 * @param {string} name
 * @param {Test["run"]} run
 */
export const testInWindow = (name, run) => test(name, run, "window");
