// Serves the page: its files in demo/, the npm module, its C++ modules and, once it is built, the
// documentation site.

import fs from "node:fs";
import path from "node:path";
import sirv from "sirv";
import { BUNDLES, makeBundle } from "./bundles.mjs";
import { LANGUAGES, contentSecurityPolicy, pageName, renderPage } from "./pages.mjs";

// The demo's modules. Other files in their folder contain paths of this machine.
export const MODULES = [
  "demo.mjs",
  "demo.wasm",
  "threads.mjs",
  "threads.wasm",
  "throughput.mjs",
  "throughput.wasm",
];

// The view "Threads" needs shared memory, which browsers allow only to pages that are isolated by
// these Cross-Origin headers. The threads' script needs them, too.
export const HEADERS = {
  "Content-Security-Policy": contentSecurityPolicy("", "frame-ancestors 'none'"),
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "X-Content-Type-Options": "nosniff",
};

/** The path of the documentation. Its pages contain their own policy. */
const DOCS = "/docs/";
const DOCS_POLICY = "frame-ancestors 'self'";

/**
 * Whether the documentation is built.
 *
 * @param {string} root
 */
export function hasDocs(root) {
  return fs.existsSync(path.join(root, "build/site/docs/index.html"));
}

/**
 * The folders whose files the page loads, by URL prefix. If several prefixes match, the last one
 * wins.
 *
 * @param {string} preset of the build
 */
export function folders(preset) {
  return {
    "/js/": "js",
    "/dist/": "dist",
    "/demo/": `build/${preset}/demo`,
    "/page/": "demo/page",
    "/views/": "demo/views",
    "/texts/": "demo/texts",
    [DOCS]: "build/site/docs",
  };
}

/**
 * If the demo is not built, throws an error that says what to do.
 *
 * @param {string} root
 * @param {string} preset
 */
export function checkFiles(root, preset) {
  const build = folders(preset)["/demo/"];
  const missing = MODULES.find((file) => !fs.existsSync(path.join(root, build, file)));
  if (missing)
    throw new Error(
      `The demo is not built: there is no ${build}/${missing}. Run "npm run build" first.`,
    );
}

/**
 * @param {string} root
 * @param {string} preset
 * @param {boolean} [linksDocs]
 * @returns {import("node:http").RequestListener}
 */
export function serveFiles(root, preset, linksDocs = false) {
  const pages = new Map(LANGUAGES.map((language) => [`/${pageName(language)}`, language]));
  const mounts = Object.entries(folders(preset)).map(([prefix, folder]) => ({
    prefix,
    serve: sirv(path.join(root, folder), { dev: true, etag: true }),
  }));

  return (request, response) => {
    const url = request.url ?? "";
    const [file] = url.split("?", 1);
    const language = pages.get(file === "/" ? "/index.html" : file);
    if (language) {
      return response
        .writeHead(200, { "Content-Type": "text/html; charset=utf-8" })
        .end(renderPage(root, language, { hasDocs: linksDocs && hasDocs(root) }));
    }
    if (file === "/style.css") {
      return response
        .writeHead(200, { "Content-Type": "text/css" })
        .end(fs.readFileSync(path.join(root, "demo/style.css")));
    }
    if (file.startsWith("/bundles/"))
      return serveBundle(root, file.slice("/bundles/".length), response);
    const mount = mounts.find(({ prefix }) => url.startsWith(prefix));
    const isHidden =
      mount?.prefix === "/demo/" && !MODULES.includes(file.slice(mount.prefix.length));
    if (!mount || isHidden) return response.writeHead(404).end();
    if (mount.prefix === DOCS) {
      response.setHeader("Content-Security-Policy", DOCS_POLICY);
      if (!hasDocs(root)) return sayHowToBuild(response);
    }
    // sirv throws if a range ends before it starts. No file here is worth requesting in parts.
    delete request.headers.range;
    request.url = url.slice(mount.prefix.length - 1);
    mount.serve(request, response);
  };
}

/** @param {import("node:http").ServerResponse} response */
function sayHowToBuild(response) {
  const text =
    "The documentation is not built. In a clone of hawser, npm run docs builds and serves it.\n";
  response.writeHead(404, { "Content-Type": "text/plain" }).end(text);
}

/**
 * @param {string} root
 * @param {string} name
 * @param {import("node:http").ServerResponse} response
 */
async function serveBundle(root, name, response) {
  if (!Object.hasOwn(BUNDLES, name)) return response.writeHead(404).end();
  const code = await makeBundle(root, /** @type {keyof typeof BUNDLES} */ (name));
  response.writeHead(200, { "Content-Type": "text/javascript" }).end(code);
}
