// The URLs of the page and of its server.

/** The origin of the page's server. A static build of the page may be hosted elsewhere. */
const SERVER =
  document.querySelector("meta[name=server]")?.getAttribute("content") || location.origin;

/** @param {string} path of something on the page's server, for HTTP */
export const onServer = (path) => SERVER + path;

/** @param {string} path of an endpoint on the page's server, for WebSockets */
export const onThisServer = (path) => SERVER.replace(/^http/, "ws") + path;

/**
 * The URL of a file next to the page.
 *
 * @param {string} path
 */
export const fromPage = (path) => new URL(path, document.baseURI).href;
