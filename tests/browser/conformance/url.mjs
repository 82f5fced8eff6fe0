// WHATWG WebSockets §3.1: which URLs the constructor accepts, and how `url` returns them (URL
// Standard §4.4, §4.5).

import * as assert from "../../support/page/assert.mjs";
import { once } from "./sockets.mjs";
import { test, testInWindow } from "./test.mjs";

const refused = [
  ["an unrelated scheme", "ftp://h.test/"],
  ["a file", "file:///etc/hosts"],
  ["a URL that has no host", "about:blank"],
  ["a data: URL", "data:,x"],
  ["a javascript: URL", "javascript:alert(1)"],
  ["a blob: URL", "blob:http://h.test/1"],
  ["an unknown scheme", "wsx://h.test/"],
  ["a scheme alone", "ws:"],
  ["no host", "ws://"],
  ["no host before a port", "ws://:80/"],
  ["no host after credentials", "ws://user@/"],
  ["a port above 65535", "ws://h.test:65536/"],
  ["a port that is not a number", "ws://h.test:8x/"],
  ["a negative port", "ws://h.test:-1/"],
  ["half an IPv6 address", "ws://[::1/"],
  ["an IPv6 address that is too long", "ws://[1:2:3:4:5:6:7:8:9]/"],
  ["an IPv4 address out of range", "ws://1.2.3.256/"],
  ["a host with a forbidden code point", "ws://h<.test/"],
  ["a host with an encoded NUL", "ws://h%00.test/"],
  ["a host with an encoded slash", "ws://h%2f.test/"],
  ["a fragment", "ws://h.test/#f"],
  ["an empty fragment", "ws://h.test/#"],
  ["a fragment after a query", "ws://h.test/?q#f"],
  ["a fragment after http", "http://h.test/#f"],
  ["a relative URL with a fragment", "echo#f"],
  ["a fragment alone", "#f"],
  ["an empty fragment alone", "#"],
];

/** The argument, and the resulting `url`. */
const accepted = [
  ["ws://h.test", "ws://h.test/"],
  ["wss://h.test", "wss://h.test/"],
  ["WS://H.TEST/Path", "ws://h.test/Path"],
  ["http://h.test/a?b", "ws://h.test/a?b"],
  ["https://h.test/a?b", "wss://h.test/a?b"],
  ["HTTP://h.test/", "ws://h.test/"],
  ["ws://h.test:80/", "ws://h.test/"],
  ["wss://h.test:443/", "wss://h.test/"],
  ["http://h.test:80/", "ws://h.test/"],
  ["https://h.test:443/", "wss://h.test/"],
  ["ws://h.test:443/", "ws://h.test:443/"],
  ["wss://h.test:80/", "wss://h.test:80/"],
  ["https://h.test:80/", "wss://h.test:80/"],
  ["ws://h.test:/", "ws://h.test/"],
  ["ws://h.test:00080/", "ws://h.test/"],
  ["ws://h.test:65535/", "ws://h.test:65535/"],
  ["ws://h.test?q", "ws://h.test/?q"],
  ["ws://h.test/?", "ws://h.test/?"],
  ["ws:h.test", "ws://h.test/"],
  ["ws:///h.test/a", "ws://h.test/a"],
  ["ws:\\\\h.test\\a?\\b", "ws://h.test/a?\\b"],
  [" \u0000\nws://h.test/ \u001f", "ws://h.test/"],
  ["ws://h.\ttest/a\r\nb", "ws://h.test/ab"],
  ["ws://h.test/a/./b/../c", "ws://h.test/a/c"],
  ["ws://h.test/../..", "ws://h.test/"],
  ["ws://h.test/%2e%2E/a", "ws://h.test/a"],
  ["ws://h.test/a b?c d", "ws://h.test/a%20b?c%20d"],
  ["ws://h.test/%41%zz%", "ws://h.test/%41%zz%"],
  ["ws://h.test/\u00e4/\u20ac?\u00f6", "ws://h.test/%C3%A4/%E2%82%AC?%C3%B6"],
  ["ws://h.test/?a'b\"c<d>", "ws://h.test/?a%27b%22c%3Cd%3E"],
  ["ws://\u00e4.test/", "ws://xn--4ca.test/"],
  ["ws://%41.test/", "ws://a.test/"],
  ["ws://user:pass@h.test/", "ws://user:pass@h.test/"],
  ["ws://user@h.test/", "ws://user@h.test/"],
  ["ws://u%40:p%3a@h.test/", "ws://u%40:p%3a@h.test/"],
  ["ws://:@h.test/", "ws://h.test/"],
  ["ws://0x7f.1/", "ws://127.0.0.1/"],
  ["ws://2130706433/", "ws://127.0.0.1/"],
  ["ws://[::1]/", "ws://[::1]/"],
  ["ws://[0:0:0:0:0:0:0:1]:8080/", "ws://[::1]:8080/"],
  ["ws://h.test./", "ws://h.test./"],
  ["//h.test/a", "ws://h.test/a"],
];

const relative = [
  "",
  "echo",
  "./echo",
  "../echo",
  "/echo",
  "?q",
  "/",
  "a/b?c/d",
  "./ws:x",
  "http:echo",
  "null",
];

/** The base for relative URLs: a document's base URL, or a worker's location. */
function baseUrl() {
  return globalThis.document?.baseURI ?? location.href;
}

/** @param {string} url */
function withWebSocketScheme(url) {
  return url.replace(/^http/, "ws").replace(/#.*$/, "");
}

/**
 * @param {string} href
 * @param {() => void} run
 */
function withBase(href, run) {
  const base = document.head.appendChild(document.createElement("base"));
  base.href = href;
  try {
    run();
  } finally {
    base.remove();
  }
}

export default [
  // The tests that connect come first: Chromium delays connections of a page after many failures.
  test("connects to a relative URL", async ({ WebSocket, track }) => {
    const socket = track(new WebSocket("/request?relative"));
    const { data } = await once(socket, "message");
    assert.equal(JSON.parse(data).url, "/request?relative");
  }),

  test("connects to an http: URL", async ({ WebSocket, server, track }) => {
    const socket = track(new WebSocket(`${server.replace("ws:", "http:")}/request`));
    const { data } = await once(socket, "message");
    assert.equal(JSON.parse(data).url, "/request");
    assert.equal(socket.url, `${server}/request`);
  }),

  test("asks the server for the path and query of its url", async ({
    WebSocket,
    server,
    track,
  }) => {
    const socket = track(new WebSocket(`${server}/x/../request?\u00e4=%20 b&c`));
    const { data } = await once(socket, "message");
    assert.equal(JSON.parse(data).url, "/request?%C3%A4=%20%20b&c");
  }),

  test("keeps its url when the connection fails", async ({ WebSocket, server, track }) => {
    const socket = track(new WebSocket(`${server}/refuse?a`));
    await once(socket, "close");
    assert.equal(socket.url, `${server}/refuse?a`);
  }),

  ...refused.map(([what, url]) =>
    test(`throws SyntaxError for ${what}: ${JSON.stringify(url)}`, ({ WebSocket }) => {
      assert.throwsDOMException(() => new WebSocket(url), "SyntaxError");
    }),
  ),

  ...accepted.map(([given, expected]) =>
    test(`has the url ${expected} when given ${JSON.stringify(given)}`, ({ WebSocket, track }) => {
      assert.equal(track(new WebSocket(given)).url, expected);
    }),
  ),

  ...relative.map((given) =>
    test(`resolves ${JSON.stringify(given)} against the base URL`, ({ WebSocket, track }) => {
      const expected = withWebSocketScheme(new URL(given, baseUrl()).href);
      assert.equal(track(new WebSocket(given)).url, expected);
    }),
  ),

  testInWindow("resolves against the <base> of the document", ({ WebSocket, track }) => {
    withBase("https://base.test/folder/page?q", () => {
      assert.equal(track(new WebSocket("a")).url, "wss://base.test/folder/a");
      assert.equal(track(new WebSocket("")).url, "wss://base.test/folder/page?q");
      assert.equal(track(new WebSocket("//h.test")).url, "wss://h.test/");
    });
  }),

  testInWindow("resolves against a <base> that is a ws: URL", ({ WebSocket, track }) => {
    withBase("ws://base.test:8080/folder/", () => {
      assert.equal(track(new WebSocket("../a")).url, "ws://base.test:8080/a");
      assert.equal(track(new WebSocket("ws:a")).url, "ws://base.test:8080/folder/a");
    });
  }),

  testInWindow(
    "throws SyntaxError for a relative URL when the <base> has another scheme",
    ({ WebSocket }) => {
      withBase("ftp://base.test/", () => {
        assert.throwsDOMException(() => new WebSocket("a"), "SyntaxError");
      });
    },
  ),

  testInWindow("keeps its url when the base changes", ({ WebSocket, track }) => {
    const socket = track(new WebSocket("a"));
    const { url } = socket;
    withBase("https://base.test/", () => assert.equal(socket.url, url));
  }),

  testInWindow("does not take the fragment of the document's URL", ({ WebSocket, track }) => {
    const before = location.href;
    history.replaceState(null, "", "#fragment");
    try {
      assert.equal(track(new WebSocket("?q")).url, withWebSocketScheme(new URL("?q", before).href));
    } finally {
      history.replaceState(null, "", before);
    }
  }),

  testInWindow(
    "resolves against the document's URL as pushState has changed it",
    ({ WebSocket, track }) => {
      const before = location.href;
      history.replaceState(null, "", "/another/place");
      try {
        assert.equal(new URL(track(new WebSocket("a")).url).pathname, "/another/a");
      } finally {
        history.replaceState(null, "", before);
      }
    },
  ),

  testInWindow(
    "encodes the query as UTF-8 whatever the document's encoding",
    async ({ classIn, server, track }) => {
      const frame = document.createElement("iframe");
      frame.src = URL.createObjectURL(new Blob(["x"], { type: "text/html;charset=windows-1252" }));
      const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
      document.body.append(frame);
      try {
        await loaded;
        assert.equal(frame.contentDocument?.characterSet, "windows-1252");
        const WebSocket = await classIn(frame.contentWindow);
        assert.equal(track(new WebSocket(`${server}/echo?\u00e4`)).url, `${server}/echo?%C3%A4`);
      } finally {
        frame.remove();
      }
    },
  ),
];
