// Where the page and its server have what the page needs.

/** Where the page's server is: a static build of the page may come from another one. */
const SERVER = document.querySelector("meta[name=server]")?.getAttribute("content") || location.origin;

/** @param {string} path of something on the page's server, for HTTP */
export const onServer = (path) => SERVER + path;

/** @param {string} path of an endpoint on the page's server, for WebSockets */
export const onThisServer = (path) => SERVER.replace(/^http/, "ws") + path;

/**
 * The URL of a file that lies beside the page.
 *
 * @param {string} path
 */
export const fromPage = (path) => new URL(path, document.baseURI).href;
