// How often JavaScript and wasm call each other for a message, and how often a program allocates for it: the contenders of
// the bench, with a WebSocket that only counts.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { startProgram } from "../bench/program.mjs";

/** @typedef {import("./compare.mjs").Figure} Figure */

/** @type {Record<string, string>} */
const programs = { handler: "hawser.cpp", co_await: "connection.cpp" };

const bytes = 1024;
const text = "x".repeat(bytes);

/** So many before, so that memory that is kept for later messages is allocated, and so many that count. */
const warmUps = 100;
const messages = 1000;

/**
 * @param {string} root
 * @returns {Promise<Figure[]>}
 */
export async function measureCalls(root) {
  /** @type {Figure[]} */
  const figures = [];
  for (const [way, source] of Object.entries(programs)) {
    const file = path.join(root, "build/bench/tests/bench", `bench-${source}`);
    const counter = new Counter(`${file}.wasm`);
    const program = await startProgram(pathToFileURL(`${file}.mjs`).href, /** @type {any} */ (counter.handlers));
    const socket = program.openCounting();
    program.fill(text);
    /** @type {Record<string, (times: number) => void>} */
    const cases = {
      "receive binary": (times) => repeat(times, () => socket.onmessage?.({ data: new ArrayBuffer(bytes) })),
      "receive text": (times) => repeat(times, () => socket.onmessage?.({ data: text })),
      // Called once for each, since the call of the bench's own export is then the same in each figure.
      "send binary": (times) => repeat(times, () => program.sendBinary(bytes, 1)),
      "send text": (times) => repeat(times, () => program.sendText(bytes, 1)),
    };
    for (const [name, run] of Object.entries(cases)) {
      run(warmUps);
      const allocations = program.allocations();
      const calls = counter.calls;
      run(messages);
      const callsNow = counter.calls; // before the next call of an export is counted
      const ofCase = `${way}, ${name} 1 KiB`;
      figures.push(
        {
          name: `calls across the boundary, ${ofCase}`,
          unit: "calls per message",
          value: (callsNow - calls) / messages,
          tool: "Emscripten",
        },
        {
          name: `allocations, ${ofCase}`,
          unit: "allocations per message",
          value: (program.allocations() - allocations) / messages,
          tool: "Emscripten",
        },
      );
    }
  }
  return figures;
}

/**
 * @param {number} times
 * @param {() => void} work
 */
function repeat(times, work) {
  for (let i = 0; i < times; ++i) work();
}

/** Counts the calls of a module's imports and exports. The JavaScript of Emscripten lies between them and is not counted. */
class Counter {
  calls = 0;

  /** @param {string} file of wasm */
  constructor(file) {
    // For the module's options. A program that is instantiated by its caller is compiled by it too.
    this.handlers = {
      /**
       * @param {WebAssembly.Imports} imports
       * @param {(instance: { exports: WebAssembly.Exports }) => void} receive
       */
      instantiateWasm: (imports, receive) => {
        const counted = Object.entries(imports).map(([name, functions]) => [name, this.#count(functions)]);
        const module = new WebAssembly.Module(fs.readFileSync(file));
        const { exports } = new WebAssembly.Instance(module, Object.fromEntries(counted));
        receive({ exports: this.#count(exports) });
        return exports;
      },
    };
  }

  /**
   * @template {Record<string, any>} Functions
   * @param {Functions} functions
   * @returns {Functions}
   */
  #count(functions) {
    const counted = Object.entries(functions).map(([name, value]) => [
      name,
      typeof value !== "function"
        ? value
        : (/** @type {any[]} */ ...args) => {
            this.calls += 1;
            return value(...args);
          },
    ]);
    return Object.fromEntries(counted);
  }
}
