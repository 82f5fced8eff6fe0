// More than one realm: HTML's settings objects, and Web IDL's rule that an object and its
// exceptions belong to the realm of the function that makes them. In a window, since a worker
// cannot create other realms.

import * as assert from "../../support/page/assert.mjs";
import { closed, echo, endSeenBy, newId, once, opened, received } from "./sockets.mjs";
import { testInWindow } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */

/**
 * @param {Context} context
 * @param {string | null} source the frame's URL; null for about:blank
 * @param {(realm: any, WebSocket: any) => Promise<unknown> | unknown} run gets the frame's window
 * and its class
 */
async function inFrame({ classIn }, source, run) {
  const frame = document.createElement("iframe");
  if (source !== null) frame.src = source;
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  document.body.append(frame);
  try {
    await loaded;
    await run(frame.contentWindow, await classIn(frame.contentWindow));
  } finally {
    frame.remove();
  }
}

const page = "/tests/support/empty.html?frame";

export default [
  testInWindow("is another class in another window", (context) =>
    inFrame(context, page, (realm, WebSocket) => {
      assert.ok(WebSocket !== context.WebSocket, "It is the same class");
      assert.equal(Object.getPrototypeOf(WebSocket), realm.EventTarget);
    }),
  ),

  testInWindow("throws exceptions of its own realm", (context) =>
    inFrame(context, page, (realm, WebSocket) => {
      assert.throwsTypeError(() => new WebSocket(), realm);
      assert.throwsDOMException(() => new WebSocket("ftp://h.test/"), "SyntaxError", realm);
      const socket = context.track(new WebSocket(`${context.server}/echo`));
      assert.throwsDOMException(() => socket.close(1), "InvalidAccessError", realm);
      assert.throwsTypeError(() => socket.send(), realm);
      assert.throwsDOMException(() => context.connect("/echo").close(1), "InvalidAccessError");
    }),
  ),

  testInWindow("throws InvalidStateError of its own realm while it connects", (context) =>
    inFrame(context, page, (realm, WebSocket) => {
      const socket = context.track(new WebSocket(`${context.server}/echo`));
      assert.throwsDOMException(() => socket.send("x"), "InvalidStateError", realm);
      const { send } = context.WebSocket.prototype;
      assert.throwsDOMException(
        () => send.call(context.connect("/echo"), "x"),
        "InvalidStateError",
      );
    }),
  ),

  testInWindow(
    "fires events of its own realm, and delivers its own Blobs and ArrayBuffers",
    (context) =>
      inFrame(context, page, async (realm, WebSocket) => {
        const socket = context.track(new WebSocket(`${context.server}/echo`));
        assert.equal(Object.getPrototypeOf(await once(socket, "open")), realm.Event.prototype);
        const message = once(socket, "message");
        socket.send(new Uint8Array(1));
        assert.equal(Object.getPrototypeOf(await message), realm.MessageEvent.prototype);
        assert.equal(Object.getPrototypeOf((await message).data), realm.Blob.prototype);
        socket.binaryType = "arraybuffer";
        assert.equal(
          Object.getPrototypeOf(await echo(socket, new Uint8Array(1))),
          realm.ArrayBuffer.prototype,
        );
        const end = once(socket, "close");
        socket.close();
        assert.equal(Object.getPrototypeOf(await end), realm.CloseEvent.prototype);
      }),
  ),

  testInWindow("has methods that work on an instance of another window's class", (context) =>
    inFrame(context, page, async (_realm, WebSocket) => {
      const socket = await context.open("/echo");
      const message = received(socket, 1);
      WebSocket.prototype.send.call(socket, "x");
      assert.deepEqual(await message, ["x"]);
    }),
  ),

  testInWindow("resolves relative URLs against the document of its own window", (context) =>
    inFrame(context, page, (realm, WebSocket) => {
      const base = realm.document.head.appendChild(realm.document.createElement("base"));
      base.href = "https://frame.test/folder/";
      assert.equal(context.track(new WebSocket("a")).url, "wss://frame.test/folder/a");
    }),
  ),

  testInWindow(
    "resolves relative URLs in about:blank against the URL of the page that made it",
    (context) =>
      inFrame(context, null, (_realm, WebSocket) => {
        const expected = new URL("a", document.baseURI).href.replace(/^http/, "ws");
        assert.equal(context.track(new WebSocket("a")).url, expected);
      }),
  ),

  testInWindow(
    "resolves relative URLs in srcdoc against the URL of the page that made it",
    async (context) => {
      const frame = document.createElement("iframe");
      frame.srcdoc = "<!doctype html>";
      const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
      document.body.append(frame);
      try {
        await loaded;
        const WebSocket = await context.classIn(frame.contentWindow);
        const expected = new URL("a", document.baseURI).href.replace(/^http/, "ws");
        assert.equal(context.track(new WebSocket("a")).url, expected);
      } finally {
        frame.remove();
      }
    },
  ),

  testInWindow(
    "throws SyntaxError for a relative URL in a worker from a blob: URL, and accepts an absolute one",
    async (context) => {
      const { kind, server } = context;
      const source = `
      import { loadClass } from "${new URL("classes.mjs", import.meta.url)}";
      const WebSocket = await loadClass("${kind}");
      let thrown;
      try { new WebSocket("a"); } catch (error) { thrown = error.name; }
      new WebSocket("${server}/echo").onopen = () => postMessage(thrown);`;
      const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      const worker = new Worker(url, { type: "module" });
      try {
        const thrown = await new Promise((resolve, reject) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.onerror = ({ message }) => reject(new Error(message));
        });
        assert.equal(thrown, "SyntaxError");
      } finally {
        worker.terminate();
        URL.revokeObjectURL(url);
      }
    },
  ),

  testInWindow("sends data from another window", (context) =>
    inFrame(context, page, async (realm) => {
      const socket = await context.open("/echo");
      socket.binaryType = "arraybuffer";
      const view = await echo(socket, new realm.Uint16Array([1, 2]));
      assert.deepEqual([...new Uint16Array(view)], [1, 2]);
      assert.equal(await echo(socket, new realm.String("text")), "text");
    }),
  ),

  testInWindow("accepts subprotocols from another window", (context) =>
    inFrame(context, page, async (realm) => {
      const { WebSocket, server, track } = context;
      const socket = track(new WebSocket(`${server}/protocol?choose=b`, new realm.Array("a", "b")));
      assert.equal((await opened(socket)).protocol, "b");
    }),
  ),

  testInWindow("closes with 1001 when its document goes away", async (context) => {
    const id = newId();
    await inFrame(context, page, async (_realm, WebSocket) => {
      await opened(new WebSocket(`${context.server}/report?id=${id}`));
    });
    assert.equal((await endSeenBy(context.server, id)).code, 1001);
  }),

  testInWindow(
    "calls a handler of another window, and lets a page close a socket in a frame",
    (context) =>
      inFrame(context, page, async (realm, WebSocket) => {
        const socket = context.track(new WebSocket(`${context.server}/echo`));
        await opened(socket);
        const message = new Promise((resolve) => (realm.report = resolve));
        socket.onmessage = realm.Function("event", "report(event.data)");
        socket.send("x");
        assert.equal(await message, "x");
        const end = closed(socket);
        socket.close(4000);
        assert.deepEqual(await end, { code: 4000, reason: "", wasClean: true });
      }),
  ),
];
