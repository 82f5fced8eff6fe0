// Drives a program built by tests/bench/CMakeLists.txt.

import { CountingWebSocket, withCountingWebSocket } from "./counting_web_socket.mjs";

const encoder = new TextEncoder();

/** Outgoing messages are in the program's memory, and at most this long. */
const mostBytes = 16 << 20;

/** @typedef {Awaited<ReturnType<typeof startProgram>>} Program */

/**
 * @param {string} url
 * @param {{ tell?: (what: "open" | "close") => void, received?: () => void, WebSocket?: Function }}
 * [handlers] `received` is called for each message after `tellEach(true)`; `WebSocket` is the class
 * that hawser's programs use
 */
export async function startProgram(url, handlers = {}) {
  const { default: create } = await import(url);
  const module = await create(handlers);
  /** @type {number} */
  const address = module._payload_address();

  /** @param {string} text */
  function fill(text) {
    encoder.encodeInto(text, module.HEAPU8.subarray(address, address + mostBytes));
  }

  /**
   * Opens a socket, which replaces the previous one with that index.
   *
   * @param {string} url
   * @param {number} [index]
   */
  function open(url, index = 0) {
    fill(`${url}\0`);
    module._select_socket(index);
    module._open_at_payload();
  }

  return {
    module,
    fill,
    open,
    /**
     * @param {string} [url]
     * @param {number} [index]
     */
    openCounting(url = "ws://bench/", index = 0) {
      withCountingWebSocket(() => open(url, index));
      const socket = CountingWebSocket.last;
      socket.onopen?.({});
      return socket;
    },
    /** @param {number} index */
    select: (index) => module._select_socket(index),
    sendText: (/** @type {number} */ size, /** @type {number} */ times) =>
      module._send_texts(size, times),
    sendBinary: (/** @type {number} */ size, /** @type {number} */ times) =>
      module._send_binaries(size, times),
    close: () => module._close_it(),
    tellEach: (/** @type {boolean} */ yes) => module._tell_each(yes),
    /** @returns {number} how often malloc was called */
    allocations: () => module._allocations(),
    /** @returns {number} what malloc has given and free has not taken back */
    allocatedBytes: () => module._allocated_bytes(),
    /** @returns {number} the size of the memory, which never shrinks */
    memoryBytes: () => module.HEAPU8.length,
  };
}
