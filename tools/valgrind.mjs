// The valgrind that counts instructions: the one installed on this machine or, on Debian, a private
// copy in the cache.

import { valgrind } from "./debian/valgrind.mjs";
import { findPrograms } from "./programs.mjs";

/**
 * Finds valgrind. Returns the environment that names it to the tests as HAWSER_VALGRIND (see
 * findPrograms).
 *
 * @param {{ install?: boolean }} [options]
 */
export function findValgrind({ install = true } = {}) {
  const program = {
    title: "valgrind",
    variable: "HAWSER_VALGRIND",
    names: ["valgrind"],
    packages: ["valgrind"],
    recipe: valgrind,
    program: "valgrind",
    versionArgs: ["--version"],
    skipped: "the test of costs",
    required: "the tests of costs",
  };
  return findPrograms([program], { what: "valgrind", install });
}
