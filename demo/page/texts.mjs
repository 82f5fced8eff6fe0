// The texts of the page in its language, for its scripts. The template has those that are there from the start.

/** @type {typeof import("../texts/en.mjs").default} */
export const texts = (await import(`../texts/${document.documentElement.lang}.mjs`)).default;
