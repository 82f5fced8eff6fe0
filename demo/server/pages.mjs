// Renders the page in each language from its template, demo/index.html, and a catalogue in
// demo/texts.
//
// The template uses mustache: {{socket.url}} is the text `url` in the catalogue's `socket`, and
// {{#push.cards}} repeats the following part for each item of a list. Text between `backticks`
// becomes code.

import fs from "node:fs";
import path from "node:path";
import mustache from "mustache";
import { catalogues } from "../texts/catalogues.mjs";

export const LANGUAGES = /** @type {(keyof typeof catalogues)[]} */ (Object.keys(catalogues));

/**
 * The file name of the page in this language.
 *
 * @param {keyof typeof catalogues} language
 */
export function pageName(language) {
  return language === "en" ? "index.html" : `${language}.html`;
}

/**
 * The policy for a page that contains hawser: WebAssembly, and WebSockets to any server, but
 * nothing more.
 *
 * @param {string} server the origin of the page's server, if the page is hosted elsewhere
 * @param {string[]} more additional directives
 */
export function contentSecurityPolicy(server, ...more) {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src 'self' ws: wss:${server && ` ${server}`}`,
    "base-uri 'none'",
    "form-action 'none'",
    ...more,
  ].join("; ");
}

/**
 * @param {string} root
 * @param {keyof typeof catalogues} language
 * @param {{ server?: string, hasDocs?: boolean }} [options] `server` is the origin of the page's
 *   server, if the page is hosted elsewhere; `hasDocs` is whether the documentation is next to the
 *   page
 */
export function renderPage(root, language, { server = "", hasDocs = false } = {}) {
  const template = fs.readFileSync(path.join(root, "demo/index.html"), "utf8");
  const values = { ...catalogues[language], language, server, hasDocs };
  // mustache silently leaves out unknown keys.
  for (const key of keysOf(mustache.parse(template))) check(values, key);
  return mustache.render(template, values, undefined, { escape: toHtml });
}

/**
 * Returns the keys of a template, without those inside of list items.
 *
 * @param {any[]} tokens from mustache: a type, a name, and more
 * @returns {string[]}
 */
function keysOf(tokens) {
  return tokens.flatMap(([type, key, , , inner]) => {
    if (type === "#") return keysOf(inner).filter((key) => key.includes("."));
    return type === "name" ? [key] : [];
  });
}

/**
 * @param {object} values
 * @param {string} key names separated by dots
 */
function check(values, key) {
  /** @type {any} */
  let value = values;
  for (const name of key.split(".")) value = value?.[name];
  if (typeof value !== "string")
    throw new Error(`demo/index.html has {{${key}}}, which is no text of the catalogue.`);
}

/** @param {string} text */
function toHtml(text) {
  const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  const escaped = text.replaceAll(
    /[&<>"]/g,
    (char) => escapes[/** @type {keyof typeof escapes} */ (char)],
  );
  return escaped.replaceAll(/`([^`]*)`/g, "<code>$1</code>");
}
