// README for npm's pages, which show no picture that the text names by a relative path.

/**
 * @param {string} markdown
 * @param {string} base a URL that ends with a slash
 */
export function withAbsolutePictures(markdown, base) {
  return markdown.replaceAll(
    /(!\[[^\]]*\]\()([^)\s]+)\)/g,
    (_, before, target) => `${before}${new URL(target, base)})`,
  );
}
