// The page's texts in English. A text with a changing part is a function.

export default {
  page: {
    title: "hawser demo: a WebSocket run by C++",
    description: "A page whose WebSocket is run by C++, compiled to WebAssembly with hawser.",
    motto: "On this page, the WebSocket is run by C++.",
    languages: "Language",
    views: "Views",
    toSocket: "One socket",
    toSession: "A session",
    toThreads: "Threads",
    toPush: "Push or poll",
    capability: "Capability",
    notStarted: "The page’s script has not started.",
    needsScript: "This page needs JavaScript. Allow it, and load the page again.",
    canWebSocket: "Yes, this browser can open WebSockets.",
    cannotWebSocket: "No, this browser cannot open WebSockets.",
    notLoaded: "not loaded",
    /** @param {string} why */
    moduleMissing: (why) => `The C++ module could not be loaded, so this page cannot connect. ${why}`,
  },
  push: {
    heading: "Push or poll",
    intro:
      "The server makes news for you alone. The same news comes to this page in five ways at once, and the server counts what each way costs at its TCP sockets. Each change of a setting starts the measurement again.",
    rate: "News",
    /** @param {string} rate */
    aSecond: (rate) => `${rate} a second`,
    cookie: "Cookie, sent with each request",
    noCookie: "none",
    keepAlive: "Keep connections for the next request (keep-alive)",
    compression: "Compress (gzip, permessage-deflate)",
    restart: "Measure again",
    pause: "Pause",
    clock: "The clocks of the server and of this page agree within",
    connecting: "Connecting.",
    measuring: "Measuring.",
    paused: "Paused. The server makes no news.",
    /** @param {string} why */
    lost: (why) => `The connection to the server is lost. ${why} Connecting again.`,
    ways: "Five ways, side by side",
    webSocket: "WebSocket",
    serverSentEvents: "Server-Sent Events",
    longPolling: "Long polling",
    polling: "Polling, every second",
    conditionalPolling: "Conditional polling",
    byHawser: "hawser, in C++",
    byEventSource: "`EventSource`",
    byFetch: "`fetch`",
    byFetchAndCache: "`fetch`, every second, with `ETag` and 304",
    keyP50: "age of half of the news (p50)",
    keyP95: "age of 95% (p95)",
    keyUp: "bytes to the server",
    keyDown: "bytes to the page",
    age: "Age on arrival",
    p50: "p50",
    p95: "p95",
    bytesPerEvent: "Bytes per event",
    up: "up",
    down: "down",
    received: "Events",
    requests: "Requests",
    emptyAnswers: "Empty answers",
    connections: "TCP connections",
    bytesUp: "Bytes up",
    bytesDown: "Bytes down",
    counted:
      "Bytes are all that TCP carries: requests, headers, cookies, chunks, frames, and the opening handshake. What IP and TCP themselves add to each packet, about 40 bytes, is not counted. Ages are those of the last 500 events. TCP connections are those that have carried a request of this way; the ways without WebSocket may share them, as in any page.",
    conclusions: "What these figures say",
    forPush: "For push, by WebSocket",
    forPolling: "For polling",
    tooFew: "Too little news yet.",
    nothing: "Nothing, with these settings.",
    /** @type {(webSocket: string, polling: string) => string} */
    younger: (webSocket, polling) =>
      `News is younger: half of it arrives within ${webSocket}; by polling, within ${polling}.`,
    /** @type {(webSocket: string, polling: string) => string} */
    lighter: (webSocket, polling) => `It moves fewer bytes per event: ${webSocket} instead of ${polling}.`,
    /** @type {(empty: string, requests: string) => string} */
    empty: (empty, requests) => `It asks for nothing in vain: of ${requests} polls, ${empty} found no news.`,
    /** @param {string} count */
    batches: (count) =>
      `It hands over news in batches: ${count} events in each answer that is not empty. Push sends a message for each, and the page wakes up for each.`,
    /** @type {(polling: string, webSocket: string) => string} */
    fewerBytes: (polling, webSocket) =>
      `It moves fewer bytes per event: ${polling} instead of ${webSocket}, because a batch shares its headers, and compresses better.`,
    /** @type {(polling: string, webSocket: string) => string} */
    fewerBytesDown: (polling, webSocket) =>
      `It sends fewer bytes per event to the page: ${polling} instead of ${webSocket}, because one answer holds many events.`,
    /** @type {(polling: string, webSocket: string) => string} */
    fewerConnections: (polling, webSocket) =>
      `It holds no connection between two requests: ${polling} were open on average, and ${webSocket} for WebSocket.`,
    /** @param {string} percent */
    caches: (percent) =>
      `HTTP caches help: ${percent} of the conditional polls got a 304 without a body. If all clients read the same news, a cache in front of the server can answer them.`,
    /** @param {string} age */
    lateEnough: (age) => `If news may be ${age} old, polling every second is enough, and any HTTP server can do it.`,
    load: "What many clients cost the server",
    clients: "Clients",
    formula:
      "Load = clients × what this page costs, measured over the last 10 s. 1 Mbit/s is 125,000 bytes a second. The second line has the factor.",
    way: "Way",
    requestsASecond: "Re\u00adquests/s",
    megabitsUp: "Mbit/s up",
    megabitsDown: "Mbit/s down",
    openConnections: "Open connec\u00adtions",
    eachRequests: "/s",
    eachBytes: " B/s",
    eachOpen: "",
  },
  code: {
    tabs: "View or code",
    view: "View",
    code: "C++",
    from: "What runs this view, from the real file:",
    more: "More:",
    guide: "the guide",
    loading: "Loading…",
    /** @param {string} file @param {string} why */
    missing: (file, why) => `${file} could not be loaded. ${why}`,
  },
};
