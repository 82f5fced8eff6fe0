import type {
  LoadOptions,
  ObservedEvent,
  ObserveEvent,
  WebSocket,
  WebSocketEventMap,
} from "./index.js";

export { canWebSocket } from "./index.js";
export type { LoadOptions, ObservedEvent, ObserveEvent };

// The types of the program's own TypeScript: the DOM's, or Node's in a program without "lib":
// ["dom"].
type Message = Parameters<globalThis.WebSocket["send"]>[0];
type Bytes = Exclude<Message, string | Blob>;
// From TypeScript 5.7 on, a plain `Uint8Array` may be a view of shared memory, which `send`
// rejects.
type OwnBytes = ReturnType<Uint8Array["slice"]>;
type CloseEvent = WebSocketEventMap["close"];
type AnyListener = Parameters<globalThis.WebSocket["addEventListener"]>[1];
type AddOptions = Parameters<globalThis.WebSocket["addEventListener"]>[2];
type RemoveOptions = Parameters<globalThis.WebSocket["removeEventListener"]>[2];

/**
 * Loads hawser's WebAssembly module for sessions. Works like `load` of `hawser`, which loads
 * another module.
 */
export function load(options?: LoadOptions): Promise<HawserSession>;

/** The loaded module. */
export interface HawserSession {
  /** The class that reconnects. */
  readonly Session: SessionClass;
}

/** A URL, a list of URLs to try in turn, or a function that is called before each attempt. */
export type SessionUrl =
  string | URL | (string | URL)[] | (() => string | URL | Promise<string | URL>);

/** The subprotocols to offer, or a function that is called before each attempt. */
export type SessionProtocols =
  string | string[] | null | (() => string | string[] | null | Promise<string | string[] | null>);

/** The class `Session`. */
export interface SessionClass {
  /**
   * Connects, and reconnects whenever the connection is lost.
   *
   * Throws as `new WebSocket` does for a bad URL or a bad subprotocol, and a `TypeError` for a bad
   * option. If `url` or `protocols` is a function, its result is checked once it is known.
   */
  new (url: SessionUrl, protocols?: SessionProtocols, options?: SessionOptions): Session;
  readonly prototype: Session;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

/**
 * How a session reconnects, queues messages and detects dead peers. docs/session-options.md
 * explains the defaults.
 *
 * Times are in milliseconds. Every number may be 0 or more, or `Infinity`, unless its option says
 * otherwise.
 */
export interface SessionOptions {
  /**
   * The upper bound of the first delay. Default: 4 000, or `backoffCap` if only that is set and is
   * less.
   */
  backoffBase?: number;
  /** The upper bound of every delay. Default: 30 000. */
  backoffCap?: number;
  /** The factor by which the bound grows with each attempt. Default: 2. */
  backoffFactor?: number;
  /**
   * How each delay is drawn below its bound. Default: `"full"`, which draws from 0 to the bound.
   */
  jitter?: "none" | "equal" | "full" | "decorrelated";
  /**
   * How long a connection must last to reset the backoff. 0 or less: every connection resets it.
   * Default: 5 000.
   */
  minUptime?: number;
  /**
   * The maximum number of attempts after a connection has ended, until one succeeds. Default:
   * `Infinity`.
   */
  maxAttempts?: number;
  /**
   * How long after a connection has ended new attempts may start, until one succeeds. Default:
   * `Infinity`.
   */
  giveUpAfter?: number;
  /** Close codes that stop the session, in addition to 1008. Default: none. */
  finalCodes?: Iterable<number>;
  /** The minimum wait after close code 1013. The delay is added to it. Default: 10 000. */
  tryAgainLater?: number;
  /**
   * Whether to honor a wait in the close reason, such as "retry after 30" (seconds). Default:
   * `false`.
   */
  retryHint?: boolean;
  /** The longest wait that a close reason can ask for. Default: 300 000. */
  maxRetryHint?: number;
  /**
   * Decides whether to reconnect after a connection or an attempt has ended. It is not called for
   * `close`, for `reconnect`, or when a session closes because the page is hidden. Return `true` or
   * `false` to decide, a number to set the minimum wait, to which the delay is added, or
   * `undefined` to let hawser decide.
   */
  shouldReconnectOnClose?: (event: CloseEvent) => boolean | number | undefined;

  /** How long an attempt may take to open, at least 1. Default: 30 000. */
  connectTimeout?: number;
  /** How long the peer may take to answer `close` and `reconnect`, at least 1. Default: 5 000. */
  closeTimeout?: number;
  /** How long closing may take in total while messages are queued. Default: 60 000. */
  drainTimeout?: number;
  /** How long the functions for the URL and the subprotocols may take. Default: 10 000. */
  endpointTimeout?: number;
  /**
   * Whether the outbox waits on each new connection until `ready()` is called, for example for an
   * asynchronous login. `sendNow` does not wait. Default: `false`.
   */
  gate?: boolean;
  /**
   * How long to wait for `ready()` after the event open, before the connection is closed. Default:
   * 10 000.
   */
  readyTimeout?: number;
  /**
   * When the session starts. `"later"`: idle until `reconnect()` or `retryNow()`. Default: `"now"`.
   */
  start?: "now" | "later";
  /**
   * Whether the session stays connected while the page is hidden. `"close"`: after `hiddenGrace`,
   * it closes its connection with code 1000, and reconnects at once when the page is visible. No
   * effect in Node and in workers. Default: `"keep"`.
   */
  whenHidden?: "keep" | "close";
  /**
   * How long the page must have been hidden for `whenHidden: "close"`. The time restarts when a
   * connection opens, and with `retryNow()` and `reconnect()`. Default: 60 000.
   */
  hiddenGrace?: number;

  /** When and how to ping a peer that has stopped sending. Default: never. */
  heartbeat?: HeartbeatOptions;

  /** The maximum number of messages in the outbox. Default: 10 000. */
  maxOutboxMessages?: number;
  /** The maximum bytes of payload in the outbox; text counts as UTF-8. Default: 1 048 576. */
  maxOutboxBytes?: number;
  /**
   * What to do with a message when the outbox is full. `"drop-newest"`, the default: drop it.
   * `"drop-oldest"`: drop the oldest ones instead. `"refuse"`: `send` throws a
   * `QuotaExceededError`.
   */
  whenOutboxFull?: "refuse" | "drop-oldest" | "drop-newest";
  /**
   * Whether a message stays in the outbox until `acknowledge` is called with its id. Until then,
   * each new connection sends it again (at least once). Default: `false`, at most once.
   */
  acknowledgement?: boolean;

  /**
   * A safe integer that makes the random delays repeatable, for tests. It may be negative. Default:
   * none.
   */
  seed?: number;

  // The names of reconnecting-websocket and partysocket for the same options. If both are set, the
  // name above counts.

  /** Alias of `backoffBase`. */
  minReconnectionDelay?: number;
  /** Alias of `backoffCap`. */
  maxReconnectionDelay?: number;
  /** Alias of `backoffFactor`. */
  reconnectionDelayGrowFactor?: number;
  /** Alias of `maxAttempts`. */
  maxRetries?: number;
  /** Alias of `connectTimeout`. */
  connectionTimeout?: number;
  /** Alias of `maxOutboxMessages`. */
  maxEnqueuedMessages?: number;
  /** `true` is an alias of `start: "later"`. */
  startClosed?: boolean;
}

/**
 * Detects a dead peer. A page can't send ping frames, so a ping is an ordinary message that your
 * server answers.
 */
export interface HeartbeatOptions {
  /** The message to send, or a function that returns one. */
  ping: string | Bytes | (() => string | Bytes);
  /**
   * Returns whether a message answers a ping. Binary messages are ArrayBuffers. An answer fires no
   * event, and sets `counters.roundTrip`. Without this function, every message fires its event.
   */
  isPong?: (data: string | ArrayBuffer) => boolean;
  /** How long after the last message to send a ping. 0 or less: never. Default: 25 000. */
  interval?: number;
  /**
   * How long to wait for any message after a ping, before closing. 0 or less: forever.
   * Default: 10 000.
   */
  deadline?: number;
}

/** The names of `hawser::Error`. docs/errors.md explains each. */
export type SessionError =
  | "unsupported"
  | "invalid-url"
  | "url-too-long"
  | "invalid-protocol"
  | "invalid-timeout"
  | "blocked"
  | "connection-failed"
  | "connection-lost"
  | "aborted"
  | "connection-timed-out"
  | "out-of-memory"
  | "browser-exception";

/** The state of a session, with details to show to a user. */
export interface SessionStatus {
  /**
   * `waiting`: for the next attempt, the network, or a visible page. `stopped`: there are no more
   * attempts.
   */
  readonly state: "idle" | "connecting" | "open" | "waiting" | "stopped";
  /**
   * The number of the current or next attempt. 0 for the very first and while open, 1 for the first
   * retry.
   */
  readonly attempt: number;
  /** While waiting: the milliseconds from now until the next attempt. */
  readonly retryIn: number;
  /** While waiting: whether it waits for the network. */
  readonly isOffline: boolean;
  /** While waiting: whether it waits for the page to be visible. */
  readonly isHidden: boolean;
  /** Why the session has stopped, or null if it has not. */
  readonly why:
    | null
    | "closed-by-app"
    | "policy-violation"
    | "final-code"
    | "cannot-connect"
    | "too-many-attempts"
    | "deadline"
    | "decided-by-app";
  /**
   * How the last connection or attempt ended, or "aborted" if `close` ended a wait. Null before the
   * first end.
   */
  readonly end: null | {
    readonly code: number;
    readonly reason: string;
    readonly wasClean: boolean;
    readonly error: SessionError | null;
  };
}

/** Statistics since the session was created. */
export interface SessionCounters {
  /** Messages handed to the browser, including repeated ones. Pings don't count. */
  readonly messagesSent: number;
  /** Their payload; text counts as UTF-8. */
  readonly bytesSent: number;
  /** Messages received, including answers to pings. */
  readonly messagesReceived: number;
  /** Their payload; text counts as UTF-8. */
  readonly bytesReceived: number;
  /** Attempts to connect, including those that succeeded. */
  readonly attempts: number;
  /** Connections that opened. */
  readonly connections: number;
  /** Messages that the outbox refused or dropped. */
  readonly outboxDropped: number;
  /** Messages that are in the outbox now. */
  readonly outboxMessages: number;
  /** Their payload; text counts as UTF-8. */
  readonly outboxBytes: number;
  /** The total milliseconds of all connections, including the current one. */
  readonly uptime: number;
  /** The round-trip time in milliseconds of the last ping that was answered. Null before. */
  readonly roundTrip: number | null;
  /** How the last connection or attempt failed; null before. */
  readonly lastError: SessionError | null;
}

/** What `send` did with a message. */
export interface SendResult {
  /**
   * `sent`: handed to the browser. Only an acknowledgement proves that the message arrived. `kept`:
   * in the outbox. `dropped`: never to be sent.
   */
  readonly delivery: "sent" | "kept" | "dropped";
  /** The id for `acknowledge`, or 0 if the message was not kept. */
  readonly id: number;
}

/** A message in the outbox. It can be cloned, for IndexedDB, `postMessage` and the like. */
export interface KeptMessage {
  /** The same id as in `SendResult`. */
  readonly id: number;
  /** The text, or a copy of the bytes. */
  readonly data: string | OwnBytes;
  /**
   * Whether the message was handed to the browser, so the peer may have it. If unknown, use `true`.
   */
  readonly wasSent: boolean;
}

/** A connection or an attempt has failed. The event close follows. */
export interface SessionErrorEvent extends Event {
  /** A sentence that says what happened. */
  readonly message: string;
  /** The same for programs. */
  readonly error: SessionError;
  /** The exception from the function for the URL or the subprotocols, if that is the reason. */
  readonly cause: unknown;
}

/** The state of a session has changed. */
export interface StatusChangeEvent extends Event {
  /** The new state. */
  readonly status: SessionStatus;
}

/** A message that was passed to `send` will never be sent. */
export interface DropEvent extends Event {
  /** The message. Binary data is an ArrayBuffer, or the object that was passed to `send`. */
  readonly data: Message;
  /** The message's id, or 0 if it was never in the outbox. */
  readonly id: number;
}

/** The events of a `Session`. */
export interface SessionEventMap extends Omit<WebSocketEventMap, "error"> {
  /** A connection or an attempt has failed. */
  error: SessionErrorEvent;
  /** The state has changed. */
  statuschange: StatusChangeEvent;
  /** A message was dropped. */
  drop: DropEvent;
  /** Only if the module was loaded with `observe`. */
  observe: ObserveEvent;
}

/**
 * The value of an `on...` attribute. It has the browser's type, so that a `Session` can replace a
 * `WebSocket`.
 */
type Listener<Type extends keyof WebSocketEventMap> =
  ((this: globalThis.WebSocket, event: WebSocketEventMap[Type]) => any) | null;

/**
 * A connection that reconnects, queues messages while offline, and detects dead peers. It has the
 * interface of the browser's `WebSocket`, so it can replace one, and also reconnecting-websocket or
 * partysocket. For a client that reconnects by itself, use the class `WebSocket` of `hawser`
 * instead: with sessions, each loss would leave the client with one more connection.
 *
 * The events open, message, error and close fire for each of the session's sockets. A session lives
 * until it has stopped, even if nothing refers to it any more.
 */
export interface Session extends WebSocket {
  /**
   * Also `CONNECTING` while waiting, as in an `EventSource` (HTML section 9.2). `CLOSED` when
   * stopped or idle.
   */
  readonly readyState: 0 | 1 | 2 | 3;
  /**
   * The URL of the current connection or attempt, or else of the last one. Before the first
   * attempt, it is the first URL, or empty if a function returns the URL.
   */
  readonly url: string;
  /**
   * The bytes in the outbox, plus those that the current connection has not handed to the network
   * yet.
   */
  readonly bufferedAmount: number;

  /** The state now. */
  readonly status: SessionStatus;
  /** What has been counted so far. */
  readonly counters: SessionCounters;
  /** The same as `status.attempt`. */
  readonly retryCount: number;
  /**
   * The id that the next message gets if it is kept. With `acknowledgement`, each message is kept,
   * so you can write this id into it. Without, a message that is sent at once has the id 0, and
   * `nextId` stays the same.
   */
  readonly nextId: number;

  /** A connection is open; `sendNow` works. */
  get onopen(): Listener<"open">;
  set onopen(listener: ((this: Session, event: SessionEventMap["open"]) => any) | null);
  /** A message was received, as by a `WebSocket`. */
  get onmessage(): Listener<"message">;
  set onmessage(listener: ((this: Session, event: SessionEventMap["message"]) => any) | null);
  /** A connection or an attempt has failed; close follows. */
  get onerror(): Listener<"error">;
  set onerror(listener: ((this: Session, event: SessionErrorEvent) => any) | null);
  /** A connection or an attempt has ended. The session may reconnect: see `status`. */
  get onclose(): Listener<"close">;
  set onclose(listener: ((this: Session, event: SessionEventMap["close"]) => any) | null);
  /** The state has changed. Fires once for each change. */
  onstatuschange: ((this: Session, event: StatusChangeEvent) => any) | null;
  /**
   * A message was dropped: the outbox was full, `close` was called, or there was no connection for
   * `keep: false`.
   */
  ondrop: ((this: Session, event: DropEvent) => any) | null;

  /**
   * Sends a message now, or keeps it in the outbox until there is a connection. Messages stay in
   * order. With `keep: false`, a message is sent on this connection or dropped. After `close`, and
   * once the session has stopped, messages are dropped.
   *
   * A message that is sent at once is not copied. A Blob that must be kept is read first, and later
   * messages wait for it. WebKit and Node read every Blob first.
   *
   * Throws a `TypeError` for shared or resizable memory, and for a Blob with `acknowledgement`.
   * Throws a `QuotaExceededError` if the outbox is full and refuses the message. Throws a
   * `RangeError` if the message must be kept and there is no memory for a copy.
   */
  send(data: Message, options?: { keep?: boolean }): SendResult;

  /**
   * Sends on this connection, ahead of the outbox. Use it in a listener of open, for the first
   * message of a connection, such as an authentication. Throws an `InvalidStateError` if the
   * session is not open.
   */
  sendNow(data: string | Bytes): void;

  /**
   * With `gate`, starts to send the outbox on this connection. Throws an `InvalidStateError` before
   * the event open, and without a connection.
   */
  ready(): void;

  /**
   * Removes the message with this id, and all before it, from the outbox. Returns how many it
   * removed.
   */
  acknowledge(id: number): number;
  /** Removes only the message with this id. Returns how many it removed: 0 or 1. */
  acknowledgeOne(id: number): number;

  /**
   * Returns the messages in the outbox, the oldest first, so that you can store them. It leaves out
   * messages sent with `keep: false`, and those that wait for a Blob.
   */
  copyOutbox(): KeptMessage[];

  /**
   * Removes the messages that `copyOutbox` returns, and returns them. They are not dropped, so no
   * event fires. Call it before `close`, which drops the rest. With `acknowledgement`, a returned
   * message may have arrived at the peer.
   */
  takeOutbox(): KeptMessage[];

  /**
   * Puts messages in front of those in the outbox. If the session is open, it sends them now.
   * Messages keep their ids. Later ids continue after the largest of them, and from `nextId` at
   * least. Pass the `nextId` that you stored, so that the ids of acknowledged messages are not
   * reused either.
   *
   * Restores all messages, or throws and changes nothing. It throws:
   *
   * - a `TypeError` if `messages` is not an array of messages, or `nextId` is not an integer
   * - a `ConstraintError` if the ids don't increase, if one is 2^51 or more, or if the outbox has a
   *   message with a smaller or equal id, or one that was sent
   * - a `QuotaExceededError` if there is no room, whatever `whenOutboxFull` is
   * - an `InvalidStateError` after `close`, and if the session has stopped
   * - a `RangeError` if there is no memory for a copy
   */
  restoreOutbox(messages: readonly KeptMessage[], nextId?: number): void;

  /**
   * Stops the session: closes the connection or cancels the attempt, and does not reconnect. An
   * open connection first sends the messages that were passed to `send`. `code` is 1000 or from
   * 3000 to 4999. Without a code and a reason, the Close frame is empty. Throws as
   * `WebSocket.close` does, and keeps running in that case.
   */
  close(code?: number, reason?: string): void;

  /**
   * Reconnects in any state, even after `close`: closes the connection or cancels the attempt, and
   * makes the next attempt at once.
   */
  reconnect(code?: number, reason?: string): void;

  /**
   * Makes the next attempt now. Starts the session if it is idle or stopped. While connecting or
   * open, it only restarts `hiddenGrace`.
   */
  retryNow(): void;

  addEventListener<Type extends keyof SessionEventMap>(
    type: Type,
    listener: (this: Session, event: SessionEventMap[Type]) => any,
    options?: AddOptions,
  ): void;
  addEventListener(type: string, listener: AnyListener | null, options?: AddOptions): void;
  removeEventListener<Type extends keyof SessionEventMap>(
    type: Type,
    listener: (this: Session, event: SessionEventMap[Type]) => any,
    options?: RemoveOptions,
  ): void;
  removeEventListener(type: string, listener: AnyListener | null, options?: RemoveOptions): void;
}
