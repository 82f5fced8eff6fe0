// The Node versions that tests run programs with. They may differ from the one that runs the tests.

import { execFileSync } from "node:child_process";

/**
 * @typedef {object} Node
 * @property {string} path
 * @property {string} version such as v20.16.0
 * @property {string[]} withWebSocket the flags with which it has a WebSocket
 * @property {string[]} withoutWebSocket the flags with which it has none
 */

/** The Node that npm test was started with. */
export const thisNode = describe(process.env.HAWSER_THIS_NODE ?? process.execPath);

/** One with JSPI, in which tests can wait. */
export const nodeWithJspi = describe(process.env.HAWSER_NODE ?? process.execPath);

/** Both, without duplicates. */
export const nodes = thisNode.path === nodeWithJspi.path ? [thisNode] : [thisNode, nodeWithJspi];

/**
 * @param {string} path
 * @returns {Node}
 */
function describe(path) {
  const version = execFileSync(path, ["--version"], { encoding: "utf8" }).trim();
  const isOld = Number(/\d+/.exec(version)) < 22; // its WebSocket is experimental
  return {
    path,
    version,
    withWebSocket: isOld ? ["--experimental-websocket", "--no-warnings"] : [],
    withoutWebSocket: isOld ? [] : ["--no-experimental-websocket"],
  };
}
