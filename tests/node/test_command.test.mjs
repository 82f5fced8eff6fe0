// npm test itself: what it runs, its options, what it prints, and that nothing is left running when
// it ends.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { Failure } from "../../tools/console.mjs";
import { Closing, commandsOf, progressIn } from "../../tools/testing/commands.mjs";
import { parseTestOptions } from "../../tools/testing/options.mjs";
import { runTasks } from "../../tools/testing/schedule.mjs";
import { chooseSteps, steps } from "../../tools/testing/steps.mjs";
import { failedTestsIn, failureOf, failuresIn } from "../../tools/testing/summary.mjs";
import { Work } from "../../tools/testing/work.mjs";

/** @typedef {import("../../tools/testing/options.mjs").Options} Options */

const root = fileURLToPath(new URL("../..", import.meta.url));

/** @type {string} */
let folder;
before(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-test-command-"))));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

/** @param {string[]} args */
const parse = (...args) => /** @type {Options} */ (parseTestOptions(args));

/** @param {string[]} args */
const chosenBy = (...args) => chooseSteps(parse(...args));

describe("the end of a failed run", () => {
  const noise = Array.from({ length: 1000 }, (_, index) => `noise ${index}`);

  for (const [what, line] of /** @type {[string, string][]} */ ([
    ["Catch2", "tests/unit/send_test.cpp:10: FAILED:"],
    ["node:test", "✖ a suite › a test"],
    ["a compiler", "a.cpp:1:2: error: no member"],
    ["an assertion of Emscripten", "Aborted(Assertion failed: one == two, at: a.cpp,1,main)"],
    ["AddressSanitizer", "==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x602"],
    ["ThreadSanitizer", "WARNING: ThreadSanitizer: data race (pid=12)"],
    ["UndefinedBehaviorSanitizer", "a.cpp:1:2: runtime error: signed integer overflow"],
    ["TypeScript", "js/a.js(1,2): error TS2322: Type 'number' is not assignable to type 'string'."],
    ["ESLint", "  10:5  error  'a' is assigned a value but never used  no-unused-vars"],
    ["Prettier", "[warn] js/a.js"],
    [
      "Prettier of a file that it cannot parse",
      "[error] js/a.js: SyntaxError: Unexpected token (1:2)",
    ],
    ["CMake", "CMake Error at CMakeLists.txt:1 (message):"],
    ["ctest", "2/3 Test #18: hostile-firefox ....***Failed   74.42 sec"],
  ]))
    it(`repeats a failure as ${what} prints it, with the following lines, and nothing else`, () => {
      const output = [...noise, line, "  expected 1", ...noise].join("\n");
      const failures = failuresIn(output);
      assert.deepEqual(failures.slice(0, 2), [line, "  expected 1"]);
      assert.ok(failures.length < 20, `${failures.length} lines`);
    });

  it("has no empty line, at which a long output is cut", () => {
    assert.deepEqual(failuresIn("✖ a test\n\n  \n    at a.mjs"), ["✖ a test", "    at a.mjs"]);
  });

  it("is short, whatever failed", () => {
    assert.ok(failuresIn(Array(1000).fill("✖ a test").join("\n")).length <= 100);
  });
});

describe("the names of failed tests", () => {
  it("are those that node:test's and Catch2's reporters name", () => {
    const output = [
      "✖ a suite › a test",
      "    AssertionError: not equal",
      '    Run it alone: npm test -- --only page "a suite a test"',
      "✖ a suite: 4 passed, 1 failed (12.0 s)",
      'Run it alone: npm test -- --only wasm --engine node "one of \\"two\\""',
      'Run it alone: npm test -- --only page "a suite a test"',
      "The following tests FAILED:",
      "\t 18 - suite-node (Failed)                       node quick wasm",
    ].join("\n");
    assert.equal(failedTestsIn(output), 'a suite a test; one of \\"two\\"');
  });

  it("are those of ctest's list, if the tests have no reporter", () => {
    const output = [
      "2/3 Test #18: hostile-firefox ....***Failed   74.42 sec",
      "The following tests did not run:",
      "\t  3 - nats-node (Skipped)                          brokers node",
      "The following tests FAILED:",
      "\t 18 - hostile-firefox (Failed)                       hostile firefox",
      "\t 20 - ended-thread-by-cancel-node (Timeout)          life node",
      "Errors while running CTest",
    ].join("\n");
    assert.equal(failedTestsIn(output), "hostile-firefox; ended-thread-by-cancel-node");
  });

  it("fit on a line", () => {
    const output = ["one", "two", "three", "four", "five"]
      .map((name) => `Run it alone: npm test -- "${name}"`)
      .join("\n");
    assert.equal(failedTestsIn(output), "one; two; three; 2 more");
  });

  it("are repeated with the step's name, if it failed", () => {
    const failed = (/** @type {string} */ text) =>
      failureOf("page", { status: "failed", error: new Failure(text), milliseconds: 1 });
    assert.equal(failed('Run it alone: npm test -- "a b"'), "page (a b)");
    assert.equal(failed("a.cpp:1:2: error: no member"), "page");
    assert.equal(failureOf("page", { status: "passed", result: "", milliseconds: 1 }), undefined);
  });
});

describe("the command line of npm test", () => {
  it("selects the quick tier, everywhere, by default", () => {
    const { text, tier, only, engines, install } = parse();
    assert.deepEqual(
      { text, tier, only, engines, install },
      { text: "", tier: "quick", only: [], engines: [], install: true },
    );
  });

  it("accepts a text, steps and engines", () => {
    const { text, only, engines, install } = parse(
      "--only",
      "unit",
      "--only",
      "page",
      "--engine",
      "firefox",
      "--no-install",
      "a b",
    );
    assert.deepEqual(
      { text, only, engines, install },
      { text: "a b", only: ["unit", "page"], engines: ["firefox"], install: false },
    );
  });

  for (const [args, message] of /** @type {[string[], RegExp][]} */ ([
    [["--only", "units"], /There is no step "units"\. The steps: page, /],
    [
      ["--engine", "safari"],
      /There is no engine "safari"\. The engines: native, node, chromium, firefox, webkit\./,
    ],
    [["two", "words"], /Put the text in quotes: npm test -- "two words"\./],
    [["--all", "--rest"], /exclude each other/],
    [["--fast"], /'--fast'[^]*Usage: npm test/],
  ])) {
    it(`refuses ${args.join(" ")} in a sentence`, () => {
      assert.throws(
        () => parseTestOptions(args),
        (error) => error instanceof Failure && message.test(error.message),
      );
    });
  }

  it("prints its usage, with each option", () => {
    const { help } = /** @type {{ help: string }} */ (parseTestOptions(["--help"]));
    for (const option of ["--only", "--engine", "--all", "--rest", "--no-install", "--list"])
      assert.ok(help.includes(option));
  });
});

describe("the steps", () => {
  it("contain every JavaScript test file once", () => {
    const listed = steps.flatMap(({ files = [] }) => files.map((file) => `${file}.test.mjs`));
    const found = ["browser", "node"].flatMap((name) =>
      fs
        .readdirSync(path.join(root, "tests", name))
        .filter((file) => file.endsWith(".test.mjs"))
        .map((file) => `${name}/${file}`),
    );
    assert.deepEqual(listed.sort(), found.sort());
  });

  it("are in the quick tier, in the rest, or partly in each, and none is in neither", () => {
    const quick = chosenBy();
    const rest = chosenBy("--rest");
    for (const { name, engines, ctest } of chosenBy("--all")) {
      const of = (/** @type {typeof quick} */ list) => list.find((step) => step.name === name);
      const [first, second] = [of(quick), of(rest)];
      assert.ok(first || second, name);
      if (!ctest)
        assert.deepEqual(
          [...(first?.chosen ?? []), ...(second?.chosen ?? [])].sort(),
          [...engines].sort(),
          name,
        );
    }
  });

  it("of the quick tier need no browser but Chromium", () => {
    const engines = chosenBy().flatMap(({ chosen }) => chosen);
    assert.ok(engines.includes("chromium"));
    assert.ok(!engines.includes("firefox") && !engines.includes("webkit"));
  });

  it("can be selected by name, even those that the quick tier leaves out", () => {
    assert.deepEqual(
      chosenBy("--only", "matrix").map(({ name }) => name),
      ["matrix"],
    );
  });

  it("run in the requested engine, and only those that can", () => {
    const chosen = chosenBy("--engine", "firefox");
    assert.ok(
      chosen.some(({ name }) => name === "page") && !chosen.some(({ name }) => name === "unit"),
    );
    assert.ok(chosen.every((step) => step.chosen.length === 1 && step.chosen[0] === "firefox"));
  });
});

describe("a name", () => {
  /** @param {string[]} args */
  const linesOf = (...args) =>
    chosenBy(...args).flatMap((step) =>
      commandsOf(step, parse(...args), {}).map(({ program, args }) =>
        [path.basename(program), ...args].join(" "),
      ),
    );

  it("selects cases of Catch2, in which commas and brackets have a meaning", () => {
    assert.deepEqual(linesOf("--only", "unit", "close [R3], and"), [
      "unit *close \\[R3\\]\\, and* --allow-running-no-tests",
    ]);
  });

  it("selects JavaScript tests, as text and not as a pattern", () => {
    assert.match(
      linesOf("--only", "docs", "a.b (c)")[0],
      /--test-name-pattern=\/a\\\.b \\\(c\\\)\/i /,
    );
  });

  it("leaves out steps without names", () => {
    assert.deepEqual(linesOf("--only", "form", "--only", "model", "reconnect"), []);
  });
});

describe("the schedule", () => {
  /**
   * Runs tasks that note when they start.
   *
   * @param {{ name: string, needs?: string[], kind?: string, fails?: boolean }[]} tasks
   */
  async function play(...tasks) {
    /** @type {string[]} */
    const begun = [];
    let [now, most] = [0, 0];
    const outcomes = await runTasks(
      tasks.map(({ name, needs = [], kind, fails }) => ({
        name,
        needs,
        kind,
        async run() {
          begun.push(name);
          most = Math.max(most, ++now);
          await new Promise(setImmediate);
          now -= 1;
          if (fails) throw new Failure(`${name} failed`);
          return name;
        },
      })),
      { atATime: { one: 1 }, onBegin: () => {}, onEnd: () => {} },
    );
    return { begun, most, outcomes };
  }

  it("runs each task after those that it needs", async () => {
    const { begun } = await play(
      { name: "c", needs: ["a", "b"] },
      { name: "b", needs: ["a"] },
      { name: "a" },
    );
    assert.deepEqual(begun, ["a", "b", "c"]);
  });

  it("refuses two tasks with the same name, since their outcomes are found by it", async () => {
    await assert.rejects(play({ name: "a" }, { name: "b" }, { name: "a" }), {
      message: 'Two tasks are named "a".',
    });
    for (const options of [parse(), parse("--rest"), parse("--all")]) {
      const chosen = chooseSteps(options);
      const work = new Work(options);
      const tasks = [
        ...work.setUp(chosen),
        ...work.builds(chosen),
        ...chosen.map((step) => work.step(step)),
      ];
      assert.equal(new Set(tasks.map(({ name }) => name)).size, tasks.length);
    }
  });

  it("runs a limited number of tasks of a kind at a time, in their order", async () => {
    const kind = "one";
    const { begun, most } = await play(
      { name: "a", kind },
      { name: "b", kind },
      { name: "c", kind },
    );
    assert.deepEqual({ begun, most }, { begun: ["a", "b", "c"], most: 1 });
    assert.equal((await play({ name: "a" }, { name: "b" })).most, 2);
  });

  it("does not run a task that needs a failed one, and says which", async () => {
    const { begun, outcomes } = await play(
      { name: "a", fails: true },
      { name: "b", needs: ["a"] },
      { name: "c", needs: ["b"] },
      { name: "d" },
    );
    assert.deepEqual(begun, ["a", "d"]);
    assert.equal(outcomes.get("a")?.status, "failed");
    assert.deepEqual(outcomes.get("b"), { status: "not run", because: "a" });
    assert.deepEqual(outcomes.get("c"), { status: "not run", because: "b" });
    assert.equal(outcomes.get("d")?.status, "passed");
  });
});

describe("the output of runners", () => {
  it("says what is running", () => {
    assert.equal(progressIn("▷ a › b"), "a › b");
    assert.equal(progressIn("      Start  3: suite-node"), "suite-node");
    assert.equal(progressIn("[12/35] Building CXX object x.o"), "12/35");
    assert.equal(progressIn("something else"), undefined);
  });

  for (const [lines, counts] of /** @type {[string[], string][]} */ ([
    [["ℹ tests 7", "ℹ pass 5", "ℹ fail 2"], "5 passed, 2 failed"],
    [["90% tests passed, 1 tests failed out of 10"], "9 passed, 1 failed"],
    [["All tests passed (5 assertions in 3 test cases)"], "3 passed"],
    [["All tests passed (1 assertion in 1 test case)"], "1 passed"],
    [["test cases: 4 | 3 passed | 1 failed"], "3 passed, 1 failed"],
    [["test cases: 1 | 1 failed"], "0 passed, 1 failed"],
    [["nothing of the kind"], ""],
  ])) {
    it(`is counted: ${lines[0]}`, () => {
      const closing = new Closing();
      for (const line of lines) closing.read(line);
      assert.equal(`${closing}`, counts);
    });
  }
});

describe("the reporter", () => {
  /** @type {string} */
  let output;
  before(async () => {
    output = await report(
      "sample.test.mjs",
      `import assert from "node:assert/strict";
       import { describe, it } from "node:test";
       describe("a socket", () => {
         it("opens", () => {});
         describe("when it is closed", () => it("says \\"bye\\"", () => assert.equal(1, 2)));
         it("has a ping", { skip: "browsers give none" }, () => {});
       });`,
    );
  });

  /** @param {string} name @param {string} source */
  async function report(name, source) {
    const file = path.join(folder, name);
    fs.writeFileSync(file, source);
    const args = [
      "--test",
      "--test-reporter=./tests/support/reporter.mjs",
      "--test-reporter-destination=stdout",
      file,
    ];
    /** @type {NodeJS.ProcessEnv} */
    const env = { ...process.env, HAWSER_RUN_ALONE: "npm test -- --only page" };
    delete env.NODE_TEST_CONTEXT;
    const child = spawn(process.execPath, args, {
      cwd: root,
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    return (await child.stdout.setEncoding("utf8").toArray()).join("");
  }

  it("prints why a file fails whose tests have passed", async () => {
    const late = `import { it } from "node:test";
      it("passes", () => void setTimeout(() => Promise.reject(new Error("too late")), 20));`;
    const printed = await report("late.test.mjs", late);
    assert.match(printed, /^✔ passes: 1 passed/m);
    assert.match(printed, /^ℹ Error: .*asynchronous activity.*too late/m);
    assert.match(printed, /^ {4}test failed exit status 1$/m);
  });

  it("prints how to run a failing test alone", () => {
    assert.ok(
      output.includes(
        '    Run it alone: npm test -- --only page "a socket when it is closed says \\"bye\\""\n',
      ),
      output,
    );
  });

  it("prints each failure once, with its reason and place", () => {
    assert.equal(output.match(/^✖ a socket › when it is closed › says "bye"$/gm)?.length, 1);
    assert.match(output, /1 !== 2/);
    assert.match(output, /sample\.test\.mjs:5/);
  });

  it("prints what was skipped and why, and the counts", () => {
    assert.match(output, /^skipped 1: browsers give none$/m);
    assert.match(output, /^✖ a socket: 1 passed, 1 failed, 1 skipped \(/m);
    assert.match(output, /^ℹ tests 3\nℹ pass 1\nℹ fail 1\nℹ skipped 1\n/m);
  });
});

const withoutProc = fs.existsSync("/proc/self/environ")
  ? false
  : "this system does not show the environment of processes";

describe("a run that is interrupted", { skip: withoutProc }, () => {
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    it(`by ${signal} leaves no process behind, not even one in its own session that ignores signals`, async () => {
      const { child, ids } = await startTree();
      child.kill(signal);
      const [code] = await once(child, "exit");
      assert.equal(code, 128 + os.constants.signals[signal]);
      await allEnd(ids);
    });
  }

  it("by the death of npm ends as well", async () => {
    const { child, ids } = await startTree({ underShell: true });
    child.kill("SIGKILL");
    await allEnd(ids);
  });

  /** Starts a command that runs a program that starts another; resolves when all run. */
  async function startTree({ underShell = false } = {}) {
    const file = path.join(folder, "command.mjs");
    const module = JSON.stringify(path.join(root, "tools/processes.mjs"));
    fs.writeFileSync(
      file,
      `import { run } from ${module};
       console.log(process.pid);
       const stubborn = "trap '' TERM INT HUP; echo $$; while :; do sleep 0.1; done";
       await run("sh", ["-c", "setsid sh -c \\"$0\\" & eval \\"$0\\"", stubborn]);`,
    );
    const [command, ...args] = [
      ...(underShell ? ["sh", "-c", '"$0" "$@"; :'] : []),
      process.execPath,
      file,
    ];
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (data) => (text += data));
    while (text.split("\n").length < 4) await once(child.stdout, "data");
    return { child, ids: text.trim().split("\n").map(Number) };
  }

  /** @param {number[]} ids */
  async function allEnd(ids) {
    const lives = (/** @type {number} */ id) => {
      try {
        // A zombie has ended; its parent has not asked yet.
        return !/^\d+ \(.*\) Z/.test(fs.readFileSync(`/proc/${id}/stat`, "utf8"));
      } catch {
        return false;
      }
    };
    assert.equal(ids.length, 3);
    const deadline = performance.now() + 30_000;
    while (ids.some(lives)) {
      assert.ok(performance.now() < deadline, `these still run: ${ids.filter(lives)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
});

describe("a lock", () => {
  it("is waited for, with a sentence, and freed when its holder is killed", async () => {
    const start = (/** @type {string} */ then) => {
      const code = `import { withLock } from ${JSON.stringify(path.join(root, "tools/lock.mjs"))};
        await withLock(${JSON.stringify(path.join(folder, "lock"))}, "builds here", async () => { ${then} });`;
      const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      child.stdout.setEncoding("utf8");
      return child;
    };
    const holder = start(
      `console.log("held"); await new Promise((resolve) => setInterval(() => {}, 1000));`,
    );
    assert.equal((await once(holder.stdout, "data"))[0], "held\n");
    const waiter = start(`console.log("mine");`);
    assert.equal(
      (await once(waiter.stdout, "data"))[0],
      "hawser: waiting for another run, which builds here\n",
    );
    holder.kill("SIGKILL");
    assert.equal((await once(waiter.stdout, "data"))[0], "mine\n");
  });
});
