// Checks a Session's options. Options that an app leaves out stay undefined, because C++ has the
// defaults.

import { toBytes } from "./bytes.js";
import { isBlob, toData } from "./webidl.js";

/**
 * The options that are numbers, with the names that reconnecting-websocket and partysocket use for
 * them.
 */
const numbers = {
  backoffBase: "minReconnectionDelay",
  backoffCap: "maxReconnectionDelay",
  backoffFactor: "reconnectionDelayGrowFactor",
  minUptime: null,
  maxAttempts: "maxRetries",
  giveUpAfter: null,
  tryAgainLater: null,
  maxRetryHint: null,
  connectTimeout: "connectionTimeout",
  closeTimeout: null,
  drainTimeout: null,
  endpointTimeout: null,
  readyTimeout: null,
  hiddenGrace: null,
  maxOutboxMessages: "maxEnqueuedMessages",
  maxOutboxBytes: null,
  seed: null,
};

/** @param {string} problem */
const badOption = (problem) => new TypeError(`Failed to construct 'Session': ${problem}`);

/**
 * The smallest values that are not 0. C++ rejects timeouts below 1, and a negative `minUptime`
 * counts as 0.
 *
 * @type {Record<string, number>}
 */
const least = { connectTimeout: 1, closeTimeout: 1, minUptime: -Infinity, seed: -Infinity };

/**
 * @param {string} name
 * @param {unknown} value
 */
function toNumber(name, value, minimum = 0) {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (Number.isNaN(number)) throw badOption(`${name} is not a number.`);
  if (number < minimum) throw badOption(`${name} is less than ${minimum}.`);
  return number;
}

/** @param {any} codes */
function toCodes(codes) {
  if (typeof codes !== "object" || !codes?.[Symbol.iterator])
    throw badOption("finalCodes is not a list.");
  return Array.from(codes, (code) => {
    const number = Number(code);
    if (Number.isInteger(number) && number >= 0 && number <= 0xffff) return number;
    throw badOption(`finalCodes has ${code}, which is not a close code.`);
  });
}

/**
 * Whether the app gave a function.
 *
 * @param {string} name
 * @param {unknown} value
 */
function isCallback(name, value) {
  if (value === undefined || value === null) return false;
  if (typeof value === "function") return true;
  throw badOption(`${name} is not a function.`);
}

/** The order in which wasm/pages/session.cpp reads the options. */
export const optionOrder = [
  "start",
  "connectTimeout",
  "closeTimeout",
  "drainTimeout",
  "endpointTimeout",
  "readyTimeout",
  "gate",
  "whenHidden",
  "hiddenGrace",
  "backoffCap",
  "backoffBase",
  "backoffFactor",
  "jitter",
  "minUptime",
  "maxAttempts",
  "giveUpAfter",
  "tryAgainLater",
  "maxRetryHint",
  "retryHint",
  "whenOutboxFull",
  "maxOutboxBytes",
  "maxOutboxMessages",
  "acknowledgement",
  "pingInterval",
  "pongDeadline",
  "seed",
  "pings",
  "recognisesPongs",
  "requestsEndpoints",
  "decides",
];

/**
 * Converts the options to numbers for C++: in its order, with NaN for options that the app left
 * out, followed by the final codes.
 *
 * @param {Record<string, any>} settings from `toSettings`
 */
export function toNumbers({ finalCodes, ...settings }) {
  const numbers = Float64Array.from([
    ...optionOrder.map((name) => Number(settings[name])),
    ...finalCodes,
  ]);
  return new Uint8Array(numbers.buffer);
}

/**
 * Checks the options. Returns them by their names in `optionOrder`.
 *
 * @param {any} given
 * @param {Record<string, string[]>} choices the names of the values in C++
 */
export function toSettings(given, choices) {
  const { ping, isPong, interval, deadline } = given.heartbeat ?? {};
  const pings = ping !== undefined && ping !== null;
  if (given.heartbeat && !pings)
    throw badOption("heartbeat has no ping, the message that the server answers.");
  if (pings && typeof ping !== "function") toPing(ping);
  /** @type {Record<string, any>} */
  const settings = {
    gate: Boolean(given.gate),
    retryHint: Boolean(given.retryHint),
    acknowledgement: Boolean(given.acknowledgement),
    finalCodes: given.finalCodes === undefined ? [] : toCodes(given.finalCodes),
    pingInterval: toNumber("heartbeat.interval", interval, -Infinity),
    pongDeadline: toNumber("heartbeat.deadline", deadline, -Infinity),
    pings,
    recognisesPongs: isCallback("heartbeat.isPong", isPong),
    decides: isCallback("shouldReconnectOnClose", given.shouldReconnectOnClose),
  };
  for (const [name, alias] of Object.entries(numbers)) {
    const used = alias && given[name] === undefined ? alias : name;
    settings[name] = toNumber(used, given[used], least[name]);
  }
  if (!Number.isSafeInteger(settings.seed ?? 0)) throw badOption("seed is not an integer.");
  for (const [name, names] of Object.entries(choices)) {
    const value = name === "start" && given.startClosed ? (given.start ?? "later") : given[name];
    if (value === undefined) continue;
    settings[name] = names.indexOf(value);
    if (settings[name] < 0) throw badOption(`${name} is "${value}". Use ${names.join(", ")}.`);
  }
  return settings;
}

/** @param {unknown} ping */
export function toPing(ping) {
  const message = toData(ping, "Session");
  if (isBlob(message)) throw new TypeError("A ping is text or bytes, not a Blob.");
  return toBytes(message);
}
