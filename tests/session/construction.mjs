// `new Session`: which arguments it refuses, and the state of a session before it has connected.

import * as assert from "../support/page/assert.mjs";
import { nameOfThrown, opened, quick, test, testInNode, testInPage, until } from "./test.mjs";

const somewhere = "ws://127.0.0.1:9/";

/** @param {unknown} error */
const nameOf = (error) => /** @type {Error} */ (error).name;

export default [
  test("throws a TypeError without a URL, and without new", ({ Session }) => {
    assert.equal(
      nameOfThrown(() => new Session()),
      "TypeError",
    );
    assert.equal(
      nameOfThrown(() => Session(somewhere)),
      "TypeError",
    );
  }),

  ...[
    "ws://",
    "ftp://example.org/",
    "ws://example.org/#top",
    "ws://example.org/#",
    "ws://example.org:99999/",
    "ws://[/",
  ].map((url) =>
    test(`throws a SyntaxError for the URL ${url}, also in a list`, ({ Session }) => {
      assert.throwsDOMException(() => new Session(url), "SyntaxError");
      assert.throwsDOMException(() => new Session([somewhere, url]), "SyntaxError");
    }),
  ),

  test("throws a SyntaxError for an empty list of URLs", ({ Session }) => {
    assert.throwsDOMException(() => new Session([]), "SyntaxError");
  }),

  testInNode("throws a SyntaxError for a relative URL outside a page", ({ Session }) => {
    assert.throwsDOMException(() => new Session("/feed"), "SyntaxError");
  }),

  testInPage("resolves a relative URL against the page's", async ({ create }) => {
    const session = await opened(create(["/echo"]));
    assert.equal(session.url, `ws://${location.host}/echo`);
  }),

  ...["", "a b", "a,b", "\u00e9", ["a", ""], ["a", "a"], ["a", "A"]].map((protocols) =>
    test(`throws a SyntaxError for the subprotocols ${JSON.stringify(protocols)}`, ({
      Session,
    }) => {
      const error = assert.thrownBy(() => new Session(somewhere, protocols));
      assert.equal(nameOf(error), "SyntaxError");
    }),
  ),

  ...Object.entries({
    "with a backslash, about which engines disagree": `${somewhere}?a\\b`,
    "of more than 65536 bytes": somewhere + "a".repeat(65_536),
  }).map(([what, url]) =>
    test(`stops for a URL ${what}`, async ({ create }) => {
      const { why } = await until(create(url), "stopped");
      assert.equal(why, "cannot-connect");
    }),
  ),

  ...[undefined, null, []].map((none) =>
    test(`offers no subprotocol for ${JSON.stringify(none)}`, async ({ create, peer }) => {
      const server = peer();
      const session = await opened(create(server.url, none));
      assert.equal(session.protocol, "");
      assert.equal((await server.log())[0].protocols, "");
    }),
  ),

  test("offers the subprotocols, and reports the server's choice", async ({ create, peer }) => {
    const server = peer();
    const session = await opened(create(server.url, ["feed.v2", "feed.v1"]));
    assert.equal(session.protocol, "feed.v2");
    assert.equal((await server.log())[0].protocols.replace(", ", ","), "feed.v2,feed.v1");
  }),

  ...[
    "backoffBase",
    "backoffCap",
    "backoffFactor",
    "maxAttempts",
    "connectTimeout",
    "drainTimeout",
    "readyTimeout",
    "hiddenGrace",
    "maxOutboxMessages",
    "minReconnectionDelay",
    "maxReconnectionDelay",
    "reconnectionDelayGrowFactor",
    "minUptime",
    "maxRetries",
    "giveUpAfter",
    "tryAgainLater",
    "maxRetryHint",
    "connectionTimeout",
    "closeTimeout",
    "endpointTimeout",
    "maxEnqueuedMessages",
    "maxOutboxBytes",
    "seed",
  ].map((option) =>
    test(`throws a TypeError if ${option} is not a number, and names it`, ({ Session }) => {
      for (const value of ["soon", NaN, {}]) {
        const error = assert.thrownBy(() => new Session(somewhere, [], { [option]: value }));
        assert.equal(nameOf(error), "TypeError");
        assert.ok(/** @type {Error} */ (error).message.includes(option), "the message names it");
      }
      assert.equal(
        nameOfThrown(() => new Session(somewhere, [], { startClosed: true, [option]: undefined })),
        "nothing",
      );
      assert.equal(
        nameOfThrown(() => new Session(somewhere, [], { startClosed: true, [option]: "7" })),
        "nothing",
      );
    }),
  ),

  ...Object.entries({
    backoffBase: [-1],
    backoffCap: [-1],
    backoffFactor: [-1],
    maxAttempts: [-1, -Infinity],
    giveUpAfter: [-1, -Infinity],
    tryAgainLater: [-1],
    maxRetryHint: [-1],
    connectTimeout: [-1, -Infinity, 0, 0.5],
    closeTimeout: [-1, -Infinity, 0, 0.5],
    drainTimeout: [-1],
    endpointTimeout: [-1],
    readyTimeout: [-1],
    hiddenGrace: [-1],
    maxOutboxMessages: [-1, -Infinity],
    maxOutboxBytes: [-1, -Infinity],
    seed: [Infinity, -Infinity, 2 ** 53, 0.5],
    maxRetries: [-1],
    connectionTimeout: [0],
  }).map(([option, values]) =>
    test(`throws a TypeError if ${option} is one of ${values}, and names it`, ({ Session }) => {
      for (const value of values) {
        const error = assert.thrownBy(
          () => new Session(somewhere, [], { startClosed: true, [option]: value }),
        );
        assert.equal(nameOf(error), "TypeError");
        assert.ok(/** @type {Error} */ (error).message.includes(option), "the message names it");
      }
    }),
  ),

  ...[
    {
      backoffBase: 0,
      backoffCap: 0,
      backoffFactor: 0,
      maxAttempts: 0,
      giveUpAfter: 0,
      tryAgainLater: 0,
    },
    {
      maxRetryHint: 0,
      drainTimeout: 0,
      endpointTimeout: 0,
      readyTimeout: 0,
      maxOutboxMessages: 0,
      maxOutboxBytes: 0,
    },
    { connectTimeout: 1, closeTimeout: 1, hiddenGrace: 0, seed: -(2 ** 53) + 1 },
    { minUptime: -1, heartbeat: { ping: "ping", interval: -1, deadline: -1 } },
  ].map((options) =>
    test(`accepts the least value of an option: ${JSON.stringify(options)}`, ({ create }) => {
      create(somewhere, [], { startClosed: true, ...options });
    }),
  ),

  ...[
    ["jitter", { jitter: "some" }],
    ["jitter", { jitter: 0 }],
    ["start", { start: "soon" }],
    ["start", { start: true }],
    ["whenOutboxFull", { whenOutboxFull: "dropOldest" }],
    ["whenHidden", { whenHidden: "pause" }],
    ["finalCodes", { finalCodes: 4001 }],
    ["finalCodes", { finalCodes: ["gone"] }],
    ["finalCodes", { finalCodes: [70_000] }],
    ["shouldReconnectOnClose", { shouldReconnectOnClose: true }],
    ["heartbeat", { heartbeat: {} }],
    ["heartbeat", { heartbeat: true }],
    ["finalCodes", { finalCodes: "4001" }],
    ["ping", { heartbeat: { ping: null } }],
    ["ping", { heartbeat: { ping: new Blob([]) } }],
    ["isPong", { heartbeat: { ping: "ping", isPong: "pong" } }],
    ["interval", { heartbeat: { ping: "ping", interval: "often" } }],
    ["deadline", { heartbeat: { ping: "ping", deadline: NaN } }],
  ].map(([name, options]) =>
    test(`throws a TypeError for the options ${JSON.stringify(options)}, and names ${name}`, ({
      Session,
    }) => {
      const error = assert.thrownBy(() => new Session(somewhere, [], options));
      assert.equal(nameOf(error), "TypeError");
      assert.ok(
        /** @type {Error} */ (error).message.includes(/** @type {string} */ (name)),
        String(error),
      );
    }),
  ),

  ...[undefined, null, {}].map((options) =>
    test(`needs no option: ${JSON.stringify(options)}`, async ({ create, peer }) => {
      await opened(create(peer().url, [], options));
    }),
  ),

  test("has the constants and shape of the platform's classes", ({ Session, create }) => {
    const session = /** @type {any} */ (create(somewhere, [], { startClosed: true }));
    for (const [index, name] of ["CONNECTING", "OPEN", "CLOSING", "CLOSED"].entries()) {
      assert.equal(Session[name], index);
      assert.equal(session[name], index);
    }
    assert.equal(Session.name, "Session");
    assert.equal(String(session), "[object Session]");
    assert.ok(session instanceof EventTarget, "an EventTarget");
    assert.ok(Object.keys(Session.prototype).includes("retryNow"), "its members are enumerable");
  }),

  test("can be extended", async ({ Session, peer }) => {
    class Feed extends /** @type {import("../../js/session.js").SessionClass} */ (Session) {
      /** @param {string} name */
      greet(name) {
        this.send(`hello ${name}`);
      }
    }
    const server = peer();
    const feed = new Feed(server.url);
    feed.greet("you");
    assert.deepEqual(await server.messages(1), ["hello you"]);
    feed.close();
    await until(feed, "stopped");
  }),

  test("connects from the next turn on, and reports nothing before", async ({ create, peer }) => {
    const server = peer();
    const session = create(server.url);
    const { readyState, url, protocol, extensions, bufferedAmount, retryCount, nextId } = session;
    assert.deepEqual(
      { readyState, url, protocol, extensions, bufferedAmount, retryCount, nextId },
      {
        readyState: 0,
        url: server.url,
        protocol: "",
        extensions: "",
        bufferedAmount: 0,
        retryCount: 0,
        nextId: 1,
      },
    );
    await Promise.resolve();
    await opened(session); // the listener is added in time
    assert.equal(session.url, server.url);
    assert.equal(session.readyState, 1);
  }),

  test("accepts a URL object, and http: for ws:", async ({ create, peer }) => {
    const server = peer();
    const session = await opened(create(new URL(server.url.replace("ws:", "http:")), [], quick));
    assert.equal(session.url, server.url);
  }),

  ...[{ start: /** @type {const} */ ("later") }, { startClosed: true }].map((options) =>
    test(`does not connect by itself with ${Object.keys(options)}, and queues messages`, async (context) => {
      const { create, peer, clock } = context;
      const server = peer();
      const session = create(server.url, [], options);
      session.send("early");
      await clock.advance(60_000);
      assert.equal((await server.log()).length, 0);
      assert.deepEqual([session.status.state, session.readyState], ["idle", 3]);
      session.reconnect();
      assert.equal(session.readyState, 0);
      assert.deepEqual(await server.messages(1), ["early"]);
    }),
  ),
];
