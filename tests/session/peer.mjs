// The other end of a session, on the server of server.mjs.

/** @typedef {import("./server.mjs").Attempt} Attempt */

let last = 0;

export class Peer {
  #server;
  #id = `${++last}-${Math.random()}`;

  /**
   * @param {string} server ws://HOST:PORT
   * @param {string[]} script what each connection does in turn; the last entry also applies to all
   * later ones: "open", "echo", "greet" (a message), "refuse", "hang" (no answer to the handshake),
   * "pause" (no answer to anything), "drop", "close:CODE:REASON"
   */
  constructor(server, ...script) {
    this.#server = server;
    this.url = `${server}/${this.#id}?script=${script.join() || "open"}`;
  }

  /**
   * What the server received, as soon as it has this much.
   *
   * @param {{ attempts?: number, messages?: number, ends?: number }} [least]
   * @returns {Promise<Attempt[]>}
   */
  async log(least = {}) {
    return this.#ask("log", least);
  }

  /**
   * The received messages of all connections, as soon as there are that many.
   *
   * @param {number} count
   */
  async messages(count) {
    return (await this.log({ messages: count })).flatMap(({ messages }) => messages);
  }

  /**
   * Closes the current connection.
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

  /**
   * Ends all connections. Firefox opens no seventh connection to a server with six unanswered
   * handshakes.
   */
  end() {
    return this.#ask("end", {});
  }

  /** Stops reading. */
  pause() {
    return this.#ask("pause", {});
  }

  /** @param {string} text */
  send(text) {
    return this.#ask("send", { text });
  }

  /** @param {number[]} bytes */
  sendBytes(...bytes) {
    return this.#ask("send", {
      hex: bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    });
  }

  /**
   * @param {string} what
   * @param {Record<string, string | number>} parameters
   */
  async #ask(what, parameters) {
    const query = new URLSearchParams(
      Object.entries(parameters).map(([name, value]) => [name, `${value}`]),
    );
    const response = await fetch(
      `${this.#server.replace("ws:", "http:")}/${this.#id}/${what}?${query}`,
    );
    return response.json();
  }
}
