// hawser without callbacks: JavaScript calls poll() after each message, as a program with a main
// loop would.

#include <emscripten/emscripten.h>
#include <hawser/hawser.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "program.h"

namespace {
hawser::Connection connections[most_sockets];
}  // namespace

void open_socket(const char* url) {
  // No high-water mark, because the other contenders have none.
  connections[current] = std::move(*hawser::Connection::open(url, {.high_water_mark = UINT64_MAX}));
  opened();
}

void close_socket() { connections[current] = {}; }

void send_text(size_t size) {
  (void)connections[current].try_send(std::string_view(payload, size));
}

void send_binary(size_t size) {
  (void)connections[current].try_send(std::as_bytes(std::span(payload, size)));
}

extern "C" EMSCRIPTEN_KEEPALIVE void poll() {
  while (const auto message = connections[current].try_receive()) received(message->bytes().size());
}
