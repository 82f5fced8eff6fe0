// Emscripten's own <emscripten/websocket.h>.

#include <emscripten/websocket.h>

#include "program.h"

static EMSCRIPTEN_WEBSOCKET_T sockets[most_sockets];

static bool on_open(int type, const EmscriptenWebSocketOpenEvent* event, void* data) {
  opened();
  return true;
}

static bool on_message(int type, const EmscriptenWebSocketMessageEvent* event, void* data) {
  received(event->numBytes - (event->isText ? 1 : 0));
  return true;
}

static bool on_close(int type, const EmscriptenWebSocketCloseEvent* event, void* data) {
  emscripten_websocket_delete(event->socket);
  closed();
  return true;
}

void open_socket(const char* url) {
  EmscriptenWebSocketCreateAttributes attributes = {url, NULL, true};
  const EMSCRIPTEN_WEBSOCKET_T socket = emscripten_websocket_new(&attributes);
  sockets[current] = socket;
  emscripten_websocket_set_onopen_callback(socket, NULL, on_open);
  emscripten_websocket_set_onmessage_callback(socket, NULL, on_message);
  emscripten_websocket_set_onclose_callback(socket, NULL, on_close);
}

void close_socket(void) { emscripten_websocket_close(sockets[current], 1000, ""); }

// It finds the end of text by its NUL, so that the text must be cut there.
void send_text(size_t size) {
  const char cut = payload[size];
  payload[size] = 0;
  emscripten_websocket_send_utf8_text(sockets[current], payload);
  payload[size] = cut;
}

void send_binary(size_t size) { emscripten_websocket_send_binary(sockets[current], payload, size); }
