// The page's texts for its scripts, in the page's language. The template contains the texts that
// are visible from the start.

import { fromPage } from "./urls.mjs";

// Conditional imports, so that the page loads only one of the two catalogues, even in a bundle.
/** @type {typeof import("../texts/en.mjs").default} */
export const texts = (await import(fromPage(`texts/${document.documentElement.lang}.mjs`))).default;

/**
 * Describes one of hawser's errors in the page's language.
 *
 * @param {string} name of the error
 * @param {string} sentence hawser's own description, in English
 */
export const describeError = (name, sentence) => texts.errors[name] ?? sentence;
