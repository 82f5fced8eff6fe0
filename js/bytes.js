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

/** @param {string | Blob | BufferSource} data */
export function sizeOf(data) {
  if (typeof data === "string") return new TextEncoder().encode(data).length;
  return isBlob(data) ? read(data, sizeOfBlob) : byteLengthOf(data);
}

/** @param {Blob} blob @returns {Promise<ArrayBuffer>} */
export const readBlob = (blob) => apply(blob.arrayBuffer ?? arrayBuffer, blob, []);
