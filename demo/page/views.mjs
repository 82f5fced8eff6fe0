// Notifies views when they become visible. views.js shows them.

import { element } from "./elements.mjs";

/**
 * Calls `listener` now, and each time the view appears or disappears, because the visitor chooses
 * another view or tab.
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
