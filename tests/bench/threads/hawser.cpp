// hawser on a thread: a connection that an I/O thread has, by calls that block.

#include <hawser/hawser.hpp>

#include "program.hpp"

namespace {

hawser::IoThread io;
hawser::blocking::Connection connection;

}  // namespace

void open_connection(const std::string& url) {
  // Room for a sample, so that a send does not wait: the other contenders queue without end.
  connection = hawser::blocking::connect(io, url, {.high_water_mark = 1 << 20}).value();
}

void send(std::span<const std::byte> bytes) { connection.send(bytes); }

void send_text(const std::string& text) { connection.send(text); }

void receive() { connection.receive(); }

bool poll() { return connection.try_receive().has_value(); }

void close_connection() { connection.close(); }
