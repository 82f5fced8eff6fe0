// The events of a WebSocket, and their order, for the same program and server. Engines differ here.
// The real ones are compared with those that hawser/testing imitates.

import { longestWait } from "./patience.mjs";

/**
 * @typedef {object} Scenario
 * @property {string} path of the server's endpoint
 * @property {string[]} [protocols]
 * @property {(socket: WebSocket, note: (line: string) => void) => void} [start] runs after the
 *   constructor
 * @property {(socket: WebSocket, note: (line: string) => void) => void} [open] runs in the event
 *   open
 */

/** @type {Record<string, Scenario>} */
export const scenarios = {
  "a refused handshake": { path: "/refuse" },
  "a lost connection": { path: "/drop-after-message", open: (socket) => socket.send("x") },
  "the server closes": { path: "/close?code=4001&reason=bye" },
  "the server closes without a code": { path: "/close" },
  "the program closes": {
    path: "/echo",
    open: (socket, note) => close(socket, note, 4002, "done"),
  },
  "the program closes without a code": {
    path: "/echo",
    open: (socket, note) => close(socket, note),
  },
  "the program closes while it connects": {
    path: "/no-answer?orders",
    start: (socket, note) => close(socket, note),
  },
  "the program closes twice": {
    path: "/echo",
    open(socket, note) {
      close(socket, note, 4002);
      close(socket, note, 4003);
    },
  },
  "the program sends after close": {
    path: "/echo",
    open(socket, note) {
      close(socket, note);
      socket.send("abc");
      note(`${socket.bufferedAmount} bytes`);
    },
  },
  "an answer arrives after close": {
    path: "/echo",
    open(socket, note) {
      socket.send("abc");
      note(`${socket.bufferedAmount} bytes`);
      close(socket, note);
    },
  },
  "the server selects a subprotocol": { path: "/protocol?choose=b", protocols: ["a", "b"] },
  "the server selects no subprotocol": { path: "/protocol", protocols: ["a", "b"] },
};

/**
 * @param {WebSocket} socket
 * @param {(line: string) => void} note
 * @param {any[]} args
 */
function close(socket, note, ...args) {
  note(`close(${args.join()}) in ${socket.readyState}`);
  socket.close(...args);
  note(`close has returned in ${socket.readyState}`);
}

/**
 * Plays a scenario, and returns what happened, one line per event. It is over as soon as `isOver`
 * returns true.
 *
 * @param {string} name
 * @param {string} server ws://HOST:PORT
 * @param {(lines: string[]) => Promise<unknown>} end waits for the end
 */
export async function play(name, server, end) {
  const { path, protocols = [], start, open } = scenarios[name];
  /** @type {string[]} */
  const lines = [];
  const note = (/** @type {string} */ line) => void lines.push(line);
  const socket = new WebSocket(server + path, protocols);
  note(`constructed in ${socket.readyState}`);
  socket.onopen = () => {
    note(`open in ${socket.readyState}, protocol "${socket.protocol}"`);
    open?.(socket, note);
  };
  socket.onmessage = ({ data }) => note(`message in ${socket.readyState}: ${data}`);
  socket.onerror = () => note(`error in ${socket.readyState}`);
  socket.onclose = ({ code, reason, wasClean }) =>
    note(`close in ${socket.readyState}: ${code} "${reason}" ${wasClean ? "clean" : "unclean"}`);
  start?.(socket, note);
  await end(lines);
  socket.onclose = socket.onerror = null;
  if (socket.readyState < 2) socket.close();
  return lines;
}

/**
 * Plays all scenarios with the real class. `expected` are the lines to wait for.
 *
 * @param {string} server
 * @param {Record<string, string[]>} expected
 */
export async function playAll(server, expected) {
  /** @type {Record<string, string[]>} */
  const played = {};
  for (const [name, { length }] of Object.entries(expected)) {
    played[name] = await play(name, server, async (lines) => {
      const deadline = performance.now() + longestWait;
      const turn = () => new Promise((resolve) => setTimeout(resolve));
      while (lines.length < length && performance.now() < deadline) await turn();
      for (let turns = 0; turns < 20; ++turns) await turn(); // for unexpected events
    });
  }
  return played;
}
