// Checks hawser's validation against Node's implementations of the standards: the WHATWG URL
// parser, TextDecoder, and a second version of the rules of WHATWG WebSockets and RFC 6455.
//
//   node tests/fuzz/oracle.mjs [--seconds N] [--seed N] [--program FILE] [FOLDER or FILE …]
//
// It asks hawser (verdicts.cpp) about the files, and then, for that many seconds, about variations
// of them. It exits with 1 if hawser accepts something that a browser would refuse, or refuses
// something for a reason that is not listed here.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { fail } from "../../tools/console.mjs";

/** The numbers of hawser::Error. */
const errors = {
  none: 0,
  invalidUrl: 2,
  urlTooLong: 3,
  invalidProtocol: 4,
  invalidCloseCode: 7,
  reasonTooLong: 8,
  invalidUtf8: 9,
};
const maxUrlSize = 65_536;

/**
 * Why hawser refuses a URL that a browser would accept.
 *
 * @type {[string, (text: string) => boolean][]}
 */
const stricter = [
  [
    "a control character or a space, which engines strip or encode",
    (text) => [...text].some((character) => character <= " " || character === "\u007f"),
  ],
  ["a backslash, which engines read as a slash or encode", (text) => text.includes("\\")],
  ["an http: or https: URL, which older engines refuse", (text) => /^https?:/i.test(text)],
  ["no // after the scheme", (text) => /^wss?:(?!\/\/)/i.test(text)],
  ["a third slash where the host starts, which engines skip", (text) => /^wss?:\/\/\//i.test(text)],
];

/**
 * @typedef {object} Verdict hawser's answers, as numbers of hawser::Error
 * @property {number} url
 * @property {number} utf8
 * @property {number} protocols
 * @property {number} close
 */

/** @param {Uint8Array} bytes */
function decode(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * WHATWG WebSockets §3.1, the constructor, without a base URL.
 *
 * @param {string} text
 */
function isTakenByBrowsers(text) {
  try {
    const { protocol, href } = new URL(text); // Node 20's URL.canParse accepts some that this refuses
    return /^(ws|wss|http|https):$/.test(protocol) && !href.includes("#");
  } catch {
    return false;
  }
}

/**
 * The same URL with a host that is certainly valid. The host follows the last "@" of the authority,
 * and ends at a colon that is not in brackets (WHATWG URL §4.4, authority state and host state).
 *
 * @param {string} text
 */
function withPlainHost(text) {
  const [, scheme, authority, rest] =
    /^(wss?:\/\/)([^/?]*)(.*)$/is.exec(text) ?? fail(`${text} is not a ws: or wss: URL`);
  const user = authority.slice(0, authority.lastIndexOf("@") + 1);
  const [, port] =
    /^(?:[^:[\]]|\[[^\]]*(?:\]|$)|\])*(:.*)?$/s.exec(authority.slice(user.length)) ?? [];
  return `${scheme}${user}host${port ?? ""}${rest}`;
}

/**
 * Why hawser's answer is wrong, if it is.
 *
 * @param {Uint8Array} bytes
 * @param {number} error
 * @param {(what: string) => void} count
 */
function checkUrl(bytes, error, count) {
  if (error === errors.urlTooLong || bytes.length > maxUrlSize) {
    return error === errors.urlTooLong && bytes.length > maxUrlSize
      ? undefined
      : "its length was not checked correctly";
  }
  const text = decode(bytes);
  if (text === undefined) return error === errors.invalidUrl ? undefined : "it is not UTF-8";
  const isTaken = isTakenByBrowsers(text);
  if (isTaken === (error === errors.none))
    return void count(isTaken ? "taken by both" : "refused by both");
  if (isTaken) {
    const [reason] = stricter.find(([, applies]) => applies(text)) ?? [];
    if (!reason) return "browsers take it, and there is no reason to refuse it";
    return void count(`refused by hawser alone: ${reason}`);
  }
  if (!isTakenByBrowsers(withPlainHost(text)))
    return "browsers refuse it, and not only for its host";
  count("left to the browser, which refuses the host");
}

/**
 * RFC 6455 §4.1 point 10: tokens, none twice.
 *
 * @param {Uint8Array} bytes
 */
function areProtocols(bytes) {
  const protocols = Buffer.from(bytes).toString("latin1").toLowerCase().split("\0");
  return (
    protocols.every((one) => /^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(one)) &&
    new Set(protocols).size === protocols.length
  );
}

/**
 * WHATWG WebSockets §3.1, close().
 *
 * @param {Uint8Array} bytes two bytes of code, then the reason
 */
function closeError(bytes) {
  const code = (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
  const reason = bytes.subarray(2);
  if (code !== 1000 && !(code >= 3000 && code <= 4999)) return errors.invalidCloseCode;
  if (reason.length > 123) return errors.reasonTooLong;
  return decode(reason) === undefined ? errors.invalidUtf8 : errors.none;
}

/**
 * The errors in hawser's answers for `bytes`.
 *
 * @param {Uint8Array} bytes
 * @param {Verdict} verdict
 * @param {(what: string) => void} [count] is called with the result for a URL
 * @returns {string[]}
 */
export function check(bytes, verdict, count = () => {}) {
  const wrong = [];
  const url = checkUrl(bytes, verdict.url, count);
  if (url) wrong.push(`as a URL: hawser says ${verdict.url}, but ${url}`);
  const expected = {
    utf8: decode(bytes) === undefined ? errors.invalidUtf8 : errors.none,
    protocols: areProtocols(bytes) ? errors.none : errors.invalidProtocol,
    close: closeError(bytes),
  };
  for (const what of /** @type {const} */ (["utf8", "protocols", "close"])) {
    if (verdict[what] !== expected[what])
      wrong.push(`as ${what}: hawser says ${verdict[what]}, not ${expected[what]}`);
  }
  return wrong;
}

/**
 * hawser's answer for each input.
 *
 * @param {string} program
 * @param {Uint8Array[]} inputs
 * @returns {Verdict[]}
 */
export function verdictsOf(program, inputs) {
  const parts = inputs.flatMap((bytes) => {
    const size = Buffer.alloc(3);
    size.writeUIntLE(bytes.length, 0, 3);
    return [size, bytes];
  });
  const { status, stdout, stderr, error } = spawnSync(program, {
    input: Buffer.concat(parts),
    maxBuffer: 1 << 30,
  });
  if (status !== 0) throw new Error(`${program} failed: ${error ?? stderr}`);
  const lines = stdout.toString().trimEnd().split("\n");
  if (lines.length !== inputs.length)
    throw new Error(`${program} answered ${lines.length} of ${inputs.length} inputs.`);
  return lines.map((line) => {
    const [url, utf8, protocols, close] = line.split(" ").map(Number);
    return { url, utf8, protocols, close };
  });
}

/**
 * Uniform numbers from 0 to below `bound`, the same for the same seed (mulberry32).
 *
 * @param {number} seed
 */
function chance(seed) {
  return (/** @type {number} */ bound) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

// Pieces on which URL parsers have to decide.
const pieces = (
  "ws:// wss:// WS:// wS:// ws: ws:/ ws:/// http:// https:// ftp:// // / ? # \\ @ : :: :80 :443 :0 :65535 :65536 :00080 :8a :-1 " +
  "host Host h.test h.test. . .. %2e %2E%2e %00 %20 %41 %zz % [ ] [::1] [::] [1::2] [::ffff:1.2.3.4] [v1.x] [::1%25] [:: ::] " +
  "1.2.3.4 1.2.3.256 0x7f.1 0x 017700000001 4294967295 4294967296 1.2.3.4.5 1..2 xn-- xn--4ca xn--a \u00e4 \u20ac \u{1f680} " +
  "\u00ad \u3002 \uff0f \u2100 \u212a \u0130 \u00df \u200d \u05d0a \ufeff \ufffd user user:pass @@ a b a.b -a a- _ ~ ! $ & ' ( ) * + , ; = < > ^ ` { | } \""
)
  .split(" ")
  .concat([" ", "\t", "\n", "\r", "\u0000", "\u001f", "\u007f", "\u00a0", "\u2028"]);

/**
 * @param {(bound: number) => number} below
 * @param {Uint8Array[]} inputs to vary
 */
function invent(below, inputs) {
  const text = () => {
    let made = below(8) ? ["ws://", "wss://"][below(2)] : "";
    for (let count = below(7); count >= 0; --count) made += pieces[below(pieces.length)];
    return Buffer.from(made);
  };
  const changed = () => {
    const bytes = Buffer.from(inputs[below(inputs.length)]);
    const at = below(bytes.length + 1);
    const piece = below(3) ? Buffer.from(pieces[below(pieces.length)]) : Buffer.from([below(256)]);
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + below(3))]);
  };
  return inputs.length === 0 || below(2) ? text() : changed();
}

/**
 * @param {string} name
 * @returns {Uint8Array[]}
 */
function read(name) {
  if (!fs.statSync(name).isDirectory()) return [fs.readFileSync(name)];
  return fs.readdirSync(name).map((file) => fs.readFileSync(path.join(name, file)));
}

/**
 * @typedef {object} Result
 * @property {number} inputs
 * @property {Map<string, number>} counts how many URLs had each result
 * @property {string[]} wrong
 */

/**
 * @param {string} program
 * @param {Uint8Array[]} inputs
 * @param {{ seed?: number, batches?: number, seconds?: number }} [more] how many inputs to invent
 * in addition: so many batches
 *   of 20 000, or for so long
 * @returns {Result}
 */
export function checkAll(program, inputs, { seed = 1, batches = 0, seconds = 0 } = {}) {
  /** @type {Result} */
  const result = { inputs: 0, counts: new Map(), wrong: [] };
  const count = (/** @type {string} */ what) =>
    result.counts.set(what, (result.counts.get(what) ?? 0) + 1);
  const add = (/** @type {Uint8Array[]} */ batch) => {
    const verdicts = verdictsOf(program, batch);
    batch.forEach((bytes, i) => {
      for (const what of check(bytes, verdicts[i], count)) {
        result.wrong.push(
          `${JSON.stringify(Buffer.from(bytes).toString())} (${Buffer.from(bytes).toString("hex")}) ${what}`,
        );
      }
    });
    result.inputs += batch.length;
  };
  if (inputs.length > 0) add(inputs);
  const below = chance(seed);
  const end = performance.now() + seconds * 1000;
  for (let batch = 0; batch < batches || performance.now() < end; ++batch) {
    add(Array.from({ length: 20_000 }, () => invent(below, inputs)));
    if (result.wrong.length > 20) break;
  }
  return result;
}

function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seconds: { type: "string" }, seed: { type: "string" }, program: { type: "string" } },
  });
  const program =
    values.program ??
    fileURLToPath(new URL("../../build/native/tests/fuzz/verdicts", import.meta.url));
  const more = { seed: Number(values.seed ?? 1), seconds: Number(values.seconds ?? 0) };
  const { inputs, counts, wrong } = checkAll(program, positionals.flatMap(read), more);
  console.log(`${inputs} inputs, ${wrong.length} wrong answers; as URLs:`);
  for (const [what, count] of [...counts].sort())
    console.log(`  ${String(count).padStart(9)} ${what}`);
  for (const what of wrong.slice(0, 20)) console.log(what);
  if (inputs === 0 || wrong.length > 0) process.exitCode = 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main();
