// Helpers for tests that read documents.

/**
 * The code blocks of a Markdown text in one language.
 *
 * @param {string} text
 * @param {string} language
 */
export function blocks(text, language) {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map(
    (match) => match[1],
  );
}

/**
 * The part of a Markdown text below a heading of the second level.
 *
 * @param {string} text
 * @param {string} heading
 */
export function section(text, heading) {
  const found = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`The heading "${heading}" is missing.`);
  return found;
}
