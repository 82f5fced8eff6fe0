// Counts calls between JavaScript and wasm per message, and allocations per message. Covers the
// contenders of the bench and the classes of the npm package, with a WebSocket that only counts.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { CountingWebSocket, openCounting } from "../bench/counting_web_socket.mjs";
import { startProgram } from "../bench/program.mjs";

/** @typedef {import("./compare.mjs").Figure} Figure */

/** @type {Record<string, string>} */
const programs = { handler: "hawser.cpp", co_await: "connection.cpp" };

/** The classes of the npm package, and the file of each. @type {Record<string, string>} */
const classes = { WebSocket: "js/index.js", Session: "js/session.js" };

/** @type {Record<string, number>} */
const sizesOfClasses = { "1 KiB": 1024, "1 MiB": 1 << 20 };

const bytes = 1024;
const text = "x".repeat(bytes);

/** The first calls don't count, because they allocate memory that later messages reuse. */
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
    const program = await startProgram(
      pathToFileURL(`${file}.mjs`).href,
      /** @type {any} */ (counter.handlers),
    );
    const socket = program.openCounting();
    program.fill(text);
    /** @type {Record<string, (times: number) => void>} */
    const cases = {
      "receive binary": (times) =>
        repeat(times, () => socket.onmessage?.({ data: new ArrayBuffer(bytes) })),
      "receive text": (times) => repeat(times, () => socket.onmessage?.({ data: text })),
      // One call each, so that the call of the bench's own export is the same in each figure.
      "send binary": (times) => repeat(times, () => program.sendBinary(bytes, 1)),
      "send text": (times) => repeat(times, () => program.sendText(bytes, 1)),
    };
    for (const [name, run] of Object.entries(cases)) {
      run(warmUps);
      const allocations = program.allocations();
      const calls = counter.calls;
      run(messages);
      const callsNow = counter.calls; // read before the next call of an export is counted
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
  for (const [name, file] of Object.entries(classes)) {
    figures.push(...(await measureClass(name, pathToFileURL(path.join(root, file)).href)));
  }
  return figures;
}

/**
 * @param {string} name
 * @param {string} entry
 * @returns {Promise<Figure[]>}
 */
async function measureClass(name, entry) {
  const counter = new Counter();
  const { load } = await import(entry);
  const { [name]: Class } = await counter.countInstances(() =>
    load({ WebSocket: CountingWebSocket }),
  );
  const { client, socket } = await openCounting(() => new Class("ws://costs/"));
  client.onmessage = () => {};
  return Object.entries(sizesOfClasses)
    .flatMap(([size, bytes]) => {
      const data = { binary: new ArrayBuffer(bytes), text: "x".repeat(bytes) };
      return Object.entries(data).flatMap(([kind, one]) =>
        Object.entries({
          receive: () => socket.onmessage?.({ data: one }),
          send: () => client.send(one),
        }).map(([verb, run]) => {
          const ofCase = `class ${name}, ${verb} ${kind} ${size}`;
          repeat(warmUps, run);
          const calls = counter.calls;
          const copied = counter.bytesCopiedIn(() => repeat(warmUps, run));
          return [
            {
              name: `calls across the boundary, ${ofCase}`,
              unit: "calls per message",
              value: (counter.calls - calls) / warmUps,
              tool: "Emscripten",
            },
            {
              name: `bytes copied into and out of wasm memory, ${ofCase}`,
              unit: "bytes per message",
              value: copied / warmUps,
              tool: "Emscripten",
            },
          ];
        }),
      );
    })
    .flat();
}

/**
 * @param {number} times
 * @param {() => void} work
 */
function repeat(times, work) {
  for (let i = 0; i < times; ++i) work();
}

/**
 * Counts the calls of a module's imports and exports. Emscripten's JavaScript lies between them and
 * is not counted.
 */
class Counter {
  calls = 0;
  /** @type {WebAssembly.Memory[]} of the modules of `countInstances` */
  #memories = [];

  /** @param {string} [file] of wasm, for `handlers` */
  constructor(file = "") {
    // For the module's options. If the caller instantiates a program, it must also compile it.
    this.handlers = {
      /**
       * @param {WebAssembly.Imports} imports
       * @param {(instance: { exports: WebAssembly.Exports }) => void} receive
       */
      instantiateWasm: (imports, receive) => {
        const module = new WebAssembly.Module(fs.readFileSync(file));
        const { exports } = new WebAssembly.Instance(module, this.#countAll(imports));
        receive({ exports: this.#count(exports) });
        return exports;
      },
    };
  }

  /**
   * Counts the calls of each module that is instantiated while `work` runs.
   *
   * @template Result
   * @param {() => Promise<Result>} work
   */
  async countInstances(work) {
    const { Instance } = WebAssembly;
    const counter = this;
    WebAssembly.Instance = /** @type {any} */ (
      class {
        /**
         * @param {WebAssembly.Module} module
         * @param {WebAssembly.Imports} imports
         */
        constructor(module, imports) {
          const { exports } = new Instance(module, counter.#countAll(imports));
          const memories = Object.values(exports).filter(
            (value) => value instanceof WebAssembly.Memory,
          );
          counter.#memories.push(...memories);
          this.exports = counter.#count(exports);
        }
      }
    );
    try {
      return await work();
    } finally {
      WebAssembly.Instance = Instance;
    }
  }

  /**
   * The bytes that JavaScript copies into and out of wasm memory, by the functions that hawser
   * copies with.
   *
   * @param {() => void} work
   */
  bytesCopiedIn(work) {
    let bytes = 0;
    /** @param {any} view */
    const isOfWasm = (view) => this.#memories.some(({ buffer }) => buffer === view?.buffer);
    /** @type {[any, string, (self: any, args: any[], result: any) => number][]} */
    const copies = [
      [Uint8Array.prototype, "set", (self, [source]) => (isOfWasm(self) ? source.length : 0)],
      [Uint8Array.prototype, "slice", (self, args, copy) => (isOfWasm(self) ? copy.length : 0)],
      [
        TextEncoder.prototype,
        "encodeInto",
        (self, [, into], { written }) => (isOfWasm(into) ? written : 0),
      ],
      [TextDecoder.prototype, "decode", (self, [view]) => (isOfWasm(view) ? view.length : 0)],
    ];
    const restores = copies.map(([prototype, name, sizeOf]) => {
      const own = Object.getOwnPropertyDescriptor(prototype, name);
      const { [name]: copy } = prototype;
      /** @param {any[]} args */
      prototype[name] = function (...args) {
        const result = copy.apply(this, args);
        bytes += sizeOf(this, args, result);
        return result;
      };
      return () => (own ? Object.defineProperty(prototype, name, own) : delete prototype[name]);
    });
    try {
      work();
      return bytes;
    } finally {
      for (const restore of restores) restore();
    }
  }

  /**
   * @param {WebAssembly.Imports} imports
   * @returns {WebAssembly.Imports}
   */
  #countAll(imports) {
    return Object.fromEntries(
      Object.entries(imports).map(([name, functions]) => [name, this.#count(functions)]),
    );
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
