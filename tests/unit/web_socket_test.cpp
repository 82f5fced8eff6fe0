#include <hawser/web_socket.hpp>

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include "opened.hpp"

using hawser::Error;
using hawser::ReadyState;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;
using namespace std::string_literals;

TEST_CASE("a socket connects, opens, closes and is closed [R5]") {
  Connecting connecting({.protocols = {"feed.v2"}});
  auto& [browser, journal, socket] = connecting;
  CHECK(socket.ready_state() == ReadyState::connecting);
  browser.peer().accept({"feed.v2", "permessage-deflate"});
  CHECK(socket.ready_state() == ReadyState::open);
  CHECK(socket.url() == "ws://host/");
  CHECK(socket.protocol() == "feed.v2");
  CHECK(socket.extensions() == "permessage-deflate");
  CHECK(socket.close());
  CHECK(socket.ready_state() == ReadyState::closing);
  browser.peer().close(1000);
  CHECK(socket.ready_state() == ReadyState::closed);
  CHECK(journal.lines == Lines{"open", "close 1000  clean"});
  CHECK_FALSE(journal.end->error);
}

TEST_CASE("url, protocol and extensions stay after the end") {
  Connecting connecting({.protocols = {"a"}});
  connecting.browser.peer().accept({"a", "b"});
  connecting.browser.peer().close(1000);
  CHECK(connecting.socket.url() == "ws://host/");
  CHECK(connecting.socket.protocol() == "a");
  CHECK(connecting.socket.extensions() == "b");
}

TEST_CASE("the ready states have the browser's numbers") {
  CHECK(static_cast<int>(ReadyState::connecting) == 0);
  CHECK(static_cast<int>(ReadyState::open) == 1);
  CHECK(static_cast<int>(ReadyState::closing) == 2);
  CHECK(static_cast<int>(ReadyState::closed) == 3);
}

TEST_CASE("a message that arrives right after open, in the same packet, is delivered [R2]") {
  Connecting connecting;
  connecting.browser.peer().accept();
  connecting.browser.peer().send("early");
  CHECK(connecting.journal.lines == Lines{"open", "text early"});
}

TEST_CASE("the browser's event handlers are installed when open returns [R2]") {
  Connecting connecting;
  CHECK(connecting.browser.attached_sockets() == 1);
}

TEST_CASE("text is exact: U+0000, a leading BOM, and every plane of Unicode [R6]") {
  Opened opened;
  const auto text =
      GENERATE(as<std::string>{}, "", "a", "a\0b"s, "\0"s, "\ufeffbom", "\u00e9\u20ac",
               "\U0001F680", "\U0010FFFF", std::string(47, 'a') + "\u00e9",
               std::string(48, 'a') + "\u20ac" + std::string(100, 'b'),
               std::string(100'000, 'x') + "\U0001F680", "\ud7ff\ue000\uffff"s);
  std::string received;
  opened.socket.on_message([&](const hawser::Message& message) {
    CHECK(message.is_text());
    received = message.text();
  });
  opened.browser.peer().send(text);
  CHECK(received == text);
  CHECK(opened.socket.send(text));
  CHECK(opened.browser.calls().back() == "send text " + text);
}

TEST_CASE("binary is exact, from zero bytes up [R6]") {
  Opened opened;
  std::vector<std::byte> bytes(GENERATE(0u, 1u, 255u, 256u, 70'000u));
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
  std::vector<std::byte> received{std::byte{1}};
  opened.socket.on_message([&](const hawser::Message& message) {
    CHECK(message.type() == hawser::MessageType::binary);
    received.assign(message.bytes().begin(), message.bytes().end());
  });
  opened.browser.peer().send(bytes);
  CHECK(received == bytes);
  CHECK(opened.socket.send(bytes));
  CHECK(opened.browser.calls().back().size() == "send binary "s.size() + 2 * bytes.size());
}

TEST_CASE("each message of a series arrives whole, whatever the sizes [R6]") {
  Opened opened;
  for (const std::size_t size : {10u, 5'000u, 0u, 1u, 200'000u, 3u})
    opened.browser.peer().send(std::string(size, 'm'));
  Lines expected;
  for (const std::size_t size : {10u, 5'000u, 0u, 1u, 200'000u, 3u})
    expected.push_back("text " + std::string(size, 'm'));
  CHECK(opened.journal.lines == expected);
}

TEST_CASE("send while connecting is refused [R7]") {
  Connecting connecting;
  CHECK(connecting.socket.send("text").error() == Error::still_connecting);
  CHECK(connecting.socket.send(std::span<const std::byte>()).error() == Error::still_connecting);
}

TEST_CASE("send while closing is refused [R7]") {
  Opened opened;
  CHECK(opened.socket.close());
  CHECK(opened.socket.send("text").error() == Error::already_closing);
}

TEST_CASE("send after the end is refused [R7]") {
  Opened opened;
  opened.browser.peer().close(1000);
  CHECK(opened.socket.send("text").error() == Error::already_closed);
}

TEST_CASE("send after the peer's Close frame is refused, even before its close event [R7]") {
  Opened opened;
  opened.browser.peer().begin_close();
  CHECK(opened.socket.send("text").error() == Error::already_closing);
  CHECK(opened.socket.ready_state() == ReadyState::closing);
  CHECK(opened.browser.calls().size() == 1);
  opened.browser.peer().close(4001, "bye");
  CHECK(opened.journal.lines == Lines{"close 4001 bye clean"});
}

TEST_CASE(
    "a connection that the peer starts to close and never finishes ends by the close deadline "
    "[R12]") {
  Opened opened({.close_timeout = 50ms});
  opened.browser.peer().begin_close();
  CHECK_FALSE(opened.socket.send("text"));
  opened.browser.advance(50ms);
  CHECK(opened.journal.end->error == Error::connection_timed_out);
}

TEST_CASE("a second close is refused [R7]") {
  Opened opened;
  CHECK(opened.socket.close());
  CHECK(opened.socket.close().error() == Error::already_closing);
  opened.browser.peer().close(1000);
  CHECK(opened.socket.close().error() == Error::already_closed);
}

TEST_CASE("calls on a moved-from socket return no_connection and change nothing") {
  Opened opened;
  hawser::WebSocket target = std::move(opened.socket);
  auto& source = opened.socket;
  CHECK(source.send("text").error() == Error::no_connection);
  CHECK(source.send(std::span<const std::byte>()).error() == Error::no_connection);
  CHECK(source.close().error() == Error::no_connection);
  CHECK(source.close(7).error() == Error::no_connection);
  CHECK(source.ready_state() == ReadyState::closed);
  CHECK(source.buffered_amount() == 0);
  CHECK(source.url().empty());
  CHECK(source.protocol().empty());
  CHECK(source.extensions().empty());
  source.on_open([] {});
  source.on_message({});
  source.on_error({});
  source.on_close({});
  CHECK(target.ready_state() == ReadyState::open);
  opened.browser.peer().send("moved");
  CHECK(opened.journal.lines == Lines{"text moved"});
}

TEST_CASE("a socket that was never opened has no connection") {
  hawser::WebSocket socket;
  CHECK(socket.ready_state() == ReadyState::closed);
  CHECK(socket.send("text").error() == Error::no_connection);
  CHECK(socket.close().error() == Error::no_connection);
}

TEST_CASE("assigning to a socket closes its previous connection") {
  Opened opened;
  opened.socket = hawser::WebSocket::open("ws://other/").value();
  CHECK(opened.browser.calls() == Lines{"new ws://host/ []", "new ws://other/ []", "close"});
  CHECK(opened.browser.attached_sockets() == 1);
}

TEST_CASE("the buffered amount is the browser's, up to 2^53") {
  Opened opened;
  CHECK(opened.socket.buffered_amount() == 0);
  opened.browser.peer().set_buffered_amount(9'007'199'254'740'991.0);
  CHECK(opened.socket.buffered_amount() == 9'007'199'254'740'991u);
}

TEST_CASE("support for WebSocket is checked once and then remembered") {
  {
    hawser::testing::Browser browser;
    CHECK(hawser::supported());
  }
  hawser::testing::Browser browser({.is_supported = false});
  CHECK(hawser::supported());
}

// Runs in its own process, since the answer is remembered.
TEST_CASE("without a WebSocket nothing opens, and the answer is remembered", "[.unsupported]") {
  {
    hawser::testing::Browser browser({.is_supported = false});
    CHECK_FALSE(hawser::supported());
    CHECK(hawser::WebSocket::open("ws://host/").error() == Error::unsupported);
  }
  hawser::testing::Browser browser;
  CHECK_FALSE(hawser::supported());
}

TEST_CASE("after a message is dropped inside a handler, the close reason still arrives [R6]") {
  Opened opened;
  opened.socket.on_message([&](const hawser::Message&) {
    (void)opened.socket.close();
    opened.browser.peer().send(std::string(2000, 'a'));
  });
  opened.browser.peer().send("first");
  opened.browser.peer().close(1000, "the end");
  REQUIRE(opened.journal.end);
  CHECK(opened.journal.end->reason == "the end");
}
