// The class Recorder, with events that the tests make.

import assert from "node:assert/strict";
import fs from "node:fs";
import { describe, it } from "node:test";
// @ts-expect-error: it brings no types
import validateHar from "har-validator/lib/promise.js";
import { Recorder } from "../../js/recorder.js";

let time = 0;

/** @param {any} event @returns {any} */
const event = (event) => ({ time: ++time, socket: 1, ...event });
const opening = (socket = 1, url = "wss://example.org/feed?token=secret&a=1") =>
  event({ type: "opening", socket, url, protocols: ["a"] });
const open = (socket = 1) =>
  event({ type: "open", socket, protocol: "a", extensions: "permessage-deflate" });
const close = (socket = 1) =>
  event({ type: "close", socket, code: 1000, reason: "bye", wasClean: true });
/** @param {any} data */
const sent = (data, socket = 1) => {
  const binary = typeof data !== "string";
  const size = binary ? (data.size ?? data.byteLength) : Buffer.byteLength(data);
  return event({ type: "sent", socket, size, binary, bufferedAmount: 0, data });
};

/** @param {import("../../js/recorder.js").RecorderOptions} options @param {any[]} events */
function record(options, ...events) {
  const recorder = new Recorder(options);
  for (const one of events) recorder.observe(one);
  return recorder;
}

/** @param {Recorder} recorder */
const dataOf = (recorder) => recorder.events.map((/** @type {any} */ { data }) => data);

/** @param {Recorder} recorder */
const messagesOf = (recorder) =>
  recorder.har().log.entries.map((entry) => entry._webSocketMessages.map(({ data }) => data));

describe("Recorder", () => {
  it("keeps the last events", () => {
    const numbers = Array.from({ length: 1_000 }, (_, index) => `${index}`);
    for (const maxEvents of [0, 1, 3, 999, 1_000, Infinity]) {
      const recorder = record({ maxEvents }, ...numbers.map((text) => sent(text)));
      assert.deepEqual(dataOf(recorder), maxEvents ? numbers.slice(-maxEvents) : []);
    }
  });

  it("keeps the start of a socket whose first events have been dropped, until its last one is", () => {
    const recorder = record(
      { maxEvents: 3 },
      opening(),
      open(),
      sent("a"),
      sent("b"),
      sent("c"),
      sent("d"),
    );
    assert.deepEqual(messagesOf(recorder), [["b", "c", "d"]]);
    const [{ request, response }] = recorder.har().log.entries;
    assert.deepEqual(
      [request.url, response.status],
      ["wss://example.org/feed?token=secret&a=1", 101],
    );
    for (const one of [close(), opening(2), open(2)]) recorder.observe(one);
    assert.equal(recorder.har().log.entries.length, 2);
    recorder.observe(sent("e", 2));
    assert.deepEqual(messagesOf(recorder), [["e"]]);
  });

  it("cuts data to its limit, and text between characters", () => {
    const bytes = new Uint8Array([1, 2, 3, 4, 5]).buffer;
    const texts = ["abcd", "abcde", "abc\u00e9", "\u{1F680}", "a\u{1F680}"];
    const recorder = record(
      { maxDataBytes: 4 },
      ...texts.map((text) => sent(text)),
      sent(bytes),
      sent(bytes.slice(1)),
    );
    const [data, all] = [dataOf(recorder), recorder.events];
    assert.deepEqual(data.slice(0, 5), ["abcd", "abcd", "abc", "\u{1F680}", "a"]);
    assert.deepEqual(data.slice(5), [bytes.slice(0, 4), bytes.slice(1)]);
    assert.deepEqual(all.map(({ truncated = false }) => truncated), [false, true, true, false, true, true, false]); // prettier-ignore
    assert.equal(/** @type {any} */ (all[4]).size, 5);
  });

  it("reads Blobs, and says which it could not read", async () => {
    const broken = Object.assign(new Blob(["x"]), {
      arrayBuffer: () => Promise.reject(new Error("It is gone")),
    });
    const recorder = record(
      { maxDataBytes: 3 },
      opening(),
      sent(new Blob(["abcd"])),
      sent(new Blob(["ab"])),
      sent(broken),
    );
    assert.deepEqual(messagesOf(recorder), [["", "", ""]]);
    await recorder.settled();
    assert.deepEqual(messagesOf(recorder), [[btoa("abc"), btoa("ab"), ""]]);
    assert.equal(recorder.events[3].unreadable, "Error: It is gone");
  });

  it("keeps what redact returns, and nothing if it returns nothing or throws", () => {
    const redact = (/** @type {any} */ one) => {
      if (one.type === "opening") return { ...one, url: one.url.replace("secret", "***") };
      if (one.data === "password") return null;
      if (one.data === "odd") return undefined;
      if (one.data === "bad") throw new Error("no");
      one.data &&= one.data.toUpperCase();
      return one;
    };
    const given = sent("a");
    const recorder = record({ redact }, opening(), given, sent("password"), sent("odd"));
    assert.throws(() => recorder.observe(sent("bad")), /^Error: no$/);
    assert.deepEqual(messagesOf(recorder), [["A"]]);
    assert.equal(given.data, "a");
    assert.doesNotMatch(JSON.stringify(recorder.har()) + recorder.dump(), /secret|password/);
  });

  it("makes no HAR entry for a socket whose start redact removed", () => {
    const redact = (/** @type {any} */ one) => (one.type === "opening" ? null : one);
    assert.deepEqual(record({ redact }, opening(), open(), sent("a")).har().log.entries, []);
  });

  it("makes a valid HAR", async () => {
    const big = new Uint8Array(20_000).fill(255);
    const recorder = record(
      {},
      event({ type: "state", session: 1, socket: 0, state: "connecting", attempt: 0 }),
      ...[opening(), open(), sent("a"), sent(big.buffer), close()],
      ...[opening(2, "not a URL"), event({ type: "error", socket: 2 }), close(2)],
      ...[opening(3), open(3)],
    );
    const har = recorder.har();
    await validateHar.har({
      log: {
        ...har.log,
        entries: har.log.entries.filter(({ request }) => request.url !== "not a URL"),
      },
    });
    const [first, second, third] = har.log.entries;
    assert.deepEqual([first, second, third].map(({ response }) => response.status), [101, 0, 101]); // prettier-ignore
    assert.deepEqual(first.request.queryString, [
      { name: "token", value: "secret" },
      { name: "a", value: "1" },
    ]);
    assert.deepEqual(first.response.headers, [
      { name: "Sec-WebSocket-Protocol", value: "a" },
      { name: "Sec-WebSocket-Extensions", value: "permessage-deflate" },
    ]);
    assert.equal(first.comment, 'Closed with 1000 "bye"');
    assert.deepEqual(
      first._webSocketMessages.map(({ type, opcode, data }) => [type, opcode, data]),
      [
        ["send", 1, "a"],
        ["send", 2, Buffer.from(big).toString("base64")],
      ],
    );
    const { version } = JSON.parse(
      fs.readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
    );
    assert.deepEqual(har.log.creator, { name: "hawser", version });
  });

  it("dumps a line for each event", () => {
    time = -performance.timeOrigin;
    const long = "x".repeat(100);
    const recorder = record({}, opening(), sent(long), sent(new Uint8Array([1, 254]).buffer), {
      ...close(),
      session: 2,
    });
    const lines = recorder.dump().split("\n");
    assert.match(
      lines[0],
      /^1970-01-01T00:00:00.00\dZ socket 1 opening url="wss:.*" protocols=\["a"\]$/,
    );
    assert.match(lines[1], /sent size=100 binary=false bufferedAmount=0 data="x{80}\.\.\."$/);
    assert.match(lines[2], /data=<01 fe>$/);
    assert.match(lines[3], /session 2 socket 1 close code=1000 reason="bye" wasClean=true$/);
  });

  it("forgets everything but open sockets when it is cleared", () => {
    const recorder = record({}, opening(), close(), opening(2), open(2), sent("a", 2));
    recorder.clear();
    assert.deepEqual(recorder.events, []);
    recorder.observe(sent("b", 2));
    assert.deepEqual(messagesOf(recorder), [["b"]]);
  });

  it("refuses bad options", () => {
    for (const options of [{ maxEvents: -1 }, { maxDataBytes: NaN }, { redact: 1 }]) {
      assert.throws(
        () => new Recorder(/** @type {any} */ (options)),
        /^TypeError: Recorder: (max|redact)/,
      );
    }
  });
});
