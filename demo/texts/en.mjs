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
    toRoom: "A room",
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
  room: {
    heading: "Draw together",
    canvas: "The board of this room",
    keys: "Draw with a mouse, a finger or a pen. With the keyboard: arrow keys move, the space bar lifts and lowers the pen.",
    colour: "Your colour",
    colours: ["Red", "Orange", "Yellow", "Green", "Teal", "Blue", "Purple", "Grey"],
    people: "Who is here",
    names: ["Puffin", "Otter", "Seal", "Heron", "Narwhal", "Tern", "Dolphin", "Gull", "Crab", "Whale"],
    /** @param {string} name */
    you: (name) => `${name} (you)`,
    room: "Room",
    roomHint: "a to z, 0 to 9, -",
    enter: "Enter",
    badRoom: "A room’s name has 1 to 32 of these: a to z, 0 to 9, and the hyphen.",
    share: "Copy the link to this room",
    copied: "The link is copied. Open it in another tab, or on another device.",
    /** @param {string} url */
    notCopied: (url) => `Copy this link: ${url}`,
    truth: "Nothing lost, nothing doubled",
    truthNote:
      "Strokes are sent again until they are acknowledged, and stored once. Each client checks that their numbers have no gap.",
    server: "Connected to",
    /** @param {number} number */
    serverName: (number) => `server ${number}`,
    roundTrip: "Round trip",
    sent: "Sent",
    acknowledged: "Acknowledged",
    received: "Received",
    last: "Last number",
    gaps: "Gaps",
    doubles: "Doubles",
    cluster: "Break it",
    clusterNote: "Two servers, three NATS nodes. Kill one while you draw.",
    /** @param {number} number */
    killServer: (number) => `Kill server ${number}`,
    /** @param {number} number */
    restartServer: (number) => `Restart server ${number}`,
    /** @param {number} number */
    killNode: (number) => `Kill NATS node ${number}`,
    /** @param {number} number */
    restartNode: (number) => `Restart NATS node ${number}`,
    joining: "Joining…",
    joined: "You are in. What you draw, everyone sees.",
    away: "The connection is lost. Keep drawing: it is sent when it is back.",
    /** @param {string} why */
    stopped: (why) => `The session has stopped: ${why}.`,
    reset: "The server was started again, and its board is empty.",
    full: "Too much waits to be sent. Draw again when the connection is back.",
    penDown: "Pen down.",
    penUp: "Pen up.",
  },
};
