// Sessions that keep sending numbered messages to ledger_server.mjs, whatever happens: in a page
// and in Node.

import { load } from "../../js/session.js";
import { installSleep } from "./sleep.mjs";

/**
 * @typedef {object} Report
 * @property {number} id
 * @property {number} sent
 * @property {number} connections
 * @property {number[]} firsts by connection: the number that it had to start with, right after the
 * confirmed ones
 */

/**
 * @param {{ ws: string, count: number, options: import("../../js/session.js").SessionOptions }}
 *   settings
 */
export async function start({ ws, count, options }) {
  const sleep = installSleep();
  const { Session } = await load();
  let awaited = Infinity;
  let resolveAwaited = () => {};
  let opened = 0;
  const onOpen = () => ++opened >= awaited && resolveAwaited();
  const senders = Array.from({ length: count }, (_, id) =>
    startSender(Session, `${ws}/?session=${id}`, id, options, onOpen),
  );
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer;
  return {
    /**
     * Has each session send a message once per interval in milliseconds, not all at once.
     *
     * @param {number} interval
     */
    send(interval) {
      let next = 0;
      const ticks = 20;
      timer = setInterval(() => {
        for (let i = 0; i < Math.ceil(count / ticks); ++i) senders[next++ % count].send();
      }, interval / ticks);
    },

    sendOne: () => senders.forEach(({ send }) => send()),

    sleep,

    /** Of the first session. */
    status: () => senders[0].session.status,
    counters: () => senders[0].session.counters,

    stopSending: () => clearInterval(timer),

    /** Since the start, of all sessions together. */
    connections: () => opened,

    /**
     * Waits until that many connections were opened, and reports it at once: polling would be late
     * on a busy machine.
     *
     * @param {number} total
     */
    connectionsReach: (total) =>
      new Promise((resolve) => {
        awaited = total;
        resolveAwaited = () => resolve(null);
        if (opened >= total) resolveAwaited();
      }),

    /** Whether every message is confirmed. */
    isSettled: () => senders.every(({ session }) => session.counters.outboxMessages === 0),

    /** @returns {Report[]} */
    report: () => senders.map(({ report }) => report()),

    close() {
      for (const { session } of senders) session.close();
    },
  };
}

/**
 * @param {import("../../js/session.js").SessionClass} Session
 * @param {string} url
 * @param {number} id
 * @param {import("../../js/session.js").SessionOptions} options
 * @param {() => void} onOpen
 */
function startSender(Session, url, id, options, onOpen) {
  const session = new Session(url, undefined, {
    ...options,
    acknowledgement: true,
    whenOutboxFull: "refuse",
    maxEnqueuedMessages: Infinity,
    maxOutboxBytes: Infinity,
    heartbeat: { ping: "ping", isPong: (data) => data === "pong", ...options.heartbeat },
  });
  let sent = 0;
  let confirmed = 0;
  /** @type {number[]} */
  const firsts = [];
  session.onopen = () => {
    session.sendNow(`open ${firsts.push(confirmed + 1) - 1}`);
    onOpen();
  };
  session.onmessage = ({ data }) => {
    confirmed = Math.max(confirmed, Number(data));
    session.acknowledge(confirmed);
  };
  return {
    session,
    send() {
      const number = session.nextId;
      if (session.send(String(number)).id === number) ++sent;
    },
    report: () => ({ id, sent, connections: session.counters.connections, firsts }),
  };
}
