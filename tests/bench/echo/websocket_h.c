#include <emscripten/websocket.h>

static bool on_message(int type, const EmscriptenWebSocketMessageEvent* event, void* data) {
  if (event->isText) {
    emscripten_websocket_send_utf8_text(event->socket, (const char*)event->data);
  } else {
    emscripten_websocket_send_binary(event->socket, event->data, event->numBytes);
  }
  return true;
}

static bool on_error(int type, const EmscriptenWebSocketErrorEvent* event, void* data) { return true; }

static bool on_close(int type, const EmscriptenWebSocketCloseEvent* event, void* data) {
  emscripten_websocket_delete(event->socket);
  return true;
}

int main(void) {
  if (!emscripten_websocket_is_supported()) return 1;
  EmscriptenWebSocketCreateAttributes attributes = {"ws://127.0.0.1:8080/echo", NULL, true};
  const EMSCRIPTEN_WEBSOCKET_T socket = emscripten_websocket_new(&attributes);
  if (socket <= 0) return 1;
  emscripten_websocket_set_onmessage_callback(socket, NULL, on_message);
  emscripten_websocket_set_onerror_callback(socket, NULL, on_error);
  emscripten_websocket_set_onclose_callback(socket, NULL, on_close);
}
