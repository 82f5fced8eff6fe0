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
    toWire: "On the wire",
    toThroughput: "Throughput",
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
    /** @param {number} code @param {string} reason @param {boolean} wasClean @param {string} error */
    closed: (code, reason, wasClean, error) =>
      `Closed. Code ${code}, ${reason ? `reason “${reason}”` : "no reason"}, ${wasClean ? "clean" : "not clean"}. ${error}`.trim(),
    left: "The connection was closed because you left this view. Connect again.",
    closeReason: "the page closes",
    noRecord: "The server keeps no record for this page now: it is not there, or it has too many. Try again later.",
    recordEnded: "The server has ended the record. It keeps one for 10 minutes. Connect again.",
    full: "The record is full at 400 frames, so the server closes the connection.",
    tooOften: "That was too often. The server does so 5 times in 5 seconds.",
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
    message: (isSent, isText, size) => `${isSent ? "sent" : "received"}, ${isText ? "text" : "binary"}, ${size}`,
    hiddenPing: "Nothing. The browser answers a Ping by itself, and shows it to no program.",
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
      key: "Four random bytes, fresh for each frame. Byte i of the payload is XORed with byte i mod 4 of the key, so that a page cannot choose what passes on the wire, and cannot trick a proxy between.",
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
        rsv === 0 ? "000: no extension is at work." : rsv === 4 ? "RSV1 is set: compressed." : "Not expected here.",
      /** @param {number} opcode @param {string} name */
      opcode: (opcode, name) => `${opcode}: ${name}.`,
      /** @param {boolean} isMasked @returns {string} */
      mask: (isMasked) =>
        isMasked ? "1: masked. It comes from this page." : "0: not masked. It comes from the server.",
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
      response: "101 is the only status that opens a WebSocket. After the empty line, the connection speaks frames.",
      other: "Not part of WebSocket: the browser sends it with other requests too.",
      otherAnswer: "Not part of WebSocket.",
    },
    /** @type {Record<string, string>} */
    headers: {
      host: "The server that the URL names. One address may serve several.",
      upgrade: "Asks to change the protocol of this connection to WebSocket. The server repeats it to agree.",
      connection: "Says that Upgrade concerns this connection only, and no proxy may pass it on blindly.",
      origin: "The page that asks. A server must check it: any page on the web may open a WebSocket to any server.",
      cookie: "Cookies of this site go along, as with any request. That is why the Origin matters.",
      "sec-websocket-key":
        "16 random bytes in Base64. The server has to compute Sec-WebSocket-Accept from them, see below.",
      "sec-websocket-version": "The version of the protocol. 13 is the one of RFC 6455, and the only one in use.",
      "sec-websocket-extensions":
        "Extensions that the browser offers, and of which the server accepts some. permessage-deflate compresses messages.",
      "sec-websocket-protocol": "The subprotocols that the page offers, and the one that the server selected.",
      "sec-websocket-accept": "The proof that the server has understood the request. The browser checks it.",
      "user-agent": "Which browser this is.",
      "cache-control": "No cache may answer this request.",
      pragma: "No cache from the time of HTTP/1.0 may either.",
    },
  },
  throughput: {
    title: "Throughput",
    about:
      "C++ sends messages as fast as the connection takes them, and the server sends each back. `co_await connection.send` waits while too much is queued, so that no memory fills.",
    size: "Message size",
    start: "Start",
    stop: "Stop",
    note: "It stops after 30 seconds, and when you leave this view. The panel below does not show these messages: to look at each would slow them down. Data and messages are what has come back.",
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
};
