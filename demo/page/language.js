// Shows the page in the language that the visitor chose last, or otherwise in the browser's. Runs
// before the page is drawn.

(() => {
  const { lang } = document.documentElement;
  let wanted = null;
  try {
    wanted = localStorage.getItem("language");
  } catch {
    // This browser stores nothing for pages.
  }
  // The first of the visitor's languages that the page is available in.
  wanted ??= navigator.languages
    .map((language) => language.split("-")[0])
    .find((one) => one === "en" || one === "zh");
  // Only redirects from the address without a language, so that links to a language lead there.
  if (lang === "en" && wanted === "zh" && !location.pathname.endsWith("/index.html")) {
    location.replace(`zh.html${location.hash}`);
  }
})();
