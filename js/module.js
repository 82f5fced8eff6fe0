// Types and functions for passing text, bytes and values to and from the wasm modules.

/**
 * What wasm/pages/page.js adds to the exports of both modules.
 *
 * @typedef {object} Page
 * @property {<Result>(data: string | Uint8Array, use: (address: number, size: number) => Result) => Result}
 *   lend calls `use` with the address and the size of a copy of `data`, which exists during that
 *   call; text becomes UTF-8
 * @property {<Result>(value: unknown, use: (handle: number) => Result) => Result} lendValue calls
 *   `use` with a handle for `value`, which is valid during that call, and longer only if C++ keeps
 *   it
 * @property {any} returned the result of the last export whose result is not a number
 */

/**
 * Calls an export and returns its result. For results that are not numbers.
 *
 * @template {any[]} Args
 * @param {Page} module
 * @param {(...args: Args) => void} call
 * @param {Args} args
 */
export function returned(module, call, ...args) {
  call(...args);
  const value = module.returned;
  module.returned = undefined; // because the result may be large
  return value;
}
