// How coroutines get messages, and what happens to messages while no coroutine waits.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <algorithm>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "../../wasm/src/socket/receive_buffer.hpp"
#include "allocations.hpp"
#include "connected.hpp"

using hawser::Connection;
using hawser::ConnectOptions;
using hawser::Error;
using hawser::OwnedMessage;
using hawser::ReadyState;
using hawser::Task;
using hawser::WhenInboxFull;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

/// The messages available without waiting.
Lines take_all(Connected& connected) {
  Lines lines;
  for (;;) {
    lines.push_back(connected.receive({.timeout = 0ms}).line());
    if (lines.back().starts_with("error")) return lines;
  }
}

const std::string nothing = error_line(Error::timed_out);

}  // namespace

TEST_CASE("receive returns an available message without waiting") {
  Connected connected;
  connected.browser.peer().send("waiting for you");
  CHECK(connected.receive().line() == "text waiting for you");
}

TEST_CASE("receive waits for a message, and continues inside its event") {
  Connected connected;
  const auto received = connected.receive();
  CHECK(received.line() == "waiting");
  connected.browser.peer().send("here");
  CHECK(received.line() == "text here");
}

TEST_CASE("messages in the inbox come in order") {
  Connected connected;
  for (const auto* const text : {"one", "two", "three"}) connected.browser.peer().send(text);
  CHECK(take_all(connected) == Lines{"text one", "text two", "text three", nothing});
}

TEST_CASE("messages from the inbox come before those that arrive later") {
  Connected connected;
  connected.browser.peer().send("one");
  connected.browser.peer().send("two");
  CHECK(connected.receive().line() == "text one");
  connected.browser.peer().send("three");
  CHECK(take_all(connected) == Lines{"text two", "text three", nothing});
}

TEST_CASE("a message may be empty or contain U+0000, whether receive waited or not") {
  const bool is_waited_for = GENERATE(true, false);
  const auto text = GENERATE(as<std::string>{}, "", "\0"s, "a\0b"s, "\0\0\0"s);
  Connected connected;
  if (!is_waited_for) connected.browser.peer().send(text);
  const auto received = connected.receive();
  if (is_waited_for) connected.browser.peer().send(text);
  CHECK(received.result->value().text() == text);
  CHECK(received.result->value().is_text());
}

TEST_CASE("a message knows whether it was binary, whether receive waited or not") {
  const bool is_waited_for = GENERATE(true, false);
  const std::vector bytes{std::byte{0}, std::byte{255}, std::byte{128}};
  Connected connected;
  if (!is_waited_for) connected.browser.peer().send(bytes);
  const auto received = connected.receive();
  if (is_waited_for) connected.browser.peer().send(bytes);
  CHECK(std::ranges::equal(received.result->value().bytes(), bytes));
  CHECK_FALSE(received.result->value().is_text());
}

TEST_CASE("of two waiting receives, the one that has waited longer gets the message") {
  Connected connected;
  const auto first = connected.receive();
  const auto second = connected.receive();
  connected.browser.peer().send("one");
  CHECK(second.line() == "waiting");
  connected.browser.peer().send("two");
  CHECK(first.line() == "text one");
  CHECK(second.line() == "text two");
}

TEST_CASE("a coroutine that receives again queues behind one that already waits") {
  Connected connected;
  Lines lines;
  auto first = connected.receive();
  std::list<Awaited<std::function<hawser::Receive()>>> again;
  first.then = [&] { again.emplace_back([&] { return connected.connection.receive(); }); };
  const auto second = connected.receive();
  connected.browser.peer().send("one");
  connected.browser.peer().send("two");
  CHECK(second.line() == "text two");
  CHECK(again.front().line() == "waiting");
}

// Deadlines and stop requests

TEST_CASE("a receive ends at its deadline, and a later message goes to the next receive") {
  Connected connected;
  const auto first = connected.receive({.timeout = 1s});
  connected.browser.advance(1s);
  CHECK(first.line() == error_line(Error::timed_out));
  connected.browser.peer().send("late");
  CHECK(connected.receive().line() == "text late");
}

TEST_CASE("a receive with a deadline of zero takes only an available message") {
  Connected connected;
  CHECK(connected.receive({.timeout = 0ms}).line() == error_line(Error::timed_out));
  connected.browser.peer().send("there");
  CHECK(connected.receive({.timeout = 0ms}).line() == "text there");
}

TEST_CASE("an expired deadline does not affect a later receive") {
  Connected connected;
  const auto first = connected.receive({.timeout = 1s});
  connected.browser.peer().send("in time");
  const auto second = connected.receive();
  connected.browser.advance(1h);
  CHECK(first.line() == "text in time");
  CHECK(first.resumptions == 1);
  CHECK(second.line() == "waiting");
}

TEST_CASE("a stop request ends a receive, but not inside request_stop") {
  Connected connected;
  std::stop_source stop;
  const auto received = connected.receive({.stop = stop.get_token()});
  stop.request_stop();
  CHECK(received.line() == "waiting");
  connected.browser.advance(0ms);
  CHECK(received.line() == error_line(Error::cancelled));
}

TEST_CASE(
    "a message that comes between the stop request and the coroutine's continuation is not lost") {
  Connected connected;
  std::stop_source stop;
  const auto received = connected.receive({.stop = stop.get_token()});
  stop.request_stop();
  connected.browser.peer().send("just now");
  CHECK(received.line() == error_line(Error::cancelled));
  CHECK(connected.receive().line() == "text just now");
}

TEST_CASE("one stop request ends several waits, each once") {
  Connected connected;
  std::stop_source stop;
  const auto first = connected.receive({.timeout = 1s, .stop = stop.get_token()});
  const auto second = connected.receive({.timeout = 1s, .stop = stop.get_token()});
  const auto other = connected.receive();
  stop.request_stop();
  connected.browser.advance(2s);
  CHECK(first.line() == error_line(Error::cancelled));
  CHECK(second.line() == error_line(Error::cancelled));
  CHECK(first.resumptions + second.resumptions == 2);
  CHECK(other.line() == "waiting");
}

TEST_CASE("a stop source may outlive the connection and the coroutine that waited with its token") {
  std::stop_source stop;
  {
    Connected connected;
    const auto received = connected.receive({.stop = stop.get_token()});
  }
  CHECK(stop.request_stop());
}

TEST_CASE("a coroutine that is destroyed while it waits loses no message") {
  Connected connected;
  std::stop_source stop;
  {
    const auto received = connected.receive({.timeout = 1s, .stop = stop.get_token()});
  }
  stop.request_stop();
  connected.browser.advance(1h);
  connected.browser.peer().send("hello");
  CHECK(connected.receive().line() == "text hello");
}

TEST_CASE(
    "a coroutine may be destroyed between the end of its wait and the moment it would continue") {
  Connected connected;
  std::stop_source stop;
  {
    const auto received = connected.receive({.stop = stop.get_token()});
    stop.request_stop();
  }
  connected.browser.advance(1s);
  connected.browser.peer().send("hello");
  CHECK(connected.receive().line() == "text hello");
}

TEST_CASE(
    "a coroutine resumed by a message may destroy another that waits on the same connection") {
  Connected connected;
  auto first = connected.receive();
  std::optional<Awaited<std::function<hawser::Receive()>>> second;
  second.emplace([&] { return connected.connection.receive(); });
  const auto third = connected.receive();
  first.then = [&] { second.reset(); };
  connected.browser.peer().send("one");
  connected.browser.peer().send("two");
  CHECK(third.line() == "text two");
}

TEST_CASE(
    "a coroutine that a stop request resumed may destroy others that the same request ended") {
  Connected connected;
  std::stop_source stop;
  auto first = connected.receive({.stop = stop.get_token()});
  std::optional<Awaited<std::function<hawser::detail::Limited<hawser::Receive>()>>> second;
  second.emplace([&] { return connected.connection.receive({.stop = stop.get_token()}); });
  first.then = [&] { second.reset(); };
  stop.request_stop();
  connected.browser.advance(0ms);
  CHECK(first.line() == error_line(Error::cancelled));
  CHECK_FALSE(second);
}

// Limits

TEST_CASE("a message of max_message_size bytes is received") {
  Connected connected({.max_message_size = 4});
  connected.browser.peer().send("four");
  CHECK(connected.receive().line() == "text four");
}

TEST_CASE(
    "a message larger than max_message_size ends the connection with message_too_large and code "
    "4009") {
  Connected connected({.max_message_size = 4});
  const auto received = connected.receive();
  connected.browser.peer().send("fives");
  CHECK(connected.browser.calls().back().starts_with("close 4009 "));
  connected.browser.peer().close(4009);
  CHECK(received.line() == error_line(Error::message_too_large));
  CHECK(received.result->error().end->code == 4009);
  CHECK(received.result->error().end->error == Error::message_too_large);
}

TEST_CASE(
    "a connection that ends because of a large message still returns earlier ones, and nothing "
    "after it") {
  Connected connected({.max_message_size = 4});
  connected.browser.peer().send("one");
  connected.browser.peer().send("fives");
  connected.browser.peer().send("two");
  connected.browser.peer().close(4009);
  CHECK(take_all(connected) == Lines{"text one", error_line(Error::message_too_large)});
}

TEST_CASE(
    "a peer that does not answer after its message was refused has until the close deadline") {
  Connected connected({.close_timeout = 1s, .max_message_size = 4});
  const auto received = connected.receive();
  connected.browser.peer().send("fives");
  connected.browser.advance(999ms);
  CHECK(received.line() == "waiting");
  connected.browser.advance(1ms);
  CHECK(received.line() == error_line(Error::message_too_large));
}

TEST_CASE(
    "an inbox without room for a message ends the connection, and its messages can still be "
    "received") {
  const auto options =
      GENERATE(ConnectOptions{.max_inbox_bytes = 9}, ConnectOptions{.max_inbox_messages = 2});
  Connected connected(options);
  for (const auto* const text : {"one", "two", "three!"}) connected.browser.peer().send(text);
  CHECK(connected.browser.calls().back().starts_with("close 4009 "));
  connected.browser.peer().close(4009);
  CHECK(take_all(connected) == Lines{"text one", "text two", error_line(Error::inbox_overflow)});
}

TEST_CASE("an inbox may be filled to the last byte and message") {
  Connected connected({.max_inbox_bytes = 6, .max_inbox_messages = 2});
  connected.browser.peer().send("one");
  connected.browser.peer().send("two");
  CHECK(connected.connection.ready_state() == ReadyState::open);
}

TEST_CASE("receiving a message makes room in the inbox") {
  Connected connected({.max_inbox_bytes = 3, .max_inbox_messages = 1});
  for (const auto* const text : {"one", "two", "six"}) {
    connected.browser.peer().send(text);
    CHECK(connected.receive().line() == "text "s + text);
  }
}

TEST_CASE("receiving makes exactly the message's bytes of room in the inbox") {
  Connected connected({.max_inbox_bytes = 6});
  for (int i = 0; i < 3; ++i) {
    for (const auto* const text : {"one", "two"}) connected.browser.peer().send(text);
    CHECK(take_all(connected) == Lines{"text one", "text two", nothing});
  }
}

TEST_CASE("a refused message ends the connection even if the browser cannot close it") {
  Connected connected({.max_message_size = 3});
  connected.browser.throw_from_close();
  connected.browser.peer().send("four");
  connected.browser.advance(0ms);
  CHECK(connected.receive().line() == error_line(Error::message_too_large));
}

TEST_CASE("a message that a coroutine waits for needs no room in the inbox") {
  Connected connected({.max_inbox_bytes = 0, .max_inbox_messages = 0});
  const auto received = connected.receive();
  connected.browser.peer().send("a message");
  CHECK(received.line() == "text a message");
  CHECK(connected.connection.ready_state() == ReadyState::open);
}

TEST_CASE("with drop_oldest, the oldest messages make room, and are counted") {
  const auto options = GENERATE(
      ConnectOptions{.max_inbox_bytes = 6, .when_inbox_full = WhenInboxFull::drop_oldest},
      ConnectOptions{.max_inbox_messages = 2, .when_inbox_full = WhenInboxFull::drop_oldest});
  Connected connected(options);
  for (const auto* const text : {"one", "two", "ten", "six"}) connected.browser.peer().send(text);
  CHECK(connected.connection.inbox_dropped() == 2);
  CHECK(take_all(connected) == Lines{"text ten", "text six", nothing});
}

TEST_CASE("the inbox always has room for one message") {
  const auto when_full = GENERATE(WhenInboxFull::close, WhenInboxFull::drop_oldest);
  Connected connected(
      {.max_inbox_bytes = 0, .max_inbox_messages = 0, .when_inbox_full = when_full});
  connected.browser.peer().send("a message");
  CHECK(connected.connection.ready_state() == ReadyState::open);
  CHECK(take_all(connected) == Lines{"text a message", nothing});
}

TEST_CASE("with drop_oldest, a message larger than the inbox replaces all others") {
  Connected connected({.max_inbox_bytes = 3, .when_inbox_full = WhenInboxFull::drop_oldest});
  for (const auto* const text : {"a", "b", "four"}) connected.browser.peer().send(text);
  CHECK(connected.connection.inbox_dropped() == 2);
  CHECK(take_all(connected) == Lines{"text four", nothing});
}

TEST_CASE("a message that does not fit into memory ends the connection with out_of_memory") {
  const std::vector<std::byte> large(2 << 20);
  Connected connected;
  connected.browser.peer().send("kept");
  {
    const MemoryShortage shortage(1 << 20);
    connected.browser.peer().send(large);
  }
  connected.browser.advance(1s);
  CHECK(take_all(connected) == Lines{"text kept", error_line(Error::out_of_memory)});
}

TEST_CASE(
    "an inbox without memory ends the connection with out_of_memory, and returns its messages") {
  Connected connected;
  Lines expected;
  const auto receive = [&] {
    const auto text = std::to_string(expected.size());
    connected.browser.peer().send(text);
    if (connected.connection.ready_state() == ReadyState::open) expected.push_back("text " + text);
  };
  receive();
  {
    const MemoryShortage shortage(
        1'000);  // the list of messages is larger than this, and the messages are smaller
    for (int i = 0; i < 1'000; ++i) receive();
  }
  connected.browser.peer().close(4009, "message refused");
  CHECK(expected.size() > 10);
  expected.push_back(error_line(Error::out_of_memory));
  CHECK(take_all(connected) == expected);
}

TEST_CASE(
    "a message that its inbox has no memory for is freed at once, so that the error can be "
    "reported") {
  Connected connected;
  connected.browser.peer().send("kept");
  auto another = hawser::WebSocket::open("ws://another/").value();
  connected.browser.peer().accept();
  connected.browser.peer().send("allocates the memory for messages");
  const auto allocations_of_a_message = [&] {
    const auto before = allocations();
    connected.browser.peer().send("another");
    return allocations() - before;
  };
  CHECK(allocations_of_a_message() == 0);
  {
    const MemoryShortage shortage(1);
    connected.browser.peer(0).send("lost");
  }
  CHECK(connected.connection.ready_state() == ReadyState::closing);
  CHECK(allocations_of_a_message() == 1);
}

TEST_CASE(
    "an inbox returns messages in order, however many it holds and however often it was empty") {
  Connected connected;
  int sent = 0;
  int received = 0;
  for (const int most : {1, 63, 64, 65, 1'000, 64, 128, 1}) {
    for (int i = 0; i < most; ++i) connected.browser.peer().send(std::to_string(sent++));
    for (int left : {most / 2, 0}) {
      for (; sent - received > left; ++received)
        REQUIRE(connected.receive().line() == "text " + std::to_string(received));
    }
  }
}

// Into the caller's memory

TEST_CASE(
    "receive_into returns the part of the buffer that holds the message, whether it waited or "
    "not") {
  const bool is_waited_for = GENERATE(true, false);
  const std::vector bytes{std::byte{1}, std::byte{2}, std::byte{3}};
  std::vector<std::byte> buffer(8);
  Connected connected;
  if (!is_waited_for) connected.browser.peer().send(bytes);
  const auto received = connected.receive_into(buffer);
  if (is_waited_for) connected.browser.peer().send(bytes);
  REQUIRE(received.line() == "binary 3");
  CHECK(received.result->value().bytes().data() == buffer.data());
  CHECK(std::ranges::equal(received.result->value().bytes(), bytes));
}

TEST_CASE("receive_into returns text as text, whether it waited or not") {
  const bool is_waited_for = GENERATE(true, false);
  const auto text = GENERATE(as<std::string>{}, "", "text", "\u00e9\U0001f600\0end"s);
  std::vector<std::byte> buffer(100);
  Connected connected;
  if (!is_waited_for) connected.browser.peer().send(text);
  const auto received = connected.receive_into(buffer);
  if (is_waited_for) connected.browser.peer().send(text);
  CHECK(received.line() == "text " + text);
}

TEST_CASE(
    "receive_into has the browser write to the buffer, and no memory is allocated for the "
    "message") {
  const std::vector<std::byte> message(1 << 20, std::byte{7});
  std::vector<std::byte> buffer(message.size());
  Connected connected;
  const auto received = connected.receive_into(buffer);
  const auto before = allocations();
  connected.browser.peer().send(message);
  CHECK(allocations() == before);
  REQUIRE(received.line() == "binary 1048576");
  CHECK(buffer == message);
}

TEST_CASE(
    "each message is written to the waiting reader's buffer, whatever other sockets received "
    "before") {
  std::vector<std::byte> buffer(16);
  Connected connected;
  auto another = hawser::WebSocket::open("ws://another/").value();
  connected.browser.peer().accept();
  const auto receive_from = [&](int socket, std::string_view text) {
    connected.browser.peer(socket).send(text);
  };
  const auto read = [](Connection& connection, std::span<std::byte> into) -> Running {
    while (co_await connection.receive_into(into)) continue;
  };
  const auto thread_buffer = [] {
    return std::string_view(reinterpret_cast<const char*>(hawser::receive_buffer::reserve(4, {})),
                            4);
  };

  receive_from(1, "one");
  const auto running = read(connected.connection, buffer);
  std::string_view last_of_other = "one";
  for (const std::string_view text : {"to 0", "once", "else", "more"}) {
    const int socket = text == "else" ? 1 : 0;
    receive_from(socket, text);
    if (socket == 1) last_of_other = text;
    CHECK(thread_buffer().starts_with(last_of_other));
    if (socket == 0)
      CHECK(std::ranges::equal(std::span(buffer).first(4), std::as_bytes(std::span(text))));
  }
}

TEST_CASE(
    "receive_into refuses a message that is too large, reports its size, and the next receive gets "
    "it") {
  const bool is_waited_for = GENERATE(true, false);
  std::vector<std::byte> buffer(7);
  Connected connected;
  if (!is_waited_for) connected.browser.peer().send("8 bytes!");
  const auto received = connected.receive_into(buffer);
  if (is_waited_for) connected.browser.peer().send("8 bytes!");
  CHECK(received.line() == error_line(Error::buffer_too_small));
  CHECK(received.result->error().message_size == 8);
  CHECK_FALSE(received.result->error().end);
  CHECK(connected.receive().line() == "text 8 bytes!");
}

TEST_CASE("a message that is too large for the first waiting reader goes to the next one") {
  std::vector<std::byte> small(2);
  std::vector<std::byte> smaller(1);
  std::vector<std::byte> large(100);
  Connected connected;
  const auto first = connected.receive_into(small);
  const auto second = connected.receive_into(smaller);
  const auto third = connected.receive_into(large);
  const auto fourth = connected.receive();
  connected.browser.peer().send("eight...");
  CHECK(first.line() == error_line(Error::buffer_too_small));
  CHECK(second.line() == error_line(Error::buffer_too_small));
  CHECK(third.line() == "text eight...");
  connected.browser.peer().send("more");
  CHECK(fourth.line() == "text more");
}

TEST_CASE("an empty buffer is large enough for an empty message, and for no other") {
  Connected connected;
  const auto first = connected.receive_into({});
  connected.browser.peer().send("");
  CHECK(first.line() == "text ");
  const auto second = connected.receive_into({});
  connected.browser.peer().send("1");
  CHECK(second.line() == error_line(Error::buffer_too_small));
}

TEST_CASE("long text fits into a buffer of exactly its size, or more") {
  const auto text =
      GENERATE(repeat("a", 0x5000), repeat("\u00e9", 0x5000), repeat("\u20ac", 0x5000),
               repeat("\U0001f600", 0x2001), repeat("a", 0x4000) + repeat("\u20ac", 0x1000));
  const auto more = GENERATE(as<std::size_t>{}, 0, 1, 5, 0x2000, 0x20000);
  std::vector<std::byte> buffer(text.size() + more);
  Connected connected;
  const auto received = connected.receive_into(buffer);
  connected.browser.peer().send(text);
  REQUIRE(received.result->has_value());
  CHECK(received.result->value().text() == text);
}

TEST_CASE(
    "long text is refused, and not lost, if the buffer has only one byte for each UTF-16 unit") {
  const auto text =
      GENERATE(repeat("\u00e9", 0x5000), repeat("\u20ac", 0x5000), repeat("\U0001f600", 0x2800));
  std::vector<std::byte> buffer(0x5000);
  Connected connected;
  const auto received = connected.receive_into(buffer);
  connected.browser.peer().send(text);
  CHECK(received.line() == error_line(Error::buffer_too_small));
  CHECK(received.result->error().message_size == text.size());
  CHECK(connected.receive().result->value().text() == text);
}

TEST_CASE("a cancelled receive_into does not write to its buffer") {
  std::vector<std::byte> buffer(100);
  Connected connected;
  {
    const auto received = connected.receive_into(buffer, {.timeout = 1s});
    connected.browser.advance(1s);
  }
  connected.browser.peer().send("for another reader");
  CHECK(buffer == std::vector<std::byte>(100));
}

TEST_CASE("a message for receive_into that is larger than max_message_size is still refused") {
  std::vector<std::byte> buffer(100);
  Connected connected({.max_message_size = 4});
  const auto received = connected.receive_into(buffer);
  connected.browser.peer().send("fives");
  connected.browser.peer().close(4009);
  CHECK(received.line() == error_line(Error::message_too_large));
}

// Memory

namespace {

Running receive_bytes(Connection& connection, std::size_t& received) {
  while (auto message = co_await connection.receive()) received += message->bytes().size();
}

}  // namespace

TEST_CASE("receiving allocates nothing once warm") {
  std::size_t size = 0;
  Connected connected;
  const auto running = receive_bytes(connected.connection, size);
  const std::string text(3000, 't');
  const std::vector<std::byte> binary(2000);
  connected.browser.peer().send(text);
  const auto before = allocations();
  for (int i = 0; i < 1000; ++i) {
    connected.browser.peer().send(text);
    connected.browser.peer().send(binary);
  }
  CHECK(allocations() == before);
  CHECK(size == 3000u * 1001u + 2000u * 1000u);
}

TEST_CASE("an inbox that empties now and then allocates nothing") {
  Connected connected;
  const std::vector<std::byte> message(3000);
  const auto keep_and_receive = [&] {
    connected.browser.peer().send(message);
    return connected.connection.try_receive().value().size();
  };
  keep_and_receive();
  const auto before = allocations();
  for (int i = 0; i < 1000; ++i) keep_and_receive();
  CHECK(allocations() == before);
}

TEST_CASE("small messages after a large one allocate only once") {
  std::size_t size = 0;
  Connected connected;
  const auto running = receive_bytes(connected.connection, size);
  connected.browser.peer().send(std::vector<std::byte>(1 << 20));
  const std::vector<std::byte> small(3000);
  connected.browser.peer().send(small);
  const auto before = allocations();
  for (int i = 0; i < 1000; ++i) connected.browser.peer().send(small);
  CHECK(allocations() == before);
}

TEST_CASE("receiving into a buffer allocates nothing") {
  std::size_t size = 0;
  std::vector<std::byte> buffer(10'000);
  Connected connected;
  const auto receive_all = [](Connection& connection, std::span<std::byte> into,
                              std::size_t& received) -> Running {
    while (auto message = co_await connection.receive_into(into))
      received += message->bytes().size();
  };
  const auto running = receive_all(connected.connection, buffer, size);
  const std::string text(3000, 't');
  const auto before = allocations();
  for (int i = 0; i < 1000; ++i) connected.browser.peer().send(text);
  CHECK(allocations() == before);
  CHECK(size == 3000u * 1000u);
}

TEST_CASE("deadlines allocate nothing") {
  std::size_t count = 0;
  Connected connected;
  const auto receive_all = [](Connection& connection, std::size_t& received) -> Running {
    while (co_await connection.receive({.timeout = 1s})) ++received;
  };
  const auto running = receive_all(connected.connection, count);
  connected.browser.peer().send("warm");
  const auto before = allocations();
  for (int i = 0; i < 1000; ++i) connected.browser.peer().send("text");
  CHECK(allocations() == before);
  CHECK(count == 1001);
}

namespace {
/// Keeps the last message, and notes it when the next one has arrived.
Running keep_last(hawser::Connection& connection, Lines& lines) {
  OwnedMessage last;
  while (auto message = co_await connection.receive()) {
    lines.emplace_back(last.text());
    last = std::move(*message);
  }
}
}  // namespace

TEST_CASE("a message that replaces the kept one stays unchanged when the next one has arrived") {
  Connected connected;
  Lines lines;
  const Running running = keep_last(connected.connection, lines);
  for (const auto* const text : {"one", "two", "three", "four"})
    connected.browser.peer().send(text);
  CHECK(lines == Lines{"", "one", "two", "three"});
}

TEST_CASE("messages that the app keeps stay unchanged while others are received and dropped") {
  const bool is_waited_for = GENERATE(true, false);
  std::vector<std::pair<std::string, OwnedMessage>> kept;
  Connected connected;
  for (std::size_t i = 0; i < 200; ++i) {
    const std::string text(i * 7919 % 5000, static_cast<char>('a' + i % 26));
    if (!is_waited_for) connected.browser.peer().send(text);
    auto received = connected.receive();
    if (is_waited_for) connected.browser.peer().send(text);
    if (i % 3 != 0) kept.emplace_back(text, std::move(received.result->value()));
    if (i % 10 == 9) kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(kept.size() / 2));
  }
  for (const auto& [text, message] : kept) CHECK(message.text() == text);
}

TEST_CASE("a message outlives its connection, and even the thread's last connection") {
  std::optional<OwnedMessage> kept;
  {
    Connected connected;
    connected.browser.peer().send("kept");
    kept = std::move(connected.receive().result->value());
  }
  CHECK(kept->text() == "kept");
}

TEST_CASE("a message that is moved from is empty") {
  Connected connected;
  connected.browser.peer().send("text");
  auto received = connected.receive();
  const OwnedMessage moved = std::move(received.result->value());
  CHECK(moved.text() == "text");
  CHECK(received.result->value().bytes().empty());
}

TEST_CASE(
    "a message that arrives inside a coroutine does not overwrite the one the coroutine holds") {
  Lines lines;
  Connected connected;
  const auto receive_all = [](Connected& from, Lines& to) -> Running {
    while (auto message = co_await from.connection.receive()) {
      if (message->text() == "outer") from.browser.peer().send("inner");
      to.emplace_back(message->text());
    }
  };
  const auto running = receive_all(connected, lines);
  for (const auto* const text : {"before", "outer", "after"}) connected.browser.peer().send(text);
  CHECK(lines == Lines{"before", "outer", "inner", "after"});
}

TEST_CASE("a message beyond max_message_size is refused before memory is allocated for it") {
  Connected connected({.max_message_size = 1000});
  connected.browser.peer().send("small");
  const std::vector<std::byte> large(1 << 20);
  const MemoryShortage shortage(1 << 19);
  connected.browser.peer().send(large);
  CHECK(connected.browser.calls().back() == "close 4009 message refused");
  connected.browser.peer().close(4009);
  CHECK(connected.receive().line() == "text small");
  CHECK(connected.receive().line() == error_line(Error::message_too_large));
}

TEST_CASE("small messages that are kept do not keep the memory of earlier large ones") {
  Connected connected;
  std::vector<OwnedMessage> kept;
  const std::vector<std::byte> large(1 << 20);
  for (int i = 0; i < 8; ++i) {
    {
      const auto received = connected.receive();
      connected.browser.peer().send(large);
    }
    auto received = connected.receive();
    connected.browser.peer().send("ok");
    kept.push_back(std::move(received.result->value()));
  }
  // In wasm, this leaves no room for that many large buffers.
  const std::vector<char> much(4 << 20);
  for (const auto& message : kept) CHECK(message.text() == "ok");
}

TEST_CASE("a stop request wins over an available message, which stays in the inbox") {
  Connected connected;
  std::stop_source stopper;
  connected.browser.peer().send("there");
  stopper.request_stop();
  CHECK(connected.receive({.stop = stopper.get_token()}).line() == error_line(Error::cancelled));
  CHECK(connected.receive().line() == "text there");
}

TEST_CASE(
    "a reader's buffer that is filled inside another socket's handler is not written to again") {
  Connected connected;
  std::array<std::byte, 16> buffer = {};
  const auto received = connected.receive_into(buffer);
  auto other = hawser::WebSocket::open("ws://other/").value();
  std::vector<std::string> lines;
  other.on_message([&](const hawser::Message& message) {
    lines.emplace_back(message.text());
    if (lines.size() == 1) connected.browser.peer(0).send("for the reader");
  });
  connected.browser.peer(1).accept();
  connected.browser.peer(1).send("first");
  const auto filled = buffer;
  connected.browser.peer(1).send("second");
  CHECK(received.line() == "text for the reader");
  CHECK(lines == std::vector<std::string>{"first", "second"});
  CHECK(buffer == filled);
}
