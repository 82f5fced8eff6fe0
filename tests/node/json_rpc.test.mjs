// The example demo/json_rpc.mjs: with a scripted peer, and with a real server.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { afterEach, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { WebSocketServer } from "ws";
import { JsonRpc, NoAnswer, RpcError } from "../../demo/json_rpc.mjs";
import { load } from "../../js/session.js";
import { Browser } from "../../js/testing.js";
import { thisNode } from "../support/node.mjs";
import { longestRun } from "../support/patience.mjs";

const url = "wss://example.org/rpc";

/** @param {object} message */
const toText = (message) => JSON.stringify({ jsonrpc: "2.0", ...message });

describe("JSON-RPC over a session", () => {
  /** @type {Browser} */
  let browser;
  /** @type {import("../../js/session.js").Session} */
  let session;
  /** @type {JsonRpc} */
  let rpc;

  beforeEach(async () => {
    browser = new Browser();
    const { Session } = await load({ WebSocket: browser.WebSocket });
    session = new Session(url);
    rpc = new JsonRpc(session);
  });
  afterEach(() => browser.uninstall());

  async function accept() {
    const peer = await browser.expectConnection(url);
    peer.accept();
    return peer;
  }

  /** @param {Promise<unknown>} call @param {NoAnswer["why"]} why @param {boolean} wasSent */
  async function failsWith(call, why, wasSent) {
    const error = await call.then(
      () => assert.fail("it was answered"),
      (error) => error,
    );
    assert.ok(error instanceof NoAnswer);
    assert.deepEqual([error.why, error.wasSent], [why, wasSent]);
  }

  it("gives each call its answer, in whatever order they arrive", async () => {
    const peer = await accept();
    const sum = rpc.call("add", [1, 2]);
    const name = rpc.call("name");
    await peer.expectText(toText({ id: 1, method: "add", params: [1, 2] }));
    await peer.expectText(toText({ id: 2, method: "name" }));
    peer.send(toText({ id: 2, result: "hawser" }));
    peer.send(toText({ id: 1, result: 3 }));
    assert.deepEqual(await Promise.all([sum, name]), [3, "hawser"]);
  });

  it("throws the server's error", async () => {
    const peer = await accept();
    const call = rpc.call("fly");
    peer.send(toText({ id: 1, error: { code: -32601, message: "Method not found", data: "fly" } }));
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof RpcError);
      assert.deepEqual(
        [error.code, error.message, error.data],
        [-32601, "Method not found", "fly"],
      );
      return true;
    });
  });

  it("passes on notifications, and drops outgoing ones without a connection", async () => {
    rpc.notify("lost");
    const peer = await accept();
    /** @type {unknown[]} */
    const seen = [];
    rpc.onnotification = (...notification) => seen.push(notification);
    peer.send(toText({ method: "news", params: ["hello"] }));
    assert.deepEqual(seen, [["news", ["hello"]]]);
    rpc.notify("bye", [1]);
    await peer.expectText(toText({ method: "bye", params: [1] }));
  });

  it("fails a call by its own deadline, and ignores the late answer", async () => {
    const peer = await accept();
    const quick = failsWith(rpc.call("slow", [], { timeout: 1_000 }), "timeout", true);
    const patient = rpc.call("slow", [], { timeout: 60_000 });
    await browser.advance(1_000);
    await quick;
    await browser.advance(30_000);
    peer.send(toText({ id: 1, result: "late" }));
    peer.send(toText({ id: 2, result: "in time" }));
    assert.equal(await patient, "in time");
  });

  it("fails every pending call when the connection is lost, and repeats safe ones", async () => {
    const first = await accept();
    const unsafe = failsWith(rpc.call("pay", [100]), "connection-lost", true);
    const safe = rpc.call("balance", [], { isSafe: true, timeout: 60_000 });
    await browser.runUntilIdle();
    first.cut();
    await unsafe;
    await browser.advance(4_000);
    const second = await accept();
    await second.expectText(toText({ id: 2, method: "balance", params: [] }));
    await second.expectNothing();
    second.send(toText({ id: 2, result: 7 }));
    assert.equal(await safe, 7);
  });

  it("sends calls made without a connection on the next one, once", async () => {
    (await accept()).cut();
    const call = rpc.call("add", [1, 2], { timeout: 60_000 });
    await browser.advance(4_000);
    const peer = await accept();
    await peer.expectText(toText({ id: 1, method: "add", params: [1, 2] }));
    await peer.expectNothing();
    peer.send(toText({ id: 1, result: 3 }));
    assert.equal(await call, 3);
  });

  it("fails a call that waits for a connection at its deadline", async () => {
    const call = failsWith(rpc.call("add", []), "timeout", false);
    await browser.advance(10_000);
    await call;
  });

  it("fails everything when the session stops, and at once from then on", async () => {
    const peer = await accept();
    const call = failsWith(rpc.call("add", [], { isSafe: true }), "stopped", true);
    session.close();
    await browser.runUntilIdle();
    peer.answerClose();
    await call;
    await failsWith(rpc.call("add"), "stopped", false);
  });

  it("talks to a real server", async () => {
    await browser.uninstall();
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    try {
      await new Promise((resolve) => server.once("listening", resolve));
      server.on("connection", (webSocket) =>
        webSocket.on("message", (data) => {
          const { id, method, params } = JSON.parse(String(data));
          if (method === "drop") webSocket.terminate();
          else webSocket.send(toText({ id, result: params[0] + params[1] }));
        }),
      );
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      const at = (/** @type {string} */ file) =>
        JSON.stringify(new URL(`../../${file}`, import.meta.url).href);
      const program = `
        import { JsonRpc } from ${at("demo/json_rpc.mjs")};
        import { load } from ${at("js/session.js")};
        const { Session } = await load();
        const session = new Session("ws://127.0.0.1:${port}/", [], { backoffBase: 1 });
        const rpc = new JsonRpc(session);
        const sums = [await rpc.call("add", [1, 2])];
        const lost = await rpc.call("drop").catch((error) => error.why);
        sums.push(await rpc.call("add", [3, 4], { isSafe: true }));
        console.log(JSON.stringify({ sums, lost }));
        session.close();`;
      const args = [...thisNode.withWebSocket, "--input-type=module", "-e", program];
      const cwd = fileURLToPath(new URL("../..", import.meta.url));
      const { stdout } = await promisify(execFile)(thisNode.path, args, {
        cwd,
        timeout: longestRun,
      });
      assert.deepEqual(JSON.parse(stdout), { sums: [3, 7], lost: "connection-lost" });
    } finally {
      for (const client of server.clients) client.terminate();
      server.close();
    }
  });
});
