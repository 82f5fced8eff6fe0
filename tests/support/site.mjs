// Helpers for the tests of the site and of its reference.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/**
 * Imports a module of the site, without its types: they come with the site's npm packages, which
 * not every run installs.
 *
 * @param {string} name
 */
export const site = (name) => import(String(new URL(`../../site/${name}`, import.meta.url)));

/** Creates folders of files, in a temporary folder that `remove` deletes. */
export function createFolders() {
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "hawser-site-"));
  return {
    temporary,
    /** @param {Record<string, string>} files their text by name */
    folderOf(files) {
      const folder = fs.mkdtempSync(path.join(temporary, "folder-"));
      for (const [name, text] of Object.entries(files)) {
        fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        fs.writeFileSync(path.join(folder, name), text);
      }
      return folder;
    },
    remove: () => fs.rmSync(temporary, { recursive: true, force: true }),
  };
}
