// Every text of the page, in each language that it speaks.

import en from "./en.mjs";
import zh from "./zh.mjs";

export const catalogues = { en, zh };
