// The class Session in Node, and what can be said of its package without a server. tests/browser has the same in browsers.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describeInNode } from "../session/in_node.mjs";
import { sections } from "../session/sections.mjs";
import { startSessionServer } from "../session/server.mjs";
import { thisNode } from "../support/node.mjs";

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
   * Runs `code` as a module that has `canWebSocket` and `load`, in a Node that ends by itself, and gives the JSON that it
   * returns.
   *
   * @param {string[]} flags
   * @param {string} code
   */
  async function run(flags, code) {
    const script = `
      import { canWebSocket, load } from ${JSON.stringify(`file://${root}js/session.js`)};
      console.log(JSON.stringify(await (async () => { ${code} })()));`;
    const args = [...flags, "--input-type=module", "-e", script];
    return JSON.parse((await promisify(execFile)(thisNode.path, args, { timeout: 60_000 })).stdout);
  }

  it("says false where there is no WebSocket, and load says what to do", async () => {
    const code = `return [canWebSocket(), await load().catch((error) => error.message)];`;
    const [can, message] = await run(withoutWebSocket, code);
    assert.equal(can, false);
    assert.match(message, /^There is no WebSocket here: ask canWebSocket\(\) first\./);
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

  it("builds on the class that load is given, whatever becomes of the global one", async () => {
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

  it("names the .wasm that is another module's", async () => {
    const code = `return load({ wasm: "file://${root}dist/hawser.wasm" }).catch((error) => error.message);`;
    assert.match(await run(withWebSocket, code), /dist\/hawser\.wasm does not belong to this version of hawser's/);
  });
});

describe("what js/session.js and session.d.ts have of C++'s enumerations", () => {
  const script = read("js/session.js");
  const types = read("js/session.d.ts");

  /**
   * The enumerators, as JavaScript calls them.
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
   * A list of js/session.js.
   *
   * @param {string} name
   */
  function listOf(name) {
    const [, list] = new RegExp(`const ${name} = .*?\\(\\[(.*?)\\]\\)`, "s").exec(script) ?? [];
    return list.split(",").map((one) => one.trim()).filter((one) => one).map((one) => JSON.parse(one)); // prettier-ignore
  }

  /**
   * A union of session.d.ts, null included.
   *
   * @param {string} name of the type or the member
   */
  function unionOf(name) {
    const [, union] = new RegExp(`\\b${name}(?:\\?:| =|:)\\s*([^;]*);`).exec(types) ?? [];
    return union.split("|").map((one) => one.trim()).filter((one) => one).map((one) => JSON.parse(one)); // prettier-ignore
  }

  it("the states are the same", () => {
    const states = enumerators("wasm/include/hawser/session.hpp", "SessionState");
    assert.deepEqual(listOf("states"), states);
    assert.deepEqual(unionOf("state"), ["idle", "connecting", "open", "waiting", "stopped"]);
    assert.deepEqual(states, unionOf("state"));
  });

  it("the reasons for which a session stops are the same", () => {
    const [none, ...reasons] = enumerators("wasm/include/hawser/reconnect.hpp", "StopReason");
    assert.equal(none, "none");
    assert.deepEqual(listOf("stopReasons"), [null, ...reasons]);
    assert.deepEqual(unionOf("why"), [null, ...reasons]);
  });

  it("the kinds of jitter are the same", () => {
    const jitters = enumerators("wasm/include/hawser/backoff.hpp", "Jitter");
    assert.deepEqual(listOf("jitters"), jitters);
    assert.deepEqual(unionOf("jitter"), jitters);
  });

  it("what becomes of messages is the same", () => {
    const outbox = "wasm/include/hawser/outbox.hpp";
    assert.deepEqual(listOf("whenOutboxFull"), enumerators(outbox, "WhenOutboxFull"));
    assert.deepEqual(unionOf("whenOutboxFull"), enumerators(outbox, "WhenOutboxFull"));
    assert.deepEqual(listOf("deliveries"), enumerators(outbox, "Delivery"));
    assert.deepEqual(unionOf("delivery"), enumerators(outbox, "Delivery"));
  });

  it("the errors that session.d.ts and the exceptions name are C++'s", () => {
    const errors = enumerators("wasm/include/hawser/error.hpp", "Error");
    const [, exceptions] = /const exceptionNames = {(.*?)};/s.exec(script) ?? [];
    const named = [...exceptions.matchAll(/^ *"?([a-z-]+)"?:/gm)].map(([, name]) => name);
    assert.ok(named.includes("outbox-full") && named.includes("blocked"));
    assert.deepEqual(
      [...unionOf("SessionError"), ...named].filter((error) => !errors.includes(error)),
      [],
    );
  });

  it("the choices of when a session starts are the same", () => {
    const starts = enumerators("wasm/include/hawser/session.hpp", "Start");
    assert.deepEqual(listOf("starts"), starts);
    assert.deepEqual(unionOf("start").sort(), starts.toSorted());
  });

  it("the aliases are documented, and each has its option's type", () => {
    const [, list] = /const aliases = {(.*?)};/s.exec(script) ?? [];
    const aliases = [...list.matchAll(/(\w+): "(\w+)"/g)].map(([, option, alias]) => [option, alias]);
    assert.equal(aliases.length, 6);
    for (const [option, alias] of aliases) {
      assert.ok(types.includes(`/** Alias of \`${option}\`. */\n  ${alias}?: number;`), alias);
      assert.match(read("docs/sessions.md"), new RegExp(`^\\| \`${alias}\` +\\| \`${option}\` +\\|$`, "m"));
    }
  });

  it("docs/errors.md has a section for each error", () => {
    const errors = enumerators("wasm/include/hawser/error.hpp", "Error").map((name) => name.replaceAll("-", "_"));
    const sections = [...read("docs/errors.md").matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    assert.deepEqual(sections, errors);
  });
});
