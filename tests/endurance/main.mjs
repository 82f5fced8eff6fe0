// npm run endure, once everything is built.

import { main } from "../../tools/console.mjs";
import { endure } from "./endure.mjs";
import { parseOptions } from "./options.mjs";

await main(() => {
  const options = parseOptions(process.argv.slice(2));
  return "help" in options ? console.log(options.help) : endure(options);
});
