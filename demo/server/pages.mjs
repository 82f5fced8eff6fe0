// Makes the page in each language from its template, demo/index.html, and a catalogue of demo/texts.
//
// The template is one of mustache: {{socket.url}} is the text `url` of the catalogue's `socket`, and {{#push.cards}} repeats
// what follows for each of a list. A part of a text between `backticks` is code.

import fs from "node:fs";
import path from "node:path";
import mustache from "mustache";
import { catalogues } from "../texts/catalogues.mjs";

export const LANGUAGES = /** @type {(keyof typeof catalogues)[]} */ (Object.keys(catalogues));

/**
 * The file of the page in this language.
 *
 * @param {keyof typeof catalogues} language
 */
export function pageName(language) {
  return language === "en" ? "index.html" : `${language}.html`;
}

/**
 * What a page with hawser in it needs, and nothing more: WebAssembly, and WebSockets to anywhere.
 *
 * @param {string} server where the page's server is, if the page comes from another one
 * @param {string[]} more directives
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
 * @param {{ server?: string, hasDocs?: boolean }} [options] `server` is the origin of the page's server, if the page comes from
 *   another one; `hasDocs` is whether the documentation is beside the page
 */
export function renderPage(root, language, { server = "", hasDocs = false } = {}) {
  const template = fs.readFileSync(path.join(root, "demo/index.html"), "utf8");
  const values = { ...catalogues[language], language, server, hasDocs };
  // mustache leaves out what it does not find.
  for (const key of keysOf(mustache.parse(template))) check(values, key);
  return mustache.render(template, values, undefined, { escape: toHtml });
}

/**
 * The keys of a template, without those that only the items of a list have.
 *
 * @param {any[]} tokens of mustache: a type, a name, and more
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
  if (typeof value !== "string") throw new Error(`demo/index.html has {{${key}}}, which is no text of the catalogue.`);
}

/** @param {string} text */
function toHtml(text) {
  const escapes = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  const escaped = text.replaceAll(/[&<>"]/g, (char) => escapes[/** @type {keyof typeof escapes} */ (char)]);
  return escaped.replaceAll(/`([^`]*)`/g, "<code>$1</code>");
}
