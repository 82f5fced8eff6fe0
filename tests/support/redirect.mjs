// For node --import: redirects connections from HAWSER_REDIRECT_FROM to HAWSER_REDIRECT_TO, so that
// a program with a fixed address can be tested on a free port.

const { HAWSER_REDIRECT_FROM: from, HAWSER_REDIRECT_TO: to } = process.env;

globalThis.WebSocket = class extends WebSocket {
  /**
   * @param {string | URL} url
   * @param {string | string[]} [protocols]
   */
  constructor(url, protocols) {
    super(url === from ? String(to) : url, protocols);
  }
};
