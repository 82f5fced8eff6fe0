// What browsers do with an argument before a method sees it (Web IDL §3.2), as far as the WebSocket interface needs it.

/**
 * Whether `value` is what has the attribute `name` of `interface_`, from whatever realm it comes.
 *
 * @param {unknown} value
 * @param {{ prototype: object }} interface_
 * @param {string} name
 */
function is(value, interface_, name) {
  try {
    Object.getOwnPropertyDescriptor(interface_.prototype, name)?.get?.call(value);
    return true;
  } catch {
    return false;
  }
}

/** @param {unknown} value */
const isBuffer = (value) => is(value, ArrayBuffer, "byteLength");

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
  return toDOMString(value).toWellFormed();
}

/**
 * [Clamp] unsigned short: into 0 to 65535, and to the nearest whole number, which is the even one of two.
 *
 * @param {unknown} value
 */
export function toClampedShort(value) {
  const number = Math.min(Math.max(+(/** @type {any} */ (value)) || 0, 0), 0xffff);
  const rounded = Math.round(number);
  return rounded - number === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}

/**
 * (DOMString or sequence<DOMString>), as the list of strings that both stand for.
 *
 * @param {any} value
 */
export function toStrings(value) {
  const isObject = value !== null && (typeof value === "object" || typeof value === "function");
  const method = isObject ? value[Symbol.iterator] : undefined;
  if (method === undefined || method === null) return [toDOMString(value)];
  const strings = [];
  for (const item of { [Symbol.iterator]: () => method.call(value) }) strings.push(toDOMString(item));
  return strings;
}

/**
 * (BufferSource or Blob or USVString). Memory that may be shared or resized under a reader is refused.
 *
 * @param {any} value
 * @returns {string | Blob | BufferSource}
 */
export function toData(value) {
  if (typeof value !== "object") return toUSVString(value); // which spares text the exceptions below
  const isView = ArrayBuffer.isView(value);
  if (isView || isBuffer(value)) {
    const buffer = isView ? value.buffer : value;
    if (isBuffer(buffer) && !buffer.resizable) return value;
    throw new TypeError(
      "Failed to execute 'send' on 'WebSocket': the data lies in shared or resizable memory. Send a copy of it.",
    );
  }
  return is(value, Blob, "size") ? value : toUSVString(value);
}
