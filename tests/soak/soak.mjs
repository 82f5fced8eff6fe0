// npm run soak: an hour under load, or --minutes of it, in Node and in Chromium.

import fs from "node:fs";
import { fail, main } from "../../tools/console.mjs";
import { parseOptions } from "./options.mjs";
import { findGrowth, rowOf, soak } from "./run.mjs";

await main(async () => {
  const options = parseOptions(process.argv.slice(2));
  if ("help" in options) return console.log(options.help);
  const { minutes, engines, json } = options;
  // In parallel, because nothing here measures time.
  const results = await Promise.all(engines.map((name) => soak(name, { minutes, looks: 60 })));
  for (const row of results.map(rowOf)) {
    for (const [name, value] of Object.entries(row)) console.log(`${name}: ${value}`);
  }
  if (json) fs.writeFileSync(json, JSON.stringify(results, null, 1));
  const growth = results.flatMap((result) =>
    findGrowth(result).map((what) => `${result.engine}: ${what}`),
  );
  if (growth.length > 0) fail(...growth);
});
