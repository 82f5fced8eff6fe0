// Reads and writes the binary frames of a room on the server. demo/views/room_protocol.hpp
// describes them.

import { createHash } from "node:crypto";

export const MAX_POINTS = 64;
export const MAX_FRAME_BYTES = 6 + 4 * MAX_POINTS;
const MAX_NAME_BYTES = 32;
const COLOURS = 8;

const JOIN = 1;
const POINTER = 2;
const STROKE = 3;
const CONTROL = 4;
const PING = 5;

/**
 * `client` is the hash of the secret, in hexadecimal.
 *
 * @typedef {{ type: "join", client: string, after: number, colour: number, name: Buffer }
 *   | { type: "pointer", at: Buffer }
 *   | { type: "stroke", number: number, content: Buffer }
 *   | { type: "control", isKill: boolean, isServer: boolean, index: number }
 *   | { type: "ping" }} Frame
 */

/**
 * Returns undefined if the bytes are not a valid client frame.
 *
 * @param {Buffer} bytes
 * @returns {Frame | undefined}
 */
export function decode(bytes) {
  switch (bytes[0]) {
    case JOIN: {
      if (bytes.length < 22 || bytes.length > 22 + MAX_NAME_BYTES || bytes[21] >= COLOURS)
        return undefined;
      const client = createHash("sha256").update(bytes.subarray(1, 17)).digest("hex").slice(0, 16);
      return {
        type: "join",
        client,
        after: bytes.readUInt32BE(17),
        colour: bytes[21],
        name: clean(bytes.subarray(22)),
      };
    }
    case POINTER:
      return bytes.length === 5 ? { type: "pointer", at: bytes.subarray(1) } : undefined;
    case STROKE: {
      const points = (bytes.length - 6) / 4;
      if (points < 1 || points > MAX_POINTS || !Number.isInteger(points) || bytes[5] >= COLOURS)
        return undefined;
      const number = bytes.readUInt32BE(1);
      return number > 0 ? { type: "stroke", number, content: bytes.subarray(1) } : undefined;
    }
    case CONTROL:
      if (bytes.length !== 4 || bytes[1] > 1 || bytes[2] > 1) return undefined;
      return { type: "control", isKill: bytes[1] === 0, isServer: bytes[2] === 0, index: bytes[3] };
    case PING:
      return bytes.length === 1 ? { type: "ping" } : undefined;
    default:
      return undefined;
  }
}

/**
 * Removes control characters and invalid UTF-8, including a character that was cut by the size
 * limit, so that they do not reach other visitors.
 *
 * @param {Buffer} name
 */
function clean(name) {
  const text = name.toString().replaceAll(/[\p{C}\uFFFD]/gu, "");
  return Buffer.from(text);
}

/** @param {number} value */
const u32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** @param {string} client */
const idOf = (client) => Buffer.from(client, "hex");

export const PONG = Buffer.of(135);

/**
 * @param {{ epoch: number, client: string, first: number, last: number, server: number }} welcome
 */
export const welcome = ({ epoch, client, first, last, server }) =>
  Buffer.concat([
    Buffer.of(129),
    u32(epoch),
    idOf(client),
    u32(first),
    u32(last),
    Buffer.of(server),
  ]);

/** @param {string} client @param {Buffer} at */
export const pointer = (client, at) => Buffer.concat([Buffer.of(130), idOf(client), at]);

/**
 * @param {number} sequence
 * @param {Buffer} stroke as stored: its client, and the data that it sent
 */
export const stroke = (sequence, stroke) => Buffer.concat([Buffer.of(131), u32(sequence), stroke]);

/** @param {string} client @param {Buffer} content the data that it sent */
export const storedStroke = (client, content) => Buffer.concat([idOf(client), content]);

/** @param {Buffer} stroke as stored */
export const authorOf = (stroke) => ({
  client: stroke.toString("hex", 0, 8),
  number: stroke.readUInt32BE(8),
});

/** @param {string} client @param {number} colour @param {Buffer} name */
export const here = (client, colour, name) =>
  Buffer.concat([Buffer.of(132), idOf(client), Buffer.of(colour), name]);

/** @param {string} client */
export const left = (client) => Buffer.concat([Buffer.of(133), idOf(client)]);

/** @param {number} number */
export const stored = (number) => Buffer.concat([Buffer.of(134), u32(number)]);

/** @param {boolean[]} servers which are up @param {boolean[]} nodes */
export const cluster = (servers, nodes) =>
  Buffer.of(136, servers.length, mask(servers), nodes.length, mask(nodes));

/** @param {boolean[]} all */
const mask = (all) => all.reduce((sum, isUp, index) => sum | (Number(isUp) << index), 0);
