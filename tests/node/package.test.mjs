// The npm package under Node. Node 20 has a WebSocket only when it is asked for, so each case runs in a Node of its own.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startServer } from "../support/server.mjs";
import { expected } from "../support/exchange.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const withWebSocket = Number(process.versions.node.split(".")[0]) < 22 ? ["--experimental-websocket"] : [];
const withoutWebSocket = withWebSocket.length ? [] : ["--no-experimental-websocket"];

/**
 * Runs `code` as a module that has `canWebSocket`, `load`, `journal` and `exchange`, and gives the JSON that it returns.
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
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, "--input-type=module", "-e", script]);
  return JSON.parse(stdout);
}

describe("the package in Node", () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server;
  before(async () => void (server = await startServer()));
  after(() => server.close());

  it("says false, and loads all the same, where there is no WebSocket", async () => {
    const answer = await run(
      withoutWebSocket,
      `const hawser = await load();
       let message;
       try { hawser.open("ws://127.0.0.1/"); } catch (error) { message = error.message; }
       return { can: canWebSocket(), supported: hawser.supported(), message };`,
    );
    assert.deepEqual(answer, {
      can: false,
      supported: false,
      message: "This environment has no WebSocket. Ask hawser::supported() first.",
    });
  });

  it("exchanges text and binary with a server", async () => {
    const code = `return exchange(${JSON.stringify(`file://${root}js/index.js`)}, "${server.ws}");`;
    assert.deepEqual(await run(withWebSocket, code), expected);
  });

  it("tells one error and one close of a refused handshake, though Node 20 tells no close", async () => {
    const lines = await run(withWebSocket, `return journal(await load(), "${server.ws}/refuse");`);
    assert.equal(lines.length, 2);
    assert.match(lines[0], /^error The connection could not be made/);
    assert.equal(lines[1], "close 1006  unclean");
  });

  it("tells once, and later, of a close while connecting", async () => {
    const code = `
      const hawser = await load();
      let isInCall = true;
      const lines = [];
      return new Promise((resolve) => {
        const socket = hawser.open("${server.ws}/echo", {
          onerror: ({ message }) => lines.push("error " + isInCall + " " + message),
          onclose: ({ code }) => { lines.push("close " + isInCall + " " + code); setTimeout(() => resolve(lines), 200); },
        });
        socket.close();
        isInCall = false;
      });`;
    assert.deepEqual(await run(withWebSocket, code), [
      "error false The connection was given up by close() before it was open.",
      "close false 1006",
    ]);
  });

  it("throws what is wrong with an argument, in words, and goes on", async () => {
    const code = `
      const hawser = await load();
      const attempt = (call) => { try { call(); return "no error"; } catch (error) { return error.message; } };
      const opening = [
        attempt(() => hawser.open("http://127.0.0.1/")),
        attempt(() => hawser.open("${server.ws}/", { protocols: ["a", "A"] })),
        attempt(() => hawser.open("${server.ws}/", { connectTimeout: 0 })),
        attempt(() => hawser.open("${server.ws}/", { closeTimeout: NaN })),
        attempt(() => hawser.open("${server.ws}/echo", { connectTimeout: Infinity }).close()),
      ];
      const open = [];
      const lines = await journal(hawser, "${server.ws}/echo", { then(socket) {
        open.push(attempt(() => socket.close(1001)), attempt(() => socket.close(4294968296)),
          attempt(() => socket.close(1000, "x".repeat(124))), attempt(() => socket.send("\\ud800")),
          attempt(() => socket.send(42)), attempt(() => socket.send(undefined)), attempt(() => socket.send(new Blob([]))));
        socket.close();
        open.push(attempt(() => socket.close()), attempt(() => socket.send("late")));
      } });
      return { opening, open, lines };`;
    assert.deepEqual(await run(withWebSocket, code), {
      opening: [
        "The URL is not valid: give an absolute ws: or wss: URL without a fragment, percent-encoded.",
        "A subprotocol is not valid: each is a token of visible ASCII without separators, none twice.",
        "A timeout is zero or negative. Give at least one millisecond.",
        "A timeout is zero or negative. Give at least one millisecond.",
        "no error",
      ],
      open: [
        "The close code is not valid: use 1000, or one from 3000 to 4999.",
        "The close code is not valid: use 1000, or one from 3000 to 4999.",
        "The close reason has more than 123 bytes of UTF-8. Shorten it.",
        "The text is not valid UTF-8. Send bytes that are not text as binary.",
        "send() takes a string, an ArrayBuffer or a view of one.",
        "send() takes a string, an ArrayBuffer or a view of one.",
        "send() takes a string, an ArrayBuffer or a view of one.",
        "The connection is closing already.",
        "The connection is closing already.",
      ],
      lines: ["open", "close 1000  clean"],
    });
  });

  it("gives the same module to every load, and tries again after a failure", async () => {
    const code = `
      const first = await load({ wasm: "file:///no/such/hawser.wasm" }).catch((error) => error.message);
      const [a, b] = await Promise.all([load(), load()]);
      return { first, same: a === b };`;
    const { first, same } = await run(withWebSocket, code);
    assert.match(first, /^hawser could not get file:\/\/\/no\/such\/hawser\.wasm: ENOENT/);
    assert.ok(same);
  });

  it("names a .wasm that is damaged", async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-"));
    const whole = fs.readFileSync(path.join(root, "dist/hawser.wasm"));
    const damaged = path.join(folder, "damaged.wasm");
    fs.writeFileSync(damaged, whole.subarray(0, whole.length / 2));
    const code = `return load({ wasm: "file://${damaged}" }).catch((error) => error.message);`;
    const message = await run(withWebSocket, code);
    fs.rmSync(folder, { recursive: true });
    assert.ok(message.startsWith(`file://${damaged} is not a whole WebAssembly file: `), message);
  });

  it("names a .wasm that is another program's", async () => {
    const code = `
      const other = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 120, 1, 121, 0, 0]);
      return load({ wasm: other }).catch((error) => error.message);`;
    const message = await run(withWebSocket, code);
    assert.match(message, /^What load\(\) was given as wasm does not belong to this version of hawser's JavaScript: /);
  });
});
