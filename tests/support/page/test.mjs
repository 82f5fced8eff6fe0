// Defines tests that run in pages and workers, and some of them in Node.

/**
 * @template Context
 * @typedef {object} Test
 * @property {string} name a sentence whose subject is the class, or the attribute or method it
 *   names
 * @property {(context: Context) => unknown} run
 * @property {"anywhere" | "window" | "page" | "Node" | "collector"} where it can run: in windows
 *   but not in workers, in pages only, in Node only, or only with a garbage collector that tests
 *   can call
 * @property {Record<string, string>} notIn why it cannot run in an engine, by the engine's name
 */

/**
 * @template Context
 * @param {string} name
 * @param {Test<Context>["run"]} run
 * @param {Test<Context>["where"]} where
 * @returns {Test<Context>}
 */
export function defineTest(name, run, where = "anywhere") {
  return { name, run, where, notIn: {} };
}
