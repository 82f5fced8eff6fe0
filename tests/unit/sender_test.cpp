// Sending from other threads. Natively only: the wasm suite has no threads.

#ifndef __EMSCRIPTEN__

#include <hawser/hawser.hpp>

#include <catch_amalgamated.hpp>

#include <atomic>
#include <optional>
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

Lines sent(const ScriptedBrowser& browser) {
  Lines lines;
  for (const auto& call : browser.calls()) {
    if (call.starts_with("send ")) lines.push_back(call.substr(5));
  }
  return lines;
}

}  // namespace

TEST_CASE("a message of another thread is sent in the next turn of the event loop", "[threads]") {
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

TEST_CASE("messages of one thread keep their order, and text and bytes are told apart", "[threads]") {
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
  CHECK(sent(opened.browser) == Lines{"text 123", "text 45", "text longer than the limit, but alone"});
}

TEST_CASE("a queue refuses text that is not UTF-8", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  elsewhere([&] { CHECK(sender.send("\xff").error() == Error::invalid_utf8); });
  CHECK(sender.counters().queued == 0);
}

TEST_CASE("messages that are queued while the socket connects are sent once it is open", "[threads]") {
  Connecting connecting;
  const Sender sender = connecting.socket.sender();
  send_elsewhere(sender, "early");
  CHECK(sender.send("at once").error() == Error::still_connecting);
  connecting.browser.advance(0ms);
  CHECK(sent(connecting.browser).empty());
  CHECK(sender.counters().queued == 1);
  connecting.browser.open();
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

TEST_CASE("a sender of a moved socket sends over it", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  hawser::WebSocket moved = std::move(opened.socket);
  send_elsewhere(sender, "hello");
  opened.browser.advance(0ms);
  CHECK(sent(opened.browser) == Lines{"text hello"});
}

TEST_CASE("counters say what was queued when the socket ended, and why it was not sent", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  elsewhere([&] {
    REQUIRE(sender.send("one"));
    REQUIRE(sender.send("two"));
  });
  opened.browser.close(1000);
  CHECK(sender.counters().dropped == 2);
  CHECK(sender.counters().last_drop == Error::already_closed);
  CHECK(sender.counters().queued == 0);
  CHECK(sender.counters().queued_bytes == 0);
  opened.browser.advance(0ms);
  CHECK(sent(opened.browser).empty());
}

TEST_CASE("what was queued when the socket was destroyed is dropped", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  send_elsewhere(sender, "one");
  opened.socket = {};
  CHECK(sender.counters().dropped == 1);
  opened.browser.advance(0ms);
  CHECK(sent(opened.browser).empty());
}

TEST_CASE("what was queued while the socket closes is dropped, with the reason", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  CHECK_FALSE(sender.counters().last_drop);
  send_elsewhere(sender, "one");
  REQUIRE(opened.socket.close());
  opened.browser.advance(0ms);
  CHECK(sender.counters().dropped == 1);
  CHECK(sender.counters().last_drop == Error::already_closing);
}

TEST_CASE("empty messages fill a queue, too", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender({.max_queued_bytes = 64});
  elsewhere([&] {
    for (int i = 0; i < 4; ++i) REQUIRE(sender.send(""));
    CHECK(sender.send("").error() == Error::would_block);
  });
}

TEST_CASE("a message for which there is no memory is refused, and what is queued stays", "[threads]") {
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

TEST_CASE("a queue is used again after it was emptied, however large its messages were", "[threads]") {
  Opened opened;
  const Sender sender = opened.socket.sender();
  for (const std::size_t size : {std::size_t{1}, std::size_t{3} << 20, std::size_t{100}}) {
    send_elsewhere(sender, std::string(size, 'x'));
    opened.browser.advance(0ms);
    CHECK(sent(opened.browser).back() == "text " + std::string(size, 'x'));
  }
}

TEST_CASE("the last sender may be destroyed on another thread while its message is queued", "[threads]") {
  Opened opened;
  elsewhere([sender = opened.socket.sender()] { REQUIRE(sender.send("the last")); });
  opened.browser.advance(0ms);
  CHECK(sent(opened.browser) == Lines{"text the last"});
}

TEST_CASE("a message that is larger than a session's outbox is dropped, and the next one is sent", "[threads]") {
  ScriptedBrowser browser;
  hawser::Session session("ws://host/",
                          {.outbox = {.max_outbox_bytes = 4, .acknowledgement = hawser::Acknowledgement::by_app}});
  browser.advance(0ms);
  browser.open();
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
  connected.browser.set_buffered_amount(10);
  send_elsewhere(sender, "hello");
  connected.browser.advance(100ms);
  CHECK(sent(connected.browser).empty());
  CHECK(sender.send("own").error() == Error::would_block);
  elsewhere([&] { CHECK(sender.send("full").error() == Error::would_block); });
  connected.browser.set_buffered_amount(0);
  connected.browser.advance(32ms);
  CHECK(sent(connected.browser) == Lines{"text hello"});
}

TEST_CASE("what is queued while a connection's sender waits is sent with the rest", "[threads]") {
  Connected connected({.high_water_mark = 4, .low_water_mark = 0});
  const Sender sender = connected.connection.sender();
  connected.browser.set_buffered_amount(10);
  send_elsewhere(sender, "first");
  connected.browser.advance(0ms);
  send_elsewhere(sender, "second");
  connected.browser.set_buffered_amount(0);
  connected.browser.advance(1s);
  CHECK(sent(connected.browser) == Lines{"text first", "text second"});
  CHECK(sender.counters().queued == 0);
}

TEST_CASE("a session's sender queues through an outage", "[threads]") {
  ScriptedBrowser browser;
  hawser::Session session("ws://host/");
  const Sender sender = session.sender();
  send_elsewhere(sender, "early");
  browser.advance(0ms);
  CHECK(sender.counters().sent == 1);  // into the outbox
  browser.open();
  CHECK(sent(browser) == Lines{"text early"});
  session = {};
  elsewhere([&] { CHECK(sender.send("late").error() == Error::already_closed); });
}

TEST_CASE("senders without a connection refuse everything", "[threads]") {
  CHECK(Sender().send("text").error() == Error::no_connection);
  Opened opened;
  elsewhere([&] { CHECK(opened.socket.sender().send("text").error() == Error::wrong_thread); });
  opened.browser.close(1000);
  CHECK(opened.socket.sender().send("text").error() == Error::already_closed);
}

TEST_CASE("many threads send at once, and each one's messages keep their order", "[threads]") {
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

#endif
