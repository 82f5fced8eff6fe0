// Converts arguments as browsers do (Web IDL 3.2).

// Stored now, because a page may replace these later.
const { apply } = Reflect;
const toWellFormed = Function.prototype.call.bind(String.prototype.toWellFormed);

/** @typedef {((this: any) => any) | undefined} Getter */

/**
 * Returns an attribute's getter, which works even if a page replaces the attribute later.
 *
 * @param {any} owner
 * @param {string} name
 * @returns {Getter}
 */
export function getter(owner, name) {
  return owner && Object.getOwnPropertyDescriptor(owner.prototype, name)?.get;
}

const blobSize = getter(globalThis.Blob, "size");
const bufferLength = getter(ArrayBuffer, "byteLength");
const isResizable = getter(ArrayBuffer, "resizable");
const isDetached = getter(ArrayBuffer, "detached");
const sharedLength = getter(globalThis.SharedArrayBuffer, "byteLength");
const bufferOfArray = getter(Object.getPrototypeOf(Uint8Array), "buffer");
const bufferOfDataView = getter(DataView, "buffer");

/**
 * @param {unknown} value
 * @param {Getter} get
 */
export function read(value, get) {
  return get && apply(get, value, []);
}

/**
 * @param {unknown} value
 * @param {Getter} get
 */
function has(value, get) {
  try {
    return read(value, get) !== undefined;
  } catch {
    return false;
  }
}

export const readyStates = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

/**
 * Makes a class look like a Web IDL interface (Web IDL 3.7).
 *
 * @param {any} constructor
 * @param {string} name
 */
export function defineInterface(constructor, name) {
  for (const member of Object.getOwnPropertyNames(constructor.prototype)) {
    if (member !== "constructor")
      Object.defineProperty(constructor.prototype, member, { enumerable: true });
  }
  for (const [state, value] of Object.entries(readyStates)) {
    Object.defineProperty(constructor, state, { value, enumerable: true });
    Object.defineProperty(constructor.prototype, state, { value, enumerable: true });
  }
  // Because minifiers rename classes.
  Object.defineProperty(constructor, "name", { value: name, configurable: true });
  Object.defineProperty(constructor.prototype, Symbol.toStringTag, {
    value: name,
    configurable: true,
  });
}

/**
 * @param {IArguments} given
 * @param {number} needed
 * @param {string} call
 */
export function requireArguments(given, needed, call) {
  if (given.length >= needed) return;
  throw new TypeError(
    `Failed to ${call}: ${needed} argument required, but only ${given.length} present.`,
  );
}

/** @param {unknown} value throws for symbols, as Web IDL demands */
export function toDOMString(value) {
  return `${value}`;
}

/** @param {unknown} value */
export function toUSVString(value) {
  return toWellFormed(toDOMString(value));
}

/**
 * Truncates, as Chromium and WebKit do. By Web IDL, it would round.
 *
 * @param {unknown} value
 */
export function toClampedShort(value) {
  const number = +(/** @type {any} */ (value));
  if (!(number > 0)) return 0; // also for NaN
  return number < 0xffff ? number - (number % 1) : 0xffff;
}

/**
 * @param {any} value
 * @param {string} by
 */
export function toStrings(value, by) {
  const isObject = value !== null && (typeof value === "object" || typeof value === "function");
  const method = isObject ? value[Symbol.iterator] : undefined;
  if (method === undefined || method === null) return [toDOMString(value)];
  // If an item can't be converted, for-of would close the iterator, which browsers don't.
  const iterator = apply(method, value, []);
  const { next } = iterator;
  const strings = [];
  for (;;) {
    const result = apply(next, iterator, []);
    if (Object(result) !== result)
      throw new TypeError(`Failed to construct '${by}': the iterator's result is not an object.`);
    if (result.done) return strings;
    strings.push(toDOMString(result.value));
  }
}

/**
 * Accepts Blobs of another realm too, such as a frame. Checks for text and bytes first, because the
 * check for a Blob throws for anything else, which takes microseconds.
 *
 * @param {unknown} value
 * @returns {value is Blob}
 */
export const isBlob = (value) =>
  typeof value === "object" &&
  !ArrayBuffer.isView(value) &&
  !has(value, bufferLength) &&
  has(value, blobSize);

/**
 * @param {any} value
 * @param {string} on
 * @returns {string | Blob | BufferSource}
 */
export function toData(value, on, call = "send") {
  if (typeof value !== "object") return toUSVString(value); // without the exceptions below
  const isView = ArrayBuffer.isView(value);
  const buffer = isView
    ? read(value, has(value, bufferOfArray) ? bufferOfArray : bufferOfDataView)
    : value;
  const isBuffer = has(buffer, bufferLength);
  if (isBuffer && (!read(buffer, isResizable) || read(buffer, isDetached))) return value;
  if (isBuffer || isView || has(buffer, sharedLength)) {
    throw new TypeError(
      `Failed to execute '${call}' on '${on}': the data lies in shared or resizable memory. Send a copy of it.`,
    );
  }
  return isBlob(value) ? value : toUSVString(value);
}
