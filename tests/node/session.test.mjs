// The class Session in Node, and tests of its package that need no server. tests/browser has the
// same tests in browsers.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { optionOrder, toSettings } from "../../js/session_options.js";
import { describeInNode } from "../session/in_node.mjs";
import { sections } from "../session/sections.mjs";
import { startSessionServer } from "../session/server.mjs";
import { thisNode } from "../support/node.mjs";
import { longestRun } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { withWebSocket, withoutWebSocket } = thisNode;

/** @param {string} file */
const read = (file) => fs.readFileSync(path.join(root, file), "utf8");

await describeInNode("the class Session", sections);

describe("the entry hawser/session in Node", () => {
  /** @type {Awaited<ReturnType<typeof startSessionServer>>} */
  let server;
  before(async () => void (server = await startSessionServer()));
  after(() => server.close());

  /**
   * Runs `code` as a module that has `canWebSocket` and `load`, in a Node that must end by itself,
   * and returns the JSON that it returns.
   *
   * @param {string[]} flags
   * @param {string} code
   */
  async function run(flags, code) {
    const script = `
      import { canWebSocket, load } from ${JSON.stringify(`file://${root}js/session.js`)};
      console.log(JSON.stringify(await (async () => { ${code} })()));`;
    const args = [...flags, "--input-type=module", "-e", script];
    return JSON.parse(
      (await promisify(execFile)(thisNode.path, args, { timeout: longestRun })).stdout,
    );
  }

  it("returns false without a WebSocket, and load says what to do", async () => {
    const code = `return [canWebSocket(), await load().catch((error) => error.message)];`;
    const [can, message] = await run(withoutWebSocket, code);
    assert.equal(can, false);
    assert.match(message, /^There is no WebSocket here: check canWebSocket\(\) first\./);
  });

  it("lets Node end once its sessions have stopped", async () => {
    const code = `
      const { Session } = await load();
      const session = new Session("${server.ws}/ends?script=echo", [], { heartbeat: { ping: "ping" } });
      session.send("hello");
      session.onmessage = () => session.close();
      await new Promise((resolve) => (session.onclose = resolve));
      return canWebSocket();`;
    assert.equal(await run(withWebSocket, code), true);
  });

  it("uses the class that load is given, whatever happens to the global one", async () => {
    const code = `
      class Given extends globalThis.WebSocket {
        static urls = [];
        constructor(url, protocols) {
          super(url, protocols);
          Given.urls.push(url);
        }
      }
      delete globalThis.WebSocket;
      const { Session } = await load({ WebSocket: Given });
      const session = new Session("${server.ws}/given");
      await new Promise((resolve) => (session.onopen = resolve));
      session.close();
      class Other {}
      return { urls: Given.urls, again: (await load({ WebSocket: Given })).Session === Session,
        other: await load({ WebSocket: Other }).catch((error) => error.message) };`;
    assert.deepEqual(await run(withWebSocket, code), {
      urls: [`${server.ws}/given`],
      again: true,
      other: "hawser is loaded already, on another WebSocket class.",
    });
  });

  it("sends text and bytes without checking for a Blob, which would cost an exception each", async () => {
    // The package reads this getter when it is imported.
    const patch = `
      globalThis.asked = 0;
      const { get } = Object.getOwnPropertyDescriptor(Blob.prototype, "size");
      Object.defineProperty(Blob.prototype, "size", {
        get() {
          ++globalThis.asked;
          return Reflect.apply(get, this, []);
        },
      });`;
    const code = `
      const { Session } = await load();
      const session = new Session("${server.ws}/asked?script=echo");
      await new Promise((resolve) => (session.onopen = resolve));
      for (const data of ["text", new Uint8Array(3), new ArrayBuffer(3)]) session.send(data);
      const ofBytes = globalThis.asked;
      session.send(new Blob(["blob"]));
      session.close();
      return [ofBytes, globalThis.asked > 0];`;
    const flags = [
      ...withWebSocket,
      "--import",
      `data:text/javascript,${encodeURIComponent(patch)}`,
    ];
    assert.deepEqual(await run(flags, code), [0, true]);
  });

  it("throws a RangeError for a message that must be kept and does not fit into memory, and keeps working", async () => {
    const code = `
      const { Session } = await load();
      const session = new Session("${server.ws}/memory?script=echo");
      const errors = [];
      const catchError = (call) => {
        try {
          call();
        } catch (error) {
          errors.push(error.name + ": " + error.message);
        }
      };
      const large = new Uint8Array(2 ** 31);
      catchError(() => session.send(large));
      catchError(() => session.restoreOutbox([{ id: 1, data: "stale" }, { id: 2, data: large }]));
      session.restoreOutbox([{ id: 1, data: "restored" }]);
      const outbox = session.copyOutbox().map(({ id, data }) => id + " " + data);
      session.send("hello");
      const received = [];
      await new Promise((resolve) => (session.onmessage = ({ data }) => received.push(data) === 2 && resolve()));
      session.close();
      return { errors, outbox, received };`;
    const error = "RangeError: There is no memory for 2147483648 bytes.";
    assert.deepEqual(await run(withWebSocket, code), {
      errors: [error, error],
      outbox: ["1 restored"],
      received: ["restored", "hello"],
    });
  });

  it("passes on messages by reference while it is open, even one that does not fit into wasm memory", async () => {
    const code = `
      let create;
      const created = new Promise((resolve) => (create = resolve));
      class Native {
        readyState = 1;
        bufferedAmount = 0;
        protocol = "";
        extensions = "";
        sent = [];
        constructor(url) {
          this.url = url;
          create(this);
        }
        send(data) {
          this.sent.push(data);
        }
        close() {}
      }
      const { Session } = await load({ WebSocket: Native });
      const session = new Session("ws://example.org/");
      const native = await created;
      native.onopen();
      const large = new Uint8Array(2 ** 31);
      const messages = ["text", large, large.buffer, new DataView(large.buffer, 8, 16)];
      const results = messages.map((data) => session.send(data));
      session.sendNow(large);
      const received = [];
      session.onmessage = ({ data }) => received.push(data);
      const incoming = ["text", new ArrayBuffer(2 ** 31), new Blob(["blob"])];
      for (const data of incoming) native.onmessage({ data });
      const same = (some, others) => some.length === others.length && some.every((one, i) => one === others[i]);
      const { bytesSent, bytesReceived } = session.counters;
      return { results, isSentAsIs: same(native.sent, [...messages, large]), bytesSent,
        isReceivedAsIs: same(received, incoming), bytesReceived };`;
    assert.deepEqual(await run([], code), {
      results: Array(4).fill({ delivery: "sent", id: 0 }),
      isSentAsIs: true,
      bytesSent: 3 * 2 ** 31 + 20,
      isReceivedAsIs: true,
      bytesReceived: 2 ** 31 + 8,
    });
  });

  it("names another module's .wasm", async () => {
    const code = `return load({ wasm: "file://${root}dist/hawser.wasm" }).catch((error) => error.message);`;
    assert.match(
      await run(withWebSocket, code),
      /dist\/hawser\.wasm does not belong to this version of hawser's .* this package's dist\/session\.wasm/,
    );
  });
});

describe("the parts of session.d.ts and the options that mirror C++", () => {
  const types = read("js/session.d.ts");
  const outbox = "wasm/include/hawser/outbox.hpp";

  /**
   * The enumerators, by their JavaScript names.
   *
   * @param {string} header
   * @param {string} name
   */
  function enumerators(header, name) {
    const [, body] = new RegExp(`enum class ${name} : [^{]*{(.*?)};`, "s").exec(read(header)) ?? [];
    return [...body.replaceAll(/\/\/.*/g, "").matchAll(/(\w+)(?: = \d+)?,/g)].map(([, one]) =>
      one.replaceAll("_", "-"),
    );
  }

  /**
   * A union of session.d.ts, including null.
   *
   * @param {string} name of the type or the member
   */
  function unionOf(name) {
    const [, union] = new RegExp(`\\b${name}(?:\\?:| =|:)\\s*([^;]*);`).exec(types) ?? [];
    return union.split("|").map((one) => one.trim()).filter((one) => one).map((one) => JSON.parse(one)); // prettier-ignore
  }

  for (const [member, header, enumeration] of [
    ["state", "wasm/include/hawser/session.hpp", "SessionState"],
    ["start", "wasm/include/hawser/session.hpp", "Start"],
    ["why", "wasm/include/hawser/reconnect.hpp", "StopReason"],
    ["jitter", "wasm/include/hawser/backoff.hpp", "Jitter"],
    ["whenOutboxFull", outbox, "WhenOutboxFull"],
    ["delivery", outbox, "Delivery"],
  ]) {
    it(`the values of ${member} are those of ${enumeration}, and JavaScript can ask for the name of each`, () => {
      const values = enumerators(header, enumeration);
      // A session in JavaScript has no inbox, and takes messages of any size.
      const possible = values.slice(1).filter((value) => value !== "message-refused");
      const expected = member === "why" ? [null, ...possible] : values;
      assert.deepEqual(unionOf(member).sort(), expected.toSorted());
      const cases = read(header).matchAll(
        new RegExp(`case ${enumeration}::(\\w+): return "(\\w+)";`, "g"),
      );
      const named = [...cases].map(([, value, name]) =>
        value === name ? name.replaceAll("_", "-") : "another name",
      );
      assert.deepEqual(named, values);
    });
  }

  it("the errors are C++'s", () => {
    const errors = enumerators("wasm/include/hawser/error.hpp", "Error");
    assert.deepEqual(
      unionOf("SessionError").filter((error) => !errors.includes(error)),
      [],
    );
  });

  /**
   * The optional members of an interface of session.d.ts other than functions, each with its type.
   *
   * @param {string} name
   * @returns {[string, string][]}
   */
  function membersOf(name) {
    const [, members] = new RegExp(`interface ${name} {(.*?)^}`, "ms").exec(types) ?? [];
    return [...members.matchAll(/^ {2}(\w+)\?: ([^=]*?);/gm)].map(([, member, type]) => [
      member,
      type,
    ]);
  }

  it("JavaScript passes on every option that is a number, a choice or a flag, and C++ reads it", () => {
    const others = [
      "finalCodes",
      "heartbeat",
      "startClosed",
      ...aliases().map(([, alias]) => alias),
    ];
    const options = membersOf("SessionOptions").filter(([name]) => !others.includes(name));
    const timings = membersOf("HeartbeatOptions").filter(([, type]) => type === "number");
    assert.ok(options.length > 20 && timings.length === 2);

    const [, list] = /const choices = {(.*?)};/s.exec(read("js/session_class.js")) ?? [];
    const choices = Object.fromEntries(
      [...list.matchAll(/\w+/g)].map(([name]) => [name, unionOf(name)]),
    );
    /** @type {[string, any, any][]} the app's value, and C++'s */
    const given = options.map(([name, type]) => {
      if (type === "number") return [name, { [name]: 7 }, 7];
      return type === "boolean"
        ? [name, { [name]: true }, true]
        : [name, { [name]: unionOf(name)[1] }, 1];
    });
    for (const [name] of timings)
      given.push([`heartbeat.${name}`, { heartbeat: { ping: "ping", [name]: 7 } }, 7]);

    // The numbers have no names, so C++ must read them in JavaScript's order.
    const reader = read("wasm/pages/session.cpp");
    const order = [...reader.matchAll(/settings\.(?:read|has)\("(\w+)"/g)].map(([, name]) => name);
    assert.deepEqual(order, optionOrder);
    const missing = given.filter(([name, option, value]) => {
      const settings = Object.entries(toSettings(option, choices));
      const passed = settings.filter(
        ([key, one]) => one === value && (key === name || name.startsWith("heartbeat.")),
      );
      return !passed.some(([key]) => order.includes(key));
    });
    assert.deepEqual(missing.map(([name]) => name), []); // prettier-ignore
  });

  it("the aliases are documented, and each has its option's type", () => {
    assert.equal(aliases().length, 6);
    for (const [option, alias] of aliases()) {
      assert.ok(types.includes(`/** Alias of \`${option}\`. */\n  ${alias}?: number;`), alias);
      assert.match(
        read("docs/porting.md"),
        new RegExp(`^\\| \`${alias}\` +\\| \`${option}\` +\\|$`, "m"),
      );
    }
  });

  /** Each with its option. */
  function aliases() {
    const [, list] = /const numbers = {(.*?)};/s.exec(read("js/session_options.js")) ?? [];
    return [...list.matchAll(/(\w+): "(\w+)"/g)].map(([, option, alias]) => [option, alias]);
  }

  it("docs/errors.md has a section for each error", () => {
    const errors = enumerators("wasm/include/hawser/error.hpp", "Error").map((name) =>
      name.replaceAll("-", "_"),
    );
    const sections = [...read("docs/errors.md").matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    assert.deepEqual(sections, errors);
  });
});
