// npm run release, and the files it makes: the port that downloads its source, and the recipes for
// vcpkg and Conan.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { blocks, section } from "../support/documents.mjs";
import { nodeWithJspi } from "../support/node.mjs";
import { createPortUser } from "../support/port.mjs";
import { createReleasable } from "../support/release.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version, homepage, repository, bugs, license } = JSON.parse(
  fs.readFileSync(path.join(root, "package.json"), "utf8"),
);
const guide = fs.readFileSync(path.join(root, "docs/installing.md"), "utf8");
const run = promisify(execFile);

describe("npm run release", { timeout: 3_000_000 }, () => {
  const releasable = createReleasable();
  const { folder, published } = releasable;
  const from = pathToFileURL(published).href;
  const unpacked = path.join(folder, "build/unpacked");
  let printed = "";
  before(async () => {
    printed = await releasable.release(["--from", from]);
    fs.mkdirSync(unpacked);
    for (const name of fs.readdirSync(published).filter((name) => /gz$/.test(name)))
      execFileSync("tar", ["-xf", path.join(published, name), "-C", unpacked]);
  });
  after(() => releasable.remove());

  /** @param {string} name */
  const read = (name) => fs.readFileSync(path.join(published, name));

  /** @param {string} name */
  const readUnpacked = (name) => fs.readFileSync(path.join(unpacked, name), "utf8");

  const zip = `hawser-${version}.zip`;
  const files = [
    "SHA256SUMS",
    `hawser-${version}.tgz`,
    zip,
    `hawser-conan-${version}.tar.gz`,
    `hawser-vcpkg-${version}.tar.gz`,
    "hawser.py",
  ];

  it("makes every file, and says where it belongs", () => {
    assert.deepEqual(fs.readdirSync(published).sort(), files, printed);
    const orders = [
      `git tag v${version} `,
      `${homepage}/releases/new`,
      "hawser.py:help",
      "npm publish ",
      "ConanCenter",
    ];
    const places = orders.map((order) => printed.indexOf(order));
    assert.ok(places[0] >= 0, printed);
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
    for (const file of files)
      assert.ok(printed.includes(`build/publish/${file}`) || printed.includes(file), file);
  });

  it("has a checksum of every other file", () => {
    const lines = files
      .filter((file) => file !== "SHA256SUMS")
      .map((file) => `${createHash("sha256").update(read(file)).digest("hex")}  ${file}`);
    assert.deepEqual(`${read("SHA256SUMS")}`.trim().split("\n").sort(), lines.sort());
  });

  it("makes the same source from the same commit, in any time zone", async () => {
    const before = read(zip);
    await releasable.release(["--from", from], { TZ: "Pacific/Auckland" });
    assert.ok(before.equals(read(zip)));
  });

  it("names its own release page, unless another place is given", async () => {
    const { readFileSync } = fs;
    try {
      await releasable.release([]);
      const place = `${homepage}/releases/download/v${version}/${zip}`;
      assert.ok(readFileSync(path.join(published, "hawser.py"), "utf8").includes(`'${place}'`));
    } finally {
      await releasable.release(["--from", from]);
    }
  });

  it("has one address of the repository", () => {
    assert.equal(repository.url, `git+${homepage}.git`);
    assert.equal(bugs, `${homepage}/issues`);
  });

  for (const [what, edit, sentence] of /** @type {[string, () => void, RegExp][]} */ ([
    [
      "uncommitted changes",
      () => fs.writeFileSync(path.join(folder, "new.txt"), ""),
      /^There are uncommitted changes\. Commit them, or see a draft: --draft\.$/m,
    ],
    [
      "a version that differs",
      () =>
        releasable.edit("wasm/include/hawser/version.hpp", /(HAWSER_VERSION_PATCH) \d+/, "$1 99"),
      /^The version is \d+\.\d+\.99 in wasm\/include\/hawser\/version\.hpp, \d+\.\d+\.\d+ in package\.json, .*\. Write/m,
    ],
    [
      "a HAR that names another version",
      () => releasable.edit("js/recorder.js", /const version = ".*"/, 'const version = "0.0.1"'),
      /^The version is .*, 0\.0\.1 in js\/recorder\.js, .*\. Write the same everywhere\.$/m,
    ],
    [
      "a version without a date",
      () => {
        releasable.edit("CHANGELOG.md", "] - 2026-01-01", "] - Unreleased");
        releasable.commit();
      },
      /^CHANGELOG\.md says "Unreleased" of \d+\.\d+\.\d+\. Write the date/m,
    ],
  ])) {
    it(`refuses ${what}`, async () => {
      const git = (/** @type {string[]} */ ...args) => execFileSync("git", args, { cwd: folder });
      const commit = `${git("rev-parse", "HEAD")}`.trim();
      try {
        edit();
        assert.match(await releasable.release([]), sentence);
      } finally {
        git("reset", "--quiet", "--hard", commit);
        git("clean", "--quiet", "--force");
      }
    });
  }

  it("makes a draft of what it would refuse", async () => {
    releasable.edit("CHANGELOG.md", "] - 2026-01-01", "] - Unreleased");
    const { dist, away } = {
      dist: path.join(folder, "dist"),
      away: path.join(folder, "build/dist"),
    };
    try {
      assert.match(await releasable.release(["--draft", "--from", from]), /nothing is published/);
      assert.ok(read(zip).length > 0);
      fs.renameSync(dist, away);
      const sentence = /^There is no dist\/hawser\.wasm to pack\. Leave out --no-build\.$/m;
      assert.match(await releasable.release(["--draft"]), sentence);
    } finally {
      if (fs.existsSync(away)) fs.renameSync(away, dist);
      releasable.edit("CHANGELOG.md", "] - Unreleased", "] - 2026-01-01");
    }
  });

  it("refuses an unknown option", async () => {
    assert.match(await releasable.release(["--publish"]), /Unknown option '--publish'/);
    assert.match(await releasable.release(["--from", "here"]), /^--from wants a URL, not here\.$/m);
  });

  it("packs a README whose pictures have an absolute address, and whose links lead to files of the package", () => {
    const readme = readUnpacked("package/README.md");
    const targets = [
      ...readme.replaceAll(/^```.*?^```$/gms, "").matchAll(/(!?)\[[^\]]*\]\(([^)#\s]+)/g),
    ];
    // Badges show data of other servers.
    const pictures = targets
      .filter(([, mark, target]) => mark && !/badge|shields/.test(target))
      .map(([, , target]) => target);
    assert.ok(pictures.length > 0);
    for (const picture of pictures) {
      const file = picture.replace(`${homepage}/raw/v${version}/`, "");
      assert.notEqual(file, picture, "it has no absolute address");
      assert.ok(fs.existsSync(path.join(root, file)), picture);
    }
    for (const [, mark, target] of targets.filter(
      ([, mark, target]) => !mark && !/^[a-z]+:/.test(target),
    ))
      assert.ok(fs.existsSync(path.join(unpacked, "package", target)), mark + target);
  });

  describe("the port that downloads the source", () => {
    const user = createPortUser();
    after(() => user.remove());
    before(() => {
      fs.copyFileSync(path.join(published, "hawser.py"), path.join(user.folder, "hawser.py"));
      const program = `#include <hawser/hawser.hpp>
#include <cstdio>
int main() { std::puts(hawser::name(hawser::WebSocket::open("http").error())); }\n`;
      fs.writeFileSync(path.join(user.folder, "main.cpp"), program);
    });

    it("helps, and leaves the libraries of other checkouts in the cache", async () => {
      const cache = execFileSync("em-config", ["CACHE"], { encoding: "utf8" }).trim();
      const other = path.join(
        cache,
        `sysroot/lib/wasm32-emscripten/libhawser-${version}-of-a-test.a`,
      );
      fs.writeFileSync(other, "");
      try {
        const help = await user.em(["--use-port=hawser.py:help"]);
        assert.ok(
          help.includes(`hawser ${version} (`) && help.includes("optimizationLevel: "),
          help,
        );
        assert.ok(fs.existsSync(other));
      } finally {
        fs.rmSync(other, { force: true });
      }
    });

    it("builds a program with the command of the guide", async () => {
      const [, command] = blocks(section(guide, "Emscripten port"), "sh");
      const [program, ...args] = command.trim().split(" ");
      assert.equal(program, "em++");
      const printed = await user.em(args);
      const { stdout } = await run(nodeWithJspi.path, [path.join(user.folder, "main.js")]).catch(
        () => assert.fail(printed),
      );
      assert.equal(stdout, "invalid_url\n");
    });

    it("refuses a source other than the release's", async () => {
      const other = createPortUser();
      try {
        const port = `${read("hawser.py")}`.replace(/(SHA512 = ')./, "$1x");
        fs.writeFileSync(path.join(other.folder, "hawser.py"), port);
        assert.match(
          await other.em(["--use-port=hawser.py:help"]),
          /error: Unexpected hash: [0-9a-f]{128}/,
        );
      } finally {
        other.remove();
      }
    });
  });

  describe("the port of vcpkg", () => {
    it("has a manifest that vcpkg accepts", () => {
      const manifest = JSON.parse(readUnpacked("hawser-vcpkg/hawser/vcpkg.json"));
      const { dependencies, description, ...rest } = manifest;
      assert.match(description, /^\S.*\S$/);
      // https://learn.microsoft.com/vcpkg/reference/vcpkg-json
      assert.deepEqual(rest, {
        name: "hawser",
        version,
        homepage,
        license,
        supports: "emscripten",
      });
      assert.deepEqual(
        dependencies,
        ["vcpkg-cmake", "vcpkg-cmake-config"].map((name) => ({ name, host: true })),
      );
    });

    it("says in its usage text what a program's CMake needs", () => {
      const usage = readUnpacked("hawser-vcpkg/hawser/usage");
      assert.ok(
        usage.includes("find_package(hawser CONFIG REQUIRED)") && usage.includes("hawser::hawser"),
      );
    });
  });

  it("fills in all placeholders of the recipes", () => {
    const names = fs
      .readdirSync(unpacked, { recursive: true, encoding: "utf8" })
      .filter((name) => /^hawser-/.test(name));
    const texts = names.filter((name) => fs.statSync(path.join(unpacked, name)).isFile());
    assert.ok(texts.length > 5);
    assert.deepEqual(
      texts.filter((name) => /@[A-Z0-9_]+@/.test(readUnpacked(name))),
      [],
    );
    for (const tool of ["vcpkg", "conan"])
      assert.ok(guide.includes(`tar -xf hawser-${tool}-*.tar.gz`));
  });
});
