// Adapts README for npm's site, which can't show pictures with relative paths.

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
