/**
 * Returns whether this environment has a WebSocket. Needs no wasm, never throws, and works in
 * pages, workers and Node.
 */
export function canWebSocket(): boolean;

/**
 * Loads hawser's WebAssembly module. Every call returns the same module. After a failure, the next
 * call tries again.
 *
 * Rejects with an `Error` that says what to do if there is no `WebSocket` to build on, if a later
 * call names another `WebSocket` or another `observe`, or if the `.wasm` is missing, damaged, or of
 * another version (the message names the file).
 */
export function load(options?: LoadOptions): Promise<Hawser>;

/** The options of `load`. */
export interface LoadOptions {
  /** The URL of the `.wasm`, or its bytes. The default is this package's own file in `dist`. */
  wasm?: string | URL | ArrayBuffer | ArrayBufferView;

  /**
   * The class that makes the connections. The default is the environment's own. Node before version
   * 22 has none unless it is started with `--experimental-websocket`: pass the class of the package
   * `undici` there.
   */
  WebSocket?: NativeWebSocketClass;

  /**
   * Called with each event of every socket and session of this module. The calls come in order and
   * in a microtask, so the function may do anything. Each socket and session also fires its own
   * events as the event observe, with this object as `detail`; `true` enables only those. An
   * exception in the function is reported like one in an event listener. Only the first call of
   * `load` can set this option.
   *
   * Without it, nothing is observed, at no cost.
   */
  observe?: true | ((event: ObservedEvent) => void);

  /**
   * Whether sent, received and drop events have the message's `data`. This copies binary data.
   * Default: `false`.
   */
  observeData?: boolean;
}

/** Something that happened to a socket or a session. */
export type ObservedEvent = Observed & ObservedDetails;

interface Observed {
  /** When it happened, in milliseconds, as `performance.now()` returns it. */
  readonly time: number;
  /**
   * The socket's number, counted from 1. For a session's own events: its last socket's, or 0 before
   * the first.
   */
  readonly socket: number;
  /** The session's number, counted from 1. Absent for a `WebSocket`. */
  readonly session?: number;
}

/** A message of an event. */
interface ObservedMessage {
  /** The size in bytes; text counts as UTF-8. */
  readonly size: number;
  readonly binary: boolean;
  /** With `observeData`: the text, a copy of the bytes, or the Blob. */
  readonly data?: string | ArrayBuffer | Blob;
}

type ObservedState = "idle" | "connecting" | "open" | "waiting" | "stopped";

type ObservedDetails =
  | { readonly type: "opening"; readonly url: string; readonly protocols: readonly string[] }
  | { readonly type: "open"; readonly protocol: string; readonly extensions: string }
  | (ObservedMessage & {
      readonly type: "sent";
      /** The browser's `bufferedAmount` after this message. */
      readonly bufferedAmount: number;
    })
  | (ObservedMessage & { readonly type: "received" })
  | {
      readonly type: "error";
      /** The browser's exception, if it refused to make the socket. */
      readonly message?: string;
    }
  /**
   * Once for each socket. The code is 1006 if a deadline passed before the browser closed the
   * socket.
   */
  | {
      readonly type: "close";
      readonly code: number;
      readonly reason: string;
      readonly wasClean: boolean;
    }
  /** From a session. `SessionStatus` explains the fields. */
  | {
      readonly type: "state";
      readonly state: ObservedState;
      readonly attempt: number;
      readonly isOffline?: true;
      readonly isHidden?: true;
    }
  /**
   * From a session that waits for `delay` milliseconds. `attempt` is the number of the next
   * attempt.
   */
  | { readonly type: "retry"; readonly delay: number; readonly attempt: number }
  /**
   * A closing socket (`why`) or a session's outbox (`id`; 0 if never there) has dropped an outgoing
   * message.
   */
  | (ObservedMessage & { readonly type: "drop"; readonly why?: "closing"; readonly id?: number });

/** Fired on each socket and session of a module that was loaded with `observe`. */
export interface ObserveEvent extends Event {
  /** What happened. */
  readonly detail: ObservedEvent;
}

/** The loaded module. */
export interface Hawser {
  /** The class to use instead of the browser's own. */
  readonly WebSocket: WebSocketClass;
}

/**
 * A class that hawser can build on: a browser's, Node's, undici's, or a stand-in for tests. The
 * class of the package `ws` does not qualify, because it does not behave like a browser's.
 */
export interface NativeWebSocketClass {
  /** Connects to an absolute ws: or wss: URL. */
  new (url: string, protocols?: string[]): NativeWebSocket;
}

/** The members of a connection that hawser uses, in addition to the four `on...` attributes. */
export interface NativeWebSocket {
  /** The absolute URL. */
  readonly url: string;
  /** From 0, connecting, to 3, closed. */
  readonly readyState: number;
  /** Bytes that are not handed to the network yet. */
  readonly bufferedAmount: number;
  /** The extensions that the server chose. */
  readonly extensions: string;
  /** The subprotocol that the server chose. */
  readonly protocol: string;
  /** hawser sets it to `"arraybuffer"` or `"blob"`. */
  binaryType: "blob" | "arraybuffer";
  /** Sends a message. */
  send(data: any): void;
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void;
}

/**
 * The class `WebSocket`. A browser's own class has this type too, so either can replace the other.
 */
export interface WebSocketClass {
  /**
   * Starts to connect to `url`. The URL may be relative to the page, and may use http: and https:
   * for ws: and wss:. `protocols` lists the subprotocols to offer, the best first.
   *
   * Throws a `DOMException`: a `SyntaxError` for a bad URL or subprotocol (the message says which),
   * or a `SecurityError` if the browser forbids the connection at once. Later failures raise the
   * events error and close.
   *
   * WHATWG WebSockets section 3.1.
   */
  new (url: string | URL, protocols?: string | string[]): WebSocket;
  readonly prototype: WebSocket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

type EventOf<Attribute extends "onopen" | "onmessage" | "onerror" | "onclose"> = Parameters<
  NonNullable<globalThis.WebSocket[Attribute]>
>[0];

/** The events of a `WebSocket`. */
export interface WebSocketEventMap {
  /** See `WebSocket.onopen`. */
  open: EventOf<"onopen">;
  /** See `WebSocket.onmessage`. */
  message: EventOf<"onmessage">;
  /** See `WebSocket.onerror`. */
  error: EventOf<"onerror">;
  /** See `WebSocket.onclose`. */
  close: EventOf<"onclose">;
}

/**
 * A WebSocket with the interface of the browser's own (WHATWG WebSockets section 3.1), as the
 * program's TypeScript defines it. A socket lives until its connection has ended, even if nothing
 * refers to it any more (section 7). After that, the garbage collector frees it.
 */
export interface WebSocket extends globalThis.WebSocket {
  /** The URL as the browser resolved it. */
  readonly url: string;
  /** `CONNECTING`, `OPEN`, `CLOSING` or `CLOSED`. */
  readonly readyState: globalThis.WebSocket["readyState"];
  /**
   * The bytes that were passed to `send` and not handed to the network yet; text counts as UTF-8.
   * In browsers, messages dropped after the end of the connection stay counted.
   */
  readonly bufferedAmount: number;
  /**
   * The extensions that the server selected. Empty before the event open, and if it selected none.
   */
  readonly extensions: string;
  /**
   * The subprotocol that the server selected. Empty before the event open, and if it selected none.
   */
  readonly protocol: string;
  /**
   * The type of `data` for binary messages, from the next message on: a `Blob` (the default) or an
   * `ArrayBuffer`.
   */
  binaryType: "blob" | "arraybuffer";

  addEventListener: ((
    type: "observe",
    listener: (event: ObserveEvent) => any,
    options?: Parameters<globalThis.WebSocket["addEventListener"]>[2],
  ) => void) &
    globalThis.WebSocket["addEventListener"];

  /** The connection is open: `protocol` and `extensions` are known, and `send` works. */
  onopen: globalThis.WebSocket["onopen"];
  /**
   * A message was received. The event's `data` is a string for text, and of the type `binaryType`
   * for binary.
   */
  onmessage: globalThis.WebSocket["onmessage"];
  /** The connection failed. The event close follows. Browsers do not say why, by design. */
  onerror: globalThis.WebSocket["onerror"];
  /** The connection has ended. This is the last event. It has `code`, `reason` and `wasClean`. */
  onclose: globalThis.WebSocket["onclose"];

  /**
   * Queues a message: a string as text, a Blob or bytes as binary. A lone surrogate in a string
   * becomes U+FFFD. The data is copied before `send` returns. In `CLOSING` and `CLOSED`, the
   * message is dropped without an error.
   *
   * Throws an `InvalidStateError` in `CONNECTING`, and a `TypeError` for shared or resizable
   * memory.
   */
  send(data: Parameters<globalThis.WebSocket["send"]>[0]): void;

  /**
   * Starts the closing handshake. In `CONNECTING`, the connection fails instead. In `CLOSING` and
   * `CLOSED`, this does nothing. `code` is 1000 or from 3000 to 4999. Without a code, the Close
   * frame is empty. `reason` has at most 123 bytes of UTF-8.
   *
   * Throws an `InvalidAccessError` for another code, and a `SyntaxError` for a longer reason. The
   * connection does not change then.
   */
  close(code?: number, reason?: string): void;
}
