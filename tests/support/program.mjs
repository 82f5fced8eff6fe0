// Starts a wasm program, in Node from the command line and in a page from its query, and tells how it ended. An
// exception that a handler throws is reported and changes nothing, as in a page.

const isNode = typeof process === "object";
const [runAlone, module, args] = isNode ? fromCommandLine() : fromQuery();

let isEnded = false;
/** @param {number} code */
function end(code) {
  if (isEnded) return;
  isEnded = true;
  if (isNode) process.exit(code);
  Object.assign(globalThis, { exitStatus: { code } });
}

/** tests/unit/run_alone.cpp reads `runAlone`, and keeps in `ifCrashed` what to print if its test case crashes. */
const program = { arguments: args, onExit: end, onAbort: crash, runAlone, ifCrashed: "" };

/** Also what run.mjs calls, by a signal in Node, when the program waits for too long. */
function crash() {
  if (program.ifCrashed && !isEnded) console.error(program.ifCrashed.trimEnd());
  end(1);
}

if (isNode) {
  process.on("uncaughtException", (error) => console.log(`reported: ${error}`));
  process.on("SIGTERM", crash);
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
  return [String(query.get("runAlone")), String(query.get("program")), JSON.parse(query.get("arguments") ?? "[]")];
}
