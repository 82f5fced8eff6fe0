// The results of a connection that must fail, in a page, in a worker and in Node.

import { journal } from "./exchange.mjs";

/**
 * All events of a WebSocket of the package until its end, one line each; or its constructor's
 * exception.
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
 * The events of a session's first attempt, and its state afterwards: "waiting" for the next
 * attempt, or "stopped".
 *
 * @param {string} url
 * @param {string} folder of the package's JavaScript
 */
export async function attemptSession(url, folder = "/js/") {
  const { load } = await import(`${folder}session.js`);
  const { Session } = await load();
  const delay = 3_600_000;
  const session = new Session(url, [], {
    minReconnectionDelay: delay,
    maxReconnectionDelay: delay,
    jitter: "none",
  });
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
