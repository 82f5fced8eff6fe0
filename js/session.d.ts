import type { LoadOptions, WebSocket, WebSocketEventMap } from "./index.js";

export { canWebSocket } from "./index.js";
export type { LoadOptions };

// As the program's own TypeScript has them: the DOM's, or Node's in a program without "lib": ["dom"].
type Message = Parameters<globalThis.WebSocket["send"]>[0];
type Bytes = Exclude<Message, string | Blob>;
type CloseEvent = WebSocketEventMap["close"];
type AnyListener = Parameters<globalThis.WebSocket["addEventListener"]>[1];
type AddOptions = Parameters<globalThis.WebSocket["addEventListener"]>[2];
type RemoveOptions = Parameters<globalThis.WebSocket["removeEventListener"]>[2];

/**
 * Loads hawser's WebAssembly module for sessions. As `load` of `hawser`, which is another module.
 */
export function load(options?: LoadOptions): Promise<HawserSession>;

/** The loaded module. */
export interface HawserSession {
  readonly Session: SessionClass;
}

/** A URL, a list of URLs that are tried in turn, or a function that is asked before each attempt. */
export type SessionUrl = string | URL | (string | URL)[] | (() => string | URL | Promise<string | URL>);

/** The subprotocols to offer, or a function that is asked before each attempt. */
export type SessionProtocols =
  string | string[] | null | (() => string | string[] | null | Promise<string | string[] | null>);

/** What `new Session` comes from. */
export interface SessionClass {
  /**
   * Begins to connect, and connects again whenever the connection is lost.
   *
   * Throws as `new WebSocket` does for a bad URL or a bad subprotocol, and a `TypeError` for a bad option. What a
   * function answers is judged when it has answered.
   */
  new (url: SessionUrl, protocols?: SessionProtocols, options?: SessionOptions): Session;
  readonly prototype: Session;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

/** What a session does by itself. Times are milliseconds, and `Infinity` is allowed. docs/sessions.md has the reasons. */
export interface SessionOptions {
  /** The bound of the first delay. 4 000, or `backoffCap` if only that is given and is less. */
  backoffBase?: number;
  /** The bound of every delay. 30 000. */
  backoffCap?: number;
  /** How much the bound grows with each attempt. 2. */
  backoffFactor?: number;
  /** How chance spreads the delays below their bounds, drawn anew for each. `"full"`: from 0 to the bound. */
  jitter?: "none" | "equal" | "full" | "decorrelated";
  /** How long a connection must live for the delays to begin anew. 5 000. */
  minUptime?: number;
  /** How many attempts are made after an end, until one succeeds. `Infinity`. */
  maxAttempts?: number;
  /** How long after an end attempts may begin, until one succeeds. `Infinity`. */
  giveUpAfter?: number;
  /** Close codes after which there is no further attempt, in addition to 1008. None. */
  finalCodes?: Iterable<number>;
  /** What is waited at the least after close code 1013, in addition to the delay. 10 000. */
  tryAgainLater?: number;
  /** Whether a close reason such as "retry after 30" (seconds) is waited for. `false`. */
  retryHint?: boolean;
  /** The longest time that such a reason can ask for. 300 000. */
  maxRetryHint?: number;
  /**
   * Asked about each end but that by `close` and `reconnect`: `true` and `false` say whether to connect again, a number
   * is how long to wait at the least, in addition to the delay, and `undefined` leaves it to hawser.
   */
  shouldReconnectOnClose?: (event: CloseEvent) => boolean | number | undefined;

  /** Until when an attempt must be open. 30 000. */
  connectTimeout?: number;
  /** Until when `close` and `reconnect` must be answered. 5 000. */
  closeTimeout?: number;
  /** How long closing may take in all while messages are queued. 60 000. */
  drainTimeout?: number;
  /** Until when functions must have answered with a URL and subprotocols. 10 000. */
  endpointTimeout?: number;
  /**
   * Whether nothing leaves the outbox on a new connection until `ready()` is called, as for a login that takes its time.
   * What `sendNow` is given goes at once. `false`.
   */
  gate?: boolean;
  /** Until when `ready()` must be called, counted from the event open; then the connection ends. 10 000. */
  readyTimeout?: number;
  /** When it starts. `"later"`: it is idle until `reconnect()` or `retryNow()`. `"now"`. */
  start?: "now" | "later";

  /** When a silent peer is asked whether it is still there. Without this, never. */
  heartbeat?: HeartbeatOptions;

  /** How many messages the outbox has room for. 10 000. */
  maxOutboxMessages?: number;
  /** How many bytes of payload the outbox has room for; text counts as UTF-8. 1 048 576. */
  maxOutboxBytes?: number;
  /**
   * What becomes of a message for which the outbox has no room. `"drop-newest"`: it is dropped. `"drop-oldest"`: the
   * oldest are. `"refuse"`: `send` throws a `QuotaExceededError`.
   */
  whenOutboxFull?: "refuse" | "drop-oldest" | "drop-newest";
  /**
   * Whether a message stays in the outbox until `acknowledge` is called with its id, so that it is sent again on the next
   * connection (at least once). `false`: never twice (at most once).
   */
  acknowledgement?: boolean;

  /** A whole number that makes the delays the same each time: for tests. None. */
  seed?: number;

  // The names of reconnecting-websocket and partysocket for the same. If both are given, the name above counts.

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

/** Browsers show no ping frames to a page: a ping is a message of the app's own, which its server answers. */
export interface HeartbeatOptions {
  /** The message that asks, or what makes one each time. */
  ping: string | Bytes | (() => string | Bytes);
  /**
   * Whether a message answers a ping; binary ones come as ArrayBuffer. Such a message is told to nobody, and gives
   * `counters.roundTrip`. Without this no message is held back.
   */
  isPong?: (data: string | ArrayBuffer) => boolean;
  /** How long the peer may be silent before it is pinged. 25 000. */
  interval?: number;
  /** How long it may be silent after that before the connection is given up. 10 000. */
  deadline?: number;
}

/** hawser::Error, by its name. docs/errors.md says of each when it happens. */
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

/** What a person can be shown. */
export interface SessionStatus {
  /** `waiting`: for the time of the next attempt, or for the network. `stopped`: there are no more attempts. */
  readonly state: "idle" | "connecting" | "open" | "waiting" | "stopped";
  /** The number of the attempt that is made or waited for: 0 for the first of all and while open, 1 for the first retry. */
  readonly attempt: number;
  /** While waiting: milliseconds until the next attempt, at the moment of asking. */
  readonly retryIn: number;
  /** While waiting: whether it waits for the network, and not for a time. */
  readonly isOffline: boolean;
  /** Why there are no more attempts, where it has stopped. */
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
  /** How the last connection, or attempt at one, ended; null before the first end. */
  readonly end: null | {
    readonly code: number;
    readonly reason: string;
    readonly wasClean: boolean;
    readonly error: SessionError | null;
  };
}

/** Since the session was made. */
export interface SessionCounters {
  /** What was handed to the browser, repetitions included, pings not. */
  readonly messagesSent: number;
  readonly bytesSent: number;
  /** What came, answers to pings included. */
  readonly messagesReceived: number;
  readonly bytesReceived: number;
  readonly attempts: number;
  readonly connections: number;
  /** What the outbox refused or dropped. */
  readonly messagesDropped: number;
  /** What is in the outbox now. */
  readonly messagesKept: number;
  readonly bytesKept: number;
  /** Milliseconds of all connections together, the present one included. */
  readonly uptime: number;
  /** Milliseconds of the last ping whose answer was recognised; null before. */
  readonly roundTrip: number | null;
  readonly lastError: SessionError | null;
}

/** What became of a message that was sent. */
export interface SendResult {
  /**
   * `sent`: handed to the browser; only an acknowledgement tells that it arrives. `kept`: in the outbox. `dropped`:
   * neither, and it never will be.
   */
  readonly delivery: "sent" | "kept" | "dropped";
  /** What `acknowledge` is to be given; 0 for a message that was not kept. */
  readonly id: number;
}

/** A connection, or an attempt at one, has failed; close follows. */
export interface SessionErrorEvent extends Event {
  /** What happened, in a sentence. */
  readonly message: string;
  readonly error: SessionError;
  /** What the function that gives the URL or the subprotocols threw, where it was that. */
  readonly cause: unknown;
}

export interface StatusChangeEvent extends Event {
  readonly status: SessionStatus;
}

/** A message that was sent, and will not be transmitted any more. */
export interface DropEvent extends Event {
  /** Binary as ArrayBuffer, or as `send` was given it. */
  readonly data: Message;
  /** 0 for a message that never was in the outbox. */
  readonly id: number;
}

export interface SessionEventMap extends Omit<WebSocketEventMap, "error"> {
  error: SessionErrorEvent;
  statuschange: StatusChangeEvent;
  drop: DropEvent;
}

/** What reading an `on...` attribute gives. It is typed as the browser's, so that a `Session` can stand in for a `WebSocket`. */
type Listener<Type extends keyof WebSocketEventMap> =
  ((this: globalThis.WebSocket, event: WebSocketEventMap[Type]) => any) | null;

/**
 * One logical connection over as many WebSockets as it takes. It has the interface of the browser's `WebSocket`, so that
 * it can take the place of one, and of reconnecting-websocket or partysocket. A client that reconnects by itself wants
 * the class `WebSocket` of `hawser` instead: over sessions, each loss would leave it one more connection.
 *
 * The events open, message, error and close come for each of its sockets. A session lives until it has stopped, also if
 * nothing refers to it any more.
 */
export interface Session extends WebSocket {
  /** `CONNECTING` also while it waits, as an `EventSource` has it (HTML section 9.2); `CLOSED` once it has stopped, and while idle. */
  readonly readyState: 0 | 1 | 2 | 3;
  /**
   * Of the present connection or attempt; without one, of the last. Before the first attempt, that of the first URL; empty
   * where a function gives it.
   */
  readonly url: string;
  /** Bytes in the outbox, and those that the present connection has not handed to the network yet. */
  readonly bufferedAmount: number;

  readonly status: SessionStatus;
  readonly counters: SessionCounters;
  /** `status.attempt`. */
  readonly retryCount: number;
  /** The id that the next message gets if it is kept, to be written into it. */
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
  /** A message was dropped: for want of room, by `close`, or for want of a connection with `keep: false`. */
  ondrop: ((this: Session, event: DropEvent) => any) | null;

  /**
   * Sends now, or keeps the message until there is a connection; in order. With `keep: false` it goes out on this
   * connection or is dropped. After `close`, and once it has stopped, it is dropped.
   *
   * A Blob is read first, and what is sent after it waits for that. Throws a `TypeError` for shared or resizable memory,
   * and for a Blob with `acknowledgement`; a `QuotaExceededError` where the outbox is full and refuses.
   */
  send(data: Message, options?: { keep?: boolean }): SendResult;

  /**
   * Sends on this connection, before all that is in the outbox: what a connection begins with, an authentication say. For
   * a listener of open. Throws an `InvalidStateError` where it is not open.
   */
  sendNow(data: string | Bytes): void;

  /**
   * With `gate`: from now on this connection is given what is in the outbox, and what is sent. Throws an
   * `InvalidStateError` before the event open, and without a connection.
   */
  ready(): void;

  /** The peer has the message with this id, and all before it. Gives how many left the outbox. */
  acknowledge(id: number): number;
  /** The peer has the message with this id, and maybe not those before it. */
  acknowledgeOne(id: number): number;

  /**
   * Stops: closes the connection, or gives up the attempt, and makes no more. An open connection is given first what `send`
   * took. `code` is 1000 or from 3000 to 4999; without it, and without a reason, the server is sent none. Throws as
   * `WebSocket.close` does; the session goes on then.
   */
  close(code?: number, reason?: string): void;

  /**
   * Connects anew whatever the state, also after `close`: ends the connection, or gives up the attempt, and makes the next
   * at once.
   */
  reconnect(code?: number, reason?: string): void;

  /** Makes the next attempt now; begins where it is idle or has stopped. Does nothing while it connects or is open. */
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
