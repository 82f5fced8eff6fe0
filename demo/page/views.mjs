// Notifies a view when it becomes visible. views.js shows it.

import { element } from "./elements.mjs";

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
