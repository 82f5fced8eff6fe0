// Calls on a thread that does not own the object. Native only: the wasm suite has no threads, and
// tests/wasm/other_thread.cpp tests the same there.

#ifndef __EMSCRIPTEN__

#include <hawser/hawser.hpp>

#include <catch_amalgamated.hpp>

#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

#include "connected.hpp"
#include "opened.hpp"

namespace {

using hawser::Error;
using std::chrono::milliseconds;

/// The result of `call` on another thread.
template <typename Call>
auto elsewhere(Call call) {
  std::optional<decltype(call())> result;
  std::thread([&] { result.emplace(call()); }).join();
  return std::move(*result);
}

template <typename Value, typename Failure>
bool is_refused(const std::expected<Value, Failure>& result) {
  if constexpr (std::same_as<Failure, Error>)
    return !result && result.error() == Error::wrong_thread;
  else
    return !result && result.error().error == Error::wrong_thread;
}

/// Destroys `object` on another thread.
template <typename Object>
void destroy_elsewhere(Object& object) {
  std::thread([moved = std::move(object)]() mutable {
    const Object last = std::move(moved);
  }).join();
}

/// The result of an operation that another thread awaits.
template <typename Operation>
auto await_elsewhere(Operation operation) {
  return elsewhere([&] { return std::move(Awaited(operation).result.value()); });
}

}  // namespace

TEST_CASE("each call on another thread's socket is refused and changes nothing", "[R15][threads]") {
  Opened opened;
  hawser::WebSocket& socket = opened.socket;
  const int calls = opened.browser.made_calls();

  CHECK(is_refused(elsewhere([&] { return socket.send("text"); })));
  CHECK(is_refused(elsewhere([&] { return socket.send(std::as_bytes(std::span("bytes"))); })));
  CHECK(is_refused(elsewhere([&] { return socket.close(); })));
  CHECK(elsewhere([&] { return socket.ready_state(); }) == hawser::ReadyState::closed);
  CHECK(elsewhere([&] { return socket.buffered_amount(); }) == 0);
  CHECK(elsewhere([&] { return socket.url() + socket.protocol() + socket.extensions(); }).empty());
  std::thread([&] {
    socket.on_message([](const hawser::Message&) { FAIL("it accepted a handler"); });
  }).join();

  CHECK(opened.browser.made_calls() == calls);
  opened.browser.peer().send("hello");
  CHECK(opened.journal.lines == std::vector<std::string>{"text hello"});
  CHECK(socket.send("text"));
}

TEST_CASE("a socket that another thread destroys closes on its own thread", "[R15][threads]") {
  Opened opened;
  destroy_elsewhere(opened.socket);
  CHECK(opened.browser.calls().back() != "close");
  opened.browser.advance(milliseconds(0));
  CHECK(opened.browser.calls().back() == "close");
  opened.browser.peer().send("hello");
  CHECK(opened.journal.lines.empty());
}

TEST_CASE("a socket that is moved on another thread still belongs to its own thread",
          "[R15][threads]") {
  Opened opened;
  hawser::WebSocket moved;
  std::thread([&] { moved = std::move(opened.socket); }).join();
  CHECK(moved.send("text"));
}

TEST_CASE("each operation on another thread's connection is refused", "[R15][threads]") {
  Connected connected;
  hawser::Connection& connection = connected.connection;
  const int calls = connected.browser.made_calls();
  std::byte buffer[8];

  CHECK(is_refused(await_elsewhere([&] { return connection.send("text"); })));
  CHECK(is_refused(await_elsewhere([&] { return connection.receive(); })));
  CHECK(is_refused(await_elsewhere([&] { return connection.receive_into(buffer); })));
  CHECK(is_refused(await_elsewhere([&] { return connection.close(); })));
  CHECK(is_refused(elsewhere([&] { return connection.try_send("text"); })));
  CHECK(elsewhere([&] { return connection.ready_state(); }) == hawser::ReadyState::closed);
  CHECK(elsewhere([&] { return connection.buffered_amount() + connection.inbox_dropped(); }) == 0);
  CHECK(elsewhere([&] {
          return connection.url() + connection.protocol() + connection.extensions();
        }).empty());
  hawser::ByteStream stream(connection);
  CHECK(is_refused(await_elsewhere([&] { return stream.read_some(buffer); })));
  CHECK(is_refused(await_elsewhere([&] { return stream.write_all(buffer); })));

  CHECK(connected.browser.made_calls() == calls);
  CHECK(connection.try_send("text"));
}

TEST_CASE("a connection that another thread destroys cancels its waits on its own thread",
          "[R15][threads]") {
  Connected connected;
  auto receiving = connected.receive();
  destroy_elsewhere(connected.connection);
  CHECK(receiving.line() == "waiting");
  connected.browser.advance(milliseconds(0));
  CHECK(receiving.line() == error_line(Error::destroyed));
  CHECK(connected.browser.calls().back() == "close");
}

TEST_CASE("each call on another thread's session is refused", "[R15][threads]") {
  hawser::testing::Browser browser;
  hawser::Session session("ws://host/");
  browser.advance(milliseconds(0));
  browser.peer().accept();
  const int calls = browser.made_calls();

  CHECK(is_refused(elsewhere([&] { return session.send("text"); })));
  CHECK(is_refused(elsewhere([&] { return session.send_now("text"); })));
  CHECK(is_refused(elsewhere([&] { return session.close(); })));
  CHECK(is_refused(elsewhere([&] { return session.reconnect(); })));
  CHECK(is_refused(await_elsewhere([&] { return session.receive(); })));
  CHECK(elsewhere([&] { return session.ready_state(); }) == hawser::ReadyState::closed);
  CHECK(elsewhere([&] { return session.status().state; }) == hawser::SessionState::idle);
  CHECK(elsewhere([&] { return session.counters().connections; }) == 0);
  CHECK(elsewhere([&] {
          return session.outbox().acknowledge(1) + session.outbox().acknowledge_one(1) +
                 session.outbox().bytes();
        }) == 0);
  CHECK(
      elsewhere([&] { return session.url() + session.protocol() + session.extensions(); }).empty());
  std::thread([&] { session.retry_now(); }).join();

  CHECK(browser.made_calls() == calls);
  CHECK(session.send("text"));
}

TEST_CASE("a session that another thread destroys closes on its own thread", "[R15][threads]") {
  hawser::testing::Browser browser;
  hawser::Session session("ws://host/");
  browser.advance(milliseconds(0));
  browser.peer().accept();
  destroy_elsewhere(session);
  CHECK(browser.calls().back() != "close");
  browser.advance(milliseconds(0));
  CHECK(browser.calls().back() == "close");
}

TEST_CASE("a job that another thread destroys is destroyed on its own thread, wherever it waits",
          "[R15][threads]") {
  Connected connected;
  int resumptions = 0;
  const auto converse = [](hawser::Connection& connection, int& resumed) -> hawser::Task<> {
    (void)co_await connection.receive();
    ++resumed;
  };
  hawser::Job job = hawser::start(converse(connected.connection, resumptions));
  destroy_elsewhere(job);
  connected.browser.advance(milliseconds(0));
  connected.browser.peer().send("hello");
  CHECK(resumptions == 0);
}

TEST_CASE("a sleep whose job another thread destroys ends on its own thread", "[R15][threads]") {
  hawser::testing::Browser browser;
  const auto sleep = []() -> hawser::Task<> { (void)co_await hawser::sleep_for(milliseconds(10)); };
  hawser::Job job = hawser::start(sleep());
  CHECK(browser.pending_timers() == 1);
  destroy_elsewhere(job);
  browser.advance(milliseconds(0));
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("a stop request from another thread ends the wait from the waiting thread's event loop",
          "[R15][threads]") {
  Connected connected;
  std::stop_source stop;
  const auto received = connected.receive({.stop = stop.get_token()});
  const Awaited slept([&] { return hawser::sleep_for(milliseconds(1'000'000), stop.get_token()); });
  std::thread([&] { stop.request_stop(); }).join();
  CHECK(received.line() == "waiting");
  connected.browser.advance(milliseconds(0));
  CHECK(received.line() == error_line(Error::cancelled));
  CHECK(slept.line() == error_line(Error::cancelled));
  CHECK(received.resumptions == 1);
  CHECK(connected.browser.pending_timers() == 0);
}

TEST_CASE("a stop request from another thread that arrives after the wait has ended does nothing",
          "[R15][threads]") {
  Connected connected;
  std::stop_source stop;
  const auto request_elsewhere = [&] { std::thread([&] { stop.request_stop(); }).join(); };
  SECTION("since a message has arrived") {
    const auto received = connected.receive({.stop = stop.get_token()});
    request_elsewhere();
    connected.browser.peer().send("first");
    connected.browser.advance(milliseconds(0));
    CHECK(received.line() == "text first");
    CHECK(received.resumptions == 1);
  }
  SECTION("since the coroutine was destroyed") {
    {
      const auto received = connected.receive({.stop = stop.get_token()});
      request_elsewhere();
    }
    connected.browser.advance(milliseconds(0));
  }
  connected.browser.peer().send("next");
  CHECK(connected.receive().line() == "text next");
}

TEST_CASE("stop requests from another thread race with waits that start and end", "[R15][long]") {
  Connected connected;
  for (int i = 0; i < 300; ++i) {
    std::stop_source stop;
    std::thread requesting([stop]() mutable { stop.request_stop(); });
    {
      const auto received = connected.receive({.stop = stop.get_token()});
      if (i % 3 == 0) connected.browser.peer().send("text");
      if (i % 3 == 1) {
        requesting.join();
        connected.browser.advance(milliseconds(0));
        CHECK(received.line() == error_line(Error::cancelled));
      }
    }
    if (requesting.joinable()) requesting.join();
    connected.browser.advance(milliseconds(0));
    while (connected.connection.try_receive()) continue;
  }
  CHECK(connected.browser.pending_timers() == 0);
}

#endif
