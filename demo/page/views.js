// Shows the view that the address names, or the first one. Runs before the page is drawn, so that
// nothing moves.

(() => {
  const links = /** @type {HTMLAnchorElement[]} */ ([...document.querySelectorAll("#views a")]);

  function showView() {
    const current = links.find(({ hash }) => hash === location.hash) ?? links[0];
    for (const link of links) {
      const view = /** @type {HTMLElement} */ (document.querySelector(`${link.hash}-view`));
      view.hidden = link !== current;
      link.removeAttribute("aria-current");
    }
    current.setAttribute("aria-current", "page");
  }

  addEventListener("hashchange", showView);
  showView();
})();
