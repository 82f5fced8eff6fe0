// Assertions for pages, which have no node:assert.

/** The exception of an assertion. */
export class AssertionError extends Error {
  name = "AssertionError";
}

/**
 * @param {unknown} value
 * @param {string} message
 */
export function ok(value, message) {
  if (!value) throw new AssertionError(message);
}

/**
 * The same value, as Object.is compares.
 *
 * @param {unknown} actual
 * @param {unknown} expected
 * @param {string} [what]
 */
export function equal(actual, expected, what = "") {
  if (!Object.is(actual, expected)) throw unexpected(what, show(actual), show(expected));
}

/**
 * Deeply equal: primitives, arrays, plain objects.
 *
 * @param {unknown} actual
 * @param {unknown} expected
 * @param {string} [what]
 */
export function deepEqual(actual, expected, what = "") {
  if (!isDeepEqual(actual, expected)) throw unexpected(what, show(actual), show(expected));
}

/**
 * @param {() => unknown} run
 * @returns {unknown} the exception
 */
export function thrownBy(run) {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new AssertionError("Nothing was thrown");
}

/**
 * @param {() => unknown} run
 * @param {unknown} expected the very value
 */
export function throwsExactly(run, expected) {
  equal(thrownBy(run), expected, "thrown");
}

/**
 * @param {() => unknown} run
 * @param {typeof globalThis} [realm]
 */
export function throwsTypeError(run, realm = globalThis) {
  const error = thrownBy(run);
  ok(isOwn(error, realm.TypeError), `Expected this realm's TypeError, but got ${error}`);
}

/** The numbers that exceptions had before they got names (Web IDL §2.8.1). */
const legacyCodes = { InvalidStateError: 11, SyntaxError: 12, InvalidAccessError: 15 };

/**
 * @param {() => unknown} run
 * @param {keyof typeof legacyCodes} name
 * @param {typeof globalThis} [realm]
 */
export function throwsDOMException(run, name, realm = globalThis) {
  const error = thrownBy(run);
  ok(isOwn(error, realm.DOMException), `Expected this realm's DOMException, but got ${error}`);
  const { name: actual, code, message } = /** @type {DOMException} */ (error);
  equal(actual, name, "name");
  equal(code, legacyCodes[name], "code");
  ok(message.length > 0, "The exception has no message");
}

/**
 * @param {unknown} error
 * @param {{ prototype: object }} type
 */
function isOwn(error, type) {
  return (
    error !== null && typeof error === "object" && Object.getPrototypeOf(error) === type.prototype
  );
}

/**
 * @param {unknown} left
 * @param {unknown} right
 * @returns {boolean}
 */
function isDeepEqual(left, right) {
  if (Object.is(left, right)) return true;
  if (!isComposite(left) || !isComposite(right) || Array.isArray(left) !== Array.isArray(right))
    return false;
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => isDeepEqual(left[key], right[key]))
  );
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isComposite(value) {
  if (Array.isArray(value)) return true;
  return (
    value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype
  );
}

/**
 * @param {string} what
 * @param {string} actual
 * @param {string} expected
 */
function unexpected(what, actual, expected) {
  return new AssertionError(`${what && `${what}: `}got ${actual}, expected ${expected}`);
}

/** @param {unknown} value */
function show(value) {
  const text =
    isComposite(value) || typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 400 ? `${text.slice(0, 400)}… (${text.length} characters)` : text;
}
