import js from "@eslint/js";
import globals from "globals";

export default [
  // The last two are JavaScript libraries of Emscripten, whose names come from elsewhere.
  { ignores: ["build/", "dist/", "wasm/src/socket/shim.js", "wasm/pages/page.js"] },
  js.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
    rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error" },
  },
];
