// npm run fuzz, once the fuzzers are built.

import { main } from "../../tools/console.mjs";
import { runFuzzers } from "./fuzz.mjs";
import { parseOptions } from "./options.mjs";

await main(() => {
  const options = parseOptions(process.argv.slice(2));
  return "help" in options ? console.log(options.help) : runFuzzers(options);
});
