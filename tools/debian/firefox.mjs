// The recipe for Firefox.

import path from "node:path";
import { browserRecipe } from "./browsers.mjs";
import { quote } from "./programs.mjs";

export const firefox = () =>
  browserRecipe({
    name: "firefox",
    title: "Firefox",
    packages: ["firefox-esr"],
    assumed: ["shared-mime-info"],
    fonts: "usr/lib/firefox-esr/fonts", // its sandbox lets a page's process read no others below a home folder
    bytes: 0.8e9,
    check: ["firefox", "--version"],
    scripts: ({ prefix, libraries, fonts }) => ({
      firefox: `# Starts this folder's Firefox with the libraries and fonts of this folder. It ends when its parent process does.
export LD_LIBRARY_PATH=${quote(libraries)} FONTCONFIG_FILE=${quote(fonts)}
exec setpriv --pdeathsig KILL ${quote(path.join(prefix, "usr/lib/firefox-esr/firefox-esr"))} "$@"
`,
    }),
  });
