// Runs em++ with hawser's port, and removes its traces from Emscripten's cache, which all projects
// of a machine share.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A folder for programs, with em++ to build them. */
export function createPortUser() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-port-"));
  const env = { ...process.env, EM_PORTS: path.join(folder, "ports") };
  /** Of the libraries that were built. @type {Set<string>} */
  const fingerprints = new Set();

  return {
    folder,

    /**
     * The output of em++ on both streams, whether it fails or not.
     *
     * @param {string[]} args
     * @param {NodeJS.ProcessEnv} [more] variables of the environment
     */
    async em(args, more = {}) {
      const options = { cwd: folder, env: { ...env, ...more }, maxBuffer: 1 << 26 };
      const { stdout, stderr } = await run("em++", args, options).catch((error) => error);
      const printed = `${stdout}${stderr}`;
      for (const [, fingerprint] of printed.matchAll(/libhawser-[\d.]+-([0-9a-f]{12})/g))
        fingerprints.add(fingerprint);
      return printed;
    },

    /**
     * Builds a program, and fails with the output of em++ on an error.
     *
     * @param {string} program
     * @param {string[]} args
     */
    async build(program, args) {
      const file = path.join(folder, program);
      const printed = await this.em([...args, "-o", file]);
      assert.ok(fs.existsSync(file), printed);
      return { file, printed };
    },

    remove() {
      const cache = execFileSync("em-config", ["CACHE"], { encoding: "utf8" }).trim();
      const names = fs.readdirSync(cache, { recursive: true, encoding: "utf8" });
      for (const fingerprint of fingerprints)
        for (const name of names.filter((name) => path.basename(name).includes(fingerprint)))
          fs.rmSync(path.join(cache, name), { recursive: true, force: true });
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}
