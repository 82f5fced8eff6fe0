// Coroutines on this engine's own WebSocket and a real server, which misbehaves as its path says.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "event_loop.hpp"
#include "server.hpp"

using hawser::ByteStream;
using hawser::Connection;
using hawser::Error;
using hawser::ReadyState;
using hawser::Task;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

std::vector<std::byte> counted_bytes(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7);
  return bytes;
}

Task<Connection> connected(std::string_view path, hawser::ConnectOptions options = {}) {
  co_return (co_await hawser::connect(server(path), std::move(options))).value();
}

/// Whether the connection works.
Task<bool> echoes(Connection& connection) {
  if (!co_await connection.send("still there?")) co_return false;
  const auto message = co_await connection.receive();
  co_return message && message->text() == "still there?";
}

Task<> stop_in_next_turn(std::stop_source& stop) {
  co_await hawser::sleep_for(0ms);
  stop.request_stop();
}

/// A message's position in a flood.
std::uint32_t index_of(const hawser::Message& message) {
  std::uint32_t index = 0;
  std::memcpy(&index, message.bytes().data(), sizeof index);
  return index;
}

}  // namespace

TEST_CASE("a coroutine on a server: text is echoed unchanged [R6]", "[server]") {
  run([] -> Task<> {
    auto connection = co_await connected("/echo");
    for (const auto& text : {""s, "hello"s, "a\0b"s, "\u00e9\u20ac\U0001F680"s,
                             std::string(1 << 20, 'y') + "\u20ac"}) {
      REQUIRE(co_await connection.send(text));
      const auto message = co_await connection.receive();
      REQUIRE(message);
      CHECK(message->is_text());
      CHECK(message->text() == text);
    }
  }());
}

TEST_CASE("a coroutine on a server: binary is echoed unchanged [R6]", "[server]") {
  run([] -> Task<> {
    auto connection = co_await connected("/echo");
    for (const std::size_t size : {0u, 1u, 126u, 65'536u, 1u << 20, 8u << 20}) {
      const auto bytes = counted_bytes(size);
      REQUIRE(co_await connection.send(bytes));
      const auto message = co_await connection.receive();
      REQUIRE(message);
      CHECK_FALSE(message->is_text());
      CHECK(std::ranges::equal(message->bytes(), bytes));
    }
  }());
}

TEST_CASE("a coroutine on a server: close returns the server's code and reason [R3]", "[server]") {
  run([] -> Task<> {
    auto connection = co_await connected("/echo");
    const auto end = co_await connection.close(4321, "t\u00e4\u20ac");
    REQUIRE(end);
    CHECK(end->code == 4321);
    CHECK(end->reason == "t\u00e4\u20ac");
    CHECK(end->was_clean);
    CHECK_FALSE(end->error);
    CHECK(connection.ready_state() == ReadyState::closed);
  }());
}

TEST_CASE("a coroutine on a server: a failed attempt is reported [R3]", "[server]") {
  const auto url =
      GENERATE(as<std::string>(), "/refuse", "ws://127.0.0.1:9/", "ws://127.0.0.1:6000/");
  CAPTURE(url);
  run([](std::string to) -> Task<> {
    const auto connection = co_await hawser::connect(to);
    REQUIRE_FALSE(connection);
    CHECK(connection.error() == Error::connection_failed);
  }(url.starts_with('/') ? server(url) : url));
}

TEST_CASE("a coroutine on a server: a handshake that is never answered ends at its deadline [R12]",
          "[server]") {
  run([] -> Task<> {
    const auto connection =
        co_await hawser::connect(server("/no-answer"), {.connect_timeout = 200ms});
    REQUIRE_FALSE(connection);
    CHECK(connection.error() == Error::connection_timed_out);
  }());
}

TEST_CASE("a coroutine on a server: a stop request cancels an attempt to connect", "[server]") {
  run([] -> Task<> {
    std::stop_source stop;
    hawser::spawn(stop_in_next_turn(stop));
    const auto connection =
        co_await hawser::connect(server("/no-answer"), {.stop = stop.get_token()});
    REQUIRE_FALSE(connection);
    CHECK(connection.error() == Error::cancelled);
  }());
}

TEST_CASE("a coroutine on a server: a stop request ends a receive, and loses no message",
          "[server]") {
  run([] -> Task<> {
    auto connection = co_await connected("/echo");
    std::stop_source stop;
    hawser::spawn(stop_in_next_turn(stop));
    const auto message = co_await connection.receive({.stop = stop.get_token()});
    REQUIRE_FALSE(message);
    CHECK(message.error().error == Error::cancelled);
    CHECK_FALSE(message.error().end);
    CHECK(co_await echoes(connection));
  }());
}

TEST_CASE("a coroutine on a server: a deadline ends a receive, and loses no message", "[server]") {
  run([] -> Task<> {
    auto connection = co_await connected("/echo");
    const auto message = co_await connection.receive({.timeout = 20ms});
    REQUIRE_FALSE(message);
    CHECK(message.error().error == Error::timed_out);
    CHECK(co_await echoes(connection));
  }());
}

TEST_CASE("a coroutine on a server: a send that was stopped while it waited sent nothing",
          "[server]") {
  run([] -> Task<> {
    auto connection = co_await connected("/slow-reader?ms=300");
    const std::vector<std::byte> large(32 << 20);
    REQUIRE(co_await connection.send(large));
    std::stop_source stop;
    hawser::spawn(stop_in_next_turn(stop));
    const auto sent = co_await connection.send("stopped", {.stop = stop.get_token()});
    REQUIRE_FALSE(sent);
    CHECK(sent.error() == Error::cancelled);
    REQUIRE(co_await connection.send("done"));
    const auto answer = co_await connection.receive();
    REQUIRE(answer);
    CHECK(answer->text() == std::to_string(large.size()));
  }());
}

TEST_CASE("a coroutine on a server: a stop request ends only the wait for the end", "[server]") {
  run([] -> Task<> {
    auto connection = co_await connected("/never-close", {.close_timeout = 300ms});
    std::stop_source stop;
    hawser::spawn(stop_in_next_turn(stop));
    CHECK((co_await connection.close(1000, "", {.stop = stop.get_token()})).error() ==
          Error::cancelled);
    CHECK(connection.ready_state() == ReadyState::closing);
    const auto end = co_await connection.close();
    REQUIRE(end);
    CHECK(end->error == Error::connection_timed_out);
    CHECK(connection.ready_state() == ReadyState::closed);
  }());
}

TEST_CASE("a coroutine on a server: a reader that is sometimes slow gets 10 000 messages in order",
          "[server]") {
  run([] -> Task<> {
    auto connection = co_await connected("/flood?count=10000&size=64");
    for (std::uint32_t expected = 0; expected < 10'000; ++expected) {
      const auto message = co_await connection.receive();
      REQUIRE(message);
      REQUIRE(index_of(*message) == expected);
      if (expected % 100 == 0) co_await hawser::sleep_for(0ms);
    }
    const auto end = co_await connection.receive();
    REQUIRE_FALSE(end);
    CHECK(end.error().error == Error::closed);
    CHECK(end.error().end->code == 1000);
  }());
}

TEST_CASE(
    "a coroutine on a server: messages from before the end are received before it, however late",
    "[server]") {
  run([] -> Task<> {
    auto connection = co_await connected("/early?count=100&close=4001&reason=bye");
    while (connection.ready_state() != ReadyState::closed) co_await hawser::sleep_for(0ms);
    CHECK(co_await connection.send("late") == std::unexpected(Error::already_closed));
    for (int i = 0; i < 100; ++i) {
      const auto message = co_await connection.receive();
      REQUIRE(message);
      REQUIRE(message->text() == "early " + std::to_string(i));
    }
    for (int i = 0; i < 2; ++i) {
      const auto end = co_await connection.receive();
      REQUIRE_FALSE(end);
      CHECK(end.error().error == Error::closed);
      CHECK(end.error().end->code == 4001);
      CHECK(end.error().end->reason == "bye");
    }
  }());
}

TEST_CASE("a coroutine on a server: a lost connection ends a waiting receive", "[server]") {
  run([] -> Task<> {
    auto connection = co_await connected("/drop-after-message");
    REQUIRE(co_await connection.send("drop"));
    const auto end = co_await connection.receive();
    REQUIRE_FALSE(end);
    CHECK(end.error().error == Error::connection_lost);
    CHECK(end.error().end->code == 1006);
  }());
}

TEST_CASE(
    "a coroutine on a server: messages for a slow reader wait in the program, not in the browser",
    "[server]") {
  constexpr std::size_t size = 64 << 10;
  constexpr std::size_t count = 1024;
  run([] -> Task<> {
    auto connection = co_await connected("/slow-reader?ms=5&every=1048576");
    const std::vector<std::byte> bytes(size);
    std::uint64_t most = 0;
    for (std::size_t i = 0; i < count; ++i) {
      REQUIRE(co_await connection.send(bytes));
      most = std::max(most, connection.buffered_amount());
    }
    REQUIRE(co_await connection.send("done"));
    const auto answer = co_await connection.receive();
    REQUIRE(answer);
    CHECK(answer->text() == std::to_string(size * count));
    CHECK(most > 0);
    CHECK(most < 1 << 20);
  }());
}

TEST_CASE("a coroutine on a server: destroying the connection ends every wait on it", "[server]") {
  std::optional<Connection> connection;
  std::vector<Error> ends;
  run([](std::optional<Connection>& made) -> Task<> {
    made = co_await connected("/slow-reader?ms=60000");
    const std::vector<std::byte> large(32 << 20);
    REQUIRE(co_await made->send(large));
  }(connection));
  hawser::spawn([](Connection& waits, std::vector<Error>& errors) -> Task<> {
    errors.push_back((co_await waits.receive()).error().error);
  }(*connection, ends));
  hawser::spawn([](Connection& waits, std::vector<Error>& errors) -> Task<> {
    errors.push_back((co_await waits.send("waits")).error());
  }(*connection, ends));
  turn_event_loop();
  CHECK(ends.empty());
  connection.reset();
  CHECK(ends.empty());
  REQUIRE(wait_until([&] { return ends.size() == 2; }));
  CHECK(ends == std::vector(2, Error::destroyed));
}

TEST_CASE("a coroutine on a server: a coroutine may destroy its connection amid a flood",
          "[server]") {
  run([] -> Task<> {
    std::optional connection = co_await connected("/flood?count=1000&size=1000");
    for (int i = 0; i < 10; ++i) REQUIRE(co_await connection->receive());
    connection.reset();
    auto next = co_await connected("/echo");
    CHECK(co_await echoes(next));
  }());
}

TEST_CASE(
    "a coroutine on a server: a message is received into the reader's buffer, and one that is too "
    "large is kept",
    "[server]") {
  run([] -> Task<> {
    auto connection = co_await connected("/echo");
    std::array<std::byte, 1000> buffer;
    const auto bytes = counted_bytes(buffer.size());
    REQUIRE(co_await connection.send(bytes));
    const auto binary = co_await connection.receive_into(buffer);
    REQUIRE(binary);
    CHECK(binary->bytes().data() == buffer.data());
    CHECK(std::ranges::equal(binary->bytes(), bytes));

    REQUIRE(co_await connection.send("t\u00e4\u20ac"));
    const auto text = co_await connection.receive_into(buffer);
    REQUIRE(text);
    CHECK(text->is_text());
    CHECK(text->text() == "t\u00e4\u20ac");

    const std::string large(buffer.size() + 1, 'x');
    REQUIRE(co_await connection.send(large));
    const auto none = co_await connection.receive_into(buffer);
    REQUIRE_FALSE(none);
    CHECK(none.error().error == Error::buffer_too_small);
    CHECK(none.error().message_size == large.size());
    const auto kept = co_await connection.receive();
    REQUIRE(kept);
    CHECK(kept->text() == large);
  }());
}

TEST_CASE("a stream of bytes on a server: written bytes are read back, complete and in order",
          "[server]") {
  run([] -> Task<> {
    auto connection = co_await connected("/echo");
    ByteStream stream(connection);
    const auto written = counted_bytes(1 << 20);
    hawser::spawn([](ByteStream& to, const std::vector<std::byte>& bytes) -> Task<> {
      CHECK(co_await to.write_all(bytes));
    }(stream, written));
    std::vector<std::byte> read;
    std::array<std::byte, 10'000> buffer;  // a size that no message has
    while (read.size() < written.size()) {
      const auto size = co_await stream.read_some(buffer);
      REQUIRE(size);
      REQUIRE(*size > 0);
      read.insert(read.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size));
    }
    CHECK(read == written);
  }());
}

TEST_CASE("a stream of bytes on a server: it ends where the peer closes, after the last byte",
          "[server]") {
  run([] -> Task<> {
    auto connection = co_await connected("/flood?count=100&size=1000");
    ByteStream stream(connection);
    std::array<std::byte, 700> buffer;
    std::size_t total = 0;
    for (;;) {
      const auto size = co_await stream.read_some(buffer);
      REQUIRE(size);
      if (*size == 0) break;
      total += *size;
    }
    CHECK(total == 100'000);
  }());
}
