// Which Debian this is, and where its packages come from.

import fs from "node:fs";
import { fail } from "../console.mjs";
import { run } from "./processes.mjs";

/** @type {Record<string, { triple: string, loader: string } | undefined>} */
const ARCHITECTURES = {
  amd64: { triple: "x86_64-linux-gnu", loader: "lib64/ld-linux-x86-64.so.2" },
  arm64: { triple: "aarch64-linux-gnu", loader: "lib/ld-linux-aarch64.so.1" },
};

/** @typedef {{ uri: string, suite: string }} Source */

export function isDebian() {
  return /^ID=debian$/m.test(osRelease());
}

/** The code name of the suite that this system runs. */
export function systemSuite() {
  return /^VERSION_CODENAME=(\w+)$/m.exec(osRelease())?.[1] ?? "stable";
}

function osRelease() {
  try {
    return fs.readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
}

export async function architecture() {
  const { output } = await run("dpkg", ["--print-architecture"]);
  const name = output.trim();
  return (
    ARCHITECTURES[name] ??
    fail(`There is no recipe for Debian on ${name}; known are amd64 and arm64.`)
  );
}

/**
 * The mirror that packages come from instead of this system's own, such as a day's state of Debian
 * at https://snapshot.debian.org/archive/debian/20261101T000000Z. The suites move; such a state
 * does not.
 */
export function pinnedMirror() {
  return process.env.HAWSER_DEBIAN_MIRROR || undefined;
}

/**
 * Where `suite`, which need not be this system's, comes from: this system's own mirror, so that a
 * local one is used.
 *
 * @param {string} suite
 * @returns {Promise<Source[]>}
 */
export async function sourcesOf(suite) {
  const mirror = (await mirrors()).find((source) => !/security/.test(source.uri + source.suite));
  return [{ uri: mirror?.uri ?? noMirror(), suite }];
}

/**
 * Where this system's packages come from, security updates included.
 *
 * @returns {Promise<Source[]>}
 */
export async function systemSources() {
  const sources = await mirrors();
  return sources.length > 0 ? sources : noMirror();
}

async function mirrors() {
  const pinned = pinnedMirror();
  if (pinned) return [{ uri: pinned, suite: systemSuite() }];
  const known = (await aptSources()).filter(({ origin }) => origin === "Debian");
  if (known.length > 0) return known;
  // If apt has no package lists, as in many containers, it does not know which of its sources are
  // Debian's.
  return (await aptSources("--no-release-info")).filter(({ uri }) =>
    /\/debian(-security)?\/?$/.test(uri),
  );
}

/** @param {string[]} flags */
async function aptSources(...flags) {
  const format = [
    "--format",
    "$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)",
    "Created-By: Packages",
  ];
  const { isWell, output, errors } = await run("apt-get", ["indextargets", ...flags, ...format]);
  if (!isWell && /ENOENT|No such file/.test(errors))
    fail(`Packages could not be downloaded: ${errors}.`);
  const lines = output.split("\n").map((line) => line.split(" "));
  const mains = lines.filter(([, , component]) => component === "main");
  const sources = mains.map(([uri, suite, , origin = ""]) => ({ uri, suite, origin }));
  // Each is shown once for every architecture.
  return [...new Map(sources.map((source) => [`${source.uri} ${source.suite}`, source])).values()];
}

/** @returns {never} */
function noMirror() {
  fail(
    "apt-get knows no Debian mirror: /etc/apt names no source to download packages from.",
    "Name a mirror of Debian in HAWSER_DEBIAN_MIRROR, and run this again.",
  );
}
