// The recipe for Chromium.

import path from "node:path";
import { browserRecipe } from "./browsers.mjs";
import { quote } from "./programs.mjs";

export const chromium = () =>
  browserRecipe({
    name: "chromium",
    title: "Chromium",
    packages: ["chromium"],
    assumed: ["libgl1-mesa-dri", "shared-mime-info"], // it draws without the graphics card, by its own library
    bytes: 1e9,
    check: ["chromium", "--version"],
    scripts: ({ prefix, libraries, fonts }) => ({
      chromium: `# Starts this folder's Chromium with the libraries and fonts of this folder. It ends when its parent process does.
# Its sandbox does not start for root, nor if the system forbids user namespaces, as many containers do. The pages that
# it opens are the tests' own, so it runs without one then.
if [ "$(id -u)" = 0 ] || ! unshare --user true 2>/dev/null; then set -- --no-sandbox "$@"; fi
export LD_LIBRARY_PATH=${quote(libraries)} FONTCONFIG_FILE=${quote(fonts)}
exec setpriv --pdeathsig KILL ${quote(path.join(prefix, "usr/lib/chromium/chromium"))} "$@"
`,
    }),
  });
