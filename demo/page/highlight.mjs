// Highlights C++. Bundled for the page, which loads it when it shows code for the first time.

import highlighter from "highlight.js/lib/core";
import cpp from "highlight.js/lib/languages/cpp";

highlighter.registerLanguage("cpp", cpp);

/**
 * A part of the code: text, or parts with a meaning in the language, such as a keyword.
 *
 * @typedef {string | { scope?: string, children: Part[] }} Part
 */

/**
 * Returns the code as DOM nodes, in which the parts of the language have classes such as
 * hljs-keyword.
 *
 * @param {string} source
 */
export function highlight(source) {
  const { _emitter } = highlighter.highlight(source, { language: "cpp" });
  return /** @type {any} */ (_emitter).rootNode.children.map(toNode);
}

/**
 * @param {Part} part
 * @returns {Node}
 */
function toNode(part) {
  if (typeof part === "string") return document.createTextNode(part);
  const element = document.createElement("span");
  // "title.function" becomes two classes, as in the themes of highlight.js.
  if (part.scope) element.className = `hljs-${part.scope.split(".")[0]}`;
  element.append(...part.children.map(toNode));
  return element;
}
