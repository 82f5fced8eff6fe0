// npm run bench: that it works. No time decides anything here.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { drawSizes } from "../bench/chart.mjs";
import { checkMarks, fillPages, pages } from "../bench/document.mjs";
import {
  mostLoad,
  mostSpread,
  mostSteal,
  processorTimes,
  stealBetween,
  whyNotToPublish,
  whyNotToStart,
} from "../bench/quiet.mjs";
import { ratioRows } from "../bench/ratios.mjs";
import { tablesOf } from "../bench/report.mjs";
import { programs } from "../bench/sections.mjs";
import { whyNot } from "../support/browsers.mjs";
import { longestRun } from "../support/patience.mjs";

/** @typedef {import("../bench/statistics.mjs").Measurement} Measurement */

const root = fileURLToPath(new URL("../..", import.meta.url));
const programsInWasm = ["websocket.h", "val", "hawser", "co_await"];

const missing = programs.find((file) => !fs.existsSync(file));
const skip = missing
  ? `${path.relative(root, missing)} is not built: npm run bench builds it`
  : false;

const readPages = () =>
  Object.fromEntries(pages.map((name) => [name, fs.readFileSync(path.join(root, name), "utf8")]));

/** @param {(string | NodeJS.ProcessEnv)[]} all its arguments, and more of an environment */
async function bench(...all) {
  const args = all.filter((one) => typeof one === "string");
  const env = Object.assign({}, process.env, ...all.filter((one) => typeof one !== "string"));
  const child = spawn(process.execPath, ["tests/bench/bench.mjs", ...args], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: longestRun,
  });
  const code = new Promise((resolve) => child.once("close", resolve));
  const [stdout, stderr] = await Promise.all(
    [child.stdout, child.stderr].map((stream) => stream.toArray()),
  );
  return { code: await code, stdout: stdout.join(""), stderr: stderr.join("") };
}

describe("npm run bench", { skip }, () => {
  /** @type {string} */
  let folder;
  /** @type {Awaited<ReturnType<typeof bench>>} */
  let ended;
  /**
   * @type {{ surroundings: Record<string, string>, skipped: string[], measurements: Measurement[] }}
   */
  let result;
  before(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-bench-"));
    const files = ["json", "chart"].map((name) => path.join(folder, name));
    ended = await bench("--check", "--json", files[0], "--chart", files[1]);
    if (ended.code === 0) result = JSON.parse(fs.readFileSync(files[0], "utf8"));
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  it("succeeds, and prints nothing on stderr", () => {
    assert.deepEqual({ code: ended.code, stderr: ended.stderr }, { code: 0, stderr: "" });
  });

  const classes = ["wrapper", "class", "Session"];
  const wholes = ["bare", "websocket.h", "hawser", "co_await", "C++ Session", "class", "Session"];
  const crowds = ["bare", "hawser", "class", "C++ Session", "Session"];
  const onThreads = {
    places: ["Node", "Chromium"],
    contenders: ["own socket", "postMessage", "websocket.h", "hawser", "Sender"],
  };
  /** @type {Record<string, { places: (string | undefined)[], contenders: string[] }>} */
  const sections = {
    "in process": {
      places: ["Node", "Chromium", "Firefox"],
      contenders: ["bare", "floor", ...programsInWasm],
    },
    ways: {
      places: ["Node", "Chromium"],
      contenders: [
        "bare",
        "hawser",
        "observed",
        "co_await",
        "try_receive",
        "C++ Session",
        "class",
        "Session",
      ],
    },
    latency: { places: ["Node", "Chromium"], contenders: ["bare", ...programsInWasm, ...classes] },
    throughput: {
      places: ["Node", "Chromium"],
      contenders: ["bare", ...programsInWasm, ...classes],
    },
    "thread send cost": onThreads,
    "thread latency": onThreads,
    "thread throughput": onThreads,
    memory: { places: ["Node", "Chromium"], contenders: wholes },
    sockets: { places: ["Node", "Chromium"], contenders: ["bare", ...programsInWasm] },
    connections: { places: ["Node"], contenders: ["bare", ...programsInWasm] },
    traffic: { places: ["Node", "Chromium"], contenders: programsInWasm },
    size: { places: [undefined], contenders: ["bare", ...programsInWasm] },
    rules: { places: [undefined], contenders: ["hawser"] },
    parts: { places: [undefined], contenders: ["hawser", "co_await", "class", "Session"] },
    start: { places: ["Chromium"], contenders: ["bare", ...programsInWasm] },
    "first message": { places: ["Node", "Chromium"], contenders: wholes },
    scale: { places: ["Node", "Chromium"], contenders: crowds },
    "scale in page": { places: ["Chromium"], contenders: crowds },
  };
  for (const [section, { places, contenders }] of Object.entries(sections)) {
    for (const place of places) {
      const engine = place?.toLowerCase();
      const skip = engine === "chromium" || engine === "firefox" ? whyNot(engine) : false;
      it(`measures ${section} of every contender${place ? ` in ${place}` : ""}`, { skip }, () => {
        const its = result.measurements.filter(
          (one) => one.section === section && one.place === place,
        );
        assert.deepEqual(
          [...new Set(its.map(({ contender }) => contender))].sort(),
          [...contenders].sort(),
        );
        for (const { case: name, samples } of its) {
          assert.ok(
            samples.length > 0 && samples.every((sample) => sample >= 0),
            `${name}: ${samples}`,
          );
        }
      });
    }
  }

  it("counts no allocation for a message of hawser's, once it is warm", () => {
    const its = result.measurements.filter(
      ({ contender, allocations }) => contender === "hawser" && allocations,
    );
    assert.deepEqual(its, []);
  });

  it("prints the machine, the versions, and how often it measured", () => {
    for (const name of [
      "processor",
      "memory",
      "Node, for the programs",
      "Emscripten",
      "hawser",
      "in process",
    ]) {
      assert.ok(result.surroundings[name], name);
    }
  });

  it("prints every table", () => {
    for (const { title } of tablesOf(result.measurements))
      assert.ok(ended.stdout.includes(title), title);
  });

  it("draws a chart", () => {
    const svg = fs.readFileSync(path.join(folder, "chart"), "utf8");
    assert.match(svg, /^<svg .*<\/svg>$/s);
    assert.ok(svg.includes("websocket.h"));
  });

  it("has a place in one of the pages for every table, and changes nothing else there", async () => {
    const texts = readPages();
    const tables = tablesOf(result.measurements);
    const filled = await fillPages(texts, { surroundings: result.surroundings, tables });
    const all = Object.values(filled).join("");
    for (const { title } of tables) assert.equal(all.split(`${title}:`).length, 2, title);
    const prose = (/** @type {string} */ text) =>
      text.replaceAll(/<!-- bench .*?<!-- \/bench -->/gs, "");
    for (const name of pages) assert.equal(prose(filled[name]), prose(texts[name]), name);
  });
});

describe("the command line of npm run bench", () => {
  it("names an option that it does not have, and those that it has", async () => {
    const { code, stderr } = await bench("--quik");
    assert.equal(code, 1);
    assert.match(stderr, /Unknown option '--quik'.*--quick/s);
    assert.doesNotMatch(stderr, /^ +at /m);
  });

  it("names the sections if --only has an unknown one", async () => {
    const { code, stdout, stderr } = await bench("--only", "sessions");
    assert.equal(code, 1);
    assert.match(stderr, /There is no section "sessions"\. The sections: .*first message.*scale/);
    assert.equal(stdout, "");
  });

  it("measures one section only", async () => {
    const { code, stdout } = await bench("--check", "--only", "size");
    assert.equal(code, 0);
    assert.match(stdout, /^The echo application at -Oz, bytes:$/m);
    assert.doesNotMatch(stdout, /measuring/);
  });

  it("publishes no part of a run", async () => {
    const { code, stdout, stderr } = await bench("--only", "size", "--markdown");
    assert.equal(code, 1);
    assert.match(stderr, /publish whole runs: leave --only out/);
    assert.equal(stdout, "");
  });

  it("puts no times of --check into the documentation", async () => {
    const { code, stdout, stderr } = await bench("--check", "--markdown");
    assert.equal(code, 1);
    assert.match(stderr, /--check measures nothing/);
    assert.equal(stdout, "");
  });

  for (const option of ["--json", "--chart"]) {
    it(`says that the file of ${option} cannot be written, before it measures`, async () => {
      const { code, stdout, stderr } = await bench(
        option,
        path.join(root, "no such folder", "file"),
      );
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`${option} .*no such folder.* cannot be written: ENOENT`));
      assert.doesNotMatch(stderr, /^ +at /m);
      assert.equal(stdout, "");
    });
  }

  it("explains itself", async () => {
    const { code, stdout } = await bench("--help");
    assert.equal(code, 0);
    for (const option of ["--quick", "--check", "--json FILE", "--chart FILE", "--markdown"])
      assert.ok(stdout.includes(option));
  });
});

describe("what npm run bench publishes", () => {
  const committed = { commit: "abcdef1", isChanged: false };
  const quiet = { load: mostLoad * 4, cores: 4 };
  /** @param {number[]} samples @returns {Measurement} */
  const row = (samples) => ({
    section: "in process",
    case: "send",
    contender: "hawser",
    unit: "ns",
    samples,
  });

  it("starts on a quiet machine with a committed tree", () => {
    assert.deepEqual(whyNotToStart(committed, quiet), []);
  });

  it("does not start under the load of other programs, and names the load", () => {
    assert.match(
      whyNotToStart(committed, { load: 3, cores: 4 }).join(),
      /^The load is 0\.75 per core/,
    );
  });

  it("does not start with numbers that no commit names", () => {
    assert.match(
      whyNotToStart({ ...committed, isChanged: true }, quiet).join(),
      /uncommitted changes/,
    );
    assert.match(
      whyNotToStart({ commit: "", isChanged: false }, quiet).join(),
      /no Git repository/,
    );
  });

  it("is refused when the samples of a typical row spread, not when those of one row do", () => {
    const [steady, unsteady] = [row([100, 100, 101, 101]), row([100, 200, 300, 400])];
    assert.deepEqual(whyNotToPublish([steady, steady, unsteady], 0), []);
    assert.match(
      whyNotToPublish([steady, unsteady, unsteady], 0).join(),
      /typical row's samples spans 66\.7 %/,
    );
    assert.deepEqual(whyNotToPublish([row([100, 100, 100, 100 + 100 * mostSpread])], 0), []);
  });

  it("is refused when the host took processor time away", () => {
    const steady = [row([100, 100])];
    assert.deepEqual(whyNotToPublish(steady, mostSteal), []);
    assert.match(whyNotToPublish(steady, 0.5).join(), /took 50\.0 %/);
  });

  it("is refused when nothing shows how steady the machine was", () => {
    assert.match(whyNotToPublish([], 0).join(), /^Nothing was measured in process/);
  });

  it("is refused before it is measured, by the command too", async () => {
    const { code, stdout, stderr } = await bench("--quick", "--markdown", {
      GIT_DIR: path.join(root, "no-repository"),
    });
    assert.equal(code, 1);
    assert.match(stderr, /not fit to be published(.|\n)*This is no Git repository/);
    assert.doesNotMatch(stdout, /measuring/);
  });

  it("reads the time that the host took from Linux's counters, and none elsewhere", (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-stat-"));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const file = path.join(folder, "stat");
    const start = processorTimes(file);
    assert.deepEqual(start, { stolen: 0, all: 0 });
    fs.writeFileSync(file, "cpu  10 10 10 40 10 5 5 10 7 7\ncpu0 1 1 1 1 1 1 1 1 1 1\n");
    assert.equal(stealBetween(start, processorTimes(file)), 0.1);
    assert.equal(stealBetween(start, start), 0);
  });
});

describe("the pages that npm run bench writes", () => {
  const surroundings = {
    hawser: "abcdef1",
    "Node, for the programs": "26.1.0 (V8 14)",
    "load at the start": "0.10",
  };
  const tables = [
    { id: "size", title: "The sizes", rows: [{ case: "gzip", hawser: "1" }] },
    { id: "ratios", title: "The ratios", rows: [{ case: "echo", hawser: "2" }] },
  ];
  const run = { surroundings, tables };
  /** @param {string[]} ids */
  const page = (...ids) =>
    `# Page\n\n${ids.map((id) => `<!-- bench ${id} -->\n\nold\n\n<!-- /bench -->\n`).join("\n")}`;

  it("get each table in the page that has its marks, and keep the rest", async () => {
    const { a, b } = await fillPages(
      { a: page("ratios", "run-in-short"), b: page("run", "size", "scale-node") },
      run,
    );
    assert.match(
      a,
      /^# Page\n\n<!-- bench ratios -->\n\nThe ratios:\n\n\| case \| hawser \|\n.*\n\| echo \| +2 \|\n/,
    );
    assert.match(
      a,
      /Measured: hawser abcdef1, Node 26\.1\.0,\non a load of 0\.10 at the start\.\n/,
    );
    assert.match(b, /<!-- bench run -->\n\n\| this run .*\| hawser +\| +abcdef1 \|.*The sizes:/s);
    assert.match(
      b,
      /<!-- bench scale-node -->\n\nThe last run did not measure this\.\n\n<!-- \/bench -->\n$/,
    );
    assert.doesNotMatch(a + b, /old/);
  });

  it("are not written if no page has the marks of a table", async () => {
    await assert.rejects(fillPages({ a: page("run", "run-in-short"), b: page("size") }, run), {
      name: "Error",
      message:
        /^No page has a place for the table "ratios"\. Write this into a or b:\n<!-- bench ratios -->/,
    });
    await assert.rejects(fillPages({ a: page("size", "ratios") }, run), {
      message: /the table "run"/,
    });
  });

  it("may have the marks of a table only once", () => {
    assert.throws(() => checkMarks({ a: page("size"), b: page("run", "size") }), {
      message: "<!-- bench size --> is in a and in b. Keep one.",
    });
    assert.throws(() => checkMarks({ a: page("size", "size") }), {
      message: /^a has <!-- bench size --> twice/,
    });
  });

  it("need an end for each mark", () => {
    const begin = "<!-- bench run -->\n";
    assert.throws(() => checkMarks({ a: begin + page("size") }), {
      message: /In a, <!-- bench run --> has no/,
    });
    assert.throws(() => checkMarks({ a: page("size") + begin }), {
      message: /In a, the last .* has no/,
    });
  });

  it("exist, with the marks of the run", () => {
    const ids = checkMarks(readPages());
    for (const id of ["run", "run-in-short", "ratios", "size"]) assert.ok(ids.has(id), id);
  });

  it("show ratios of a few cases in a table of at most 100 columns", async () => {
    /** @type {Measurement[]} */
    const measurements = Object.entries({
      hawser: 50,
      "websocket.h": 100,
      val: 200,
      co_await: 75,
    }).flatMap(([contender, value]) => [
      {
        section: "in process",
        place: "Node",
        case: "receive binary 1 KiB",
        contender,
        unit: "ns",
        samples: [value],
      },
      {
        section: "in process",
        place: "Node",
        case: "receive binary 16 B",
        contender,
        unit: "ns",
        samples: [1],
      },
      { section: "size", case: "both, gzip", contender, unit: "bytes", samples: [value] },
    ]);
    const ratios = tablesOf(measurements).find(({ id }) => id === "ratios");
    const values = {
      "hawser / websocket.h": "0.500",
      "hawser / val": "0.250",
      "co_await / hawser": "1.50",
    };
    assert.deepEqual(ratios?.rows, [
      { case: "receive binary 1 KiB", in: "Node", ...values },
      { case: "echo application, gzip", in: "", ...values },
    ]);
    const rows = ratioRows.map(({ says }) => ({ ...ratios?.rows[0], case: says, in: "Chromium" }));
    const { a } = await fillPages(
      { a: page("ratios") },
      { surroundings: {}, tables: [{ id: "ratios", title: "T", rows }] },
    );
    for (const line of a.split("\n")) assert.ok(line.length <= 100, line);
  });

  it("have a chart of the sizes", () => {
    const svg = drawSizes([
      { section: "size", case: "both, gzip", contender: "hawser", unit: "bytes", samples: [9_700] },
      { section: "size", case: "wasm, gzip", contender: "hawser", unit: "bytes", samples: [6_000] },
    ]);
    assert.match(svg, /^<svg .*<\/svg>$/s);
    for (const text of ["KB of gzip", "websocket.h", "9.7"]) assert.ok(svg.includes(text), text);
  });
});

describe("npm run bench -- --compare", () => {
  /** @type {string} */
  let folder;
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-compare-"))));
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  /** @param {string} name @param {unknown} content */
  const write = (name, content) => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return file;
  };
  /** @param {string} commit @param {Record<string, number[]>} rows */
  const run = (commit, rows) => ({
    surroundings: { hawser: commit },
    skipped: [],
    measurements: Object.entries(rows).map(([name, samples]) => {
      return {
        section: "in process",
        place: "Node",
        case: name,
        contender: "hawser",
        unit: "ns",
        samples,
      };
    }),
  });
  /**
   * Through tools/with.mjs, as package.json has it: a build that does not exist would fail.
   *
   * @param {string[]} args
   */
  const compare = (...args) => {
    const options = ["--build", "none", "--options", "tests/bench/options.mjs"];
    const command = [
      "tools/with.mjs",
      ...options,
      "--",
      "node",
      "tests/bench/bench.mjs",
      "--compare",
      ...args,
    ];
    return spawnSync(process.execPath, command, {
      cwd: root,
      encoding: "utf8",
      timeout: longestRun,
    });
  };

  it("prints and writes each difference that exceeds the spread, without a build", () => {
    const steady = [100, 100, 100, 100];
    const first = write(
      "a.json",
      run("aaa", {
        slower: steady,
        faster: steady,
        noisy: [50, 90, 100, 150],
        once: [100],
        "<gone>": [1],
      }),
    );
    const second = write(
      "b.json",
      run("bbb", {
        slower: [200, 200],
        faster: [50, 50],
        noisy: [110, 110],
        once: [200],
        added: [1],
      }),
    );
    const page = path.join(folder, "page.html");
    const { status, stdout, stderr } = compare(first, second, "--page", page);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.match(stdout, /^slower .* 2\.00 +worse$/m);
    assert.match(stdout, /^faster .* 0\.500 +better$/m);
    assert.match(stdout, /^noisy .* no difference$/m);
    assert.match(stdout, /^once .* 2\.00 +one sample$/m);
    assert.match(stdout, /^<gone> .* only in the first run$/m);
    assert.match(stdout, /^added .* only in the second run$/m);
    assert.match(stdout, /^hawser +aaa +bbb$/m);
    const html = fs.readFileSync(page, "utf8");
    assert.match(html, /<tr class="worse"><th scope="row">slower<.*<td>worse</);
    assert.match(html, /&lt;gone>/);
    assert.doesNotMatch(html, /<script|https?:/);
  });

  it("says which file is missing, is no JSON or is no run", () => {
    const good = write("good.json", run("aaa", {}));
    for (const [file, message] of [
      [path.join(folder, "missing.json"), /cannot read .*missing\.json: ENOENT/],
      [write("text.json", "text"), /cannot read .*text\.json: .*JSON/],
      [write("other.json", { measurements: [{}] }), /other\.json is no run/],
    ]) {
      const { status, stderr } = compare(good, String(file));
      assert.equal(status, 1);
      assert.match(stderr, /** @type {RegExp} */ (message));
      assert.doesNotMatch(stderr, /^ +at /m);
    }
    assert.match(compare(good).stderr, /wants two files, and got 1/);
  });
});
