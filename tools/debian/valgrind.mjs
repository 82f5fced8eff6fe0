// The recipe for valgrind.

import path from "node:path";
import { programRecipe, quote } from "./programs.mjs";

export const valgrind = () =>
  programRecipe({
    name: "valgrind",
    title: "valgrind",
    packages: ["valgrind"],
    assumed: ["libc6", "libc6-dbg"], // callgrind needs no debugging information of the C library
    files: ["./valgrind.mjs"],
    bytes: 0.1e9,
    prepare: async ({ prefix }) => ({
      valgrind: `# Starts this folder's valgrind, which would look for its tools where Debian installs them.
export VALGRIND_LIB=${quote(path.join(prefix, "usr/libexec/valgrind"))}
exec ${quote(path.join(prefix, "usr/bin/valgrind.bin"))} "$@"
`,
    }),
    check: ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "/bin/true"],
  });
