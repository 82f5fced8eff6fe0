// JSON-RPC 2.0 over a Session: requests and replies on a connection that may be lost and reopened.
// Copy it, and change what you need.
//
//   const session = new Session("wss://example.org/rpc");
//   const rpc = new JsonRpc(session);
//   const sum = await rpc.call("add", [1, 2], { timeout: 5_000, isSafe: true });
//
// If there is no connection, a call waits for one. It fails at its deadline and when the session
// stops. It also fails when its connection is lost, unless `isSafe` says that the server may
// execute it twice. tests/node/json_rpc.test.mjs shows all of this.

/** The server answered with an error. */
export class RpcError extends Error {
  name = "RpcError";

  /** @param {{ code: number, message: string, data?: unknown }} error */
  constructor({ code, message, data }) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

const reasons = {
  timeout: "it took too long",
  "connection-lost": "the connection was lost",
  stopped: "the session has stopped",
};

/** There is no answer. If `wasSent`, the server may or may not have executed the call. */
export class NoAnswer extends Error {
  name = "NoAnswer";

  /**
   * @param {keyof typeof reasons} why
   * @param {Call} call
   */
  constructor(why, { method, wasSent }) {
    super(`"${method}" got no answer: ${reasons[why]}.`);
    this.why = why;
    this.wasSent = wasSent;
  }
}

/**
 * @typedef {object} Call
 * @property {string} method
 * @property {string} text
 * @property {boolean} isSafe
 * @property {boolean} isSent whether it was sent on this connection
 * @property {boolean} wasSent whether it was sent on any connection
 * @property {(result: any) => void} resolve
 * @property {(error: Error) => void} reject
 */

export class JsonRpc {
  /** Called with notifications from the server. @type {(method: string, params: any) => void} */
  onnotification = () => {};

  #session;
  #lastId = 0;
  /** Unanswered calls. @type {Map<number, Call>} */
  #pending = new Map();

  /** @param {import("../js/session.js").Session} session */
  constructor(session) {
    this.#session = session;
    session.addEventListener("open", () => this.#sendPending());
    session.addEventListener("message", ({ data }) => this.#receive(data));
    session.addEventListener("close", () => this.#loseConnection());
    session.addEventListener("statuschange", () => this.#changeStatus());
  }

  /**
   * @param {string} method
   * @param {unknown} [params]
   * @param {{ timeout?: number, isSafe?: boolean }} [options] `timeout` is in milliseconds;
   *   `isSafe` allows a repetition
   * @returns {Promise<any>} the result
   */
  call(method, params, { timeout = 10_000, isSafe = false } = {}) {
    const id = ++this.#lastId;
    const text = JSON.stringify({ jsonrpc: "2.0", id, method, params });
    return new Promise((resolve, reject) => {
      const call = { method, text, isSafe, isSent: false, wasSent: false, resolve, reject };
      if (this.#hasStopped()) return reject(new NoAnswer("stopped", call));
      const timer = setTimeout(() => this.#fail(id, "timeout"), timeout);
      call.resolve = (result) => (clearTimeout(timer), resolve(result));
      call.reject = (error) => (clearTimeout(timer), reject(error));
      this.#pending.set(id, call);
      if (this.#session.status.state === "open") this.#send(call);
    });
  }

  /**
   * Sends a notification, which gets no answer. Without a connection, it is dropped.
   *
   * @param {string} method
   * @param {unknown} [params]
   */
  notify(method, params) {
    this.#session.send(JSON.stringify({ jsonrpc: "2.0", method, params }), { keep: false });
  }

  #changeStatus() {
    if (this.#hasStopped()) for (const id of this.#pending.keys()) this.#fail(id, "stopped");
  }

  #hasStopped() {
    return this.#session.status.state === "stopped";
  }

  /** @param {Call} call */
  #send(call) {
    // Not kept in the outbox, because a call that fails with this connection must not be sent on
    // the next one.
    call.isSent = this.#session.send(call.text, { keep: false }).delivery === "sent";
    call.wasSent ||= call.isSent;
  }

  #sendPending() {
    for (const call of this.#pending.values()) if (!call.isSent) this.#send(call);
  }

  /** @param {any} data */
  #receive(data) {
    const { id, method, params, result, error } = JSON.parse(data);
    if (method !== undefined) return this.onnotification(method, params);
    const call = this.#pending.get(id);
    if (!call) return; // too late: the call has already failed
    this.#pending.delete(id);
    if (error) call.reject(new RpcError(error));
    else call.resolve(result);
  }

  #loseConnection() {
    for (const [id, call] of this.#pending) {
      if (call.isSent && !call.isSafe) this.#fail(id, "connection-lost");
      call.isSent = false;
    }
  }

  /**
   * @param {number} id
   * @param {keyof typeof reasons} why
   */
  #fail(id, why) {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    call?.reject(new NoAnswer(why, call));
  }
}
