// What a run measures, in order.

import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { fail, skip, step } from "../../tools/console.mjs";
import { launch, whyNot } from "../support/browsers.mjs";
import { startServer } from "../support/server.mjs";
import { efforts } from "./efforts.mjs";
import { inNode, inPage } from "./places.mjs";
import { measureRules, measureSizes } from "./size.mjs";
import { inTurn } from "./turns.mjs";

/** @typedef {import("../support/browsers.mjs").Browser} Browser */
/** @typedef {import("../support/browsers.mjs").Page} Page */
/** @typedef {import("./statistics.mjs").Measurement} Measurement */

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = "build/bench/tests/bench";

/** @type {Record<string, string>} */
const sources = { "websocket.h": "websocket_h.c", val: "value.cpp", hawser: "hawser.cpp", co_await: "connection.cpp" };

/** @param {(source: string) => string} url */
const fromSources = (url) => Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, url(source)]));

const inPages = fromSources((source) => `/${folder}/bench-${source}.mjs`);
const inFiles = fromSources((source) => pathToFileURL(path.join(root, `${folder}/bench-${source}.mjs`)).href);

/** Other ways to use hawser, beside its handlers and coroutines, and in JavaScript. */
const wayPrograms = Object.fromEntries(
  Object.entries({
    hawser: sources.hawser,
    observed: "observed.cpp",
    co_await: sources.co_await,
    try_receive: "polling.cpp",
    "C++ Session": "session.cpp",
  }).map(([name, source]) => [name, `${folder}/bench-${source}.mjs`]),
);
const wayEntries = { class: "js/index.js", Session: "js/session.js" };

/** The programs that measure on threads. @type {Record<string, string>} */
const threadsSources = { "websocket.h": "websocket_h", hawser: "hawser" };
const threadsFiles = Object.entries(threadsSources).map(([name, source]) => [
  name,
  `${folder}/bench-threads-${source}.mjs`,
]);
const threadsInPages = Object.fromEntries(threadsFiles.map(([name, file]) => [name, `/${file}`]));
const threadsInFiles = Object.fromEntries(
  threadsFiles.map(([name, file]) => [name, pathToFileURL(path.join(root, file)).href]),
);

const bareEcho = "tests/bench/echo/bare.js";
const echoes = { bare: bareEcho, ...fromSources((source) => `${folder}/echo-${source}.js`) };

/** The echo application without each rule. @type {Record<string, string>} */
const echoesWithout = {
  "the URL": "url",
  "close code and reason": "close",
  "short text is UTF-8": "utf8",
  "all of these": "all",
};
const fileWithout = (/** @type {string} */ rule) => `${folder}/echo-without-${rule}.js`;

/** Every file that must have been built. */
export const programs = [
  "dist/hawser.mjs",
  "dist/hawser.wasm",
  ...["nothing", ...Object.values(echoesWithout)].map(fileWithout).flatMap(withWasm),
  ...Object.values(sources).flatMap((source) =>
    [`bench-${source}.mjs`, `bench-${source}.wasm`, `echo-${source}.js`, `echo-${source}.wasm`].map(
      (file) => `${folder}/${file}`,
    ),
  ),
  ...threadsFiles.flatMap(([, file]) => withWasm(file)),
  ...Object.values(wayPrograms).flatMap(withWasm),
  ...Object.values(wayEntries),
].map((file) => path.join(root, file));

/** @param {string} script */
function withWasm(script) {
  return [script, script.replace(/\.m?js$/, ".wasm")];
}

/**
 * @typedef {object} Surroundings
 * @property {string} http
 * @property {string} ws
 * @property {Map<string, Browser>} browsers by name
 * @property {typeof efforts.full} effort
 */

/**
 * @param {keyof typeof efforts} effort
 * @param {(name: string, version: string) => void} tellVersion of each browser
 * @returns {AsyncGenerator<Measurement>}
 */
export async function* run(effort, tellVersion) {
  const served = ["js", "dist", "tests", "build"].map((name) => [`/${name}/`, path.join(root, name)]);
  const server = await startServer({ root: Object.fromEntries(served) });
  /** @type {Map<string, Browser>} */
  const browsers = new Map();
  try {
    for (const name of ["Chromium", "Firefox"]) {
      const engine = /** @type {"chromium" | "firefox"} */ (name.toLowerCase());
      const why = whyNot(engine);
      if (why) skip(`everything in ${name}: ${why}`);
      else browsers.set(name, await launch(engine));
    }
    for (const [name, browser] of browsers) tellVersion(name, await versionOf(browser));
    yield* sections({ ...server, browsers, effort: efforts[effort] });
  } finally {
    for (const browser of browsers.values()) await browser.close();
    await server.close();
  }
}

/** @param {Browser} browser */
async function versionOf(browser) {
  const page = await browser.newPage();
  const agent = await page.evaluate(() => navigator.userAgent);
  await page.close();
  return /(?:Chrome|Firefox)\/([\d.]+)/.exec(agent)?.[1] ?? agent;
}

/**
 * @param {Surroundings} surroundings
 * @returns {AsyncGenerator<Measurement>}
 */
async function* sections({ http, ws, browsers, effort }) {
  /**
   * @param {string} section
   * @param {string} place
   * @param {string} module
   * @param {object} options
   * @returns {AsyncGenerator<Measurement>}
   */
  async function* at(section, place, module, options) {
    const browser = browsers.get(place);
    if (place !== "Node" && !browser) return;
    step(`measuring ${section}, in ${place}`);
    const programs = browser ? inPages : inFiles;
    const all = { programs, server: ws, ...options };
    const measured = browser ? inPage(browser, http, module, all) : inNode(module, all);
    for await (const measurement of measured) yield { section, place, ...measurement };
  }

  yield* measureSizes(filesOfEchoes());
  const filesWithout = (/** @type {string} */ rule) => withWasm(path.join(root, fileWithout(rule)));
  const rules = Object.entries(echoesWithout).map(([rule, name]) => [rule, filesWithout(name)]);
  yield* measureRules(filesWithout("nothing"), Object.fromEntries(rules));
  const chromium = browsers.get("Chromium");
  if (chromium) yield* starts(chromium, http, ws, effort.pages);
  for (const place of ["Node", "Chromium", "Firefox"]) {
    yield* at("in process", place, "in_process.mjs", effort.inProcess);
  }
  for (const place of ["Node", "Chromium"]) {
    const urlOf = (/** @type {string} */ file) =>
      place === "Node" ? pathToFileURL(path.join(root, file)).href : `/${file}`;
    const urlsOf = (/** @type {Record<string, string>} */ files) =>
      Object.fromEntries(Object.entries(files).map(([name, file]) => [name, urlOf(file)]));
    const ways = { programs: urlsOf(wayPrograms), entries: urlsOf(wayEntries), scripts: ["ASCII"] };
    yield* at("ways", place, "in_process.mjs", { ...effort.ways, ...ways });
  }
  for (const place of ["Node", "Chromium"]) yield* at("end to end", place, "end_to_end.mjs", effort.endToEnd);
  for (const place of ["Node", "Chromium"]) {
    const programs = place === "Node" ? threadsInFiles : threadsInPages;
    yield* at("threads", place, "threads.mjs", { ...effort.threads, programs });
  }
  for (const place of ["Node", "Chromium"]) yield* at("sockets", place, "sockets.mjs", effort.sockets);
  for (const place of ["Node", "Chromium"]) yield* at("traffic", place, "traffic.mjs", effort.traffic);
  yield* connections(effort.connections);
}

function filesOfEchoes() {
  return Object.fromEntries(
    Object.entries(echoes).map(([name, file]) => {
      const script = path.join(root, file);
      return [name, name === "bare" ? [script] : withWasm(script)];
    }),
  );
}

/**
 * @param {Browser} browser
 * @param {string} http
 * @param {string} ws
 * @param {number} pages
 * @returns {AsyncGenerator<Measurement>}
 */
async function* starts(browser, http, ws, pages) {
  step("measuring start, in Chromium");
  const samples = new Map(Object.keys(echoes).map((name) => [name, /** @type {number[]} */ ([])]));
  for (let round = 0; round < pages; ++round) {
    for (const [name, file] of inTurn(Object.entries(echoes), round)) {
      samples.get(name)?.push(await startIn(await browser.newPage(), http, ws, file));
    }
  }
  for (const [contender, its] of samples) {
    yield { section: "start", place: "Chromium", case: "load to first open", contender, unit: "ms", samples: its };
  }
}

/**
 * @param {Page} page
 * @param {string} http
 * @param {string} ws
 * @param {string} file
 */
async function startIn(page, http, ws, file) {
  try {
    await page.goto(`${http}/tests/support/empty.html`);
    const measure = async (/** @type {string} */ script, /** @type {string} */ server) => {
      const { measureStart } = await import(/** @type {any} */ ("/tests/bench/startup.mjs"));
      return measureStart(script, server);
    };
    return await page.evaluate(measure, `/${file}`, ws);
  } finally {
    await page.close();
  }
}

/**
 * Each contender against a server with a port of its own: what closes leaves its ports unusable for a minute.
 *
 * @param {{ count: number, rounds: number }} options
 * @returns {AsyncGenerator<Measurement>}
 */
async function* connections({ count: wanted, rounds }) {
  const count = Math.min(wanted, mostConnections());
  if (count < wanted) skip(`${wanted} connections, for ${count}: "ulimit -Hn" allows no more open files. Raise it.`);
  for (const [contender, program] of Object.entries({ bare: null, ...inFiles })) {
    step(`measuring ${count} connections of ${contender}, in Node`);
    const server = await startServer();
    try {
      const options = { contender, program, server: server.ws, count, rounds };
      for await (const measurement of inNode("connections.mjs", options)) {
        yield { section: "connections", place: "Node", ...measurement };
      }
    } finally {
      await server.close();
    }
  }
}

/** Node raises its own limit as far as the system allows. */
function mostConnections() {
  const { stdout } = spawnSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" });
  const limit = Number.parseInt(stdout ?? "", 10);
  const others = 200; // what Node, the browsers' pipes and the programs need
  if (limit <= others) fail(`This system allows ${limit} open files: too few for any connection.`);
  return Number.isNaN(limit) ? Infinity : limit - others;
}
