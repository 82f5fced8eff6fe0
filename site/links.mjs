// Adapts links for the site: in Markdown, they must also work on GitHub. Also checks the links of
// the built site.

import fs from "node:fs";
import path from "node:path";
import { fail } from "../tools/console.mjs";

/** The anchor that GitHub assigns to a heading. @param {string} heading */
export function slug(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}

/**
 * A markdown-it plugin for links. Links between the site's pages stay. Links to other files of the
 * repository point to GitHub. Links to missing files are errors. Images from other servers are
 * replaced by their texts, because the site loads nothing from elsewhere.
 *
 * @param {any} markdown
 * @param {{ root: string, pages: Map<string, string>, repository: string }} options `pages` are
 *   those of the site, by file in the repository
 */
export function linksOfRepository(markdown, { root, pages, repository }) {
  const sources = new Map([...pages].map(([source, page]) => [page, source]));
  markdown.core.ruler.push("links_of_repository", (/** @type {any} */ { tokens, env }) => {
    const page = /** @type {string} */ (env.relativePath);
    const source = sources.get(page);
    if (!source) return;
    const relative = (/** @type {string} */ to) => {
      const link = path.posix.relative(path.posix.dirname(page), to);
      return link.startsWith(".") ? link : `./${link}`;
    };
    for (const token of tokens.flatMap((/** @type {any} */ token) => token.children ?? [])) {
      const attribute = { link_open: "href", image: "src" }[/** @type {string} */ (token.type)];
      const to = attribute && token.attrGet(attribute);
      if (!to || to.startsWith("#")) continue;
      if (/^[a-z]+:/i.test(to)) {
        if (token.type === "image")
          Object.assign(token, { type: "text", content: token.content, children: null });
        continue;
      }
      const [file, anchor = ""] = to.split(/(?=#)/);
      const target = path.posix.normalize(
        path.posix.join(path.posix.dirname(source), decodeURI(file)),
      );
      const own = path.posix.normalize(path.posix.join(path.posix.dirname(page), decodeURI(file)));
      const known = pages.get(target);
      if (known) token.attrSet("href", relative(known) + anchor);
      else if (sources.has(own) || own.startsWith("reference/")) continue;
      else if (!fs.existsSync(path.join(root, target)))
        fail(`${source} links to ${to}, and there is no ${target}.`);
      else if (token.type === "image") token.attrSet("src", relative(imagePage(target)));
      else token.attrSet("href", `${repository}/blob/main/${target}${anchor}`);
    }
  });
}

/** The path of a repository image on the site. @param {string} file */
export const imagePage = (file) => `images/${path.posix.basename(file)}`;

/**
 * Finds broken links in built pages, and describes each as a sentence. Checks only links inside the
 * site.
 *
 * @param {string} folder
 * @param {string} base
 */
export function brokenLinks(folder, base) {
  const files = fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll(path.sep, "/"));
  const pages = new Map(
    files
      .filter((file) => file.endsWith(".html"))
      .map((file) => [file, fs.readFileSync(path.join(folder, file), "utf8")]),
  );
  const anchors = new Map(
    [...pages].map(([file, html]) => [file, new Set(allOf(html, / id="([^"]+)"/g))]),
  );
  return [...pages].flatMap(([file, html]) => {
    const links = new Set(allOf(html, / (?:href|src)="([^"]*)"/g));
    return [...links].flatMap((link) => {
      const url = new URL(link, `http://site${base}${file}`);
      if (url.origin !== "http://site") return [];
      const said = `${file} links to ${link}`;
      if (!url.pathname.startsWith(base)) return [`${said}, which is outside the site`];
      const name = decodeURI(url.pathname.slice(base.length));
      const target = name === "" || name.endsWith("/") ? `${name}index.html` : name;
      if (!files.includes(target)) return [`${said}, and there is no ${target}`];
      const anchor = decodeURIComponent(url.hash.slice(1));
      return anchor && !anchors.get(target)?.has(anchor)
        ? [`${said}, and ${target} has no such anchor`]
        : [];
    });
  });
}

/**
 * Returns all matches of the pattern's group in HTML.
 *
 * @param {string} html
 * @param {RegExp} pattern
 */
function allOf(html, pattern) {
  const withoutScripts = html.replaceAll(/<script[^>]*>[^]*?<\/script>/g, "");
  return [...withoutScripts.matchAll(pattern)].map(([, found]) => found.replaceAll("&amp;", "&"));
}
