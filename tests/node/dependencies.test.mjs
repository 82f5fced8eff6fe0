// The dependencies of this project's own builds and tests. The package has none: pack.test.mjs.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** @param {string} file */
const read = (file) => JSON.parse(fs.readFileSync(path.join(root, file), "utf8"));

for (const folder of [".", "site", "tests/runtime", "tests/consumers"]) {
  const { devDependencies = {}, optionalDependencies = {} } = read(`${folder}/package.json`);
  const lock = read(`${folder}/package-lock.json`);
  const { "": locked, ...packages } = lock.packages;

  describe(`the npm packages of ${folder}`, () => {
    it("are named with their exact versions", () => {
      const named = Object.entries({ ...devDependencies, ...optionalDependencies });
      assert.ok(named.length > 0);
      assert.deepEqual(
        named.filter(([, version]) => !/^(npm:[^@]+@)?\d+\.\d+\.\d+$/.test(version)),
        [],
      );
    });

    it("are those of the lock file", () => {
      assert.deepEqual(locked.devDependencies ?? {}, devDependencies);
      assert.deepEqual(locked.optionalDependencies ?? {}, optionalDependencies);
    });

    it("come from a registry, and are pinned by SHA-512, including indirect ones", () => {
      const unknown = Object.entries(packages).filter(
        ([, { version, resolved, integrity, link }]) => {
          const isElsewhere =
            link || (resolved && !resolved.startsWith("https://registry.npmjs.org/"));
          return isElsewhere || !version || !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity);
        },
      );
      assert.deepEqual(unknown, []);
    });
  });
}
