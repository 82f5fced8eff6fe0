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
    capability: "Capability",
    notStarted: "The page’s script has not started.",
    needsScript: "This page needs JavaScript. Allow it, and load the page again.",
    canWebSocket: "Yes, this browser can open WebSockets.",
    cannotWebSocket: "No, this browser cannot open WebSockets.",
    notLoaded: "not loaded",
    /** @param {string} why */
    moduleMissing: (why) => `The C++ module could not be loaded, so this page cannot connect. ${why}`,
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
