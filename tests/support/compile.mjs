// Compiles the consumer's TypeScript programs with the compilers that hawser's types support:
//
//   compile(consumer, "5.9", { resolution: "node10" })
//
// Returns the compiler's output, which is empty if the types are right. `types` are packages whose
// global types the program uses, and `skipLibCheck` is never set.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { thisNode } from "./node.mjs";

/** @typedef {"5.1" | "5.9" | "6.0" | "7.0"} Version */

/**
 * Where each TypeScript is, below the root. 5.1 is the oldest that docs/javascript.md names, and
 * the last is the newest. Versions up to 5.9 have an older DOM.
 *
 * @type {Record<Version, string>}
 */
const compilers = {
  5.1: "tests/consumers/node_modules/typescript-5.1",
  5.9: "node_modules/typescript-5.9",
  "6.0": "tests/consumers/node_modules/typescript-6.0",
  "7.0": "node_modules/typescript",
};

/**
 * @typedef {object} Program
 * @property {"bundler" | "node16" | "node10"} resolution of modules
 * @property {string} [lib]
 * @property {string[]} [types]
 * @property {string[]} [files]
 */

/**
 * Programs for pages, workers and Node, as many as a version must compile.
 *
 * @type {Record<string, Program>}
 */
export const programs = {
  "for a page, resolved as by a bundler": {
    resolution: "bundler",
    files: ["types", "session_types", "testing_types"],
  },
  "for a page, resolved as by node16": {
    resolution: "node16",
    files: ["types", "session_types", "testing_types"],
  },
  "for a page, resolved as by node10": {
    resolution: "node10",
    files: ["types", "session_types", "testing_types"],
  },
  "for a worker": {
    resolution: "bundler",
    lib: "es2022,webworker",
    files: ["types", "session_types", "testing_types"],
  },
  "for Node, without the DOM's types": {
    resolution: "node16",
    lib: "es2022",
    types: ["node"],
    files: ["node_types"],
  },
  "with rxjs and undici": { resolution: "bundler", types: ["node"], files: ["other_types"] },
};

/**
 * The names of the programs that a version compiles. TypeScript 6 no longer supports node10.
 *
 * @param {Version} version
 */
export const programsOf = (version) =>
  Object.keys(programs).filter((name) => programs[name].resolution !== "node10" || version < "6");

/**
 * @param {{ run: (program: string, ...args: string[]) => Promise<string> }} consumer
 * @param {Version} version
 * @param {Program} program
 */
export function compile(
  consumer,
  version,
  { resolution, lib = "es2022,dom", types = [], files = [] },
) {
  const tsc = path.join(
    fileURLToPath(new URL("../..", import.meta.url)),
    compilers[version],
    "bin/tsc",
  );
  const ignored = version < "6" ? [] : ["--ignoreConfig"];
  const flags = ["--noEmit", "--strict", "--target", "es2022", "--lib", lib];
  const globals = types.length > 0 ? ["--types", types.join()] : ["--typeRoots", "none"]; // not even installed ones
  const module = [
    "--module",
    resolution === "node16" ? "node16" : "esnext",
    "--moduleResolution",
    resolution,
  ];
  const sources = files.map((name) => `src/${name}.ts`);
  const run = consumer.run(
    thisNode.path,
    tsc,
    ...ignored,
    ...flags,
    ...globals,
    ...module,
    ...sources,
  );
  return run.catch(({ stdout, stderr }) => stdout + stderr);
}
