// apt with a private folder for its state. It needs no root, and changes nothing on the system.

import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fail, step } from "../console.mjs";
import { DISK_IS_FULL } from "./cache.mjs";
import { endOf, tied } from "./processes.mjs";
import { pinnedMirror } from "./system.mjs";

/** @typedef {{ name: string, version: string, file: string }} Package */

/** @typedef {ReturnType<typeof privateApt>} Apt */

/**
 * An apt that knows `sources`, and downloads into `folder`. Errors say that `title` could not be
 * downloaded.
 *
 * It ignores the packages that this system has, so that the downloaded ones keep working when those
 * change. It treats those in `assumed` as installed, and so needs none of their dependencies either.
 *
 * @param {string} folder
 * @param {{ title: string, sources: import("./system.mjs").Source[], kinds?: ("deb" | "deb-src")[], assumed?: string[] }}
 *   options
 */
export function privateApt(folder, { title, sources, kinds = ["deb"], assumed = [] }) {
  /** @param {string} name */
  const inside = (name) => path.join(folder, name);
  for (const name of ["lists/partial", "archives/partial"])
    fs.mkdirSync(inside(name), { recursive: true });
  fs.writeFileSync(inside("status"), assumed.map(installed).join("\n"));
  fs.writeFileSync(
    inside("sources.list"),
    kinds.flatMap((kind) => sources.map((one) => line(kind, one))).join(""),
  );
  const settings = {
    "Dir::State": folder,
    "Dir::State::Lists": inside("lists"),
    "Dir::State::status": inside("status"),
    "Dir::Etc::SourceList": inside("sources.list"),
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::Cache": folder,
    "Dir::Cache::Archives": inside("archives"),
    "Acquire::Languages": "none",
    "APT::Install-Recommends": "0",
    "APT::Sandbox::User": "",
    "APT::Status-Fd": "3",
    // Without this, an update that reached no server succeeds.
    "APT::Update::Error-Mode": "any",
    "Acquire::Retries": "3",
    "Debug::NoLocking": "1",
  };
  const flags = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  /**
   * @param {"apt-get" | "apt-cache"} program
   * @param {string[]} args
   */
  const apt = (program, args, cwd = folder) => runApt(program, [...flags, ...args], cwd, title);

  return {
    update: () => apt("apt-get", ["update"]),

    /** @param {string} name */
    show: (name) => apt("apt-cache", ["show", name]),

    /**
     * Downloads `names` with all their dependencies, after printing how much that is, and returns
     * all of them.
     *
     * @param {string[]} names
     * @param {(packages: Package[]) => string} describe
     * @returns {Promise<Package[]>}
     */
    async download(names, describe) {
      const packages = parsePackages(
        await apt("apt-get", ["install", "-y", "--simulate", ...names]),
        inside("archives"),
      );
      const plan = await apt("apt-get", ["install", "-y", "--print-uris", ...names]);
      const download = /^Need to get ([^/\n]*?)(?:\/.*)? of archives/m.exec(plan)?.[1];
      const disk = /^After this operation, (.*) of additional disk space/m.exec(plan)?.[1];
      const size =
        download && disk ? `downloading ${download}, which take ${disk} on disk` : "downloading";
      step(`${describe(packages)}: ${size}`);
      await apt("apt-get", ["install", "-y", "--download-only", ...names]);
      const isWhole = packages.length > 0 && packages.every(({ file }) => fs.existsSync(file));
      return isWhole
        ? packages
        : fail(`apt-get reported success, but ${title} was not downloaded. Nothing was kept.`);
    },

    /**
     * Downloads the original sources of `names`.
     *
     * @param {string[]} names
     * @returns {Promise<Package[]>}
     */
    async downloadSources(names) {
      const sources = inside("sources");
      fs.rmSync(sources, { recursive: true, force: true });
      fs.mkdirSync(sources);
      await apt("apt-get", ["source", "--download-only", ...names], sources);
      const archives = fs.readdirSync(sources).flatMap((file) => {
        const [, name, version] = /^(.+)_(.+)\.orig\.tar\.[gx]z$/.exec(file) ?? [];
        return name ? [{ name, version, file: path.join(sources, file) }] : [];
      });
      const isWhole = archives.length === names.length;
      return isWhole
        ? archives
        : fail(`apt-get reported success, but ${title} was not downloaded. Nothing was kept.`);
    },
  };
}

/**
 * @param {"deb" | "deb-src"} kind
 * @param {import("./system.mjs").Source} source
 */
function line(kind, { uri, suite }) {
  const signed = "signed-by=/usr/share/keyrings/debian-archive-keyring.gpg";
  // A pinned mirror is meant to be old.
  const options = pinnedMirror() ? `${signed} check-valid-until=no` : signed;
  return `${kind} [${options}] ${uri} ${suite} main\n`;
}

/**
 * What dpkg writes about an installed package. The version is newer than any that a dependency asks
 * for.
 *
 * @param {string} name
 */
function installed(name) {
  return [
    `Package: ${name}`,
    "Status: install ok installed",
    "Version: 99:0",
    "Architecture: all",
    "Multi-Arch: foreign",
    "Maintainer: hawser",
    "Description: assumed",
    "",
  ].join("\n");
}

/**
 * The packages of lines such as "Inst ninja-build (1.13.2-1 Debian:testing [amd64])".
 *
 * @param {string} text
 * @param {string} folder
 * @returns {Package[]}
 */
function parsePackages(text, folder) {
  const found = text.matchAll(/^Inst (\S+) \((\S+) .*\[(\w+)\]\)/gm);
  return [...found].map(([, name, version, kind]) => ({
    name,
    version,
    file: path.join(folder, `${name}_${version.replaceAll(":", "%3a")}_${kind}.deb`),
  }));
}

/**
 * The version that the authors of a package's program gave it: 6.0.5 of 1:6.0.5~dfsg-2.
 *
 * @param {Package[]} packages
 * @param {string} wanted
 */
export function upstreamVersion(packages, wanted) {
  const version = packages.find(({ name }) => name === wanted)?.version ?? "";
  return version
    .replace(/^\d+:/, "")
    .replace(/-[^-]*$/, "")
    .replace(/[~+].*$/, "");
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {string} cwd
 * @param {string} title
 */
async function runApt(program, args, cwd, title) {
  const env = { ...process.env, LC_ALL: "C" };
  const child = spawn(...tied(program, args), {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  let output = "";
  child.stdout?.on("data", (data) => (output += data));
  child.stdio[3]?.on("data", progressPrinter());
  const { isWell, errors } = await endOf(child);
  return isWell ? output : aptFailed(errors, title);
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
 * @param {string} title
 * @returns {never}
 */
function aptFailed(errors, title) {
  if (DISK_IS_FULL.test(errors)) throw new Error(errors);
  const lines = errors.split("\n").filter((line) => line.startsWith("E:"));
  fail(
    `${title} could not be downloaded. apt-get says:`,
    ...(lines.length ? lines : [errors.trim()]).slice(-4).map((line) => `  ${line}`),
    "Is there a network? Finished downloads are kept: run the same command again to continue.",
  );
}
