// hawser on a thread: blocking calls on a connection that an I/O thread owns.

#include <hawser/hawser.hpp>

#include "program.hpp"

namespace {

hawser::IoThread io;
hawser::blocking::Connection connection;

}  // namespace

void open_connection(const std::string& url) {
  // Room for a whole sample, so that no send waits: the queues of the other contenders are
  // unlimited.
  connection = hawser::blocking::connect(io, url, {.high_water_mark = 1 << 20}).value();
}

void send(std::span<const std::byte> bytes) { connection.send(bytes); }

void send_text(const std::string& text) { connection.send(text); }

void receive() { connection.receive(); }

bool poll() { return connection.try_receive().has_value(); }

void close_connection() { connection.close(); }
