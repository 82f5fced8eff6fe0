// Splits Chinese, which has no spaces between words, into words: for the search index and for
// queries.

const HAN = /\p{Script=Han}+/gu;

/** @param {string} text without markup */
export function spaced(text) {
  return text.replace(HAN, (run) => ` ${wordsOf(run).join(" ")} `);
}

/**
 * Puts spaces between the words of the text in HTML. They are hair spaces, because search results
 * show the text.
 *
 * @param {string} html
 */
export function spacedHtml(html) {
  return html.replaceAll(
    /(<[^>]*>)|([^<]+)/g,
    (all, tag) => tag ?? all.replace(HAN, (run) => wordsOf(run).join("\u200a")),
  );
}

/** @param {string} run of Chinese */
function wordsOf(run) {
  return [...new Intl.Segmenter("zh", { granularity: "word" }).segment(run)].map(
    ({ segment }) => segment,
  );
}

/** Splits a query into words. @param {string} query */
export const words = (query) =>
  spaced(query)
    .split(/[\n\r\p{Z}\p{P}]+/u)
    .filter(Boolean);
