// Measures a program's peak memory under traffic. Memory never shrinks, so its size at the end is
// the peak.

import { nameOf, textOf } from "./cases.mjs";
import { startProgram } from "./program.mjs";

/** @typedef {import("./statistics.mjs").Measurement} Measurement */

/** How often the memory is read. */
const looks = 4;

/**
 * `bytes` is the traffic in each direction.
 *
 * @param {{ programs: Record<string, string>, sizes: number[], bytes: number }} options
 * @returns {AsyncGenerator<Measurement>}
 */
export async function* measurements({ programs, sizes, bytes }) {
  for (const size of sizes) {
    for (const kind of ["binary", "text"]) {
      for (const [contender, url] of Object.entries(programs)) {
        const program = await startProgram(url);
        const socket = program.openCounting();
        const text = textOf("ASCII", size);
        program.fill(text);
        const event = { data: kind === "text" ? text : new ArrayBuffer(size) };
        const send = kind === "text" ? program.sendText : program.sendBinary;
        const exchange = (/** @type {number} */ times) => {
          for (let i = 0; i < times; ++i) socket.onmessage?.(event);
          send(size, times);
        };

        exchange(1);
        const samples = [program.memoryBytes()];
        for (let look = 0; look < looks; ++look) {
          exchange(Math.ceil(bytes / size / looks));
          samples.push(program.memoryBytes());
        }
        yield {
          case: `${nameOf(bytes)} each way, ${kind} ${nameOf(size)}`,
          contender,
          unit: "bytes",
          bytes: size,
          samples,
        };
      }
    }
  }
}
