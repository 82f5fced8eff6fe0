// Starts a wasm program, in Node from the command line and in a page from its query, and tells how it ended. An
// exception that a handler throws is reported and changes nothing, as in a page.

const isNode = typeof process === "object";
const [module, args] = isNode ? fromCommandLine() : fromQuery();

let isEnded = false;
/** @param {number} code */
function end(code) {
  if (isEnded) return;
  isEnded = true;
  if (isNode) process.exit(code);
  Object.assign(globalThis, { exitStatus: { code } });
}

try {
  const { default: start } = await import(module);
  await start({ arguments: args, onExit: end, onAbort: () => end(1) });
} catch (error) {
  console.error(error);
  end(1);
}

/** @returns {[string, string[]]} */
function fromCommandLine() {
  process.on("uncaughtException", (error) => console.log(`reported: ${error}`));
  const [program, ...rest] = process.argv.slice(2);
  return [`file://${program}`, rest];
}

/** @returns {[string, string[]]} */
function fromQuery() {
  const query = new URLSearchParams(location.search);
  return [String(query.get("program")), JSON.parse(query.get("arguments") ?? "[]")];
}
