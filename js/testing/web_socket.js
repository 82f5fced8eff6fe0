// The class WebSocket of every Browser: hawser's own, over connections that a test controls. There
// is only one class, because programs store it, as load({ WebSocket }) does.

import { sizeOf } from "../bytes.js";
import { defineWebSocket } from "../web_socket.js";
import { mostReason } from "./connection.js";

/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {import("./connection.js").Events} Events */
/**
 * @typedef {{ connect: (url: string, protocols: string[], events: Events) => Connection }} Network
 */

/** The installed browser. @type {Network | undefined} */
let network;

/** @param {Network | undefined} installed */
export function setNetwork(installed) {
  network = installed;
}

const token = /^[\w!#$%&'*+\-.^`|~]+$/; // RFC 6455 4.1

const [badProtocol, badCode, longReason, notOpen, noNetwork] = [1, 2, 3, 4, 5];

/**
 * The exceptions that the class throws.
 *
 * @type {Record<number, [name: string, description: string]>}
 */
const errors = {
  [badProtocol]: ["SyntaxError", "a subprotocol is empty, is not a token, or is listed twice."],
  [badCode]: ["InvalidAccessError", "the close code must be 1000, or from 3000 to 4999."],
  [longReason]: ["SyntaxError", `the close reason is longer than ${mostReason} bytes of UTF-8.`],
  [notOpen]: ["InvalidStateError", "the connection is not open yet. Wait for the event open."],
  [noNetwork]: ["SecurityError", "no Browser of hawser/testing is installed. Create one first."],
};

/** @type {Map<number, Connection>} */
const connections = new Map();
let lastConnection = 0;

/** @param {number} handle */
const at = (handle) => /** @type {Connection} */ (connections.get(handle));

/** Takes the place of the wasm module of hawser's own class. */
const scripted = {
  /**
   * @param {string} url
   * @param {string} joined
   * @param {number} count
   * @param {Events} events
   */
  open(url, joined, count, events) {
    const protocols = count === 0 ? [] : joined.split(",");
    const areValid =
      protocols.length === count && protocols.every((protocol) => token.test(protocol));
    if (!areValid || new Set(protocols).size < count) return -badProtocol;
    if (!network) return -noNetwork;
    connections.set(++lastConnection, network.connect(url, protocols, events));
    return lastConnection;
  },

  /**
   * @param {number} handle
   * @param {string | Blob | BufferSource} data
   */
  send(handle, data) {
    const connection = at(handle);
    if (connection.readyState === 0) return notOpen;
    connection.send(data);
    return 0;
  },

  /**
   * @param {number} handle
   * @param {number} code negative for none
   * @param {string} [reason]
   */
  close(handle, code, reason = "") {
    const connection = at(handle);
    if (code >= 0 && code !== 1000 && (code < 3000 || code > 4999)) return badCode;
    if (sizeOf(reason) > mostReason) return longReason;
    // Without a code, a Close frame has no reason.
    connection.close(
      code < 0 && reason === "" ? { code: 1005, reason } : { code: code < 0 ? 1000 : code, reason },
    );
    return 0;
  },

  /**
   * @param {number} handle
   * @param {boolean} asBlobs
   */
  receiveBlobs(handle, asBlobs) {
    at(handle).receivesBlobs = asBlobs;
  },

  url: (/** @type {number} */ handle) => at(handle).url,
  readyState: (/** @type {number} */ handle) => at(handle).readyState,
  bufferedAmount: (/** @type {number} */ handle) => at(handle).bufferedAmount,
  protocol: (/** @type {number} */ handle) => at(handle).protocol,
  extensions: (/** @type {number} */ handle) => at(handle).extensions,
  release: (/** @type {number} */ handle) => void connections.delete(handle),
  describe: (/** @type {number} */ error) => errors[error][1],
  exceptionName: (/** @type {number} */ error) => errors[error][0],
};

export const WebSocket = defineWebSocket(/** @type {any} */ (scripted));
