/**
 * Where `hawser.wasm` is, for `load({ wasm })`: what a bundler makes of
 * `import wasm from "hawser/hawser.wasm"` when configured to treat .wasm as a file (esbuild's
 * loader `file`, webpack's `asset/resource`).
 */
declare const url: string;
export default url;
