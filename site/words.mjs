// The words of Chinese, which writes no space between them: for the index of the search, and for what is searched.

const HAN = /\p{Script=Han}+/gu;

/** @param {string} text without markup */
export function spaced(text) {
  return text.replace(HAN, (run) => ` ${wordsOf(run).join(" ")} `);
}

/**
 * What is between the tags of HTML, with spaces between words. They are hair spaces, since results show the text.
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
  return [...new Intl.Segmenter("zh", { granularity: "word" }).segment(run)].map(({ segment }) => segment);
}

/** The words of a query. @param {string} query */
export const words = (query) =>
  spaced(query)
    .split(/[\n\r\p{Z}\p{P}]+/u)
    .filter(Boolean);
