import type { LoadOptions, ObservedEvent, ObserveEvent, WebSocket, WebSocketEventMap } from "./index.js";

export { canWebSocket } from "./index.js";
export type { LoadOptions, ObservedEvent, ObserveEvent };

// As the program's own TypeScript has them: the DOM's, or Node's in a program without "lib": ["dom"].
type Message = Parameters<globalThis.WebSocket["send"]>[0];
type Bytes = Exclude<Message, string | Blob>;
// From TypeScript 5.7 on, `Uint8Array` alone might be a view of shared memory, which `send` refuses.
type OwnBytes = ReturnType<Uint8Array["slice"]>;
type CloseEvent = WebSocketEventMap["close"];
type AnyListener = Parameters<globalThis.WebSocket["addEventListener"]>[1];
type AddOptions = Parameters<globalThis.WebSocket["addEventListener"]>[2];
type RemoveOptions = Parameters<globalThis.WebSocket["removeEventListener"]>[2];

/** Loads hawser's WebAssembly module for sessions, in the same way as `load` of `hawser` loads its own. */
export function load(options?: LoadOptions): Promise<HawserSession>;

/** The loaded module. */
export interface HawserSession {
  readonly Session: SessionClass;
}

/** A URL, a list of URLs to try in turn, or a function that is called before each attempt. */
export type SessionUrl = string | URL | (string | URL)[] | (() => string | URL | Promise<string | URL>);

/** The subprotocols to offer, or a function that is called before each attempt. */
export type SessionProtocols =
  string | string[] | null | (() => string | string[] | null | Promise<string | string[] | null>);

/** What `new Session` comes from. */
export interface SessionClass {
  /**
   * Connects, and reconnects whenever the connection is lost.
   *
   * Throws as `new WebSocket` does for a bad URL or a bad subprotocol, and a `TypeError` for a bad option. The result of
   * a function is checked when it is known.
   */
  new (url: SessionUrl, protocols?: SessionProtocols, options?: SessionOptions): Session;
  readonly prototype: Session;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

/**
 * How a session reconnects, queues messages and detects dead peers. docs/sessions.md has the reasons for the defaults.
 *
 * Times are milliseconds. Every number may be 0 or more, and `Infinity`, unless its option says otherwise.
 */
export interface SessionOptions {
  /** The upper bound of the first delay. 4 000, or `backoffCap` if only that is given and is less. */
  backoffBase?: number;
  /** The upper bound of every delay. 30 000. */
  backoffCap?: number;
  /** How much the bound grows with each attempt. 2. */
  backoffFactor?: number;
  /** How each delay is drawn below its bound. `"full"`: from 0 to the bound. */
  jitter?: "none" | "equal" | "full" | "decorrelated";
  /** How long a connection must last for the backoff to be reset; 0 or less: every connection resets it. 5 000. */
  minUptime?: number;
  /** The most attempts after a connection has ended, until one succeeds. `Infinity`. */
  maxAttempts?: number;
  /** How long after a connection has ended attempts may start, until one succeeds. `Infinity`. */
  giveUpAfter?: number;
  /** Close codes that stop the session, in addition to 1008. None. */
  finalCodes?: Iterable<number>;
  /** The shortest wait after close code 1013, in addition to the delay. 10 000. */
  tryAgainLater?: number;
  /** Whether to wait as long as a close reason such as "retry after 30" (seconds) asks for. `false`. */
  retryHint?: boolean;
  /** The longest time that such a reason can ask for. 300 000. */
  maxRetryHint?: number;
  /**
   * Decides whether to reconnect after a connection, or an attempt, has ended, except by `close` and `reconnect`, and
   * when a session closes for a hidden page: `true` and `false` say so, a number is the shortest wait, in addition to the
   * delay, and `undefined` leaves it to hawser.
   */
  shouldReconnectOnClose?: (event: CloseEvent) => boolean | number | undefined;

  /** How long an attempt may take to open; at least 1. 30 000. */
  connectTimeout?: number;
  /** How long the peer may take to answer `close` and `reconnect`; at least 1. 5 000. */
  closeTimeout?: number;
  /** How long closing may take in total while messages are queued. 60 000. */
  drainTimeout?: number;
  /** How long the functions for the URL and the subprotocols may take. 10 000. */
  endpointTimeout?: number;
  /**
   * Whether the outbox of a new connection waits until `ready()` is called, for example for an asynchronous login.
   * `sendNow` does not wait. `false`.
   */
  gate?: boolean;
  /** How long after the event open `ready()` may be called. Then the connection is closed. 10 000. */
  readyTimeout?: number;
  /** When it starts. `"later"`: idle until `reconnect()` or `retryNow()`. `"now"`. */
  start?: "now" | "later";
  /**
   * Whether it stays connected while the page is hidden. `"close"`: after `hiddenGrace`, the connection is closed with
   * code 1000, and it reconnects at once when the page is visible. No effect in Node and in workers. `"keep"`.
   */
  whenHidden?: "keep" | "close";
  /**
   * How long the page must have been hidden for `whenHidden: "close"`. It starts again when a connection opens, and with
   * `retryNow()` and `reconnect()`. 60 000.
   */
  hiddenGrace?: number;

  /** When to ping a peer that has stopped sending. Without this, never. */
  heartbeat?: HeartbeatOptions;

  /** The most messages in the outbox. 10 000. */
  maxOutboxMessages?: number;
  /** The most bytes of payload in the outbox; text counts as UTF-8. 1 048 576. */
  maxOutboxBytes?: number;
  /**
   * What happens to a message when the outbox is full. `"drop-newest"`: it is dropped. `"drop-oldest"`: the oldest are.
   * `"refuse"`: `send` throws a `QuotaExceededError`.
   */
  whenOutboxFull?: "refuse" | "drop-oldest" | "drop-newest";
  /**
   * Whether a message stays in the outbox until `acknowledge` is called with its id, and is sent again on the next
   * connection until then (at least once). `false`: at most once.
   */
  acknowledgement?: boolean;

  /** A safe integer that makes the random delays repeatable, for tests. It may be negative. None. */
  seed?: number;

  // The names of reconnecting-websocket and partysocket for the same options. If both are given, the name above counts.

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

/** Detects a dead peer. A page cannot send ping frames, so a ping is an ordinary message that your server answers. */
export interface HeartbeatOptions {
  /** The message to send, or a function that returns one. */
  ping: string | Bytes | (() => string | Bytes);
  /**
   * Whether a message answers a ping; binary messages are ArrayBuffers. Such a message fires no event, and sets
   * `counters.roundTrip`. Without this, every message fires its event.
   */
  isPong?: (data: string | ArrayBuffer) => boolean;
  /** How long after the last message to send a ping; 0 or less: never. 25 000. */
  interval?: number;
  /** How long to wait for any message after a ping. Then the connection is closed; 0 or less: never. 10 000. */
  deadline?: number;
}

/** The names of `hawser::Error`. docs/errors.md says when each occurs. */
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

/** The state of a session, for example to show it to a user. */
export interface SessionStatus {
  /** `waiting`: until the next attempt, for the network, or for a visible page. `stopped`: there are no more attempts. */
  readonly state: "idle" | "connecting" | "open" | "waiting" | "stopped";
  /** The number of the current or next attempt: 0 for the very first and while open, 1 for the first retry. */
  readonly attempt: number;
  /** While waiting: milliseconds until the next attempt, counted from now. */
  readonly retryIn: number;
  /** While waiting: whether it waits for the network. */
  readonly isOffline: boolean;
  /** While waiting: whether it waits for the page to be visible. */
  readonly isHidden: boolean;
  /** Why it has stopped; null if it has not. */
  readonly why:
    | null
    | "closed-by-app"
    | "policy-violation"
    | "final-code"
    | "cannot-connect"
    | "too-many-attempts"
    | "deadline"
    | "decided-by-app"
    | "message-refused";
  /** How the last connection or attempt ended, or "aborted" if `close` ended a wait; null before the first end. */
  readonly end: null | {
    readonly code: number;
    readonly reason: string;
    readonly wasClean: boolean;
    readonly error: SessionError | null;
  };
}

/** Since the session was made. */
export interface SessionCounters {
  /** Handed to the browser, including messages sent again, without pings. */
  readonly messagesSent: number;
  readonly bytesSent: number;
  /** Received, including the answers to pings. */
  readonly messagesReceived: number;
  readonly bytesReceived: number;
  readonly attempts: number;
  readonly connections: number;
  /** Refused or dropped by the outbox. */
  readonly outboxDropped: number;
  /** In the outbox now. */
  readonly outboxMessages: number;
  readonly outboxBytes: number;
  /** Milliseconds of all connections together, including the current one. */
  readonly uptime: number;
  /** Milliseconds between the last ping that was answered and its answer; null before. */
  readonly roundTrip: number | null;
  readonly lastError: SessionError | null;
}

/** What `send` did with a message. */
export interface SendResult {
  /**
   * `sent`: handed to the browser; only an acknowledgement proves that it has arrived. `kept`: in the outbox. `dropped`:
   * it will never be sent.
   */
  readonly delivery: "sent" | "kept" | "dropped";
  /** The id for `acknowledge`; 0 if the message was not kept. */
  readonly id: number;
}

/** A message of the outbox. It can be cloned: for IndexedDB, `postMessage` and the like. */
export interface KeptMessage {
  /** As in `SendResult`. */
  readonly id: number;
  /** Text, or a copy of the bytes. */
  readonly data: string | OwnBytes;
  /** Whether it was handed to the browser, so that the peer may have it. If you don't know, say `true`. */
  readonly wasSent: boolean;
}

/** A connection or an attempt has failed; close follows. */
export interface SessionErrorEvent extends Event {
  /** What happened, in a sentence. */
  readonly message: string;
  readonly error: SessionError;
  /** What the function for the URL or the subprotocols threw, if that is why. */
  readonly cause: unknown;
}

export interface StatusChangeEvent extends Event {
  readonly status: SessionStatus;
}

/** A message was passed to `send`, and will never be sent. */
export interface DropEvent extends Event {
  /** Binary data is an ArrayBuffer, or what was passed to `send`. */
  readonly data: Message;
  /** 0 for a message that was never in the outbox. */
  readonly id: number;
}

export interface SessionEventMap extends Omit<WebSocketEventMap, "error"> {
  error: SessionErrorEvent;
  statuschange: StatusChangeEvent;
  drop: DropEvent;
  /** Only in a module that was loaded with `observe`. */
  observe: ObserveEvent;
}

/** The value of an `on...` attribute. It has the browser's type, so that a `Session` can stand in for a `WebSocket`. */
type Listener<Type extends keyof WebSocketEventMap> =
  ((this: globalThis.WebSocket, event: WebSocketEventMap[Type]) => any) | null;

/**
 * A connection that reconnects, queues messages while offline, and detects dead peers. It has the interface of the
 * browser's `WebSocket`, so that it can replace one, or reconnecting-websocket or partysocket. For a client that
 * reconnects by itself, use the class `WebSocket` of `hawser` instead: over sessions, each loss would leave it one more
 * connection.
 *
 * The events open, message, error and close fire for each of its sockets. A session lives until it has stopped, even if
 * nothing refers to it any more.
 */
export interface Session extends WebSocket {
  /** `CONNECTING` also while it waits, as in an `EventSource` (HTML section 9.2); `CLOSED` when stopped or idle. */
  readonly readyState: 0 | 1 | 2 | 3;
  /**
   * The URL of the current connection or attempt, or else of the last one. Before the first attempt, the first URL; empty
   * if a function returns it.
   */
  readonly url: string;
  /** Bytes in the outbox, and those that the current connection has not handed to the network yet. */
  readonly bufferedAmount: number;

  readonly status: SessionStatus;
  readonly counters: SessionCounters;
  /** `status.attempt`. */
  readonly retryCount: number;
  /** The id of the next message that is kept, so that you can write it into the message. */
  readonly nextId: number;

  get onopen(): Listener<"open">;
  set onopen(listener: ((this: Session, event: SessionEventMap["open"]) => any) | null);
  get onmessage(): Listener<"message">;
  set onmessage(listener: ((this: Session, event: SessionEventMap["message"]) => any) | null);
  get onerror(): Listener<"error">;
  set onerror(listener: ((this: Session, event: SessionErrorEvent) => any) | null);
  get onclose(): Listener<"close">;
  set onclose(listener: ((this: Session, event: SessionEventMap["close"]) => any) | null);
  /** The state has changed; once for each change. */
  onstatuschange: ((this: Session, event: StatusChangeEvent) => any) | null;
  /** A message was dropped: the outbox was full, `close` was called, or there was no connection for `keep: false`. */
  ondrop: ((this: Session, event: DropEvent) => any) | null;

  /**
   * Sends now, or keeps the message until there is a connection. Messages stay in order. With `keep: false`, a message is
   * sent on this connection or dropped. After `close`, and once the session has stopped, messages are dropped.
   *
   * A message that is sent now is not copied. A Blob that must be kept is read first, and later messages wait for it; in
   * WebKit and Node every Blob is. Throws a `TypeError` for shared or resizable memory, and for a Blob with
   * `acknowledgement`; a `QuotaExceededError` if the outbox is full and refuses; a `RangeError` if the message must be kept
   * and there is no memory for a copy.
   */
  send(data: Message, options?: { keep?: boolean }): SendResult;

  /**
   * Sends on this connection, ahead of the outbox: for the first message of a connection, such as an authentication. Call
   * it in a listener of open. Throws an `InvalidStateError` if the session is not open.
   */
  sendNow(data: string | Bytes): void;

  /**
   * With `gate`: starts to send the outbox on this connection. Throws an `InvalidStateError` before the event open, and
   * without a connection.
   */
  ready(): void;

  /** Removes the message with this id, and all before it, from the outbox. Returns how many. */
  acknowledge(id: number): number;
  /** The same for one message, and not for those before it. */
  acknowledgeOne(id: number): number;

  /**
   * The messages in the outbox, the oldest first: to store them. Messages sent with `keep: false` are left out, and so
   * are those that wait for a Blob.
   */
  copyOutbox(): KeptMessage[];

  /**
   * Removes those messages, and returns them. They are not dropped: no event fires. Call it before `close`, which drops
   * what is left. With `acknowledgement`, a returned message may have arrived.
   */
  takeOutbox(): KeptMessage[];

  /**
   * Puts messages in front of those in the outbox; while open, sends them now. They keep their ids, and later ids
   * continue after the largest, and from `nextId` at least. Pass the `nextId` that you stored, so that ids of
   * acknowledged messages are not used again either.
   *
   * Restores all messages, or throws and changes nothing. Throws a `TypeError` if `messages` is not an array of messages,
   * or `nextId` not an integer; a `ConstraintError` if ids don't go up, are 2^51 or more, or if the outbox has a message
   * with a smaller or equal id, or one that was sent; a `QuotaExceededError` if there is no room, whatever
   * `whenOutboxFull` is; an `InvalidStateError` after `close`, and if the session has stopped; a `RangeError` if there is
   * no memory for a copy.
   */
  restoreOutbox(messages: readonly KeptMessage[], nextId?: number): void;

  /**
   * Stops: closes the connection, or cancels the attempt, and does not reconnect. An open connection first sends what
   * `send` took. `code` is 1000 or from 3000 to 4999; without it, and without a reason, the Close frame is empty. Throws
   * as `WebSocket.close` does; the session then keeps running.
   */
  close(code?: number, reason?: string): void;

  /**
   * Reconnects in any state, even after `close`: closes the connection, or cancels the attempt, and makes the next one
   * at once.
   */
  reconnect(code?: number, reason?: string): void;

  /**
   * Makes the next attempt now; starts if idle or stopped. While connecting or open, it only starts `hiddenGrace` again.
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
