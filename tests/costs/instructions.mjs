// How many instructions hawser's C++ runs per message, natively, as callgrind counts them, and how
// often it calls malloc.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fail } from "../../tools/console.mjs";
import { longestRun } from "../support/patience.mjs";

/** @typedef {import("./compare.mjs").Figure} Figure */

const ways = ["handler", "co_await", "session"];
const sizes = { "16 B": 16, "1 KiB": 1024 };

/**
 * What is counted: the sum of several runs. Each run lists functions at which callgrind toggles
 * counting, whenever one is entered or left. A second function is thereby excluded from the first:
 * it is the browser's part.
 *
 * callgrind also lists calls of malloc outside the counted functions, once there was one inside. So
 * they are taken from the first run of `receive` only, which has none. A message that needs new
 * memory in hawser_reserve shows in the instructions; calls.mjs counts in wasm what sending
 * allocates.
 *
 * @type {Record<string, { runs: string[][], hasAllocations: boolean }>}
 */
const verbs = {
  receive: { runs: [["hawser_on_message"], ["hawser_reserve"]], hasAllocations: true },
  send: { runs: [["send_one", "hawser_send"]], hasAllocations: false },
};

/** The difference of two runs excludes the work that only the first messages cause. */
const [fewer, more] = [1000, 2000];

/** The page's events in core.cpp, each of which reaches every session. */
const pageEvents = 2;

/** The program, below the root. */
export const program = "build/costs/tests/costs/costs";

/**
 * @param {string} root
 * @param {string} valgrind
 * @returns {{ compiler: string, figures: Figure[] }}
 */
export function measureInstructions(root, valgrind) {
  const file = path.join(root, program);
  if (!fs.existsSync(file)) fail(`${file} is not built: run npm run costs, which builds it.`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-costs-"));
  try {
    let compiler = "";
    /** @type {Figure[]} */
    const figures = [];
    for (const [verb, { runs, hasAllocations }] of Object.entries(verbs)) {
      for (const way of ways) {
        for (const [title, bytes] of Object.entries(sizes)) {
          const counts = runs.map((functions) =>
            [fewer, more].map((times) => {
              const command = [file, way, String(bytes), String(times)];
              return runCallgrind(valgrind, functions, command, path.join(folder, "out"));
            }),
          );
          compiler = counts[0][0].printed;
          const perMessage = counts.map(([less, all]) => ({
            instructions: (all.instructions - less.instructions) / (more - fewer),
            allocations: (all.allocations - less.allocations) / (more - fewer),
          }));
          const ofCase = `C++, ${way}, ${verb} ${title}`;
          figures.push({
            name: `instructions, ${ofCase}`,
            unit: "instructions per message",
            value: perMessage.reduce((sum, { instructions }) => sum + instructions, 0),
            tool: "native compiler",
          });
          if (!hasAllocations) continue;
          figures.push({
            name: `allocations, ${ofCase}`,
            unit: "allocations per message",
            value: perMessage[0].allocations,
            tool: "native compiler",
          });
        }
      }
    }
    const [few, many] = [fewer, more].map((sessions) =>
      runCallgrind(
        valgrind,
        ["hawser_on_page"],
        [file, "page", String(sessions)],
        path.join(folder, "out"),
      ),
    );
    figures.push({
      name: "instructions, C++, session, event of the page",
      unit: "instructions per session",
      value: (many.instructions - few.instructions) / (more - fewer) / pageEvents,
      tool: "native compiler",
    });
    return { compiler, figures };
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

/**
 * @param {string} valgrind
 * @param {string[]} functions at which counting begins or ends
 * @param {string[]} command
 * @param {string} out a file
 */
export function runCallgrind(valgrind, functions, command, out) {
  const options = [
    "--tool=callgrind",
    ...functions.map((name) => `--toggle-collect=${name}`),
    "--compress-strings=no",
    "--compress-pos=no",
  ];
  const { status, stdout, stderr, error } = spawnSync(
    valgrind,
    [...options, `--callgrind-out-file=${out}`, ...command],
    {
      encoding: "utf8",
      timeout: longestRun,
    },
  );
  if (status !== 0)
    fail(`${valgrind} could not count what ${command.join(" ")} does: ${error?.message ?? stderr}`);
  return { printed: stdout.trim(), ...readCallgrind(fs.readFileSync(out, "utf8")) };
}

/**
 * The sums in callgrind's output: of instructions, and of calls of malloc.
 *
 * @param {string} text
 */
export function readCallgrind(text) {
  const total = /^(?:totals|summary): (\d+)/m.exec(text);
  if (!total)
    return fail("callgrind wrote no sum of instructions: is this valgrind older than 3.19?");
  const calls = [...text.matchAll(/^cfn=malloc\ncalls=(\d+)/gm)];
  return {
    instructions: Number(total[1]),
    allocations: calls.reduce((sum, [, count]) => sum + Number(count), 0),
  };
}
