// npm test and npm run test:all. The parts are in tools/testing: steps, command line, schedule and
// display.

import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { fail, main } from "./console.mjs";
import { parseTestOptions } from "./testing/options.mjs";
import { Progress } from "./testing/progress.mjs";
import { runTasks } from "./testing/schedule.mjs";
import { chooseSteps, steps } from "./testing/steps.mjs";
import { failureOf, lineOf, summarize } from "./testing/summary.mjs";
import { logs, Work } from "./testing/work.mjs";

/** @typedef {import("./testing/options.mjs").Options} Options */
/** @typedef {import("./testing/steps.mjs").ChosenStep} ChosenStep */

// A build uses all processors by itself. Two steps that run tests keep two processors busy.
const atATime = { build: 1, test: 2 };

await main(async () => {
  process.chdir(fileURLToPath(new URL("..", import.meta.url)));
  const options = parseTestOptions(process.argv.slice(2));
  if ("help" in options) return console.log(options.help);
  const chosen = chooseSteps(options);
  if (options.list) return list(chosen);
  if (chosen.length === 0)
    fail("No step runs in the engines that were asked for. npm test -- --list shows the steps.");
  await test(chosen, options);
});

/** @param {ChosenStep[]} chosen */
function list(chosen) {
  for (const { name, what, chosen: engines } of chosen)
    console.log(
      `${name.padEnd(10)} ${what}${engines.length > 0 ? ` (${engines.join(", ")})` : ""}`,
    );
  const others = steps
    .filter(({ name }) => !chosen.some((step) => step.name === name))
    .map(({ name }) => name);
  if (others.length > 0)
    console.log(`\nLeft out: ${others.join(", ")}. npm run test:all runs everything.`);
}

/**
 * @param {ChosenStep[]} chosen
 * @param {Options} options
 */
async function test(chosen, options) {
  fs.rmSync(logs, { recursive: true, force: true });
  fs.mkdirSync(logs, { recursive: true });
  const start = performance.now();
  const work = new Work(options);
  const tasks = [
    ...work.setUp(chosen),
    ...work.builds(chosen),
    ...chosen.map((step) => work.step(step)),
  ];
  const progress = new Progress(tasks.length);
  work.progress = progress;
  const outcomes = await runTasks(tasks, {
    atATime,
    onBegin: ({ name }) => progress.begin(name),
    onEnd: ({ name }, outcome) =>
      progress.end(name, lineOf(name, outcome), failureOf(name, outcome)),
  });
  progress.stop();
  summarize(outcomes, chosen, options, performance.now() - start);
}
