// An outbox that survives a reload: each message is in IndexedDB before a Session sends it. Copy
// it, and change what you need.
//
//   const outbox = await StoredOutbox.open("orders");
//   const session = new Session("wss://example.org/orders", [], StoredOutbox.options);
//   session.onopen = () => session.sendNow(`client ${outbox.client}`);
//   session.onmessage = ({ data }) => outbox.acknowledge(Number(data));
//   outbox.restoreTo(session);
//   await outbox.send(`${outbox.nextId} two coffees`);
//
// The server stores the last id of each client, ignores messages up to this id, and answers with
// the last id. So each message counts once, in order, even if the page, the network or the server
// fails at any moment. tests/browser/stored_outbox.test.mjs tests all of this.
//
// - Only one tab at a time can use the outbox of a name. `open` in a second tab waits until the
//   first is closed. If your tabs send at the same time, use a different name in each.
// - `session.close()` drops messages, and removes them from the store too. To keep them, call
//   `session.takeOutbox()` first.
// - Browsers may delete the data of sites that are rarely used, unless
//   `navigator.storage.persist()` says otherwise.

const stores = ["messages", "state"];

/** @typedef {import("../js/session.js").Session} Session */
/** @typedef {import("../js/session.js").KeptMessage} KeptMessage */

export class StoredOutbox {
  /**
   * For the session. The store has no limit except the browser's quota, so a restored outbox must
   * always fit.
   */
  static options = /** @type {const} */ ({
    acknowledgement: true,
    whenOutboxFull: "refuse",
    maxOutboxMessages: Infinity,
    maxOutboxBytes: Infinity,
  });

  #database;
  #stored;
  #nextId;
  #client;
  /** @type {Session | undefined} */
  #session;

  /**
   * @param {string} name
   * @returns {Promise<StoredOutbox>}
   */
  static async open(name) {
    let release;
    try {
      release = await lock(`outbox ${name}`);
      const database = await openDatabase(`outbox ${name}`);
      const transaction = database.transaction(stores);
      const state = transaction.objectStore("state");
      const results = [
        transaction.objectStore("messages").getAll(),
        state.get("nextId"),
        state.get("client"),
      ];
      const [messages, nextId, client] = await Promise.all(results.map(resultOf));
      return new StoredOutbox(database, messages, nextId, client);
    } catch (error) {
      release?.();
      throw failure(`The outbox "${name}" could not be opened`, error);
    }
  }

  /**
   * Use `open`.
   *
   * @param {IDBDatabase} database
   * @param {KeptMessage[]} stored
   * @param {number} nextId
   * @param {string} client
   */
  constructor(database, stored, nextId, client) {
    this.#database = database;
    this.#stored = stored;
    this.#nextId = nextId;
    this.#client = client;
  }

  /** Identifies this outbox to the server, which keeps the ids of each outbox apart. */
  get client() {
    return this.#client;
  }

  /** The id of the next message, to be written into the message. */
  get nextId() {
    return this.#nextId;
  }

  /** @param {Session} session must be new; don't send anything else through it */
  restoreTo(session) {
    session.restoreOutbox(this.#stored, this.#nextId);
    session.addEventListener("drop", ({ id }) => id > 0 && this.#remove(IDBKeyRange.only(id)));
    this.#session = session;
    this.#stored = [];
  }

  /**
   * Resolves when the message is stored and passed to the session. If it rejects, the message is
   * not sent, and not stored either unless the error says so.
   *
   * @param {string | Uint8Array<ArrayBuffer>} message
   */
  async send(message) {
    const session = this.#session;
    if (!session) throw new Error("Call restoreTo before send: older messages go first.");
    const id = this.#nextId++;
    const data = typeof message === "string" ? message : message.slice();
    try {
      await this.#write((messages, state) => {
        // After a reload, no one knows whether the message was sent.
        messages.add({ id, data, wasSent: true });
        state.put(id + 1, "nextId");
      });
    } catch (error) {
      throw failure("The message could not be stored, so it was not sent", error);
    }
    try {
      session.restoreOutbox([], id); // skips the ids of messages that could not be stored
      session.send(data);
    } catch (error) {
      await this.#remove(IDBKeyRange.only(id)).catch((cause) => {
        throw failure(
          "The message was not sent, but it is still in the store, and goes out after a reload",
          cause,
        );
      });
      throw failure("The session did not accept the message, so it was not sent", error);
    }
  }

  /**
   * Call this when the server has the message with this id and all messages before it. If it
   * rejects, they stay in the store. After a reload, the server gets them again, and ignores them.
   *
   * @param {number} id
   */
  async acknowledge(id) {
    // The session knows whether it sent a message with that id.
    if (this.#session && this.#session.acknowledge(id) > 0)
      await this.#remove(IDBKeyRange.upperBound(id));
  }

  /** @param {IDBKeyRange} ids */
  #remove(ids) {
    return this.#write((messages) => messages.delete(ids));
  }

  /**
   * Resolves when all changes made by `write` are stored. Transactions complete in the order in
   * which they start.
   *
   * @param {(messages: IDBObjectStore, state: IDBObjectStore) => unknown} write
   * @returns {Promise<void>}
   */
  #write(write) {
    return new Promise((resolve, reject) => {
      // Otherwise, a power failure could restore an older `nextId`. Messages would reuse its ids,
      // and the server would ignore them.
      const transaction = this.#database.transaction(stores, "readwrite", { durability: "strict" });
      transaction.oncomplete = () => resolve();
      transaction.onabort = () =>
        reject(transaction.error ?? new Error("The browser aborted the transaction."));
      write(transaction.objectStore("messages"), transaction.objectStore("state"));
    });
  }
}

/**
 * Waits until no other tab has the lock. Keeps it until the page is closed, or the returned
 * function is called.
 *
 * @param {string} name
 * @returns {Promise<() => void>}
 */
function lock(name) {
  if (!navigator.locks) throw new Error("Only pages served over HTTPS have locks.");
  return new Promise((resolve, reject) => {
    const hold = () => new Promise((release) => resolve(() => release(undefined)));
    navigator.locks.request(name, hold).catch(reject);
  });
}

/**
 * @param {string} name
 * @returns {Promise<IDBDatabase>}
 */
function openDatabase(name) {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("messages", { keyPath: "id" });
    const state = request.result.createObjectStore("state");
    state.add(1, "nextId");
    state.add(crypto.randomUUID(), "client");
  };
  return resultOf(request);
}

/**
 * @param {IDBRequest} request
 * @returns {Promise<any>}
 */
function resultOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/**
 * @param {string} what
 * @param {any} cause
 */
const failure = (what, cause) => new Error(`${what}: ${cause?.message ?? cause}`, { cause });
