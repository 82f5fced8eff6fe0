// Receiving without a callback and without a coroutine, as a loop does that runs once per frame.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <string>
#include <vector>

#include "allocations.hpp"
#include "connected.hpp"

using hawser::Connection;
using hawser::Error;
using hawser::ReadyState;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

/// All available messages, in words, and why there are no more.
template <typename Pollable>
Lines poll(Pollable& source) {
  Lines lines;
  auto message = source.try_receive();
  for (; message; message = source.try_receive()) lines.push_back(to_line(*message));
  lines.push_back(to_line(message));
  return lines;
}

}  // namespace

TEST_CASE("try_receive returns the available messages in order, and then would_block") {
  Connected connected;
  CHECK(poll(connected.connection) == Lines{error_line(Error::would_block)});
  connected.browser.peer().send("one");
  connected.browser.peer().send(std::as_bytes(std::span("12")));
  CHECK(poll(connected.connection) ==
        Lines{"text one", "binary 3", error_line(Error::would_block)});
}

TEST_CASE("try_receive returns messages received before the end, and then the end every time") {
  Connected connected;
  connected.browser.peer().send("last words");
  connected.browser.peer().close(4001, "bye");
  CHECK(poll(connected.connection) == Lines{"text last words", error_line(Error::closed)});
  const auto end = connected.connection.try_receive();
  REQUIRE(end.error().end);
  CHECK(end.error().end->code == 4001);
}

TEST_CASE("try_receive takes no message from a waiting coroutine") {
  Connected connected;
  const auto received = connected.receive();
  CHECK(connected.connection.try_receive().error().error == Error::would_block);
  connected.browser.peer().send("for the coroutine");
  CHECK(received.line() == "text for the coroutine");
}

TEST_CASE("try_receive without a connection is an error") {
  Connection none;
  CHECK(none.try_receive().error().error == Error::no_connection);
  CHECK(none.inbox_size() == 0);
  hawser::Session no_session;
  CHECK(no_session.try_receive().error().error == Error::no_connection);
  CHECK(no_session.inbox_size() == 0);
}

TEST_CASE("a poll allocates nothing once warm") {
  Connected connected;
  const auto turn = [&] {
    connected.browser.peer().send(std::as_bytes(std::span("a message")));
    return connected.connection.try_receive().has_value();
  };
  CHECK(turn());
  const auto before = allocations();
  CHECK(turn());
  CHECK(allocations() == before);
}

TEST_CASE("Connection::open returns at once, and is open later") {
  hawser::testing::Browser browser;
  auto connection = Connection::open("ws://host/").value();
  CHECK(connection.ready_state() == ReadyState::connecting);
  CHECK(poll(connection) == Lines{error_line(Error::would_block)});
  CHECK(connection.try_send("early").error() == Error::still_connecting);
  browser.peer().accept();
  CHECK(connection.ready_state() == ReadyState::open);
  CHECK(connection.try_send("hello"));
  browser.peer().send("welcome");
  CHECK(poll(connection) == Lines{"text welcome", error_line(Error::would_block)});
}

TEST_CASE("Connection::open refuses a bad URL, and try_receive reports a failed attempt") {
  hawser::testing::Browser browser;
  CHECK(Connection::open("http://host/").error() == Error::invalid_url);
  auto connection = Connection::open("ws://host/").value();
  browser.peer().cut();
  CHECK(poll(connection) == Lines{error_line(Error::connection_failed)});
  CHECK(connection.ready_state() == ReadyState::closed);
}

TEST_CASE("a session is polled across any number of connections") {
  hawser::testing::Browser browser;
  hawser::Session session(
      "ws://host/", {.reconnect = {.backoff = {.base = 1ms, .jitter = hawser::Jitter::none}}});
  browser.advance(0ms);
  browser.peer().accept();
  browser.peer().send("one");
  browser.peer().close(1012, "restart");
  browser.advance(1ms);
  browser.peer().accept();
  browser.peer().send("two");
  CHECK(session.inbox_size() == 2);
  CHECK(session.inbox_bytes() == 6);
  CHECK(poll(session) == Lines{"text one", "text two", error_line(Error::would_block)});
  CHECK(session.inbox_size() == 0);
  CHECK(session.close());
  browser.peer().close(1000, "");
  CHECK(poll(session) == Lines{error_line(Error::closed)});
}

TEST_CASE("the inbox of a connection reports how full it is") {
  Connected connected;
  connected.browser.peer().send("four");
  connected.browser.peer().send("sixsix");
  CHECK(connected.connection.inbox_size() == 2);
  CHECK(connected.connection.inbox_bytes() == 10);
  (void)connected.connection.try_receive();
  CHECK(connected.connection.inbox_size() == 1);
  CHECK(connected.connection.inbox_bytes() == 6);
}

TEST_CASE("drained waits until nothing is queued") {
  Connected connected;
  const auto drain = [&] { return Awaited([&] { return connected.connection.drained(); }); };
  CHECK(drain().line() == "sent");
  connected.browser.peer().set_buffered_amount(10);
  const auto drained = drain();
  connected.browser.advance(100ms);
  CHECK(drained.line() == "waiting");
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(100ms);
  CHECK(drained.line() == "sent");
}

TEST_CASE("drained ends with the connection, with its own deadline, and by a stop request") {
  Connected connected;
  connected.browser.peer().set_buffered_amount(10);
  std::stop_source stop;
  const Awaited late([&] { return connected.connection.drained({.timeout = 50ms}); });
  const Awaited stopped([&] { return connected.connection.drained({.stop = stop.get_token()}); });
  const Awaited patient([&] { return connected.connection.drained(); });
  stop.request_stop();
  connected.browser.advance(60ms);
  CHECK(late.line() == error_line(Error::timed_out));
  CHECK(stopped.line() == error_line(Error::cancelled));
  connected.browser.peer().cut();
  CHECK(patient.line() == error_line(Error::already_closed));
  CHECK(Awaited([&] { return connected.connection.drained(); }).line() ==
        error_line(Error::already_closed));
}

TEST_CASE("drained ends while the connection is closing, once everything is sent") {
  Connected connected;
  connected.browser.peer().set_buffered_amount(10);
  const Awaited drained([&] { return connected.connection.drained(); });
  const auto closed = connected.close(1000, "done");
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(40ms);
  CHECK(drained.line() == "sent");
}

TEST_CASE("drained ends when its connection is destroyed") {
  auto connected = std::make_unique<Connected>();
  connected->browser.peer().set_buffered_amount(10);
  const Awaited drained([&] { return connected->connection.drained(); });
  connected->connection = Connection();
  connected->browser.advance(0ms);
  CHECK(drained.line() == error_line(Error::destroyed));
}

TEST_CASE("several waits can share a deadline") {
  Connected connected;
  const hawser::Deadline deadline(100ms);
  CHECK(deadline.left() == 100ms);
  connected.browser.advance(60ms);
  CHECK(deadline.left() == 40ms);
  const auto received = connected.receive({.timeout = deadline});
  connected.browser.advance(39ms);
  CHECK(received.line() == "waiting");
  connected.browser.advance(2ms);
  CHECK(received.line() == error_line(Error::timed_out));
  CHECK(deadline.left() == 0ms);
  connected.browser.peer().send("in time");
  CHECK(connected.receive({.timeout = deadline}).line() == "text in time");
  CHECK(hawser::Deadline(std::chrono::milliseconds::max()).left() ==
        std::chrono::milliseconds::max());
}
