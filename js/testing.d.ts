// The types of hawser/testing.

import type { WebSocketClass } from "./index.js";

declare global {
  // In "lib" since TypeScript 5.2.
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

type Bytes = Exclude<Parameters<globalThis.WebSocket["send"]>[0], string | Blob>;

/** An engine whose events a `Browser` imitates. docs/testing-javascript.md has the differences. */
export type EngineName = "chromium" | "firefox" | "webkit" | "node20" | "node26";

export interface BrowserOptions {
  /** The engine to imitate. `"chromium"`. */
  engine?: EngineName;
  /** The seed of `Math.random`, from which sessions draw their delays. 1. */
  seed?: number;
  /** What `Date` says at first, in milliseconds since 1970, or as a `Date`. The real time. */
  now?: number | Date;
}

/**
 * A browser that does what a test says, without a network and without waiting.
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
 * While it is installed, it replaces the global `WebSocket`, `setTimeout`, `setInterval`, `clearTimeout`,
 * `clearInterval`, `Date`, `performance.now` and `Math.random`; and unless the engine is Node, `navigator.onLine`,
 * `document.visibilityState` and, where there is no page, `document` and the page's events.
 *
 * What is due runs by itself whenever the test awaits something. Time passes only in `advance`.
 */
export class Browser {
  /**
   * Installs it. Throws a `TypeError` for an unknown engine, and an `Error` while another browser is installed.
   */
  constructor(options?: BrowserOptions);

  readonly engine: EngineName;

  /**
   * The class to give to `load`, or to any other program. It has the interface of the browser's own (WHATWG WebSockets
   * section 3.1). All browsers have the same class, so that `load` can be called in each test. While none is
   * installed, its constructor throws a `SecurityError`.
   */
  readonly WebSocket: WebSocketClass;

  /**
   * Returns the next connection that the program has started, in the order in which it started them. `url` and
   * `protocols` are what to expect; any, if they are left out.
   *
   * Rejects with a `Failure` if there is none, or another.
   */
  expectConnection(url?: string | URL, protocols?: string | string[]): Promise<Peer>;

  /** Rejects with a `Failure` if the program has started a connection that no `expectConnection` has returned. */
  expectNoConnection(): Promise<void>;

  /**
   * Calls `handler` with each connection that the program starts from now on: a server that answers by itself.
   * `expectConnection` does not return these connections, and their peers answer a Close frame unless `onClose` of the
   * peer says otherwise. While the page is offline, they fail.
   */
  onConnection(handler: (peer: Peer) => void): void;

  /** How many connections the program has started. */
  readonly connections: number;

  /** The time of the clock in milliseconds, as `performance.now` returns it. It continues from one browser to the next. */
  readonly now: number;

  /**
   * Lets time pass, and runs what becomes due, in order: timers, deadlines, heartbeats, delays. Promises have their
   * turns in between.
   */
  advance(milliseconds: number): Promise<void>;

  /**
   * Runs everything that is due now, and lets promises have their turns. Rejects with a `Failure` if the program never
   * comes to rest.
   */
  runUntilIdle(): Promise<void>;

  // The page. These throw an `Error` if the engine is Node, which has none.

  /** The network is gone: `navigator.onLine` and the event offline. Connections stay until `Peer.cut`. */
  goOffline(): void;
  /** The network is back. */
  goOnline(): void;
  /** The user looks at another tab: `document.visibilityState` and the event visibilitychange. */
  hidePage(): void;
  /** The user looks at the page again. */
  showPage(): void;
  /** The page goes into the back/forward cache: the event pagehide. It stands still, and its connections are lost. */
  leavePage(): void;
  /** The page is back: the event pageshow, then the events of its lost connections and its late timers. */
  returnToPage(): void;

  /**
   * Ends the connections, lets the program run until it has no timers left, or 1000 of them have fired, and puts the
   * globals back. Await it after each test, also after one that has failed.
   *
   * Meanwhile new connections throw, which stops sessions, and exceptions in timers are ignored.
   */
  uninstall(): Promise<void>;
  /** The same, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a peer answers to a handshake. */
export interface Handshake {
  /**
   * The subprotocol that it selects: the first one offered by default, and `""` for none. As in browsers, the handshake
   * fails for one that was not offered, and in Chromium and Node if none of those offered is selected.
   */
  protocol?: string;
  /** The extensions, as the header names them. None. */
  extensions?: string;
}

/** A Close frame. */
export interface CloseFrame {
  /** 1005 if it has none. */
  code: number;
  reason: string;
}

/**
 * The other end of a connection: the server, as far as a program can see it.
 *
 * `accept`, `refuse`, `send`, `close`, `answerClose` and `cut` are events: listeners have run when they return, unless
 * a listener itself called them. They throw a `Failure` if the connection's state does not allow them. Each
 * `expect` verb first waits until the browser is idle, and rejects with a `Failure` that says what happened instead.
 */
export interface Peer {
  readonly url: string;
  /** The subprotocols that the program offers. */
  readonly protocols: string[];
  /** Whether the program sees an open connection. */
  readonly isOpen: boolean;

  /** Opens the connection. */
  accept(handshake?: Handshake): void;
  /** Refuses it, as a server that can't be reached or that answers with a wrong status. */
  refuse(): void;
  /** Sends a message: a string as text, and bytes as binary. */
  send(data: string | Bytes): void;
  /**
   * Ends the connection cleanly, with a Close frame. 1000 without a reason by default; 1005 for no code. Throws a
   * `RangeError` for a code that no peer can send.
   */
  close(code?: number, reason?: string): void;
  /** Answers the program's Close frame with the same code and reason, which ends the connection cleanly. */
  answerClose(): void;
  /** Loses the connection, as when a cable is cut. */
  cut(): void;

  /** Reads nothing more: what the program sends stays in `bufferedAmount`, its Close frame too. */
  stall(): void;
  /** Reads what is buffered, and continues to read. */
  resume(): void;

  /**
   * Calls `handler` with each message that was received and not read yet, and with each later one. Binary messages are
   * a `Uint8Array`.
   */
  onMessage(handler: (data: any) => void): void;
  /** Calls `handler` with the code and the reason of the program's Close frame; the code is 1005 if it has none. */
  onClose(handler: (code: number, reason: string) => void): void;

  /** The next message that was received and not read yet, if there is one. Does not wait. */
  tryReceive(): string | Uint8Array | undefined;
  /** The next message of the program. */
  expectMessage(): Promise<string | Uint8Array>;
  /** Expects that the next message is this text. */
  expectText(text: string): Promise<void>;
  /** Expects that the next message is binary, with these bytes. */
  expectBinary(bytes: Bytes): Promise<void>;
  /** Expects that the program has sent nothing more, neither a message nor a Close frame. */
  expectNothing(): Promise<void>;
  /**
   * Expects that the program has closed the connection, and that all its messages were read before. Returns the Close
   * frame: 1005 also if the connection was given up before it was open.
   */
  expectClose(): Promise<CloseFrame>;
}

/** An expectation that was not met. The message says what was expected, and what happened. */
export class Failure extends Error {
  readonly name: "Failure";
}
