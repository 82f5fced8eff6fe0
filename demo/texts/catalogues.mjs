// All texts of the page, in each of its languages.

import en from "./en.mjs";
import zh from "./zh.mjs";

export const catalogues = { en, zh };
