import type { ObservedEvent } from "./index.js";

export type { ObservedEvent };

/** The options of a `Recorder`. */
export interface RecorderOptions {
  /** The maximum number of events to keep. The oldest are dropped first. Default: 1 000. */
  maxEvents?: number;
  /** The maximum number of bytes to keep of each message; text counts as UTF-8. Default: 65 536. */
  maxDataBytes?: number;
  /**
   * Called with a copy of each event before it is kept. Returns the event to keep, so it can remove
   * tokens from URLs and payloads. If it returns nothing or throws, the event is not kept.
   */
  redact?: (event: ObservedEvent) => ObservedEvent | null | undefined | void;
}

/** A recorded event. */
export type RecordedEvent = ObservedEvent & {
  /** Whether `data` was cut to `maxDataBytes`. `size` is still the size of the whole message. */
  truncated?: boolean;
  /** Why the Blob in `data` could not be read. */
  unreadable?: string;
};

/**
 * Keeps the last events of `load({ observe })` in bounded memory: the last `maxEvents` events, and
 * a record of each socket that is open or has events among them. Needs no wasm.
 *
 *     const recorder = new Recorder();
 *     const { Session } = await load({ observe: recorder.observe, observeData: true });
 */
export class Recorder {
  /** Throws a `TypeError` for a negative number, and for a `redact` that is not a function. */
  constructor(options?: RecorderOptions);

  /** The function to pass to `load`. It is bound to the recorder. */
  readonly observe: (event: ObservedEvent) => void;

  /** The recorded events, the oldest first. */
  readonly events: RecordedEvent[];

  /** Returns the events as text, one per line. */
  dump(): string;

  /**
   * Returns the sockets as HAR 1.2 with `_webSocketMessages`, as Chrome's DevTools export it.
   * Payloads are empty without `load({ observeData: true })`. So is the payload of a Blob that has
   * not been read yet: await `settled()` first.
   */
  har(): Har;

  /** Resolves once every recorded Blob has been read. Never rejects. */
  settled(): Promise<void>;

  /** Discards all events. Records of open sockets remain. */
  clear(): void;
}

/** HAR 1.2: http://www.softwareishard.com/blog/har-12-spec/ */
export interface Har {
  /** All of the file. */
  log: {
    version: "1.2";
    creator: { name: string; version: string };
    pages: never[];
    entries: HarEntry[];
  };
}

/** One socket. */
export interface HarEntry {
  /** When the socket started to connect, in ISO 8601. */
  startedDateTime: string;
  /** From then until its close or last recorded event, in milliseconds. */
  time: number;
  /** The opening handshake, as far as a page knows it. */
  request: {
    method: "GET";
    url: string;
    httpVersion: string;
    cookies: never[];
    headers: HarPair[];
    queryString: HarPair[];
    headersSize: number;
    bodySize: number;
  };
  /** The server's answer, as far as a page knows it. */
  response: {
    /** 0 if the connection failed. */
    status: 101 | 0;
    statusText: string;
    httpVersion: string;
    cookies: never[];
    headers: HarPair[];
    content: { size: number; mimeType: string };
    redirectURL: string;
    headersSize: number;
    bodySize: number;
  };
  /** Empty. */
  cache: Record<string, never>;
  /** Milliseconds; -1 for what a page does not know. */
  timings: {
    blocked: number;
    dns: number;
    connect: number;
    ssl: number;
    send: number;
    wait: number;
    receive: number;
  };
  /** How the connection was closed. */
  comment?: string;
  /** As Chrome writes it. */
  _resourceType: "websocket";
  /** The messages, in order. */
  _webSocketMessages: HarMessage[];
}

/** A header, or a parameter of the URL. */
export interface HarPair {
  /** Its name. */
  name: string;
  /** Its value. */
  value: string;
}

/** A message, as Chrome writes it. */
export interface HarMessage {
  /** Its direction. */
  type: "send" | "receive";
  /** In seconds since 1970, with a fraction. */
  time: number;
  /** 1 for text, and 2 for binary. */
  opcode: 1 | 2;
  /** The text, or the bytes in base64. */
  data: string;
}
