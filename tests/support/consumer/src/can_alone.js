// The same as can_web_socket.js and can_session.js, without hawser.

function canWebSocket() {
  return typeof globalThis.WebSocket === "function";
}

Object.assign(globalThis, { can: canWebSocket() });
