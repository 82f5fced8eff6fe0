// The other side of a session, on the server of server.mjs.

/** @typedef {import("./server.mjs").Attempt} Attempt */

let last = 0;

export class Peer {
  #server;
  #id = `${++last}-${Math.random()}`;

  /**
   * @param {string} server ws://HOST:PORT
   * @param {string[]} script what each connection does in its turn, and the last also all that come after: "open", "echo",
   *   "greet" (a message), "refuse", "hang" (no answer to the handshake), "pause" (no answer to anything), "drop", "close:CODE:REASON"
   */
  constructor(server, ...script) {
    this.#server = server;
    this.url = `${server}/${this.#id}?script=${script.join() || "open"}`;
  }

  /**
   * What came, as soon as it is that much.
   *
   * @param {{ attempts?: number, messages?: number, ends?: number }} [least]
   * @returns {Promise<Attempt[]>}
   */
  async log(least = {}) {
    return this.#ask("log", least);
  }

  /**
   * The messages that came, of all connections, as soon as they are so many.
   *
   * @param {number} count
   */
  async messages(count) {
    return (await this.log({ messages: count })).flatMap(({ messages }) => messages);
  }

  /**
   * Closes the connection that there is.
   *
   * @param {number} code
   * @param {string} [reason]
   */
  close(code, reason = "") {
    return this.#ask("close", { code, reason });
  }

  /** Ends TCP without a Close frame. */
  drop() {
    return this.#ask("drop", {});
  }

  /** Ends all connections. Firefox makes no seventh to a server that has left six handshakes unanswered. */
  end() {
    return this.#ask("end", {});
  }

  /** Reads nothing any more. */
  pause() {
    return this.#ask("pause", {});
  }

  /** @param {string} text */
  send(text) {
    return this.#ask("send", { text });
  }

  /** @param {number[]} bytes */
  sendBytes(...bytes) {
    return this.#ask("send", { hex: bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("") });
  }

  /**
   * @param {string} what
   * @param {Record<string, string | number>} parameters
   */
  async #ask(what, parameters) {
    const query = new URLSearchParams(Object.entries(parameters).map(([name, value]) => [name, `${value}`]));
    const response = await fetch(`${this.#server.replace("ws:", "http:")}/${this.#id}/${what}?${query}`);
    return response.json();
  }
}
