// The steps of npm test and npm run test:all: what each tests, where, and what must be built for
// it. The first tier is what a contributor runs before each commit.

/** @typedef {"native" | "node" | "chromium" | "firefox" | "webkit"} Engine */

/**
 * @typedef {object} Step
 * @property {string} name for --only
 * @property {string} what it tests
 * @property {boolean} isQuick whether npm test runs it, in the engines of that tier; npm run
 *   test:all runs everything
 * @property {Engine[]} engines in which it runs; none if it runs nothing
 * @property {Record<string, string[]>} builds the targets that it needs, by preset; no targets is
 *   all of the preset
 * @property {Record<string, string[]>} [wholeBuilds] the same for all of a ctest step that is quick
 *   in part only
 * @property {string[]} [files] of the JavaScript tests, below tests/
 * @property {import("../brokers.mjs").Broker[]} [brokers] that its tests start
 * @property {boolean} [valgrind] whether its tests start valgrind
 * @property {boolean} [doxygen] whether its tests start Doxygen
 * @property {string} [packages] the folder of the npm packages that only this step needs
 * @property {string[]} [ctest] the labels of its ctest tests, beside the engine's
 * @property {string} [preset] of its ctest tests
 * @property {string[]} [programs] of Catch2, in which cases can be chosen by name
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
    files: [
      "browser/conformance",
      "browser/session",
      "browser/package",
      "browser/observe",
      "browser/testing",
    ],
  },
  {
    name: "demo",
    what: "the demo in browsers, and the examples of a stored outbox",
    isQuick: true,
    engines: browsers,
    builds: module,
    files: [
      "browser/demo",
      "browser/demo_code",
      "browser/demo_build",
      "browser/demo_languages",
      "browser/demo_pictures",
      "browser/demo_throughput",
      "browser/demo_wire",
      "browser/demo_push",
      "browser/demo_room",
      "browser/stored_outbox",
    ],
    brokers: ["nats"],
  },
  {
    name: "demo-node",
    what: "the demo's server and texts, and its rooms over NATS",
    isQuick: true,
    engines: ["node"],
    builds: module,
    files: [
      "node/demo_server",
      "node/demo_texts",
      "node/demo_push",
      "node/demo_wire",
      "node/demo_room",
    ],
    brokers: ["nats"],
  },
  {
    name: "package",
    what: "the npm package in Node, and as npm packs it",
    isQuick: true,
    engines: ["node"],
    builds: module,
    files: [
      "node/session",
      "node/observe",
      "node/recorder",
      "node/package",
      "node/pack",
      "node/reconnecting_websocket",
      "node/testing",
      "node/testing_docs",
      "node/testing_engines",
      "node/testing_sessions",
      "node/json_rpc",
      "node/shipped_code",
      "node/dependencies",
      "node/layers",
      "node/seam",
    ],
  },
  {
    name: "docs",
    what: "the examples of README, of the guides and of the public headers; the documents in Chinese",
    isQuick: true,
    engines: ["node", "chromium"],
    builds: module,
    files: ["node/docs", "node/examples", "node/header_examples", "node/readme_zh"],
  },
  {
    name: "unit",
    what: "the C++ unit tests, natively, with sanitizers",
    isQuick: true,
    engines: ["native"],
    builds: { native: ["quick"] },
    wholeBuilds: { native: ["quick"] },
    preset: "native",
    ctest: ["unit"],
    programs: ["build/native/tests/unit"],
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
    wholeBuilds: { wasm: ["quick", "suite-optimized", "suite-without-jspi", "headers"] },
    preset: "wasm",
    ctest: ["wasm"],
    programs: ["build/wasm/tests/wasm/suite.mjs"],
  },
  {
    name: "types",
    what: "types of the JavaScript",
    isQuick: true,
    engines: [],
    builds: module,
    check: "types",
  },
  {
    name: "form",
    what: "formatting and simple mistakes",
    isQuick: true,
    engines: [],
    builds: {},
    check: "form",
  },
  {
    name: "outage",
    what: "sessions through servers that are killed, and networks that fail",
    isQuick: false,
    engines: ["node", "chromium"],
    builds: module,
    files: ["browser/outage"],
  },
  {
    name: "room",
    what: "200 clients in a room, while servers and NATS nodes are killed",
    isQuick: false,
    engines: ["node"],
    builds: module,
    brokers: ["nats"],
    files: ["node/room"],
  },
  {
    name: "drop-in",
    what: "conformance, the class Session in place of a WebSocket",
    isQuick: false,
    engines: browsers,
    builds: module,
    files: ["browser/session_conformance"],
  },
  {
    name: "hostile",
    what: "servers that mean harm",
    isQuick: false,
    engines: ["node", "chromium", "firefox"],
    builds: { wasm: ["hostile"] },
    preset: "wasm",
    ctest: ["hostile"],
    programs: ["build/wasm/tests/wasm/hostile.mjs"],
  },
  {
    name: "brokers",
    what: "the examples' clients of message brokers, with real brokers that are killed",
    isQuick: false,
    engines: ["node", "chromium"],
    builds: { release: ["nats_client", "mqtt_client"], wasm: ["brokers"] },
    files: ["node/broker_examples"],
    preset: "wasm",
    ctest: ["brokers"],
    programs: ["build/wasm/tests/wasm/brokers.mjs"],
    brokers: ["nats", "mosquitto"],
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
    what: "when a program or a thread ends, and what the wrong thread gets",
    isQuick: false,
    engines: ["node", "chromium", "firefox", "webkit"],
    builds: { wasm: ["life"] },
    preset: "wasm",
    ctest: ["life"],
  },
  {
    name: "memory",
    what: "the end of memory",
    isQuick: false,
    engines: ["node", "chromium", "firefox"],
    builds: { wasm: ["out-of-memory", "out-of-memory-with-growth"] },
    preset: "wasm",
    ctest: ["memory"],
    programs: ["out-of-memory", "out-of-memory-with-growth"].map(
      (name) => `build/wasm/tests/wasm/${name}.mjs`,
    ),
  },
  {
    name: "sanitized",
    what: "the C++ tests as wasm, with sanitizers",
    isQuick: false,
    engines: ["node"],
    builds: { wasm: ["suite-sanitized"] },
    preset: "wasm",
    ctest: ["sanitized"],
    programs: ["build/wasm/tests/wasm/suite-sanitized.mjs"],
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
    name: "fuzz",
    what: "what the fuzzers have found, replayed",
    isQuick: false,
    engines: ["native"],
    builds: { native: ["fuzzers"] },
    preset: "native",
    ctest: ["fuzz"],
  },
  {
    name: "threads",
    what: "what threads share, natively, with the thread sanitizer",
    isQuick: false,
    engines: ["native"],
    builds: { threads: ["unit"] },
    preset: "threads",
    ctest: ["threads"],
    programs: ["build/threads/tests/unit"],
  },
  {
    name: "refusal",
    what: "builds that hawser refuses",
    isQuick: false,
    engines: ["node"],
    builds: { wasm: ["quick"] },
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
    name: "port",
    what: "the port of Emscripten, and what npm run release makes",
    isQuick: false,
    engines: ["node"],
    builds: module,
    files: ["node/port", "node/release", "node/recipes"],
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
    name: "observed",
    what: "what a program in C++ records, beside what Chromium reports",
    isQuick: false,
    engines: ["chromium"],
    builds: { wasm: ["observed"] },
    files: ["browser/observed"],
  },
  {
    name: "consumers",
    what: "the package in applications that bundlers build",
    isQuick: false,
    engines: ["node", "chromium", "firefox"],
    builds: module,
    packages: "tests/consumers",
    files: ["browser/bundlers", "node/consumers"],
  },
  {
    name: "install",
    what: "every way of adding hawser in docs/installing.md",
    isQuick: false,
    engines: ["node"],
    builds: {},
    files: ["node/install"],
  },
  {
    name: "site",
    what: "the site of the documentation, and its reference",
    isQuick: false,
    engines: ["node", "chromium"],
    builds: module,
    doxygen: true,
    packages: "site",
    files: ["node/reference", "node/site", "browser/site"],
  },
  {
    name: "testing",
    what: "docs/testing.md: an application's own tests, natively",
    isQuick: false,
    engines: ["node"],
    builds: { native: ["quick"] },
    files: ["node/testing_kit"],
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
    name: "scale",
    what: "10 000 sockets and 1 000 sessions at once",
    isQuick: false,
    engines: ["node", "chromium"],
    builds: module,
    files: ["browser/scale"],
  },
  {
    name: "kit",
    what: "the tests' own servers, and the tools",
    isQuick: false,
    engines: ["node", "chromium", "firefox"],
    builds: { release: [], native: ["fuzzers", "herd"], bench: [] },
    files: [
      "node/bench",
      "node/fault_proxy",
      "node/server",
      "node/hostile",
      "node/herd",
      "node/fuzz",
      "node/toolchain",
      "node/test_command",
      "node/page_runner",
    ],
  },
  {
    name: "costs",
    what: "sizes, calls, allocations and instructions, against the committed figures",
    isQuick: false,
    engines: ["node"],
    builds: { release: [], bench: [], costs: ["costs"] },
    valgrind: true,
    files: ["node/costs"],
  },
  { name: "tidy", what: "clang-tidy", isQuick: false, engines: [], builds: module, check: "tidy" },
];

/**
 * @typedef {Step & { chosen: Engine[], part: "quick" | "rest" | "all" }} ChosenStep `chosen` are
 *   the engines that it runs in; `part` is what runs of it, as ctest's label "quick" has it
 */

/**
 * The steps of a run. A step that is asked for by name runs in whichever tier it is.
 *
 * @param {import("./options.mjs").Options} options
 * @returns {ChosenStep[]}
 */
export function chooseSteps({ tier, only, engines: wanted, text }) {
  return steps.flatMap((step) => {
    if (text && !hasNames(step)) return [];
    const isAsked = only.includes(step.name);
    if (only.length > 0 && !isAsked) return [];
    if (tier === "quick" && !step.isQuick && !isAsked) return [];
    if (step.engines.length === 0) {
      const isDone = (tier === "rest" && step.isQuick && !isAsked) || wanted.length > 0;
      return isDone ? [] : [{ ...step, chosen: [], part: "all" }];
    }
    const isNarrow = wanted.length > 0;
    const possible = step.engines.filter((engine) => !isNarrow || wanted.includes(engine));
    const part = partOf(step, tier, possible, isNarrow);
    if (part === "rest" && step.ctest && !step.wholeBuilds) return [];
    // The rest of a step is what runs in other engines; of a ctest step it is what is not labelled
    // "quick", in every engine.
    const isByEngine = !isNarrow && (part === "quick" || (part === "rest" && !step.ctest));
    const chosen = possible.filter(
      (engine) => !isByEngine || quickEngines.includes(engine) === (part === "quick"),
    );
    return chosen.length > 0 ? [{ ...step, chosen, part }] : [];
  });
}

/**
 * Whether a step has tests that can be chosen by name.
 *
 * @param {Step} step
 */
function hasNames({ files, programs, ctest, isQuick }) {
  return Boolean(files || programs || (ctest && !isQuick));
}

/**
 * @param {Step} step
 * @param {import("./options.mjs").Options["tier"]} tier
 * @param {Engine[]} possible
 * @param {boolean} isNarrow whether engines were asked for
 */
function partOf({ isQuick }, tier, possible, isNarrow) {
  if (!isQuick) return "all";
  const isBeyond = isNarrow && possible.some((engine) => !quickEngines.includes(engine));
  return tier === "quick" && isBeyond ? "all" : tier;
}
