// Fails if a file has a byte above 127 outside of a comment: its meaning would depend on the
// charset of the page that loads the file.
//
//   node tests/support/ascii.mjs FILE…

import fs from "node:fs";
import { pathToFileURL } from "node:url";

/**
 * Each line of code with a byte above 127, as "FILE:LINE: the bytes around it".
 *
 * @param {string} file
 */
export function findNonAscii(file) {
  const lines = fs.readFileSync(file, "latin1").split("\n");
  return lines.flatMap((line, index) => {
    const place = line.search(/[\u0080-\u00ff]/);
    return place < 0 || /^\s*(\/\/|\*)/.test(line)
      ? []
      : [
          `${file}:${index + 1}: ${JSON.stringify(line.slice(Math.max(place - 40, 0), place + 40))}`,
        ];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const files = process.argv.slice(2);
  const found = files.flatMap(findNonAscii);
  for (const line of found) console.error(line);
  if (files.length === 0 || found.length > 0) process.exitCode = 1;
}
