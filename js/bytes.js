// Reads the bytes of outgoing data, even if a page has replaced methods of the platform's classes.

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
  if (read(data, isTypedArray)) return read(data, ofArray[2]);
  // For a detached buffer, a DataView throws.
  return read(read(data, ofDataView[0]), lengthOfBuffer) && read(data, ofDataView[2]);
}

/**
 * Returns text unchanged, and bytes as a view, in the form that a module's `lend` expects.
 *
 * @param {string | BufferSource} data
 */
export function toBytes(data) {
  if (typeof data === "string") return data;
  if (byteLengthOf(data) === 0) return new Uint8Array(); // the buffer may be detached
  if (!ArrayBuffer.isView(data)) return new Uint8Array(data);
  const [buffer, offset, length] = gettersOf(data).map((get) => read(data, get));
  return new Uint8Array(buffer, offset, length);
}

const encoder = TextEncoder && new TextEncoder();
/** @type {Uint8Array | undefined} */
let scratch;

/** @param {string} text */
function sizeOfText(text) {
  scratch ??= new Uint8Array(0x10000);
  // For short text, calling the encoder costs more than this loop.
  let size = 0;
  if (text.length < 48) while (size < text.length && text.charCodeAt(size) < 0x80) ++size;
  // In pieces, because there may be no memory for all of it.
  for (let rest = text.slice(size); rest;) {
    const { read, written } = encoder.encodeInto(rest, scratch);
    size += written;
    rest = rest.slice(read);
  }
  return size;
}

/** @param {string | Blob | BufferSource} data */
export function sizeOf(data) {
  if (typeof data === "string") return sizeOfText(data);
  // Calls isBlob last, because it is slow.
  const isOfBlob = !ArrayBuffer.isView(data) && (data instanceof Blob || isBlob(data));
  return isOfBlob ? read(data, sizeOfBlob) : byteLengthOf(data);
}

/** @param {Blob} blob @returns {Promise<ArrayBuffer>} */
export const readBlob = (blob) => apply(blob.arrayBuffer ?? arrayBuffer, blob, []);
