// Runs a command with everything it needs, even in a fresh clone: the npm packages, a toolchain on
// PATH, builds, browsers, brokers, valgrind, Doxygen.
//
//   node tools/with.mjs [--build PRESET[:TARGET,…]]… [--browser NAME]… [--broker NAME]… [--node]
//   [--valgrind]
//     [--doxygen] [--packages FOLDER]… [--options MODULE] -- PROGRAM [ARGUMENT…]
//
// --node finds a Node with JSPI, which HAWSER_NODE then names. --packages installs the npm packages
// of another folder, too. MODULE has a function parseOptions, which checks the command's arguments
// before anything is installed or built. If it returns `help`, that text is printed instead of
// running the command. If it returns `instead`, that function is called.

import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { findBrokers } from "./brokers.mjs";
import { findBrowsers } from "./browsers.mjs";
import { build } from "./builds.mjs";
import { fail, main } from "./console.mjs";
import { findDoxygen } from "./doxygen.mjs";
import { findNodeWithJspi, installPackages } from "./packages.mjs";
import { run } from "./processes.mjs";
import { findToolchain } from "./toolchain.mjs";
import { findValgrind } from "./valgrind.mjs";

await main(async () => {
  process.chdir(fileURLToPath(new URL("..", import.meta.url)));
  const many = /** @type {const} */ ({ type: "string", multiple: true });
  const flag = /** @type {const} */ ({ type: "boolean" });
  const flags = /** @type {const} */ ({
    node: flag,
    valgrind: flag,
    doxygen: flag,
    options: { type: "string" },
  });
  const end = process.argv.indexOf("--");
  if (end < 0) fail("Usage: node tools/with.mjs [options] -- PROGRAM [ARGUMENT…]");
  const args = process.argv.slice(2, end);
  const { values } = parseArgs({
    args,
    options: { ...flags, build: many, browser: many, broker: many, packages: many },
  });
  const [program, ...programArgs] = process.argv.slice(end + 1);

  if (values.options) {
    const { parseOptions } = await import(pathToFileURL(path.resolve(values.options)).href);
    const { help, instead } = parseOptions(program === "node" ? programArgs.slice(1) : programArgs);
    if (help) return console.log(help);
    if (instead) return instead();
  }

  const [toolchain, node, browsers, brokers, valgrind, doxygen] = await Promise.all([
    findToolchain(),
    values.node ? findNodeWithJspi() : undefined,
    findBrowsers(/** @type {any} */ (values.browser ?? [])),
    findBrokers(/** @type {any} */ (values.broker ?? [])),
    values.valgrind ? findValgrind() : undefined,
    values.doxygen ? findDoxygen() : undefined,
    ...[".", ...(values.packages ?? [])].map((folder) => installPackages(folder)),
  ]);
  const env = {
    ...toolchain.env,
    ...browsers,
    ...brokers,
    ...valgrind,
    ...doxygen,
    ...(node && { HAWSER_NODE: node }),
  };
  for (const name of values.build ?? []) {
    const [preset, targets = ""] = name.split(":");
    await build(preset, { ...toolchain, env }, { targets: targets.split(",").filter(Boolean) });
  }
  if (program)
    process.exitCode = await run(program === "node" ? process.execPath : program, programArgs, {
      env,
    });
});
