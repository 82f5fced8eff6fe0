// apt-get and apt-cache with a state of their own, so that they need no root and change nothing of the system.

import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fail, step } from "../console.mjs";
import { DISK_IS_FULL } from "./cache.mjs";
import { endOf, tied } from "./processes.mjs";

/**
 * apt-get and apt-cache with a state of their own, which holds no installed package and one suite. They resolve with
 * what the program prints.
 *
 * @param {string} folder
 * @param {string} suite
 */
export function privateApt(folder, suite) {
  /** @param {string} name */
  const inside = (name) => path.join(folder, name);
  for (const name of ["lists/partial", "archives/partial"]) fs.mkdirSync(inside(name), { recursive: true });
  fs.writeFileSync(inside("status"), "");
  const signed = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]";
  const mirror = debianMirror();
  const lines = ["deb", "deb-src"].map((kind) => `${kind} ${signed} ${mirror} ${suite} main\n`);
  fs.writeFileSync(inside("sources.list"), lines.join(""));
  const options = {
    "Dir::State": folder,
    "Dir::State::Lists": inside("lists"),
    "Dir::State::status": inside("status"),
    "Dir::Etc::SourceList": inside("sources.list"),
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::Cache": folder,
    "Dir::Cache::Archives": inside("archives"),
    "APT::Install-Recommends": "0",
    "APT::Sandbox::User": "",
    "APT::Status-Fd": "3",
    // Without this, an update that reached nothing ends well.
    "APT::Update::Error-Mode": "any",
    "Acquire::Retries": "3",
    "Debug::NoLocking": "1",
  };
  const flags = Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  /**
   * @param {"apt-get" | "apt-cache"} program
   * @param {string[]} args
   */
  return (program, args, cwd = folder) => runApt(program, [...flags, ...args], cwd);
}

/** The mirror that this system's own apt uses, so that a local one is respected. */
function debianMirror() {
  const known = aptSources().find(({ origin, release }) => origin === "Debian" && !release.includes("security"));
  // Where apt has no package lists, as in many containers, it does not know whose its sources are.
  const unknown = known ? [] : aptSources("--no-release-info");
  const guessed = unknown.find(({ uri, component }) => component === "main" && /\/debian\/?$/.test(uri));
  const mirror = (known ?? guessed)?.uri;
  return mirror ?? fail("apt-get knows no Debian mirror: /etc/apt names no source to take the toolchain from.");
}

/** @param {string[]} flags */
function aptSources(...flags) {
  const format = ["--format", "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)", "Created-By: Packages"];
  const { stdout, error } = spawnSync("apt-get", ["indextargets", ...flags, ...format], { encoding: "utf8" });
  if (error) fail(`The toolchain could not be downloaded: ${error.message}.`);
  const lines = (stdout ?? "").split("\n").map((line) => line.split(" "));
  return lines.map(([uri = "", release = "", component = "", origin = ""]) => ({ uri, release, component, origin }));
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 */
async function runApt(program, args, cwd) {
  const env = { ...process.env, LC_ALL: "C" };
  const child = spawn(...tied(program, args), { cwd, env, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  let output = "";
  child.stdout?.on("data", (data) => (output += data));
  child.stdio[3]?.on("data", progressPrinter());
  const { isWell, errors } = await endOf(child);
  return isWell ? output : aptFailed(errors);
}

function progressPrinter() {
  let shown = 0;
  /** @param {Buffer} data */
  return (data) => {
    for (const [, percent] of String(data).matchAll(/^dlstatus:[^:]*:([\d.]+):/gm)) {
      if (Number(percent) < shown + 10) continue;
      shown = Math.floor(Number(percent) / 10) * 10;
      step(`  ${shown} %`);
    }
  };
}

/**
 * @param {string} errors
 * @returns {never}
 */
function aptFailed(errors) {
  if (DISK_IS_FULL.test(errors)) throw new Error(errors);
  const lines = errors.split("\n").filter((line) => /^[EW]:/.test(line));
  fail(
    "The toolchain could not be downloaded. apt-get says:",
    ...(lines.length ? lines : [errors.trim()]).slice(-4).map((line) => `  ${line}`),
    "Is there a network? What has come so far is kept and checked: run the same command again to go on.",
  );
}
