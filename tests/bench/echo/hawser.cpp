#include <hawser/hawser.hpp>

static hawser::WebSocket ws;

int main() {
  auto opened = hawser::WebSocket::open("ws://127.0.0.1:8080/echo");
  if (!opened) return 1;
  ws = std::move(*opened);
  ws.on_message([](const hawser::Message& message) {
    if (message.is_text()) {
      ws.send(message.text());
    } else {
      ws.send(message.bytes());
    }
  });
  ws.on_error([](hawser::Error) {});
  ws.on_close([](const hawser::CloseEvent&) { ws = {}; });
}
