// The memory of a connection does not grow over time.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <array>
#include <chrono>
#include <span>
#include <stop_token>
#include <string>

#include "../unit/connected.hpp"
#include "memory.hpp"

using hawser::Connection;
using hawser::Task;
using namespace std::chrono_literals;

namespace {

/// Receives every second message into its own buffer, with a deadline and a stop token that never
/// fire, and sleeps after every eighth message.
Task<> receive_all(Connection& connection, std::size_t& bytes) {
  std::array<std::byte, 2'048> buffer;
  std::stop_source stop;
  for (int count = 2;; count += 2) {
    const auto owned = co_await connection.receive();
    if (!owned) co_return;
    bytes += owned->bytes().size();
    const auto read =
        co_await connection.receive_into(buffer, {.timeout = 1h, .stop = stop.get_token()});
    if (!read) co_return;
    bytes += read->bytes().size();
    if (count % 8 == 0) co_await hawser::sleep_for(1ms);
  }
}

/// Messages of many sizes. The reader waits for eight of them, and the next eight wait for the
/// reader.
void exchange(hawser::testing::Browser& browser, Connection& connection, int messages) {
  const std::string text(2'000, 'x');
  for (int i = 0; i < messages; i += 4) {
    const auto size = static_cast<std::size_t>(i * 7 % 2'000);
    browser.peer().send(text.substr(0, size));
    browser.peer().send(std::as_bytes(std::span(text).first(size)));
    browser.peer().send("");
    browser.peer().send(text);
    if (i % 16 == 0) {
      browser.advance(1ms);
      browser.advance(1ms);
    }
    if (i % 1'000 == 0) CHECK(connection.try_send(text));
  }
}

bool messages_leak(int messages) {
  Connected connected;
  std::size_t bytes = 0;
  const Running reader = [](Connection& connection, std::size_t& total) -> Running {
    co_await receive_all(connection, total);
  }(connected.connection, bytes);
  exchange(connected.browser, connected.connection, 4'000);
  const bool is_leak = leaks([&] { exchange(connected.browser, connected.connection, messages); });
  CHECK(bytes > 0);
  return is_leak;
}

}  // namespace

TEST_CASE("memory does not grow over a hundred thousand messages [R8]", "[exact-memory]") {
  CHECK_FALSE(messages_leak(100'000));
}

TEST_CASE("memory does not grow over a million messages [R8]", "[.million]") {
  CHECK_FALSE(messages_leak(1'000'000));
}

TEST_CASE("memory does not grow over a thousand connections [R9]", "[exact-memory]") {
  const auto connect_and_talk = [] {
    Connected connected;
    connected.browser.peer().send("kept in the inbox");
    const auto receiving = connected.receive();
    const auto waiting = connected.receive({.timeout = 1h});
    CHECK(connected.connection.try_send("one"));
  };
  for (int i = 0; i < 10; ++i) connect_and_talk();
  CHECK_FALSE(leaks([&] {
    for (int i = 0; i < 1'000; ++i) connect_and_talk();
  }));
}
