// npm run herd, once the program is built: runs it, and with --markdown writes docs/scale.md and
// its chart. All other options are the program's.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { fillDocument } from "../bench/document.mjs";
import { drawChart } from "./chart.mjs";
import { describeRun, tablesOf } from "./report.mjs";

const fileOf = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../../${name}`, import.meta.url));

const args = process.argv.slice(2).filter((arg) => arg !== "--markdown");
if (args.length === process.argv.length - 2) process.exitCode = run(args);
else await writeDocument();

/** @param {string[]} args */
function run(args) {
  return spawnSync(fileOf("build/native/tests/herd"), args, { stdio: "inherit" }).status ?? 1;
}

async function writeDocument() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-herd-"));
  try {
    const json = path.join(folder, "json");
    process.exitCode = run([...args, "--json", json]);
    if (process.exitCode !== 0) return;
    const results = JSON.parse(fs.readFileSync(json, "utf8"));
    const document = fileOf("docs/scale.md");
    const parts = { surroundings: describeRun(results), tables: tablesOf(results) };
    fs.writeFileSync(document, await fillDocument(fs.readFileSync(document, "utf8"), parts));
    fs.writeFileSync(fileOf("docs/scale.svg"), drawChart(results));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}
