// Checks the messages passed to `restoreOutbox`.

import { isBlob, toData } from "./webidl.js";

const call = "restoreOutbox";

/** @param {string} problem */
const badArgument = (problem) =>
  new TypeError(`Failed to execute '${call}' on 'Session': ${problem}`);

/**
 * @param {any} value
 * @param {string} name
 * @returns {number}
 */
function toId(value, name, minimum = 0) {
  if (Number.isSafeInteger(value) && value >= minimum) return value;
  throw badArgument(`${name} is not an integer of ${minimum} or more.`);
}

/**
 * @param {any} data
 * @param {string} name
 */
function toStored(data, name) {
  const message = toData(data, "Session", call);
  // `send` would convert anything else to text. In stored messages, that is a mistake.
  if (isBlob(message) || (typeof data !== "string" && message !== data)) {
    throw badArgument(`${name} is neither text nor bytes.`);
  }
  return message;
}

/**
 * Converts the messages to the form that wasm/pages/session.cpp expects.
 *
 * @param {unknown} messages
 */
export function toKeptMessages(messages) {
  if (!Array.isArray(messages)) throw badArgument("messages is not an array.");
  return Array.from(messages, (message, index) => {
    const { id, data, wasSent } = message ?? {};
    const name = `messages[${index}]`;
    return {
      id: toId(id, `${name}.id`, 1),
      data: toStored(data, `${name}.data`),
      wasSent: Boolean(wasSent),
    };
  });
}

/** @param {unknown} nextId */
export const toNextId = (nextId) => toId(nextId, "nextId");
