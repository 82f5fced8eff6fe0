// Splits the size of a program's wasm by the purpose of its functions.

import fs from "node:fs";

/** @typedef {import("./statistics.mjs").Measurement} Measurement */

/**
 * The purposes of functions, by name: the first pattern that matches counts. Inlined functions
 * count as a part of their caller.
 *
 * @type {[string, RegExp][]}
 */
const parts = [
  ["malloc and free", /malloc|free$|sbrk|operator (new|delete)|FreeList|WasmMemory|memory_growth/],
  [
    "UTF-8, URLs and subprotocols",
    /is_utf8|check_|is_token|are_tokens|offer_protocols|starts_with_ignoring_case/,
  ],
  [
    "reconnecting",
    /[Bb]ackoff|[Rr]econnect|retry|Endpoint|Requesting|network_returned|wait_until|connect_to|Random/,
  ],
  [
    "the outbox",
    /[Oo]utbox|MessageList|KeptMessage|page_restore|SessionCore::(restore|drain)|page_acknowledge/,
  ],
  ["the heartbeat", /[Hh]eartbeat|[Ll]iveness|[Pp]ing|[Pp]ong/],
  ["the page: hidden, offline, left", /on_page|PageListener|page_state|page_changed|watch_page/],
  ["calling a session's handlers", /Notices?\b/],
  ["the state of a session", /Session(Core)?::|SessionStatus|Status|state::/],
  [
    "coroutines, and timers",
    /Timer|Wait(er|Limits|Queue)|alarm|resume|Task|Job|spawn|coroutine|Link::/,
  ],
  [
    "receiving",
    /receive|hawser_reserve|hawser_on_(message|value)|Inbox|ReceiveQueue|OwnedMessage|Buffer/,
  ],
  ["sending", /send|hand_over|SendQueue|pieces/i],
  ["errors' sentences", /describe|exception_name|name\(/],
  ["handlers", /Handler|retire|Retirable|leave_event|destroy_as|Target/],
  ["opening, closing and deadlines", /Socket|hawser_on_|Connect|close|open\b/i],
  ["strings, vectors and other containers", /std::/],
  ["main or the exports, and what is inlined there", /./],
];

/**
 * @param {Record<string, string>} programs the .wasm of each, with the names of its functions
 *   beside it, by `--emit-symbol-map`
 * @returns {Generator<Measurement>}
 */
export function* measureParts(programs) {
  for (const [contender, file] of Object.entries(programs)) {
    const names = namesIn(fs.readFileSync(symbolsOf(file), "utf8"));
    const { functions, data, whole } = sizesIn(fs.readFileSync(file));
    /** @type {Map<string, number>} */
    const bytes = new Map(parts.map(([part]) => [part, 0]));
    for (const [index, size] of functions) {
      const name = names.get(index) ?? "";
      const [part] = /** @type {[string, RegExp]} */ (
        parts.find(([, pattern]) => pattern.test(name || "?"))
      );
      bytes.set(part, /** @type {number} */ (bytes.get(part)) + size);
    }
    const code = [...bytes.values()].reduce((sum, size) => sum + size, 0);
    bytes.set("texts and constants", data);
    bytes.set("types, imports and exports", whole - data - code);
    bytes.set("all", whole);
    for (const [part, size] of bytes)
      yield { section: "parts", case: part, contender, unit: "bytes", samples: [size] };
  }
}

/**
 * The file with the names of a program's functions, whose own name depends on the runtime.
 *
 * @param {string} file of a program
 */
function symbolsOf(file) {
  const names = [".js.symbols", ".symbols"].map((end) => file.replace(/\.wasm$/, end));
  return names.find((name) => fs.existsSync(name)) ?? names[0];
}

/**
 * @param {string} map lines as "12:name", in which other characters than letters are written as \3a
 */
function namesIn(map) {
  const lines = map
    .trimEnd()
    .split("\n")
    .map((line) => /** @type {const} */ ([line.indexOf(":"), line]));
  const decode = (/** @type {string} */ name) =>
    name.replace(/\\([0-9a-f]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
  return new Map(
    lines.map(([at, line]) => [Number(line.slice(0, at)), decode(line.slice(at + 1))]),
  );
}

/**
 * The sizes of a module's functions by index, and of its data, in bytes
 * (https://webassembly.github.io/spec/core/binary).
 *
 * @param {Buffer} wasm
 */
function sizesIn(wasm) {
  let at = 8; // after the magic number and the version
  const number = () => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = wasm[at++];
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(/** @type {any} */ (wasm)));
  const firstIndex = imports.filter(({ kind }) => kind === "function").length;
  /** @type {Map<number, number>} */
  const functions = new Map();
  let data = 0;
  while (at < wasm.length) {
    const section = wasm[at++];
    const size = number();
    const end = at + size;
    if (section === 11) data = size;
    if (section === 10) {
      for (let index = firstIndex, count = number(); count > 0; --count, ++index) {
        const body = number();
        functions.set(index, body);
        at += body;
      }
    }
    at = end;
  }
  return { functions, data, whole: wasm.length };
}
