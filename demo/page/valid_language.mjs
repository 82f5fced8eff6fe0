// uPlot gives the browser's language to Intl when it is loaded. WebKitGTK has the language "C" if the system has none, and
// that is no language tag: Intl would throw.

try {
  new Intl.NumberFormat(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en" });
}

/** In which the axes are written. Who uses it has run the above: this package has no side effects, so bundlers drop the rest. */
export const axisLanguage = "en";
