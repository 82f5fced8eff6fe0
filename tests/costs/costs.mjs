// npm run costs, once everything is built: measures, prints all figures side by side, and writes
// them if --update is given.

import fs from "node:fs";
import { fileURLToPath } from "node:url";
import { fail, main } from "../../tools/console.mjs";
import { compare, describeFailure, tableOf, textOf } from "./compare.mjs";
import { measure } from "./measure.mjs";
import { parseOptions } from "./options.mjs";

const file = fileURLToPath(new URL("figures.json", import.meta.url));

await main(async () => {
  const options = parseOptions(process.argv.slice(2));
  if (options.help !== undefined) return console.log(options.help);
  const valgrind = process.env.HAWSER_VALGRIND;
  if (!valgrind)
    return fail("npm run costs needs valgrind: install it, or name one in HAWSER_VALGRIND.");

  const now = await measure(fileURLToPath(new URL("../..", import.meta.url)), valgrind);
  const committed = fs.existsSync(file)
    ? JSON.parse(fs.readFileSync(file, "utf8"))
    : { tools: {}, figures: [] };
  const comparison = compare(committed, now);
  console.log(`\n${[tableOf(comparison.rows), "", ...comparison.remarks].join("\n")}`);
  if (options.update) fs.writeFileSync(file, textOf(now));
  else if (comparison.failures.length > 0) fail(describeFailure(comparison));
});
