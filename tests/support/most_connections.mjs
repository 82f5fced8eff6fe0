// How many connections one process may have.

import { spawnSync } from "node:child_process";

/** Open files that Node, the pipes to browsers and the programs need. */
const others = 200;

/** Node raises its own limit as far as the system allows. */
export function mostConnections() {
  const { stdout } = spawnSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" });
  const limit = Number.parseInt(stdout ?? "", 10);
  if (limit <= others)
    throw new Error(`This system allows ${limit} open files: too few for any connection.`);
  return Number.isNaN(limit) ? Infinity : limit - others;
}
