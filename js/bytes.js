// Reads the bytes of what an app sends, whatever a page has done to the platform's classes.

import { getter, isBlob, read } from "./webidl.js";

const { Blob, TextEncoder } = globalThis;
const { apply } = Reflect;

const TypedArray = Object.getPrototypeOf(Uint8Array);
const isTypedArray = getter(TypedArray, /** @type {any} */ (Symbol.toStringTag));
const [ofArray, ofDataView] = [TypedArray, DataView].map((owner) =>
  ["buffer", "byteOffset", "byteLength"].map((name) => getter(owner, name)),
);
const lengthOfBuffer = getter(ArrayBuffer, "byteLength");
const sizeOfBlob = getter(Blob, "size");
const { arrayBuffer } = Blob?.prototype ?? {};

/** @param {BufferSource} view */
const gettersOf = (view) => (read(view, isTypedArray) ? ofArray : ofDataView);

/** @param {BufferSource} data */
function byteLengthOf(data) {
  if (!ArrayBuffer.isView(data)) return read(data, lengthOfBuffer);
  const [buffer, , length] = gettersOf(data);
  // A DataView of a detached buffer throws.
  return read(read(data, buffer), lengthOfBuffer) && read(data, length);
}

/**
 * Text unchanged, and bytes as a view, as a module's `lend` takes them.
 *
 * @param {string | BufferSource} data
 */
export function toBytes(data) {
  if (typeof data === "string") return data;
  if (byteLengthOf(data) === 0) return new Uint8Array(); // it may be detached
  if (!ArrayBuffer.isView(data)) return new Uint8Array(data);
  const [buffer, offset, length] = gettersOf(data).map((get) => read(data, get));
  return new Uint8Array(buffer, offset, length);
}

const encoder = TextEncoder && new TextEncoder();
/** @type {Uint8Array | undefined} Where text is encoded to learn its size. */
let scratch;

/** @param {string} text */
function sizeOfText(text) {
  // Calling the encoder costs more than reading a short text.
  let ascii = 0;
  if (text.length < 48) while (text.charCodeAt(ascii) < 0x80) ++ascii;
  if (ascii === text.length) return ascii;
  // In pieces, since a text may be larger than what can be allocated.
  scratch ??= new Uint8Array(0x10000);
  let size = 0;
  for (let rest = text; rest;) {
    const { read, written } = encoder.encodeInto(rest, scratch);
    size += written;
    rest = rest.slice(read);
  }
  return size;
}

/**
 * Bytes of payload: of text as UTF-8.
 *
 * @param {string | Blob | BufferSource} data
 */
export function sizeOf(data) {
  if (typeof data === "string") return sizeOfText(data);
  return isBlob(data) ? read(data, sizeOfBlob) : byteLengthOf(data);
}

/** @param {Blob} blob @returns {Promise<ArrayBuffer>} */
export const readBlob = (blob) => apply(blob.arrayBuffer ?? arrayBuffer, blob, []);
