// What Debian this is.

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { fail } from "../console.mjs";

/** @type {Record<string, { triple: string, loader: string } | undefined>} */
const ARCHITECTURES = {
  amd64: { triple: "x86_64-linux-gnu", loader: "lib64/ld-linux-x86-64.so.2" },
  arm64: { triple: "aarch64-linux-gnu", loader: "lib/ld-linux-aarch64.so.1" },
};

export function isDebian() {
  try {
    return /^ID=debian$/m.test(fs.readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

export function architecture() {
  const { stdout } = spawnSync("dpkg", ["--print-architecture"], { encoding: "utf8" });
  const name = stdout?.trim();
  return ARCHITECTURES[name] ?? fail(`There is no recipe for Debian on ${name}; known are amd64 and arm64.`);
}
