// Deadlines measure the peer, not this program. If one fires late because the thread was busy, it
// ends nothing that has happened in the meantime.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connected.hpp"
#include "opened.hpp"

using hawser::Error;
using hawser::Session;
using hawser::SessionOptions;
using hawser::SessionState;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

TEST_CASE(
    "a connection that opened while the thread was busy is open, whatever its deadline [R12]") {
  Connecting connecting({.connect_timeout = 500ms});
  connecting.browser.block(1500ms);
  const bool is_later = GENERATE(false, true);
  if (is_later) connecting.browser.advance(499ms);
  connecting.browser.peer().accept();
  connecting.browser.advance(1h);
  CHECK(connecting.journal.lines == Lines{"open"});
}

TEST_CASE("a connect deadline that fires late gives back the lost time, and no more [R12]") {
  const auto [busy, given] = GENERATE(std::pair(510ms, 10ms), std::pair(1500ms, 500ms));
  Connecting connecting({.connect_timeout = 500ms});
  connecting.browser.block(busy);
  connecting.browser.advance(given - 1ms);
  CHECK(connecting.journal.lines.empty());
  connecting.browser.advance(1ms);
  CHECK(connecting.journal.lines ==
        Lines{error_line(Error::connection_timed_out), "close 1006  unclean"});
}

TEST_CASE("a deadline that fires late twice ends the wait the second time [R12]") {
  Connecting connecting({.connect_timeout = 500ms});
  connecting.browser.block(1500ms);
  connecting.browser.block(1500ms);
  CHECK(connecting.journal.end);
}

TEST_CASE("an event that was queued behind a punctual deadline comes first [R12]") {
  Connecting connecting({.connect_timeout = 500ms});
  connecting.browser.block(500ms);
  connecting.browser.peer().accept();
  connecting.browser.advance(1h);
  CHECK(connecting.journal.lines == Lines{"open"});
}

TEST_CASE("a connection that closed while the thread was busy reports the peer's close [R12]") {
  Opened opened({.close_timeout = 500ms});
  CHECK(opened.socket.close(4000, "done"));
  opened.browser.block(1500ms);
  opened.browser.peer().close(4000, "done");
  CHECK(opened.journal.lines == Lines{"close 4000 done clean"});
}

TEST_CASE("a close event behind a late error event says how the connection ended [R12]") {
  Opened opened;
  opened.browser.peer().raise_error();
  opened.browser.block(1500ms);
  opened.browser.peer().raise_close(1002, "broken", false);
  CHECK(opened.journal.lines ==
        Lines{error_line(Error::connection_lost), "close 1002 broken unclean"});
}

TEST_CASE("closing may take as long as messages are queued [R12]") {
  Opened opened({.close_timeout = 5s});
  opened.browser.peer().set_buffered_amount(32e6);
  CHECK(opened.socket.close(4000, "upload over"));
  for (const double left : {29e6, 20e6, 10e6, 1.0}) {
    opened.browser.peer().set_buffered_amount(left);
    opened.browser.advance(5s);
    CHECK(opened.journal.lines.empty());
  }
  opened.browser.peer().close(4000, "upload over");
  CHECK(opened.journal.lines == Lines{"close 4000 upload over clean"});
}

TEST_CASE("closing has its whole time once the queue is empty [R12]") {
  Opened opened({.close_timeout = 5s});
  opened.browser.peer().set_buffered_amount(32e6);
  CHECK(opened.socket.close());
  opened.browser.advance(4'999ms);
  opened.browser.peer().set_buffered_amount(0);
  opened.browser.advance(5s);
  CHECK(opened.journal.lines.empty());
  opened.browser.advance(1ms);
  CHECK(opened.journal.end->error == Error::connection_timed_out);
}

TEST_CASE("closing never takes longer than drain_timeout, whatever is queued [R12]") {
  Opened opened({.close_timeout = 5s, .drain_timeout = 12s});
  opened.browser.peer().set_buffered_amount(32e6);
  CHECK(opened.socket.close());
  opened.browser.advance(11'999ms);
  CHECK(opened.journal.lines.empty());
  opened.browser.advance(1ms);
  CHECK(opened.journal.end->error == Error::connection_timed_out);
}

namespace {

const hawser::WaitOptions half_a_second{.timeout = 500ms};

}  // namespace

TEST_CASE("a message that was queued behind its receiver's deadline is received [R12]") {
  Connected connected;
  auto receiving = connected.receive(half_a_second);
  connected.browser.block(GENERATE(500ms, 1500ms));
  connected.browser.peer().send("in time");
  connected.browser.advance(1h);
  CHECK(receiving.line() == "text in time");
}

TEST_CASE("a message that was queued behind the deadline of its buffer is received [R12]") {
  Connected connected;
  std::array<std::byte, 100> buffer;
  auto receiving = connected.receive_into(buffer, half_a_second);
  connected.browser.block(1500ms);
  connected.browser.peer().send("in time");
  connected.browser.advance(1h);
  CHECK(receiving.line() == "text in time");
}

TEST_CASE(
    "an end that was queued behind a deadline ends waits for a message and for the end [R12]") {
  Connected connected;
  auto receiving = connected.receive(half_a_second);
  auto closing = connected.close(4000, "", half_a_second);
  connected.browser.block(1500ms);
  connected.browser.peer().close(4000);
  CHECK(receiving.line() == error_line(Error::closed));
  CHECK(closing.line() == "closed 4000 ");
}

TEST_CASE("a connection that opened while the thread was busy is connected [R12]") {
  hawser::testing::Browser browser;
  Awaited connecting([] { return hawser::connect("ws://host/", {.connect_timeout = 500ms}); });
  browser.block(1500ms);
  browser.peer().accept();
  CHECK(connecting.line() == "connected");
}

TEST_CASE("a send that has room by its deadline is sent, even if no poll has noticed it [R12]") {
  Connected connected;
  connected.browser.peer().set_buffered_amount(1e6);
  auto sending = connected.send("in time", {.timeout = 20ms});
  connected.browser.advance(19ms);
  CHECK(sending.line() == "waiting");
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1ms);
  CHECK(sending.line() == "sent");
}

TEST_CASE("a send that waits with equal marks polls less and less often, and is sent below them") {
  const std::uint64_t mark = GENERATE(hawser::ConnectOptions().high_water_mark, 1'000, 1, 0);
  Connected connected({.high_water_mark = mark, .low_water_mark = mark});
  connected.browser.peer().set_buffered_amount(
      static_cast<double>(std::max<std::uint64_t>(mark, 1)));
  auto sending = connected.send("text");
  connected.browser.advance(16ms);  // it polls after 1, 3, 7, 15, 31 ms
  connected.browser.peer().set_buffered_amount(
      static_cast<double>(std::max<std::uint64_t>(mark, 1) - 1));
  connected.browser.advance(14ms);
  CHECK(sending.line() == "waiting");
  connected.browser.advance(1ms);
  CHECK(sending.line() == "sent");
}

TEST_CASE("a send that gets room while the thread is busy is sent [R12]") {
  Connected connected;
  connected.browser.peer().set_buffered_amount(1e6);
  auto sending = connected.send("in time", half_a_second);
  connected.browser.block(1500ms);
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1h);
  CHECK(sending.line() == "sent");
}

TEST_CASE("writing to a stream continues after the thread was busy [R12]") {
  Connected connected;
  hawser::ByteStream stream(connected.connection);
  connected.browser.peer().set_buffered_amount(1e6);
  const std::array<std::byte, 3> bytes{};
  Awaited writing([&] { return stream.write_all(bytes, half_a_second); });
  connected.browser.block(1500ms);
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1h);
  CHECK(writing.line() == "sent");
}

TEST_CASE("reading from a stream continues after the thread was busy [R12]") {
  Connected connected;
  hawser::ByteStream stream(connected.connection);
  std::array<std::byte, 100> buffer;
  Awaited reading([&] { return stream.read_some(buffer, half_a_second); });
  connected.browser.block(1500ms);
  connected.browser.peer().send(std::as_bytes(std::span("123", 3)));
  CHECK(reading.line() == "3 bytes");
}

TEST_CASE("a wait that nothing ends times out once, after the lost time [R12]") {
  Connected connected;
  auto receiving = connected.receive(half_a_second);
  connected.browser.block(600ms);
  connected.browser.advance(99ms);
  CHECK(receiving.line() == "waiting");
  connected.browser.advance(1ms);
  CHECK(receiving.line() == error_line(Error::timed_out));
  CHECK(connected.browser.pending_timers() == 0);
}

TEST_CASE("a sleep ends on time, even if the thread was busy") {
  hawser::testing::Browser browser;
  Awaited sleeping([] { return hawser::sleep_for(500ms); });
  browser.block(1500ms);
  CHECK(sleeping.line() == "sent");
}

TEST_CASE(
    "a sleep of zero takes a turn of the event loop, even in a coroutine that a timer resumed") {
  hawser::testing::Browser browser;
  Lines lines;
  Awaited first([] { return hawser::sleep_for(1ms); });
  std::optional<Awaited<std::function<hawser::Sleep()>>> second;
  first.then = [&] {
    second.emplace([] { return hawser::sleep_for(0ms); });
    lines.emplace_back("first");
  };
  browser.block(1ms);
  CHECK(lines == Lines{"first"});
  CHECK(second->line() == "waiting");
  browser.advance(0ms);
  CHECK(second->line() == "sent");
}

namespace {

SessionOptions regular() {
  SessionOptions options;
  options.reconnect.backoff = {.base = 1s, .cap = 1min, .jitter = hawser::Jitter::none};
  return options;
}

}  // namespace

TEST_CASE(
    "a session does not count an attempt as failed if it opened while the thread was busy [R12]") {
  hawser::testing::Browser browser;
  auto options = regular();
  options.connect_timeout = 500ms;
  const Session session("ws://host/", std::move(options));
  browser.advance(0ms);
  browser.block(1500ms);
  browser.peer().accept();
  browser.advance(1s);
  CHECK(session.status().state == SessionState::open);
  CHECK(session.counters().attempts == 1);
}

TEST_CASE("an endpoint that the app returned while the thread was busy is connected to [R12]") {
  hawser::testing::Browser browser;
  std::optional<hawser::EndpointRequest> asked;
  auto options = regular();
  hawser::SessionHandlers handlers;
  options.endpoint_timeout = 500ms;
  handlers.on_endpoint_request = [&](hawser::EndpointRequest request) {
    asked = std::move(request);
  };
  const Session session(std::vector<hawser::Endpoint>(), std::move(options), std::move(handlers));
  browser.advance(0ms);
  browser.block(1500ms);
  asked->connect_to({.url = "ws://host/"});
  browser.advance(0ms);
  CHECK(browser.calls().back() == "new ws://host/ []");
}

TEST_CASE("a message that was queued behind a heartbeat's deadline is a sign of life [R12]") {
  hawser::testing::Browser browser;
  auto options = regular();
  options.heartbeat = {.interval = 20s, .deadline = 5s, .ping = "ping"};
  const Session session("ws://host/", std::move(options));
  browser.advance(0ms);
  browser.peer().accept();
  browser.advance(20s);
  const bool is_seen_again = GENERATE(false, true);
  const auto busy = GENERATE(5000ms, 5100ms, 5250ms);
  browser.block(is_seen_again ? busy - 5s : busy);
  if (is_seen_again) {
    browser.block(5s);
    browser.go_online();
  }
  browser.peer().send("alive");
  browser.advance(1s);
  CHECK(session.status().state == SessionState::open);
}

TEST_CASE("a heartbeat detects a dead peer even if the thread is busy again and again [R12]") {
  hawser::testing::Browser browser;
  auto options = regular();
  options.heartbeat = {.interval = 20s, .deadline = 5s, .ping = "ping"};
  const Session session("ws://host/", std::move(options));
  browser.advance(0ms);
  browser.peer().accept();
  for (int i = 0; i < 40; ++i) browser.block(1500ms);
  CHECK(session.counters().last_error == Error::connection_timed_out);
}

TEST_CASE("a session does not give up because of time in which its thread was blocked [R12]") {
  hawser::testing::Browser browser;
  auto options = regular();
  options.reconnect.give_up_after = 1min;
  const Session session("ws://host/", std::move(options));
  browser.advance(0ms);
  browser.peer().cut();
  browser.block(1h);
  browser.advance(0ms);
  browser.peer().cut();
  CHECK(session.status().state == SessionState::waiting);
}

TEST_CASE("a session makes no connection while the previous one is still sending its messages") {
  hawser::testing::Browser browser;
  Session session("ws://host/", regular());
  browser.advance(0ms);
  browser.peer().accept();
  browser.peer().set_buffered_amount(16e6);
  CHECK(session.reconnect(4001, "elsewhere"));
  const auto calls = browser.made_calls();
  for (const double left : {12e6, 8e6, 1e6}) {
    browser.peer().set_buffered_amount(left);
    browser.advance(5s);
    CHECK(browser.made_calls() == calls);
  }
  browser.peer().close(4001, "elsewhere");
  browser.advance(0ms);
  CHECK(browser.calls().back() == "new ws://host/ []");
}
