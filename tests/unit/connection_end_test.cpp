// How coroutines see the end of a connection, and what its destruction does to waiting coroutines.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "connected.hpp"

using hawser::Connection;
using hawser::Error;
using hawser::ReadyState;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

// Results of receive

TEST_CASE("receive reports a closing handshake as closed, with its code and reason") {
  Connected connected;
  const auto received = connected.receive();
  connected.browser.peer().close(4000, "done");
  CHECK(received.line() == error_line(Error::closed));
  const auto& end = received.result->error().end;
  REQUIRE(end);
  CHECK(end->code == 4000);
  CHECK(end->reason == "done");
  CHECK(end->was_clean);
  CHECK_FALSE(end->error);
}

TEST_CASE("receive reports a lost connection as connection_lost, with code 1006") {
  const bool has_error_event = GENERATE(true, false);
  Connected connected;
  const auto received = connected.receive();
  if (has_error_event) connected.browser.peer().raise_error();
  connected.browser.peer().cut();
  CHECK(received.line() == error_line(Error::connection_lost));
  const auto& end = received.result->error().end;
  REQUIRE(end);
  CHECK(end->code == 1006);
  CHECK_FALSE(end->was_clean);
  CHECK(end->error == Error::connection_lost);
}

TEST_CASE("receive sees the end in an engine that raises only an error event") {
  Connected connected;
  const auto received = connected.receive();
  connected.browser.peer().raise_error();
  connected.browser.advance(1s);
  CHECK(received.line() == error_line(Error::connection_lost));
}

TEST_CASE("messages received before the end come before it") {
  Connected connected;
  connected.browser.peer().send("one");
  connected.browser.peer().send("two");
  connected.browser.peer().close(1000);
  CHECK(connected.receive().line() == "text one");
  CHECK(connected.receive().line() == "text two");
  CHECK(connected.receive().line() == error_line(Error::closed));
}

TEST_CASE("receive after the end returns the end every time") {
  Connected connected;
  connected.browser.peer().close(4000, "done");
  for (int i = 0; i < 3; ++i) CHECK(connected.receive().result->error().end->code == 4000);
}

TEST_CASE("all coroutines that wait for a message get the end, in order") {
  Lines order;
  Connected connected;
  auto first = connected.receive();
  auto second = connected.receive();
  first.then = [&] { order.emplace_back("first"); };
  second.then = [&] { order.emplace_back("second"); };
  connected.browser.peer().close(1000, "done");
  CHECK(order == Lines{"first", "second"});
  CHECK(second.result->error().end->reason == "done");
}

TEST_CASE("a receive that fails for another reason reports no end") {
  Connected connected;
  CHECK_FALSE(connected.receive({.timeout = 0ms}).result->error().end);
}

TEST_CASE("a deadline error stays, even if the connection ends before the coroutine continues") {
  Connected connected;
  std::stop_source stop;
  const auto received = connected.receive({.stop = stop.get_token()});
  stop.request_stop();
  connected.browser.peer().close(1000);
  CHECK(received.line() == error_line(Error::cancelled));
  CHECK(received.resumptions == 1);
}

TEST_CASE("the connection still exists when a coroutine has seen its end") {
  Connected connected;
  auto received = connected.receive();
  std::optional<ReadyState> state;
  received.then = [&] { state = connected.connection.ready_state(); };
  connected.browser.peer().close(1000);
  CHECK(state == ReadyState::closed);
}

// close

TEST_CASE("close closes, waits for the end, and returns it") {
  Connected connected;
  const auto closed = connected.close(4000, "bye");
  CHECK(connected.browser.calls().back() == "close 4000 bye");
  CHECK(closed.line() == "waiting");
  connected.browser.peer().close(4000, "bye too");
  CHECK(closed.line() == "closed 4000 bye too");
  CHECK(closed.result->value().was_clean);
}

TEST_CASE("close sends 1000 to the peer by default") {
  Connected connected;
  const Awaited closed([&] { return connected.connection.close(); });
  CHECK(connected.browser.calls().back() == "close 1000 ");
}

TEST_CASE("close after the end returns the end at once, every time") {
  Connected connected;
  connected.browser.peer().close(4000, "done");
  CHECK(connected.close().line() == "closed 4000 done");
  CHECK(connected.close().line() == "closed 4000 done");
  CHECK(connected.browser.calls().size() == 1);
}

TEST_CASE("several coroutines may close, and all get the end") {
  Connected connected;
  const auto first = connected.close(4001);
  const auto second = connected.close(4002);
  connected.browser.peer().close(4001);
  CHECK(first.line() == "closed 4001 ");
  CHECK(second.line() == "closed 4001 ");
  CHECK(connected.browser.calls() == Lines{"new ws://host/ []", "close 4001 "});
}

TEST_CASE(
    "close with a code or a reason that is not allowed is refused, and the connection stays open") {
  Connected connected;
  CHECK(connected.close(1001).line() == error_line(Error::invalid_close_code));
  CHECK(connected.close(66536).line() == error_line(Error::invalid_close_code));
  CHECK(connected.close(1000, std::string(124, 'r')).line() ==
        error_line(Error::close_reason_too_long));
  CHECK(connected.connection.ready_state() == ReadyState::open);
}

TEST_CASE("a refused close does not end waiting sends") {
  Connected connected({.high_water_mark = 1});
  connected.browser.peer().set_buffered_amount(1);
  const auto sent = connected.send("hello");
  CHECK(connected.close(1001).line() == error_line(Error::invalid_close_code));
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1s);
  CHECK(sent.line() == "sent");
}

TEST_CASE("the deadline of a close ends only the wait") {
  Connected connected;
  const auto closed = connected.close(1000, "", {.timeout = 1s});
  connected.browser.advance(1s);
  CHECK(closed.line() == error_line(Error::timed_out));
  CHECK(connected.connection.ready_state() == ReadyState::closing);
  connected.browser.peer().close(1000, "done");
  CHECK(connected.close().line() == "closed 1000 done");
}

TEST_CASE("close with a deadline of zero closes without waiting") {
  Connected connected;
  CHECK(connected.close(4000, "bye", {.timeout = 0ms}).line() == error_line(Error::timed_out));
  CHECK(connected.browser.calls().back() == "close 4000 bye");
}

TEST_CASE("a stop request ends only the wait for a close") {
  Connected connected;
  std::stop_source stop;
  const auto closed = connected.close(1000, "", {.stop = stop.get_token()});
  stop.request_stop();
  connected.browser.advance(0ms);
  CHECK(closed.line() == error_line(Error::cancelled));
  CHECK(connected.connection.ready_state() == ReadyState::closing);
}

TEST_CASE("a peer that does not answer a close has until the close deadline") {
  Connected connected({.close_timeout = 1s});
  const auto closed = connected.close();
  connected.browser.advance(999ms);
  CHECK(closed.line() == "waiting");
  connected.browser.advance(1ms);
  CHECK(closed.line() == "closed 1006 ");
  CHECK(closed.result->value().error == Error::connection_timed_out);
}

TEST_CASE("close while the peer closes too returns the peer's end") {
  Connected connected;
  connected.browser.peer().begin_close();
  const auto closed = connected.close(4000, "mine");
  connected.browser.peer().close(4001, "the peer's");
  CHECK(closed.line() == "closed 4001 the peer's");
}

TEST_CASE("an end that the engine raises inside close is reported later") {
  Connected connected;
  connected.browser.end_inside_close();
  const auto closed = connected.close();
  CHECK(closed.line() == "waiting");
  connected.browser.advance(0ms);
  CHECK(closed.line() == "closed 1006 ");
}

TEST_CASE("a waiting receive sees the end that another coroutine's close causes") {
  Connected connected;
  const auto received = connected.receive();
  const auto closed = connected.close();
  connected.browser.peer().close(1000, "done");
  CHECK(received.line() == error_line(Error::closed));
  CHECK(received.result->error().end->reason == "done");
}

TEST_CASE("after close, receive returns only the messages that were received before it") {
  Connected connected;
  connected.browser.peer().send("before");
  const auto closed = connected.close();
  connected.browser.peer().send("after");
  connected.browser.peer().close(1000);
  CHECK(connected.receive().line() == "text before");
  CHECK(connected.receive().line() == error_line(Error::closed));
}

TEST_CASE("a message that is too large and arrives after close does not change the end") {
  Connected connected({.max_message_size = 10});
  const auto closing = connected.close();
  connected.browser.peer().send(std::vector<std::byte>(100'000));
  connected.browser.peer().close(1000, "bye");
  CHECK(closing.line() == "closed 1000 bye");
  CHECK(connected.receive().line() == error_line(Error::closed));
}

TEST_CASE("destroying a coroutine that waits in close does not stop the closing") {
  Connected connected;
  {
    const auto closed = connected.close(4000);
  }
  connected.browser.peer().close(4000);
  CHECK(connected.connection.ready_state() == ReadyState::closed);
}

// Destruction

TEST_CASE(
    "destroying a connection ends all its waits with destroyed, but not inside the destructor") {
  Connected connected({.high_water_mark = 1});
  connected.browser.peer().set_buffered_amount(1);
  std::vector<std::byte> buffer(8);
  const auto received = connected.receive();
  const auto received_into = connected.receive_into(buffer);
  const auto sent = connected.send("hello");
  connected.connection = Connection();
  CHECK(received.line() == "waiting");
  CHECK(received_into.line() == "waiting");
  CHECK(sent.line() == "waiting");
  connected.browser.advance(0ms);
  CHECK(received.line() == error_line(Error::destroyed));
  CHECK(received_into.line() == error_line(Error::destroyed));
  CHECK(sent.line() == error_line(Error::destroyed));
  CHECK_FALSE(received.result->error().end);
}

TEST_CASE("destroying a connection ends a waiting close with destroyed") {
  Connected connected;
  const auto closed = connected.close();
  connected.connection = Connection();
  CHECK(closed.line() == "waiting");
  connected.browser.advance(0ms);
  CHECK(closed.line() == error_line(Error::destroyed));
}

TEST_CASE("destroying a connection closes it without a code") {
  Connected connected;
  connected.connection = Connection();
  CHECK(connected.browser.calls().back() == "close");
  CHECK(connected.browser.attached_sockets() == 0);
}

TEST_CASE(
    "coroutines that waited on a destroyed connection may be destroyed before they continue") {
  Connected connected;
  {
    const auto received = connected.receive();
    connected.connection = Connection();
  }
  connected.browser.advance(1s);
  CHECK(connected.browser.pending_timers() == 0);
}

TEST_CASE("a deadline that expires after the connection was destroyed is not reported") {
  Connected connected;
  std::stop_source stop;
  const auto received = connected.receive({.timeout = 1s, .stop = stop.get_token()});
  connected.connection = Connection();
  stop.request_stop();
  connected.browser.advance(2s);
  CHECK(received.line() == error_line(Error::destroyed));
  CHECK(received.resumptions == 1);
}

TEST_CASE(
    "a coroutine resumed by a message may destroy the connection, and the message stays valid") {
  Connected connected;
  auto received = connected.receive();
  const auto other = connected.receive();
  received.then = [&] { connected.connection = Connection(); };
  connected.browser.peer().send("the last one");
  CHECK(received.line() == "text the last one");
  CHECK(other.line() == error_line(Error::destroyed));
  CHECK(connected.browser.attached_sockets() == 0);
}

TEST_CASE("a coroutine resumed by the end may destroy the connection") {
  Connected connected;
  auto received = connected.receive();
  auto other = connected.receive();
  received.then = [&] { connected.connection = Connection(); };
  connected.browser.peer().close(1000,
                                 "a reason that is too long for the small string optimisation");
  CHECK(other.line() == error_line(Error::closed));
  CHECK(other.result->error().end->reason ==
        "a reason that is too long for the small string optimisation");
}

TEST_CASE("a coroutine resumed by the open event may destroy the connection") {
  hawser::testing::Browser browser;
  Awaited connecting([] { return hawser::connect("ws://host/"); });
  connecting.then = [&] { connecting.result.reset(); };
  browser.peer().accept();
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("a coroutine whose send continued may destroy the connection while other sends wait") {
  Connected connected({.high_water_mark = 1});
  connected.browser.peer().set_buffered_amount(1);
  auto first = connected.send("first");
  const auto second = connected.send("second");
  first.then = [&] { connected.connection = Connection(); };
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1s);
  CHECK(first.line() == "sent");
  CHECK(second.line() == error_line(Error::destroyed));
}

TEST_CASE("a coroutine whose deadline expired may destroy the connection while others wait") {
  Connected connected;
  auto first = connected.receive({.timeout = 1s});
  const auto second = connected.receive({.timeout = 1s});
  const auto third = connected.receive({.timeout = 2s});
  first.then = [&] { connected.connection = Connection(); };
  connected.browser.advance(1s);
  CHECK(second.line() == error_line(Error::timed_out));
  CHECK(third.line() == error_line(Error::destroyed));
}

TEST_CASE("a coroutine that owns its connection may be destroyed while it waits") {
  hawser::testing::Browser browser;
  const auto serve = []() -> Running {
    auto connection = co_await hawser::connect("ws://host/");
    (void)co_await connection->receive({.timeout = 1h});
  };
  {
    const auto running = serve();
    browser.peer().accept();
    CHECK(browser.attached_sockets() == 1);
  }
  CHECK(browser.attached_sockets() == 0);
  browser.advance(0ms);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("a coroutine may reconnect when its connection has ended") {
  Lines lines;
  hawser::testing::Browser browser;
  const auto serve = [](Lines& to) -> Running {
    for (int i = 0; i < 2; ++i) {
      auto connection = co_await hawser::connect("ws://host/");
      while (auto message = co_await connection->receive()) to.emplace_back(message->text());
      to.emplace_back("the end");
    }
  };
  const auto running = serve(lines);
  for (const auto* const text : {"one", "two"}) {
    browser.peer().accept();
    browser.peer().send(text);
    browser.peer().cut();
  }
  CHECK(lines == Lines{"one", "the end", "two", "the end"});
}

#ifdef __cpp_exceptions

namespace {

/// A coroutine that lets exceptions escape.
class Throwing {
 public:
  struct promise_type {
    Throwing get_return_object() {
      return Throwing(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const { throw; }
  };

  Throwing(const Throwing&) = delete;
  Throwing& operator=(const Throwing&) = delete;
  ~Throwing() { coroutine_.destroy(); }

 private:
  explicit Throwing(std::coroutine_handle<promise_type> coroutine) : coroutine_(coroutine) {}

  std::coroutine_handle<promise_type> coroutine_;
};

Throwing receive_and_throw(Connection& connection, hawser::WaitOptions options = {}) {
  (void)co_await connection.receive(std::move(options));
  throw std::runtime_error("the app's own");
}

}  // namespace

TEST_CASE("an exception that escapes a coroutine is reported, and the connection keeps running") {
  Connected connected;
  const auto throwing = receive_and_throw(connected.connection);
  connected.browser.peer().send("one");
  CHECK(connected.browser.reported_exceptions() == 1);
  connected.browser.peer().send("two");
  CHECK(connected.receive().line() == "text two");
}

TEST_CASE("a deadline whose coroutine throws leaves no timer once the connection is destroyed") {
  Connected connected;
  const auto throwing = receive_and_throw(connected.connection, {.timeout = 1h});
  connected.browser.peer().send("in time");
  CHECK(connected.browser.reported_exceptions() == 1);
  connected.connection = Connection();
  CHECK(connected.browser.pending_timers() == 0);
}

TEST_CASE("coroutines that are resumed together all continue, even if all of them throw") {
  Connected connected;
  const auto first = receive_and_throw(connected.connection);
  const auto second = receive_and_throw(connected.connection);
  const auto third = receive_and_throw(connected.connection);
  const auto received = connected.receive();
  connected.browser.peer().close(1000);
  connected.browser.advance(0ms);
  CHECK(connected.browser.reported_exceptions() == 3);
  CHECK(received.line() == error_line(Error::closed));
  CHECK(connected.browser.pending_timers() == 0);
}

TEST_CASE("a coroutine that a message resumed and that throws does not delay a send") {
  Connected connected({.high_water_mark = 1});
  connected.browser.peer().set_buffered_amount(1);
  const auto throwing = receive_and_throw(connected.connection);
  const auto sent = connected.send("hello");
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.peer().send("one");
  connected.browser.advance(0ms);
  CHECK(sent.line() == "sent");
}

#endif

TEST_CASE("a close reason of 123 ASCII characters is received after this side has closed", "[R3]") {
  Connected connected;
  auto closing = connected.close();
  const std::string reason(hawser::max_close_reason_size, 'r');
  connected.browser.peer().close(1000, reason);
  CHECK(closing.line() == "closed 1000 " + reason);
}
