// The wasm module of the class WebSocket. js/testing/web_socket.js has the same functions, for
// tests.

import { returned } from "./module.js";

/**
 * Wraps the exports of wasm/pages/web_socket.cpp, so that callers pass text and values instead of
 * addresses and handles.
 *
 * @param {import("../dist/hawser.mjs").MainModule & import("./module.js").Page} module
 */
export function openModule(module) {
  /** @param {(argument: number) => void} get */
  const text = (get) => (/** @type {number} */ argument) =>
    /** @type {string} */ (returned(module, get, argument));
  return {
    /**
     * @param {string} url
     * @param {string} protocols joined by commas
     * @param {number} count of the protocols
     * @param {object} listeners
     * @returns {number} a connection, or the negated error
     */
    open: (url, protocols, count, listeners) =>
      module.lendValue(listeners, (events) =>
        module.lend(url, (...ofUrl) =>
          module.lend(count ? `${protocols},` : "", (...ofProtocols) =>
            module._page_open(...ofUrl, ...ofProtocols, count, events),
          ),
        ),
      ),
    /**
     * @param {number} connection
     * @param {unknown} data
     */
    send: (connection, data) =>
      module.lendValue(data, (handle) => module._page_send(connection, handle)),
    /**
     * @param {number} connection
     * @param {number} code negative for none
     * @param {string} [reason]
     */
    close(connection, code, reason) {
      const close = (address = 0, size = 0) => module._page_close(connection, code, address, size);
      return reason === undefined ? close() : module.lend(reason, close);
    },
    /**
     * @param {number} connection
     * @param {boolean} asBlobs
     */
    receiveBlobs: (connection, asBlobs) => module._page_receive_blobs(connection, Number(asBlobs)),
    readyState: module._page_ready_state,
    bufferedAmount: module._page_buffered_amount,
    url: text(module._page_url),
    protocol: text(module._page_protocol),
    extensions: text(module._page_extensions),
    release: module._page_release,
    describe: text(module._page_describe),
    exceptionName: text(module._page_exception_name),
  };
}
