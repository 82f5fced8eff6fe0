// What can be sent: text, bytes of any type, and messages. Also that each kind of message has the
// same members.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../../wasm/src/session/outbox.hpp"
#include "connected.hpp"
#include "opened.hpp"

using hawser::Message;
using hawser::MessageType;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

enum class Octet : std::uint8_t { first = 7 };

struct Pixel {
  std::uint8_t value;
};

struct ConvertsToText {
  operator std::string_view() const { return "converted"; }
};

/// The messages sent since the connection was made.
Lines sent(const hawser::testing::Browser& browser) {
  auto calls = browser.calls();
  calls.erase(calls.begin());
  return calls;
}

template <typename T>
concept HasMembers = requires(const T& message) {
  { message.type() } -> std::same_as<MessageType>;
  { message.is_text() } -> std::same_as<bool>;
  { message.bytes() } -> std::same_as<std::span<const std::byte>>;
  { message.text() } -> std::same_as<std::string_view>;
  { message.size() } -> std::same_as<std::size_t>;
  { message.empty() } -> std::same_as<bool>;
};

}  // namespace

TEST_CASE("strings, literals and types that convert to text are text") {
  Opened opened;
  auto& socket = opened.socket;
  const std::string text = "string";
  char characters[] = "array";
  const char* const pointer = "pointer";
  CHECK(socket.send("literal"));
  CHECK(socket.send(text));
  CHECK(socket.send(std::string("temporary")));
  CHECK(socket.send("view\0with zero"sv));
  CHECK(socket.send(characters));
  CHECK(socket.send(pointer));
  CHECK(socket.send(ConvertsToText()));
  CHECK(socket.send(""));
  CHECK(sent(opened.browser) == Lines{"send text literal", "send text string",
                                      "send text temporary", "send text view\0with zero"s,
                                      "send text array", "send text pointer", "send text converted",
                                      "send text "});
}

TEST_CASE("any contiguous range of one-byte values is binary") {
  Opened opened;
  auto& socket = opened.socket;
  const std::vector<std::uint8_t> octets{1, 255};
  std::vector<char> characters{'a', 'b'};
  const std::array<unsigned char, 2> array{2, 3};
  const std::uint8_t built_in[] = {4, 5};
  std::array<std::byte, 1> writable{std::byte{6}};
  const std::vector<Octet> enumerated{Octet::first};
  const std::vector<Pixel> pixels{{8}};
  CHECK(socket.send(octets));
  CHECK(socket.send(std::span(characters)));
  CHECK(socket.send(characters));
  CHECK(socket.send(array));
  CHECK(socket.send(built_in));
  CHECK(socket.send(writable));
  CHECK(socket.send(std::as_bytes(std::span(octets))));
  CHECK(socket.send(enumerated));
  CHECK(socket.send(pixels));
  CHECK(socket.send(std::vector<signed char>()));
  CHECK(sent(opened.browser) == Lines{"send binary 01ff", "send binary 6162", "send binary 6162",
                                      "send binary 0203", "send binary 0405", "send binary 06",
                                      "send binary 01ff", "send binary 07", "send binary 08",
                                      "send binary "});
}

TEST_CASE("ranges that are not contiguous, or of larger values, are not bytes") {
  STATIC_CHECK(hawser::Bytes<std::vector<std::uint8_t>>);
  STATIC_CHECK(hawser::Bytes<std::span<char>>);
  STATIC_CHECK_FALSE(hawser::Bytes<std::string>);
  STATIC_CHECK_FALSE(hawser::Bytes<char[4]>);
  STATIC_CHECK_FALSE(hawser::Bytes<std::u8string>);
  STATIC_CHECK_FALSE(hawser::Sendable<std::list<char>>);
  STATIC_CHECK_FALSE(hawser::Sendable<std::vector<int>>);
  STATIC_CHECK_FALSE(hawser::Sendable<std::vector<bool>>);
  STATIC_CHECK_FALSE(hawser::Sendable<std::array<bool, 2>>);
  STATIC_CHECK_FALSE(hawser::Sendable<int>);
  STATIC_CHECK_FALSE(hawser::Sendable<std::byte*>);
}

TEST_CASE("a message is sent unchanged, whoever owns its bytes") {
  Opened opened;
  const std::vector<std::uint8_t> bytes{9};
  opened.socket.on_message(
      [&opened](const Message& message) { CHECK(opened.socket.send(message)); });
  opened.browser.peer().send("echo");
  opened.browser.peer().send(Message::binary(bytes).bytes());
  CHECK(opened.socket.send(Message::text("text")));
  CHECK(opened.socket.send(Message::binary(bytes)));
  CHECK(sent(opened.browser) ==
        Lines{"send text echo", "send binary 09", "send text text", "send binary 09"});
}

TEST_CASE("a connection sends the same types, including owned and temporary messages") {
  Connected connected;
  connected.browser.peer().send("first");
  connected.browser.peer().send("second");
  const auto received = connected.receive();
  auto& connection = connected.connection;
  const std::array<unsigned char, 1> bytes{1};
  CHECK(connection.try_send("text"));
  CHECK(connection.try_send(bytes));
  CHECK(connection.try_send(received.result->value()));
  CHECK(connection.try_send(std::move(connected.receive().result->value())));
  CHECK(Awaited([&] { return connection.send(bytes); }).line() == "sent");
  CHECK(Awaited([&] { return connection.send("text", {.timeout = 1s}); }).line() == "sent");
  CHECK(sent(connected.browser) == Lines{"send text text", "send binary 01", "send text first",
                                         "send text second", "send binary 01", "send text text"});
}

TEST_CASE("a session and a stream send the same types") {
  hawser::testing::Browser browser;
  hawser::Session session("ws://host/");
  browser.advance(0ms);
  browser.peer().accept();
  browser.advance(0ms);
  const std::vector<std::uint8_t> bytes{1};
  CHECK(session.send("text"));
  CHECK(session.send(bytes));
  CHECK(session.send(Message::text("message"), hawser::Keep::no));
  CHECK(sent(browser) == Lines{"send text text", "send binary 01", "send text message"});
}

TEST_CASE("a stream sends bytes and text as bytes") {
  Connected connected;
  hawser::ByteStream stream(connected.connection);
  const std::vector<std::uint8_t> bytes{1, 2};
  CHECK(Awaited([&] { return stream.write_all(bytes); }).line() == "sent");
  CHECK(Awaited([&] { return stream.write_all("ab"); }).line() == "sent");
  CHECK(sent(connected.browser) == Lines{"send binary 0102", "send binary 6162"});
}

TEST_CASE("a message is made of text or of bytes, and copies nothing") {
  const std::string text = "hello";
  const std::vector<std::uint8_t> bytes{1, 2, 3};
  const auto of_text = Message::text(text);
  const auto of_bytes = Message::binary(bytes);
  CHECK(of_text.is_text());
  CHECK(of_text.text().data() == text.data());
  CHECK(of_text.size() == 5);
  CHECK(of_bytes.type() == MessageType::binary);
  CHECK(static_cast<const void*>(of_bytes.bytes().data()) == bytes.data());
  CHECK(of_bytes.size() == 3);
  CHECK_FALSE(of_bytes.empty());
  CHECK(Message::text("").empty());
}

TEST_CASE("every message type has the same members") {
  STATIC_CHECK(HasMembers<Message>);
  STATIC_CHECK(HasMembers<hawser::OwnedMessage>);
  STATIC_CHECK(HasMembers<hawser::KeptMessage>);
  CHECK(hawser::OwnedMessage().empty());

  hawser::detail::Outbox outbox;
  CHECK(outbox.push(Message::text("kept")).id == 1);
  const auto dropped = outbox.clear();
  REQUIRE(dropped.size() == 1);
  CHECK(dropped[0].is_text());
  CHECK(dropped[0].text() == "kept");
  CHECK(dropped[0].size() == 4);
  CHECK_FALSE(dropped[0].empty());
}
