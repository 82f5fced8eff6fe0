// What browsers do with an argument before a method sees it (Web IDL section 3.2), as far as the WebSocket interface needs it.

// What a page puts in the place of these later is not for this class.
const { apply } = Reflect;
const toWellFormed = Function.prototype.call.bind(String.prototype.toWellFormed);

/** @typedef {((this: any) => any) | undefined} Getter */

/**
 * What reads an attribute of whatever object has it, from whatever realm it comes and whatever a page has done to it.
 *
 * @param {{ prototype: object } | undefined} owner is missing where the environment has no such class
 * @param {string} name
 * @returns {Getter}
 */
function getter(owner, name) {
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
function read(value, get) {
  return get && apply(get, value, []);
}

/**
 * Whether `value` has what `get` reads.
 *
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

const states = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

/**
 * Makes an interface of the platform of a class: with enumerable members, the four states, and its name.
 *
 * @param {{ prototype: object }} constructor
 * @param {string} name
 */
export function defineInterface(constructor, name) {
  for (const member of Object.getOwnPropertyNames(constructor.prototype)) {
    if (member !== "constructor") Object.defineProperty(constructor.prototype, member, { enumerable: true });
  }
  for (const [state, value] of Object.entries(states)) {
    Object.defineProperty(constructor, state, { value, enumerable: true });
    Object.defineProperty(constructor.prototype, state, { value, enumerable: true });
  }
  // Which a minifier would have changed.
  Object.defineProperty(constructor, "name", { value: name, configurable: true });
  Object.defineProperty(constructor.prototype, Symbol.toStringTag, { value: name, configurable: true });
}

/**
 * @param {IArguments} given
 * @param {number} needed
 * @param {string} call
 */
export function requireArguments(given, needed, call) {
  if (given.length >= needed) return;
  throw new TypeError(`Failed to ${call}: ${needed} argument required, but only ${given.length} present.`);
}

/**
 * DOMString. A template throws a TypeError for a symbol, as it must.
 *
 * @param {unknown} value
 */
export function toDOMString(value) {
  return `${value}`;
}

/**
 * USVString: a lone surrogate becomes U+FFFD.
 *
 * @param {unknown} value
 */
export function toUSVString(value) {
  return toWellFormed(toDOMString(value));
}

/**
 * [Clamp] unsigned short: into 0 to 65535. A fraction is cut off, as Chromium and WebKit have it, where Web IDL section 3.3.3 and
 * Firefox round.
 *
 * @param {unknown} value
 */
export function toClampedShort(value) {
  const number = +(/** @type {any} */ (value));
  if (!(number > 0)) return 0; // NaN, too
  return number < 0xffff ? number - (number % 1) : 0xffff;
}

/**
 * (DOMString or sequence<DOMString>), as the list of strings that both stand for.
 *
 * @param {any} value
 * @param {string} by is the name of the class that is constructed
 */
export function toStrings(value, by) {
  const isObject = value !== null && (typeof value === "object" || typeof value === "function");
  const method = isObject ? value[Symbol.iterator] : undefined;
  if (method === undefined || method === null) return [toDOMString(value)];
  // Not by for-of, which would close the iterator where a string cannot be made of an item.
  const iterator = apply(method, value, []);
  const { next } = iterator;
  const strings = [];
  for (;;) {
    const result = apply(next, iterator, []);
    if (Object(result) !== result) throw new TypeError(`Failed to construct '${by}': the iterator gave no object.`);
    if (result.done) return strings;
    strings.push(toDOMString(result.value));
  }
}

/**
 * (BufferSource or Blob or USVString). Memory that may be shared or resized under a reader is refused.
 *
 * @param {any} value
 * @param {string} on is the name of the class that sends
 * @returns {string | Blob | BufferSource}
 */
export function toData(value, on) {
  if (typeof value !== "object") return toUSVString(value); // which spares text the exceptions below
  const isView = ArrayBuffer.isView(value);
  const buffer = isView ? read(value, has(value, bufferOfArray) ? bufferOfArray : bufferOfDataView) : value;
  const isBuffer = has(buffer, bufferLength);
  if (isBuffer && (!read(buffer, isResizable) || read(buffer, isDetached))) return value;
  if (isBuffer || isView || has(buffer, sharedLength)) {
    throw new TypeError(
      `Failed to execute 'send' on '${on}': the data lies in shared or resizable memory. Send a copy of it.`,
    );
  }
  return has(value, blobSize) ? value : toUSVString(value);
}
