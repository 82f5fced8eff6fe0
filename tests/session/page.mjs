// Makes a session for ?url=, and tells whether the page came from the back/forward cache.

import { load } from "../../js/session.js";

const url = String(new URLSearchParams(location.search).get("url"));
addEventListener("pageshow", ({ persisted }) => Object.assign(globalThis, { isFromCache: persisted }));
const { Session } = await load();
Object.assign(globalThis, { session: new Session(url, [], { minReconnectionDelay: 10, jitter: "none" }) });
