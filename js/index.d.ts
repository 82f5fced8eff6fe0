/** The states of a connection, with the values that the browser's `readyState` has. */
export type ReadyState = 0 | 1 | 2 | 3;

/**
 * Whether this environment has a WebSocket: the capability check. It needs no wasm, never throws, and works in a page, in
 * a worker and in Node.
 */
export function canWebSocket(): boolean;

/**
 * Loads hawser's WebAssembly module. Every call gives the same module; after a failure the next call tries again.
 *
 * Rejects with an `Error` that names the file where the `.wasm` is missing, damaged, or of another version.
 */
export function load(options?: LoadOptions): Promise<Hawser>;

export interface LoadOptions {
  /** Where the `.wasm` is, or its bytes. By default it lies in `dist`, beside this package's JavaScript. */
  wasm?: string | URL | BufferSource;
}

/** The loaded module. */
export interface Hawser {
  /** The answer of `hawser::supported()`. */
  supported(): boolean;

  /**
   * Begins to connect to an absolute ws: or wss: URL without a fragment. Throws an `Error` that says what is wrong with
   * the URL, a subprotocol or a timeout; whatever goes wrong later comes as `onerror` and `onclose`.
   */
  open(url: string | URL, options?: OpenOptions): Socket;
}

/** What a socket calls, later and from the event loop. `onclose` is called exactly once, and is the last. */
export interface Handlers {
  /** The connection is open: `protocol` and `extensions` are known, and `send` works. */
  onopen?: (() => void) | null;
  /** A message has come: text as a string, binary as an ArrayBuffer of its own. */
  onmessage?: ((message: { data: string | ArrayBuffer }) => void) | null;
  /** The connection failed, for the reason that `message` gives in words. `onclose` follows. */
  onerror?: ((error: { message: string }) => void) | null;
  /** The connection has ended. */
  onclose?: ((end: { code: number; reason: string; wasClean: boolean }) => void) | null;
}

export interface OpenOptions extends Handlers {
  /** The subprotocols to offer, the best first. None by default. */
  protocols?: string | string[];
  /** Milliseconds within which the connection must be open: at least 1, 30000 by default. */
  connectTimeout?: number;
  /** Milliseconds within which the connection must be closed after `close`: at least 1, 5000 by default. */
  closeTimeout?: number;
}

/** A connection. Its handlers may be set and replaced at any time; set in the turn of `open`, none misses an event. */
export interface Socket extends Required<Handlers> {
  readonly readyState: ReadyState;
  /** Bytes that `send` took and that have not been handed to the network yet. */
  readonly bufferedAmount: number;
  readonly url: string;
  readonly protocol: string;
  readonly extensions: string;

  /** Queues a message: a string as text, bytes as binary. Throws an `Error` while connecting, closing or closed. */
  send(data: string | ArrayBuffer | ArrayBufferView): void;

  /**
   * Begins the closing handshake. `code` is 1000 (the default) or from 3000 to 4999; `reason` has at most 123 bytes of
   * UTF-8. Throws an `Error` for other values, and for a second call; the socket stays as it was then.
   */
  close(code?: number, reason?: string): void;
}
