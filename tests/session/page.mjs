// Creates a session for ?url= with ?options=, and reports whether the page came from the
// back/forward cache.

import { load } from "../../js/session.js";

const query = new URLSearchParams(location.search);
const url = String(query.get("url"));
const options = JSON.parse(query.get("options") ?? "{}");
addEventListener("pageshow", ({ persisted }) =>
  Object.assign(globalThis, { isFromCache: persisted }),
);
const { Session } = await load();
Object.assign(globalThis, {
  session: new Session(url, [], { minReconnectionDelay: 10, jitter: "none", ...options }),
});
