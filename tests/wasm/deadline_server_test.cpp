// Deadlines on this engine's own WebSocket, a real server, and a thread that is really busy for
// three times the deadline. Also things that take long for other reasons.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../unit/journal.hpp"
#include "event_loop.hpp"
#include "memory.hpp"
#include "server.hpp"

using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

/// No event is handled and no timer fires meanwhile.
void be_busy() {
  for (const double start = now(); now() - start < 1'500;) {
  }
}

constexpr auto deadline = 500ms;

}  // namespace

TEST_CASE(
    "on a server: a connection that opens while the thread is busy is open, whatever its deadline "
    "[R12]",
    "[server]") {
  const bool is_at_once = GENERATE(true, false);
  Journal journal;
  auto socket = hawser::WebSocket::open(server("/echo"), {.connect_timeout = deadline}).value();
  journal.listen_to(socket);
  if (!is_at_once) turn_event_loop();
  be_busy();
  REQUIRE(wait_until([&] { return !journal.lines.empty(); }));
  CHECK(journal.lines == Lines{"open"});
}

TEST_CASE(
    "on a server: a connection that closes while the thread is busy reports the peer's close [R12]",
    "[server]") {
  Journal journal;
  auto socket = hawser::WebSocket::open(server("/echo"), {.close_timeout = deadline}).value();
  journal.listen_to(socket);
  REQUIRE(wait_until([&] { return !journal.lines.empty(); }));
  CHECK(socket.close(4000, "done"));
  be_busy();
  REQUIRE(wait_until([&] { return journal.end.has_value(); }));
  CHECK(journal.lines == Lines{"open", "close 4000 done clean"});
}

namespace {

hawser::Task<> ask_and_be_busy(hawser::Connection& connection) {
  co_await hawser::sleep_for(0ms);  // until the other coroutine waits
  CHECK(connection.try_send("in time"));
  be_busy();
}

hawser::Task<> receive_while_busy() {
  auto connection = co_await hawser::connect(server("/echo"));
  REQUIRE(connection);
  const hawser::Job job = hawser::start(ask_and_be_busy(*connection));
  const auto message = co_await connection->receive({.timeout = deadline});
  REQUIRE(message);
  CHECK(message->text() == "in time");
}

}  // namespace

TEST_CASE(
    "on a server: a message that arrives while the thread is busy is received, whatever the "
    "deadline [R12]",
    "[server]") {
  run(receive_while_busy());
}

TEST_CASE(
    "on a server: an attempt that opens while the thread is busy is not followed by a second one "
    "[R12]",
    "[server]") {
  hawser::SessionOptions options;
  hawser::SessionHandlers handlers;
  options.connect_timeout = deadline;
  handlers.on_endpoint_request = [](hawser::EndpointRequest request) {
    request.connect_to({.url = server("/echo")});
    be_busy();
  };
  const hawser::Session session(std::vector<hawser::Endpoint>(), std::move(options),
                                std::move(handlers));
  REQUIRE(wait_until([&] { return session.ready_state() == hawser::ReadyState::open; }));
  CHECK(session.counters().attempts == 1);
}

TEST_CASE(
    "on a server: closing takes as long as messages are queued, and reports the real end [R12]",
    "[server]") {
  Journal journal;
  // Bytes that the system has taken count as sent: it buffers some megabytes for each connection.
  auto socket =
      hawser::WebSocket::open(server("/slow-reader?ms=60&every=1000000"), {.close_timeout = 1500ms})
          .value();
  journal.listen_to(socket);
  REQUIRE(wait_until([&] { return !journal.lines.empty(); }));
  const std::vector<std::byte> megabyte(1 << 20);
  for (int i = 0; i < 48; ++i) CHECK(socket.send(megabyte));
  const double start = now();
  CHECK(socket.close(4000, "upload over"));
  REQUIRE(wait_until([&] { return journal.end.has_value(); }));
  CHECK(now() - start > 1'500);
  CHECK(journal.lines == Lines{"open", "close 4000 upload over clean"});
}

TEST_CASE("on a server: 200 000 unread messages leave a session open, and its memory bounded",
          "[server]") {
  hawser::SessionOptions options;
  hawser::SessionHandlers handlers;
  handlers.decide_reconnect = [](const hawser::CloseEvent&, hawser::Decision) {
    return hawser::Decision::stop();
  };
  const Memory before;
  const hawser::Session session(server("/flood?count=200000&size=64&kind=binary"),
                                std::move(options), std::move(handlers));
  REQUIRE(wait_until([&] { return session.status().state == hawser::SessionState::stopped; }));
  CHECK(session.status().end->code == 1000);
  CHECK(session.counters().messages_received == 200'000);
  CHECK(session.counters().inbox_dropped == 200'000 - 65'536);
  CHECK(Memory().used < before.used + (16 << 20));
}
