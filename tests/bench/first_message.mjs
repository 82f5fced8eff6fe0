// Measures the time from the import of a module to the first echoed message, in a fresh page or
// process.

import { startProgram } from "./program.mjs";

/** @typedef {import("./statistics.mjs").Measurement} Measurement */

/**
 * `program` is a program in C or C++, `entry` a module of the npm package, of which `name` is the
 * class. Without both it is the environment's own class.
 *
 * @param {{ contender: string, program?: string, entry?: string, name?: string, server: string }}
 *   options
 * @returns {AsyncGenerator<Measurement>}
 */
export async function* measurements({ contender, program, entry, name = "WebSocket", server }) {
  const url = `${server}/echo`;
  const start = performance.now();
  if (program) await echoOfProgram(program, url);
  else
    await echoOfClass(
      entry ? (await (await import(entry)).load())[name] : globalThis.WebSocket,
      url,
    );
  const samples = [performance.now() - start];
  yield { case: "import to first echo", contender, unit: "ms", samples };
}

/**
 * @param {string} file
 * @param {string} url
 */
async function echoOfProgram(file, url) {
  await new Promise((resolve, reject) => {
    const tell = (/** @type {"open" | "close"} */ what) => {
      if (what === "open") program.then(({ sendText }) => sendText(5, 1));
      else reject(new Error(`${url} did not open.`));
    };
    const program = startProgram(file, { tell, received: () => resolve(undefined) });
    program.then(({ open, tellEach }) => {
      tellEach(true);
      open(url);
    }, reject);
  });
}

/**
 * @param {typeof globalThis.WebSocket} Class
 * @param {string} url
 */
async function echoOfClass(Class, url) {
  await new Promise((resolve, reject) => {
    const socket = new Class(url);
    socket.onopen = () => socket.send("hello");
    socket.onmessage = resolve;
    socket.onclose = () => reject(new Error(`${url} did not open.`));
  });
}
