// Threads that block on connections of another thread. Native only: the test's thread runs the
// scripted browser's event loop, and is the I/O thread of all connections.

#ifndef __EMSCRIPTEN__

#include <hawser/blocking.hpp>
#include <hawser/hawser.hpp>

#include <catch_amalgamated.hpp>

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <hawser/testing/browser.hpp>
#include "allocations.hpp"

using hawser::Error;
using Lines = std::vector<std::string>;
namespace blocking = hawser::blocking;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view url = "ws://host/";

/// Runs `act` on another thread, and the event loop on this one until `act` returns.
template <typename Act>
void beside(
    hawser::testing::Browser& browser, Act act, const std::function<void()>& each_turn = [] {}) {
  std::atomic<bool> is_done = false;
  std::thread thread([&] {
    act();
    is_done = true;
  });
  while (!is_done) {
    browser.advance(0ms);
    each_turn();
    std::this_thread::yield();
  }
  thread.join();
  browser.advance(0ms);
}

/// Opens each connection as soon as the app requests it.
class Opening {
 public:
  explicit Opening(hawser::testing::Browser& browser) : browser_(browser) {}
  void operator()() {
    const auto calls = browser_.calls();
    for (; seen_ < calls.size(); ++seen_) {
      if (!calls[seen_].starts_with("new ")) continue;
      browser_.peer(sockets_++).accept();
    }
  }

 private:
  hawser::testing::Browser& browser_;
  std::size_t seen_ = 0;
  int sockets_ = 0;
};

/// Connects on another thread.
blocking::Connection connect(hawser::testing::Browser& browser,
                             const hawser::ConnectOptions& options = {}) {
  blocking::Connection connection;
  beside(browser, [&] { connection = blocking::connect(url, options).value(); }, Opening(browser));
  return connection;
}

std::string line(const std::expected<hawser::OwnedMessage, hawser::ReceiveError>& received) {
  return received ? std::string(received->text()) : hawser::name(received.error());
}

Lines sent(const hawser::testing::Browser& browser) {
  Lines lines;
  for (const auto& call : browser.calls()) {
    if (call.starts_with("send text ")) lines.push_back(call.substr(10));
  }
  return lines;
}

}  // namespace

TEST_CASE("connect on another thread waits until the connection is open", "[threads]") {
  hawser::testing::Browser browser;
  const auto connection = connect(browser, {.protocols = {"chat"}});
  CHECK(connection.ready_state() == hawser::ReadyState::open);
  CHECK(connection.url() == url);
  CHECK(connection.protocol() == "chat");
  CHECK(browser.calls() == Lines{"new ws://host/ [chat]"});
}

TEST_CASE("connect on another thread returns the error of a failed attempt", "[threads]") {
  hawser::testing::Browser browser;
  std::optional<Error> error;
  const auto attempt = [&](std::string_view to, const hawser::ConnectOptions& options) {
    return
        [&error, to = std::string(to), options] { error = blocking::connect(to, options).error(); };
  };
  SECTION("invalid arguments") {
    std::thread(attempt("http://host:99999/", {})).join();
    CHECK(error == Error::invalid_url);
    std::thread(attempt(url, {.protocols = {"a b"}})).join();
    CHECK(error == Error::invalid_protocol);
    std::thread(attempt(url, {.connect_timeout = 0ms})).join();
    CHECK(error == Error::invalid_timeout);
    CHECK(browser.made_calls() == 0);
  }
  SECTION("the browser throws") {
    browser.throw_from_constructor("SecurityError");
    beside(browser, attempt(url, {}));
    CHECK(error == Error::blocked);
  }
  SECTION("the server refuses") {
    beside(browser, attempt(url, {}), [&] {
      if (browser.made_calls() == 0) return;
      browser.peer().raise_error();
      browser.peer().cut();
    });
    CHECK(error == Error::connection_failed);
  }
  SECTION("the server does not answer") {
    beside(browser, attempt(url, {.connect_timeout = 5s}), [&] {
      if (browser.made_calls() > 0) browser.advance(5s);
    });
    CHECK(error == Error::connection_timed_out);
  }
  SECTION("a stop request") {
    std::stop_source stop;
    beside(browser, attempt(url, {.stop = stop.get_token()}), [&] {
      if (browser.made_calls() > 0) stop.request_stop();
    });
    CHECK(error == Error::cancelled);
    browser.advance(0ms);
    CHECK(browser.attached_sockets() == 0);
  }
  SECTION("no thread runs the event loop") {
    std::thread(attempt(url, {.connect_timeout = 1ms})).join();
    CHECK(error == Error::no_thread);
    browser.advance(0ms);
    CHECK(browser.attached_sockets() == 0);  // the attempt was given up
  }
}

TEST_CASE("a thread receives messages in order", "[threads]") {
  hawser::testing::Browser browser;
  auto connection = connect(browser);
  browser.peer().send("first");
  CHECK(connection.inbox_size() == 1);
  CHECK(connection.inbox_bytes() == 5);
  Lines lines;
  int turns = 0;
  beside(
      browser,
      [&] {
        for (int i = 0; i < 2; ++i) lines.push_back(line(connection.receive()));
      },
      [&] {
        if (++turns == 3) browser.peer().send("second");
      });
  CHECK(lines == Lines{"first", "second"});
  CHECK(connection.inbox_bytes() == 0);
}

TEST_CASE("a receive ends at its deadline, and by a stop request", "[threads]") {
  hawser::testing::Browser browser;
  auto connection = connect(browser);
  std::stop_source stop;
  std::thread([&] {
    CHECK(line(connection.receive({.timeout = 0ms})) == "timed_out");
    CHECK(line(connection.receive({.timeout = 2ms})) == "timed_out");
    std::thread stopping([&] { stop.request_stop(); });
    CHECK(line(connection.receive({.stop = stop.get_token()})) == "cancelled");
    stopping.join();
    CHECK(line(connection.receive({.timeout = 0ms, .stop = stop.get_token()})) == "cancelled");
  }).join();
  browser.peer().send("hello");
  CHECK(line(connection.try_receive()) == "hello");
}

TEST_CASE("a thread gets the end after the last message", "[threads]") {
  hawser::testing::Browser browser;
  auto connection = connect(browser);
  browser.peer().send("last");
  browser.peer().close(4000, "enough");
  Lines lines;
  std::thread([&] {
    for (const auto& message : connection.messages()) lines.emplace_back(message.text());
  }).join();
  CHECK(lines == Lines{"last"});
  const auto received = connection.try_receive();
  REQUIRE(!received);
  CHECK(received.error().error == Error::closed);
  CHECK(received.error().end.value().code == 4000);
  CHECK(received.error().end.value().reason == "enough");
  CHECK(connection.ready_state() == hawser::ReadyState::closed);
  CHECK(connection.try_send("text").error() == Error::already_closed);
  std::thread([&] { CHECK(connection.close().value().code == 4000); }).join();
}

TEST_CASE("a full inbox ends the connection or drops the oldest messages, like a Connection's",
          "[threads]") {
  hawser::testing::Browser browser;
  SECTION("it ends the connection") {
    auto connection = connect(browser, {.max_inbox_messages = 1});
    browser.peer().send("first");
    browser.peer().send("second");
    browser.peer().close(1000);
    CHECK(line(connection.try_receive()) == "first");
    CHECK(line(connection.try_receive()) == "inbox_overflow");
  }
  SECTION("it drops the oldest") {
    auto connection = connect(
        browser, {.max_inbox_messages = 1, .when_inbox_full = hawser::WhenInboxFull::drop_oldest});
    browser.peer().send("first");
    browser.peer().send("second");
    CHECK(connection.inbox_dropped() == 1);
    CHECK(line(connection.try_receive()) == "second");
    CHECK(line(connection.try_receive()) == "would_block");
  }
}

TEST_CASE("a send waits while too much is queued", "[threads]") {
  hawser::testing::Browser browser;
  auto connection = connect(browser, {.high_water_mark = 8, .low_water_mark = 0});
  browser.peer().set_buffered_amount(8);
  std::thread([&] {
    CHECK(connection.send("first"));
    CHECK(connection.try_send("second").error() == Error::would_block);
    CHECK(connection.send("second", {.timeout = 1ms}).error() == Error::timed_out);
    CHECK(connection.send("\xff").error() == Error::invalid_utf8);
  }).join();
  browser.advance(0ms);
  CHECK(sent(browser).empty());
  beside(
      browser, [&] { CHECK(connection.send("third")); },
      [&] {
        browser.peer().set_buffered_amount(0);
        browser.advance(1ms);
      });
  browser.advance(1s);
  CHECK(sent(browser) == Lines{"first", "third"});
}

TEST_CASE("close sends queued messages, and waits for the end", "[threads]") {
  hawser::testing::Browser browser;
  auto connection = connect(browser, {.high_water_mark = 1});
  browser.peer().set_buffered_amount(8);
  bool is_closed = false;
  beside(
      browser,
      [&] {
        CHECK(connection.send("last"));
        CHECK(connection.close(1001).error() == Error::invalid_close_code);
        const auto end = connection.close(4000, "done");
        CHECK(end.value().code == 4000);
        is_closed = true;
      },
      [&] {
        if (browser.calls().back() == "close 4000 done") browser.peer().close(4000, "done");
      });
  CHECK(is_closed);
  CHECK(sent(browser) == Lines{"last"});
  CHECK(connection.sender().counters().dropped == 0);
}

TEST_CASE("a destroyed connection sends queued messages, and closes", "[threads]") {
  hawser::testing::Browser browser;
  auto connection = connect(browser);
  std::thread([&] {
    CHECK(connection.send("last"));
    connection = {};
  }).join();
  browser.advance(0ms);
  CHECK(sent(browser) == Lines{"last"});
  CHECK(browser.calls().back() == "close");
  CHECK(browser.attached_sockets() == 0);
  CHECK(line(connection.try_receive()) == "no_connection");
}

TEST_CASE("a sender of the connection outlives it", "[threads]") {
  hawser::testing::Browser browser;
  auto connection = connect(browser);
  const hawser::Sender sender = connection.sender();
  std::thread([&] {
    CHECK(sender.send("text"));
    connection = {};
  }).join();
  browser.advance(0ms);
  CHECK(sent(browser) == Lines{"text"});
  std::thread([&] { CHECK(sender.send("late").error() == Error::already_closed); }).join();
}

TEST_CASE("a call that would wait for its own thread is refused, but polling works there",
          "[threads]") {
  hawser::testing::Browser browser;
  const hawser::IoThread io;
  auto connection = blocking::Connection::open(io, url).value();
  CHECK(connection.ready_state() == hawser::ReadyState::connecting);
  CHECK(connection.try_send("early").error() == Error::still_connecting);
  CHECK(line(connection.try_receive()) == "would_block");
  browser.advance(0ms);
  browser.advance(0ms);
  CHECK(blocking::connect(io, url).error() == Error::cannot_block);
  browser.peer().accept();
  browser.peer().send("hello");
  CHECK(line(connection.receive()) == "cannot_block");
  CHECK(connection.send("text").error() == Error::cannot_block);
  CHECK(connection.close().error() == Error::cannot_block);
  CHECK(connection.ready_state() == hawser::ReadyState::open);
  CHECK(connection.try_send("text"));
  CHECK(sent(browser) == Lines{"text"});
  CHECK(line(connection.try_receive()) == "hello");
  CHECK(connection.close(4000, "done", {.timeout = 0ms}).error() == Error::timed_out);
  browser.advance(0ms);
  browser.peer().close(4000, "done");
  CHECK(connection.close(1000, "", {.timeout = 0ms}).value().code == 4000);
}

TEST_CASE("an attempt is given up when its connection is closed or destroyed", "[threads]") {
  hawser::testing::Browser browser;
  const hawser::IoThread io;
  auto connection = blocking::Connection::open(io, url).value();
  for (int i = 0; i < 2; ++i) browser.advance(0ms);
  REQUIRE(browser.attached_sockets() == 1);
  SECTION("closed") {
    CHECK(connection.close(1000, "", {.timeout = 0ms}).error() == Error::timed_out);
    CHECK(connection.ready_state() == hawser::ReadyState::closing);
    CHECK(connection.try_send("late").error() == Error::already_closing);
    browser.advance(0ms);
    CHECK(line(connection.try_receive()) == "aborted");
  }
  SECTION("destroyed") {
    connection = {};
    browser.advance(0ms);
  }
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("an I/O thread calls functions in order, and owns tasks", "[threads]") {
  hawser::testing::Browser browser;
  std::string order;
  std::optional<hawser::IoThread> io(std::in_place);
  CHECK(io->is_running());
  for (const char c : {'a', 'b', 'c'}) CHECK(io->run([&order, c] { order += c; }));
  struct AtEnd {
    std::string& order;
    ~AtEnd() { order += 'e'; }
  };
  CHECK(io->run([&order]() -> hawser::Task<> {
    const AtEnd at_end{order};
    (void)co_await hawser::sleep_for(1h);
  }));
  for (int i = 0; i < 3; ++i) browser.advance(0ms);
  CHECK(order == "abc");
  CHECK(io->run([&order] { order += 'd'; }));
  io.reset();
  browser.advance(0ms);
  CHECK(order == "abcde");
  CHECK(browser.pending_timers() == 0);

  hawser::IoThread first;
  const hawser::IoThread second = std::move(first);
  CHECK(!first.run([] {}));  // NOLINT(bugprone-use-after-move): the rule that is tested
  CHECK(blocking::Connection::open(first, url).error() == Error::no_thread);
  CHECK(second.run([] {}));
}

TEST_CASE("calls return no_thread once the I/O thread has ended", "[threads]") {
  hawser::testing::Browser browser;
  std::optional<hawser::IoThread> io(std::in_place);
  auto connection = blocking::Connection::open(*io, url).value();
  for (int i = 0; i < 2; ++i) browser.advance(0ms);
  browser.peer().accept();
  std::string received;
  beside(browser, [&] { received = line(connection.receive()); }, [&] { io.reset(); });
  CHECK(received == "no_thread");
  CHECK(connection.try_send("text").error() == Error::no_thread);
  CHECK(browser.calls().back() == "close");
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("a connection may be destroyed after its I/O thread", "[threads]") {
  hawser::testing::Browser browser;
  std::optional<hawser::IoThread> io(std::in_place);
  auto connection = blocking::Connection::open(*io, url).value();
  for (int i = 0; i < 2; ++i) browser.advance(0ms);
  browser.peer().accept();
  std::thread([&] {
    CHECK(connection.send("last"));
    io.reset();  // this only asks the thread to end
    connection = {};
  }).join();
  CHECK(sent(browser).empty());
  browser.advance(0ms);
  CHECK(sent(browser) == Lines{"last"});
  CHECK(browser.calls().back() == "close");
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("a function that throws on an I/O thread stops nothing else on that thread",
          "[threads]") {
  hawser::testing::Browser browser;
  std::optional<hawser::IoThread> io(std::in_place);
  auto connection = blocking::Connection::open(*io, url).value();
  std::string order;
  CHECK(io->run([] { throw 1; }));
  CHECK(io->run([&order] { order += 'a'; }));
  for (int i = 0; i < 2; ++i) browser.advance(0ms);
  CHECK(order == "a");
  CHECK(browser.reported_exceptions() == 1);
  io.reset();
  browser.advance(0ms);
  CHECK(line(connection.try_receive()) == "no_thread");
}

TEST_CASE("a loop over messages says why it ended", "[threads]") {
  hawser::testing::Browser browser;
  auto connection = connect(browser);
  browser.peer().send("only");
  std::thread([&] {
    auto messages = connection.messages({.timeout = 1ms});
    int count = 0;
    for ([[maybe_unused]] const auto& message : messages) ++count;
    CHECK(count == 1);
    CHECK(messages.error().value().error == Error::timed_out);
  }).join();
}

TEST_CASE("a connection sends nothing more after close", "[threads]") {
  hawser::testing::Browser browser;
  auto connection = connect(browser);
  std::thread([&] {
    CHECK(connection.close(1000, "", {.timeout = 0ms}).error() == Error::timed_out);
    CHECK(connection.ready_state() == hawser::ReadyState::closing);
    CHECK(connection.try_send("late").error() == Error::already_closing);
    CHECK(connection.send("late").error() == Error::already_closing);
  }).join();
}

TEST_CASE("a message that does not fit into memory is refused at once", "[threads]") {
  hawser::testing::Browser browser;
  auto connection = connect(browser);
  const std::string large(1 << 16, 'x');
  std::thread([&] {
    const MemoryShortage shortage(1 << 16);
    CHECK(connection.send(large).error() == Error::out_of_memory);
  }).join();
}

TEST_CASE("a thread uses a session across reconnects", "[threads]") {
  hawser::testing::Browser browser;
  blocking::Session session;
  Lines states;
  std::thread([&] {
    session = blocking::Session(
        std::vector<hawser::Endpoint>{{.url = std::string(url), .protocols = {"chat"}}},
        {.reconnect = {.backoff = {.base = 1ms}}},
        {.on_status = [&](const hawser::SessionStatus& status) {
          states.emplace_back(hawser::name(status.state));
        }});
  }).join();
  for (int i = 0; i < 3; ++i) browser.advance(0ms);
  CHECK(session.ready_state() == hawser::ReadyState::connecting);
  std::thread([&] { CHECK(session.send("queued")); }).join();
  browser.advance(0ms);
  browser.peer().accept({"chat"});
  CHECK(sent(browser) == Lines{"queued"});
  CHECK(session.ready_state() == hawser::ReadyState::open);
  CHECK(session.protocol() == "chat");
  browser.peer().send("first");
  browser.peer().cut();
  browser.advance(10s);
  browser.peer().accept();
  browser.peer().send("second");
  std::thread([&] {
    CHECK(line(session.receive()) == "first");
    CHECK(line(session.receive()) == "second");
  }).join();
  CHECK(session.status().state == hawser::SessionState::open);
  std::uint64_t connections = 0;
  session.run([&](hawser::Session& itself) { connections = itself.counters().connections; });
  beside(
      browser,
      [&] {
        CHECK(session.close(4000, "done").value().code == 4000);
        CHECK(line(session.receive()) == "closed");
      },
      [&] {
        if (browser.calls().back() == "close 4000 done") browser.peer().close(4000, "done");
      });
  CHECK(connections == 2);
  CHECK(session.status().why == hawser::StopReason::closed_by_app);
  CHECK(states.back() == "stopped");
  session.retry_now();
  browser.advance(0ms);
  browser.advance(0ms);
  CHECK(line(session.try_receive()) == "would_block");
  session = {};
  browser.advance(0ms);
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("many threads send and receive over one connection", "[threads]") {
  hawser::testing::Browser browser;
  auto connection = connect(browser, {.high_water_mark = 512});
  constexpr int messages = 500;
  constexpr int threads = 4;
  std::vector<std::thread> running;
  std::atomic<int> ended = 0;
  std::atomic<int> received = 0;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      for (int number = 0; number < messages; ++number) {
        if (!connection.send(std::to_string(i) + " " + std::to_string(number))) FAIL("send");
      }
      ++ended;
    });
    running.emplace_back([&] {
      while (connection.receive()) ++received;
      ++ended;
    });
  }
  int echoed = 0;
  while (ended < 2 * threads) {
    browser.advance(1ms);
    for (; echoed < browser.made_calls() - 1; ++echoed) browser.peer().send("echo");
    if (echoed == threads * messages) browser.peer().close(1000);
  }
  for (auto& thread : running) thread.join();
  CHECK(received == threads * messages);
  std::vector<int> next(threads);
  for (const auto& text : sent(browser)) {
    REQUIRE(std::stoi(text.substr(2)) == next[static_cast<std::size_t>(text.at(0) - '0')]++);
  }
  CHECK(next == std::vector<int>(threads, messages));
}

TEST_CASE("threads connect and leave at random moments, a thousand times", "[threads][long]") {
  constexpr int threads = 4;
  constexpr int rounds = 250;
  hawser::testing::Browser browser;
  Opening opening(browser);
  std::atomic<int> ended = 0;
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      for (int round = 0; round < rounds; ++round) {
        auto connection = blocking::connect(url);
        if (!connection) FAIL(hawser::name(connection.error()));
        const hawser::Sender sender = connection->sender();
        if (round % 2) (void)connection->send("text");
        if (round % 3)
          (void)connection->receive({.timeout = std::chrono::milliseconds(round % 3 - 1)});
        if (round % 5 == i) (void)connection->close(1000, "", {.timeout = 1ms});
        *connection = {};
        (void)sender.send("late");
      }
      ++ended;
    });
  }
  while (ended < threads) {
    browser.advance(0ms);
    opening();
    std::this_thread::yield();
  }
  for (auto& thread : running) thread.join();
  browser.advance(0ms);
  browser.advance(0ms);
  CHECK(browser.attached_sockets() == 0);
}

#endif
