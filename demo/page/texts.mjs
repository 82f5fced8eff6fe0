// The texts of the page in its language, for its scripts. The template has those that are there from the start.

import { fromPage } from "./elements.mjs";

/** @type {typeof import("../texts/en.mjs").default} */
export const texts = (await import(fromPage(`texts/${document.documentElement.lang}.mjs`))).default;
