// How coroutines send, and wait while too much is queued. The scripted browser's buffered amount
// stays as the test sets it, whatever is sent, like an engine that counts late.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connected.hpp"

using hawser::Error;
using hawser::Message;
using hawser::MessageType;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// A connection with marks of 100 and 50 bytes, and the browser under it.
struct Marked : Connected {
  Marked() : Connected({.high_water_mark = 100, .low_water_mark = 50}) {}

  /// The sent messages, without "send text ".
  Lines sent() const {
    Lines lines;
    for (const auto& call : browser.calls()) {
      if (call.starts_with("send text ")) lines.push_back(call.substr(10));
    }
    return lines;
  }
};

}  // namespace

TEST_CASE("a send below the high mark completes at once") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(99);
  CHECK(connected.send("hello").line() == "sent");
  CHECK(connected.sent() == Lines{"hello"});
  CHECK(connected.browser.calls().size() == 2);
}

TEST_CASE("send takes text, bytes and messages") {
  Connected connected;
  const std::vector bytes{std::byte{1}, std::byte{255}};
  connected.browser.peer().send("echo");
  const auto received = connected.receive();
  const Awaited text([&] { return connected.connection.send("text"); });
  const Awaited binary([&] { return connected.connection.send(bytes); });
  const Awaited message(
      [&] { return connected.connection.send(Message(MessageType::binary, bytes)); });
  const Awaited owned([&] { return connected.connection.send(received.result->value()); });
  CHECK(connected.browser.calls() == Lines{"new ws://host/ []", "send text text",
                                           "send binary 01ff", "send binary 01ff",
                                           "send text echo"});
}

TEST_CASE("an empty message is sent") {
  Marked connected;
  CHECK(connected.send("").line() == "sent");
  CHECK(connected.sent() == Lines{""});
}

TEST_CASE("a message is sent as a whole, however far it goes beyond the mark") {
  Marked connected;
  CHECK(connected.send(std::string(1000, 's')).line() == "sent");
  CHECK(connected.send("next").line() == "waiting");
}

TEST_CASE("a send at the high mark waits, and nothing is sent") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto waiting = connected.send("hello");
  connected.browser.advance(1h);
  CHECK(waiting.line() == "waiting");
  CHECK(connected.sent().empty());
}

TEST_CASE("a waiting send continues when the amount has fallen to the low mark, and not before") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto sent = connected.send("hello");
  connected.browser.peer().set_buffered_amount(51);
  connected.browser.advance(1s);
  CHECK(sent.line() == "waiting");
  connected.browser.peer().set_buffered_amount(50);
  connected.browser.advance(1s);
  CHECK(sent.line() == "sent");
  CHECK(connected.sent() == Lines{"hello"});
}

TEST_CASE(
    "a low mark that is not below the high one lets sends continue as soon as there is room") {
  Connected connected({.high_water_mark = 100, .low_water_mark = 200});
  connected.browser.peer().set_buffered_amount(100);
  const auto sent = connected.send("hello");
  connected.browser.peer().set_buffered_amount(99);
  connected.browser.advance(1s);
  CHECK(sent.line() == "sent");
}

TEST_CASE("a high mark of zero lets sends continue one at a time") {
  Connected connected({.high_water_mark = 0});
  const auto first = connected.send("first");
  const auto second = connected.send("second");
  CHECK(first.line() == "sent");
  CHECK(second.line() == "waiting");
  connected.browser.advance(1s);
  CHECK(second.line() == "sent");
}

TEST_CASE("an amount that falls soon is noticed soon") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto sent = connected.send("hello");
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1ms);
  CHECK(sent.line() == "sent");
}

TEST_CASE("an amount that does not fall is eventually polled every 32 ms") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto sent = connected.send("hello");
  connected.browser.advance(63ms);  // after 1, 2, 4, 8, 16 and 32
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(31ms);
  CHECK(sent.line() == "waiting");
  connected.browser.advance(1ms);
  CHECK(sent.line() == "sent");
}

TEST_CASE("a received message lets a send continue if the amount has fallen") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto sent = connected.send("hello");
  connected.browser.advance(1s);
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.peer().send("an answer");
  CHECK(sent.line() == "sent");
}

TEST_CASE("several waiting sends are sent in order") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto first = connected.send("first");
  const auto second = connected.send("second");
  const auto third = connected.send("third");
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1s);
  CHECK(connected.sent() == Lines{"first", "second", "third"});
}

TEST_CASE("of several waiting sends, those without room keep waiting") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto first = connected.send(std::string(100, '1'));
  const auto second = connected.send("second");
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1ms);
  CHECK(first.line() == "sent");
  CHECK(second.line() == "waiting");
  connected.browser.advance(1s);
  CHECK(second.line() == "sent");
}

TEST_CASE("a send queues behind waiting ones, even if there is room again") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto first = connected.send("first");
  connected.browser.peer().set_buffered_amount(0);
  const auto second = connected.send("second");
  CHECK(second.line() == "waiting");
  connected.browser.advance(1s);
  CHECK(connected.sent() == Lines{"first", "second"});
}

TEST_CASE(
    "a coroutine that waited to send continues from the event loop, after what was sent "
    "meanwhile") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  auto first = connected.send("first");
  std::optional<std::string> then;
  first.then = [&] { then = to_line(connected.connection.try_send("then")); };
  const auto second = connected.send("second");
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1s);
  CHECK(then == "sent");
  CHECK(connected.sent() == Lines{"first", "second", "then"});
}

// Engines that count late

TEST_CASE("bytes that the engine does not count yet still count") {
  Marked connected;
  CHECK(connected.send(std::string(60, '1')).line() == "sent");
  CHECK(connected.send(std::string(60, '2')).line() == "sent");
  CHECK(connected.send("3").line() == "waiting");
}

TEST_CASE("bytes that the engine did not count at once do not add up over time") {
  Marked connected;
  for (int i = 0; i < 10; ++i) {
    CHECK(to_line(connected.connection.try_send(std::string(60, 's'))) == "sent");
    connected.browser.advance(1s);
  }
  CHECK(connected.browser.pending_timers() == 0);
}

TEST_CASE(
    "bytes that the engine did not count at once are forgotten when a message arrives, since that "
    "is a later task") {
  Connected connected({.high_water_mark = 5});
  CHECK(to_line(connected.connection.try_send("hello")) == "sent");
  CHECK(to_line(connected.connection.try_send("world")) == error_line(Error::would_block));
  connected.browser.peer().send("a message");
  CHECK(to_line(connected.connection.try_send("world")) == "sent");
}

TEST_CASE(
    "bytes that the engine did not count at once leave no timer behind when the connection is "
    "destroyed") {
  Marked connected;
  CHECK(connected.send("hello").line() == "sent");
  connected.connection = hawser::Connection();
  connected.browser.advance(0ms);
  CHECK(connected.browser.pending_timers() == 0);
}

// Deadlines and stop requests

TEST_CASE("a send that ends at its deadline sends nothing") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto sent = connected.send("hello", {.timeout = 1s});
  connected.browser.advance(1s);
  CHECK(sent.line() == error_line(Error::timed_out));
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1s);
  CHECK(connected.sent().empty());
}

TEST_CASE("a send with a deadline of zero does not wait") {
  Marked connected;
  CHECK(connected.send("hello", {.timeout = 0ms}).line() == "sent");
  connected.browser.peer().set_buffered_amount(100);
  CHECK(connected.send("more", {.timeout = 0ms}).line() == error_line(Error::timed_out));
  CHECK(connected.sent() == Lines{"hello"});
}

TEST_CASE("a send with a stop request that came before sends nothing, even if it need not wait") {
  Marked connected;
  std::stop_source source;
  source.request_stop();
  CHECK(connected.send("hello", {.stop = source.get_token()}).line() ==
        error_line(Error::cancelled));
  CHECK(connected.sent().empty());
}

TEST_CASE("a send that a stop request ends sends nothing, and continues outside of request_stop") {
  Marked connected;
  std::stop_source stop;
  connected.browser.peer().set_buffered_amount(100);
  const auto sent = connected.send("hello", {.stop = stop.get_token()});
  connected.browser.peer().set_buffered_amount(0);
  stop.request_stop();
  CHECK(sent.line() == "waiting");
  connected.browser.advance(1s);
  CHECK(sent.line() == error_line(Error::cancelled));
  CHECK(connected.sent().empty());
}

TEST_CASE("a stop request that comes after the message was sent is not reported") {
  Marked connected;
  std::stop_source stop;
  connected.browser.peer().set_buffered_amount(100);
  auto first = connected.send("first");
  first.then = [&] { stop.request_stop(); };
  const auto second = connected.send("second", {.stop = stop.get_token()});
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1s);
  CHECK(connected.sent() == Lines{"first", "second"});
  CHECK(second.line() == "sent");
}

TEST_CASE(
    "a send whose coroutine is destroyed while it waits sends nothing, and lets the next one "
    "proceed") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  std::optional<Awaited<std::function<hawser::Send()>>> first;
  first.emplace([&] { return connected.connection.send("first"); });
  const auto second = connected.send("second");
  first.reset();
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1s);
  CHECK(second.line() == "sent");
  CHECK(connected.sent() == Lines{"second"});
}

TEST_CASE("a cancelled send leaves no timer") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto sent = connected.send("hello", {.timeout = 1s});
  connected.browser.advance(2s);
  CHECK(connected.browser.pending_timers() == 0);
}

// try_send

TEST_CASE("try_send sends below the high mark") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(99);
  CHECK(to_line(connected.connection.try_send("hello")) == "sent");
  CHECK(connected.sent() == Lines{"hello"});
}

TEST_CASE("try_send returns would_block at the high mark, and sends nothing") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  CHECK(to_line(connected.connection.try_send("hello")) == error_line(Error::would_block));
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1s);
  CHECK(connected.sent().empty());
}

TEST_CASE("try_send returns would_block behind a waiting send, even if there is room again") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto waiting = connected.send("first");
  connected.browser.peer().set_buffered_amount(0);
  CHECK(to_line(connected.connection.try_send("second")) == error_line(Error::would_block));
}

TEST_CASE("try_send on a closing or ended connection returns that error, and not would_block") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto closing = connected.close();
  CHECK(to_line(connected.connection.try_send("hello")) == error_line(Error::already_closing));
  connected.browser.peer().close(1000);
  CHECK(to_line(connected.connection.try_send("hello")) == error_line(Error::already_closed));
}

// Sends that are refused

TEST_CASE("a send of text that is not UTF-8 is refused, and the connection stays open") {
  const auto text = GENERATE(as<std::string>{}, "\xff", std::string(5000, 'a') + "\xff");
  Marked connected;
  CHECK(connected.send(text).line() == error_line(Error::invalid_utf8));
  CHECK(connected.send("fine").line() == "sent");
}

TEST_CASE(
    "a send of text that is not UTF-8 is refused after it waited, and the next send proceeds") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto refused = connected.send("\xff");
  const auto sent = connected.send("fine");
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1s);
  CHECK(refused.line() == error_line(Error::invalid_utf8));
  CHECK(sent.line() == "sent");
}

TEST_CASE("a send while the connection is closing is refused at once") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto closing = connected.close();
  CHECK(connected.send("hello").line() == error_line(Error::already_closing));
}

TEST_CASE("a send after the end is refused at once") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  connected.browser.peer().close(1000);
  CHECK(connected.send("hello").line() == error_line(Error::already_closed));
}

TEST_CASE("a send is refused once the browser has seen the peer's Close frame") {
  Marked connected;
  connected.browser.peer().begin_close();
  CHECK(connected.send("hello").line() == error_line(Error::already_closing));
}

TEST_CASE(
    "waiting sends end with already_closing when the peer starts to close and the amount falls") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto first = connected.send("first");
  const auto second = connected.send("second");
  connected.browser.peer().begin_close();
  connected.browser.peer().set_buffered_amount(0);
  connected.browser.advance(1s);
  CHECK(first.line() == error_line(Error::already_closing));
  CHECK(second.line() == error_line(Error::already_closing));
  CHECK(connected.sent().empty());
}

TEST_CASE("waiting sends end with already_closed when the connection ends") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto first = connected.send("first");
  const auto second = connected.send("second");
  connected.browser.peer().cut();
  CHECK(first.line() == error_line(Error::already_closed));
  CHECK(second.line() == error_line(Error::already_closed));
  CHECK(connected.browser.pending_timers() == 0);
}

TEST_CASE(
    "waiting sends end with already_closing when this side closes, but not inside that call") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto waiting = connected.send("hello");
  const auto closing = connected.close();
  CHECK(waiting.line() == "waiting");
  connected.browser.advance(0ms);
  CHECK(waiting.line() == error_line(Error::already_closing));
  CHECK(connected.sent().empty());
}

TEST_CASE(
    "waiting sends end with already_closing when a message that is too large ends the connection") {
  Connected connected({.high_water_mark = 100, .max_message_size = 4});
  connected.browser.peer().set_buffered_amount(100);
  const auto waiting = connected.send("hello");
  connected.browser.peer().send("fives");
  connected.browser.advance(1ms);
  CHECK(waiting.line() == error_line(Error::already_closing));
}

TEST_CASE(
    "waiting sends end with destroyed when the connection is destroyed, but not inside its "
    "destructor") {
  Marked connected;
  connected.browser.peer().set_buffered_amount(100);
  const auto waiting = connected.send("hello");
  connected.connection = hawser::Connection();
  CHECK(waiting.line() == "waiting");
  connected.browser.advance(0ms);
  CHECK(waiting.line() == error_line(Error::destroyed));
}

TEST_CASE("an end that the engine raises inside send is reported later") {
  Marked connected;
  const auto received = connected.receive();
  connected.browser.end_inside_send();
  const auto sent = connected.send("hello");
  CHECK(received.line() == "waiting");
  connected.browser.advance(0ms);
  CHECK(received.line() == error_line(Error::connection_lost));
}

TEST_CASE("an exception from the browser is the error of that send only") {
  Marked connected;
  connected.browser.throw_from_send();
  CHECK(connected.send("hello").line() == error_line(Error::browser_exception));
}
