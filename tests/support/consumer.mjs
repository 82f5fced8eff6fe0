// A separate project, which installs the package as npm ships it:
//
//   const consumer = await createConsumer();
//   await consumer.run("vite", "build");
//   consumer.remove();
//
// Its sources are in consumer/. It uses this project's tools, so that nothing is downloaded.

import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = path.dirname(fileURLToPath(import.meta.url));
const isWindows = process.platform === "win32";

// npm sets variables for a script that it runs, and they would make another npm work in this
// project.
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)),
);
env.NO_COLOR = "1"; // otherwise publint and attw colour their output when CI is set
delete env.FORCE_COLOR;
const tools = [root, path.join(root, "tests", "consumers")].map((folder) =>
  path.join(folder, "node_modules", ".bin"),
);
env.PATH = [...tools, env.PATH].join(path.delimiter);

/**
 * Runs `program` and returns its output, on both streams. An exception has it as `stdout` and
 * `stderr`.
 *
 * @param {string} folder
 * @param {string} program
 * @param {string[]} args
 */
async function runIn(folder, program, args) {
  const { stdout, stderr } = await promisify(execFile)(program, args, {
    cwd: folder,
    env,
    shell: isWindows,
  });
  return (stdout + stderr).trim();
}

/**
 * `packages` are packages of this project that the consumer gets, too.
 *
 * @param {{ packages?: string[] }} [options]
 */
export async function createConsumer({ packages = [] } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-consumer-"));
  const remove = () => fs.rmSync(folder, { recursive: true, force: true });
  try {
    const flags = ["--silent", "--no-audit", "--no-fund", "--no-update-notifier"];
    const name = await runIn(root, "npm", [
      "pack",
      "--ignore-scripts",
      "--pack-destination",
      folder,
      ...flags,
    ]);
    const tarball = path.join(folder, name);

    const app = path.join(folder, "app");
    fs.cpSync(path.join(here, "consumer"), app, { recursive: true });
    fs.writeFileSync(
      path.join(app, "package.json"),
      JSON.stringify({ private: true, type: "module" }),
    );
    await runIn(app, "npm", ["install", "--offline", ...flags, tarball]);
    for (const name of packages) {
      const link = path.join(app, "node_modules", name);
      fs.mkdirSync(path.dirname(link), { recursive: true });
      fs.symlinkSync(path.join(root, "node_modules", name), link, "junction");
    }

    return {
      tarball,
      folder: app,
      /** The package as it was installed. */
      installed: path.join(app, "node_modules", "hawser"),
      /**
       * Runs a program, which may be one of this project's tools, in the consumer's folder.
       *
       * @param {string} program
       * @param {string[]} args
       */
      run: (program, ...args) => runIn(app, program, args),
      remove,
    };
  } catch (error) {
    remove();
    throw error;
  }
}
