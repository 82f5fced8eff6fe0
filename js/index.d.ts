/**
 * Whether this environment has a WebSocket: the capability check. It needs no wasm, never throws, and works in a page, in
 * a worker and in Node.
 */
export function canWebSocket(): boolean;

/**
 * Loads hawser's WebAssembly module. Every call gives the same one; after a failure the next call tries again.
 *
 * Rejects with an `Error` that says what to do: where there is no `WebSocket` to build on, where a later call names
 * another `WebSocket`, and where the `.wasm` is missing, damaged, or of another version (the message names the file).
 */
export function load(options?: LoadOptions): Promise<Hawser>;

export interface LoadOptions {
  /** Where the `.wasm` is, or its bytes. By default it lies in `dist`, beside this package's JavaScript. */
  wasm?: string | URL | BufferSource;

  /**
   * The class that makes the connections; the environment's own by default. For Node before version 22, which has none
   * unless it is started with `--experimental-websocket`: the class of the package `undici`.
   */
  WebSocket?: WebSocketClass;
}

/** The loaded module. */
export interface Hawser {
  readonly WebSocket: WebSocketClass;
}

/** What `new WebSocket` comes from. A browser's own class is one too, so either can stand in for the other. */
export interface WebSocketClass {
  /**
   * Begins to connect to `url`, which may be relative to the page, and may be http: or https: for ws: or wss:.
   * `protocols` are the subprotocols to offer, the best first.
   *
   * Throws a `DOMException`: a `SyntaxError` for a bad URL or a bad subprotocol (it says which), a `SecurityError` where
   * the browser forbids the connection at once. Whatever goes wrong later comes as the events error and close.
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

/** The events of a `WebSocket`. */
export interface WebSocketEventMap {
  open: Event;
  message: MessageEvent;
  error: Event;
  close: CloseEvent;
}

/**
 * The interface of the browser's own `WebSocket` (WHATWG WebSockets section 3.1). A socket lives until its connection has ended,
 * also if nothing refers to it any more (section 7); then the garbage collector frees it.
 */
export interface WebSocket extends EventTarget {
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;

  /** The URL as the browser resolved it. */
  readonly url: string;
  /** `CONNECTING`, `OPEN`, `CLOSING` or `CLOSED`. */
  readonly readyState: 0 | 1 | 2 | 3;
  /**
   * Bytes that `send` took and that have not been handed to the network yet; text counts as UTF-8. What is sent to an
   * ended connection is dropped and stays counted, in browsers.
   */
  readonly bufferedAmount: number;
  /** The extensions that the server chose; empty before the event open, and when it chose none. */
  readonly extensions: string;
  /** The subprotocol that the server chose; empty before the event open, and when it chose none. */
  readonly protocol: string;
  /** What the `data` of a binary message is, from the next message on: a `Blob` by default, or an `ArrayBuffer`. */
  binaryType: BinaryType;

  /** The connection is open; `protocol` and `extensions` are known, and `send` works. */
  onopen: ((this: WebSocket, event: Event) => any) | null;
  /** A message has come: a string for text, and what `binaryType` says for binary, as the event's `data`. */
  onmessage: ((this: WebSocket, event: MessageEvent) => any) | null;
  /** The connection was failed; close follows. Browsers do not tell why, by design. */
  onerror: ((this: WebSocket, event: Event) => any) | null;
  /** The connection has ended, as the event's `code`, `reason` and `wasClean` tell. The last event. */
  onclose: ((this: WebSocket, event: CloseEvent) => any) | null;

  /**
   * Queues a message: a string as text, where a lone surrogate becomes U+FFFD; a Blob or bytes as binary. The data is
   * copied before `send` returns. In `CLOSING` and `CLOSED` it is dropped in silence.
   *
   * Throws an `InvalidStateError` in `CONNECTING`, and a `TypeError` for shared or resizable memory.
   */
  send(data: string | Blob | BufferSource): void;

  /**
   * Begins the closing handshake; in `CONNECTING` it fails the connection, and later it does nothing. `code` is 1000 or
   * from 3000 to 4999; the Close frame is empty without one. `reason` has at most 123 bytes of UTF-8.
   *
   * Throws an `InvalidAccessError` for another code, and a `SyntaxError` for a longer reason; the connection stays as it
   * was then.
   */
  close(code?: number, reason?: string): void;

  addEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: (this: WebSocket, event: WebSocketEventMap[Type]) => any,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: (this: WebSocket, event: WebSocketEventMap[Type]) => any,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}
