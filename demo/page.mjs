// The JavaScript half of the demo: it hands the C++ half what the user gave, and shows what that tells.

import { canWebSocket } from "../js/index.js";
import { element, messageOf } from "./elements.mjs";
import { showEvents, watch } from "./panel.mjs";
import { showSession } from "./session.mjs";
import { showSocket } from "./socket.mjs";
import { showThreads } from "./threads.mjs";

/**
 * @typedef {{ supported: () => boolean } & import("./panel.mjs").Observed & import("./socket.mjs").SocketDemo &
 *   import("./session.mjs").SessionDemo} Demo
 */

const MODULE = "./demo/demo.mjs";

/** @returns {Promise<Demo>} */
async function load() {
  try {
    const { default: create } = await import(MODULE);
    const demo = await create();
    watch(demo);
    return demo;
  } catch (exception) {
    throw new Error(`The C++ module could not be loaded, so this page cannot connect. ${messageOf(exception)}`, {
      cause: exception,
    });
  }
}

/** Shows the view that the address names, and the first where it names none. */
function showView() {
  const links = [...element("views", HTMLElement).querySelectorAll("a")];
  const current = links.find(({ hash }) => hash === location.hash) ?? links[0];
  for (const link of links) {
    element(`${link.hash.slice(1)}-view`, HTMLElement).hidden = link !== current;
    link.removeAttribute("aria-current");
  }
  current.setAttribute("aria-current", "page");
}

addEventListener("hashchange", showView);
showView();

const can = canWebSocket();
element("answer", HTMLElement).textContent = can
  ? "Yes, this browser can open WebSockets."
  : "No, this browser cannot open WebSockets.";
element("can-web-socket", HTMLElement).textContent = String(can);

showEvents();
const loading = load();
showSocket(loading);
showSession(loading);
showThreads();
element("supported", HTMLElement).textContent = await loading.then(
  (demo) => String(demo.supported()),
  () => "not loaded",
);
