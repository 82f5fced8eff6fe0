// The links of the pages: from Markdown, where they must also work on GitHub, to the site; and a check of what was built.

import fs from "node:fs";
import path from "node:path";
import { fail } from "../tools/console.mjs";

/** The anchor that GitHub gives a heading. @param {string} heading */
export function slug(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-");
}

/**
 * A plugin of markdown-it. Links between the pages of the site stay; those to other files of the repository lead to GitHub;
 * those to nothing fail. Images of other servers become their texts: the site loads nothing from elsewhere.
 *
 * @param {any} markdown
 * @param {{ root: string, pages: Map<string, string>, repository: string }} options `pages` are those of the site, by file in
 *   the repository
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
        if (token.type === "image") Object.assign(token, { type: "text", content: token.content, children: null });
        continue;
      }
      const [file, anchor = ""] = to.split(/(?=#)/);
      const target = path.posix.normalize(path.posix.join(path.posix.dirname(source), decodeURI(file)));
      const own = path.posix.normalize(path.posix.join(path.posix.dirname(page), decodeURI(file)));
      const known = pages.get(target);
      if (known) token.attrSet("href", relative(known) + anchor);
      else if (sources.has(own) || own.startsWith("reference/")) continue;
      else if (!fs.existsSync(path.join(root, target))) fail(`${source} links to ${to}, and there is no ${target}.`);
      else if (token.type === "image") token.attrSet("src", relative(imagePage(target)));
      else token.attrSet("href", `${repository}/blob/main/${target}${anchor}`);
    }
  });
}

/** Where the site has an image of the repository. @param {string} file */
export const imagePage = (file) => `images/${path.posix.basename(file)}`;

/**
 * The links of built pages that lead nowhere, each as a sentence. Only links inside the site are checked.
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
  const anchors = new Map([...pages].map(([file, html]) => [file, new Set(allOf(html, / id="([^"]+)"/g))]));
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
      return anchor && !anchors.get(target)?.has(anchor) ? [`${said}, and ${target} has no such anchor`] : [];
    });
  });
}

/** What the group of a pattern matches in HTML. @param {string} html @param {RegExp} pattern */
function allOf(html, pattern) {
  const withoutScripts = html.replaceAll(/<script[^>]*>[^]*?<\/script>/g, "");
  return [...withoutScripts.matchAll(pattern)].map(([, found]) => found.replaceAll("&amp;", "&"));
}
