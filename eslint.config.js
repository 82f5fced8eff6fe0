import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: ["build/", "dist/", "wasm/src/socket/shim.js"] }, // the shim is a template of JavaScript
  js.configs.recommended,
  {
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
    rules: { eqeqeq: "error", "no-var": "error", "prefer-const": "error" },
  },
];
