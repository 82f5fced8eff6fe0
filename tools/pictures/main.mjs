// npm run pictures: takes new pictures for README and the guides.

import path from "node:path";
import { fileURLToPath } from "node:url";
import { main, step } from "../console.mjs";
import { scenes } from "./scenes.mjs";
import { DESKTOP, take } from "./take.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));

await main(async () => {
  const pictures = scenes.map((scene) => {
    return { scene, page: "", viewport: DESKTOP, file: path.join(root, "docs", scene.file) };
  });
  await take(root, pictures);
  step(`${pictures.length} pictures are in docs`);
});
