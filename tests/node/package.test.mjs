// The npm package in Node. Node 20 has a WebSocket only behind a flag, so each case runs in its own
// Node process.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { thisNode } from "../support/node.mjs";
import { startServer } from "../support/server.mjs";
import { expected } from "../support/exchange.mjs";
import { longestRun } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { withWebSocket, withoutWebSocket } = thisNode;

/**
 * Runs `code` as a module that has `canWebSocket`, `load`, `journal` and `exchange`, and returns
 * the JSON that it returns.
 *
 * @param {string[]} flags
 * @param {string} code
 */
async function run(flags, code) {
  const script = `
    import { canWebSocket, load } from ${JSON.stringify(`file://${root}js/index.js`)};
    import { exchange, journal } from ${JSON.stringify(`file://${root}tests/support/exchange.mjs`)};
    const answer = await (async () => { ${code} })();
    console.log(JSON.stringify(answer));`;
  const { stdout } = await promisify(execFile)(
    thisNode.path,
    [...flags, "--input-type=module", "-e", script],
    {
      timeout: longestRun,
    },
  );
  return JSON.parse(stdout);
}

describe("the package in Node", () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  before(async () => void (server = await startServer()));
  after(() => server.close());

  it("returns false without a WebSocket, and load says what to do", async () => {
    const code = `return { can: canWebSocket(), message: await load().catch((error) => error.message) };`;
    const { can, message } = await run(withoutWebSocket, code);
    assert.equal(can, false);
    assert.match(message, /^There is no WebSocket here: check canWebSocket\(\) first\./);
  });

  it("exchanges text and binary with a server", async () => {
    const code = `return exchange(${JSON.stringify(`file://${root}js/index.js`)}, "${server.ws}");`;
    assert.deepEqual(await run(withWebSocket, code), expected);
  });

  it("uses the class that load is given, if Node has none", async () => {
    const code = `
      let constructed = 0;
      class Given {
        constructor(url) { this.url = url; this.readyState = 0; constructed += 1; }
        close() {}
      }
      const { WebSocket } = await load({ WebSocket: Given });
      const { url } = new WebSocket("wss://example.org/feed");
      class Other extends Given {}
      return { url, constructed, other: await load({ WebSocket: Other }).catch((error) => error.message),
        same: (await load({ WebSocket: Given })).WebSocket === WebSocket };`;
    assert.deepEqual(await run(withoutWebSocket, code), {
      url: "wss://example.org/feed",
      constructed: 1,
      other: "hawser is loaded already, on another WebSocket class.",
      same: true,
    });
  });

  it("exchanges with a server over undici's class, if Node has none", async () => {
    const code = `
      const { WebSocket: given } = await import(${JSON.stringify(import.meta.resolve("undici"))});
      const { WebSocket } = await load({ WebSocket: given });
      const socket = new WebSocket("${server.ws}/echo");
      return journal(socket, { opened: () => socket.send("hello"), received: () => socket.close(3000, "bye") });`;
    assert.deepEqual(await run(withoutWebSocket, code), [
      "open",
      "text hello",
      "close 3000 bye clean",
    ]);
  });

  it("exchanges with a server over the class that load is given", async () => {
    const code = `
      const given = globalThis.WebSocket;
      delete globalThis.WebSocket;
      const { WebSocket } = await load({ WebSocket: given });
      const socket = new WebSocket("${server.ws}/echo");
      return { can: canWebSocket(), lines: await journal(socket, {
        opened: () => socket.send("hello"), received: () => socket.close(3000, "bye") }) };`;
    assert.deepEqual(await run(withWebSocket, code), {
      can: false,
      lines: ["open", "text hello", "close 3000 bye clean"],
    });
  });

  it("can replace the class that it uses", async () => {
    const code = `
      const { WebSocket } = await load();
      globalThis.WebSocket = WebSocket;
      const socket = new globalThis.WebSocket("${server.ws}/echo");
      return journal(socket, { opened: () => socket.close(3000, "bye") });`;
    assert.deepEqual(await run(withWebSocket, code), ["open", "close 3000 bye clean"]);
  });

  it("reports one error and one close of a refused handshake, even though Node 20 reports no close", async () => {
    const code = `
      const { WebSocket } = await load();
      return journal(new WebSocket("${server.ws}/refuse"));`;
    assert.deepEqual(await run(withWebSocket, code), ["error", "close 1006  unclean"]);
  });

  it("reports a close while connecting later, and not inside close", async () => {
    const code = `
      const { WebSocket } = await load();
      const socket = new WebSocket("${server.ws}/echo");
      const ended = journal(socket);
      let isInCall = true;
      const inCall = [];
      for (const type of ["error", "close"]) socket.addEventListener(type, () => inCall.push(isInCall));
      socket.close();
      isInCall = false;
      return { lines: await ended, inCall };`;
    assert.deepEqual(await run(withWebSocket, code), {
      lines: ["error", "close 1006  unclean"],
      inCall: [false, false],
    });
  });

  it("waits as long as it takes to connect and to close, since the standard has no deadlines", async () => {
    const code = `
      const { installClock } = await import(${JSON.stringify(`file://${root}tests/session/clock.mjs`)});
      const clock = installClock();
      const { WebSocket } = await load();
      const connecting = new WebSocket("${server.ws}/no-answer");
      const closing = new WebSocket("${server.ws}/never-close");
      await new Promise((resolve) => (closing.onopen = resolve));
      closing.close();
      await clock.advance(86_400_000);
      const states = [connecting.readyState, closing.readyState];
      setImmediate(() => process.exit());
      return states;`;
    assert.deepEqual(await run(withWebSocket, code), [0, 2]);
  });

  it("throws a sentence about a bad argument, and keeps working", async () => {
    const code = `
      const { WebSocket } = await load();
      const attempt = (call) => {
        try { call(); return "no error"; } catch ({ name, message }) { return name + ": " + message; }
      };
      const opening = [
        attempt(() => new WebSocket()),
        attempt(() => new WebSocket("/feed")),
        attempt(() => new WebSocket("ftp://127.0.0.1/")),
        attempt(() => new WebSocket("${server.ws}/#top")),
        attempt(() => new WebSocket("${server.ws}/", "a b")),
        attempt(() => new WebSocket("${server.ws}/", ["a", "a"])),
      ];
      const socket = new WebSocket("${server.ws}/echo");
      const connecting = attempt(() => socket.send("early"));
      const open = [];
      const lines = await journal(socket, { opened() {
        open.push(attempt(() => socket.close(1001)), attempt(() => socket.close(1000, "x".repeat(124))),
          attempt(() => socket.send()), attempt(() => socket.send(new SharedArrayBuffer(1))),
          attempt(() => socket.send(new Uint8Array(new SharedArrayBuffer(1)))));
        socket.close();
        open.push(attempt(() => socket.close()), attempt(() => socket.send("late")));
      } });
      return { opening, connecting, open, lines };`;
    assert.deepEqual(await run(withWebSocket, code), {
      opening: [
        "TypeError: Failed to construct 'WebSocket': 1 argument required, but only 0 present.",
        "SyntaxError: Failed to construct 'WebSocket': '/feed' is not a valid URL, and there is no page that it could be " +
          "relative to.",
        "SyntaxError: Failed to construct 'WebSocket': 'ftp://127.0.0.1/' has the scheme ftp: Use ws: or wss:",
        `SyntaxError: Failed to construct 'WebSocket': '${server.ws}/#top' has a fragment, which a server never gets. ` +
          "Remove it, or write %23.",
        "SyntaxError: Failed to construct 'WebSocket': A subprotocol is invalid or listed twice. Use tokens of " +
          "visible ASCII.",
        "SyntaxError: Failed to construct 'WebSocket': A subprotocol is invalid or listed twice. Use tokens of " +
          "visible ASCII.",
      ],
      connecting:
        "InvalidStateError: Failed to execute 'send' on 'WebSocket': The connection is not open yet. Send when it is.",
      open: [
        "InvalidAccessError: Failed to execute 'close' on 'WebSocket': The close code is invalid. Use 1000, or one " +
          "from 3000 to 4999.",
        "SyntaxError: Failed to execute 'close' on 'WebSocket': The close reason is longer than 123 bytes of UTF-8. " +
          "Shorten it.",
        "TypeError: Failed to execute 'send' on 'WebSocket': 1 argument required, but only 0 present.",
        "TypeError: Failed to execute 'send' on 'WebSocket': the data lies in shared or resizable memory. Send a copy of it.",
        "TypeError: Failed to execute 'send' on 'WebSocket': the data lies in shared or resizable memory. Send a copy of it.",
        "no error",
        "no error",
      ],
      lines: ["open", "close 1005  clean"],
    });
  });

  it("returns the same module from every load, and tries again after a failure", async () => {
    const code = `
      const first = await load({ wasm: "file:///no/such/hawser.wasm" }).catch((error) => error.message);
      const [a, b] = await Promise.all([load(), load()]);
      return { first, same: a === b };`;
    const { first, same } = await run(withWebSocket, code);
    assert.match(first, /^hawser could not get file:\/\/\/no\/such\/hawser\.wasm: ENOENT/);
    assert.ok(same);
  });

  describe("says which file load could not get, the likely cause, and to use load({ wasm })", () => {
    /** @type {[string, string, string, RegExp][]} */
    const cases = [
      [
        "a missing file",
        `"file:///none.wasm"`,
        "file:///none.wasm: ENOENT",
        /The build or the deployment left/,
      ],
      [
        "a status of 404",
        `"$/refuse"`,
        "$/refuse: the server answered with status 4",
        /The build or the deployment left/,
      ],
      [
        "no server",
        `"http://127.0.0.1:9/x.wasm"`,
        "http://127.0.0.1:9/x.wasm: ",
        /The server does not answer, or CORS/,
      ],
      [
        "a relative URL",
        `"./hawser.wasm"`,
        "./hawser.wasm: Invalid URL",
        /Outside of a page, a URL must be absolute\./,
      ],
      ["a folder", `"file:///"`, "file:///: EISDIR", /The build or the deployment left/],
    ];
    for (const [name, wasm, start, cause] of cases) {
      it(`for ${name}`, async () => {
        const code = `return load({ wasm: ${wasm.replace("$", server.http)} }).catch((error) => error.message);`;
        const message = await run(withWebSocket, code);
        assert.ok(
          message.startsWith(`hawser could not get ${start.replace("$", server.http)}`),
          message,
        );
        assert.match(message, cause);
        assert.match(
          message,
          / Pass load\({ wasm }\) the URL or the bytes of this package's dist\/hawser\.wasm\.$/,
        );
      });
    }

    it("for a device that is offline", async () => {
      const code = `
        Object.defineProperty(globalThis, "navigator", { value: { onLine: false } });
        return load({ wasm: "http://127.0.0.1:9/x.wasm" }).catch((error) => error.message);`;
      assert.match(
        await run(withWebSocket, code),
        /^hawser could not get http:.* The device is offline\. Pass load/,
      );
    });

    it("for a file: URL in an environment other than Node, which fetches it", async () => {
      const code = `
        const fetched = [];
        globalThis.fetch = async (url) => (fetched.push(url), Promise.reject(new TypeError("Failed to fetch")));
        globalThis.process = undefined;
        const first = await load().catch((error) => error.message);
        globalThis.process = { env: {} }; // as bundlers define it in a page
        return { fetched, messages: [first, await load().catch((error) => error.message)] };`;
      const { fetched, messages } = await run(withWebSocket, code);
      const url = `file://${root}dist/hawser.wasm`;
      assert.deepEqual(fetched, [url, url]);
      for (const message of messages)
        assert.match(
          message,
          /^hawser could not get file:.*: Failed to fetch\. .* Serve it over HTTP\. Pass load/,
        );
    });
  });

  it("fetches a file: URL outside of Node", async () => {
    const code = `
      const bytes = await process.getBuiltinModule("node:fs/promises").readFile(${JSON.stringify(`${root}dist/hawser.wasm`)});
      globalThis.fetch = async () => new Response(bytes);
      globalThis.process = undefined;
      return typeof (await load()).WebSocket;`;
    assert.equal(await run(withWebSocket, code), "function");
  });

  it("names a damaged .wasm", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-"));
    const whole = fs.readFileSync(path.join(root, "dist/hawser.wasm"));
    const damaged = path.join(folder, "damaged.wasm");
    fs.writeFileSync(damaged, whole.subarray(0, whole.length / 2));
    const code = `return load({ wasm: "file://${damaged}" }).catch((error) => error.message);`;
    const message = await run(withWebSocket, code);
    fs.rmSync(folder, { recursive: true });
    assert.ok(
      message.startsWith(
        `file://${damaged} is not a whole WebAssembly file: it is damaged. Pass load`,
      ),
      message,
    );
  });

  it("names another program's .wasm", async () => {
    const code = `
      const other = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 120, 1, 121, 0, 0]);
      return load({ wasm: other }).catch((error) => error.message);`;
    const message = await run(withWebSocket, code);
    assert.match(
      message,
      /^The wasm passed to load\(\) does not belong to this version of hawser's JavaScript: /,
    );
  });

  describe("with a garbage collector that tests can call", () => {
    const flags = [...withWebSocket, "--expose-gc"];
    const garbage = JSON.stringify(`file://${root}tests/support/garbage.mjs`);

    it("keeps an unreferenced socket while a listener may still be called", async () => {
      const code = `
        const { answerToDropped } = await import(${garbage});
        return answerToDropped((await load()).WebSocket, "${server.ws}");`;
      assert.equal(await run(flags, code), "hello");
    });

    it("leaves nothing of 10 000 sockets behind, in wasm or in JavaScript", async () => {
      const code = `
        const { collect, openAndClose, watchMemory } = await import(${garbage});
        const { queryObjects } = process.getBuiltinModule("node:v8");
        const memory = watchMemory();
        const native = globalThis.WebSocket;
        const { WebSocket } = await load();
        const count = () => [WebSocket, native].map((kind) => queryObjects(kind, { format: "count" }));
        await openAndClose(WebSocket, "${server.ws}", { count: 500, atOnce: 100 });
        const before = memory();
        await openAndClose(WebSocket, "${server.ws}", { count: 10_000, atOnce: 100 });
        await collect(100, () => count().every((left) => left < 50));
        return { before, after: memory(), left: count() };`;
      const { before, after, left } = await run(flags, code);
      assert.equal(after, before);
      assert.ok(Math.max(...left) < 50, `of hawser's class and of Node's are left: ${left}`);
    });
  });
});
