// Whether a run may be published: the machine was quiet, and a commit names what was measured.

import fs from "node:fs";
import os from "node:os";
import { median, spread } from "./statistics.mjs";

/** The load per core before the run: more than a quarter of each core is work of other programs. */
export const mostLoad = 0.25;

/** The spread of a typical row in process. */
export const mostSpread = 0.1;

/** The share of processor time that the host of a virtual machine takes away during the run. */
export const mostSteal = 0.02;

/**
 * Reasons not to publish a run that has not started, as sentences.
 *
 * @param {{ commit: string, isChanged: boolean }} source
 * @param {{ load: number, cores: number }} [machine]
 */
export function whyNotToStart(
  source,
  machine = { load: os.loadavg()[0], cores: os.cpus().length },
) {
  const load = machine.load / machine.cores;
  const reasons = [];
  if (!source.commit) reasons.push("This is no Git repository, so no commit names the numbers.");
  else if (source.isChanged)
    reasons.push("There are uncommitted changes, so no commit names the numbers. Commit first.");
  if (load > mostLoad) {
    reasons.push(
      `The load is ${load.toFixed(2)} per core, and the limit is ${mostLoad}. Stop other programs. After a build, wait some minutes.`,
    );
  }
  return reasons;
}

/**
 * Reasons not to publish a run that has ended, as sentences.
 *
 * @param {import("./statistics.mjs").Measurement[]} measurements
 * @param {number} steal share of the run's processor time
 */
export function whyNotToPublish(measurements, steal) {
  const rows = measurements.filter(({ section }) => section === "in process");
  if (rows.length === 0)
    return ["Nothing was measured in process, so nothing shows how steady the machine was."];
  const typical = median(rows.map(({ samples }) => spread(samples)));
  const reasons = [];
  if (typical > mostSpread) {
    reasons.push(
      `The middle half of a typical row's samples spans ${percent(typical)} of its median, and the limit is ${percent(mostSpread)}.`,
    );
  }
  if (steal > mostSteal) {
    reasons.push(
      `The host took ${percent(steal)} of the processor's time away, and the limit is ${percent(mostSteal)}.`,
    );
  }
  return reasons;
}

/** The processor times that Linux counts. Other systems do not count stolen time: 0 there. */
export function processorTimes(file = "/proc/stat") {
  if (!fs.existsSync(file)) return { stolen: 0, all: 0 };
  const [line] = fs.readFileSync(file, "utf8").split("\n", 1);
  // cpu user nice system idle iowait irq softirq steal; the times of guests that follow are part of
  // user.
  const times = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return { stolen: times[7] ?? 0, all: times.reduce((sum, time) => sum + time, 0) };
}

/**
 * @param {ReturnType<typeof processorTimes>} start
 * @param {ReturnType<typeof processorTimes>} end
 */
export function stealBetween(start, end) {
  return end.all > start.all ? (end.stolen - start.stolen) / (end.all - start.all) : 0;
}

/** @param {number} share */
function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}
