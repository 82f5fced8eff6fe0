// Shows the page in the language that the visitor chose last, or else in the browser's. It runs before the page is drawn.

(() => {
  const { lang } = document.documentElement;
  let wanted = null;
  try {
    wanted = localStorage.getItem("language");
  } catch {
    // This browser keeps nothing for pages.
  }
  // The first of the visitor's languages that the page speaks.
  wanted ??= navigator.languages.map((language) => language.split("-")[0]).find((one) => one === "en" || one === "zh");
  // Only from the page that has no language in its address: who follows a link to the other one shall get it.
  if (lang === "en" && wanted === "zh" && !location.pathname.endsWith("/index.html")) {
    location.replace(`zh.html${location.hash}`);
  }
})();
