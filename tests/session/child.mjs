import { run } from "./run.mjs";

process.on("message", async (which) => process.send?.(await run(/** @type {any} */ (which))));
