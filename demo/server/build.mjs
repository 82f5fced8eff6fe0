// npm run demo:build: writes the page as files for any web host. The demo's server, which the page
// connects to, may be elsewhere.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { fail, main, step } from "../../tools/console.mjs";
import { BUNDLES, makeBundle } from "./bundles.mjs";
import { HEADERS, MODULES, checkFiles, folders } from "./files.mjs";
import { LANGUAGES, contentSecurityPolicy, pageName, renderPage } from "./pages.mjs";

/** Cloudflare and Netlify read the headers for the files from a file of this name. */
const HEADERS_FILE = "_headers";

const USAGE = `npm run demo:build -- --server ORIGIN [--out FOLDER]

  --server ORIGIN  where the demo's server is, such as https://demo.example.org
  --out FOLDER     where to write the page (build/page)

Start that server with PAGE_ORIGINS naming the origin of the page, and SERVER_ORIGIN naming its own.`;

/**
 * Parses the arguments of the command, and checks them.
 *
 * @param {string[]} args
 */
export function parseOptions(args) {
  const { values } = parse(args);
  if (values.help) return { help: USAGE, server: "", out: "" };
  if (!values.server) fail(`--server is missing.\n\n${USAGE}`);
  const url = URL.canParse(values.server) ? new URL(values.server) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.origin !== values.server.replace(/\/$/, "")) {
    fail(
      `--server is "${values.server}", which is no origin. Write one such as https://demo.example.org.`,
    );
  }
  return { help: "", server: url.origin, out: values.out };
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        server: { type: "string", default: "" },
        out: { type: "string", default: "build/page" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

/**
 * Writes the page to `out`, and replaces what was there.
 *
 * @param {{ root: string, server: string, out: string, preset?: string }} options
 */
export async function buildDemo({ root, server, out, preset = "release" }) {
  checkFiles(root, preset);
  if (fs.existsSync(out) && !fs.existsSync(path.join(out, HEADERS_FILE))) {
    throw new Error(
      `${out} exists, and is no page that this command wrote. Remove it, or name another folder by --out.`,
    );
  }
  const here = (/** @type {string} */ file) => path.join(root, "demo", file);
  const written = `${out}.new`; // a temporary folder, so that a failed build leaves no incomplete page
  fs.rmSync(written, { recursive: true, force: true });
  /** @param {string} file @param {string | Uint8Array} content */
  const write = (file, content) => {
    fs.mkdirSync(path.dirname(path.join(written, file)), { recursive: true });
    fs.writeFileSync(path.join(written, file), content);
  };

  for (const language of LANGUAGES) {
    const policy = contentSecurityPolicy(server);
    const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}" />`;
    // After the charset, which must be within the first bytes.
    write(
      pageName(language),
      renderPage(root, language, { server }).replace(
        /(<meta charset="utf-8" \/>)/,
        `$1\n    ${meta}`,
      ),
    );
  }
  const common = /** @type {const} */ ({
    outbase: here(""),
    outdir: written,
    minify: true,
    target: "es2022",
  });
  const modules = ["page/page.mjs", ...LANGUAGES.map((name) => `texts/${name}.mjs`)].map(here);
  await build({
    ...common,
    entryPoints: modules,
    bundle: true,
    format: "esm",
    outExtension: { ".js": ".mjs" },
  });
  await build({
    ...common,
    entryPoints: ["page/language.js", "page/views.js", "style.css"].map(here),
  });
  for (const name of /** @type {(keyof typeof BUNDLES)[]} */ (Object.keys(BUNDLES))) {
    write(`bundles/${name}`, await makeBundle(root, name));
  }
  for (const file of MODULES)
    write(`demo/${file}`, fs.readFileSync(path.join(root, folders(preset)["/demo/"], file)));
  for (const file of sources(root)) write(file, fs.readFileSync(here(file)));
  write(HEADERS_FILE, headersFile());

  fs.rmSync(out, { recursive: true, force: true });
  fs.renameSync(written, out);
}

/**
 * The C++ sources that the page shows.
 *
 * @param {string} root
 */
function sources(root) {
  const template = fs.readFileSync(path.join(root, "demo/index.html"), "utf8");
  return [...template.matchAll(/data-code="([^"]*)"/g)].map(([, file]) => file);
}

/** Headers that the host should send with each file. The view "Threads" needs them. */
function headersFile() {
  const isolating = Object.entries(HEADERS).filter(([name]) => name !== "Content-Security-Policy");
  return ["/*", ...isolating.map(([name, value]) => `  ${name}: ${value}`), ""].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const { server, out } = parseOptions(process.argv.slice(2));
    await buildDemo({ root, server, out }).catch((error) => fail(error.message));
    step(`the page is in ${out}, for the server at ${server}`);
  });
}
