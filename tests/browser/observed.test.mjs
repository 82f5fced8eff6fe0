// The recording that a C++ program makes of a session with two reconnects, compared with the frames
// that Chromium itself reports.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
// @ts-expect-error: it brings no types
import { har as validate } from "har-validator";
import { launch, whyNot } from "../support/browsers.mjs";
import { startServer } from "../support/server.mjs";
import { longestSuite } from "../support/patience.mjs";

const programs = fileURLToPath(new URL("../../build/wasm/tests/wasm", import.meta.url));

/** @param {string} ws */
const page = (ws) => `<!doctype html><html><head><meta charset="utf-8"><title>observed</title>
  <link rel="icon" href="data:,"></head><body><script>
    var printed = "";
    var Module = {
      arguments: ["--server", "${ws}"],
      print: function (line) { printed += line + "\\n"; },
      onExit: function () { hasEnded = true; },
    };
  </script><script src="observed.js"></script></body></html>`;

/** @param {string} ws */
async function startPage(ws) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(String(request.url), "http://host");
    if (pathname === "/") {
      response.setHeader("Content-Type", "text/html");
      response.end(page(ws));
      return;
    }
    response.setHeader(
      "Content-Type",
      pathname.endsWith(".wasm") ? "application/wasm" : "text/javascript",
    );
    fs.createReadStream(path.join(programs, path.basename(pathname)))
      .on("error", () => response.writeHead(404).end())
      .pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const close = () =>
    new Promise((resolve) => (server.close(resolve), server.closeAllConnections()));
  return { http: `http://127.0.0.1:${port}`, close };
}

describe(
  "the recording of a program in C++",
  { skip: whyNot("chromium"), timeout: longestSuite },
  () => {
    /** @type {Awaited<ReturnType<typeof startServer>>} */
    let peer;
    /** @type {Awaited<ReturnType<typeof startPage>>} */
    let server;
    /** @type {import("../support/browsers.mjs").Browser} */
    let browser;
    /** @type {any} */
    let har;
    /**
     * Chromium's report, by its own id of the socket.
     *
     * @type {Map<string, { url: string, messages: any[] }>}
     */
    const sockets = new Map();

    before(async () => {
      peer = await startServer();
      server = await startPage(peer.ws);
      browser = await launch("chromium");
      const opened = await browser.newPage();
      const protocol = await /** @type {NonNullable<typeof opened.protocol>} */ (opened.protocol)();
      await protocol.send("Network.enable");
      protocol.on("Network.webSocketCreated", ({ requestId, url }) =>
        sockets.set(requestId, { url, messages: [] }),
      );
      for (const [event, type] of /** @type {const} */ ([
        ["Network.webSocketFrameSent", "send"],
        ["Network.webSocketFrameReceived", "receive"],
      ])) {
        protocol.on(event, ({ requestId, response }) => {
          if (response.opcode > 2) return; // a Close frame
          sockets
            .get(requestId)
            ?.messages.push({ type, opcode: response.opcode, data: response.payloadData });
        });
      }
      const started = Date.now() / 1000;
      await opened.goto(`${server.http}/`);
      await opened.waitFor(() => "hasEnded" in globalThis);
      const ended = Date.now() / 1000;
      har = JSON.parse(await opened.evaluate(() => /** @type {any} */ (globalThis).printed));
      for (const { _webSocketMessages } of har.log.entries) {
        for (const { time } of _webSocketMessages)
          assert.ok(time > started - 1 && time < ended + 1, `${time}`);
      }
    });
    after(async () => {
      await browser?.close();
      await server?.close();
      await peer?.close();
    });

    it("is a valid HAR", async () => {
      await validate(har);
    });

    it("has an entry for each connection, and how it ended", () => {
      const entries = har.log.entries.map((/** @type {any} */ entry) => ({
        url: entry.request.url,
        status: entry.response.status,
        type: entry._resourceType,
        session: entry._session,
        close: entry._close,
      }));
      const same = { status: 101, type: "websocket", session: 1 };
      const lost = { code: 1006, reason: "", wasClean: false, error: "connection_lost" };
      assert.deepEqual(entries, [
        { url: `${peer.ws}/drop-after-message?one=1`, ...same, close: lost },
        { url: `${peer.ws}/drop-after-message?two=2`, ...same, close: lost },
        {
          url: `${peer.ws}/echo`,
          ...same,
          close: { code: 4000, reason: "enough", wasClean: true, error: null },
        },
      ]);
    });

    it("has the messages that Chromium reports", () => {
      const recorded = har.log.entries.map(
        (/** @type {any} */ { request, _webSocketMessages }) => ({
          url: request.url,
          messages: _webSocketMessages.map((/** @type {any} */ { type, opcode, data }) => ({
            type,
            opcode,
            data,
          })),
        }),
      );
      assert.equal(recorded[2].messages.length, 4);
      assert.deepEqual(recorded, [...sockets.values()]);
    });

    it("opens in Chromium's DevTools, which show the same messages", async (test) => {
      const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-observed-"));
      test.after(() => fs.rmSync(folder, { recursive: true, force: true }));
      const file = path.join(folder, "observed.har");
      fs.writeFileSync(file, JSON.stringify(har));
      const devTools = await browser.newPage();
      test.after(() => devTools.close());
      await devTools.goto("devtools://devtools/bundled/devtools_app.html?panel=network");
      await devTools.upload(">>> input[type=file]", file); // of the button "Import HAR file..."
      const all = [...sockets.values()];
      const names = all.map(
        ({ url }) => path.basename(new URL(url).pathname) + new URL(url).search,
      );
      for (const [place, { messages }] of all.entries()) {
        const wanted = messages.map(({ type, opcode, data }) => ({
          type,
          data: opcode === 1 ? data.replaceAll("\ufeff", "\\uFEFF") : "Binary message", // as DevTools write it
          length: opcode === 1 ? `${data.length}` : `${Buffer.from(data, "base64").length}\u00a0B`,
        }));
        await devTools.waitFor(shows, names, place, wanted);
      }
    });
  },
);

/**
 * Runs in DevTools. Selects a request and its tab "Messages". Returns whether there are requests
 * with these names, and whether this one has the messages.
 *
 * @param {string[]} names
 * @param {number} place of the request
 * @param {{ type: string, data: string, length: string }[]} messages
 */
function shows(names, place, messages) {
  /**
   * Also searches shadow trees.
   *
   * @param {string} selector
   * @param {ParentNode} root
   * @returns {Element[]}
   */
  const all = (selector, root = document) =>
    [...root.querySelectorAll("*")].flatMap((one) => [
      ...(one.matches(selector) ? [one] : []),
      ...(one.shadowRoot ? all(selector, one.shadowRoot) : []),
    ]);
  /** @param {Element | undefined} one */
  function press(one) {
    one?.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, composed: true }));
    return false;
  }
  const cells = all("td.name-column");
  if (
    cells.length !== names.length ||
    !cells.every((cell, i) => cell.textContent?.startsWith(names[i]))
  )
    return false;
  if (!cells[place].closest("tr")?.matches(".selected")) return press(cells[place]);
  const tab = all("[role=tab]").find(({ textContent }) => textContent === "Messages");
  if (tab?.ariaSelected !== "true") return press(tab);
  const shown = all("tr:has(.resource-chunk-view-td)").map((row) => ({
    type: row.matches(".resource-chunk-view-row-send") ? "send" : "receive",
    data: row.querySelector(".data-column")?.textContent,
    length: row.querySelector(".length-column")?.textContent,
  }));
  return JSON.stringify(shown) === JSON.stringify(messages);
}
