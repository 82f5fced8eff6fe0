// Keeps the strokes of rooms in this server's memory, for one server alone.

import { randomBytes } from "node:crypto";

/**
 * Where the strokes of rooms are stored, and by which the servers of a room hear of each other.
 *
 * @typedef {object} Store
 * @property {(name: string, listener: Listener) => Promise<Channel>} open
 * @property {boolean} isShared whether other servers may have the same rooms
 * @property {() => Promise<void>} close
 */

/**
 * @typedef {object} Listener
 * @property {(sequence: number, stroke: Buffer) => void} onStroke each stored stroke, from the first that is kept on, in
 *   order and once
 * @property {(bytes: Buffer) => void} onShout what another server shouts
 */

/**
 * A room of a store. `epoch` changes when the sequence starts again.
 *
 * @typedef {object} Channel
 * @property {number} epoch
 * @property {(id: string, stroke: Buffer) => Promise<void>} append resolves once it is stored; the same `id` is stored once.
 *   Rejects if that cannot be for now.
 * @property {(bytes: Buffer) => void} shout to the other servers of the room; may be lost
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
      // The room itself knows which strokes it has.
      append: async (_id, stroke) => onStroke(++last, stroke),
      shout() {},
      close: async () => {},
    };
  }

  async close() {}
}
