// The Node that places.mjs starts: it imports a program, and calls its functions on request.

const [program] = process.argv.slice(2);
const { start } = await import(program);
/** @type {any} */
let started;
process.on("message", async ([name, ...args]) => {
  try {
    if (name === "start") started = await start(...args);
    process.send?.({ answer: name === "start" ? null : ((await started[name](...args)) ?? null) });
  } catch (error) {
    process.send?.({ error: String(/** @type {Error} */ (error).stack) });
  }
});
process.on("disconnect", () => process.exit());
process.send?.({ answer: "ready" });
