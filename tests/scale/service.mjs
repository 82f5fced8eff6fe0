// The answers of the scale test's servers: the real one, and the one inside a page. A session names
// itself in the query (?session=7). Its messages are numbered from 1, and each is answered with the
// highest number up to which none is missing. Every other message is echoed.

export class Service {
  /** By session. @type {Map<string, number>} */
  #complete = new Map();

  /**
   * @param {URL} url
   * @param {string} text
   */
  answer({ searchParams }, text) {
    const session = searchParams.get("session");
    if (session === null) return text;
    const complete = this.#complete.get(session) ?? 0;
    const isNext = Number(text) === complete + 1;
    if (isNext) this.#complete.set(session, complete + 1);
    return String(isNext ? complete + 1 : complete);
  }

  /** How many messages of each session have arrived without a gap. */
  get complete() {
    return Object.fromEntries(this.#complete);
  }
}
