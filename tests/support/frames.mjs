// WebSocket frames on the wire (RFC 6455 §5.2): for frames that npm's ws would never send, and for
// tests that check sent bytes.

/** @typedef {{ fin: boolean, opcode: number, payload: Buffer }} Frame */

export const Opcode = Object.freeze({
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
});

/**
 * A server's frames are not masked, and a client's must be (RFC 6455 §5.1): a client passes a
 * maskingKey of 4 bytes.
 *
 * @param {number} opcode
 * @param {string | Uint8Array} [payload]
 * @param {{ fin?: boolean, maskingKey?: Uint8Array }} [options]
 * @returns {Buffer}
 */
export function encodeFrame(opcode, payload = "", { fin = true, maskingKey } = {}) {
  const data = typeof payload === "string" ? Buffer.from(payload) : Buffer.from(payload);
  const length = encodeLength(data.length);
  const first = Buffer.of((fin ? 0x80 : 0) | opcode);
  if (!maskingKey) return Buffer.concat([first, length, data]);

  length[0] |= 0x80;
  return Buffer.concat([first, length, maskingKey, mask(data, maskingKey)]);
}

/**
 * Without a code the Close frame is empty, which its receiver reports as 1005.
 *
 * @param {number} [code]
 * @param {string} [reason]
 * @param {{ maskingKey?: Uint8Array }} [options]
 * @returns {Buffer}
 */
export function encodeClose(code, reason = "", options = {}) {
  if (code === undefined) return encodeFrame(Opcode.close, "", options);
  const status = Buffer.alloc(2);
  status.writeUInt16BE(code);
  return encodeFrame(Opcode.close, Buffer.concat([status, Buffer.from(reason)]), options);
}

/** Finds the frames in a stream of bytes that arrives in chunks of any size. */
export class FrameReader {
  #bytes = Buffer.alloc(0);

  /**
   * @param {Uint8Array} chunk
   * @returns {Frame[]} the frames that this chunk completes, unmasked
   */
  read(chunk) {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const frames = [];
    for (let found = decodeFrame(this.#bytes); found; found = decodeFrame(this.#bytes)) {
      frames.push(found.frame);
      this.#bytes = this.#bytes.subarray(found.byteLength);
    }
    return frames;
  }
}

/**
 * @param {Buffer} bytes
 * @returns {{ frame: Frame, byteLength: number } | undefined} undefined while the frame is
 *   incomplete
 */
function decodeFrame(bytes) {
  const length = decodeLength(bytes);
  if (!length) return undefined;

  const masked = (bytes[1] & 0x80) !== 0;
  const start = length.end + (masked ? 4 : 0);
  const end = start + length.value;
  if (bytes.length < end) return undefined;

  const data = bytes.subarray(start, end);
  const payload = masked ? mask(data, bytes.subarray(length.end, start)) : data;
  return {
    frame: { fin: (bytes[0] & 0x80) !== 0, opcode: bytes[0] & 0x0f, payload },
    byteLength: end,
  };
}

/**
 * @param {number} length
 * @returns {Buffer}
 */
function encodeLength(length) {
  if (length < 126) return Buffer.of(length);
  if (length < 65536) {
    const short = Buffer.of(126, 0, 0);
    short.writeUInt16BE(length, 1);
    return short;
  }
  const long = Buffer.alloc(9);
  long[0] = 127;
  long.writeBigUInt64BE(BigInt(length), 1);
  return long;
}

/**
 * @param {Buffer} bytes a frame from its first byte
 * @returns {{ value: number, end: number } | undefined} the payload's length, and where the length
 * field ends
 */
function decodeLength(bytes) {
  if (bytes.length < 2) return undefined;
  const value = bytes[1] & 0x7f;
  if (value < 126) return { value, end: 2 };
  if (value === 126) return bytes.length < 4 ? undefined : { value: bytes.readUInt16BE(2), end: 4 };
  return bytes.length < 10 ? undefined : { value: Number(bytes.readBigUInt64BE(2)), end: 10 };
}

/**
 * @param {Uint8Array} data
 * @param {Uint8Array} maskingKey
 * @returns {Buffer} a copy; masking twice restores the data
 */
function mask(data, maskingKey) {
  return Buffer.from(data.map((byte, index) => byte ^ maskingKey[index % 4]));
}
