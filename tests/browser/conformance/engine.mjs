// Where engines differ from each other or from the Standard, hawser's class behaves like this
// engine's own class. These tests expect nothing else.

import * as assert from "../../support/page/assert.mjs";
import { closed, endSeenBy, journal, newId, nextTask, opened, received } from "./sockets.mjs";
import { test, testInWindow } from "./test.mjs";

/** @typedef {import("./test.mjs").Context} Context */

/**
 * @param {string} name
 * @param {(WebSocket: any, context: Context) => unknown} observe returns something that JSON can
 * represent
 * @param {typeof test} kind
 */
function same(name, observe, kind = test) {
  return kind(`does as the browser's own class does: ${name}`, async (context) => {
    const expected = await observe(context.native, context);
    assert.deepEqual(await observe(context.WebSocket, context), expected);
  });
}

/** @param {() => unknown} run */
function outcome(run) {
  try {
    return String(run());
  } catch (error) {
    return /** @type {Error} */ (error).name;
  }
}

/**
 * @param {any} WebSocket
 * @param {Context} context
 * @param {unknown[]} args
 */
async function closeWith(WebSocket, { server, track }, args) {
  const id = newId();
  const socket = track(new WebSocket(`${server}/report?id=${id}`));
  await opened(socket);
  const thrown = outcome(() => socket.close(...args));
  if (socket.readyState === 1) return thrown;
  return [await closed(socket), await endSeenBy(server, id)];
}

/**
 * @param {any} WebSocket
 * @param {Context} context
 * @param {() => unknown} make
 */
async function sendOf(WebSocket, { server, track }, make) {
  let data;
  try {
    data = make();
  } catch (error) {
    return `${error}`; // not every engine has it
  }
  const socket = track(new WebSocket(`${server}/echo`));
  await opened(socket);
  socket.binaryType = "arraybuffer";
  const messages = received(socket, 1);
  const thrown = outcome(() => void socket.send(data));
  const { bufferedAmount } = socket;
  if (bufferedAmount === 0) socket.send("refused");
  const [message] = await messages;
  return [
    thrown,
    bufferedAmount,
    typeof message === "string" ? message : [...new Uint8Array(message)],
  ];
}

const closeArguments = [
  [undefined, "reason"],
  [undefined, ""],
  [999.4],
  [999.5],
  [999.6],
  [1000.6],
  [2999.5],
  [2999.6],
  [4999.5],
  [4999.6],
  [1000.5],
  [3001.5],
  [-0.5],
  [4294967296 + 1000],
  [4294968296.9],
  [2 ** 53],
  [1e300],
  ["1000.5"],
  [new Date(1000)],
];

/** @type {[string, () => unknown][]} */
const unusualData = [
  ["a SharedArrayBuffer", () => new SharedArrayBuffer(2)],
  ["a view of a SharedArrayBuffer", () => new Uint8Array(new SharedArrayBuffer(2))],
  ["a DataView of a SharedArrayBuffer", () => new DataView(new SharedArrayBuffer(2))],
  [
    "a view of shared wasm memory",
    () =>
      new Uint8Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer, 0, 2),
  ],
  ["a resizable ArrayBuffer", () => new ArrayBuffer(2, { maxByteLength: 4 })],
  [
    "a view of a resizable ArrayBuffer",
    () => new Uint8Array(new ArrayBuffer(2, { maxByteLength: 4 })),
  ],
  [
    "a DataView of a resizable ArrayBuffer",
    () => new DataView(new ArrayBuffer(2, { maxByteLength: 4 })),
  ],
  [
    "a view that its buffer has outgrown",
    () => {
      const buffer = new ArrayBuffer(4, { maxByteLength: 4 });
      const view = new Uint8Array(buffer, 2, 2);
      buffer.resize(2);
      return view;
    },
  ],
  ["a growable SharedArrayBuffer", () => new SharedArrayBuffer(2, { maxByteLength: 4 })],
  ["a Proxy of a view", () => new Proxy(new Uint8Array(2), {})],
  ["a Proxy of a Blob", () => new Proxy(new Blob(["a"]), {})],
  ["an Event", () => new Event("x")],
];

const urls = [
  "ws://a b/",
  "ws://a^b/",
  "ws://a|b.test/",
  "ws://xn--/",
  "ws://h.test/a|b^`{}",
  "ws://h.test/?`{}|^",
  "ws://1.2.3/",
  "ws://1.2.3.4.5/",
  "ws://0x100000000/",
  "ws://h_.test/",
  "ws://-h.test/",
  "ws://\u00df.test/",
  "ws://\u200d.test/",
  "ws://h\u3002test/",
  "ws://%zz/",
  "ws:/h.test/",
  "ws:////h.test/",
  "ws://user:pa:ss@h.test/",
  "ws://us er@h.test/",
  "ws://h.test\\@x/",
  "ws://[::127.0.0.1]/",
  "ws://[fe80::1%25eth0]/",
  "ws://h.test:080/",
  "ws://h.test: 80/",
  "ws://h.test/\u0000",
  "ws://h.test/\ud800",
];

/** Frames that break RFC 6455, in hexadecimal. */
const violations = {
  "a masked frame": "81810102030460",
  "an unknown opcode": "8300",
  "text that is not UTF-8": "8101ff",
  "a Close frame of one byte": "880103",
  "a Close frame with the code 0": "88020000",
  "a Close frame with the code 999": "880203e7",
  "a Close frame with the code 1004": "880203ec",
  "a Close frame with the code 1005": "880203ed",
  "a Close frame with the code 1006": "880203ee",
  "a Close frame with the code 1015": "880203f7",
  "a Close frame with the code 1016": "880203f8",
  "a Close frame with the code 2999": "88020bb7",
  "a Close frame with the code 5000": "88021388",
  "a Close frame with the code 65535": "8802ffff",
  "a Close frame whose reason is not UTF-8": "880303e8ff",
  "a length in more bytes than it needs": "817e000161",
  "a length in many more bytes than it needs": "817f000000000000000161",
};

export default [
  ...closeArguments.map((args) => {
    const shown = args
      .map((arg) => (typeof arg === "string" ? JSON.stringify(arg) : String(Number(arg))))
      .join(", ");
    return same(`close(${shown})`, (WebSocket, context) => closeWith(WebSocket, context, args));
  }),

  ...unusualData.map(([what, data]) =>
    same(`send of ${what}`, (WebSocket, context) => sendOf(WebSocket, context, data)),
  ),

  ...urls.map((url) =>
    same(`the URL ${JSON.stringify(url)}`, (WebSocket, { track }) =>
      outcome(() => track(new WebSocket(url)).url),
    ),
  ),

  ...Object.entries(violations).map(([what, hex]) =>
    same(`the events for ${what}`, async (WebSocket, { server, track }) => {
      // The Close frame that follows is for engines that tolerate the violation.
      const socket = track(new WebSocket(`${server}/raw?hex=${hex}88020fa0`));
      await opened(socket);
      socket.send("go");
      return journal(socket);
    }),
  ),

  ...["/drop-after-message", "/close-after-message", "/close-after-message?code=1002"].map((path) =>
    same(`the events after a message to ${path}`, async (WebSocket, { server, track }) => {
      const socket = track(new WebSocket(server + path));
      await opened(socket);
      socket.send("x");
      return journal(socket);
    }),
  ),

  same("the order of capturing and other listeners", (WebSocket, { server, track }) => {
    const socket = track(new WebSocket(`${server}/echo`));
    /** @type {string[]} */
    const order = [];
    socket.addEventListener("open", () => order.push("first"));
    socket.onopen = () => order.push("handler");
    socket.addEventListener("open", () => order.push("capturing"), true);
    socket.dispatchEvent(new Event("open"));
    return order;
  }),

  same(
    "the result of String for an event's constructor and for its keys",
    async (WebSocket, { server, track }) => {
      const socket = track(new WebSocket(`${server}/early?count=1&close=1000`));
      /** @type {unknown[]} */
      const seen = [];
      for (const type of ["open", "message", "close"]) {
        socket.addEventListener(type, (/** @type {any} */ event) => {
          const keys = [];
          for (const key in event) keys.push(key);
          seen.push(String(event), event.constructor.name, keys);
        });
      }
      await closed(socket);
      return seen;
    },
  ),

  same("the order of its static members", (WebSocket) => Object.keys(WebSocket)),

  same(
    "what is reported for a listener object without handleEvent",
    async (WebSocket, { server, track }) => {
      const socket = track(new WebSocket(`${server}/echo`));
      /** @type {unknown[]} */
      const reported = [];
      const keep = (/** @type {any} */ event) => {
        event.preventDefault();
        reported.push(event.error?.name ?? event.message);
      };
      globalThis.addEventListener("error", keep);
      socket.addEventListener("custom", {});
      socket.dispatchEvent(new Event("custom"));
      await nextTask();
      globalThis.removeEventListener("error", keep);
      return reported;
    },
  ),

  same(
    "what happens to it when its frame is removed",
    async (WebSocket, context) => {
      const frame = await load("");
      const socket = context.track(
        new (await classOf(frame, WebSocket, context))(`${context.server}/echo`),
      );
      await opened(socket);
      const events = eventsOf(socket);
      frame.remove();
      const { readyState } = socket;
      for (let index = 0; index < 10; index++) await nextTask();
      return [readyState, events];
    },
    testInWindow,
  ),

  same(
    "a connection that the page's policy forbids",
    async (WebSocket, context) => {
      const frame = await load(
        `<meta http-equiv="Content-Security-Policy" content="connect-src http:">`,
      );
      try {
        const Class = await classOf(frame, WebSocket, context);
        let socket;
        try {
          socket = context.track(new Class(`${context.server}/echo`));
        } catch (error) {
          // Firefox's own class throws a Firefox exception, and hawser's throws the standard's
          // instead.
          const { name } = /** @type {Error} */ (error);
          return name === "NS_ERROR_CONTENT_BLOCKED" ? "SecurityError" : name;
        }
        const events = eventsOf(socket);
        const { readyState } = socket;
        // Chromium raises no close event. hawser's class does, a while later.
        await new Promise((resolve) => socket.addEventListener("error", resolve));
        return [readyState, events];
      } finally {
        frame.remove();
      }
    },
    testInWindow,
  ),
];

/** @param {string} source */
async function load(source) {
  const frame = document.createElement("iframe");
  frame.srcdoc = `<!doctype html>${source}`;
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  document.body.append(frame);
  await loaded;
  return frame;
}

/**
 * @param {HTMLIFrameElement} frame
 * @param {any} WebSocket
 * @param {Context} context
 * @returns {Promise<any>} the same kind of class, in the frame's realm
 */
async function classOf(frame, WebSocket, { classIn, native, kind }) {
  return classIn(frame.contentWindow, WebSocket === native ? "native" : kind);
}

/** @param {EventTarget} socket */
function eventsOf(socket) {
  /** @type {string[]} */
  const events = [];
  for (const type of ["open", "message", "error", "close"]) {
    socket.addEventListener(type, (/** @type {any} */ event) =>
      events.push(`${type} in ${event.target.readyState} ${event.code ?? ""}`),
    );
  }
  return events;
}
