// The page's texts in English. A text with a changing part is a function.

export default {
  page: {
    title: "hawser demo: a WebSocket run by C++",
    description: "A page whose WebSocket is run by C++, compiled to WebAssembly with hawser.",
    motto: "On this page, the WebSocket is run by C++.",
    languages: "Language",
    docs: "Documentation",
    views: "Views",
    toSocket: "One socket",
    toSession: "A session",
    toThreads: "Threads",
    toPush: "Push or poll",
    toWire: "On the wire",
    toThroughput: "Throughput",
    toRoom: "A room",
    capability: "Capability",
    notStarted: "The page’s script has not started.",
    needsScript: "This page needs JavaScript. Allow it, and load the page again.",
    canWebSocket: "Yes, this browser can open WebSockets.",
    cannotWebSocket: "No, this browser cannot open WebSockets.",
    notLoaded: "not loaded",
    /** @param {string} why */
    moduleMissing: (why) =>
      `The C++ module could not be loaded, so this page cannot connect. ${why}`,
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
    cards: [
      { name: "WebSocket", by: "hawser, in C++" },
      { name: "Server-Sent Events", by: "`EventSource`" },
      { name: "Long polling", by: "`fetch`" },
      { name: "Polling, every second", by: "`fetch`" },
      { name: "Conditional polling", by: "`fetch`, every second, with `ETag` and 304" },
    ],
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
    lighter: (webSocket, polling) =>
      `It moves fewer bytes per event: ${webSocket} instead of ${polling}.`,
    /** @type {(empty: string, requests: string) => string} */
    empty: (empty, requests) =>
      `It asks for nothing in vain: of ${requests} polls, ${empty} found no news.`,
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
    lateEnough: (age) =>
      `If news may be ${age} old, polling every second is enough, and any HTTP server can do it.`,
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
  units: {
    /** @param {string} number */
    seconds: (number) => `${number} s`,
  },
  // Texts for hawser's errors, by name. None, because in English, the page shows hawser's own
  // sentences.
  errors: /** @type {Record<string, string>} */ ({}),
  log: {
    heading: "Log",
    clear: "Clear log",
    empty: "Nothing has happened yet.",
    directions: { sent: "sent", received: "received", event: "event" },
    kinds: {
      text: "text",
      binary: "binary",
      connecting: "connecting",
      open: "open",
      closing: "closing",
      close: "close",
      error: "error",
      replaced: "replaced",
      session: "session",
      server: "server",
      idle: "idle",
      waiting: "waiting",
      stopped: "stopped",
    },
  },
  socket: {
    heading: "Connection",
    url: "URL",
    protocols: "Subprotocols",
    protocolsHint: "comma separated, optional",
    connect: "Connect",
    samples: "Samples",
    echo: "Echo",
    refused: "Refused (403)",
    badUrl: "Bad URL",
    readyState: "Ready state",
    states: { connecting: "connecting", open: "open", closing: "closing", closed: "closed" },
    bufferedAmount: "Buffered amount",
    send: "Send",
    text: "Text",
    sample: "Ahoy ⚓",
    sendText: "Send text",
    binary: "Binary",
    hexHint: "bytes in hex",
    sendBytes: "Send bytes",
    fileHint: "a file",
    sendFile: "Send file",
    close: "Close",
    code: "Code",
    reason: "Reason",
    noReason: "none",
    ready: "Ready. Connect, or try a sample.",
    /** @param {string} url */
    connecting: (url) => `Connecting to ${url}`,
    replaced: "The earlier connection was closed to make room for a new one.",
    /** @param {string} protocol @param {string} extensions */
    negotiated: (protocol, extensions) =>
      `Subprotocol: ${protocol || "none"}. Extensions: ${extensions || "none"}.`,
    /** @param {string} negotiated */
    opened: (negotiated) => `Open. ${negotiated}`,
    /** @param {string} size @param {"text" | "binary"} type */
    sent: (size, type) => `Sent ${size} of ${type}.`,
    /** @param {string} size @param {"text" | "binary"} type */
    received: (size, type) => `Received ${size} of ${type}.`,
    handshake: "The closing handshake has started.",
    closing: "Closing.",
    /** @param {number} code @param {string} reason @param {boolean} wasClean */
    end: (code, reason, wasClean) =>
      `Code ${code}, ${reason ? `reason “${reason}”` : "no reason"}, ${wasClean ? "clean" : "not clean"}.`,
    /** @param {string} end @param {string} why */
    closed: (end, why) => `Closed. ${end} ${why}`.trim(),
    notHex: "These are not bytes in hex. Write them like 00 ff 7f.",
    noFile: "No file is chosen yet. Choose one first.",
  },
  session: {
    heading: "Session",
    note: "One connection over as many WebSockets as it takes. Its heartbeat, delays and outbox are smaller here than by default, so that you can watch.",
    acknowledge: "The server acknowledges messages",
    dropOldest: "A full outbox drops the oldest",
    start: "Start",
    stop: "Stop",
    state: "State",
    states: {
      idle: "idle",
      connecting: "connecting",
      open: "open",
      waiting: "waiting",
      stopped: "stopped",
    },
    attempt: "Attempt",
    nextAttempt: "Next attempt in",
    retryNow: "Try now",
    withNetwork: "with the network",
    connections: "Connections",
    attempts: "Attempts",
    uptime: "Uptime",
    roundTrip: "Round trip",
    server: "The server",
    cut: "Cut the connection",
    cutNote: "ends the TCP connection at once.",
    silence: "Stop responding",
    silenceNote: "answers nothing, until the heartbeat notices.",
    leave: "Away for 10 s",
    leaveNote: "cuts, and refuses every attempt.",
    lastMinute: "The last minute",
    minuteAgo: "60 s ago",
    halfMinuteAgo: "30 s",
    now: "now",
    send: "Send",
    sendNote: "Numbered messages. The server takes 40 ms for each.",
    sendOne: "Send one",
    sendSteadily: "Send every 200 ms",
    sent: "Sent",
    received: "Received",
    dropped: "Dropped",
    taken: "Server has",
    repeated: "Duplicates",
    missing: "Lost",
    outbox: "Outbox",
    messages: "Messages",
    bytes: "Bytes",
    /** @param {string} value @param {string} max */
    filled: (value, max) => `${value} of ${max}`,
    fatesLabel: "What the marks on messages mean",
    fates: { kept: "kept", sent: "sent", acknowledged: "acknowledged", dropped: "dropped" },
    newest: "The newest 60 messages",
    nothingSent: "Nothing was sent yet.",
    history: "What happened",
    ready: "Ready. Start a session, then disturb it.",
    replaced: "The earlier session was destroyed to make room for a new one.",
    /** @param {string} state @param {string} content */
    says: (state, content) => `${state[0].toUpperCase()}${state.slice(1)}. ${content}`,
    /** @param {number} attempt */
    connecting: (attempt) => (attempt === 0 ? "First attempt." : `Attempt ${attempt}.`),
    opened: "Connected.",
    /** @param {number} code */
    closedWith: (code) => `The connection was closed with code ${code}.`,
    /** @param {string} end @param {number} attempt @param {string} delay */
    waiting: (end, attempt, delay) => `${end} Attempt ${attempt} in ${delay}.`,
    stopReasons: {
      none: "",
      closed_by_app: "This page stopped it.",
      policy_violation: "The server rejects this page’s messages (1008).",
      final_code: "The server closed with a code that is final.",
      cannot_connect: "No attempt can reach the network.",
      too_many_attempts: "There were too many attempts.",
      deadline: "It took too long.",
      decided_by_app: "This page decided so.",
      message_refused: "A message from the server was refused.",
    },
    noSession: "There is no session yet. Start one first.",
    hasStopped: "The session has stopped. Start another one.",
    notWaiting: "The session is not waiting for an attempt.",
    unknownToServer: "The server has not heard of this session yet.",
    /** @param {number} status */
    serverStatus: (status) => `The server answered with status ${status}.`,
    wasCut: "It has cut the connection.",
    wasSilenced: "It has stopped responding.",
    hasLeft: "It is away for 10 s.",
  },
  threads: {
    heading: "Two threads",
    note: "Each sends a message 20 times a second, and blocks until its echo is back. One has a connection on the main thread, the other on an I/O thread. Give the main thread work, and see which one has to wait. (In Firefox both: it passes every WebSocket through the main thread.)",
    mainThread: "The main thread",
    rope: "A rope that turns, drawn in each frame",
    work: "Work in each frame",
    frameRate: "Frames per second",
    pause: "Pause",
    roundTrips: "Round trips, the last 30 seconds",
    chartStart: "30 s ago",
    chartMiddle: "15 s",
    now: "now",
    through: "Through",
    last: "Last",
    median: "Median",
    medianOf: "of 2 s",
    paths: { main: "the main thread", io: "the I/O thread" },
    connecting: "Connecting.",
    paused: "Paused.",
    measuring: "Measuring.",
    /** @param {number} work in milliseconds @param {string} main @param {string} io */
    medians: (work, main, io) =>
      `With ${work === 0 ? "no more work" : `${work} ms of work`} in each frame, the median round trip takes ${main} through the main thread, and ${io} through the I/O thread.`,
    /** @param {string[]} problems */
    retrying: (problems) => `${problems.join(" ")} Trying again every second.`,
    /** @param {string} why */
    moduleMissing: (why) => `The module with threads could not be loaded. ${why}`,
    notIsolated:
      "Threads need shared memory, which browsers give only to pages that their server isolates from other origins.",
    noSharedMemory: "Threads need shared memory, and this browser has none for pages.",
  },
  panel: {
    heading: "What goes over the wire",
    noEvents: "0 of 0 events",
    /** @param {string} shown @param {string} all */
    count: (shown, all) => `${shown} of ${all} events`,
    /** @param {string} count @param {string} newer */
    pausedCount: (count, newer) => `${count}, ${newer} newer`,
    pause: "Pause events",
    clear: "Clear events",
    download: "Download HAR",
    note: "Every socket and session of this page, as `hawser::observe` reports them. The newest 1,000 events are kept.",
    filter: "Filter",
    anyText: "any text",
    from: "From",
    everything: "everything",
    /** @param {number} number */
    session: (number) => `session ${number}`,
    /** @param {number} number */
    socket: (number) => `socket ${number}`,
    show: "Show",
    messages: "Messages",
    connections: "Connections",
    sessions: "Sessions",
    keep: "Keep payloads",
    keepNote: "They may hold secrets, and the HAR has them too.",
    empty: "Nothing to show yet.",
    kinds: { connection: "connection", message: "message", session: "session" },
    types: {
      opening: "opening",
      open: "open",
      sent: "sent",
      received: "received",
      error: "error",
      close: "close",
      state: "state",
      retry: "retry",
      drop: "drop",
    },
    threads: { main: "main thread", io: "I/O thread" },
    queues: { inbox: "inbox", outbox: "outbox" },
    direction: "Direction",
    messageType: "Type",
    data: "Data",
    fields: {
      type: "Event",
      time: "Time",
      thread: "Thread",
      session: "Session",
      socket: "Socket",
      kind: "Kind",
      size: "Size",
      binary: "Binary",
      truncated: "Truncated",
      bufferedAmount: "Buffered amount",
      url: "URL",
      protocols: "Subprotocols",
      protocol: "Subprotocol",
      extensions: "Extensions",
      error: "Error",
      message: "Message",
      code: "Code",
      reason: "Reason",
      wasClean: "Was clean",
      state: "State",
      attempt: "Attempt",
      isOffline: "Is offline",
      isHidden: "Is hidden",
      why: "Why",
      delay: "Delay",
      from: "From",
    },
    yes: "yes",
    no: "no",
    /** @param {string} reason */
    reason: (reason) => `“${reason}”`,
    clean: "clean",
    notClean: "not clean",
    offline: "offline",
    hidden: "hidden",
    separator: ", ",
    /** @param {number} attempt @param {string} delay */
    retry: (attempt, delay) => `attempt ${attempt} in ${delay} ms`,
    details: "Details",
    noDetails: "Select an event: click it, or go through them with the arrow keys.",
    payload: "Payload",
    text: "Text",
    hex: "Hex",
    notKept: "It was not kept.",
    restNotKept: "(The rest was not kept.)",
  },
  wire: {
    connection: "Your connection",
    about:
      "What WebSocket really sends. The server records each byte of this connection’s TCP stream, and shows the record to this page alone.",
    options: "Options",
    compress: "Accept permessage-deflate",
    connect: "Connect again",
    close: "Close",
    text: "Text",
    textValue: "Ahoy ⚓",
    sendText: "Send text",
    bytes: "Binary",
    bytesHint: "bytes in hex",
    sendBytes: "Send bytes",
    samples: "Samples",
    empty: "Empty",
    short: "126 B",
    long: "65,536 B",
    repeated: "2,000 × a",
    serverDoes: "The server",
    ping: "Ping",
    fragments: "Three frames",
    serverCloses: "Close",
    handshake: "The opening handshake",
    request: "Request",
    answer: "Response",
    isRelevant: "A bar marks the lines that make it a WebSocket.",
    nothingYet: "Nothing yet.",
    accept: "Sec-WebSocket-Accept, computed by this page",
    acceptAbout: "It proves that the server speaks WebSocket. It is no secret, and no protection.",
    key: "The key of the request",
    withGuid: "With the GUID of RFC 6455 behind it",
    sha1: "SHA-1 of that: 20 bytes",
    base64: "In Base64",
    sent: "What the server sent",
    same: "✓ the same",
    different: "✕ not the same",
    noSubtle: "This page has no crypto.subtle, because it does not come over HTTPS.",
    frames: "Frames",
    framesAbout:
      "Select a field to learn what it is for: click it, or use the arrow keys. Bytes are in hex, and bits as 0 and 1.",
    legend: "Fields",
    sources: "Where it comes from",
    fromRecord: "server",
    fromRecordAbout: "the server’s record of the TCP connection",
    fromObserver: "hawser",
    fromObserverAbout: "what hawser’s observer reports to an application",
    field: "The selected field",
    noField: "Nothing is selected yet",
    noFieldAbout: "Send a message, and select one of the fields of its frame.",
    ready: "Ready. Connect to see the handshake.",
    connecting: "Connecting…",
    /** @param {string} extensions */
    opened: (extensions) => `Open. Extensions: ${extensions || "none"}.`,
    /**
     * @param {number} code
     * @param {string} reason
     * @param {boolean} wasClean
     * @param {string} error
     */
    closed: (code, reason, wasClean, error) =>
      `Closed. Code ${code}, ${reason ? `reason “${reason}”` : "no reason"}, ${wasClean ? "clean" : "not clean"}. ${error}`.trim(),
    left: "The connection was closed because you left this view. Connect again.",
    closeReason: "the page closes",
    noRecord:
      "The server keeps no record for this page now: it is not running, or it has too many. Try again later.",
    recordEnded: "The server has ended the record. It keeps one for 10 minutes. Connect again.",
    full: "The record is full at 400 frames, so the server closes the connection.",
    tooOften: "That was too often. The server does so at most 5 times in 5 seconds.",
    notOpen: "There is no open connection. Connect again.",
    /** @param {number} status */
    serverRefuses: (status) => `The server answers with the status ${status}.`,
    notHex: "These are not bytes in hex. Write them like 00 ff 7f.",
    fromPage: "from this page",
    fromServer: "from the server",
    /** @param {number} number @param {string} from @param {string} opcode */
    frame: (number, from, opcode) => `Frame ${number}, ${from}: ${opcode}`,
    /** @param {string} size */
    onWire: (size) => `${size} on the wire`,
    /** @param {string} size */
    more: (size) => `… ${size} more`,
    compressed: "compressed",
    fragment: "fragment",
    /** @type {Record<string, string>} */
    opcodes: {
      0: "continuation",
      1: "text",
      2: "binary",
      8: "close",
      9: "ping",
      10: "pong",
    },
    reserved: "reserved",
    waits: "Nothing yet.",
    partOfMessage: "Nothing yet: the message continues in the next frame.",
    /** @param {boolean} isSent @param {boolean} isText @param {string} size */
    message: (isSent, isText, size) =>
      `${isSent ? "sent" : "received"}, ${isText ? "text" : "binary"}, ${size}`,
    hiddenPing: "Nothing. The browser answers Pings by itself, and does not show them to programs.",
    hiddenPong: "Nothing. The browser has sent this Pong by itself.",
    hiddenClose: "Nothing yet. The close event comes when the handshake is complete.",
    /** @param {number} code @param {string} reason @param {boolean} wasClean */
    closeEvent: (code, reason, wasClean) =>
      `close, code ${code}${reason && `, reason “${reason}”`}, ${wasClean ? "clean" : "not clean"}`,
    pageEnds: "TCP: this page’s side has ended its direction (FIN).",
    serverEnds: "TCP: the server has ended its direction (FIN).",
    tcpClosed: "TCP: the connection is gone.",
    names: {
      fin: "FIN",
      rsv: "RSV",
      opcode: "Opcode",
      mask: "MASK",
      length: "Length",
      extended: "Extended length",
      key: "Masking key",
      payload: "Payload",
      unmasked: "Unmasked",
      content: "As text",
    },
    maskedPayload: "Payload, masked",
    explanations: {
      fin: "Whether this frame is the last one of its message. A message may be split into several frames.",
      rsv: "Three bits for extensions. permessage-deflate sets the first (RSV1) on the first frame of a compressed message (RFC 7692 §6). Without an extension all are 0.",
      opcode:
        "What kind of frame this is: 0 continuation, 1 text, 2 binary, 8 close, 9 ping, 10 pong. The others are reserved.",
      mask: "Whether the payload is masked. A browser must mask every frame, and a server must mask none.",
      length:
        "How many bytes of payload follow. Up to 125 fit in these 7 bits. 126 means that the next 2 bytes have the length, and 127 that the next 8 bytes have it.",
      extended:
        "The length of a payload that does not fit in 7 bits, most significant byte first. The shortest form that fits must be used.",
      key: "Four random bytes, fresh for each frame. Byte i of the payload is XORed with byte i mod 4 of the key, so that a page cannot choose the bytes on the wire, and cannot trick a proxy.",
      payload: "The data as it passes on the wire.",
      unmasked: "The payload, XORed with the masking key again: what was sent.",
      content:
        "The unmasked payload as UTF-8. In a Close frame the first two bytes are the close code, and the reason follows.",
    },
    values: {
      /** @param {boolean} fin @returns {string} */
      fin: (fin) => (fin ? "1: the message ends with this frame." : "0: more frames follow."),
      /** @param {number} rsv @returns {string} */
      rsv: (rsv) =>
        rsv === 0
          ? "000: no extension is in use."
          : rsv === 4
            ? "RSV1 is set: compressed."
            : "Not expected here.",
      /** @param {number} opcode @param {string} name */
      opcode: (opcode, name) => `${opcode}: ${name}.`,
      /** @param {boolean} isMasked @returns {string} */
      mask: (isMasked) =>
        isMasked
          ? "1: masked. It comes from this page."
          : "0: not masked. It comes from the server.",
      /** @param {number} short @param {string} size */
      length: (short, size) =>
        short < 126
          ? `${short}: that is the length.`
          : `${short}: the length is in the next ${short === 126 ? 2 : 8} bytes, ${size}.`,
      /** @param {string} size */
      extended: (size) => `${size}.`,
      /** @param {string} size */
      payload: (size) => `${size}.`,
    },
    lines: {
      request: "The method must be GET. The path and the query come from the URL.",
      response:
        "101 is the only status that opens a WebSocket. After the empty line, the connection speaks frames.",
      other: "Not part of WebSocket: the browser sends it with other requests too.",
      otherAnswer: "Not part of WebSocket.",
    },
    /** @type {Record<string, string>} */
    headers: {
      host: "The server that the URL names. One address may serve several.",
      upgrade:
        "Asks to change the protocol of this connection to WebSocket. The server repeats it to agree.",
      connection:
        "Says that Upgrade concerns this connection only, and no proxy may pass it on blindly.",
      origin:
        "The page that asks. A server must check it: any page on the web may open a WebSocket to any server.",
      cookie: "Cookies of this site are sent, as with any request. That is why the Origin matters.",
      "sec-websocket-key":
        "16 random bytes in Base64. The server has to compute Sec-WebSocket-Accept from them, see below.",
      "sec-websocket-version":
        "The version of the protocol. 13 is the one of RFC 6455, and the only one in use.",
      "sec-websocket-extensions":
        "Extensions that the browser offers, and of which the server accepts some. permessage-deflate compresses messages.",
      "sec-websocket-protocol":
        "The subprotocols that the page offers, and the one that the server selected.",
      "sec-websocket-accept":
        "The proof that the server has understood the request. The browser checks it.",
      "user-agent": "Which browser this is.",
      "cache-control": "No cache may answer this request.",
      pragma: "The same for caches from the time of HTTP/1.0.",
    },
  },
  throughput: {
    title: "Throughput",
    about:
      "C++ sends messages as fast as the connection takes them, and the server sends each back. `co_await connection.send` waits while too much is queued, so that no memory fills.",
    size: "Message size",
    start: "Start",
    stop: "Stop",
    note: "It stops after 30 seconds, and when you leave this view. The panel below does not show these messages, because inspecting each one would slow them down. Data and messages count what has come back.",
    elapsed: "Time that has passed, of 30 seconds",
    figures: "Figures",
    figure: "Figure",
    now: "Now",
    mean: "Mean",
    most: "Most",
    charts: "Over time",
    megabytes: "Data",
    megabytesUnit: "MB/s",
    messages: "Messages",
    messagesUnit: "1/s",
    buffered: "Buffered amount",
    bufferedUnit: "KiB",
    ready: "Ready. Choose a size, and start.",
    connecting: "Connecting…",
    running: "Running.",
    left: "Stopped, because you left this view.",
    /** @param {string} seconds @param {string} megabytes @param {string} messages */
    done: (seconds, megabytes, messages) =>
      `Done. In ${seconds} s the mean was ${megabytes} MB/s and ${messages} messages/s.`,
    /** @param {string} why */
    ended: (why) => `The connection has ended. ${why}`,
    /** @param {string} why */
    notLoaded: (why) => `This view could not be loaded. ${why}`,
  },
  room: {
    heading: "Draw together",
    canvas: "The board of this room",
    keys: "Draw with a mouse, a finger or a pen. With the keyboard: arrow keys move, the space bar lifts and lowers the pen.",
    colour: "Your colour",
    colours: ["Red", "Orange", "Yellow", "Green", "Teal", "Blue", "Purple", "Grey"],
    people: "Who is here",
    names: [
      "Puffin",
      "Otter",
      "Seal",
      "Heron",
      "Narwhal",
      "Tern",
      "Dolphin",
      "Gull",
      "Crab",
      "Whale",
    ],
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
    joined: "You are in. Everyone sees what you draw.",
    away: "The connection is lost. Keep drawing: your strokes are sent when it is back.",
    /** @param {string} why */
    stopped: (why) => `The session has stopped: ${why}.`,
    reset: "The server was restarted, and its board is empty.",
    full: "Too many strokes wait to be sent. Draw again when the connection is back.",
    penDown: "Pen down.",
    penUp: "Pen up.",
  },
};
