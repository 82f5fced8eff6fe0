// How a connection ends: every order of events that has been seen in an engine.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include "allocations.hpp"
#include "opened.hpp"

using hawser::Error;
using hawser::ReadyState;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

TEST_CASE("a failed handshake is an error, then a close [R3]") {
  Connecting connecting;
  connecting.browser.peer().raise_error();
  CHECK(connecting.socket.ready_state() == ReadyState::closed);
  connecting.browser.peer().cut();
  CHECK(connecting.journal.lines ==
        Lines{error_line(Error::connection_failed), "close 1006  unclean"});
  CHECK(connecting.journal.end->error == Error::connection_failed);
}

TEST_CASE("if an engine raises an error and never a close, the library makes one (Node 20) [R3]") {
  Connecting connecting;
  connecting.browser.peer().raise_error();
  CHECK(connecting.journal.lines == Lines{error_line(Error::connection_failed)});
  connecting.browser.advance(100ms);
  CHECK(connecting.journal.lines ==
        Lines{error_line(Error::connection_failed), "close 1006  unclean"});
}

TEST_CASE("a close event after the one that the library made is not delivered [R3]") {
  Connecting connecting;
  connecting.browser.peer().raise_error();
  connecting.browser.advance(100ms);
  connecting.browser.peer().cut();
  connecting.browser.advance(1h);
  CHECK(connecting.journal.lines.size() == 2);
}

TEST_CASE(
    "a connection that drops without an error event is still reported as an error (Chromium) "
    "[R3]") {
  Opened opened;
  opened.browser.peer().cut();
  CHECK(opened.journal.lines == Lines{error_line(Error::connection_lost), "close 1006  unclean"});
  CHECK(opened.journal.end->error == Error::connection_lost);
}

TEST_CASE("a handshake that ends in a close without an error event has failed [R3]") {
  Connecting connecting;
  connecting.browser.peer().cut();
  CHECK(connecting.journal.lines ==
        Lines{error_line(Error::connection_failed), "close 1006  unclean"});
}

TEST_CASE(
    "an engine that fails an open connection, as for invalid UTF-8, raises error and close [R3]") {
  Opened opened;
  opened.browser.peer().raise_error();
  opened.browser.peer().cut();
  CHECK(opened.journal.lines == Lines{error_line(Error::connection_lost), "close 1006  unclean"});
}

TEST_CASE("two error events are reported once [R3]") {
  Opened opened;
  opened.browser.peer().raise_error();
  opened.browser.peer().raise_error();
  opened.browser.peer().cut();
  CHECK(opened.journal.lines.size() == 2);
}

TEST_CASE("the peer's close code and reason are delivered, with no error [R3]") {
  Opened opened;
  opened.browser.peer().close(4001, "b\u20acye");
  CHECK(opened.journal.lines == Lines{"close 4001 b\u20acye clean"});
  CHECK_FALSE(opened.journal.end->error);
}

TEST_CASE("a Close frame without a code is 1005 and clean [R3]") {
  Opened opened;
  opened.browser.peer().close(hawser::close_code::no_status_received);
  CHECK(opened.journal.lines == Lines{"close 1005  clean"});
}

TEST_CASE(
    "a Close frame followed at once by a TCP drop is the peer's close, and no error (Firefox) "
    "[R3]") {
  Opened opened;
  opened.browser.peer().raise_close(hawser::close_code::message_too_big, "", false);
  CHECK(opened.journal.lines == Lines{"close 1009  unclean"});
  CHECK_FALSE(opened.journal.end->error);
}

TEST_CASE("nothing is delivered after on_close [R4]") {
  Opened opened;
  opened.browser.peer().close(1000);
  opened.browser.peer().raise_open("");
  opened.browser.peer().send("late");
  opened.browser.peer().raise_error();
  opened.browser.peer().close(1000);
  opened.browser.advance(1h);
  CHECK(opened.journal.lines == Lines{"close 1000  clean"});
  CHECK(opened.browser.pending_timers() == 0);
}

TEST_CASE("no message is delivered after close [R4]") {
  Opened opened;
  CHECK(opened.socket.close());
  opened.browser.peer().send("late");
  opened.browser.peer().close(1000);
  CHECK(opened.journal.lines == Lines{"close 1000  clean"});
}

TEST_CASE("no message is delivered after an error event [R4]") {
  Opened opened;
  opened.browser.peer().raise_error();
  opened.browser.peer().send("late");
  CHECK(opened.journal.lines == Lines{error_line(Error::connection_lost)});
}

TEST_CASE(
    "nothing is delivered after the destructor, and the connection is closed without a code [R4]") {
  hawser::testing::Browser browser;
  Journal journal;
  {
    auto socket = hawser::WebSocket::open("ws://host/").value();
    journal.listen_to(socket);
    browser.peer().accept();
  }
  CHECK(browser.attached_sockets() == 0);
  CHECK(browser.pending_timers() == 0);
  browser.peer().send("late");
  browser.peer().close(1000);
  browser.advance(1h);
  CHECK(journal.lines == Lines{"open"});
  CHECK(browser.calls().back() == "close");
}

TEST_CASE("a socket that is destroyed while it connects leaves no timer behind [R4]") {
  hawser::testing::Browser browser;
  {
    const auto socket = hawser::WebSocket::open("ws://host/").value();
  }
  CHECK(browser.pending_timers() == 0);
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("close while connecting cancels the attempt, and reports it later [R3]") {
  Connecting connecting;
  CHECK(connecting.socket.close(4000, "never mind"));
  CHECK(connecting.journal.lines.empty());
  CHECK(connecting.socket.ready_state() == ReadyState::closing);
  CHECK(connecting.browser.calls().back() == "close");
  connecting.browser.advance(0ms);
  CHECK(connecting.journal.lines == Lines{error_line(Error::aborted), "close 1006  unclean"});
  CHECK(connecting.journal.end->error == Error::aborted);
}

TEST_CASE(
    "close while connecting is reported once, whatever the engine raises inside or after it "
    "(undici 8) [R3]") {
  Connecting connecting;
  connecting.browser.end_inside_close();
  CHECK(connecting.socket.close());
  connecting.browser.peer().accept();
  connecting.browser.peer().raise_error();
  connecting.browser.peer().cut();
  CHECK(connecting.journal.lines.empty());
  connecting.browser.advance(1h);
  CHECK(connecting.journal.lines.size() == 2);
}

TEST_CASE(
    "an end that the engine raises inside close() is reported only after close() has returned "
    "[R3]") {
  Opened opened;
  opened.browser.end_inside_close();
  CHECK(opened.socket.close());
  CHECK(opened.journal.lines.empty());
  opened.browser.advance(0ms);
  CHECK(opened.journal.lines == Lines{error_line(Error::connection_lost), "close 1006  unclean"});
}

TEST_CASE(
    "an error that the engine raises inside close() is reported later, and then its close event "
    "[R3]") {
  Opened opened;
  opened.browser.fail_inside_close();
  CHECK(opened.socket.close());
  CHECK(opened.journal.lines.empty());
  opened.browser.peer().cut();
  CHECK(opened.journal.lines == Lines{error_line(Error::connection_lost), "close 1006  unclean"});
}

TEST_CASE(
    "an end that the engine raises inside send() is reported only after send() has returned [R3]") {
  Opened opened;
  opened.browser.end_inside_send();
  CHECK(opened.socket.send("text"));
  CHECK(opened.journal.lines.empty());
  CHECK(opened.socket.ready_state() == ReadyState::closed);
  opened.browser.peer().cut();
  CHECK(opened.journal.lines.empty());
  opened.browser.advance(0ms);
  CHECK(opened.journal.lines == Lines{error_line(Error::connection_lost), "close 1006  unclean"});
}

TEST_CASE("an engine that ends the connection inside send() and throws leaves it ended [R3]") {
  Opened opened;
  opened.browser.end_inside_send();
  opened.browser.throw_from_send();
  CHECK(opened.socket.send("text").error() == Error::browser_exception);
  CHECK(opened.socket.ready_state() == ReadyState::closed);
}

TEST_CASE("an engine that ends the connection inside close() and throws leaves it ended [R3]") {
  Opened opened;
  opened.browser.fail_inside_close();
  CHECK(opened.socket.close());
  CHECK(opened.socket.ready_state() == ReadyState::closed);
  CHECK(opened.socket.close().error() == Error::already_closed);
}

TEST_CASE("a TLS failure is an error, if an engine reports it as 1015 [R3]") {
  Opened opened;
  opened.browser.peer().raise_close(hawser::close_code::tls_handshake, "", false);
  CHECK(opened.journal.end->error == Error::connection_lost);
}

TEST_CASE("an open event after close() was called changes nothing [R5]") {
  Connecting connecting;
  CHECK(connecting.socket.close());
  connecting.browser.peer().accept();
  CHECK(connecting.socket.ready_state() == ReadyState::closing);
  CHECK(connecting.journal.lines.empty());
}

TEST_CASE("a second open event is not reported [R5]") {
  Opened opened;
  opened.browser.peer().raise_open("");
  CHECK(opened.journal.lines.empty());
}

TEST_CASE(
    "a message that does not fit into memory ends its socket, later and once, and no other [R8]") {
  const bool is_text = GENERATE(true, false);
  Opened opened;
  const std::string large(400'000, 'l');
  {
    const MemoryShortage shortage(300'000);
    if (is_text) opened.browser.peer().send(large);
    if (!is_text) opened.browser.peer().send(std::as_bytes(std::span(large)));
  }
  CHECK(opened.journal.lines.empty());
  CHECK(opened.socket.send("text").error() == Error::already_closed);
  opened.browser.peer().send("late");
  opened.browser.advance(1h);
  CHECK(opened.journal.lines == Lines{error_line(Error::out_of_memory), "close 1006  unclean"});
  CHECK(opened.journal.end->error == Error::out_of_memory);
  CHECK(opened.browser.calls().back() == "close");

  auto another = hawser::WebSocket::open("ws://another/").value();
  Journal journal;
  journal.listen_to(another);
  opened.browser.peer().accept();
  opened.browser.peer().send("fits");
  CHECK(journal.lines == Lines{"open", "text fits"});
}

TEST_CASE("the memory for messages is freed with the last socket [R8]") {
  const std::string large(400'000, 'l');
  {
    Opened opened;
    opened.browser.peer().send(large);
  }
  Opened opened;
  const MemoryShortage shortage(300'000);
  opened.browser.peer().send(large);
  opened.browser.advance(0ms);
  CHECK(opened.journal.end->error == Error::out_of_memory);
}

TEST_CASE("a message that just fits into the remaining memory is delivered [R8]") {
  Opened opened;
  opened.browser.peer().send(std::string(600'000, 'w'));
  const std::string larger(700'000, 'l');
  const MemoryShortage shortage(800'000);
  opened.browser.peer().send(larger);
  CHECK(opened.journal.lines.back() == "text " + larger);
}

TEST_CASE(
    "a message that does not fit into memory changes nothing once the connection is closing [R4]") {
  Opened opened;
  CHECK(opened.socket.close());
  const std::string large(400'000, 'l');
  {
    const MemoryShortage shortage(300'000);
    opened.browser.peer().send(large);
  }
  CHECK(opened.socket.ready_state() == ReadyState::closing);
  opened.browser.peer().close(1000);
  CHECK(opened.journal.lines == Lines{"close 1000  clean"});
}

TEST_CASE("an end whose reason does not fit into memory is reported without it [R3] [R8]") {
  const bool is_closing = GENERATE(true, false);
  Opened opened;
  if (is_closing) CHECK(opened.socket.close());
  const std::string reason(120, 'r');
  {
    const MemoryShortage shortage(100);
    opened.browser.peer().close(4000, reason);
  }
  opened.browser.advance(1h);
  CHECK(opened.journal.lines.back() == "close 4000  clean");
  CHECK(opened.journal.end->error ==
        (is_closing ? std::nullopt : std::optional(Error::out_of_memory)));
  CHECK(opened.socket.ready_state() == ReadyState::closed);
}

TEST_CASE("a connection that is not open by its deadline ends with timeout [R12]") {
  Connecting connecting({.connect_timeout = 2s});
  connecting.browser.advance(1999ms);
  CHECK(connecting.journal.lines.empty());
  connecting.browser.advance(1ms);
  CHECK(connecting.journal.lines ==
        Lines{error_line(Error::connection_timed_out), "close 1006  unclean"});
  CHECK(connecting.journal.end->error == Error::connection_timed_out);
  CHECK(connecting.browser.calls().back() == "close");
  CHECK(connecting.browser.attached_sockets() == 0);
}

TEST_CASE("a connection that is not closed by its deadline ends with timeout [R12]") {
  Opened opened({.close_timeout = 700ms});
  CHECK(opened.socket.close(4000));
  opened.browser.advance(699ms);
  CHECK(opened.journal.lines.empty());
  opened.browser.advance(1ms);
  CHECK(opened.journal.lines ==
        Lines{error_line(Error::connection_timed_out), "close 1006  unclean"});
}

TEST_CASE(
    "an error while closing waits for its close event, and the close deadline is cancelled [R12]") {
  Opened opened({.close_timeout = 50ms});
  CHECK(opened.socket.close());
  opened.browser.peer().raise_error();
  CHECK(opened.browser.pending_timers() == 1);
  opened.browser.advance(60ms);
  CHECK(opened.journal.lines == Lines{error_line(Error::connection_lost)});
  opened.browser.peer().close(4000, "late");
  CHECK(opened.journal.lines.back() == "close 4000 late clean");
}

TEST_CASE("an open connection has no deadline [R12]") {
  Opened opened({.connect_timeout = 1ms});
  CHECK(opened.browser.pending_timers() == 0);
  opened.browser.advance(24h);
  CHECK(opened.journal.lines.empty());
}

TEST_CASE(
    "a deadline longer than a browser's longest timer counts as none, and does not fire at once "
    "[R12]") {
  Connecting connecting({.connect_timeout = std::chrono::milliseconds::max()});
  CHECK(connecting.browser.pending_timers() == 0);
  connecting.browser.advance(24h);
  CHECK(connecting.journal.lines.empty());
}

TEST_CASE("a connection that drops while it closes ends with connection_lost [R3]") {
  Opened opened;
  CHECK(opened.socket.close());
  opened.browser.peer().cut();
  CHECK(opened.journal.end->error == Error::connection_lost);
}

TEST_CASE("sockets without handlers end without trouble") {
  hawser::testing::Browser browser;
  auto socket = hawser::WebSocket::open("ws://host/").value();
  browser.peer().accept();
  browser.peer().send("unheard");
  browser.peer().raise_error();
  browser.peer().cut();
  CHECK(socket.ready_state() == ReadyState::closed);
}

TEST_CASE("an old socket's handle finds nothing, and never another socket [R9]") {
  hawser::testing::Browser browser;
  Journal first;
  Journal second;
  auto old = hawser::WebSocket::open("ws://first/").value();
  first.listen_to(old);
  browser.peer().accept();
  auto next = hawser::WebSocket::open("ws://second/").value();
  second.listen_to(next);
  old = hawser::WebSocket::open("ws://third/").value();
  CHECK(next.url() == "ws://second/");
  CHECK(old.url() == "ws://third/");
  browser.peer().accept();
  CHECK(next.ready_state() == ReadyState::connecting);
  CHECK(old.ready_state() == ReadyState::open);
  CHECK(second.lines.empty());
}

// Messages that are too large

TEST_CASE(
    "a message of max_message_size bytes is delivered, and a larger one ends the socket with "
    "message_too_large") {
  const bool is_text = GENERATE(true, false);
  Opened opened({.max_message_size = 4});
  const auto deliver = [&](std::string_view message) {
    if (is_text) return opened.browser.peer().send(message);
    opened.browser.peer().send(std::as_bytes(std::span(message)));
  };
  deliver("four");
  deliver("fives");
  CHECK(opened.browser.calls().back() == "close 4009 message refused");
  CHECK(opened.socket.send("more").error() == Error::already_closing);
  deliver("four");
  CHECK(opened.journal.lines == Lines{is_text ? "text four" : "binary 4"});
  opened.browser.peer().close(4009, "message refused");
  CHECK(opened.journal.lines == Lines{is_text ? "text four" : "binary 4",
                                      error_line(Error::message_too_large),
                                      "close 4009 message refused clean"});
  CHECK(opened.journal.end->error == Error::message_too_large);
}

TEST_CASE("a message larger than max_message_size is refused before memory is allocated for it") {
  Opened opened({.max_message_size = 100'000});
  opened.browser.peer().send("small");
  const std::vector<std::byte> large(1 << 20);
  {
    const MemoryShortage shortage(1 << 19);
    opened.browser.peer().send(large);
    opened.browser.peer().send(large);  // while it closes
  }
  CHECK(opened.browser.calls().back() == "close 4009 message refused");
  opened.browser.peer().close(4009);
  CHECK(opened.journal.end->error == Error::message_too_large);
}

TEST_CASE(
    "a socket that refuses a message ends with message_too_large, whatever the peer and the engine "
    "do") {
  const std::string_view what =
      GENERATE("no answer", "break", "error event", "throw", "end inside close");
  CAPTURE(what);
  Opened opened({.close_timeout = 1s, .max_message_size = 4});
  if (what == "throw") opened.browser.throw_from_close();
  if (what == "end inside close") opened.browser.end_inside_close();
  opened.browser.peer().send("fives");
  if (what == "break") opened.browser.peer().cut();
  if (what == "error event") opened.browser.peer().raise_error();
  opened.browser.advance(2s);
  CHECK(opened.journal.lines == Lines{error_line(Error::message_too_large), "close 1006  unclean"});
  CHECK(opened.journal.end->error == Error::message_too_large);
}

TEST_CASE("a message that is too large and arrives after close does not change the socket's end") {
  Opened opened({.max_message_size = 4});
  CHECK(opened.socket.close(3000, "bye"));
  opened.browser.peer().send(std::vector<std::byte>(100'000));
  opened.browser.peer().send("fives");
  opened.browser.peer().close(3000, "bye");
  CHECK(opened.journal.lines == Lines{"close 3000 bye clean"});
}
