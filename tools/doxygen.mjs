// The Doxygen that reads the public headers: that of this machine; else, on Debian, a private one in the cache.

import { doxygen } from "./debian/doxygen.mjs";
import { findPrograms } from "./programs.mjs";

/**
 * The environment that names Doxygen to the tests as HAWSER_DOXYGEN: see findPrograms.
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
