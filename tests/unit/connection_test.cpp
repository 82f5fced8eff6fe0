// Connections for coroutines, on the scripted browser: how they are made, and what waiting costs.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connected.hpp"

using hawser::Connection;
using hawser::Error;
using hawser::ReadyState;
using hawser::Task;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

auto connecting(hawser::ConnectOptions options = {}) {
  return Awaited([options] { return hawser::connect("ws://host/", options); });
}

Task<> receive_all(Connection& connection, Lines& lines) {
  while (auto message = co_await connection.receive()) lines.emplace_back(message->text());
  lines.emplace_back("the end");
}

// A view of a temporary would dangle.
static_assert(std::is_convertible_v<hawser::OwnedMessage&, hawser::Message>);
static_assert(!std::is_convertible_v<hawser::OwnedMessage, hawser::Message>);
static_assert(!std::is_convertible_v<hawser::KeptMessage, hawser::Message>);

}  // namespace

TEST_CASE("a coroutine connects, receives in a loop, and sees the end") {
  Lines lines;
  Connected connected;
  hawser::spawn(receive_all(connected.connection, lines));
  connected.browser.peer().send("one");
  connected.browser.peer().send("two");
  connected.browser.peer().close(1000, "done");
  CHECK(lines == Lines{"one", "two", "the end"});
}

// Connecting

TEST_CASE("connect waits until the connection is open") {
  hawser::testing::Browser browser;
  auto connection = connecting({.protocols = {"chat"}});
  CHECK(connection.line() == "waiting");
  browser.peer().accept({"chat", "permessage-deflate"});
  REQUIRE(connection.line() == "connected");
  CHECK(connection.result->value().ready_state() == ReadyState::open);
  CHECK(connection.result->value().url() == "ws://host/");
  CHECK(connection.result->value().protocol() == "chat");
  CHECK(connection.result->value().extensions() == "permessage-deflate");
}

TEST_CASE("connect returns the error of a refused URL without waiting") {
  hawser::testing::Browser browser;
  const Awaited connection([] { return hawser::connect("http://host/"); });
  CHECK(connection.line() == error_line(Error::invalid_url));
  CHECK(browser.calls().empty());
}

TEST_CASE("connect returns the error of a connection that the browser blocks without waiting") {
  hawser::testing::Browser browser;
  browser.throw_from_constructor("SecurityError");
  CHECK(connecting().line() == error_line(Error::blocked));
}

TEST_CASE("connect refuses a deadline of zero") {
  hawser::testing::Browser browser;
  CHECK(connecting({.connect_timeout = 0ms}).line() == error_line(Error::invalid_timeout));
}

TEST_CASE("connect returns connection_failed if no server answers") {
  const bool has_error_event = GENERATE(true, false);
  hawser::testing::Browser browser;
  const auto connection = connecting();
  if (has_error_event) browser.peer().raise_error();
  browser.peer().cut();
  CHECK(connection.line() == error_line(Error::connection_failed));
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("connect returns connection_failed in an engine that raises no close event") {
  hawser::testing::Browser browser;
  const auto connection = connecting();
  browser.peer().raise_error();
  browser.advance(1s);
  CHECK(connection.line() == error_line(Error::connection_failed));
}

TEST_CASE("connect returns timeout at its deadline, and gives up the socket") {
  hawser::testing::Browser browser;
  const auto connection = connecting({.connect_timeout = 1s});
  browser.advance(999ms);
  CHECK(connection.line() == "waiting");
  browser.advance(1ms);
  CHECK(connection.line() == error_line(Error::connection_timed_out));
  CHECK(browser.calls().back() == "close");
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("connect offers the subprotocols of its options") {
  hawser::testing::Browser browser;
  const auto connection = connecting({.protocols = {"chat", "superchat"}});
  const auto calls = browser.calls();
  CHECK((calls == Lines{"new ws://host/ [chat,superchat]"} ||
         calls == Lines{"new ws://host/ [chat, superchat]"}));
}

TEST_CASE("connect with a stop request that came before creates no socket") {
  hawser::testing::Browser browser;
  std::stop_source stop;
  stop.request_stop();
  CHECK(connecting({.stop = stop.get_token()}).line() == error_line(Error::cancelled));
  CHECK(browser.calls().empty());
}

TEST_CASE("a stop request cancels an attempt to connect, but not inside request_stop") {
  hawser::testing::Browser browser;
  std::stop_source stop;
  const auto connection = connecting({.stop = stop.get_token()});
  stop.request_stop();
  CHECK(connection.line() == "waiting");
  browser.advance(0ms);
  CHECK(connection.line() == error_line(Error::cancelled));
  CHECK(browser.calls().back() == "close");
  CHECK(browser.attached_sockets() == 0);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("a stop request wins over an open event that precedes the coroutine's continuation") {
  hawser::testing::Browser browser;
  std::stop_source stop;
  const auto connection = connecting({.stop = stop.get_token()});
  stop.request_stop();
  browser.peer().accept();
  browser.advance(0ms);
  CHECK(connection.line() == error_line(Error::cancelled));
  CHECK(connection.resumptions == 1);
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("a stop request after the connection is open has no effect") {
  hawser::testing::Browser browser;
  std::stop_source stop;
  const auto connection = connecting({.stop = stop.get_token()});
  browser.peer().accept();
  stop.request_stop();
  browser.advance(1s);
  CHECK(connection.result->value().ready_state() == ReadyState::open);
}

TEST_CASE("a coroutine that is destroyed while it connects leaves no socket") {
  hawser::testing::Browser browser;
  {
    const auto connection = connecting();
    CHECK(browser.attached_sockets() == 1);
  }
  CHECK(browser.attached_sockets() == 0);
  CHECK(browser.calls().back() == "close");
  browser.advance(0ms);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("a coroutine may be destroyed just before it would see that its attempt has failed") {
  hawser::testing::Browser browser;
  std::stop_source stop;
  {
    const auto connection = connecting({.stop = stop.get_token()});
    stop.request_stop();
  }
  browser.advance(1s);
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("messages received before the first receive are kept") {
  Connected connected;
  connected.browser.peer().send("early");
  CHECK(connected.receive().line() == "text early");
}

TEST_CASE("a connection may be moved while coroutines wait on it") {
  Connected connected;
  const auto received = connected.receive();
  Connection moved = std::move(connected.connection);
  connected.browser.peer().send("hello");
  CHECK(received.line() == "text hello");
}

TEST_CASE("every operation on a moved-from connection returns no_connection") {
  Connected connected;
  const Connection moved = std::move(connected.connection);
  std::byte buffer[4];
  const std::string no_connection = error_line(Error::no_connection);
  CHECK(connected.receive().line() == no_connection);
  CHECK(connected.receive_into(buffer).line() == no_connection);
  CHECK(connected.send("text").line() == no_connection);
  CHECK(to_line(connected.connection.try_send("text")) == no_connection);
  CHECK(connected.close().line() == no_connection);
  CHECK(connected.connection.ready_state() == ReadyState::closed);
  CHECK(connected.connection.buffered_amount() == 0);
  CHECK(connected.connection.inbox_dropped() == 0);
  CHECK(connected.connection.url().empty());
}

TEST_CASE("assigning another connection closes the previous one") {
  Connected connected;
  connected.connection = Connection();
  CHECK(connected.browser.calls().back() == "close");
  CHECK(connected.browser.attached_sockets() == 0);
}

// Two connections

TEST_CASE("two connections on one thread each get their own messages") {
  Connected first;
  Awaited connecting_second([] { return hawser::connect("ws://second/"); });
  first.browser.peer().accept();
  Connection second = std::move(connecting_second.result.value().value());
  std::vector<std::byte> buffer(100);
  const auto of_first = first.receive_into(buffer);
  const Awaited of_second([&] { return second.receive(); });
  first.browser.peer().send("for the second");
  CHECK(of_first.line() == "waiting");
  CHECK(of_second.line() == "text for the second");
  first.browser.peer(0).send("for the first");
  CHECK(of_first.line() == "text for the first");
  CHECK(of_second.line() == "text for the second");
}

TEST_CASE("a coroutine that another connection's message resumed may destroy a connection") {
  Connected first;
  Awaited connecting_second([] { return hawser::connect("ws://second/"); });
  first.browser.peer().accept();
  std::optional second = std::move(connecting_second.result.value().value());
  const Awaited of_second([&] { return second->receive(); });
  auto of_first = first.receive();
  of_first.then = [&] { second.reset(); };
  first.browser.peer(0).send("go");
  CHECK(of_second.line() == error_line(Error::destroyed));
  CHECK(first.browser.attached_sockets() == 1);
}

// Deadlines

TEST_CASE("a hundred deadlines need a single browser timer") {
  Connected connected;
  std::list<Awaited<std::function<hawser::detail::Limited<hawser::Receive>()>>> all;
  for (int i = 0; i < 100; ++i) {
    all.emplace_back([&connected, i] {
      return connected.connection.receive({.timeout = (i * 37 % 100 + 1) * 1s});
    });
  }
  CHECK(connected.browser.pending_timers() == 1);
}

TEST_CASE("each of many deadlines ends its own wait on time") {
  Connected connected;
  int over = 0;
  std::list<Awaited<std::function<hawser::detail::Limited<hawser::Receive>()>>> all;
  for (int i = 0; i < 100; ++i) {
    all.emplace_back([&connected, i] {
      return connected.connection.receive({.timeout = (i * 37 % 100 + 1) * 1s});
    });
    all.back().then = [&over] { ++over; };
  }
  for (int i = 1; i <= 100; ++i) {
    connected.browser.advance(999ms);
    CHECK(over == i - 1);
    connected.browser.advance(1ms);
    CHECK(over == i);
  }
  CHECK(connected.browser.pending_timers() == 0);
}

TEST_CASE("a deadline of more than 24 days never expires") {
  Connected connected;
  const auto received = connected.receive({.timeout = std::chrono::days(25)});
  connected.browser.advance(std::chrono::days(30));
  CHECK(received.line() == "waiting");
  CHECK(connected.browser.pending_timers() == 0);
}

// A pending timer would keep a Node process alive.

TEST_CASE("a deadline that is met leaves no timer once the connection has ended") {
  Connected connected;
  const auto received = connected.receive({.timeout = 1h});
  connected.browser.peer().send("in time");
  connected.browser.peer().close(1000);
  CHECK(received.line() == "text in time");
  CHECK(connected.browser.pending_timers() == 0);
}

TEST_CASE("a deadline whose coroutine is destroyed leaves no timer once the connection has ended") {
  Connected connected;
  {
    const auto received = connected.receive({.timeout = 1h});
  }
  connected.browser.peer().close(1000);
  CHECK(connected.browser.pending_timers() == 0);
}

TEST_CASE("a deadline leaves no timer once the connection is destroyed") {
  Connected connected;
  {
    const auto received = connected.receive({.timeout = 1h});
  }
  connected.connection = Connection();
  connected.browser.advance(0ms);
  CHECK(connected.browser.pending_timers() == 0);
}

TEST_CASE("a deadline that a destroyed connection did not meet leaves no timer") {
  Connected connected;
  const auto received = connected.receive({.timeout = 1h});
  connected.connection = Connection();
  connected.browser.advance(0ms);
  CHECK(connected.browser.pending_timers() == 0);
}

TEST_CASE("a send that waits when the connection is destroyed leaves no timer") {
  Connected connected;
  connected.browser.peer().set_buffered_amount(1 << 20);
  const auto sent = connected.send("text");
  connected.connection = Connection();
  connected.browser.advance(0ms);
  CHECK(sent.line() == error_line(Error::destroyed));
  CHECK(connected.browser.pending_timers() == 0);
}

TEST_CASE("a deadline that is later than a cancelled one expires on time") {
  Connected connected;
  {
    const auto gone = connected.receive({.timeout = 1s});
  }
  const auto received = connected.receive({.timeout = 2s});
  connected.browser.advance(1999ms);
  CHECK(received.line() == "waiting");
  connected.browser.advance(1ms);
  CHECK(received.line() == error_line(Error::timed_out));
}
