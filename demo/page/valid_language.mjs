// On loading, uPlot passes the browser's language to Intl. If the system has no language, WebKitGTK
// reports "C", which is not a language tag, so Intl would throw.

try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en" });
}

/**
 * The language of the axes. Import it, so that bundlers keep the code above: this package declares
 * no side effects.
 */
export const axisLanguage = "en";
