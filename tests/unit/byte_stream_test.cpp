// A connection as a stream of bytes.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "connected.hpp"

using hawser::ByteStream;
using hawser::Error;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// A stream over an open connection, and the browser under it.
struct Streaming : Connected {
  explicit Streaming(hawser::ConnectOptions options = {}) : Connected(std::move(options)) {}

  auto read_some(std::span<std::byte> into, hawser::WaitOptions options = {}) {
    return Awaited([this, into, options] { return stream.read_some(into, options); });
  }
  auto write_all(std::span<const std::byte> bytes, hawser::WaitOptions options = {}) {
    return Awaited([this, bytes, options] { return stream.write_all(bytes, options); });
  }

  /// The first `size` bytes of the buffer.
  std::string read(std::size_t size) const {
    return {reinterpret_cast<const char*>(buffer.data()), size};
  }

  /// The sizes of the sent messages.
  std::vector<std::size_t> sent() const {
    std::vector<std::size_t> sizes;
    for (const auto& call : browser.calls()) {
      if (call.starts_with("send binary ")) sizes.push_back((call.size() - 12) / 2);
    }
    return sizes;
  }

  ByteStream stream{connection};
  std::vector<std::byte> buffer = std::vector<std::byte>(4);
};

}  // namespace

TEST_CASE("read_some returns a message that fits, whether it waited or not") {
  const bool is_waited_for = GENERATE(true, false);
  Streaming streaming;
  if (!is_waited_for) streaming.browser.peer().send(bytes_of("abc"));
  const auto received = streaming.read_some(streaming.buffer);
  if (is_waited_for) streaming.browser.peer().send(bytes_of("abc"));
  CHECK(received.line() == "3 bytes");
  CHECK(streaming.read(3) == "abc");
}

TEST_CASE("read_some returns a message that does not fit in pieces, whether it waited or not") {
  const bool is_waited_for = GENERATE(true, false);
  Streaming streaming;
  if (!is_waited_for) streaming.browser.peer().send(bytes_of("abcdefghij"));
  const auto first = streaming.read_some(streaming.buffer);
  if (is_waited_for) streaming.browser.peer().send(bytes_of("abcdefghij"));
  std::string all;
  CHECK(first.line() == "4 bytes");
  all += streaming.read(4);
  CHECK(streaming.read_some(streaming.buffer).line() == "4 bytes");
  all += streaming.read(4);
  CHECK(streaming.read_some(streaming.buffer).line() == "2 bytes");
  all += streaming.read(2);
  CHECK(all == "abcdefghij");
  CHECK(streaming.read_some(streaming.buffer).line() == "waiting");
}

TEST_CASE("read_some returns the rest of a message before the next one") {
  Streaming streaming;
  streaming.browser.peer().send(bytes_of("abcdef"));
  streaming.browser.peer().send(bytes_of("gh"));
  std::string all;
  for (const std::size_t size : {4u, 2u, 2u}) {
    CHECK(streaming.read_some(streaming.buffer).line() == to_line(size));
    all += streaming.read(size);
  }
  CHECK(all == "abcdefgh");
}

TEST_CASE("read_some splits the rest of a message over buffers of any size") {
  Streaming streaming;
  const std::string text = "the quick brown fox jumps over the lazy dog";
  streaming.browser.peer().send(bytes_of(text));
  std::string all;
  for (std::size_t size = 1; all.size() < text.size(); ++size) {
    streaming.buffer.resize(size);
    all += streaming.read(streaming.read_some(streaming.buffer).result->value());
  }
  CHECK(all == text);
}

TEST_CASE("read_some skips empty messages, whether it waited or not") {
  const bool is_waited_for = GENERATE(true, false);
  Streaming streaming;
  if (!is_waited_for) {
    streaming.browser.peer().send(bytes_of(""));
    streaming.browser.peer().send(bytes_of(""));
  }
  const auto received = streaming.read_some(streaming.buffer);
  if (is_waited_for) streaming.browser.peer().send(bytes_of(""));
  CHECK(received.line() == "waiting");
  streaming.browser.peer().send(bytes_of("a"));
  CHECK(received.line() == "1 bytes");
}

TEST_CASE("read_some returns unexpected_text for a text message, and drops it") {
  const bool is_waited_for = GENERATE(true, false);
  const auto text = GENERATE(as<std::string>{}, "", "ab", "longer than the buffer");
  Streaming streaming;
  if (!is_waited_for) streaming.browser.peer().send(text);
  const auto received = streaming.read_some(streaming.buffer);
  if (is_waited_for) streaming.browser.peer().send(text);
  CHECK(received.line() == error_line(Error::unexpected_text));
  streaming.browser.peer().send(bytes_of("c"));
  CHECK(streaming.read_some(streaming.buffer).line() == "1 bytes");
  CHECK(streaming.read(1) == "c");
}

TEST_CASE("once the peer has closed, read_some returns the remaining bytes, then 0 every time") {
  Streaming streaming;
  streaming.browser.peer().send(bytes_of("abcdef"));
  streaming.browser.peer().close(1000);
  CHECK(streaming.read_some(streaming.buffer).line() == "4 bytes");
  CHECK(streaming.read_some(streaming.buffer).line() == "2 bytes");
  CHECK(streaming.read_some(streaming.buffer).line() == "0 bytes");
  CHECK(streaming.read_some(streaming.buffer).line() == "0 bytes");
}

TEST_CASE("a waiting read_some returns 0 when the peer closes") {
  Streaming streaming;
  const auto received = streaming.read_some(streaming.buffer);
  streaming.browser.peer().close(1000);
  CHECK(received.line() == "0 bytes");
}

TEST_CASE("read_some returns the error of a lost connection, and how it ended") {
  const bool is_waited_for = GENERATE(true, false);
  Streaming streaming;
  if (!is_waited_for) streaming.browser.peer().cut();
  const auto received = streaming.read_some(streaming.buffer);
  if (is_waited_for) streaming.browser.peer().cut();
  CHECK(received.line() == error_line(Error::connection_lost));
  CHECK(received.result->error().end->code == 1006);
}

TEST_CASE("read_some into an empty buffer returns 0 and takes nothing") {
  Streaming streaming;
  CHECK(streaming.read_some({}).line() == "0 bytes");
  streaming.browser.peer().send(bytes_of("abcdef"));
  CHECK(streaming.read_some({}).line() == "0 bytes");
  CHECK(streaming.read_some(streaming.buffer).line() == "4 bytes");
  CHECK(streaming.read_some({}).line() == "0 bytes");
  CHECK(streaming.read_some(streaming.buffer).line() == "2 bytes");
}

TEST_CASE("read_some ends at its deadline, and loses nothing") {
  Streaming streaming;
  const auto received = streaming.read_some(streaming.buffer, {.timeout = 1s});
  streaming.browser.advance(1s);
  CHECK(received.line() == error_line(Error::timed_out));
  streaming.browser.peer().send(bytes_of("abc"));
  CHECK(streaming.read_some(streaming.buffer).line() == "3 bytes");
}

TEST_CASE("a waiting read_some returns destroyed when its connection is destroyed") {
  Streaming streaming;
  const auto received = streaming.read_some(streaming.buffer);
  streaming.connection = hawser::Connection();
  streaming.browser.advance(0ms);
  CHECK(received.line() == error_line(Error::destroyed));
}

TEST_CASE("a stream without a connection returns no_connection") {
  hawser::Connection none;
  ByteStream stream(none);
  std::byte buffer[4];
  const Awaited received([&] { return stream.read_some(buffer); });
  const Awaited written([&] { return stream.write_all(buffer); });
  CHECK(received.line() == error_line(Error::no_connection));
  CHECK(written.line() == error_line(Error::no_connection));
}

TEST_CASE("reading messages that fit allocates nothing") {
  std::size_t size = 0;
  Streaming streaming;
  std::vector<std::byte> buffer(3000);
  const auto read_all = [](ByteStream& stream, std::span<std::byte> into,
                           std::size_t& received) -> Running {
    for (;;) {
      const auto some = co_await stream.read_some(into);
      if (!some || *some == 0) co_return;
      received += *some;
    }
  };
  const auto running = read_all(streaming.stream, buffer, size);
  const std::vector<std::byte> message(3000);
  const auto before = allocations();
  for (int i = 0; i < 1000; ++i) streaming.browser.peer().send(message);
  CHECK(allocations() == before);
  CHECK(size == 3000u * 1000u);
}

// Writing

TEST_CASE("write_all sends a small piece as one binary message") {
  Streaming streaming;
  CHECK(streaming.write_all(bytes_of("abc")).line() == "sent");
  CHECK(streaming.browser.calls().back() == "send binary 616263");
}

TEST_CASE("write_all sends pieces of 16 KiB") {
  const std::vector<std::byte> bytes(2 * 16'384 + 1);
  Streaming streaming;
  CHECK(streaming.write_all(bytes).line() == "sent");
  CHECK(streaming.sent() == std::vector<std::size_t>{16'384, 16'384, 1});
}

TEST_CASE("write_all of exactly two pieces sends no third one") {
  const std::vector<std::byte> bytes(2 * 16'384);
  Streaming streaming;
  CHECK(streaming.write_all(bytes).line() == "sent");
  CHECK(streaming.sent() == std::vector<std::size_t>{16'384, 16'384});
}

TEST_CASE("write_all of nothing sends nothing") {
  Streaming streaming;
  CHECK(streaming.write_all({}).line() == "sent");
  CHECK(streaming.sent().empty());
}

TEST_CASE("write_all waits at the high mark between pieces") {
  const std::vector<std::byte> bytes(10 * 16'384);
  Streaming streaming({.high_water_mark = 3 * 16'384, .low_water_mark = 0});
  const auto written = streaming.write_all(bytes);
  CHECK(streaming.sent().size() == 3);
  streaming.browser.peer().set_buffered_amount(3 * 16'384);
  streaming.browser.advance(1s);
  CHECK(streaming.sent().size() == 3);
  CHECK(written.line() == "waiting");
  streaming.browser.peer().set_buffered_amount(0);
  streaming.browser.advance(1s);
  CHECK(written.line() == "sent");
  CHECK(streaming.sent() == std::vector<std::size_t>(10, 16'384));
}

TEST_CASE("written bytes are sent in order and unchanged") {
  std::vector<std::byte> bytes(5 * 16'384 + 100);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7 % 251);
  Streaming streaming({.high_water_mark = 16'384});
  const auto written = streaming.write_all(bytes);
  streaming.browser.advance(1s);
  std::string all;
  for (const auto& call : streaming.browser.calls()) {
    if (call.starts_with("send binary ")) all += call.substr(12);
  }
  std::string expected;
  for (const auto byte : bytes) {
    for (const auto digit : {byte >> 4, byte & std::byte{15}})
      expected += "0123456789abcdef"[static_cast<int>(digit)];
  }
  CHECK((all == expected));  // in parentheses: too long to print
}

TEST_CASE("two concurrent writes do not mix their pieces") {
  const std::vector<std::byte> ones(3 * 16'384, std::byte{0x11});
  const std::vector<std::byte> twos(3 * 16'384, std::byte{0x22});
  Streaming streaming({.high_water_mark = 16'384});
  const auto first = streaming.write_all(ones);
  const auto second = streaming.write_all(twos);
  streaming.browser.advance(1s);
  std::string order;
  for (const auto& call : streaming.browser.calls()) {
    if (call.starts_with("send binary ")) order += call[12];
  }
  CHECK(order == "111222");
}

TEST_CASE("write_all returns already_closed when the connection ends while it waits") {
  const std::vector<std::byte> bytes(10 * 16'384);
  Streaming streaming;
  const auto written = streaming.write_all(bytes);
  streaming.browser.peer().close(1000);
  CHECK(written.line() == error_line(Error::already_closed));
}

TEST_CASE("write_all ends at its deadline, and then sends nothing more") {
  const std::vector<std::byte> bytes(10 * 16'384);
  Streaming streaming({.high_water_mark = 1});
  streaming.browser.peer().set_buffered_amount(0);
  const auto written = streaming.write_all(bytes, {.timeout = 1ms});
  streaming.browser.peer().set_buffered_amount(1);
  streaming.browser.advance(1ms);
  CHECK(written.line() == error_line(Error::timed_out));
  const auto sent = streaming.sent().size();
  streaming.browser.peer().set_buffered_amount(0);
  streaming.browser.advance(1s);
  CHECK(streaming.sent().size() == sent);
}

TEST_CASE("write_all on an ended connection returns already_closed") {
  Streaming streaming;
  streaming.browser.peer().close(1000);
  CHECK(streaming.write_all(bytes_of("abc")).line() == error_line(Error::already_closed));
}
