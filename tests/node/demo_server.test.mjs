// The demo's server, without a browser.

import assert from "node:assert/strict";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { startDemo } from "../../demo/server.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("the demo's server", { timeout: 60_000 }, () => {
  /** @type {Awaited<ReturnType<typeof startDemo>>} */
  let demo;

  beforeEach(async () => {
    demo = await startDemo({ port: 0, root });
  });

  afterEach(() => demo.close());

  /**
   * Asks for a WebSocket, and returns the HTTP status of the answer.
   *
   * @param {string} endpoint
   * @param {http.OutgoingHttpHeaders} headers
   * @returns {Promise<number | undefined>}
   */
  function upgrade(endpoint, headers = {}) {
    return new Promise((resolve, reject) => {
      const key = Buffer.alloc(16).toString("base64");
      const handshake = { "Sec-WebSocket-Version": 13, "Sec-WebSocket-Key": key };
      http
        .get(new URL(endpoint, demo.url), {
          headers: { Connection: "Upgrade", Upgrade: "websocket", ...handshake, ...headers },
        })
        .on("upgrade", (response) => resolve(response.statusCode))
        .on("response", (response) => resolve(response.resume().statusCode))
        .on("error", reject);
    });
  }

  it("takes a WebSocket from its own page, and from a program that is no browser", async () => {
    assert.equal(await upgrade("/echo", { Origin: new URL(demo.url).origin }), 101);
    assert.equal(await upgrade("/echo"), 101);
  });

  it("refuses a WebSocket from any other page", async () => {
    for (const Origin of ["http://example.org", "null", demo.url]) {
      assert.equal(await upgrade("/echo", { Origin }), 403);
    }
  });

  it("refuses what it is there to refuse, and knows no other endpoint", async () => {
    assert.equal(await upgrade("/refuse"), 403);
    assert.equal(await upgrade("/elsewhere"), 404);
  });

  it("takes 100 connections and no more", async () => {
    for (let i = 0; i < 100; ++i) assert.equal(await upgrade("/echo"), 101);
    assert.equal(await upgrade("/echo"), 503);
  });

  it("sends its policy with every answer", async () => {
    for (const file of ["", "js/index.js", "demo/demo.wasm", "missing"]) {
      const { headers } = await fetch(new URL(file, demo.url));
      assert.match(headers.get("Content-Security-Policy") ?? "", /^default-src 'none'; script-src 'self'/);
      assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
    }
  });

  it("lives on after a range that ends before it starts", async () => {
    const { status } = await fetch(demo.url, { headers: { Range: "bytes=9-1" } });
    assert.equal(status, 200);
  });

  it("names PORT where its port is in use", async () => {
    const port = Number(new URL(demo.url).port);
    await assert.rejects(startDemo({ port, root }), {
      message: `Port ${port} is in use. Set the environment variable PORT to another one.`,
    });
  });

  it("says what to run where the demo is not built", async () => {
    const empty = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-demo-"));
    await assert.rejects(startDemo({ port: 0, root: empty }), /Run "npm run build" first\./);
    fs.rmdirSync(empty);
  });
});
