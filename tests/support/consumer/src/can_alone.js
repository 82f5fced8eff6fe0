// What can_web_socket.js and can_session.js do, without hawser.

function canWebSocket() {
  return typeof globalThis.WebSocket === "function";
}

Object.assign(globalThis, { can: canWebSocket() });
