import type { ObservedEvent } from "./index.js";

export type { ObservedEvent };

export interface RecorderOptions {
  /** The most events that are kept; the oldest goes first. 1 000. */
  maxEvents?: number;
  /** The most bytes that are kept of one message; text counts as UTF-8. 65 536. */
  maxDataBytes?: number;
  /**
   * Called with a copy of each event before it is kept. What it returns is kept, so it may remove tokens from URLs and
   * payloads; nothing is kept if it returns nothing. If it throws, the event is not kept.
   */
  redact?: (event: ObservedEvent) => ObservedEvent | null | undefined | void;
}

/** An event as it was kept. */
export type RecordedEvent = ObservedEvent & {
  /** Whether `data` was longer than `maxDataBytes`, and has only the start. `size` is that of the whole message. */
  truncated?: boolean;
  /** Why a Blob could not be read. */
  unreadable?: string;
};

/**
 * Keeps the last events of `load({ observe })` in bounded memory: the last `maxEvents`, and one record for each socket
 * that is open or has events among them. It needs no wasm.
 *
 *     const recorder = new Recorder();
 *     const { Session } = await load({ observe: recorder.observe, observeData: true });
 */
export class Recorder {
  /** Throws a `TypeError` for a negative number. */
  constructor(options?: RecorderOptions);

  /** What to pass to `load`. It is bound to the recorder. */
  readonly observe: (event: ObservedEvent) => void;

  /** The events that are left, the oldest first. */
  readonly events: RecordedEvent[];

  /** The events as text, a line for each. */
  dump(): string;

  /**
   * The sockets as HAR 1.2 with `_webSocketMessages`, as Chrome's DevTools export it. Payloads are empty without
   * `load({ observeData: true })`, and so is that of a Blob that has not been read yet: await `settled()` first.
   */
  har(): Har;

  /** Resolves once every Blob that was recorded has been read. Never rejects. */
  settled(): Promise<void>;

  /** Forgets all events. Open sockets are still known. */
  clear(): void;
}

/** HAR 1.2: http://www.softwareishard.com/blog/har-12-spec/ */
export interface Har {
  log: { version: "1.2"; creator: { name: string; version: string }; pages: never[]; entries: HarEntry[] };
}

/** One socket. */
export interface HarEntry {
  /** ISO 8601. */
  startedDateTime: string;
  /** Milliseconds. */
  time: number;
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
  cache: Record<string, never>;
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
  _resourceType: "websocket";
  _webSocketMessages: HarMessage[];
}

export interface HarPair {
  name: string;
  value: string;
}

export interface HarMessage {
  type: "send" | "receive";
  /** Seconds since 1970, with a fraction. */
  time: number;
  /** 1 for text, 2 for binary. */
  opcode: 1 | 2;
  /** Text, or base64 for binary. */
  data: string;
}
