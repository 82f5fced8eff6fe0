// The demo's news service, without a browser: what each transport delivers, what the server counts
// for it, and its limits.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { fileURLToPath } from "node:url";
import zlib from "node:zlib";
import { WebSocket } from "ws";
import { LIMITS } from "../../demo/server/news.mjs";
import { startDemo } from "../../demo/server/server.mjs";
import { startFaultProxy } from "../support/fault_proxy.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const WAYS = ["webSocket", "events", "long", "poll", "latest"];

describe("the demo's news", { timeout: longestSuite }, () => {
  /** @type {Awaited<ReturnType<typeof startDemo>>} */
  let demo;

  beforeEach(async () => {
    demo = await startDemo({ port: 0, root });
  });

  afterEach(() => demo.close());

  /** @param {number} number */
  const idOf = (number) => number.toString(16).padStart(32, "0");
  const id = idOf(1);

  /** @param {string} path */
  const webSocketTo = (path) => new WebSocket(new URL(path, demo.url.replace("http", "ws")));

  /**
   * Waits for a message that starts with a word.
   *
   * @param {WebSocket} webSocket
   * @param {string} word
   * @returns {Promise<string>}
   */
  async function hear(webSocket, word) {
    for (;;) {
      const text = String((await once(webSocket, "message"))[0]);
      if (text.startsWith(word)) return text;
    }
  }

  /**
   * Opens a feed, and starts it.
   *
   * @param {string} settings
   */
  async function openFeed(settings = "5000 1 0", feed = id) {
    const control = webSocketTo(`/news/control?id=${feed}`);
    await once(control, "open");
    await set(control, settings);
    return control;
  }

  /**
   * @param {WebSocket} control
   * @param {string} settings
   */
  async function set(control, settings) {
    control.send(`set ${settings}`);
    await hear(control, "ready");
  }

  /**
   * The HTTP status that refuses a WebSocket.
   *
   * @param {string} path
   */
  async function refusal(path) {
    const webSocket = webSocketTo(path);
    webSocket.on("error", () => {});
    const [, response] = await once(webSocket, "unexpected-response");
    response.resume();
    return response.statusCode;
  }

  /**
   * @param {string} path
   * @param {http.RequestOptions} options
   */
  async function get(path, options = {}) {
    const request = http.get(new URL(path, demo.url), options);
    const [response] = /** @type {[http.IncomingMessage]} */ (await once(request, "response"));
    const chunks = await response.toArray();
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
  }

  /**
   * The figures of each transport by its name.
   *
   * @param {WebSocket} control
   */
  async function figures(control) {
    const [, ...lines] = (await hear(control, "figures")).split("\n");
    const numbers = lines.map((line) => line.split(" ").map(Number));
    return Object.fromEntries(
      numbers.map(([up, down, requests, empty, connections, held], way) => [
        WAYS[way],
        { up, down, requests, empty, connections, held },
      ]),
    );
  }

  /** @param {Buffer} body */
  const linesOf = (body) => String(body).split("\n").filter(Boolean);

  it("delivers the same events over each transport", async () => {
    await openFeed();
    const webSocket = webSocketTo(`/news?id=${id}`);
    const first = String((await once(webSocket, "message"))[0]);
    assert.match(first, /^1 \d+ 1\.\d{5}$/);
    while (linesOf((await get(`/news/poll?id=${id}`)).body).length < 3);
    assert.equal(linesOf((await get(`/news/poll?id=${id}`)).body)[0], first);
    assert.equal(linesOf((await get(`/news/latest?id=${id}`)).body)[0], first);
    assert.equal(linesOf((await get(`/news/long?id=${id}`)).body)[0], first);
    const [events] = await once(http.get(new URL(`/news/events?id=${id}`, demo.url)), "response");
    assert.match(
      String((await once(events, "data"))[0]),
      new RegExp(`^id: 1\ndata: ${first.slice(2)}\n\n`),
    );
    events.destroy();
  });

  it("sends only events that a client does not have, over each transport", async () => {
    await openFeed();
    while (linesOf((await get(`/news/poll?id=${id}`)).body).length < 3);
    const options = { headers: { "Last-Event-ID": "2" } };
    const [events] = await once(
      http.get(new URL(`/news/events?id=${id}`, demo.url), options),
      "response",
    );
    assert.match(String((await once(events, "data"))[0]), /^id: 3\n/);
    events.destroy();
    assert.match(String((await once(webSocketTo(`/news?id=${id}&after=2`), "message"))[0]), /^3 /);
    assert.match(String((await get(`/news/poll?id=${id}&after=2`)).body), /^3 /);
    assert.match(String((await get(`/news/long?id=${id}&after=2`)).body), /^3 /);
  });

  it("counts the same bytes as a proxy, request by request on a shared connection", async (test) => {
    const proxy = await startFaultProxy(Number(new URL(demo.url).port));
    test.after(() => proxy.close());
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    test.after(() => agent.destroy());
    const through = {
      host: "127.0.0.1",
      port: proxy.port,
      agent,
      headers: { Host: new URL(demo.url).host },
    };
    const control = await openFeed();
    const seen = { poll: { up: 0, down: 0 }, latest: { up: 0, down: 0 }, long: { up: 0, down: 0 } };
    let [upBefore, downBefore] = [0, 0];
    for (let i = 0; i < 12; ++i) {
      // A request for a page or a file belongs to no transport.
      const way = /** @type {keyof typeof seen | "page"} */ (
        ["poll", "page", "latest", "long"][i % 4]
      );
      const path = way === "page" ? "/style.css" : `/news/${way}?id=${id}&after=${i}`;
      const { status } = await get(path, { ...through, path });
      assert.equal(status, 200);
      const [{ toServer, toClient }] = proxy.connections;
      if (way !== "page") {
        seen[way].up += toServer.forwarded - upBefore;
        seen[way].down += toClient.forwarded - downBefore;
      }
      [upBefore, downBefore] = [toServer.forwarded, toClient.forwarded];
    }
    assert.equal(proxy.connections.length, 1);
    control.send("pause");
    const { poll, latest, long } = await figures(control);
    for (const [name, found] of Object.entries({ poll, latest, long })) {
      const { up, down, requests, connections } = found;
      assert.deepEqual({ up, down }, seen[/** @type {keyof typeof seen} */ (name)], name);
      assert.deepEqual({ requests, connections }, { requests: 3, connections: 1 }, name);
    }
  });

  it("counts the same bytes as a proxy on connections that stay open, also after they end", async (test) => {
    const proxy = await startFaultProxy(Number(new URL(demo.url).port));
    test.after(() => proxy.close());
    const headers = { Host: new URL(demo.url).host };
    const control = await openFeed();
    const webSocket = new WebSocket(`${proxy.ws}/news?id=${id}`, { headers });
    await once(webSocket, "message");
    const [events] = await once(
      http.get(`${proxy.http}/news/events?id=${id}`, { headers }),
      "response",
    );
    await once(events, "data");
    const [ofWebSocket, ofEvents] = proxy.connections;
    control.send("pause");
    await figures(control);
    const open = await figures(control);
    const forwarded = (/** @type {typeof ofEvents} */ { toServer, toClient }) => [
      toServer.forwarded,
      toClient.forwarded,
    ];
    assert.deepEqual([open.webSocket.up, open.webSocket.down], forwarded(ofWebSocket));
    assert.deepEqual([open.events.up, open.events.down], forwarded(ofEvents));
    webSocket.close();
    await once(webSocket, "close");
    events.destroy();
    await Promise.all([ofWebSocket.closed, ofEvents.closed]);
    await figures(control);
    const ended = await figures(control);
    assert.deepEqual([ended.webSocket.up, ended.webSocket.down], forwarded(ofWebSocket));
    assert.deepEqual([ended.events.up, ended.events.down], forwarded(ofEvents));
    assert.ok(ended.webSocket.up > open.webSocket.up, "the closing handshake is counted");
  });

  it("counts empty answers, and answers 304 if nothing has changed", async () => {
    const control = await openFeed();
    await once(webSocketTo(`/news?id=${id}`), "message");
    control.send("pause");
    await figures(control);
    const { headers } = await get(`/news/latest?id=${id}`);
    const again = await get(`/news/latest?id=${id}`, {
      headers: { "If-None-Match": headers.etag },
    });
    assert.deepEqual([again.status, again.body.length], [304, 0]);
    assert.equal(linesOf((await get(`/news/poll?id=${id}&after=999`)).body).length, 0);
    const { poll, latest } = await figures(control);
    assert.deepEqual([poll.requests, poll.empty, latest.requests, latest.empty], [1, 1, 2, 1]);

    // The numbers start again, but the browser's cache is from before that.
    await set(control, "5000 1 0");
    await once(webSocketTo(`/news?id=${id}`), "message");
    control.send("pause");
    assert.equal(
      (await get(`/news/latest?id=${id}`, { headers: { "If-None-Match": headers.etag } })).status,
      200,
    );
  });

  it("closes each connection after its request without keep-alive, and counts it", async () => {
    const control = await openFeed("5000 0 0");
    const agent = new http.Agent({ keepAlive: true });
    for (let i = 0; i < 3; ++i) {
      const { headers } = await get(`/news/poll?id=${id}`, { agent });
      assert.equal(headers.connection, "close");
    }
    const { poll } = await figures(control);
    assert.deepEqual([poll.requests, poll.connections], [3, 3]);
    agent.destroy();
  });

  for (const [keepsAlive, what] of /** @type {const} */ ([
    [
      1,
      "holds a request's connection open after it with keep-alive, even one that two transports share",
    ],
    [0, "holds no connection open after a request without keep-alive"],
  ])) {
    it(what, async (test) => {
      const control = await openFeed(`5000 ${keepsAlive} 0`);
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      test.after(() => agent.destroy());
      for (const way of ["poll", "latest"]) await get(`/news/${way}?id=${id}`, { agent });
      await figures(control);
      const [before, later] = [await figures(control), await figures(control)];
      for (const way of ["poll", "latest"]) {
        assert.equal(later[way].held > before[way].held, keepsAlive === 1, way);
      }
    });
  }

  it("compresses if it is asked to, and if that is shorter", async () => {
    const control = await openFeed("5000 1 1");
    const headers = { "Accept-Encoding": "gzip" };
    let zipped = await get(`/news/poll?id=${id}`, { headers });
    assert.equal(zipped.headers["content-encoding"], undefined, "one event is too short");
    while (zipped.headers["content-encoding"] !== "gzip")
      zipped = await get(`/news/poll?id=${id}`, { headers });
    assert.match(String(zlib.gunzipSync(zipped.body)), /^1 /);
    assert.equal(
      (await get(`/news/poll?id=${id}`)).headers["content-encoding"],
      undefined,
      "the client refuses gzip",
    );

    const [events] = await once(
      http.get(new URL(`/news/events?id=${id}`, demo.url), { headers }),
      "response",
    );
    assert.equal(events.headers["content-encoding"], "gzip");
    assert.match(String((await once(events.pipe(zlib.createGunzip()), "data"))[0]), /^id: 1\n/);
    events.destroy();

    const deflated = webSocketTo(`/news?id=${id}`);
    await once(deflated, "message");
    assert.match(deflated.extensions, /permessage-deflate/);
    await set(control, "5000 1 0");
    const plain = webSocketTo(`/news?id=${id}`);
    await once(plain, "message");
    assert.equal(plain.extensions, "");
  });

  it("sends no headers with news that only documents need", async () => {
    await openFeed();
    const { headers } = await get(`/news/poll?id=${id}`);
    for (const name of ["content-security-policy", "cross-origin-opener-policy"])
      assert.equal(headers[name], undefined);
  });

  it("reports its clock", async () => {
    const control = await openFeed();
    control.send("clock 12500");
    assert.match(await hear(control, "clock"), /^clock 12500 \d+$/);
  });

  it("ends a feed with its control connection, and all connections in it", async () => {
    const control = await openFeed("10 1 0");
    const webSocket = webSocketTo(`/news?id=${id}`);
    await once(webSocket, "open");
    const closed = once(webSocket, "close");
    control.terminate();
    await closed;
    assert.equal((await get(`/news/poll?id=${id}`)).status, 404);
    assert.equal(await refusal(`/news?id=${id}`), 404);
  });

  it("leaves the feed of another alone", async () => {
    const [one, other] = [await openFeed("5000 1 0", idOf(1)), await openFeed("5000 1 0", idOf(2))];
    await get(`/news/poll?id=${idOf(1)}`);
    one.send("pause");
    assert.equal((await figures(other)).poll.requests, 0);
    await once(webSocketTo(`/news?id=${idOf(2)}`), "message");
  });

  describe("for clients that ask for too much", () => {
    for (const settings of [
      "9 1 0",
      "5001 1 0",
      "-1 1 0",
      "1e3 1 0",
      "NaN 1 0",
      "100 2 0",
      "100 1",
      "100 1 0 0",
    ]) {
      it(`closes with 1008 on "set ${settings}"`, async () => {
        const control = await openFeed();
        control.send(`set ${settings}`);
        assert.equal((await once(control, "close"))[0], 1008);
      });
    }

    it("closes with 1009 on a control message that is too long", async () => {
      const control = await openFeed();
      control.send("x".repeat(LIMITS.controlMessage + 1));
      assert.equal((await once(control, "close"))[0], 1009);
    });

    it("closes with 1008 on too many control messages", async () => {
      const control = await openFeed();
      for (let i = 0; i <= LIMITS.controlMessages; ++i) control.send("clock 1");
      assert.equal((await once(control, "close"))[0], 1008);
    });

    it("closes with 1009 a WebSocket for news if its client sends messages", async () => {
      await openFeed();
      const webSocket = webSocketTo(`/news?id=${id}`);
      await once(webSocket, "open");
      webSocket.send("much too long");
      assert.equal((await once(webSocket, "close"))[0], 1009);
    });

    it("has a limited number of feeds, and one per id", async () => {
      for (let i = 0; i < LIMITS.feeds; ++i) await openFeed("10 1 0", idOf(i));
      assert.equal(await refusal(`/news/control?id=${idOf(LIMITS.feeds)}`), 503);
    });

    it("refuses an invalid id, and one in use", async () => {
      await openFeed();
      assert.equal(await refusal("/news/control?id=1"), 400);
      assert.equal(await refusal(`/news/control?id=${id}`), 409);
    });

    it("answers 429 to more requests per second than a feed may have", async () => {
      await openFeed();
      const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
      const all = Array.from({ length: 2 * LIMITS.requests }, () =>
        get(`/news/poll?id=${id}&after=999`, { agent }),
      );
      const statuses = (await Promise.all(all)).map(({ status }) => status);
      agent.destroy();
      assert.ok(statuses.includes(200));
      assert.ok(statuses.includes(429));
    });

    it("lets each transport have one connection, the newest", async () => {
      await openFeed("10 1 0");
      const first = webSocketTo(`/news?id=${id}`);
      await once(first, "open");
      const closed = once(first, "close");
      const second = webSocketTo(`/news?id=${id}`);
      await closed;
      assert.equal(second.readyState, WebSocket.OPEN);

      const [events] = await once(http.get(new URL(`/news/events?id=${id}`, demo.url)), "response");
      const ended = assert.rejects(once(events, "end"), { code: "ECONNRESET" });
      await once(http.get(new URL(`/news/events?id=${id}`, demo.url)), "response");
      await ended;
    });

    it("answers a long poll after 20 s without news", async (test) => {
      const control = await openFeed("10 1 0");
      control.send("pause");
      await figures(control);
      mock.timers.enable({ apis: ["setTimeout"] });
      test.after(() => mock.timers.reset());
      const answer = get(`/news/long?id=${id}`, { agent: false });
      while ((await figures(control)).long.requests === 0);
      mock.timers.tick(20_000);
      assert.equal((await answer).status, 204);
      assert.equal((await figures(control)).long.empty, 1);
    });

    it("sets a cookie of the requested size, up to a limit", async () => {
      const setCookie = (/** @type {string} */ bytes) =>
        get(`/news/cookie?bytes=${bytes}`, { method: "POST" }).then(({ status, headers }) => ({
          status,
          cookie: headers["set-cookie"]?.[0],
        }));
      const { status, cookie = "" } = await setCookie("800");
      assert.equal(status, 204);
      assert.equal(cookie.split(";")[0].length, 800);
      assert.match(cookie, /; Path=\/news; Max-Age=3600; SameSite=Strict; HttpOnly$/);
      assert.match((await setCookie("0")).cookie ?? "", /^news=; Path=\/news; Max-Age=0;/);
      for (const bytes of [String(LIMITS.cookie + 1), "-1", "", "1e3"]) {
        assert.equal((await setCookie(bytes)).status, 400, bytes);
      }
    });
  });
});
