// Checks a Session's URLs and subprotocols, which an app passes to the constructor or returns
// before each attempt.

import { resolve } from "./url.js";
import { toStrings, toUSVString } from "./webidl.js";

const { DOMException } = globalThis;

/** @param {string} problem */
const syntaxError = (problem) =>
  new DOMException(`Failed to construct 'Session': ${problem}`, "SyntaxError");

/** @param {string[]} protocols */
const badProtocols = (protocols) =>
  syntaxError(
    `a subprotocol of "${protocols.join(", ")}" is empty, is not a token, or is listed twice.`,
  );

/** RFC 6455 4.1: visible ASCII except the separators of RFC 2616 2.2. */
const token = /^[!#$%&'*+.^`|~\w-]+$/;

/** @param {string[]} protocols */
function checkProtocols(protocols) {
  const different = new Set(protocols.map((one) => one.toLowerCase()));
  if (different.size < protocols.length || !protocols.every((one) => token.test(one)))
    throw badProtocols(protocols);
}

/** @param {any} value */
const toProtocols = (value) =>
  value === undefined || value === null ? [] : toStrings(value, "Session");

/** @param {string} url */
const toHref = (url) => resolve(url, "Session").href;

/** @param {unknown} given */
const isFunction = (given) => typeof given === "function";

/**
 * Checks the constructor's arguments. If `requestsEndpoints`, functions return the rest later.
 * `urls` is empty only if a function returns the URL.
 *
 * @param {any} url
 * @param {any} protocols
 */
export function toEndpoints(url, protocols) {
  const requestsEndpoints = isFunction(url) || isFunction(protocols);
  const texts = isFunction(url) ? [] : (Array.isArray(url) ? url : [url]).map(toUSVString);
  const offered = isFunction(protocols) ? [] : toProtocols(protocols);
  const urls = texts.map(toHref);
  if (!isFunction(url) && urls.length === 0) throw syntaxError("the list of URLs is empty.");
  checkProtocols(offered);
  return { urls, offered, requestsEndpoints };
}

/**
 * Asks the app where to connect. `cause` is the error, if there is one.
 *
 * @param {any} url
 * @param {any} protocols
 */
export async function requestEndpoint(url, protocols) {
  let [href, joined] = ["", ""]; // no endpoint
  /** @type {unknown} */
  let cause;
  try {
    const asked = [url, protocols].map((one) => (isFunction(one) ? one() : one));
    const [where, given] = await Promise.all(asked);
    const offered = toProtocols(given);
    [href, joined] = ["invalid:", "?"]; // C++ rejects these, so that the session stops
    href = toHref(toUSVString(where));
    checkProtocols(offered);
    joined = offered.join();
  } catch (error) {
    cause = error;
  }
  return { href, joined, cause };
}
