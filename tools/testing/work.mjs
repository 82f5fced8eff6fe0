// The tasks of a run of npm test: setting up, building and the steps. Tasks store results for those
// that follow.

import fs from "node:fs";
import { findBrokers } from "../brokers.mjs";
import { findBrowsers } from "../browsers.mjs";
import { build } from "../builds.mjs";
import { Failure } from "../console.mjs";
import { findDoxygen } from "../doxygen.mjs";
import { findNodeWithJspi, installPackages } from "../packages.mjs";
import { run } from "../processes.mjs";
import { findToolchain } from "../toolchain.mjs";
import { findValgrind } from "../valgrind.mjs";
import { Closing, commandsOf, progressIn } from "./commands.mjs";

/** @typedef {import("./options.mjs").Options} Options */
/** @typedef {import("./progress.mjs").Progress} Progress */
/** @typedef {import("./steps.mjs").ChosenStep} ChosenStep */
/** @typedef {import("./schedule.mjs").Task<string>} Task */

/** The folder for the output of each task. */
export const logs = "build/logs";

/** The order in which presets are built: those that most steps need come first. */
const presetOrder = ["release", "native", "wasm", "bench", "costs"];

/** The tasks of a run, and the results that they share. */
export class Work {
  #options;
  /** @type {import("../toolchain.mjs").Toolchain | undefined} */
  #toolchain;
  /** @type {NodeJS.ProcessEnv} */
  #found = {};
  /** @type {Progress | undefined} */
  progress;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
  }

  /**
   * @param {ChosenStep[]} chosen
   * @returns {Task[]}
   */
  setUp(chosen) {
    const { install } = this.#options;
    const engines = new Set(chosen.flatMap((step) => step.chosen));
    const browsers = [...engines].filter((engine) => engine !== "native" && engine !== "node");
    const onLine = (/** @type {string} */ name) => this.#logger(name);
    /** @type {[string, (name: string) => Promise<unknown>][]} */
    const tasks = [
      ["packages", (name) => installPackages(".", { install, onLine: onLine(name) })],
      ["toolchain", async () => void (this.#toolchain = await findToolchain({ install }))],
    ];
    for (const { packages } of chosen)
      if (packages)
        tasks.push([
          `packages ${packages}`,
          (name) => installPackages(packages, { install, onLine: onLine(name) }),
        ]);
    if (browsers.length > 0)
      tasks.push([
        "browsers",
        async () => this.#keep(await findBrowsers(/** @type {any} */ (browsers), { install })),
      ]);
    const brokers = new Set(chosen.flatMap((step) => step.brokers ?? []));
    if (brokers.size > 0)
      tasks.push([
        "broker programs",
        async () => this.#keep(await findBrokers([...brokers], { install })),
      ]);
    if (chosen.some((step) => step.valgrind))
      tasks.push(["valgrind", async () => this.#keep(await findValgrind({ install }))]);
    if (chosen.some((step) => step.doxygen))
      tasks.push(["doxygen", async () => this.#keep(await findDoxygen({ install }))]);
    if (chosen.some(needsNode))
      tasks.push([
        "node",
        async (name) =>
          this.#keep({ HAWSER_NODE: await findNodeWithJspi({ install, onLine: onLine(name) }) }),
      ]);
    return tasks.map(([name, work]) => ({ name, needs: [], run: () => work(name).then(() => "") }));
  }

  /** @param {NodeJS.ProcessEnv} variables */
  #keep(variables) {
    Object.assign(this.#found, variables);
  }

  /**
   * @param {ChosenStep[]} chosen
   * @returns {Task[]}
   */
  builds(chosen) {
    const wanted = new Map(chosen.flatMap(buildsOf).map((build) => [build.name, build]));
    const inOrder = [...wanted.values()].sort(
      (a, b) => presetOrder.indexOf(a.preset) - presetOrder.indexOf(b.preset),
    );
    const needs = ["packages", "toolchain", ...(chosen.some(needsNode) ? ["node"] : [])];
    return inOrder.map(({ name, preset, targets }) => ({
      name,
      needs,
      kind: "build",
      run: async () => {
        const toolchain = /** @type {import("../toolchain.mjs").Toolchain} */ (this.#toolchain);
        const log = this.#log(name);
        await build(preset, toolchain, { targets, keepGoing: true, onLine: log.write }).catch(
          (error) => {
            throw new Failure(`${log.text()}\n${error.message}`);
          },
        );
        return "";
      },
    }));
  }

  /**
   * @param {ChosenStep} step
   * @returns {Task}
   */
  step(step) {
    const needs = ["packages", "toolchain", ...buildsOf(step).map(({ name }) => name)];
    if (step.packages) needs.push(`packages ${step.packages}`);
    if (step.chosen.some((engine) => engine !== "native" && engine !== "node"))
      needs.push("browsers");
    if (step.brokers) needs.push("broker programs");
    if (step.valgrind) needs.push("valgrind");
    if (step.doxygen) needs.push("doxygen");
    if (needsNode(step)) needs.push("node");
    return { name: step.name, needs, kind: "test", run: () => this.#runStep(step) };
  }

  /** @param {ChosenStep} step */
  async #runStep(step) {
    const env = { ...this.#toolchain?.env, ...this.#found };
    const log = this.#log(step.name);
    const closing = new Closing();
    let isPassed = true;
    for (const command of commandsOf(step, this.#options, env)) {
      const code = await run(command.program, command.args, {
        env: { ...env, ...command.env },
        onLine: (line) => (log.write(line), closing.read(line)),
      });
      isPassed &&= code === 0;
    }
    for (const line of closing.lines) this.progress?.print(line);
    if (!isPassed) throw new Failure(log.text());
    return `${closing}` || (this.#options.text ? "no test has that name" : "");
  }

  /** @param {string} name */
  #logger(name) {
    return this.#log(name).write;
  }

  /**
   * Writes a task's output to a file, and shows its progress.
   *
   * @param {string} name
   */
  #log(name) {
    const file = `${logs}/${name.replaceAll(/[ /]/g, "-")}.log`;
    fs.writeFileSync(file, "");
    /** @type {string[]} */
    const lines = [];
    return {
      write: (/** @type {string} */ line) => {
        const now = progressIn(line);
        if (now) this.progress?.show(name, now);
        if (line.startsWith("▷ ")) return;
        fs.appendFileSync(file, `${line}\n`);
        if (!now) lines.push(line);
      },
      text: () => [...lines, `(all of it is in ${file})`].join("\n"),
    };
  }
}

/**
 * What must be built for a step. Steps with the same needs share it.
 *
 * @param {ChosenStep} step
 */
function buildsOf({ builds, wholeBuilds, part }) {
  const needed = part === "quick" ? builds : (wholeBuilds ?? builds);
  return Object.entries(needed).map(([preset, targets]) => ({
    name: ["build", preset, ...targets].join(" "),
    preset,
    targets,
  }));
}

/** @param {ChosenStep} step */
function needsNode({ files, preset }) {
  return Boolean(files) || preset === "wasm";
}
