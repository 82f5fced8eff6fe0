// The sections of a run, in order.

import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { skip, step } from "../../tools/console.mjs";
import { startServer as startRestartingServer } from "../scale/server.mjs";
import { launch, whyNot } from "../support/browsers.mjs";
import { mostConnections } from "../support/most_connections.mjs";
import { startServer } from "../support/server.mjs";
import { efforts } from "./efforts.mjs";
import { inNode, inPage } from "./places.mjs";
import { measureParts } from "./parts.mjs";
import { measureRules, measureSizes } from "./size.mjs";
import { inTurn } from "./turns.mjs";

/** @typedef {import("../support/browsers.mjs").Browser} Browser */
/** @typedef {import("../support/browsers.mjs").Page} Page */
/** @typedef {import("./statistics.mjs").Measurement} Measurement */

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = "build/bench/tests/bench";

/** @type {Record<string, string>} */
const sources = {
  "websocket.h": "websocket_h.c",
  val: "value.cpp",
  hawser: "hawser.cpp",
  co_await: "connection.cpp",
};

/** @param {(source: string) => string} url */
const fromSources = (url) =>
  Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, url(source)]));

const inPages = fromSources((source) => `/${folder}/bench-${source}.mjs`);
const inFiles = fromSources(
  (source) => pathToFileURL(path.join(root, `${folder}/bench-${source}.mjs`)).href,
);

/** The ways to use hawser, in C++ and in JavaScript. */
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

/**
 * The contenders for memory and for the first message, each with the options with which places.mjs
 * starts it.
 */
const wholes = {
  bare: {},
  "websocket.h": { program: `${folder}/bench-${sources["websocket.h"]}.mjs` },
  hawser: { program: wayPrograms.hawser },
  co_await: { program: wayPrograms.co_await },
  "C++ Session": { program: wayPrograms["C++ Session"] },
  class: { entry: wayEntries.class },
  Session: { entry: wayEntries.Session, name: "Session" },
};

/**
 * The contenders that are opened by the thousand. The others have no part that grows with the
 * number.
 */
const crowds = {
  sockets: ["bare", "hawser", "class"],
  sessions: ["bare", "C++ Session", "Session"],
};

/** The programs that measure on threads. @type {Record<string, string>} */
const threadsSources = { "websocket.h": "websocket_h", hawser: "hawser", Sender: "sender" };
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

/** Programs whose wasm size is split into parts. @type {Record<string, string>} */
const inParts = {
  hawser: `${folder}/echo-${sources.hawser}.wasm`,
  co_await: `${folder}/echo-${sources.co_await}.wasm`,
  class: "dist/hawser.wasm",
  Session: "dist/session.wasm",
};

/** The echo application without each rule. @type {Record<string, string>} */
const echoesWithout = {
  "the URL": "url",
  "close code and reason": "close",
  "short text is UTF-8": "utf8",
  "all of these": "all",
};
const fileWithout = (/** @type {string} */ rule) => `${folder}/echo-without-${rule}.js`;

/** All files that must be built. */
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
 * @param {string[]} only the names of sections; none is all
 * @param {(name: string, version: string) => void} tellVersion of each browser
 * @returns {AsyncGenerator<Measurement>}
 */
export async function* run(effort, only, tellVersion) {
  const served = ["js", "dist", "tests", "build"].map((name) => [
    `/${name}/`,
    path.join(root, name),
  ]);
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
    const all = sections({ ...server, browsers, effort: efforts[effort] });
    for (const [name, measure] of Object.entries(all)) {
      if (only.length === 0 || only.includes(name)) yield* measure();
    }
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
 * @returns {Record<import("./section_names.mjs").SectionName, () => AsyncGenerator<Measurement>>}
 */
function sections({ http, ws, browsers, effort }) {
  const both = ["Node", "Chromium"];
  /**
   * @param {string} section
   * @param {string} place
   * @param {string} module
   * @param {object} options
   * @param {{ isSaid?: boolean, says?: string }} [saying] whether a line says what is measured, and
   *   which
   * @returns {AsyncGenerator<Measurement>}
   */
  async function* at(section, place, module, options, { isSaid = true, says = section } = {}) {
    const browser = browsers.get(place);
    if (place !== "Node" && !browser) return;
    if (isSaid) step(`measuring ${says}, in ${place}`);
    const programs = browser ? inPages : inFiles;
    const all = { programs, server: ws, ...options };
    const measured = browser ? inPage(browser, http, module, all) : inNode(module, all);
    for await (const measurement of measured) yield { section, place, ...measurement };
  }

  /**
   * @param {string} section
   * @param {string[]} places
   * @param {string} module
   * @param {(place: string) => object} optionsIn
   */
  async function* inEach(section, places, module, optionsIn) {
    for (const place of places) yield* at(section, place, module, optionsIn(place));
  }

  /**
   * Each contender in fresh pages or processes.
   *
   * @param {string} section
   * @param {string} module
   * @param {object} options
   * @param {number} rounds
   */
  async function* inFresh(section, module, options, rounds) {
    for (const place of both) {
      /** @type {Map<string, Measurement>} */
      const all = new Map();
      for (let round = 0; round < rounds; ++round) {
        for (const [contender, its] of inTurn(Object.entries(wholes), round)) {
          const from = { ...options, contender, ...urlsOf(place, its) };
          for await (const one of at(section, place, module, from, { isSaid: all.size === 0 })) {
            const key = `${one.case} ${contender}`;
            const before = all.get(key)?.samples ?? [];
            all.set(key, { ...one, samples: [...before, ...one.samples] });
          }
        }
      }
      yield* all.values();
    }
  }

  const ways = (/** @type {string} */ place) => ({
    ...effort.ways,
    programs: urlsOf(place, wayPrograms),
    entries: urlsOf(place, wayEntries),
    scripts: ["ASCII"],
  });

  return {
    async *size() {
      yield* measureSizes(filesOfEchoes());
      const filesWithout = (/** @type {string} */ rule) =>
        withWasm(path.join(root, fileWithout(rule)));
      const rules = Object.entries(echoesWithout).map(([rule, name]) => [rule, filesWithout(name)]);
      yield* measureRules(filesWithout("nothing"), Object.fromEntries(rules));
      yield* measureParts(
        Object.fromEntries(
          Object.entries(inParts).map(([name, file]) => [name, path.join(root, file)]),
        ),
      );
    },
    async *start() {
      const chromium = browsers.get("Chromium");
      if (chromium) yield* starts(chromium, http, ws, effort.pages);
    },
    "first message": () => inFresh("first message", "first_message.mjs", {}, effort.pages),
    "in process": () =>
      inEach(
        "in process",
        ["Node", "Chromium", "Firefox"],
        "in_process.mjs",
        () => effort.inProcess,
      ),
    ways: () => inEach("ways", both, "in_process.mjs", ways),
    "end to end": () => inEach("end to end", both, "end_to_end.mjs", () => effort.endToEnd),
    threads: () =>
      inEach("threads", both, "threads.mjs", (place) => ({
        ...effort.threads,
        programs: place === "Node" ? threadsInFiles : threadsInPages,
      })),
    memory: () => inFresh("memory", "memory.mjs", effort.memory, 1),
    sockets: () => inEach("sockets", both, "sockets.mjs", () => effort.sockets),
    traffic: () => inEach("traffic", both, "traffic.mjs", () => effort.traffic),
    connections: () => connections(effort.connections),
    async *scale() {
      const { inPage: few, ...many } = effort.scale;
      yield* scale("Node", { ...many, isLocal: false, atOnce: 100 });
      yield* scale("Chromium", { ...many, isLocal: false, sockets: few, sessions: few, atOnce: 8 });
      yield* scale("Chromium", { ...many, isLocal: true, atOnce: 100 });
    },
  };

  /**
   * Each contender in a fresh page or process, against a server on its own port, as in
   * connections().
   *
   * @param {string} place
   * @param {Omit<typeof effort.scale, "inPage"> & { isLocal: boolean, atOnce: number }} options
   */
  async function* scale(place, { sockets, sessions, ...options }) {
    const section = options.isLocal ? "scale in page" : "scale";
    for (const [what, wanted] of Object.entries({ sockets, sessions })) {
      const count = options.isLocal ? wanted : atMostAllowed(wanted);
      let isSaid = true;
      for (const contender of crowds[/** @type {keyof typeof crowds} */ (what)]) {
        const server = await startRestartingServer();
        try {
          const its = urlsOf(place, wholes[/** @type {keyof typeof wholes} */ (contender)]);
          const all = { ...options, ...its, contender, what, count, server: server.ws };
          yield* at(section, place, "scale.mjs", all, {
            isSaid,
            says: `${count} ${what} at scale`,
          });
          isSaid = false;
        } finally {
          await server.close();
        }
      }
    }
  }
}

/**
 * Converts the files among `its` to URLs for `import` in that place.
 *
 * @param {string} place
 * @param {Record<string, string>} its
 */
function urlsOf(place, its) {
  const urlOf = (/** @type {string} */ file) =>
    !file.includes("/")
      ? file
      : place === "Node"
        ? pathToFileURL(path.join(root, file)).href
        : `/${file}`;
  return Object.fromEntries(Object.entries(its).map(([name, file]) => [name, urlOf(file)]));
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
    yield {
      section: "start",
      place: "Chromium",
      case: "load to first open",
      contender,
      unit: "ms",
      samples: its,
    };
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
 * Each contender uses a server with its own port, because closed connections block their ports for
 * a minute.
 *
 * @param {{ count: number, rounds: number }} options
 * @returns {AsyncGenerator<Measurement>}
 */
async function* connections({ count: wanted, rounds }) {
  const count = atMostAllowed(wanted);
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

/** @param {number} wanted how many connections */
function atMostAllowed(wanted) {
  const count = Math.min(wanted, mostConnections());
  if (count < wanted)
    skip(`${wanted} connections, for ${count}: "ulimit -Hn" allows no more open files. Raise it.`);
  return count;
}
