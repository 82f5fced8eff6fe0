// Starts a wasm program, in Node from the command line and in a page from its query, and reports
// how it ended. An exception that a handler throws is reported and changes nothing else, as in a
// page.

const isNode = typeof process === "object";
const [runAlone, module, args] = isNode ? fromCommandLine() : fromQuery();

let isEnded = false;
/** @param {number} [code] undefined if main() has not returned */
function end(code = 0) {
  if (isEnded) return;
  if (code === 0 && program.isUnfinished) {
    program.isUnfinished = false;
    console.error("The program ended with status 0 before its tests were over.");
    return crash();
  }
  isEnded = true;
  if (isNode) process.exit(code);
  Object.assign(globalThis, { exitStatus: { code } });
}

/**
 * tests/unit/run_alone.cpp reads `runAlone`, and stores in `ifCrashed` what to print if its test
 * case crashes. tests/wasm/main.cpp stores in `isUnfinished` whether tests are left.
 */
const program = {
  arguments: args,
  onExit: end,
  onAbort: crash,
  runAlone,
  ifCrashed: "",
  isUnfinished: false,
};

/** run.mjs also calls this, by a signal in Node, when the program waits for too long. */
function crash() {
  if (program.ifCrashed && !isEnded) console.error(program.ifCrashed.trimEnd());
  end(1);
}

if (isNode) {
  process.on("uncaughtException", (error) => console.log(`reported: ${error}`));
  process.on("SIGTERM", crash);
  process.on("exit", () => {
    if (isEnded) return;
    console.error("The program has not ended, but Node has nothing left to wait for.");
    crash();
  });
} else {
  Object.assign(globalThis, { crash });
}

try {
  const { default: start } = await import(module);
  await start(program);
} catch (error) {
  console.error(error);
  crash();
}

/** @returns {[string, string, string[]]} */
function fromCommandLine() {
  const [runAlone, program, ...rest] = process.argv.slice(2);
  return [runAlone, `file://${program}`, rest];
}

/** @returns {[string, string, string[]]} */
function fromQuery() {
  const query = new URLSearchParams(location.search);
  return [
    String(query.get("runAlone")),
    String(query.get("program")),
    JSON.parse(query.get("arguments") ?? "[]"),
  ];
}
