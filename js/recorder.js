// The module that npm users import as hawser/recorder. Keeps the last events of load({ observe }),
// and exports them as HAR 1.2.

/** @typedef {import("./index.js").ObservedEvent} ObservedEvent */
/** @typedef {import("./recorder.js").RecordedEvent} RecordedEvent */

/**
 * The start and end of a socket. Kept until the socket has closed and none of its events is left,
 * because a HAR entry needs the start.
 *
 * @typedef {{ opening?: any, open?: any, close?: any, kept: number }} Socket
 */

/** The package's version, for HAR's creator field. */
const version = "0.2.0";

export class Recorder {
  #maxEvents;
  #maxDataBytes;
  #redact;
  /** @type {RecordedEvent[]} The oldest is at `#first`. */
  #events = [];
  #first = 0;
  /** @type {Map<number, Socket>} */
  #sockets = new Map();
  /** @type {Set<Promise<void>>} Pending reads of Blobs. */
  #reading = new Set();

  /** @param {import("./recorder.js").RecorderOptions} [options] */
  constructor({ maxEvents = 1000, maxDataBytes = 65_536, redact = undefined } = {}) {
    for (const [name, value] of Object.entries({ maxEvents, maxDataBytes })) {
      if (!(value >= 0)) throw new TypeError(`Recorder: ${name} must be a number, 0 or more.`);
    }
    if (redact !== undefined && typeof redact !== "function")
      throw new TypeError("Recorder: redact must be a function.");
    this.#maxEvents = maxEvents;
    this.#maxDataBytes = maxDataBytes;
    this.#redact = redact;
  }

  /** Bound, so that it can be passed to `load`. @param {ObservedEvent} event */
  observe = (event) => {
    const copy = { ...event }; // a copy, because other observers get the same object
    const kept = this.#redact ? this.#redact(copy) : copy;
    if (!kept || this.#maxEvents < 1) return;
    const recorded = this.#limit(kept);
    this.#note(recorded);
    this.#events.push(recorded);
    if (this.#events.length - this.#first > this.#maxEvents) this.#evict();
  };

  get events() {
    return this.#events.slice(this.#first);
  }

  clear() {
    this.#events = [];
    this.#first = 0;
    for (const [id, socket] of this.#sockets) {
      if (socket.close) this.#sockets.delete(id);
      else socket.kept = 0;
    }
  }

  async settled() {
    while (this.#reading.size > 0) await Promise.all(this.#reading);
  }

  dump() {
    return this.events.map(toLine).join("\n");
  }

  har() {
    const entries = [];
    for (const [id, socket] of this.#sockets) {
      if (socket.opening)
        entries.push(
          toEntry(
            socket,
            this.events.filter((event) => event.socket === id),
          ),
        );
    }
    return { log: { version: "1.2", creator: { name: "hawser", version }, pages: [], entries } };
  }

  /** @param {any} event */
  #note(event) {
    const { type, socket: id } = event;
    if (!id) return; // a session's event before its first socket
    const socket = this.#sockets.get(id) ?? { kept: 0 };
    // A session's events may come after its socket was removed.
    if (!this.#sockets.has(id) && type !== "opening") return;
    this.#sockets.set(id, socket);
    ++socket.kept;
    if (type === "opening" || type === "open" || type === "close")
      socket[/** @type {"open"} */ (type)] = event;
  }

  #evict() {
    const { socket: id } = this.#events[this.#first++];
    // Half of the array may be unused, so that an eviction costs the same at any size.
    if (this.#first > this.#maxEvents) {
      this.#events = this.#events.slice(this.#first);
      this.#first = 0;
    } else {
      delete this.#events[this.#first - 1];
    }
    const socket = id && this.#sockets.get(id);
    if (socket && --socket.kept <= 0 && socket.close) this.#sockets.delete(id);
  }

  /**
   * Cuts the data to the limit, and reads a Blob.
   *
   * @param {any} event
   */
  #limit(event) {
    const { data } = event;
    if (data === undefined) return event;
    const most = this.#maxDataBytes;
    if (typeof data === "string") {
      if (data.length * 3 <= most) return event; // UTF-8 needs at most three bytes per unit
      const bytes = new TextEncoder().encode(data);
      if (bytes.length <= most) return event;
      // Streaming leaves out a partial character at the end.
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, most), {
        stream: true,
      });
      return { ...event, data: text, truncated: true };
    }
    const size = data.size ?? data.byteLength;
    const cut =
      size > most ? { ...event, data: data.slice(0, most), truncated: true } : { ...event };
    if (typeof data.arrayBuffer === "function") this.#read(cut);
    return cut;
  }

  /** @param {any} event whose data is a Blob */
  #read(event) {
    const reading = event.data
      .arrayBuffer()
      .then(
        (/** @type {ArrayBuffer} */ bytes) => void (event.data = bytes),
        (/** @type {unknown} */ error) => void (event.unreadable = String(error)),
      )
      .then(() => void this.#reading.delete(reading));
    this.#reading.add(reading);
  }
}

/** @param {number} time of an event, in milliseconds since 1970 */
const toDate = (time) => performance.timeOrigin + time;

// Lines

/** @param {any} event */
function toLine({ type, time, socket, session, ...rest }) {
  const who = [session && `session ${session}`, socket && `socket ${socket}`]
    .filter(Boolean)
    .join(" ");
  const { data, ...values } = rest;
  const shown = Object.entries(values).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  if (data !== undefined) shown.push(`data=${toPreview(data)}`);
  return [new Date(toDate(time)).toISOString(), who, type, ...shown].join(" ");
}

/** @param {any} data */
function toPreview(data) {
  if (typeof data === "string")
    return JSON.stringify(data.length > 80 ? `${data.slice(0, 80)}...` : data);
  if (!(data instanceof ArrayBuffer)) return "(a Blob)";
  const bytes = [...new Uint8Array(data.slice(0, 32))].map((byte) =>
    byte.toString(16).padStart(2, "0"),
  );
  return `<${bytes.join(" ")}${data.byteLength > 32 ? " ..." : ""}>`;
}

// HAR

/**
 * @param {Socket} socket
 * @param {any[]} events its recorded events
 */
function toEntry({ opening, open, close }, events) {
  const last = close ?? events.at(-1) ?? open ?? opening;
  const header = (/** @type {string} */ name, /** @type {string} */ value) =>
    value ? [{ name, value }] : [];
  const offered = header("Sec-WebSocket-Protocol", opening.protocols.join(", "));
  const answered = [
    ...header("Sec-WebSocket-Protocol", open?.protocol),
    ...header("Sec-WebSocket-Extensions", open?.extensions),
  ];
  const wait = Math.max((open ?? last).time - opening.time, 0);
  const receive = open ? Math.max(last.time - open.time, 0) : 0;
  const common = { httpVersion: "HTTP/1.1", cookies: [], headersSize: -1, bodySize: -1 };
  return {
    startedDateTime: new Date(toDate(opening.time)).toISOString(),
    time: wait + receive,
    request: {
      method: "GET",
      url: opening.url,
      ...common,
      headers: offered,
      queryString: toQuery(opening.url),
    },
    response: {
      status: open ? 101 : 0,
      statusText: open ? "Switching Protocols" : "",
      ...common,
      headers: answered,
      content: { size: 0, mimeType: "x-unknown" },
      redirectURL: "",
    },
    cache: {},
    timings: { blocked: -1, dns: -1, connect: -1, ssl: -1, send: 0, wait, receive },
    ...(close && {
      comment: `Closed with ${close.code}${close.reason && ` ${JSON.stringify(close.reason)}`}`,
    }),
    _resourceType: "websocket",
    _webSocketMessages: events
      .filter(({ type }) => type === "sent" || type === "received")
      .map(toMessage),
  };
}

/** @param {string} url */
function toQuery(url) {
  const query = URL.canParse?.(url) === false ? [] : new URL(url).searchParams;
  return [...query].map(([name, value]) => ({ name, value }));
}

/** @param {any} event */
function toMessage({ type, time, binary, data = "" }) {
  const bytes = data instanceof ArrayBuffer ? toBase64(data) : ""; // a Blob that has not been read yet has none
  return {
    type: type === "sent" ? "send" : "receive",
    time: toDate(time) / 1000,
    opcode: binary ? 2 : 1,
    data: typeof data === "string" ? data : bytes,
  };
}

/** @param {ArrayBuffer} buffer */
function toBase64(buffer) {
  const bytes = new Uint8Array(buffer);
  let text = "";
  // In pieces, because a call accepts only a limited number of arguments.
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
