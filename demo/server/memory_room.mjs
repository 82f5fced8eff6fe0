// Stores the strokes of rooms in this server's memory. For a single server only.

import { randomBytes } from "node:crypto";

/**
 * Stores the strokes of rooms, and connects the servers that share a room.
 *
 * @typedef {object} Store
 * @property {(name: string, listener: Listener) => Promise<Channel>} open
 * @property {boolean} isShared whether other servers may have the same rooms
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} Listener
 * @property {(sequence: number, stroke: Buffer) => void} onStroke called with each stored stroke,
 *   in order and once, starting with the oldest
 * @property {(bytes: Buffer) => void} onShout called with what another server shouts
 */

/**
 * A room in a store. `epoch` changes when the sequence restarts.
 *
 * @typedef {object} Channel
 * @property {number} epoch
 * @property {(id: string, stroke: Buffer) => Promise<void>} append resolves once it is stored; the
 *   same `id` is stored once. Rejects if storing is not possible now.
 * @property {(bytes: Buffer) => void} shout sends to the other servers of the room; may be lost
 * @property {() => Promise<void>} close
 */

/** @implements {Store} */
export class MemoryStore {
  isShared = false;

  /**
   * @param {string} _name
   * @param {Listener} listener
   * @returns {Promise<Channel>}
   */
  async open(_name, { onStroke }) {
    let last = 0;
    return {
      epoch: randomBytes(4).readUInt32BE(),
      // The room knows its own strokes already.
      append: async (_id, stroke) => onStroke(++last, stroke),
      shout() {},
      close: async () => {},
    };
  }

  async close() {}
}
