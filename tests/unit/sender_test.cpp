// Sending from other threads. Native only: the wasm suite has no threads.

#ifndef __EMSCRIPTEN__

#include <hawser/hawser.hpp>

#include <catch_amalgamated.hpp>

#include <atomic>
#include <future>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "allocations.hpp"
#include "connected.hpp"
#include "opened.hpp"

using hawser::Error;
using hawser::Sender;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

/// Calls `act` on another thread.
template <typename Act>
void elsewhere(Act act) {
  std::thread(std::move(act)).join();
}

void send_elsewhere(const Sender& sender, const std::string& text) {
  elsewhere([&] { REQUIRE(sender.send(text)); });
}

Lines sent(const hawser::testing::Browser& browser) {
  Lines lines;
  for (const auto& call : browser.calls()) {
    if (call.starts_with("send ")) lines.push_back(call.substr(5));
  }
  return lines;
}

/// Makes the leak sanitizer, if there is one, ignore what this thread allocates: objects that a
/// thread still owns when it ends are never freed.
extern "C" [[gnu::weak]] void __lsan_disable();
void let_this_thread_leak() {
  if (__lsan_disable) __lsan_disable();
}

}  // namespace

TEST_CASE("a message from another thread is sent in the next turn of the event loop", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  send_elsewhere(sender, "hello");
  CHECK(sent(opened.browser).empty());
  CHECK(sender.counters().queued == 1);
  CHECK(sender.counters().queued_bytes == 5);
  opened.browser.advance(0ms);
  CHECK(sent(opened.browser) == Lines{"text hello"});
  CHECK(sender.counters().queued == 0);
  CHECK(sender.counters().queued_bytes == 0);
  CHECK(sender.counters().sent == 1);
}

TEST_CASE("on the socket's own thread, a sender sends at once", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  REQUIRE(sender.send("hello"));
  CHECK(sent(opened.browser) == Lines{"text hello"});
  CHECK(sender.counters().sent == 1);
}

TEST_CASE("messages of one thread keep their order and their type", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  elsewhere([&] {
    REQUIRE(sender.send("1"));
    REQUIRE(sender.send(std::vector<std::uint8_t>{2, 255}));
    REQUIRE(sender.send(""));
    REQUIRE(sender.send("4"));
  });
  opened.browser.advance(0ms);
  CHECK(sent(opened.browser) == Lines{"text 1", "binary 02ff", "text ", "text 4"});
}

TEST_CASE("a full queue refuses a message, and accepts one again when it has room", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender({.max_queued_bytes = 5 + 2 * 16});
  elsewhere([&] {
    REQUIRE(sender.send("123"));
    CHECK(sender.send("456").error() == Error::would_block);
    REQUIRE(sender.send("45"));
    CHECK(sender.send("6").error() == Error::would_block);
  });
  opened.browser.advance(0ms);
  send_elsewhere(sender, "longer than the limit, but alone");
  opened.browser.advance(0ms);
  CHECK(sent(opened.browser) ==
        Lines{"text 123", "text 45", "text longer than the limit, but alone"});
}

TEST_CASE("a queue refuses text that is not UTF-8", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  elsewhere([&] { CHECK(sender.send("\xff").error() == Error::invalid_utf8); });
  CHECK(sender.counters().queued == 0);
}

TEST_CASE("messages that are queued while the socket connects are sent once it is open",
          "[threads]") {
  Connecting connecting;
  const Sender sender = connecting.socket.sender();
  send_elsewhere(sender, "early");
  CHECK(sender.send("at once").error() == Error::still_connecting);
  connecting.browser.advance(0ms);
  CHECK(sent(connecting.browser).empty());
  CHECK(sender.counters().queued == 1);
  connecting.browser.peer().accept();
  connecting.browser.advance(0ms);
  CHECK(sent(connecting.browser) == Lines{"text early"});
}

TEST_CASE("a sender outlives its socket", "[threads]") {
  std::optional<Opened> opened(std::in_place);
  const Sender sender = opened->socket.sender();
  opened->socket = {};
  CHECK(sender.send("late").error() == Error::already_closed);
  elsewhere([&] { CHECK(sender.send("late").error() == Error::already_closed); });
  opened.reset();
  elsewhere([&] { CHECK(sender.send("late").error() == Error::already_closed); });
}

TEST_CASE("a sender of a moved socket sends over that socket", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  hawser::WebSocket moved = std::move(opened.socket);
  send_elsewhere(sender, "hello");
  opened.browser.advance(0ms);
  CHECK(sent(opened.browser) == Lines{"text hello"});
}

TEST_CASE(
    "counters report how many messages were queued when the socket ended, and why they were not "
    "sent",
    "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  elsewhere([&] {
    REQUIRE(sender.send("one"));
    REQUIRE(sender.send("two"));
  });
  opened.browser.peer().close(1000);
  CHECK(sender.counters().dropped == 2);
  CHECK(sender.counters().last_drop == Error::already_closed);
  CHECK(sender.counters().queued == 0);
  CHECK(sender.counters().queued_bytes == 0);
  opened.browser.advance(0ms);
  CHECK(sent(opened.browser).empty());
}

TEST_CASE("messages queued when the socket is destroyed are dropped", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  send_elsewhere(sender, "one");
  opened.socket = {};
  CHECK(sender.counters().dropped == 1);
  opened.browser.advance(0ms);
  CHECK(sent(opened.browser).empty());
}

TEST_CASE("messages queued while the socket closes are dropped, with the reason", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  CHECK_FALSE(sender.counters().last_drop);
  send_elsewhere(sender, "one");
  REQUIRE(opened.socket.close());
  opened.browser.advance(0ms);
  CHECK(sender.counters().dropped == 1);
  CHECK(sender.counters().last_drop == Error::already_closing);
}

TEST_CASE("empty messages also fill a queue", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender({.max_queued_bytes = 64});
  elsewhere([&] {
    for (int i = 0; i < 4; ++i) REQUIRE(sender.send(""));
    CHECK(sender.send("").error() == Error::would_block);
  });
}

TEST_CASE("a message that does not fit into memory is refused, and queued messages stay",
          "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  elsewhere([&] {
    REQUIRE(sender.send("one"));
    const std::string large(1 << 16, 'x');
    {
      const MemoryShortage shortage(1 << 16);
      CHECK(sender.send(large).error() == Error::out_of_memory);
    }
    REQUIRE(sender.send("two"));
  });
  opened.browser.advance(0ms);
  CHECK(sent(opened.browser) == Lines{"text one", "text two"});
}

TEST_CASE("a queue can be used again after it was emptied, however large its messages were",
          "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  for (const std::size_t size : {std::size_t{1}, std::size_t{3} << 20, std::size_t{100}}) {
    send_elsewhere(sender, std::string(size, 'x'));
    opened.browser.advance(0ms);
    CHECK(sent(opened.browser).back() == "text " + std::string(size, 'x'));
  }
}

TEST_CASE("the last sender may be destroyed on another thread while its message is queued",
          "[threads]") {
  Opened opened;
  elsewhere([sender = opened.socket.sender()] { REQUIRE(sender.send("the last")); });
  opened.browser.advance(0ms);
  CHECK(sent(opened.browser) == Lines{"text the last"});
}

TEST_CASE("a message larger than a session's outbox is dropped, and the next one is sent",
          "[threads]") {
  hawser::testing::Browser browser;
  hawser::Session session(
      "ws://host/",
      {.outbox = {.max_outbox_bytes = 4, .acknowledgement = hawser::Acknowledgement::by_app}});
  browser.advance(0ms);
  browser.peer().accept();
  const Sender sender = session.sender();
  elsewhere([&] {
    REQUIRE(sender.send("too large"));
    REQUIRE(sender.send("fits"));
  });
  browser.advance(0ms);
  CHECK(sender.counters().dropped == 1);
  CHECK(sender.counters().last_drop == Error::outbox_full);
  CHECK(sent(browser) == Lines{"text fits"});
}

TEST_CASE("a connection's sender waits while too much is queued in the browser", "[threads]") {
  Connected connected({.high_water_mark = 4, .low_water_mark = 0});
  const Sender sender = connected.connection.sender({.max_queued_bytes = 8 + 16});
  connected.browser.peer().set_buffered_amount(10);
  send_elsewhere(sender, "hello");
  connected.browser.advance(100ms);
  CHECK(sent(connected.browser).empty());
  CHECK(sender.send("own").error() == Error::would_block);
  elsewhere([&] { CHECK(sender.send("full").error() == Error::would_block); });
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(32ms);
  CHECK(sent(connected.browser) == Lines{"text hello"});
}

TEST_CASE("a message that is added while earlier ones wait is sent after them", "[threads]") {
  Connected connected({.high_water_mark = 4, .low_water_mark = 0});
  const Sender sender = connected.connection.sender();
  connected.browser.peer().set_buffered_amount(10);
  send_elsewhere(sender, "one");
  connected.browser.advance(0ms);
  send_elsewhere(sender, "two");
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(100ms);
  CHECK(sent(connected.browser) == Lines{"text one", "text two"});
}

TEST_CASE("a session's sender queues through an outage", "[threads]") {
  hawser::testing::Browser browser;
  hawser::Session session("ws://host/");
  const Sender sender = session.sender();
  send_elsewhere(sender, "early");
  browser.advance(0ms);
  CHECK(sender.counters().sent == 1);  // into the outbox
  browser.peer().accept();
  CHECK(sent(browser) == Lines{"text early"});
  session = {};
  elsewhere([&] { CHECK(sender.send("late").error() == Error::already_closed); });
}

TEST_CASE("senders without a connection refuse every message", "[threads]") {
  CHECK(Sender().send("text").error() == Error::no_connection);
  Opened opened;
  elsewhere([&] { CHECK(opened.socket.sender().send("text").error() == Error::wrong_thread); });
  opened.browser.peer().close(1000);
  CHECK(opened.socket.sender().send("text").error() == Error::already_closed);
}

TEST_CASE("when many threads send at once, each thread's messages stay in order", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender({.max_queued_bytes = 2048});
  constexpr int messages = 2000;
  constexpr int senders = 4;
  std::atomic<int> running = senders;
  std::vector<std::thread> threads;
  for (int i = 0; i < senders; ++i) {
    threads.emplace_back([&, i, copy = sender] {
      for (int number = 0; number < messages; ++number) {
        const std::string text = std::to_string(i) + " " + std::to_string(number);
        while (!copy.send(text)) std::this_thread::yield();
      }
      --running;
    });
  }
  while (running > 0) opened.browser.advance(0ms);
  for (auto& thread : threads) thread.join();
  opened.browser.advance(0ms);
  std::vector<int> next(senders);
  for (const auto& line : sent(opened.browser)) {
    const int thread = line.at(5) - '0';
    REQUIRE(std::stoi(line.substr(7)) == next[static_cast<std::size_t>(thread)]++);
  }
  CHECK(next == std::vector<int>(senders, messages));
  CHECK(sender.counters().sent == senders * messages);
}

TEST_CASE(
    "when a thread ends with its socket, queued messages are dropped and the socket is detached",
    "[threads]") {
  Sender sender;
  hawser::WebSocket* socket = nullptr;
  elsewhere([&] {
    let_this_thread_leak();
    auto* const opened = new Opened;
    socket = &opened->socket;
    sender = socket->sender();
    elsewhere([&] {
      for (const char* const text : {"one", "two"}) (void)sender.send(text);
    });
  });
  CHECK(sender.counters().dropped == 2);
  CHECK(sender.counters().last_drop == Error::already_closed);
  CHECK(sender.counters().queued == 0);
  CHECK(sender.counters().queued_bytes == 0);
  CHECK(sender.send("late").error() == Error::already_closed);
  CHECK(socket->send("text").error() == Error::wrong_thread);
  *socket = {};
  hawser::testing::Browser next;
  next.advance(0ms);  // nothing that was posted to the thread remains
}

TEST_CASE("a sender of a socket whose thread has sent part of the queue reports the rest",
          "[threads]") {
  Sender sender;
  elsewhere([&] {
    let_this_thread_leak();
    auto* const connected = new Connected({.high_water_mark = 4, .low_water_mark = 0});
    sender = connected->connection.sender();
    elsewhere([&] { (void)(sender.send("one") && sender.send("two")); });
    connected->browser.peer().set_buffered_amount(10);
    connected->browser.advance(0ms);  // takes both from the queue, and can send neither
    elsewhere([&] { (void)sender.send("three"); });
  });
  CHECK(sender.counters().dropped == 3);
  CHECK(sender.counters().queued == 0);
  CHECK(sender.counters().queued_bytes == 0);
}

TEST_CASE(
    "when their thread or socket ends, senders all get an answer and every message is counted",
    "[threads]") {
  for (unsigned round = 0; round < 1000; ++round) {
    std::promise<Sender> made;
    auto sender = made.get_future().share();
    std::thread owner([&, random = std::minstd_rand(round)]() mutable {
      let_this_thread_leak();
      auto* const opened = new Opened;
      made.set_value(opened->socket.sender({.max_queued_bytes = random() % 2 ? 100u : 100'000u}));
      for (auto turns = random() % 20; turns > 0; --turns) {
        opened->browser.advance(0ms);
        if (random() % 2) std::this_thread::yield();
      }
      switch (random() % 4) {
        case 0: delete opened; break;
        case 1: opened->socket = {}; break;
        case 2: opened->browser.peer().close(1000); break;
        default: break;
      }
    });
    std::atomic<std::uint64_t> accepted = 0;
    std::atomic<int> refused = 0;
    const auto send = [&] {
      const Sender own = sender.get();
      for (;;) {
        const auto result = own.send("text");
        if (result)
          ++accepted;
        else if (result.error() == Error::already_closed)
          break;
        else if (result.error() == Error::would_block)
          std::this_thread::yield();
        else
          ++refused;
      }
    };
    std::thread first(send);
    std::thread second(send);
    for (std::thread* const thread : {&owner, &first, &second}) thread->join();
    const auto counters = sender.get().counters();
    REQUIRE(refused == 0);
    REQUIRE(counters.queued == 0);
    REQUIRE(counters.queued_bytes == 0);
    REQUIRE(counters.sent + counters.dropped == accepted);
  }
}

TEST_CASE("objects that a thread creates while it ends belong to no thread", "[threads]") {
  std::expected<hawser::WebSocket, Error> late = std::unexpected(Error::no_connection);
  struct Last {
    std::expected<hawser::WebSocket, Error>* result = nullptr;
    ~Last() { *result = hawser::WebSocket::open("ws://host/"); }
  };
  elsewhere([&] {
    let_this_thread_leak();
    static thread_local Last last;  // destroyed after hawser's own data for the thread
    last.result = &late;
    auto* const opened = new Opened;
    (void)opened->socket.sender();
  });
  CHECK(late.error() == Error::wrong_thread);
}

#endif
