// The steps of npm test and npm run test:all: what each tests, where, and what must be built for it. The first tier is what a
// contributor runs before each commit.

/** @typedef {"native" | "node" | "chromium" | "firefox" | "webkit"} Engine */

/**
 * @typedef {object} Step
 * @property {string} name for --only
 * @property {string} what it tests
 * @property {boolean} isQuick whether npm test runs it, in the engines of that tier; npm run test:all runs everything
 * @property {Engine[]} engines in which it runs; none if it runs nothing
 * @property {Record<string, string[]>} builds the targets that it needs, by preset; no targets is all of the preset
 * @property {string[]} [files] of the JavaScript tests, below tests/
 * @property {string[]} [ctest] the labels of its ctest tests, beside the engine's
 * @property {string} [preset] of its ctest tests
 * @property {string} [check] of tools/lint.mjs
 */

/** @type {Engine[]} */
export const engines = ["native", "node", "chromium", "firefox", "webkit"];

/** @type {Engine[]} */
const quickEngines = ["native", "node", "chromium"];

/** @type {Engine[]} */
const browsers = ["chromium", "firefox", "webkit"];

/** @type {Record<string, string[]>} */
const module = { release: [] };

/** Long ones first: they run beside each other. @type {Step[]} */
export const steps = [
  {
    name: "page",
    what: "the npm package in browsers: conformance, both classes",
    isQuick: true,
    engines: browsers,
    builds: module,
    files: ["browser/conformance", "browser/session", "browser/package"],
  },
  {
    name: "demo",
    what: "the demo and its server",
    isQuick: true,
    engines: browsers,
    builds: module,
    files: ["browser/demo", "node/demo_server"],
  },
  {
    name: "package",
    what: "the npm package in Node, and as npm packs it",
    isQuick: true,
    engines: ["node"],
    builds: module,
    files: [
      "node/session",
      "node/package",
      "node/pack",
      "node/reconnecting_websocket",
      "node/shipped_code",
      "node/dependencies",
    ],
  },
  {
    name: "docs",
    what: "the examples of README and of the guides",
    isQuick: true,
    engines: ["node", "chromium"],
    builds: module,
    files: ["node/docs", "node/examples"],
  },
  {
    name: "unit",
    what: "the C++ unit tests, natively, with sanitizers",
    isQuick: true,
    engines: ["native"],
    builds: { native: ["quick"] },
    preset: "native",
    ctest: ["unit"],
  },
  {
    name: "model",
    what: "random programs on the library and on a model of its rules",
    isQuick: true,
    engines: ["native"],
    builds: { native: ["quick"] },
    preset: "native",
    ctest: ["model"],
  },
  {
    name: "wasm",
    what: "the C++ tests as wasm, with real servers",
    isQuick: true,
    engines: ["node", "chromium", "firefox"],
    builds: { wasm: ["quick"] },
    preset: "wasm",
    ctest: ["wasm"],
  },
  { name: "types", what: "types of the JavaScript", isQuick: true, engines: [], builds: module, check: "types" },
  { name: "form", what: "formatting and simple mistakes", isQuick: true, engines: [], builds: {}, check: "form" },
  {
    name: "outage",
    what: "sessions through servers that are killed, and networks that fail",
    isQuick: false,
    engines: ["node", "chromium"],
    builds: module,
    files: ["browser/outage"],
  },
  {
    name: "matrix",
    what: "an application in every way of building that hawser supports",
    isQuick: false,
    engines: ["node", "chromium"],
    builds: { wasm: ["matrix"] },
    preset: "wasm",
    ctest: ["matrix"],
  },
  {
    name: "hostile",
    what: "servers that mean harm",
    isQuick: false,
    engines: ["node", "chromium", "firefox"],
    builds: { wasm: ["hostile"] },
    preset: "wasm",
    ctest: ["hostile"],
  },
  {
    name: "suspended",
    what: "handlers that suspend, by JSPI and by Asyncify",
    isQuick: false,
    engines: ["node", "chromium", "firefox"],
    builds: { wasm: ["suspended-by-jspi", "suspended-by-asyncify", "suspended-unasked"] },
    preset: "wasm",
    ctest: ["suspended"],
  },
  {
    name: "life",
    what: "when a program ends by itself, and what the wrong thread gets",
    isQuick: false,
    engines: ["node", "chromium", "firefox"],
    builds: { wasm: ["keep-alive", "keep-alive-other-thread", "keep-alive-other-thread-exit", "other_thread"] },
    preset: "wasm",
    ctest: ["life"],
  },
  {
    name: "memory",
    what: "the end of memory",
    isQuick: false,
    engines: ["node", "chromium", "firefox"],
    builds: { wasm: [] },
    preset: "wasm",
    ctest: ["memory"],
  },
  {
    name: "sanitized",
    what: "the C++ tests as wasm, with sanitizers",
    isQuick: false,
    engines: ["node"],
    builds: { wasm: ["suite-sanitized"] },
    preset: "wasm",
    ctest: ["sanitized"],
  },
  {
    name: "fuzz",
    what: "what the fuzzers have found, replayed",
    isQuick: false,
    engines: ["native"],
    builds: { native: [] },
    preset: "native",
    ctest: ["fuzz"],
  },
  {
    name: "refusal",
    what: "builds that hawser refuses",
    isQuick: false,
    engines: ["node"],
    builds: { wasm: [] },
    preset: "wasm",
    ctest: ["refusal"],
  },
  {
    name: "security",
    what: "what a browser forbids, TLS",
    isQuick: false,
    engines: ["node", ...browsers],
    builds: module,
    files: ["browser/security", "node/tls"],
  },
  {
    name: "served",
    what: "a program in pages of any charset, and from another origin",
    isQuick: false,
    engines: browsers,
    builds: { wasm: ["any_page"] },
    files: ["browser/served"],
  },
  {
    name: "consumers",
    what: "the package in applications that bundlers build",
    isQuick: false,
    engines: ["chromium"],
    builds: module,
    files: ["browser/bundlers"],
  },
  {
    name: "soak",
    what: "memory under load, for a minute",
    isQuick: false,
    engines: ["node", "chromium"],
    builds: module,
    files: ["browser/soak"],
  },
  {
    name: "kit",
    what: "the tests' own servers, and the tools",
    isQuick: false,
    engines: ["node"],
    builds: { release: [], native: [], bench: [] },
    files: [
      "node/bench",
      "node/fault_proxy",
      "node/server",
      "node/hostile",
      "node/herd",
      "node/fuzz",
      "node/toolchain",
      "node/test_command",
    ],
  },
  { name: "tidy", what: "clang-tidy", isQuick: false, engines: [], builds: module, check: "tidy" },
];

/** @typedef {Step & { chosen: Engine[], isWhole: boolean }} ChosenStep */

/**
 * The steps that a run has, each with the engines that it runs in. `isWhole` is whether all of it runs, and not just the part
 * that is quick.
 *
 * @param {import("./options.mjs").Options} options
 * @returns {ChosenStep[]}
 */
export function chooseSteps({ tier, only, engines: wanted }) {
  return steps.flatMap((step) => {
    if (only.length > 0 && !only.includes(step.name)) return [];
    const isAsked = only.length > 0;
    const possible = wanted.length > 0 ? step.engines.filter((engine) => wanted.includes(engine)) : step.engines;
    if (wanted.length > 0 && possible.length === 0) return [];
    const isInTier = { quick: step.isQuick, rest: true, all: true }[tier];
    if (!isInTier && !isAsked) return [];
    if (step.engines.length === 0)
      return tier === "rest" && step.isQuick && !isAsked ? [] : [{ ...step, chosen: [], isWhole: true }];
    const chosen = wanted.length > 0 || !step.isQuick ? possible : possible.filter((engine) => isOfTier(engine, tier));
    return chosen.length > 0 ? [{ ...step, chosen, isWhole: tier !== "quick" }] : [];
  });
}

/**
 * @param {Engine} engine
 * @param {import("./options.mjs").Options["tier"]} tier
 */
function isOfTier(engine, tier) {
  return tier === "all" || quickEngines.includes(engine) === (tier === "quick");
}
