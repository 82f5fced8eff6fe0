// A copy of this project in a separate repository, with everything committed, in which npm run
// release can run.

import { execFile, execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));

export function createReleasable() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-releasable-"));
  const files = execFileSync(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: root },
  );
  const isFile = (/** @type {string} */ file) =>
    fs.lstatSync(path.join(root, file), { throwIfNoEntry: false })?.isFile();
  for (const file of `${files}`.split("\0").filter((file) => file && isFile(file)))
    fs.cpSync(path.join(root, file), path.join(folder, file));
  fs.cpSync(path.join(root, "dist"), path.join(folder, "dist"), { recursive: true });

  const date = "2026-01-01T00:00:00Z";
  const env = { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  const who = [
    "-c",
    "user.name=Test",
    "-c",
    "user.email=test@example.org",
    "-c",
    "commit.gpgsign=false",
  ];
  const git = (/** @type {string[]} */ ...args) =>
    execFileSync("git", [...who, ...args], { cwd: folder, env });
  git("init", "--quiet");

  const releasable = {
    folder,
    published: path.join(folder, "build/publish"),

    commit() {
      git("add", "--all");
      git("commit", "--quiet", "--message", "A release");
    },

    /**
     * Replaces a text in a file.
     *
     * @param {string} file
     * @param {string | RegExp} text
     * @param {string} other
     */
    edit(file, text, other) {
      const target = path.join(folder, file);
      const before = fs.readFileSync(target, "utf8");
      const after = before.replace(text, other);
      if (before === after) throw new Error(`${file} has no ${text}`);
      fs.writeFileSync(target, after);
    },

    /**
     * The output of npm run release, whether it fails or not.
     *
     * @param {string[]} args
     * @param {NodeJS.ProcessEnv} [more] variables of the environment
     */
    async release(args, more = {}) {
      const options = { cwd: folder, env: { ...env, ...more } };
      const command = ["tools/release/main.mjs", "--no-build", ...args];
      const { stdout, stderr } = await promisify(execFile)(
        process.execPath,
        command,
        options,
      ).catch((error) => error);
      return `${stdout}${stderr}`;
    },

    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  };
  releasable.edit("CHANGELOG.md", /^(## \[\d+\.\d+\.\d+\] -).*$/m, "$1 2026-01-01");
  releasable.commit();
  return releasable;
}
