// What becomes of a connection that cannot be, in a page, in a worker and in Node.

import { journal } from "./exchange.mjs";

/**
 * What the class WebSocket of the package tells until its end, a line for each event; or what its constructor throws.
 *
 * @param {string} url
 * @param {string} folder of the package's JavaScript
 */
export async function attempt(url, folder = "/js/") {
  const { load } = await import(`${folder}index.js`);
  const { WebSocket } = await load();
  try {
    return await journal(new WebSocket(url));
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    return [`threw ${name}: ${message}`];
  }
}

/**
 * What a session tells of its first attempt, and what it does then: it is "waiting" for the next, or has "stopped".
 *
 * @param {string} url
 * @param {string} folder of the package's JavaScript
 */
export async function attemptSession(url, folder = "/js/") {
  const { load } = await import(`${folder}session.js`);
  const { Session } = await load();
  const delay = 3_600_000;
  const session = new Session(url, [], { minReconnectionDelay: delay, maxReconnectionDelay: delay, jitter: "none" });
  /** @type {string[]} */
  const errors = [];
  session.onerror = (/** @type {{ error: string, message: string }} */ { error, message }) =>
    errors.push(`${error}: ${message}`);
  const { state, why } = await new Promise((resolve) => {
    session.onstatuschange = (/** @type {any} */ { status }) => {
      if (status.state === "waiting" || status.state === "stopped") resolve(status);
    };
  });
  const { attempts } = session.counters;
  session.close();
  return { errors, state, why, attempts };
}
