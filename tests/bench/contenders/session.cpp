// hawser with sessions.

#include <hawser/session.hpp>

#include <span>
#include <string_view>
#include <utility>

#include "program.h"

namespace {
hawser::Session sessions[most_sockets];
}  // namespace

void open_socket(const char* url) {
  hawser::SessionHandlers handlers;
  handlers.on_open = [] { opened(); };
  handlers.on_message = [](const hawser::Message& message) { received(message.bytes().size()); };
  handlers.on_close = [](const hawser::CloseEvent&) { closed(); };
  sessions[current] = hawser::Session(url, {}, std::move(handlers));
}

void close_socket() { (void)sessions[current].close(); }

void send_text(size_t size) { (void)sessions[current].send(std::string_view(payload, size)); }

void send_binary(size_t size) {
  (void)sessions[current].send(std::as_bytes(std::span(payload, size)));
}
