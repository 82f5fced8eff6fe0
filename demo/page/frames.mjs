// Parses WebSocket frames (RFC 6455 §5.2). The server uses it to find frames in the bytes of a
// connection, and the view "On the wire" to explain their bits.

const LONGEST_HEADER = 14;

/**
 * `rsv` contains RSV1 as 4, RSV2 as 2 and RSV3 as 1. `lengthBits` is the size of the payload length
 * field. `size` is the number of header bytes, including the masking key.
 *
 * @typedef {{ fin: boolean, rsv: number, opcode: number, lengthBits: 7 | 16 | 64, payloadLength: number, maskingKey: Uint8Array | undefined, size: number }}
 *   Header
 */

/**
 * A frame on the wire. If the payload is long, `bytes` contains only its beginning. `size` is the
 * size of the whole frame.
 *
 * @typedef {{ bytes: Uint8Array, size: number }} Frame
 */

/**
 * Returns undefined while the header is incomplete.
 *
 * @param {Uint8Array} bytes a frame from its first byte
 * @returns {Header | undefined}
 */
export function decodeHeader(bytes) {
  if (bytes.length < 2) return undefined;
  const short = bytes[1] & 0x7f;
  const lengthBits = short < 126 ? 7 : short === 126 ? 16 : 64;
  const lengthEnd = { 7: 2, 16: 4, 64: 10 }[lengthBits];
  const isMasked = (bytes[1] & 0x80) !== 0;
  const size = lengthEnd + (isMasked ? 4 : 0);
  if (bytes.length < size) return undefined;

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const payloadLength = {
    7: () => short,
    16: () => view.getUint16(2),
    64: () => Number(view.getBigUint64(2)),
  };
  return {
    fin: (bytes[0] & 0x80) !== 0,
    rsv: (bytes[0] & 0x70) >> 4,
    opcode: bytes[0] & 0x0f,
    lengthBits,
    payloadLength: payloadLength[lengthBits](),
    maskingKey: isMasked ? Uint8Array.from(bytes.subarray(lengthEnd, size)) : undefined,
    size,
  };
}

/**
 * Masking twice returns the same data (RFC 6455 §5.3).
 *
 * @param {Uint8Array} data
 * @param {Uint8Array} maskingKey
 */
export function mask(data, maskingKey) {
  return data.map((byte, index) => byte ^ maskingKey[index % 4]);
}

/** Finds the frames in a stream of bytes that arrives in chunks of any size. */
export class FrameReader {
  #longestPayload;
  #kept = new Uint8Array();
  /** @type {Header | undefined} */
  #header;
  #missing = 0; // missing bytes of the payload

  /** @param {number} longestPayload how many bytes of each payload are kept */
  constructor(longestPayload) {
    this.#longestPayload = longestPayload;
  }

  /**
   * Returns the frames that this chunk completes.
   *
   * @param {Uint8Array} chunk
   */
  read(chunk) {
    /** @type {Frame[]} */
    const frames = [];
    for (let bytes = chunk; bytes.length > 0;) {
      bytes = this.#header ? this.#readPayload(bytes, this.#header) : this.#readHeader(bytes);
      if (!this.#header || this.#missing > 0) continue;
      frames.push({ bytes: this.#kept, size: this.#header.size + this.#header.payloadLength });
      this.#kept = new Uint8Array();
      this.#header = undefined;
    }
    return frames;
  }

  /** @param {Uint8Array} bytes */
  #readHeader(bytes) {
    const known = this.#kept.length;
    const start = concat(this.#kept, bytes.subarray(0, LONGEST_HEADER - known));
    this.#header = decodeHeader(start);
    this.#kept = start.subarray(0, this.#header?.size);
    this.#missing = this.#header?.payloadLength ?? 0;
    return bytes.subarray(this.#kept.length - known);
  }

  /**
   * @param {Uint8Array} bytes
   * @param {Header} header
   */
  #readPayload(bytes, { size }) {
    const part = bytes.subarray(0, this.#missing);
    const room = size + this.#longestPayload - this.#kept.length;
    if (room > 0) this.#kept = concat(this.#kept, part.subarray(0, room));
    this.#missing -= part.length;
    return bytes.subarray(part.length);
  }
}

/**
 * @param {Uint8Array} first
 * @param {Uint8Array} second
 */
function concat(first, second) {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
