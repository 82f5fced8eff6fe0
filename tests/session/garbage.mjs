// How long a session lives without references to it.

import * as assert from "../support/page/assert.mjs";
import { opened, quick, several, testWithCollector, until } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */
/** @typedef {import("./test.mjs").Session} Session */

/**
 * Collects garbage in its own turn, because a WeakRef's target stays alive until the end of the
 * turn that read it.
 *
 * @param {Context} context
 */
async function collect({ clock }) {
  await clock.turn();
  /** @type {any} */ (globalThis).gc();
  await clock.turn();
}

/**
 * Whether a session is collected when only this reference is left.
 *
 * @param {Context} context
 * @param {WeakRef<Session>} session
 */
async function isCollected(context, session) {
  for (let i = 0; i < 20 && session.deref(); ++i) await collect(context);
  return session.deref() === undefined;
}

export default [
  testWithCollector(
    "is collected once it has stopped, and its options and listeners with it",
    async (context) => {
      // Without create, which holds a reference.
      const make = async () => {
        const session = /** @type {Session} */ (
          new context.Session(
            () => context.peer(...session.url).url,
            () => session.protocol || null,
            {
              heartbeat: { ping: () => session.url, isPong: () => session.url === "" },
              shouldReconnectOnClose: () => session.url === "",
            },
          )
        );
        session.onclose = () => session.status;
        await opened(session);
        session.close();
        await until(session, "stopped");
        return new WeakRef(session);
      };
      assert.ok(await isCollected(context, await make()), "collected");
    },
  ),

  testWithCollector("is collected if it never started", async (context) => {
    const make = () =>
      new WeakRef(new context.Session(context.peer().url, [], { startClosed: true }));
    assert.ok(await isCollected(context, make()), "collected");
  }),

  testWithCollector(
    "stays alive while it is open, connects or waits, and gets its events",
    async (context) => {
      const server = context.peer("close:4000:", "open");
      /** @type {string[]} */
      const heard = [];
      const make = async () => {
        const session = new context.Session(server.url, [], quick);
        const isOpenAgain = several(session, "open", 2).then(() => {});
        const hasStopped = until(session, "stopped").then(() => {});
        session.onmessage = (/** @type {MessageEvent} */ { data }) => {
          heard.push(data);
          session.close();
        };
        return { held: new WeakRef(session), isOpenAgain, hasStopped };
      };
      const { held, isOpenAgain, hasStopped } = await make();
      await collect(context);
      await isOpenAgain;
      assert.ok(!(await isCollected(context, held)), "alive");
      await server.send("hello");
      await hasStopped;
      assert.deepEqual(heard, ["hello"]);
      assert.ok(await isCollected(context, held), "collected once it has stopped");
    },
  ),

  .../** @type {const} */ (["retryNow", "reconnect"]).map((call) =>
    testWithCollector(`lives from ${call} on if it was idle`, async (context) => {
      const make = () => {
        const session = new context.Session(context.peer().url, [], { startClosed: true });
        session[call]();
        return new WeakRef(session);
      };
      const held = make();
      assert.ok(!(await isCollected(context, held)), "alive");
      held.deref()?.close();
    }),
  ),

  testWithCollector(
    "stays alive after close on an idle session until it has reported its end",
    async (context) => {
      const { Session, clock, peer } = context;
      const make = () => {
        const session = new Session(peer().url, [], { startClosed: true });
        const ended = until(session, "stopped").then(({ why }) => why);
        session.close();
        return ended;
      };
      const collected = clock.turn().then(() => /** @type {any} */ (globalThis).gc()); // in the turn before it reports
      const ended = make();
      await collected;
      assert.equal(await ended, "closed-by-app");
    },
  ),

  testWithCollector("stays alive if a listener restarts it when it ends", async (context) => {
    const make = async () => {
      const session = new context.Session(context.peer().url);
      let ends = 0;
      session.addEventListener("statuschange", () => {
        if (session.status.state === "stopped" && ++ends === 1) session.reconnect();
      });
      await opened(session);
      session.close();
      await opened(session);
      return new WeakRef(session);
    };
    const held = await make();
    assert.ok(!(await isCollected(context, held)), "alive");
    held.deref()?.close();
  }),

  testWithCollector(
    "stays alive until its last event if a listener calls close after the end",
    async (context) => {
      /** @type {string[]} */
      const heard = [];
      const { decode } = TextDecoder.prototype;
      // Collects between two events: hawser decodes the reason for each.
      /** @this {TextDecoder} @param {Parameters<typeof decode>} args */
      function collectAndDecode(...args) {
        /** @type {any} */ (globalThis).gc();
        return decode.apply(this, args);
      }
      const make = () => {
        const server = context.peer(`close:4000:${"long".repeat(10)}`); // a short one needs no TextDecoder
        const session = new context.Session(server.url, [], { finalCodes: [4000] });
        session.onclose = () => {
          heard.push("close");
          session.close();
          TextDecoder.prototype.decode = collectAndDecode;
        };
        return new Promise((resolve) => {
          session.onstatuschange = (/** @type {any} */ { status }) => {
            if (status.state === "stopped") resolve(heard.push(status.state));
          };
        });
      };
      const hasStopped = make();
      try {
        while (heard.length === 0) await context.clock.turn();
        await Promise.race([hasStopped, collect(context)]);
      } finally {
        TextDecoder.prototype.decode = decode;
      }
      assert.deepEqual(heard, ["close", "stopped"]);
    },
  ),

  testWithCollector("leaves the wasm memory unchanged", async (context) => {
    const many = async () => {
      for (let i = 0; i < 100; ++i) {
        const session = new context.Session(context.peer().url);
        session.send("x".repeat(10_000));
        await opened(session);
        session.close();
        await until(session, "stopped");
        if (i % 20 === 0) await collect(context);
      }
      return context.memory();
    };
    const before = await many();
    assert.ok(before, "there is a memory");
    assert.equal(await many(), before);
  }),
];
