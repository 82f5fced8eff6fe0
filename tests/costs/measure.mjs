// Measures every figure.

import { version as esbuild } from "esbuild";
import { describeTools } from "../bench/machine.mjs";
import { measureCalls } from "./calls.mjs";
import { measureInstructions } from "./instructions.mjs";
import { measureSizes } from "./sizes.mjs";

/**
 * @param {string} root
 * @param {string} valgrind
 * @returns {Promise<import("./compare.mjs").Costs>}
 */
export async function measure(root, valgrind) {
  const { compiler, figures } = measureInstructions(root, valgrind);
  const { Emscripten } = describeTools();
  return {
    tools: {
      Emscripten,
      "Emscripten and esbuild": `${Emscripten} and ${esbuild}`,
      "native compiler": compiler,
    },
    figures: [...(await measureSizes(root)), ...(await measureCalls(root)), ...figures],
  };
}
