// How the commands find or provision their toolchain, browsers and brokers, and what they print
// when they cannot. The real scripts run in a temporary tree, with a PATH of small fake programs,
// so that nothing is downloaded and nothing is compiled.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { longestRun } from "../support/patience.mjs";

const tools = fileURLToPath(new URL("../../tools", import.meta.url));

// What the recipe for Debian uses from the system besides packages; without it, it cannot run.
const missing = ["flock", "setpriv", "unshare"].filter((name) => !onPath(name));
const skip = missing.length > 0 ? `this system has no ${missing.join(" and no ")}` : false;

const emcc = (/** @type {string} */ version) =>
  `echo "emcc (Emscripten gcc/clang-like replacement) ${version} (0)"`;
const cmake = `mkdir -p build/release; echo "cmake version 3.31.6"`;
const ninja = "echo 1.12.1";

// apt-get's answer about where this system's packages come from.
const mirror = 'echo "http://mirror.example/debian/ bookworm main Debian"';

// What apt-get says that it would install, and the files that it then downloads, whatever was
// requested.
const packages =
  '"emscripten (6.0.5~dfsg-2" "chromium (156.0.1-1~deb12u1" "firefox-esr (153.8.0esr-1" "webkit2gtk-driver (2.50.6-1" "nats-server (2.9.10-1+b3" "mosquitto (2.0.11-1.2+deb12u2"';
const archives =
  "emscripten_6.0.5~dfsg-2 chromium_156.0.1-1~deb12u1 firefox-esr_153.8.0esr-1 webkit2gtk-driver_2.50.6-1 nats-server_2.9.10-1+b3 mosquitto_2.0.11-1.2+deb12u2"
    .split(" ")
    .map((name) => `${name}_amd64.deb`)
    .join(" ");

// Debian's programs, as far as the recipe uses them.
const debian = {
  dpkg: "echo amd64",
  python3: "echo Python 3.11.2",
  // One package has all files: packages are unpacked into one folder, and never share a file.
  "dpkg-deb":
    'case "$*" in *emscripten_*) tar -c -C "$PACKAGE" . ;; *) tar -c -T /dev/null ;; esac',
  "apt-cache": 'echo "Depends: clang-21"',
  "apt-get": `
    case " $* " in
      *" indextargets "*) ${mirror} ;;
      *" update "*) echo update >>"$CALLS" ;;
      *" --simulate "*) for package in ${packages}; do echo "Inst $package Debian:testing [amd64])"; done ;;
      *" --print-uris "*) echo "Need to get 188 MB of archives."; echo "After this operation, 1,100 MB of additional disk space will be used." ;;
      *" install "*) echo "$*" >>"$CALLS.install"; for archive in ${archives}; do echo whole >"archives/$archive"; done ;;
      *" source "*) for name in catch2 drogon trantor; do tar -czf "\${name}_1.orig.tar.gz" -C "$PACKAGE" .; done ;;
    esac`,
};

// Prints what the real one prints without a network. An update complains, but succeeds unless asked
// otherwise.
const aptWithoutNetwork = `
  case " $* " in
    *" indextargets "*) ${mirror} ;;
    *" update "*)
      echo "E: Failed to fetch http://mirror.example/debian/dists/forky/InRelease  Could not resolve 'mirror.example'" >&2
      case " $* " in *" APT::Update::Error-Mode=any "*) exit 100 ;; esac ;;
  esac`;

// Waits for openGate, or the end of the test; as apt-get, makes the run report that.
const hang = 'read -r _ <"$GATE"';
const aptHangs = `echo "dlstatus:1:50:waiting" >&3; ${hang}`;

// The scripts read these from the system without a program.
const fakeSystem = `
  import fs from "node:fs";
  const { existsSync, readFileSync } = fs;
  const { FREE_BYTES, IN_SBIN, OS_RELEASE } = process.env;
  fs.existsSync = (file) => (file.startsWith("/usr/sbin/") ? file === IN_SBIN : existsSync(file));
  fs.readFileSync = (file, ...rest) => (file === "/etc/os-release" ? OS_RELEASE : readFileSync(file, ...rest));
  fs.statfsSync = () => ({ bavail: Number(FREE_BYTES), bsize: 1 });`;

// Finds the named programs, concurrently as the commands do, and prints the environment for
// browsers and brokers.
const find = `
  import { findBrokers } from "./tools/brokers.mjs";
  import { findBrowsers } from "./tools/browsers.mjs";
  import { Failure } from "./tools/console.mjs";
  import { findToolchain } from "./tools/toolchain.mjs";
  const [options, ...names] = process.argv.slice(2);
  const isBroker = (name) => ["nats", "mosquitto"].includes(name);
  const browsers = names.filter((name) => name !== "toolchain" && !isBroker(name));
  try {
    const programs = [
      findBrowsers(browsers, JSON.parse(options)),
      findBrokers(names.filter(isBroker), JSON.parse(options)),
    ];
    const toolchain = names.includes("toolchain") && findToolchain(JSON.parse(options));
    console.log("found " + JSON.stringify(Object.assign({}, ...(await Promise.all(programs)))));
    await toolchain;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    console.log(error.message);
    process.exitCode = 1;
  }`;

/** @type {string} */
let folder;
/** @type {NodeJS.ProcessEnv} */
let env;
/** @type {number} */
let gate;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "hawser toolchain "));
  fs.cpSync(tools, inside("tree/tools"), { recursive: true });
  write("tree/package-lock.json", "{}");
  write("tree/CMakePresets.json", "{}");
  write("tree/node_modules/.hawser-lock", "{}");
  write("tree/fake-system.mjs", fakeSystem);
  write("tree/find.mjs", find);
  fs.mkdirSync(inside("bin"));
  for (const name of ["flock", "setpriv", "tar", "gzip", "mkdir", "readlink", "rm", "id", "env"]) {
    const file = onPath(name);
    if (file) fs.symlinkSync(file, inside("bin", name));
  }
  execFileSync("mkfifo", [inside("gate")]);
  gate = fs.openSync(inside("gate"), "r+");
  env = {
    PATH: inside("bin"),
    HOME: inside("home"),
    XDG_CACHE_HOME: inside("cache"),
    OS_RELEASE: "ID=debian\nVERSION_CODENAME=bookworm\n",
    FREE_BYTES: "1e12",
    PACKAGE: inside("package"),
    CALLS: inside("calls"),
    GATE: inside("gate"),
    ALIVE: inside("alive"),
  };
});

afterEach(() => {
  fs.closeSync(gate);
  fs.rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

describe("a toolchain of this machine", () => {
  it("has its headers before the first build, which ninja would otherwise treat as older", async () => {
    const logged = `${cmake}; echo "cmake $*" >>"$CALLS"`;
    install({
      emcc: emcc("6.0.3"),
      cmake: logged,
      ninja,
      emcmake: cmake,
      embuilder: 'echo "embuilder $*" >>"$CALLS"',
    });
    await run();
    assert.match(
      fs.readFileSync(inside("calls"), "utf8"),
      /^embuilder build sysroot\n[^]*^cmake --build/m,
    );
  });

  it("is used when its Emscripten is new enough, and nothing is provisioned", async () => {
    install({ emcc: emcc("6.0.3"), cmake, ninja, emcmake: cmake });
    const { status, output } = await run();
    assert.equal(status, 0, output);
    assert.match(output, /using Emscripten 6\.0\.3 on PATH/);
    assert.equal(fs.existsSync(inside("cache")), false);
  });

  it("is named as too old when it is, and on a system other than Debian the message says what to install", async () => {
    install({ emcc: emcc("3.1.6"), cmake, ninja });
    env.OS_RELEASE = "ID=fedora\n";
    const { status, output } = await run();
    assert.match(output, /Emscripten 3\.1\.6 on PATH is too old: hawser needs 6\.0\.3 or newer/);
    assert.match(
      output,
      /this system is not Debian[^]*emsdk install latest && .*emsdk activate latest && \. /,
    );
    assertSaidAsText({ status, output });
    assert.equal(fs.existsSync(inside("cache")), false);
  });

  it("is taken from EMSDK when the one on PATH is too old", async () => {
    install({ emcc: emcc("3.1.6"), cmake, ninja });
    install({ emcc: emcc("6.1.0"), emcmake: cmake }, "emsdk/upstream/emscripten");
    env.EMSDK = inside("emsdk");
    const { status, output } = await run();
    assert.equal(status, 0, output);
    assert.match(output, /3\.1\.6 on PATH is too old[^]*using Emscripten 6\.1\.0 in \$EMSDK/);
  });

  it("without CMake is reported", async () => {
    install({ emcc: emcc("6.0.5"), ninja });
    env.OS_RELEASE = "ID=fedora\n";
    const { status, output } = await run();
    assert.match(output, /Emscripten 6\.0\.5 on PATH is new enough, but cmake cannot be found\./);
    assertSaidAsText({ status, output });
  });

  it("with a CMake older than 3.25, which cannot read the presets, is reported", async () => {
    install({ emcc: emcc("6.0.5"), cmake: "echo cmake version 3.24.4", ninja });
    env.OS_RELEASE = "ID=fedora\n";
    const { status, output } = await run();
    assert.match(output, /CMake 3\.24\.4 is too old: hawser needs 3\.25 or newer/);
    assertSaidAsText({ status, output });
  });

  it("is compared with the versions that were last tested, in one line", async () => {
    const tested = { Emscripten: "6.0.5", CMake: "3.31.6", Ninja: "1.12.1" };
    write("tree/tools/tested-versions.json", JSON.stringify(tested));
    install({ emcc: emcc("6.0.7"), cmake, ninja, emcmake: cmake });
    const other = await run();
    assert.match(
      other.output,
      /of other versions than tested: Emscripten 6\.0\.7 \(last tested with 6\.0\.5\)$/m,
    );
    install({ emcc: emcc("6.0.5") });
    const same = await run();
    assert.match(same.output, /using Emscripten 6\.0\.5/);
    assert.doesNotMatch(same.output, /than tested/);
  });

  it("that replaces another gets its own build folder, and keeps it", async () => {
    install({ emcc: emcc("6.0.3"), cmake, ninja, emcmake: cmake });
    write("tree/build/release/CMakeCache.txt", "of an unknown toolchain");
    await run();
    assert.equal(fs.existsSync(inside("tree/build/release/CMakeCache.txt")), false);
    write("tree/build/release/CMakeCache.txt", "of 6.0.3");
    await run();
    assert.equal(fs.existsSync(inside("tree/build/release/CMakeCache.txt")), true);
    install({ emcc: emcc("6.0.4") });
    await run();
    assert.equal(fs.existsSync(inside("tree/build/release/CMakeCache.txt")), false);
  });
});

describe("a toolchain provisioned on Debian", { skip }, () => {
  beforeEach(() => {
    install(debian);
    write("package/usr/share/emscripten/.emscripten", "CLANG_ADD_VERSION = '21'\n");
    for (const name of ["x86_64-linux-gnu", "llvm-21/lib"])
      fs.mkdirSync(inside("package/usr/lib", name), { recursive: true });
    install({ emcc: emcc("6.0.5"), emcmake: cmake }, "package/usr/share/emscripten");
    install({ cmake, ctest: cmake, ninja }, "package/usr/bin");
    install({ "clang-tidy": cmake }, "package/usr/lib/llvm-21/bin");
  });

  it("is made once, and used from then on", async () => {
    for (const { status, output } of [await run(), await run()]) {
      assert.equal(status, 0, output);
      assert.match(
        output,
        /using Emscripten 6\.0\.5 in .*\/cache\/hawser\/toolchain\/debian-forky-/,
      );
    }
    assert.equal(updates(), 1);
    assert.equal(trusted().length, 1);
  });

  it("says before it downloads what, where, how much, and that the system is not changed", async () => {
    const { output } = await run();
    const said =
      /installing the toolchain into .*cache\/hawser\/toolchain\/debian-forky-.*system itself is not changed/;
    const size = /Emscripten 6\.0\.5.*: downloading 188 MB, which take 1,100 MB on disk/;
    assert.match(
      output,
      new RegExp(`${said.source}[^]*package lists[^]*${size.source}[^]*unpacking`),
    );
  });

  it("has a file with its versions", async () => {
    await run();
    const text = fs.readFileSync(path.join(trusted()[0], "versions.json"), "utf8");
    assert.equal(JSON.parse(text).Emscripten, "6.0.5");
  });

  for (const { is, old } of [
    { is: "a CMake older than 3.25", old: "echo cmake version 3.24.4" },
    { is: "a CMake that does not start", old: "exit 127" },
  ]) {
    it(`replaces ${is}, which is named`, async () => {
      install({ emcc: emcc("6.0.3"), cmake: old, ninja });
      const { status, output } = await run();
      assert.equal(status, 0, output);
      assert.match(
        output,
        /but (CMake 3\.24\.4 is too old|cmake cannot be found)[^]*using Emscripten 6\.0\.5 in /,
      );
    });
  }

  it("comes from the mirror that HAWSER_DEBIAN_MIRROR names, however old, and is then a different one", async () => {
    const kept = '*" update "*) read -r source <sources.list; echo "$source" >>"$CALLS" ;;';
    install({ "apt-get": `case " $* " in ${kept} *) ${debian["apt-get"]} ;; esac` });
    await run();
    env.HAWSER_DEBIAN_MIRROR = "http://snapshot.example/debian/20261101T000000Z";
    const { status, output } = await run();
    assert.equal(status, 0, output);
    const [first, second] = fs.readFileSync(inside("calls"), "utf8").trim().split("\n");
    assert.match(
      second,
      /check-valid-until=no\] http:\/\/snapshot\.example\/debian\/20261101T000000Z forky main$/,
    );
    assert.doesNotMatch(first, /check-valid-until|snapshot/);
    assert.equal(trusted().length, 2);
  });

  it("replaces an Emscripten on PATH that is too old, which is named", async () => {
    install({ emcc: emcc("3.1.6") });
    const { status, output } = await run();
    assert.equal(status, 0, output);
    assert.match(output, /3\.1\.6 on PATH is too old[^]*using Emscripten 6\.0\.5 in /);
  });

  for (const { flag, origin, when } of [
    { flag: "", origin: "Debian", when: "which is not the first one that apt lists" },
    {
      flag: " --no-release-info",
      origin: "$(ORIGIN)",
      when: "even if apt has no package lists, as in containers",
    },
  ]) {
    it(`comes from this system's own mirror of Debian, ${when}`, async () => {
      const sources = [
        `http://docker.example/debian bookworm stable Docker`,
        `http://near.example/debian bookworm main ${origin}`,
      ];
      const shown = `*" indextargets${flag} --format "*) echo '${sources.join("\n")}' ;; *" indextargets "*) ;;`;
      const kept = '*" update "*) read -r source <sources.list; echo "$source" >>"$CALLS" ;;';
      install({ "apt-get": `case " $* " in ${shown} ${kept} *) ${debian["apt-get"]} ;; esac` });
      const { status, output } = await run();
      assert.equal(status, 0, output);
      assert.match(
        fs.readFileSync(inside("calls"), "utf8"),
        /^deb .* http:\/\/near\.example\/debian forky main$/m,
      );
    });
  }

  it("consists only of what Debian's archive key signs, including sources", async () => {
    const logged = 'echo "apt-get $*" >>"$CALLS"';
    const kept =
      '*" update "*) while read -r source; do echo "$source" >>"$CALLS"; done <sources.list ;;';
    install({ "apt-get": `${logged}; case " $* " in ${kept} *) ${debian["apt-get"]} ;; esac` });
    const { status, output } = await run();
    assert.equal(status, 0, output);
    const calls = fs.readFileSync(inside("calls"), "utf8");
    const key = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]";
    assert.deepEqual(
      (calls.match(/^deb.*$/gm) ?? []).map((line) => line.split(" ", 2).join(" ")),
      [`deb ${key}`, `deb-src ${key}`],
    );
    assert.doesNotMatch(calls, /unauthenticated|insecure|weak|trusted=/i);
  });

  it("runs Emscripten on the Node that runs the command, wherever the one that provisioned it went", async () => {
    await run();
    for (const prefix of trusted()) {
      assert.doesNotMatch(
        fs.readFileSync(path.join(prefix, "emscripten.config"), "utf8"),
        /NODE_JS/,
      );
      install(
        { emcmake: `${cmake}; echo "runs on $EM_NODE_JS"` },
        path.relative(folder, `${prefix}/usr/share/emscripten`),
      );
    }
    fs.rmSync(inside("tree/build"), { recursive: true }); // so that it is configured again
    const { output } = await run();
    assert.match(output, new RegExp(`^runs on ${process.execPath}$`, "m"));
  });

  it("is recognised on PATH, where its env.sh has put it", async () => {
    await run();
    const [prefix] = trusted();
    install({ emcc: emcc("6.0.5"), cmake, ninja, emcmake: cmake });
    env.EM_CONFIG = path.join(prefix, "emscripten.config");
    const { status, output } = await run();
    assert.equal(status, 0, output);
    assert.match(output, /using Emscripten 6\.0\.5 in .*\/cache\/hawser\/toolchain\//);
  });

  it("is kept under HOME when XDG_CACHE_HOME is relative, which the specification says to ignore", async () => {
    env.XDG_CACHE_HOME = "relative";
    const { status, output } = await run();
    assert.equal(status, 0, output);
    assert.match(output, /using Emscripten 6\.0\.5 in .*\/home\/\.cache\/hawser\//);
    assert.equal(fs.existsSync(inside("tree/relative")), false);
  });

  it("needs a mirror, and if apt knows none, the message says how to name one", async () => {
    install({ "apt-get": "exit 0" });
    const { status, output } = await run();
    assert.match(
      output,
      /apt-get knows no Debian mirror: .*\nName a mirror of Debian in HAWSER_DEBIAN_MIRROR/,
    );
    assertSaidAsText({ status, output });
  });

  it("is not made twice when two clones want it at once", async () => {
    install({
      "apt-get": `case " $* " in *" update "*) ${aptHangs} ;; esac; ${debian["apt-get"]}`,
    });
    const first = start();
    await first.says(/50 %/);
    fs.cpSync(inside("tree"), inside("other tree"), { recursive: true });
    const second = start("other tree");
    await second.says(/waiting for another run/);
    openGate();
    for (const run of [first, second]) {
      const { status, output } = await run.ended;
      assert.equal(status, 0, output);
    }
    assert.equal(updates(), 1);
  });

  it("needs a network, says so in words, and leaves nothing that a later run trusts", async () => {
    install({
      "apt-get": aptWithoutNetwork,
      "apt-cache": "echo 'E: No packages found' >&2; exit 100",
    });
    const { status, output } = await run();
    assert.match(
      output,
      /could not be downloaded[^]*Could not resolve 'mirror\.example'[^]*Is there a network\?/,
    );
    assertSaidAsText({ status, output });
    assert.deepEqual(trusted(), []);
  });

  for (const program of ["apt-get", "dpkg-deb"]) {
    it(`needs ${program}, and says so in words`, async () => {
      fs.rmSync(inside("bin", program));
      const { status, output } = await run();
      assert.match(output, new RegExp(`could not be [^]*${program}.*(No such file|ENOENT)`));
      assertSaidAsText({ status, output });
    });
  }

  it("is not downloaded further when its run is killed", async () => {
    const lives = `exec 9>"$ALIVE"; flock 9; ${aptHangs}`;
    install({
      "apt-get": `case " $* " in *" indextargets "*) ${mirror} ;; *" update "*) ${lives} ;; esac`,
    });
    const killed = start();
    await killed.says(/50 %/);
    killed.child.kill("SIGKILL");
    execFileSync("flock", ["--timeout", String(longestRun / 1000), inside("alive"), "true"]);
  });

  for (const { program, hangs, sign } of [
    {
      program: "apt-get",
      hangs: `case " $* " in *" install "*) ${aptHangs} ;; esac; ${debian["apt-get"]}`,
      sign: /50 %/,
    },
    { program: "dpkg-deb", hangs: hang, sign: /unpacking/ },
  ]) {
    it(`is made by the next run when one was killed while ${program} worked`, async () => {
      install({ [program]: hangs });
      const killed = start();
      await killed.says(sign);
      killed.child.kill("SIGKILL");
      await killed.ended;
      assert.deepEqual(trusted(), []);

      install(debian);
      const { status, output } = await run();
      assert.equal(status, 0, output);
      assert.doesNotMatch(output, /waiting for another run/);
      assert.equal(trusted().length, 1);
    });
  }

  it("contains nothing that an interrupted run left in its folder", async () => {
    await run();
    const [prefix] = trusted();
    fs.rmSync(path.join(prefix, "READY"));
    write(path.relative(folder, path.join(prefix, "usr/half-made")), "");
    const { status, output } = await run();
    assert.equal(status, 0, output);
    assert.equal(fs.existsSync(path.join(prefix, "usr/half-made")), false);
  });

  it("contains no package that the suite no longer has", async () => {
    write("cache/hawser/toolchain/downloads/archives/stale.deb", "");
    const { output } = await run();
    assert.match(output, /unpacking 6 packages/);
  });

  it("is not made from a damaged package, which the next run downloads again", async () => {
    install({
      "dpkg-deb": "echo 'dpkg-deb: error: lzma error: compressed data is corrupt' >&2; exit 2",
    });
    const { status, output } = await run();
    const [, archive] =
      /^(\S+\.deb) could not be unpacked: .*corrupt/m.exec(output) ?? assert.fail(output);
    assertSaidAsText({ status, output });
    assert.equal(
      fs.existsSync(inside("cache/hawser/toolchain/downloads/archives", archive)),
      false,
    );
    assert.deepEqual(trusted(), []);
  });

  it("runs from a folder with a space in its name, unlike Emscripten's own scripts", async () => {
    write("package/usr/share/emscripten/emcc.version", "emcc 6.0.7\n");
    install(
      { emcc: 'read -r version <"$(readlink -f $0).version" && echo "$version"' },
      "package/usr/share/emscripten",
    );
    const { status, output } = await run();
    assert.equal(status, 0, output);
    assert.match(output, /using Emscripten 6\.0\.5 in .*hawser toolchain /);
  });

  it("is not made from programs that do not start", async () => {
    install({ emcc: "echo 'python3: not found' >&2; exit 127" }, "package/usr/share/emscripten");
    const { status, output } = await run();
    assert.match(output, /does not run: "emcc --version" says python3: not found/);
    assertSaidAsText({ status, output });
    assert.deepEqual(trusted(), []);
  });

  it("needs python3, and says so in words before anything is downloaded", async () => {
    fs.rmSync(inside("bin/python3"));
    const { status, output } = await run();
    assert.match(output, /Emscripten needs python3, .*\nInstall it/);
    assertSaidAsText({ status, output });
    assert.equal(updates(), 0);
  });

  it("is not started on a disk with too little space", async () => {
    env.FREE_BYTES = "1e6";
    assertDiskFull(await run());
    assert.equal(updates(), 0);
  });

  for (const [program, complaint] of Object.entries({
    "apt-get": "E: You don't have enough free space in /cache/archives/.",
    tar: "tar: ./usr/bin/clang: Cannot write: No space left on device",
  })) {
    it(`takes no space, and a sentence says why, when the disk is full while ${program} writes`, async () => {
      fs.rmSync(inside("bin", program));
      const work = program === "tar" ? `${onPath("tar")} "$@"` : debian["apt-get"];
      const fails = `case " $* " in *" install "*|*" -x "*) echo "${complaint}" >&2; exit 2 ;; esac`;
      install({ [program]: `${fails}; ${work}` });
      assertDiskFull(await run());
      const names = fs.readdirSync(inside("cache/hawser/toolchain"));
      assert.deepEqual(
        names.filter((name) => name.startsWith("debian-")),
        [],
      );
    });
  }

  it("is not made if its folder cannot be, and the message names XDG_CACHE_HOME", async () => {
    write("cache", "a file");
    const { status, output } = await run();
    assert.match(output, /cannot be written: .*[^]*Set XDG_CACHE_HOME/);
    assertSaidAsText({ status, output });
  });

  it("replaces another that no run has used for a month, and no other", async () => {
    const monthAgo = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
    for (const name of ["debian-used", "debian-unused"])
      write(`cache/hawser/toolchain/${name}/READY`, "");
    fs.utimesSync(inside("cache/hawser/toolchain/debian-unused/READY"), monthAgo, monthAgo);
    await run();
    const names = trusted().map((prefix) => path.basename(prefix));
    assert.equal(names.includes("debian-used"), true);
    assert.equal(names.includes("debian-unused"), false);
  });

  it("counts as used on the day of each run", async () => {
    await run();
    const ready = path.join(trusted()[0], "READY");
    fs.utimesSync(ready, 0, 0);
    await run();
    assert.notEqual(fs.statSync(ready).mtimeMs, 0);
  });
});

describe("a private browser on Debian", { skip }, () => {
  const browser = 'echo "started with $* and $LD_LIBRARY_PATH and $FONTCONFIG_FILE"';

  beforeEach(() => {
    install({ ...debian, unshare: "exit 0" });
    install({ chromium: browser }, "package/usr/lib/chromium");
    install({ "firefox-esr": browser }, "package/usr/lib/firefox-esr");
    write("package/usr/share/fonts/truetype/sans.ttf", "a font");
    write("package/usr/lib/firefox-esr/fonts/emoji.ttf", "a font");
    write("tree/tools/tested-versions.json", "{}");
  });

  it("is made once, and started from there with its own libraries and fonts", async () => {
    const [first, second] = [await findPrograms("chromium"), await findPrograms("chromium")];
    for (const { status, output } of [first, second]) {
      assert.equal(status, 0, output);
      assert.match(
        output,
        /using Chromium 156\.0\.1 in .*\/cache\/hawser\/browsers\/chromium-bookworm-/,
      );
    }
    assert.equal(updates(), 1);
    const [prefix] = trusted("browsers");
    assert.equal(second.env.HAWSER_CHROMIUM, path.join(prefix, "chromium"));
    const started = execFileSync(second.env.HAWSER_CHROMIUM, ["--flag"], { env, encoding: "utf8" });
    assert.match(started, /^started with .*--flag and \//);
    assert.ok(started.includes(` ${prefix}/usr/lib/x86_64-linux-gnu:`), started);
    assert.ok(started.includes(` ${prefix}/fonts.conf`), started);
  });

  it("is announced before it is downloaded: what, where, how much, and that the system is not changed", async () => {
    const { output } = await findPrograms("firefox");
    const said =
      /installing Firefox into .*hawser\/browsers\/firefox-bookworm-.*; the system itself is not changed/;
    const size = /Firefox 153\.8\.0esr: downloading 188 MB, which take 1,100 MB on disk/;
    assert.match(
      output,
      new RegExp(`${said.source}[^]*package lists[^]*${size.source}[^]*unpacking`),
    );
  });

  for (const { engine, fonts, where } of [
    { engine: "chromium", fonts: "usr/share/fonts", where: "where Debian has them" },
    {
      engine: "firefox",
      fonts: "usr/lib/firefox-esr/fonts",
      where: "in Firefox's own folder, as its sandbox requires",
    },
  ]) {
    it(`has its fonts ${where}, and sees no others`, async () => {
      await findPrograms(engine);
      const [prefix] = trusted("browsers");
      const text = fs.readFileSync(path.join(prefix, "fonts.conf"), "utf8");
      assert.deepEqual(text.match(/(?<=<dir>)[^<]*/g), [path.join(prefix, fonts)]);
      assert.equal(fs.existsSync(path.join(prefix, fonts, "truetype/sans.ttf")), true);
    });
  }

  it("has a file with its version", async () => {
    await findPrograms("firefox");
    const text = fs.readFileSync(path.join(trusted("browsers")[0], "versions.json"), "utf8");
    assert.deepEqual(JSON.parse(text), { Firefox: "153.8.0esr" });
  });

  it("has its own prefix, and only the browsers that a run needs are downloaded", async () => {
    const { env: found } = await findPrograms("chromium", "firefox");
    assert.deepEqual(Object.keys(found), ["HAWSER_CHROMIUM", "HAWSER_FIREFOX"]);
    assert.equal(trusted("browsers").length, 2);
    const downloaded = fs.readFileSync(inside("calls.install"), "utf8");
    assert.match(downloaded, / chromium fonts-wqy-microhei\n[^]* firefox-esr fonts-wqy-microhei\n/);
    assert.doesNotMatch(downloaded, /webkit/);
  });

  it("is not made if this machine has one", async () => {
    install({ chromium: "echo Chromium 155.0.7" });
    install({ other: "echo Mozilla Firefox 152.0" }, "elsewhere");
    env.HAWSER_FIREFOX = inside("elsewhere/other");
    const { output, env: found } = await findPrograms("chromium", "firefox");
    assert.deepEqual(found, {
      HAWSER_CHROMIUM: inside("bin/chromium"),
      HAWSER_FIREFOX: env.HAWSER_FIREFOX,
    });
    assert.match(output, /using Chromium 155\.0\.7 at .*\n[^]*using Firefox 152\.0 at /);
    assert.equal(updates(), 0);
  });

  it("is from this system's suite, with its security updates", async () => {
    const sources = [
      "near.example/debian bookworm",
      "near.example/debian-security bookworm-security",
    ];
    const shown = sources.map((source) => `echo "http://${source} main Debian"`).join("; ");
    const kept =
      '*" update "*) while read -r source; do echo "$source" >>"$CALLS"; done <sources.list ;;';
    install({
      "apt-get": `case " $* " in *" indextargets "*) ${shown} ;; ${kept} *) ${debian["apt-get"]} ;; esac`,
    });
    await findPrograms("chromium");
    const lines = fs.readFileSync(inside("calls"), "utf8").trim().split("\n");
    const ends = lines.map((line) => line.replace(/^deb \[signed-by=\S+\] /, ""));
    assert.deepEqual(
      ends,
      sources.map((source) => `http://${source} main`),
    );
  });

  it("is made at the same time as the toolchain", async () => {
    const name = "x86_64-linux-gnu";
    write("package/usr/share/emscripten/.emscripten", "CLANG_ADD_VERSION = '21'\n");
    for (const folder of [name, "llvm-21/lib"])
      fs.mkdirSync(inside("package/usr/lib", folder), { recursive: true });
    install({ emcc: emcc("6.0.5") }, "package/usr/share/emscripten");
    install({ cmake, ninja }, "package/usr/bin");
    install({ "clang-tidy": cmake }, "package/usr/lib/llvm-21/bin");
    // Each waits until both are downloading.
    const both = `*" update "*) echo update >>"$CALLS"; echo "dlstatus:1:50:waiting" >&3; read -r _ <"$GATE" ;;`;
    install({ "apt-get": `case " $* " in ${both} *) ${debian["apt-get"]} ;; esac` });
    const run = start("tree", ["find.mjs", "{}", "toolchain", "chromium"]);
    await run.says(/50 %[^]*50 %/);
    openGate();
    openGate();
    const { status, output } = await run.ended;
    assert.equal(status, 0, output);
    assert.deepEqual([trusted().length, trusted("browsers").length], [1, 1]);
  });

  it("is not made twice when two runs want it at once", async () => {
    install({
      "apt-get": `case " $* " in *" update "*) ${aptHangs} ;; esac; ${debian["apt-get"]}`,
    });
    const command = ["find.mjs", "{}", "chromium"];
    const first = start("tree", command);
    await first.says(/50 %/);
    const second = start("tree", command);
    await second.says(/waiting for another run/);
    openGate();
    for (const run of [first, second]) {
      const { status, output } = await run.ended;
      assert.equal(status, 0, output);
    }
    assert.equal(updates(), 1);
  });

  it("is made by the next run when one was killed", async () => {
    install({ "dpkg-deb": hang });
    const killed = start("tree", ["find.mjs", "{}", "chromium"]);
    await killed.says(/unpacking/);
    killed.child.kill("SIGKILL");
    await killed.ended;
    assert.deepEqual(trusted("browsers"), []);

    install(debian);
    const { status, output } = await findPrograms("chromium");
    assert.equal(status, 0, output);
    assert.equal(trusted("browsers").length, 1);
  });

  it("is not downloaded if the run must not install anything, and the message says how to get one", async () => {
    const { output, env: found } = await findPrograms({ install: false }, "chromium");
    assert.deepEqual(found, {});
    assert.match(
      output,
      /SKIPPING every test in chromium: .*Run this without --no-install.*apt-get install chromium.*HAWSER_CHROMIUM/,
    );
    assert.equal(updates(), 0);
  });

  it("is used even if the run must not install anything", async () => {
    await findPrograms("chromium");
    const { env: found } = await findPrograms({ install: false }, "chromium");
    assert.match(found.HAWSER_CHROMIUM, /\/cache\/hawser\/browsers\//);
  });

  for (const CI of ["", "true"]) {
    it(`needs a network, and without one ${CI ? "a run with CI=true fails" : "its tests are visibly skipped"}`, async () => {
      install({ "apt-get": aptWithoutNetwork });
      env.CI = CI;
      const { status, output } = await findPrograms("chromium");
      assert.match(
        output,
        /Chromium could not be downloaded[^]*Could not resolve 'mirror\.example'[^]*a network\?/,
      );
      assert.equal(status, CI ? 1 : 0, output);
      assert.match(output, CI ? /With CI=true / : /SKIPPING every test in chromium/);
      assert.deepEqual(trusted("browsers"), []);
    });
  }

  it("is not started on a disk with too little space", async () => {
    env.FREE_BYTES = "1e6";
    const { output } = await findPrograms("chromium");
    assert.match(
      output,
      /not enough free disk space in .*Chromium needs 1 GB\.\nFree some[^]*SKIPPING every test in chromium/,
    );
    assert.equal(updates(), 0);
  });

  it("that does not start is not kept, and its output is shown", async () => {
    install(
      { chromium: "echo 'libX11.so.6: cannot open shared object file' >&2; exit 127" },
      "package/usr/lib/chromium",
    );
    const { output } = await findPrograms("chromium");
    assert.match(
      output,
      /Chromium was unpacked, and does not run: libX11\.so\.6: cannot open[^]*SKIPPING/,
    );
    assert.deepEqual(trusted("browsers"), []);
  });

  for (const { user, unshare, isSandboxed, where } of [
    { user: 1000, unshare: "exit 0", isSandboxed: true, where: "for a user with user namespaces" },
    {
      user: 1000,
      unshare: "exit 1",
      isSandboxed: false,
      where: "if the system forbids user namespaces",
    },
    { user: 0, unshare: "exit 0", isSandboxed: false, where: "for root" },
  ]) {
    it(`runs ${isSandboxed ? "in" : "without"} Chromium's sandbox ${where}`, async () => {
      const { env: found } = await findPrograms("chromium");
      fs.rmSync(inside("bin/id"));
      install({ id: `echo ${user}`, unshare });
      const started = execFileSync(found.HAWSER_CHROMIUM, { env, encoding: "utf8" });
      assert.equal(started.includes("--no-sandbox"), !isSandboxed, started);
    });
  }

  it("ends when the run that started it is killed", async () => {
    const lives = 'exec 9>"$ALIVE"; flock 9; echo started; read -r _ <"$GATE"';
    const { env: found } = await findPrograms("chromium");
    install(
      { chromium: lives },
      path.relative(folder, path.join(trusted("browsers")[0], "usr/lib/chromium")),
    );
    const script = `require("node:child_process").spawn(process.argv[1], { stdio: "inherit" })`;
    const parent = spawn(process.execPath, ["-e", script, found.HAWSER_CHROMIUM], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(parent.stdout, "data");
    parent.kill("SIGKILL");
    execFileSync("flock", ["--timeout", String(longestRun / 1000), inside("alive"), "true"]);
  });

  it("of WebKit is not downloaded if the system forbids a mount namespace, and the message says so", async () => {
    install({ unshare: "exit 1" });
    const { output } = await findPrograms("webkit");
    assert.match(
      output,
      /SKIPPING every test in webkit: .*mount namespace.*forbids.*apt-get install webkit2gtk-driver/,
    );
    assert.equal(updates(), 0);
  });

  it("is only looked for on PATH on another system, and the message says so", async () => {
    env.OS_RELEASE = "ID=fedora\n";
    const { output } = await findPrograms("chromium");
    assert.match(
      output,
      /SKIPPING every test in chromium: there is no Chromium\. You can install one/,
    );
    assert.equal(fs.existsSync(inside("cache")), false);
  });
});

describe("a private message broker on Debian", { skip }, () => {
  const broker = (/** @type {string} */ says) => `echo "${says} with $* and $LD_LIBRARY_PATH"`;

  beforeEach(() => {
    install(debian);
    // Like the real one, this mosquitto exits with an error after it has printed its help.
    const mosquitto = `${broker("mosquitto version 2.0.11")}; exit 3`;
    install({ "nats-server": broker("nats-server: v2.9.10"), mosquitto }, "package/usr/sbin");
    write("tree/tools/tested-versions.json", "{}");
  });

  it("is made once, and started from there with its own libraries", async () => {
    const [first, second] = [
      await findPrograms("nats", "mosquitto"),
      await findPrograms("nats", "mosquitto"),
    ];
    for (const { status, output } of [first, second]) {
      assert.equal(status, 0, output);
      assert.match(
        output,
        /using nats-server 2\.9\.10 in .*\/cache\/hawser\/brokers\/nats-server-bookworm-/,
      );
      assert.match(
        output,
        /using mosquitto 2\.0\.11 in .*\/cache\/hawser\/brokers\/mosquitto-bookworm-/,
      );
    }
    assert.equal(updates(), 2);
    assert.equal(trusted("brokers").length, 2);
    const program = second.env.HAWSER_NATS_SERVER;
    assert.ok(trusted("brokers").includes(path.dirname(program)), program);
    const started = execFileSync(program, ["--flag"], { env, encoding: "utf8" });
    assert.match(started, /with --flag and /);
    assert.ok(started.includes(`${path.dirname(program)}/usr/lib/x86_64-linux-gnu`), started);
  });

  it("is not made if this machine has one", async () => {
    install({ "nats-server": "echo nats-server: v2.12.1" });
    install({ other: "echo mosquitto version 2.0.22; exit 3" }, "elsewhere");
    env.HAWSER_MOSQUITTO = inside("elsewhere/other");
    const { output, env: found } = await findPrograms("nats", "mosquitto");
    const { HAWSER_MOSQUITTO } = env;
    assert.deepEqual(found, { HAWSER_NATS_SERVER: inside("bin/nats-server"), HAWSER_MOSQUITTO });
    assert.match(output, /using nats-server 2\.12\.1 at .*\n[^]*using mosquitto 2\.0\.22 at /);
    assert.equal(updates(), 0);
  });

  it("is not made if Debian has one that only root's PATH contains", async () => {
    env.IN_SBIN = "/usr/sbin/mosquitto";
    const { env: found } = await findPrograms("mosquitto");
    assert.deepEqual(found, { HAWSER_MOSQUITTO: "/usr/sbin/mosquitto" });
    assert.equal(updates(), 0);
  });

  it("that does not start is not kept, and its output is shown", async () => {
    const fails = "echo 'libwrap.so.0: cannot open shared object file' >&2; exit 127";
    install({ mosquitto: fails }, "package/usr/sbin");
    const { output } = await findPrograms("mosquitto");
    assert.match(
      output,
      /mosquitto was unpacked, and does not run: libwrap\.so\.0: cannot open[^]*SKIPPING/,
    );
    assert.deepEqual(trusted("brokers"), []);
  });

  it("is not downloaded if the run must not install anything, and the message says how to get one", async () => {
    const { output, env: found } = await findPrograms({ install: false }, "nats");
    assert.deepEqual(found, {});
    const message =
      /SKIPPING every test with nats-server: .*--no-install.*apt-get install nats-server.*HAWSER_NATS_SERVER/;
    assert.match(output, message);
    assert.equal(updates(), 0);
  });

  it("is required with CI=true, even on another system, and the message says what to install", async () => {
    env.OS_RELEASE = "ID=fedora\n";
    env.CI = "true";
    const { status, output } = await findPrograms("mosquitto");
    assert.match(
      output,
      /With CI=true the tests with a broker are not skipped, and there is no mosquitto\. You can install/,
    );
    assertSaidAsText({ status, output });
    assert.equal(fs.existsSync(inside("cache")), false);
  });
});

describe("a run that must not install anything", { skip }, () => {
  it("fails without a toolchain, in words", async () => {
    install(debian);
    const { status, output } = await start("tree", ["find.mjs", '{"install":false}', "toolchain"])
      .ended;
    assert.match(
      output,
      /There is no Emscripten 6\.0\.3 or newer.*\nRun this without --no-install to download/,
    );
    assertSaidAsText({ status, output });
    assert.equal(updates(), 0);
  });
});

describe("npm's packages", () => {
  beforeEach(() => {
    install({ emcc: emcc("6.0.3"), cmake, ninja, emcmake: cmake });
    write("tree/package-lock.json", '{ "newer": true }');
  });

  it("are not installed without npm, and the message says so", async () => {
    const { status, output } = await run();
    assert.match(output, /npm cannot be started .*Is it installed/);
    assertSaidAsText({ status, output });
  });

  it("are installed again after npm ci failed", async () => {
    install({ npm: 'echo "npm error network" >&2; exit 1' });
    const failed = await run();
    assert.match(failed.output, /npm error network[^]*npm ci failed/);
    assertSaidAsText(failed);
    write("tree/package-lock.json", "{}"); // the tree had its packages before npm ci removed them
    install({ npm: 'echo "npm ci ran"' });
    const { status, output } = await run();
    assert.equal(status, 0, output);
    assert.match(output, /npm ci ran/);
  });

  it("are installed as in the lock file, and run no scripts", async () => {
    install({ npm: 'echo "npm $*"' });
    assert.match((await run()).output, /^npm ci --ignore-scripts /m);
  });

  it("are installed once for each lock file", async () => {
    install({ npm: 'echo "npm ci ran"' });
    assert.match((await run()).output, /npm ci ran/);
    assert.doesNotMatch((await run()).output, /npm ci ran/);
  });
});

/** @param {string[]} names */
function inside(...names) {
  return path.join(folder, ...names);
}

/**
 * @param {string} name
 * @param {string} text
 */
function write(name, text) {
  fs.mkdirSync(path.dirname(inside(name)), { recursive: true });
  fs.writeFileSync(inside(name), text);
}

/**
 * Writes programs, passed as shell scripts, into a folder; by default, the one on PATH.
 *
 * @param {Record<string, string>} programs
 */
function install(programs, where = "bin") {
  for (const [name, script] of Object.entries(programs)) {
    fs.rmSync(inside(where, name), { force: true }); // another may run from that file
    write(path.join(where, name), `#!/bin/sh\n${script}\n`);
    fs.chmodSync(inside(where, name), 0o755);
  }
}

/** @param {string} name */
function onPath(name) {
  const files = (process.env.PATH ?? "")
    .split(path.delimiter)
    .map((folder) => path.join(folder, name));
  return files.find((file) => fs.existsSync(file));
}

/** Starts `npm run build`, or another command, in the scratch tree, or a copy of it. */
function start(tree = "tree", command = ["tools/with.mjs", "--build", "release", "--"]) {
  const args = ["--import", "./fake-system.mjs", ...command];
  const child = spawn(process.execPath, args, {
    cwd: inside(tree),
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: longestRun,
    killSignal: "SIGKILL",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
  const ended = once(child, "close").then(([status]) => ({
    status: /** @type {number} */ (status),
    output,
  }));
  /** @param {RegExp} pattern */
  const says = async (pattern) => {
    while (!pattern.test(output)) {
      const event = await Promise.race([once(child.stdout, "data"), ended]);
      assert.ok(
        Array.isArray(event) || pattern.test(output),
        `it ended and did not say ${pattern}: ${output}`,
      );
    }
  };
  return { child, ended, says };
}

function run() {
  return start().ended;
}

/**
 * Runs findBrowsers and findBrokers, and also returns the environment from them.
 *
 * @param {({ install: boolean } | string)[]} args options, if any, and engines and brokers
 */
async function findPrograms(...args) {
  const [options, ...names] = typeof args[0] === "string" ? [{}, ...args] : args;
  const { status, output } = await start("tree", [
    "find.mjs",
    JSON.stringify(options),
    ...names.map(String),
  ]).ended;
  const [, found] = /^found (.*)$/m.exec(output) ?? [];
  return { status, output, env: /** @type {Record<string, string>} */ (JSON.parse(found ?? "{}")) };
}

/** Resumes everything that hangs now. */
function openGate() {
  fs.writeSync(gate, "open\n");
}

/** The folders that a run would treat as complete. */
function trusted(what = "toolchain") {
  const cache = inside("cache/hawser", what);
  const names = fs.existsSync(cache) ? fs.readdirSync(cache) : [];
  return names
    .map((name) => path.join(cache, name))
    .filter((prefix) => fs.existsSync(path.join(prefix, "READY")));
}

/** How often packages were requested. */
function updates() {
  return fs.existsSync(inside("calls"))
    ? fs.readFileSync(inside("calls"), "utf8").trim().split("\n").length
    : 0;
}

/** @param {{ status: number, output: string }} end */
function assertSaidAsText({ status, output }) {
  assert.equal(status, 1, output);
  assert.doesNotMatch(output, /^\s+at /m, "it contains a stack trace");
}

/** @param {{ status: number, output: string }} end */
function assertDiskFull({ status, output }) {
  assert.match(output, /not enough free disk space in .*needs 4 GB\.\nFree some/);
  assertSaidAsText({ status, output });
}
