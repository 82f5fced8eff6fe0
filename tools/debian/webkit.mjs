// The recipe for WebKitGTK: its driver, which starts its MiniBrowser, and Xvfb, since it has no
// mode without a display.

import fs from "node:fs";
import path from "node:path";
import { browserRecipe } from "./browsers.mjs";
import { run } from "./processes.mjs";
import { quote } from "./programs.mjs";

// The paths of WebKit's helpers, below /usr, are compiled in. So its programs run where the
// prefix's usr lies over the system's: in a mount namespace, which no other process sees. A user
// who is not root needs a user namespace for that.
const overlay = `if unshare --mount true 2>/dev/null; then kind=--mount; else kind="--user --map-root-user --mount"; fi
inside() {
  exec unshare $kind sh -c 'cd "$1" && shift && mount -t overlay -o lowerdir=.:/usr overlay /usr && cd / && exec "$@"' sh "$@"
}
`;

export const webkit = () =>
  browserRecipe({
    name: "webkit",
    title: "WebKitGTK",
    packages: ["webkit2gtk-driver", "xvfb"],
    bytes: 1.2e9,
    check: ["WebKitWebDriver", "--help"],
    // GTK ends without settings, and without a database of types by which it knows its own icons.
    triggers: ({ prefix, system }) => [
      [
        path.join(system, "glib-2.0/glib-compile-schemas"),
        path.join(prefix, "usr/share/glib-2.0/schemas"),
      ],
      [path.join(prefix, "usr/bin/update-mime-database"), path.join(prefix, "usr/share/mime")],
    ],
    scripts({ prefix, libraries, fonts }) {
      /** @param {string} program */
      const start = (
        program,
      ) => `# Starts this folder's ${program}, over the system. It ends when its parent process does.
${overlay}
export FONTCONFIG_FILE=${quote(fonts)} GSETTINGS_BACKEND=memory
export WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1 # its sandbox needs more than a container has; it opens the tests' own pages
inside ${quote(path.join(prefix, "usr"))} env LD_LIBRARY_PATH=${quote(libraries)} setpriv --pdeathsig KILL /usr/bin/${program} "$@"
`;
      return { WebKitWebDriver: start("WebKitWebDriver"), Xvfb: start("Xvfb") };
    },
  });

/**
 * Whether this user may lay a prefix below `cache` over the system, in a mount namespace.
 *
 * @param {string} cache
 */
export async function canOverlay(cache) {
  try {
    fs.mkdirSync(cache, { recursive: true });
  } catch {
    return true; // provision() says what is wrong with the folder
  }
  const { isWell } = await run("sh", ["-c", `${overlay}inside ${quote(cache)} true`]);
  return isWell;
}
