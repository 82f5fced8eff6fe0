// What is where on the site. A page of docs/ or a public header that is in no part fails the build.

/** The parts of the sidebar, with the pages of docs/ in each, in their order. */
export const PARTS = [
  {
    title: "Guides",
    zh: "指南",
    pages: [
      "first-connection",
      "chat",
      "installing",
      "choosing",
      "coroutines",
      "sessions",
      "outbox",
      "sessions-javascript",
      "login",
      "sending",
      "threads",
      "javascript",
      "bundlers",
      "testing",
      "testing-javascript",
      "debugging",
      "deployment",
      "porting",
      "demo",
    ],
  },
  { title: "Reference", zh: "参考", pages: ["session-options", "errors", "caveats", "comparison"] },
  {
    title: "Internals",
    zh: "内部",
    pages: ["architecture", "performance", "benchmarks", "scale", "reliability"],
  },
];

/** What the sidebar has of the reference of the C++ headers, without .hpp. */
export const HEADERS = {
  Sockets: [
    "hawser",
    "web_socket",
    "web_socket_options",
    "handler",
    "message",
    "payload",
    "close",
    "ready_state",
    "error",
    "error_code",
    "supported",
    "version",
  ],
  Coroutines: [
    "connection",
    "connect_options",
    "owned_message",
    "receive_error",
    "wait",
    "deadline",
    "byte_stream",
    "task",
    "scope",
    "when",
    "event",
    "sleep",
  ],
  Sessions: ["session", "reconnect", "backoff", "heartbeat", "outbox"],
  Threads: ["blocking", "io_thread", "sender"],
  JavaScript: ["value", "promise", "javascript_error"],
  Observing: ["observe", "recorder"],
  Testing: ["testing/browser", "testing/peer", "testing/engine", "testing/failure"],
};

/** Files beside README that are pages, too. */
export const OTHERS = {
  "CHANGELOG.md": "changelog.md",
  "CONTRIBUTING.md": "contributing.md",
  "SECURITY.md": "security.md",
};
