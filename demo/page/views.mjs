// Which of the page's views is shown.

import { element } from "./elements.mjs";

/** @param {HTMLAnchorElement} link of the navigation, such as #socket */
const viewOf = ({ hash }) => element(`${hash.slice(1)}-view`, HTMLElement);

/** Shows the view that the address names, and the first where it names none. */
function showView() {
  const links = [...element("views", HTMLElement).querySelectorAll("a")];
  const current = links.find(({ hash }) => hash === location.hash) ?? links[0];
  for (const link of links) {
    viewOf(link).hidden = link !== current;
    link.removeAttribute("aria-current");
  }
  current.setAttribute("aria-current", "page");
}

/** To be called once, before `onShown`. */
export function showViews() {
  addEventListener("hashchange", showView);
  showView();
}

/**
 * Calls `listener` now, and each time a view comes in sight or goes out of it: the visitor may choose another view, or
 * another tab.
 *
 * @param {string} id of the view
 * @param {(isShown: boolean) => void} listener
 */
export function onShown(id, listener) {
  const view = element(id, HTMLElement);
  let wasShown = false;
  const update = () => {
    const isShown = !view.hidden && !document.hidden;
    if (isShown === wasShown) return;
    wasShown = isShown;
    listener(isShown);
  };
  addEventListener("hashchange", update);
  document.addEventListener("visibilitychange", update);
  update();
}
