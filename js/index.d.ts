/**
 * Whether this environment has a WebSocket: the capability check. It needs no wasm, never throws, and works in a page, in
 * a worker and in Node.
 */
export function canWebSocket(): boolean;

/**
 * Loads hawser's WebAssembly module. Every call returns the same one; after a failure the next call tries again.
 *
 * Rejects with an `Error` that says what to do: if there is no `WebSocket` to build on, if a later call names another
 * `WebSocket`, and if the `.wasm` is missing, damaged, or of another version (the message names the file).
 */
export function load(options?: LoadOptions): Promise<Hawser>;

export interface LoadOptions {
  /** The URL of the `.wasm`, or its bytes. By default it lies in `dist`, beside this package's JavaScript. */
  wasm?: string | URL | ArrayBuffer | ArrayBufferView;

  /**
   * The class that makes the connections; the environment's own by default. For Node before version 22, which has none
   * unless it is started with `--experimental-websocket`: the class of the package `undici`.
   */
  WebSocket?: NativeWebSocketClass;

  /**
   * Called with each event of every socket and session of this module, in order and in a microtask, so it may do
   * anything. Each socket and session also gets it as the `detail` of an event observe; `true` asks for that alone.
   * What it throws is reported as the exception of an event listener. Only the first call of `load` can set it.
   *
   * Without it, nothing is observed, and nothing costs time.
   */
  observe?: true | ((event: ObservedEvent) => void);

  /** Whether the events sent, received and drop have the message's `data`, which costs a copy of binary data. `false`. */
  observeData?: boolean;
}

/** One thing that a socket or a session did. */
export type ObservedEvent = Observed & ObservedDetails;

interface Observed {
  /** Milliseconds, as `performance.now()` returns them. */
  readonly time: number;
  /** The socket's number, counted from 1. Of a session's own events its last socket's, or 0 before the first. */
  readonly socket: number;
  /** The session's number, counted from 1. Absent for a `WebSocket`. */
  readonly session?: number;
}

/** A message of an event. */
interface ObservedMessage {
  /** Bytes; text counts as UTF-8. */
  readonly size: number;
  readonly binary: boolean;
  /** With `observeData`: text, or a copy of binary data. A Blob remains a Blob. */
  readonly data?: string | ArrayBuffer | Blob;
}

type ObservedState = "idle" | "connecting" | "open" | "waiting" | "stopped";

type ObservedDetails =
  | { readonly type: "opening"; readonly url: string; readonly protocols: readonly string[] }
  | { readonly type: "open"; readonly protocol: string; readonly extensions: string }
  | (ObservedMessage & {
      readonly type: "sent";
      /** The browser's, after this message. */
      readonly bufferedAmount: number;
    })
  | (ObservedMessage & { readonly type: "received" })
  | {
      readonly type: "error";
      /** What the browser threw, if it refused to make the socket. */
      readonly message?: string;
    }
  /** Once for each socket. The code is 1006 if the session stopped waiting for the browser, at a deadline. */
  | { readonly type: "close"; readonly code: number; readonly reason: string; readonly wasClean: boolean }
  /** Of a session, whose `SessionStatus` explains them. */
  | {
      readonly type: "state";
      readonly state: ObservedState;
      readonly attempt: number;
      readonly isOffline?: true;
      readonly isHidden?: true;
    }
  /** Of a session, which waits for `delay` milliseconds. `attempt` is the number of the next attempt. */
  | { readonly type: "retry"; readonly delay: number; readonly attempt: number }
  /** A message will never be sent: by a closing socket (`why`), or by a session's outbox (`id`; 0 if never in it). */
  | (ObservedMessage & { readonly type: "drop"; readonly why?: "closing"; readonly id?: number });

/** Fires at each socket and session of a module that was loaded with `observe`. */
export interface ObserveEvent extends Event {
  readonly detail: ObservedEvent;
}

/** The loaded module. */
export interface Hawser {
  readonly WebSocket: WebSocketClass;
}

/**
 * A class that hawser can build on: a browser's, Node's, undici's, or a stand-in for tests. The class of the package `ws`
 * is none: it behaves unlike a browser's.
 */
export interface NativeWebSocketClass {
  new (url: string, protocols?: string[]): NativeWebSocket;
}

/** What hawser uses of a connection, beside its four `on...` attributes. */
export interface NativeWebSocket {
  readonly url: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly extensions: string;
  readonly protocol: string;
  binaryType: "blob" | "arraybuffer";
  send(data: any): void;
  close(code?: number, reason?: string): void;
}

/** What `new WebSocket` comes from. A browser's own class is one too, so either can stand in for the other. */
export interface WebSocketClass {
  /**
   * Begins to connect to `url`, which may be relative to the page, and may be http: or https: for ws: or wss:.
   * `protocols` are the subprotocols to offer, the best first.
   *
   * Throws a `DOMException`: a `SyntaxError` for a bad URL or a bad subprotocol (it says which), a `SecurityError` if
   * the browser forbids the connection at once. Later failures are reported by the events error and close.
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
  open: EventOf<"onopen">;
  message: EventOf<"onmessage">;
  error: EventOf<"onerror">;
  close: EventOf<"onclose">;
}

/**
 * The interface of the browser's own `WebSocket` (WHATWG WebSockets section 3.1), as the program's TypeScript knows it. A socket
 * lives until its connection has ended, even if nothing refers to it any more (section 7); then the garbage collector frees it.
 */
export interface WebSocket extends globalThis.WebSocket {
  /** The URL as the browser resolved it. */
  readonly url: string;
  /** `CONNECTING`, `OPEN`, `CLOSING` or `CLOSED`. */
  readonly readyState: globalThis.WebSocket["readyState"];
  /**
   * Bytes that `send` took and that have not been handed to the network yet; text counts as UTF-8. What is sent to an
   * ended connection is dropped and stays counted, in browsers.
   */
  readonly bufferedAmount: number;
  /** The extensions that the server chose; empty before the event open, and if it chose none. */
  readonly extensions: string;
  /** The subprotocol that the server chose; empty before the event open, and if it chose none. */
  readonly protocol: string;
  /** What the `data` of a binary message is, from the next message on: a `Blob` by default, or an `ArrayBuffer`. */
  binaryType: "blob" | "arraybuffer";

  addEventListener: ((
    type: "observe",
    listener: (event: ObserveEvent) => any,
    options?: Parameters<globalThis.WebSocket["addEventListener"]>[2],
  ) => void) &
    globalThis.WebSocket["addEventListener"];

  /** The connection is open; `protocol` and `extensions` are known, and `send` works. */
  onopen: globalThis.WebSocket["onopen"];
  /** A message was received: a string for text, and what `binaryType` says for binary, as the event's `data`. */
  onmessage: globalThis.WebSocket["onmessage"];
  /** The connection failed; close follows. Browsers do not say why, by design. */
  onerror: globalThis.WebSocket["onerror"];
  /** The connection has ended; the event has `code`, `reason` and `wasClean`. The last event. */
  onclose: globalThis.WebSocket["onclose"];

  /**
   * Queues a message: a string as text, in which a lone surrogate becomes U+FFFD; a Blob or bytes as binary. The data is
   * copied before `send` returns. In `CLOSING` and `CLOSED` it is dropped without an error.
   *
   * Throws an `InvalidStateError` in `CONNECTING`, and a `TypeError` for shared or resizable memory.
   */
  send(data: Parameters<globalThis.WebSocket["send"]>[0]): void;

  /**
   * Begins the closing handshake; in `CONNECTING` it fails the connection, and later it does nothing. `code` is 1000 or
   * from 3000 to 4999; the Close frame is empty without one. `reason` has at most 123 bytes of UTF-8.
   *
   * Throws an `InvalidAccessError` for another code, and a `SyntaxError` for a longer reason; the connection then stays
   * as it was.
   */
  close(code?: number, reason?: string): void;
}
