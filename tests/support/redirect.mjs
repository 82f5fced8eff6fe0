// For node --import: has what connects to HAWSER_REDIRECT_FROM connect to HAWSER_REDIRECT_TO, so that a program with a fixed
// address in it can be tested at a port that is free.

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
