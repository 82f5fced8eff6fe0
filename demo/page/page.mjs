// The JavaScript half of the demo. It passes the user's input to the C++ half, and shows its
// reports.

import { canWebSocket } from "../../js/index.js";
import { showCodeTabs } from "./code.mjs";
import { element, messageOf } from "./elements.mjs";
import { fromPage } from "./urls.mjs";
import { showEvents, watch } from "./panel.mjs";
import { texts } from "./texts.mjs";
import { showPush } from "../views/push.mjs";
import { showRoom } from "../views/room.mjs";
import { showSession } from "../views/session.mjs";
import { showSocket } from "../views/socket.mjs";
import { showThreads } from "../views/threads.mjs";
import { showThroughput } from "../views/throughput.mjs";
import { showWire } from "../views/wire.mjs";

/**
 * @typedef {{ supported: () => boolean } & import("./panel.mjs").Observed & import("../views/socket.mjs").SocketDemo & import("../views/session.mjs").SessionDemo & import("../views/push.mjs").PushDemo & import("../views/wire.mjs").WireDemo & import("../views/room.mjs").RoomDemo}
 *   Demo
 */

/** @returns {Promise<Demo>} */
async function load() {
  try {
    const { default: create } = await import(fromPage("demo/demo.mjs"));
    const demo = await create();
    watch(demo);
    return demo;
  } catch (exception) {
    throw new Error(texts.page.moduleMissing(messageOf(exception)), { cause: exception });
  }
}

/** Keeps the view when the language changes, and stores the language. */
function showLanguages() {
  for (const link of element("languages", HTMLElement).querySelectorAll("a")) {
    if (link.lang === document.documentElement.lang) link.setAttribute("aria-current", "page");
    link.addEventListener("click", () => {
      link.hash = location.hash;
      try {
        localStorage.setItem("language", link.lang);
      } catch {
        // This browser stores nothing for pages. The language applies to this visit only.
      }
    });
  }
}

showLanguages();
showCodeTabs();

const can = canWebSocket();
element("answer", HTMLElement).textContent = can
  ? texts.page.canWebSocket
  : texts.page.cannotWebSocket;
element("can-web-socket", HTMLElement).textContent = String(can);

showEvents();
const loading = load();
showSocket(loading);
showSession(loading);
showThreads();
showPush(loading);
void showWire(loading);
showThroughput();
showRoom(loading);
element("supported", HTMLElement).textContent = await loading.then(
  (demo) => String(demo.supported()),
  () => texts.page.notLoaded,
);
