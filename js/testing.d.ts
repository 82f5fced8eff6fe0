// The types of hawser/testing.

import type { WebSocketClass } from "./index.js";

declare global {
  // In "lib" since TypeScript 5.2.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

type Bytes = Exclude<Parameters<globalThis.WebSocket["send"]>[0], string | Blob>;

/**
 * An engine whose events a `Browser` imitates. docs/testing-javascript.md lists the differences.
 */
export type EngineName = "chromium" | "firefox" | "webkit" | "node20" | "node26";

/** The options of a `Browser`. */
export interface BrowserOptions {
  /** The engine to imitate. Default: `"chromium"`. */
  engine?: EngineName;
  /** The seed of `Math.random`, from which sessions draw their delays. Default: 1. */
  seed?: number;
  /**
   * The initial time of `Date`, in milliseconds since 1970 or as a `Date`. Default: the real time.
   */
  now?: number | Date;
}

/**
 * A browser that a test controls, without a network and without waiting.
 *
 *     const browser = new Browser();
 *     const { Session } = await load({ WebSocket: browser.WebSocket });
 *     const session = new Session("wss://example.org/feed");
 *     const peer = await browser.expectConnection("wss://example.org/feed");
 *     peer.accept();
 *     peer.cut();
 *     await browser.advance(30_000);
 *     (await browser.expectConnection()).accept();
 *     await browser.uninstall();
 *
 * While it is installed, it replaces the global `WebSocket`, `setTimeout`, `setInterval`,
 * `clearTimeout`, `clearInterval`, `Date`, `performance.now` and `Math.random`. Unless the engine
 * is Node, it also replaces `navigator.onLine` and `document.visibilityState` and, if there is no
 * page, adds `document` and the page's events.
 *
 * Whatever is due runs by itself whenever the test awaits something. Time passes only in `advance`.
 */
export class Browser {
  /**
   * Installs the browser. Throws a `TypeError` for an unknown engine, and an `Error` while another
   * browser is installed.
   */
  constructor(options?: BrowserOptions);

  /** The engine that it imitates. */
  readonly engine: EngineName;

  /**
   * The class to pass to `load`, or to any other program. It has the interface of the browser's own
   * (WHATWG WebSockets section 3.1). All `Browser` objects have the same class, so that `load` can
   * be called in each test. While no browser is installed, its constructor throws a
   * `SecurityError`.
   */
  readonly WebSocket: WebSocketClass;

  /**
   * Returns the peer of the next connection that the program has started, in the order of their
   * start. `url` and `protocols` are the expected values. If left out, any value is fine.
   *
   * Rejects with a `Failure` if there is no such connection, or if the next one has other values.
   */
  expectConnection(url?: string | URL, protocols?: string | string[]): Promise<Peer>;

  /**
   * Rejects with a `Failure` if the program has started a connection that no `expectConnection` has
   * returned.
   */
  expectNoConnection(): Promise<void>;

  /**
   * Calls `handler` with the peer of each connection that the program starts from now on, for a
   * server that answers by itself. `expectConnection` does not return these connections. Their
   * peers answer Close frames, unless `onClose` of the peer replaces that. While the page is
   * offline, these connections fail.
   */
  onConnection(handler: (peer: Peer) => void): void;

  /** The number of connections that the program has started. */
  readonly connections: number;

  /**
   * The time in milliseconds, as `performance.now` returns it. The clock continues from one browser
   * to the next.
   */
  readonly now: number;

  /**
   * Advances the clock, and runs everything that becomes due, in order: timers, deadlines,
   * heartbeats, delays. Promises run in between.
   */
  advance(milliseconds: number): Promise<void>;

  /**
   * Runs everything that is due now, promises included. Rejects with a `Failure` if the program
   * never becomes idle.
   */
  runUntilIdle(): Promise<void>;

  // The page. These throw an `Error` if the engine is Node, which has no page.

  /**
   * Takes the network away: `navigator.onLine` and the event offline. Connections stay until
   * `Peer.cut`.
   */
  goOffline(): void;
  /** Brings the network back: `navigator.onLine` and the event online. */
  goOnline(): void;
  /**
   * Hides the page, as if in a background tab: `document.visibilityState` and the event
   * visibilitychange.
   */
  hidePage(): void;
  /** Shows the page again: `document.visibilityState` and the event visibilitychange. */
  showPage(): void;
  /**
   * Puts the page into the back/forward cache: the event pagehide. Nothing runs, and its
   * connections are lost.
   */
  leavePage(): void;
  /**
   * Brings the page back: the event pageshow, then the events of its lost connections and its late
   * timers.
   */
  returnToPage(): void;

  /**
   * Ends the connections, lets the program run until it has no timers left or 1000 of them have
   * fired, and restores the globals. Await it after each test, even a failed one.
   *
   * Until it is done, new connections throw, which stops sessions, and exceptions in timers are
   * ignored.
   */
  uninstall(): Promise<void>;
  /** The same as `uninstall`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A peer's answer to a handshake. */
export interface Handshake {
  /**
   * The subprotocol to select, or `""` for none. Default: the first one offered. As in browsers,
   * the handshake fails for a subprotocol that was not offered. In Chromium and Node, it also fails
   * if subprotocols were offered and none is selected.
   */
  protocol?: string;
  /** The extensions, as the header names them. Default: none. */
  extensions?: string;
}

/** A Close frame. */
export interface CloseFrame {
  /** The code, or 1005 if the frame has none. */
  code: number;
  /** Empty if it has none. */
  reason: string;
}

/**
 * The other end of a connection: the server, as far as a program can see it.
 *
 * `accept`, `refuse`, `send`, `close`, `answerClose` and `cut` are events. They return after the
 * listeners have run, unless a listener itself called them. They throw a `Failure` if the
 * connection's state does not allow them. Each `expect` method first waits until the browser is
 * idle. If the expectation is not met, it rejects with a `Failure` that says what happened instead.
 */
export interface Peer {
  /** The URL that the program connects to. */
  readonly url: string;
  /** The subprotocols that the program offered. */
  readonly protocols: string[];
  /** Whether the program sees an open connection. */
  readonly isOpen: boolean;

  /** Opens the connection. */
  accept(handshake?: Handshake): void;
  /**
   * Refuses the connection, like a server that can't be reached or that answers with a wrong
   * status.
   */
  refuse(): void;
  /** Sends a message: a string as text, and bytes as binary. */
  send(data: string | Bytes): void;
  /**
   * Ends the connection cleanly, with a Close frame. The default is code 1000 without a reason.
   * Pass 1005 for a frame without a code. Throws a `RangeError` for a code that no peer can send,
   * for a reason of more than 123 bytes of UTF-8, and for a reason with the code 1005.
   */
  close(code?: number, reason?: string): void;
  /**
   * Answers the program's Close frame with the same code and reason. This ends the connection
   * cleanly.
   */
  answerClose(): void;
  /** Loses the connection, as when a cable is cut. */
  cut(): void;

  /**
   * Stops reading. The program's messages stay in `bufferedAmount`, and its Close frame waits
   * behind them.
   */
  stall(): void;
  /** Reads everything that is buffered, and continues to read. */
  resume(): void;

  /**
   * Calls `handler` with each received message that was not read yet, and with each later one.
   * Binary messages are a `Uint8Array`.
   */
  onMessage(handler: (data: any) => void): void;
  /**
   * Calls `handler` with the code and the reason of the program's Close frame. Without a code, it
   * is 1005.
   */
  onClose(handler: (code: number, reason: string) => void): void;

  /** Returns the next received message that was not read yet, or `undefined`. Does not wait. */
  tryReceive(): string | Uint8Array | undefined;
  /** Returns the program's next message. */
  expectMessage(): Promise<string | Uint8Array>;
  /** Expects the next message to be this text. */
  expectText(text: string): Promise<void>;
  /** Expects the next message to be binary, with these bytes. */
  expectBinary(bytes: Bytes): Promise<void>;
  /** Expects no further message or Close frame from the program. */
  expectNothing(): Promise<void>;
  /**
   * Expects that the program has closed the connection, and that all its messages were read before.
   * Returns the Close frame. Its code is also 1005 if the program closed the connection before it
   * was open.
   */
  expectClose(): Promise<CloseFrame>;
}

/**
 * Thrown if an expectation is not met, or if a peer can't do what a test asks for. The message says
 * what happened.
 */
export class Failure extends Error {
  readonly name: "Failure";
}
