// hawser with handlers.

#include <hawser/hawser.hpp>

#include "program.h"

namespace {
hawser::WebSocket sockets[most_sockets];
}  // namespace

void open_socket(const char* url) {
  hawser::WebSocket& ws = sockets[current];
  ws = hawser::WebSocket::open(url).value();
  ws.on_open(opened);
  ws.on_message([](const hawser::Message& message) { received(message.bytes().size()); });
  ws.on_close([](const hawser::CloseEvent&) { closed(); });
}

void close_socket() { sockets[current].close(); }

void send_text(size_t size) { sockets[current].send(std::string_view(payload, size)); }

void send_binary(size_t size) { sockets[current].send(std::as_bytes(std::span(payload, size))); }
