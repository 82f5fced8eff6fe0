// npm run release: makes the files of a release, and says where to publish them. It publishes
// nothing.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { fail, main, step } from "../console.mjs";
import { run } from "../processes.mjs";
import { check, git, json } from "./checks.mjs";
import { parseOptions } from "./options.mjs";
import { withAbsolutePictures } from "./readme.mjs";

const folder = "build/publish";
const isWindows = process.platform === "win32";

await main(async () => {
  process.chdir(fileURLToPath(new URL("../..", import.meta.url)));
  const options = parseOptions(process.argv.slice(2));
  if ("help" in options) return console.log(options.help);
  check(options);
  if (
    options.build &&
    (await run(process.execPath, ["tools/with.mjs", "--build", "release", "--"])) !== 0
  )
    fail("The package could not be built; the output above says why.");
  if (!fs.existsSync("dist/hawser.wasm"))
    fail("There is no dist/hawser.wasm to pack. Leave out --no-build.");

  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-release-"));
  try {
    make(scratch, options.from);
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
});

/**
 * @param {string} scratch an empty folder
 * @param {string} [from]
 */
function make(scratch, from) {
  const { version, description, license, homepage } = json("package.json");
  const place = from ?? `${homepage}/releases/download/v${version}`;
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });

  const zip = `hawser-${version}.zip`;
  makeZip(zip, version);
  const bytes = fs.readFileSync(path.join(folder, zip));
  const values = {
    VERSION: version,
    DESCRIPTION: description,
    LICENSE: license,
    HOMEPAGE: homepage,
    ZIP_URL: `${place.replace(/\/$/, "")}/${zip}`,
    SHA256: createHash("sha256").update(bytes).digest("hex"),
    SHA512: createHash("sha512").update(bytes).digest("hex"),
  };
  makePort(values);
  const vcpkg = makeRecipes(scratch, "vcpkg", values);
  const conan = makeRecipes(scratch, "conan", values);
  const npm = makePackage(scratch, { version, homepage });

  const attachments = [zip, "hawser.py", vcpkg, conan, npm];
  makeSums(attachments);
  console.log(
    instructions({
      version,
      homepage,
      attachments: [...attachments, "SHA256SUMS"],
      npm,
      vcpkg,
      conan,
    }),
  );
}

/**
 * Packs the source. The same commit always results in the same bytes: no compression, because zlib
 * versions differ, and times in UTC.
 *
 * @param {string} name
 * @param {string} version
 */
function makeZip(name, version) {
  step(`making ${name}`);
  const args = [
    "-c",
    "core.autocrlf=false",
    "archive",
    "--format=zip",
    "-0",
    `--prefix=hawser-${version}/`,
  ];
  execFileSync("git", [...args, "-o", path.resolve(folder, name), "HEAD"], {
    env: { ...process.env, TZ: "UTC" },
  });
}

/** @param {Record<string, string>} values */
function makePort(values) {
  step("making hawser.py");
  const template = git("show", "HEAD:packaging/emscripten/download.py.in");
  fs.writeFileSync(path.join(folder, "hawser.py"), `${fill(template, values)}\n`);
}

/**
 * Fills the files of packaging/vcpkg or packaging/conan with the values of this release.
 *
 * @param {string} scratch
 * @param {string} tool
 * @param {Record<string, string>} values
 */
function makeRecipes(scratch, tool, values) {
  const name = `hawser-${tool}`;
  const archive = `${name}-${values.VERSION}.tar.gz`;
  step(`making ${archive}`);
  const prefix = `packaging/${tool}/`;
  for (const file of git("ls-tree", "-r", "--name-only", "HEAD", prefix).split("\n")) {
    const target = path.join(scratch, name, file.slice(prefix.length));
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, `${fill(git("show", `HEAD:${file}`), values)}\n`);
  }
  execFileSync("tar", ["-czf", path.resolve(folder, archive), name], { cwd: scratch });
  return archive;
}

/**
 * Packs the npm package: committed and built files, and a README with absolute URLs for pictures,
 * so that npm's site can show them.
 *
 * @param {string} scratch
 * @param {{ version: string, homepage: string }} release
 */
function makePackage(scratch, { version, homepage }) {
  const name = `hawser-${version}.tgz`;
  step(`making ${name}`);
  const source = path.join(scratch, "package");
  fs.mkdirSync(source);
  execFileSync("git", ["archive", "--format=tar", "-o", path.join(scratch, "package.tar"), "HEAD"]);
  execFileSync("tar", ["-xf", path.join(scratch, "package.tar"), "-C", source]);
  fs.cpSync("dist", path.join(source, "dist"), { recursive: true });
  const readme = path.join(source, "README.md");
  const text = fs.readFileSync(readme, "utf8");
  fs.writeFileSync(readme, withAbsolutePictures(text, `${homepage}/raw/v${version}/`));

  const args = ["pack", "--ignore-scripts", "--silent", "--pack-destination", path.resolve(folder)];
  // npm sets variables for the scripts that it runs. They would make this second npm work in the
  // checkout.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)),
  );
  execFileSync("npm", args, { cwd: source, env, shell: isWindows });
  return name;
}

/** @param {string[]} files */
function makeSums(files) {
  const lines = files.map((file) => {
    const bytes = fs.readFileSync(path.join(folder, file));
    return `${createHash("sha256").update(bytes).digest("hex")}  ${file}\n`;
  });
  fs.writeFileSync(path.join(folder, "SHA256SUMS"), lines.join(""));
}

/**
 * @param {string} template
 * @param {Record<string, string>} values
 */
function fill(template, values) {
  return template.replaceAll(
    /@([A-Z0-9_]+)@/g,
    (_, name) => values[name] ?? fail(`There is no value for @${name}@.`),
  );
}

/**
 * @param {{ version: string, homepage: string, attachments: string[], npm: string, vcpkg: string, conan: string }}
 *   release
 */
function instructions({ version, homepage, attachments, npm, vcpkg, conan }) {
  const files = attachments.map((file) => `       ${folder}/${file}`).join("\n");
  return `
hawser ${version} is in ${folder}, and nothing is published. In this order:

  1. Tag the commit, which ${npm} takes its pictures from:
       git tag v${version} ${git("rev-parse", "HEAD")} && git push origin v${version}
  2. Make the release v${version} at ${homepage}/releases/new, and upload:
${files}
  3. See that the port finds its source, in an empty folder: em++ --use-port=${path.resolve(folder)}/hawser.py:help
  4. npm publish ${folder}/${npm}
  5. If vcpkg or ConanCenter list hawser: propose the files of ${vcpkg} and ${conan} there.`;
}
