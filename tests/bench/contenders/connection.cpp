// hawser with coroutines.

#include <hawser/hawser.hpp>

#include <cstdint>
#include <string>
#include <utility>

#include "program.h"

namespace {

hawser::Connection connections[most_sockets];

hawser::Task<> run(std::string url, std::size_t index) {
  // No high-water mark, because the other contenders have none.
  auto connected = co_await hawser::connect(url, {.high_water_mark = UINT64_MAX});
  if (!connected) co_return;
  hawser::Connection& connection = connections[index] = std::move(*connected);
  opened();
  while (const auto message = co_await connection.receive()) received(message->bytes().size());
  closed();
}

hawser::Task<> close(hawser::Connection& connection) { co_await connection.close(); }

}  // namespace

void open_socket(const char* url) { hawser::spawn(run(url, current)); }

void close_socket() { hawser::spawn(close(connections[current])); }

void send_text(size_t size) { connections[current].try_send(std::string_view(payload, size)); }

void send_binary(size_t size) {
  connections[current].try_send(std::as_bytes(std::span(payload, size)));
}
