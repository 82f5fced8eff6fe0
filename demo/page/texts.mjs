// The page's texts in its language, for its scripts. The template contains those that are visible from the start.

import { fromPage } from "./urls.mjs";

// Of two catalogues the page loads one, also where its scripts are bundled.
/** @type {typeof import("../texts/en.mjs").default} */
export const texts = (await import(fromPage(`texts/${document.documentElement.lang}.mjs`))).default;

/**
 * What one of hawser's errors means, in the page's language.
 *
 * @param {string} name of the error
 * @param {string} sentence with which hawser describes it, in English
 */
export const describeError = (name, sentence) => texts.errors[name] ?? sentence;
