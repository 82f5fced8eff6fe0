// What js/ and either wasm module pass to each other besides numbers.

/**
 * What wasm/pages/page.js adds to the exports of either module.
 *
 * @typedef {object} Page
 * @property {<Result>(data: string | Uint8Array, use: (address: number, size: number) => Result) => Result} lend
 *   calls `use` with the address and the size of a copy of `data`, which lasts until that returns; text becomes UTF-8
 * @property {<Result>(value: unknown, use: (handle: number) => Result) => Result} lendValue
 *   calls `use` with the handle of `value`, which lasts until that returns, unless C++ keeps it
 * @property {any} returned the result of the last export whose result is not a number
 */

/**
 * Calls an export and returns its result, if that is not a number.
 *
 * @template {any[]} Args
 * @param {Page} module
 * @param {(...args: Args) => void} call
 * @param {Args} args
 */
export function returned(module, call, ...args) {
  call(...args);
  const value = module.returned;
  module.returned = undefined; // it may be large
  return value;
}
