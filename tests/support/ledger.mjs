// Reads the log of ledger_server.mjs, and compares it with the senders' own reports.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import { fileURLToPath } from "node:url";

/** @typedef {import("./senders.mjs").Report} Report */

/**
 * In the order of writing: the session, and a number or "open N".
 *
 * @param {string} file
 * @returns {[string, number | string][]}
 */
export function readLedger(file) {
  // The last line may be incomplete.
  const lines = fs.readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const [session, word, number] = line.split(" ");
    return [session, number === undefined ? Number(word) : `${word} ${number}`];
  });
}

/**
 * Starts the server in its own process.
 *
 * @param {number} port
 * @param {string} file
 */
export async function startLedgerServer(port, file) {
  const program = fileURLToPath(new URL("ledger_server.mjs", import.meta.url));
  const server = spawn(process.execPath, [program, String(port), file], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  const [line] = await once(/** @type {import("node:stream").Readable} */ (server.stdout), "data");
  assert.equal(String(line), "listening\n");
  return server;
}

/**
 * Nothing is lost, nothing is out of order, and nothing that the sender knew to have arrived is
 * repeated.
 *
 * @param {[string, number | string][]} ledger
 * @param {Report[]} reports
 */
export function checkLedger(ledger, reports) {
  /** @type {Map<string, (number | string)[]>} */
  const bySession = new Map(reports.map(({ id }) => [String(id), []]));
  for (const [session, what] of ledger) bySession.get(session)?.push(what);
  let repeated = 0;
  for (const { id, sent, firsts } of reports) {
    let highest = 0;
    let expected = NaN;
    for (const what of bySession.get(String(id)) ?? []) {
      const at = `session ${id}, ${what} after ${highest}`;
      if (typeof what === "string") {
        expected = firsts[Number(what.split(" ")[1])];
        assert.ok(expected >= 1, `${at}: its sender reports no such connection`);
        continue;
      }
      assert.equal(what, expected, `${at}: out of order, or not the connection's first message`);
      assert.ok(what <= highest + 1, `${at}: one is missing`);
      if (what <= highest) ++repeated;
      highest = Math.max(highest, what);
      ++expected;
    }
    assert.equal(highest, sent, `session ${id} sent ${sent}`);
  }
  return { messages: reports.reduce((sum, { sent }) => sum + sent, 0), repeated };
}
