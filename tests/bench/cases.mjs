// The messages that are measured, and their names.

/** One character for each length in UTF-8. @type {Record<string, string>} */
export const alphabets = { ASCII: "a", Latin: "\u00e9", CJK: "\u6f22", emoji: "\u{1F680}" };

/**
 * Returns text of about `size` bytes of UTF-8.
 *
 * @param {string} alphabet
 * @param {number} size
 */
export function textOf(alphabet, size) {
  const character = alphabets[alphabet];
  return character.repeat(size / new TextEncoder().encode(character).length);
}

/** @param {number} size */
export function nameOf(size) {
  const units = ["B", "KiB", "MiB", "GiB"];
  const power = size ? Math.min(Math.floor(Math.log2(size) / 10), 3) : 0;
  return `${size / 1024 ** power} ${units[power]}`;
}
