// Runs each fuzzer for a while, starting from its corpus and the findings of earlier runs. Then
// oracle.mjs compares their URLs and text with Node's own parser and decoder.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { fail, step } from "../../tools/console.mjs";
import { fuzzers } from "./options.mjs";

/** @typedef {import("./options.mjs").Fuzzer} Fuzzer */

const fileOf = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../../${name}`, import.meta.url));

/**
 * Returns what each fuzzer did. Throws if one fails; its findings are in build/fuzz/found.
 *
 * @param {{ seconds: number, names: Fuzzer[] }} options
 */
export function runFuzzers({ seconds, names }) {
  const runs = names.map((name) => runFuzzer(name, seconds));
  const failed = runs.filter(({ isPassed }) => !isPassed).map(({ name }) => name);
  const oracleAgrees = runOracle(seconds);
  if (failed.length === 0 && oracleAgrees) return runs;
  return fail(
    `FAILED: ${[...failed, ...(oracleAgrees ? [] : ["the oracle"])].join(", ")}. The findings are in build/fuzz/found; it replays a file that is named.`,
    "If the finding is of events, build/native/tests/model FILE shrinks it to a short program.",
  );
}

/**
 * @param {Fuzzer} name
 * @param {number} seconds
 */
function runFuzzer(name, seconds) {
  const found = fileOf(`build/fuzz/found/${name}`);
  const working = fileOf(`build/fuzz/corpus/${name}`);
  for (const folder of [found, working]) fs.mkdirSync(folder, { recursive: true });
  step(`fuzzing ${name} for ${seconds} s`);
  const flags = [
    `-max_total_time=${seconds}`,
    `-max_len=${fuzzers[name]}`,
    `-artifact_prefix=${found}${path.sep}`,
  ];
  const others = ["-verbosity=0", "-print_final_stats=1", "-use_value_profile=1", "-timeout=10"];
  const folders = [working, fileOf(`tests/fuzz/corpus/${name}`)];
  const program = fileOf(`build/fuzz/tests/fuzz/fuzz-${name}`);
  const options = /** @type {const} */ ({ encoding: "utf8", maxBuffer: 1 << 28 });
  const { status, stderr } = spawnSync(program, [...flags, ...others, ...folders], options);
  if (status !== 0) console.error(stderr);
  const figure = (/** @type {string} */ of) =>
    new RegExp(`stat::${of}:\\s+(\\d+)`).exec(stderr)?.[1] ?? "no";
  const [inputs, news] = [figure("number_of_executed_units"), figure("new_units_added")];
  step(`${name}: ${inputs} inputs, ${news} of which did something new`);
  return { name, inputs, news, isPassed: status === 0 };
}

/** @param {number} seconds */
function runOracle(seconds) {
  step(`checking URLs and text for ${seconds} s`);
  const folders = ["tests/fuzz/corpus", "build/fuzz/corpus"].flatMap((folder) => [
    `${folder}/url`,
    `${folder}/text`,
  ]);
  const there = folders.map(fileOf).filter((folder) => fs.existsSync(folder));
  const program = fileOf("build/fuzz/tests/fuzz/verdicts");
  const seed = String(Date.now() % 0x7fffffff);
  const args = [
    fileOf("tests/fuzz/oracle.mjs"),
    "--program",
    program,
    "--seconds",
    String(seconds),
    "--seed",
    seed,
  ];
  return spawnSync(process.execPath, [...args, ...there], { stdio: "inherit" }).status === 0;
}
