// hawser on a thread: as in hawser.cpp, but messages are sent by a `Sender`, which never blocks.

#include <hawser/hawser.hpp>

#include <chrono>
#include <expected>
#include <thread>

#include "program.hpp"

namespace {

hawser::IoThread io;
hawser::blocking::Connection connection;
hawser::Sender sender;

void send_any(hawser::Payload payload) {
  while (sender.send(payload) == std::unexpected(hawser::Error::would_block)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

void open_connection(const std::string& url) {
  // Room for a sample, as in hawser.cpp.
  connection = hawser::blocking::connect(io, url, {.high_water_mark = 1 << 20}).value();
  sender = connection.sender();
}

void send(std::span<const std::byte> bytes) { send_any(bytes); }

void send_text(const std::string& text) { send_any(text); }

void receive() { connection.receive(); }

bool poll() { return connection.try_receive().has_value(); }

void close_connection() { connection.close(); }
