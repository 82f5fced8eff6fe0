// Colours C++. It is bundled for the page, which loads it when it first shows code.

import highlighter from "highlight.js/lib/core";
import cpp from "highlight.js/lib/languages/cpp";

highlighter.registerLanguage("cpp", cpp);

/**
 * @param {string} source
 * @returns {string} HTML, in which the parts of the language have classes such as hljs-keyword
 */
export const highlight = (source) => highlighter.highlight(source, { language: "cpp" }).value;
