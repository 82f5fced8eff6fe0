// The second tab of each view: the C++ source behind it, as the server has it.

import { element, messageOf } from "./elements.mjs";
import { fromPage } from "./urls.mjs";
import { texts } from "./texts.mjs";

const GUIDES = "https://github.com/hawser/hawser/blob/main/docs/";

const tabs = {
  view: element("tab-view", HTMLButtonElement),
  code: element("tab-code", HTMLButtonElement),
};
const content = element("source-content", HTMLElement);
const file = element("source-file", HTMLAnchorElement);
const guide = element("source-guide", HTMLAnchorElement);

/** @returns {HTMLElement} the selected view */
const currentView = () => document.querySelector("main:not([hidden])") ?? document.body;

/** Whether the page shows the code instead of the view. */
const isOn = () => tabs.code.ariaSelected === "true";

/** @param {keyof typeof tabs} chosen */
function choose(chosen) {
  for (const [name, tab] of Object.entries(tabs)) {
    tab.ariaSelected = String(name === chosen);
    tab.tabIndex = name === chosen ? 0 : -1;
  }
  document.body.classList.toggle("shows-code", isOn());
  element("source", HTMLElement).hidden = !isOn();
  if (isOn()) void showCode();
}

async function showCode() {
  const { dataset } = currentView();
  const path = dataset.code ?? "";
  if (content.dataset.path === path) return;
  content.dataset.path = path;
  content.textContent = texts.code.loading;
  file.textContent = path;
  file.href = fromPage(path);
  guide.href = GUIDES + dataset.guide;
  try {
    const [response, { highlight }] = await Promise.all([
      fetch(file.href),
      import(fromPage("bundles/highlight.mjs")),
    ]);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    const source = await response.text();
    // The visitor may have chosen another view in the meantime.
    if (content.dataset.path === path) content.replaceChildren(...highlight(source));
  } catch (exception) {
    delete content.dataset.path;
    content.textContent = texts.code.missing(path, messageOf(exception));
  }
}

/** Call this once. */
export function showCodeTabs() {
  for (const [name, tab] of Object.entries(tabs)) {
    tab.addEventListener("click", () => choose(/** @type {keyof typeof tabs} */ (name)));
    tab.addEventListener("keydown", ({ key }) => {
      if (key !== "ArrowLeft" && key !== "ArrowRight") return;
      const other = isOn() ? "view" : "code";
      choose(other);
      tabs[other].focus();
    });
  }
  addEventListener("hashchange", () => {
    if (isOn()) void showCode();
  });
}
