// The pictures of the demo: those in the documents, and more for review, which build/artifacts
// keeps.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { LANGUAGES, pageName } from "../../demo/server/pages.mjs";
import { scenes } from "../../tools/pictures/scenes.mjs";
import { DESKTOP, PHONE, take } from "../../tools/pictures/take.mjs";
import { whyNot } from "../support/browsers.mjs";
import { longestSuite } from "../support/patience.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const artifacts = path.join(root, "build", "artifacts");

/**
 * The most that things may move after the page is drawn, by the measure of web.dev: "good" is up to
 * 0.1.
 */
const MAX_LAYOUT_SHIFT = 0.005;

describe("the demo's pictures", { timeout: longestSuite }, () => {
  it("in the documents are all made by npm run pictures", () => {
    const made = scenes.map(({ file }) => file).sort();
    assert.deepEqual(
      fs.readdirSync(path.join(root, "docs")).filter((file) => file.endsWith(".png")),
      made,
    );
  });

  it("show every view", () => {
    const template = fs.readFileSync(path.join(root, "demo/index.html"), "utf8");
    const views = [...template.matchAll(/<main\s+id="(\w+)-view"/g)].map(([, name]) => name);
    assert.deepEqual([...new Set(scenes.map(({ view }) => view))].sort(), views.sort());
  });

  for (const language of LANGUAGES) {
    for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
      it(
        `are taken in ${language} on a ${size}, and nothing moves`,
        { skip: whyNot("chromium") },
        async () => {
          fs.mkdirSync(artifacts, { recursive: true });
          const pictures = scenes.map((scene) => {
            const name = `${path.basename(scene.file, ".png")}-${language}-${size}.png`;
            return { scene, page: pageName(language), viewport, file: path.join(artifacts, name) };
          });
          const shifts = await take(root, pictures);
          for (const [i, shift] of shifts.entries()) {
            assert.ok(
              shift <= MAX_LAYOUT_SHIFT,
              `${pictures[i].scene.file}: the layout shifted by ${shift}`,
            );
          }
        },
      );
    }
  }
});
