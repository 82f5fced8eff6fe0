// The Doxygen that reads the public headers: the one installed on this machine or, on Debian, a
// private copy in the cache.

import { doxygen } from "./debian/doxygen.mjs";
import { findPrograms } from "./programs.mjs";

/**
 * Finds Doxygen. Returns the environment that names it to the tests as HAWSER_DOXYGEN (see
 * findPrograms).
 *
 * @param {{ install?: boolean }} [options]
 */
export function findDoxygen({ install = true } = {}) {
  const program = {
    title: "Doxygen",
    variable: "HAWSER_DOXYGEN",
    names: ["doxygen"],
    packages: ["doxygen"],
    recipe: doxygen,
    program: "doxygen",
    versionArgs: ["--version"],
    skipped: "the tests of the site",
    required: "the tests of the site",
  };
  return findPrograms([program], { what: "doxygen", install });
}
