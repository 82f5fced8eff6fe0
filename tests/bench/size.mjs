// Measures the size of the same echo application, built on each contender.

import fs from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

/** @typedef {import("./statistics.mjs").Measurement} Measurement */

/** @type {Record<string, (bytes: Buffer) => number>} */
const compressions = {
  gzip: (bytes) => gzipSync(bytes, { level: 9 }).length,
  brotli: (bytes) => brotliCompressSync(bytes).length,
  uncompressed: (bytes) => bytes.length,
};

/**
 * The cost of a rule: the size of the application, minus the size of the same one without the rule.
 *
 * @param {string[]} whole the files of the application with all the rules
 * @param {Record<string, string[]>} without each rule
 * @returns {Generator<Measurement>}
 */
export function* measureRules(whole, without) {
  const sizeOf = (/** @type {string[]} */ files) =>
    files.reduce((sum, file) => sum + compressions.gzip(fs.readFileSync(file)), 0);
  for (const [rule, files] of Object.entries(without)) {
    yield {
      section: "rules",
      case: rule,
      contender: "hawser",
      unit: "bytes",
      samples: [sizeOf(whole) - sizeOf(files)],
    };
  }
}

/**
 * @param {Record<string, string[]>} applications the files of each
 * @returns {Generator<Measurement>}
 */
export function* measureSizes(applications) {
  for (const [name, compress] of Object.entries(compressions)) {
    for (const [contender, files] of Object.entries(applications)) {
      const sizes = files.map(
        (file) => /** @type {const} */ ([file.endsWith(".wasm"), compress(fs.readFileSync(file))]),
      );
      const sum = (/** @type {(isWasm: boolean) => boolean} */ isCounted) =>
        sizes.reduce((total, [isWasm, size]) => total + (isCounted(isWasm) ? size : 0), 0);
      /** @type {Record<string, number>} */
      const parts = {
        JavaScript: sum((isWasm) => !isWasm),
        wasm: sum((isWasm) => isWasm),
        both: sum(() => true),
      };
      for (const [part, bytes] of Object.entries(parts)) {
        yield {
          section: "size",
          case: `${part}, ${name}`,
          contender,
          unit: "bytes",
          samples: [bytes],
        };
      }
    }
  }
}
