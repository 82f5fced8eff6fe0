// Builds the site: collects its pages from the repository, adds the reference, and runs VitePress
// on them.

import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { fail, step } from "../tools/console.mjs";
import { HEADERS, OTHERS, PARTS } from "./contents.mjs";
import { brokenLinks, imagePage } from "./links.mjs";
import * as cpp from "./reference_cpp.mjs";
import * as js from "./reference_js.mjs";
import { readSince, recordVersion, withSince } from "./since.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));
const here = (/** @type {string} */ name) => path.join(root, "site", name);

/** The folder for the collected pages. */
export const pagesFolder = path.join(root, "build/site/pages");

/** The programs of site/live, which run in the page. */
const LIVE = ["echo.mjs", "session.mjs"];

/** The modules that a program in the page loads, by import name. */
const MODULES = { hawser: "../hawser/js/index.js", "hawser/session": "../hawser/js/session.js" };

/**
 * Maps files of the repository to the pages of the site.
 *
 * @returns {Map<string, string>}
 */
export function sourcePages() {
  const exists = (/** @type {string} */ file) => fs.existsSync(path.join(root, file));
  const inFolder = (/** @type {string} */ folder) =>
    exists(folder)
      ? fs.readdirSync(path.join(root, folder)).filter((name) => name.endsWith(".md"))
      : [];
  /** @type {[file: string, page: string][]} */
  const all = [
    ["README.md", "index.md"],
    ["README.zh-CN.md", "zh/index.md"],
    ...inFolder("docs").map((name) => /** @type {[string, string]} */ ([`docs/${name}`, name])),
    ...inFolder("docs/zh").map(
      (name) => /** @type {[string, string]} */ ([`docs/zh/${name}`, `zh/${name}`]),
    ),
    ...Object.entries(OTHERS),
  ];
  return new Map(all.filter(([file]) => exists(file)));
}

/**
 * Builds the site for a server that serves it at `base`. Writes it to `out`, and replaces what was
 * there.
 *
 * @param {{ base: string, out: string }} options
 */
export async function buildSite({ base, out }) {
  checkOut(out);
  checkContents();
  collectPages();
  const vitepress = await import("vitepress").catch(() =>
    fail("The npm packages of the site are not installed. Use: npm run docs"),
  );
  step("building the site");
  await vitepress
    .build(here(""), { base, outDir: path.resolve(out) })
    .catch((/** @type {Error} */ error) => fail(`The site could not be built: ${error.message}`));
  const broken = brokenLinks(out, base);
  if (broken.length > 0) fail("The site has broken links:", ...broken);
}

/** @param {string} out */
function checkOut(out) {
  const isOurs =
    fs.existsSync(path.join(out, "hashmap.json")) ||
    !fs.existsSync(out) ||
    fs.readdirSync(out).length === 0;
  if (!isOurs)
    fail(
      `${out} exists, and is not a site that this command wrote. Remove it, or name another folder by --out.`,
    );
}

/** Checks that the sidebar contains each page and each header. */
function checkContents() {
  const pages = [...sourcePages().values()]
    .filter((page) => !page.includes("/"))
    .map((page) => page.replace(".md", ""));
  const others = ["index", ...Object.values(OTHERS).map((page) => page.replace(".md", ""))];
  compare(pages, [...others, ...PARTS.flatMap(({ pages }) => pages)], "docs/", ".md");
  const headers = fs
    .readdirSync(path.join(root, "wasm/include/hawser"), { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll(path.sep, "/"))
    .filter((name) => name.endsWith(".hpp") && !name.startsWith("detail/"));
  const names = headers.map((name) => name.replace(".hpp", ""));
  compare(names, Object.values(HEADERS).flat(), "wasm/include/hawser/", ".hpp");
}

/**
 * @param {string[]} existing
 * @param {string[]} listed
 * @param {string} prefix
 * @param {string} suffix
 */
function compare(existing, listed, prefix, suffix) {
  const unlisted = existing
    .filter((name) => !listed.includes(name))
    .map((name) => prefix + name + suffix);
  if (unlisted.length > 0)
    fail(`The sidebar does not have ${unlisted.join(", ")}. Add it to site/contents.mjs.`);
  const missing = listed
    .filter((name) => !existing.includes(name))
    .map((name) => prefix + name + suffix);
  if (missing.length > 0)
    fail(`site/contents.mjs has ${missing.join(", ")}, which does not exist.`);
}

/** Renders the pages of the reference, by name. Fails if a public symbol has no docstring. */
function renderReference() {
  const headers = cpp.readHeaders(
    path.join(root, "wasm/include"),
    path.join(root, "build/site/doxygen"),
  );
  const declarations = js.readDeclarations(path.join(root, "js"));
  const missing = [
    ...cpp.undocumented(headers).map((symbol) => `wasm/include/hawser/${symbol}`),
    ...js.undocumented(declarations).map((symbol) => `js/${symbol}`),
  ];
  if (missing.length > 0) fail("These public symbols have no docstring:", ...missing);

  const { pages, errors } = cpp.renderHeaders(headers, path.join(root, "wasm/include"));
  return { cpp: pages, js: js.renderDeclarations(declarations), errors };
}

/** Records the symbols of the released version in site/since.json. */
export function recordReference() {
  const { cpp, js } = renderReference();
  recordVersion({ cpp: cpp.values(), js: js.values() });
}

function collectPages() {
  fs.rmSync(pagesFolder, { recursive: true, force: true });
  const since = readSince();
  const { errors, ...languages } = renderReference();
  for (const language of /** @type {const} */ (["cpp", "js"])) {
    for (const [name, text] of languages[language])
      write(`reference/${language}/${name}`, ofReference(withSince(text, language, since)));
  }
  for (const [source, page] of sourcePages()) {
    const text = fs.readFileSync(path.join(root, source), "utf8");
    write(
      page,
      page === "errors.md" ? withErrors(text, errors) : page === "demo.md" ? withDemo(text) : text,
    );
  }
  write("live.md", fs.readFileSync(here("live/live.md"), "utf8"));
  for (const name of fs
    .readdirSync(path.join(root, "docs"))
    .filter((name) => /\.(png|svg)$/.test(name))) {
    write(imagePage(name), fs.readFileSync(path.join(root, "docs", name)));
  }
  copyPrograms();
}

/**
 * Adds the header's description of each error to its section in the error catalogue.
 *
 * @param {string} text
 * @param {Map<string, { number: string, text: string }>} errors
 */
function withErrors(text, errors) {
  return text.replaceAll(/^### (\w+)$/gm, (heading, name) => {
    const error = errors.get(name);
    if (!error)
      fail(`docs/errors.md has the heading "${name}", which is not an enumerator of Error.`);
    const reference = `[\`Error::${name}\`](reference/cpp/error.md#Error-${name})`;
    return `${heading}\n\n${reference}, ${error.number}: ${error.text}`;
  });
}

/** Adds a link to the demo below the heading of the demo's page. @param {string} text */
const withDemo = (text) => text.replace(/^# .*$/m, "$&\n\n<OpenDemo />");

/**
 * Adds a style to a page of the reference, and links mentions of "docs/errors.md".
 *
 * @param {string} text
 */
const ofReference = (text) =>
  "---\npageClass: reference\n---\n\n" +
  text.replaceAll(
    /(?<![[(`\w/])docs\/([\w-]+)\.md/g,
    (_, name) => `[docs/${name}.md](../../${name}.md)`,
  );

/** Copies the npm package as it would be installed, and the programs that use it. */
function copyPrograms() {
  const dist = path.join(root, "dist");
  if (!fs.existsSync(path.join(dist, "session.wasm")))
    fail('There is no dist/session.wasm. Run "npm run build" first.');
  for (const folder of ["js", "dist"]) {
    fs.cpSync(path.join(root, folder), path.join(pagesFolder, "public/hawser", folder), {
      recursive: true,
      filter: (file) => !/\.d\.m?ts$/.test(file),
    });
  }
  for (const name of LIVE) {
    const text = fs.readFileSync(here(`live/${name}`), "utf8");
    write(`live/${name}`, text);
    const loaded = text.replaceAll(
      /from "(hawser[\w/]*)"/g,
      (_, name) => `from "${MODULES[/** @type {keyof typeof MODULES} */ (name)]}"`,
    );
    write(`public/live/${name}`, loaded);
  }
  for (const name of ["frame.html", "frame.mjs"])
    write(`public/live/${name}`, fs.readFileSync(here(`live/${name}`)));
}

/** @param {string} page @param {string | Uint8Array} content */
function write(page, content) {
  const file = path.join(pagesFolder, page);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, content);
}

/**
 * Adds a policy to a built page: it allows what the page contains, and nothing from elsewhere.
 * Style attributes are allowed, because they colour the code.
 *
 * @param {string} html
 */
export function withPolicy(html) {
  const scripts = [...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([^]*?)<\/script>/g)].map(
    ([, script]) => script,
  );
  const hashes = scripts.map(
    (script) => `'sha256-${crypto.createHash("sha256").update(script).digest("base64")}'`,
  );
  const policy = [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' ${[...new Set(hashes)].join(" ")}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self' ws: wss:",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return html.replace(
    /<meta charset="utf-8">/i,
    `$&\n    <meta http-equiv="Content-Security-Policy" content="${policy}">`,
  );
}
