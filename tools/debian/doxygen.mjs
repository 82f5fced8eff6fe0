// The recipe for Doxygen.

import path from "node:path";
import { programRecipe, quote } from "./programs.mjs";

export const doxygen = () =>
  programRecipe({
    name: "doxygen",
    title: "Doxygen",
    packages: ["doxygen"],
    assumed: ["libc6"],
    files: ["./doxygen.mjs"],
    bytes: 0.4e9,
    prepare: async ({ prefix, system }) => ({
      doxygen: `# Starts this folder's Doxygen with the libraries of this folder.
export LD_LIBRARY_PATH=${quote(system)}
exec ${quote(path.join(prefix, "usr/bin/doxygen"))} "$@"
`,
    }),
    check: ["doxygen", "--version"],
  });
