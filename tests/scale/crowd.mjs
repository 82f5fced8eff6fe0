// Thousands of hawser's sockets and sessions in one page or one Node, for tests/support/places.mjs.

import { load } from "../../js/index.js";
import { load as loadSessions } from "../../js/session.js";
import { createLocalWebSocket } from "./local_web_socket.mjs";
import { Service } from "./service.mjs";
import { countConstructors, watchMainThread } from "./turns.mjs";
import { inWindow } from "./window.mjs";

/** @typedef {import("../../js/session.js").SessionOptions} SessionOptions */

/** @param {{ ws: string, isLocal: boolean, cost?: number }} options `cost` as in turns.mjs */
export async function start({ ws, isLocal, cost }) {
  const service = new Service();
  const counted = countConstructors(
    isLocal ? createLocalWebSocket(service) : globalThis.WebSocket,
    { cost },
  );
  const { WebSocket } = await load({ WebSocket: counted.WebSocket });
  const { Session } = await loadSessions({ WebSocket: counted.WebSocket });
  /** @type {import("../../js/index.js").WebSocket[]} */
  const sockets = [];
  /** @type {ReturnType<typeof startSession>[]} */
  const sessions = [];
  let watch = watchMainThread();

  return {
    /**
     * @param {number} count
     * @param {number} atOnce
     * @returns {Promise<number>} how many are open, all together
     */
    async openSockets(count, atOnce) {
      await inWindow(count, atOnce, async (index) => {
        const socket = (sockets[index] = new WebSocket(`${ws}/echo`));
        await new Promise((resolve) => (socket.onopen = socket.onclose = resolve));
      });
      return sockets.filter(({ readyState }) => readyState === WebSocket.OPEN).length;
    },

    /**
     * Has each socket send its own message, some at a time.
     *
     * @param {number} atOnce
     * @returns {Promise<number>} how many sockets received their own message, and nothing else
     */
    async exchange(atOnce) {
      let right = 0;
      await inWindow(sockets.length, atOnce, async (index) => {
        const message = `socket ${index}`;
        const { data } = await new Promise((resolve) => {
          sockets[index].onmessage = resolve;
          sockets[index].send(message);
        });
        sockets[index].onmessage = () => --right;
        if (data === message) ++right;
      });
      return right;
    },

    async closeSockets() {
      const closed = sockets.map((socket) => new Promise((resolve) => (socket.onclose = resolve)));
      for (const socket of sockets) socket.close();
      await Promise.all(closed);
    },

    /**
     * @param {number} count
     * @param {SessionOptions} options
     */
    openSessions(count, options) {
      for (let index = 0; index < count; ++index) {
        sessions.push(
          startSession(new Session(`${ws}/session?session=${index}`, undefined, options)),
        );
      }
    },

    /** @param {number} connections of each session, since it started */
    haveConnected: (connections) =>
      sessions.every(({ session }) => session.counters.connections >= connections),

    /** Has each session send its next message. */
    sendNext: () => sessions.forEach(({ sendNext }) => sendNext()),

    /** Whether everything that was sent has been acknowledged. */
    isSettled: () => sessions.every(({ session }) => session.counters.outboxMessages === 0),

    /** @param {number} down milliseconds */
    restartServer: (down) => void new counted.WebSocket(`${ws}/restart?down=${down}`),

    sent: () => Object.fromEntries(sessions.map(({ sent }, index) => [index, sent()])),

    /** The messages that the server inside the page has received. */
    complete: () => service.complete,

    mostConstructorsInTask: counted.mostInTask,

    /** Of the main thread, in milliseconds since the last call. */
    async longestTask() {
      const longest = await watch();
      watch = watchMainThread();
      return longest;
    },
  };
}

/**
 * @param {import("../../js/session.js").Session} session which numbers its messages and waits for
 * acknowledgements
 */
function startSession(session) {
  let sent = 0;
  session.onmessage = ({ data }) => session.acknowledge(Number(data));
  return {
    session,
    sendNext() {
      const number = session.nextId;
      if (session.send(String(number)).id === number) ++sent;
    },
    sent: () => sent,
  };
}
