const { DOMException, URL } = globalThis;

/**
 * @param {string} url
 * @param {string} by the name of the constructed class
 */
export function resolve(url, by) {
  const { document, location } = globalThis;
  const base = document?.baseURI ?? location?.href;
  /** @param {string} problem */
  const refuse = (problem) =>
    new DOMException(`Failed to construct '${by}': '${url}' ${problem}`, "SyntaxError");
  let resolved;
  try {
    resolved = new URL(url, base);
  } catch {
    throw refuse(
      base
        ? "is not a valid URL."
        : "is not a valid URL, and there is no page that it could be relative to.",
    );
  }
  if (resolved.protocol === "http:") resolved.protocol = "ws:";
  if (resolved.protocol === "https:") resolved.protocol = "wss:";
  if (resolved.protocol !== "ws:" && resolved.protocol !== "wss:")
    throw refuse(`has the scheme ${resolved.protocol} Use ws: or wss:`);
  if (resolved.href.includes("#"))
    throw refuse("has a fragment, which a server never gets. Remove it, or write %23.");
  return resolved;
}
