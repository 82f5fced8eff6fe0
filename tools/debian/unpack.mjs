// Unpacks Debian's binary and source packages into a folder.

import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pipeline } from "node:stream";
import { fail, step } from "../console.mjs";
import { endOf, tied } from "./processes.mjs";

// Weight that no build and no test needs; libraries among these packages stay.
const LEFT_OUT = [
  "./usr/share/doc/*",
  "./usr/share/man/*",
  "./usr/share/locale/*",
  "./usr/lib/gcc/*/*/cc1*",
];

/**
 * @param {import("./apt.mjs").Package[]} packages
 * @param {string} prefix
 */
export async function unpack(packages, prefix) {
  step(`unpacking ${packages.length} packages`);
  fs.mkdirSync(prefix, { recursive: true });
  // Debian's folders of programs and libraries are links into usr; tar must not make real ones of
  // them. ("include" is for ninja: clang reports headers in lib/../include. Without the link, ninja
  // considers them missing, and builds everything again each time.)
  for (const name of ["bin", "sbin", "lib", "lib64", "include"]) {
    fs.mkdirSync(path.join(prefix, "usr", name), { recursive: true });
    fs.symlinkSync(`usr/${name}`, path.join(prefix, name));
  }
  const queue = packages.map(({ file }) => file);
  /** @type {unknown[]} */
  const failures = [];
  const worker = async () => {
    while (queue.length > 0 && failures.length === 0) {
      await unpackOne(String(queue.pop()), prefix).catch((error) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: os.availableParallelism() }, worker));
  if (failures.length > 0) throw failures[0];
}

/**
 * @param {string} archive
 * @param {string} prefix
 */
async function unpackOne(archive, prefix) {
  const excludes = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
  const flags = ["-C", prefix, "--keep-directory-symlink", "--no-same-owner", ...excludes];
  await extract(archive, ["dpkg-deb", "--fsys-tarfile", archive], flags);
}

/**
 * Unpacks the source of a package into the folder of its name in `prefix`, where xz is: a small
 * system has none.
 *
 * @param {import("./apt.mjs").Package} source
 * @param {string} prefix
 */
export async function unpackSource({ name, file }, prefix) {
  const folder = path.join(prefix, name);
  fs.mkdirSync(folder);
  const program = file.endsWith(".xz") ? path.join(prefix, "usr/bin/xz") : "gzip";
  await extract(file, [program, "-dc", file], ["-C", folder, "--strip-components=1"]);
}

/**
 * Extracts what `command` makes of `archive`.
 *
 * @param {string} archive
 * @param {[string, ...string[]]} command
 * @param {string[]} flags
 */
async function extract(archive, [program, ...args], flags) {
  const reader = spawn(...tied(program, args), { stdio: ["ignore", "pipe", "pipe"] });
  const writer = spawn(...tied("tar", ["-x", ...flags]), { stdio: ["pipe", "ignore", "pipe"] });
  if (reader.stdout && writer.stdin) pipeline(reader.stdout, writer.stdin, () => {}); // how they end says why
  const [read, written] = await Promise.all([endOf(reader), endOf(writer)]);
  if (read.isWell && written.isWell) return;
  fs.rmSync(archive, { force: true }); // apt would take it for whole
  const errors = `${read.errors}${written.errors}`.trim();
  fail(
    `${path.basename(archive)} could not be unpacked: ${errors}`,
    "Run this again to download it again.",
  );
}
