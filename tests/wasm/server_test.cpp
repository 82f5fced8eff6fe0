// The library on this engine's own WebSocket and a real server, which misbehaves as its path says.

#include <emscripten/em_js.h>

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>
#include <hawser/value.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "../unit/journal.hpp"
#include "event_loop.hpp"
#include "memory.hpp"
#include "server.hpp"

using hawser::Error;
using hawser::ReadyState;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// A socket on the server, and the calls of its handlers.
struct Session {
  explicit Session(std::string_view path, const hawser::WebSocketOptions& options = {})
      : socket(hawser::WebSocket::open(server(path), options).value()) {
    journal.listen_to(socket);
  }

  bool opens() {
    return wait_until([&] { return socket.ready_state() != ReadyState::connecting; }) &&
           socket.ready_state() == ReadyState::open;
  }
  bool ends() {
    return wait_until([&] { return journal.end.has_value(); });
  }
  bool hears(std::size_t lines) {
    return wait_until([&] { return journal.lines.size() >= lines; });
  }

  Journal journal;
  hawser::WebSocket socket;
};

// clang-format off
// The end of connection `id` as the server saw it: "CODE REASON".
EM_ASYNC_JS(char*, fetch_end, (const char* url), {
  const { code, reason } = await (await fetch(UTF8ToString(url).replace("ws:", "http:"))).json();
  return stringToNewUTF8(`${code} ${reason}`);
});
EM_JS(bool, is_node, (), { return typeof process == "object"; });
EM_JS_DEPS(server_test, "$stringToNewUTF8,$UTF8ToString");
// clang-format on

std::string end_seen_by_server(std::string_view id) {
  char* const text = fetch_end(server("/ended?id=" + std::string(id)).c_str());
  std::string end(text);
  std::free(text);
  return end;
}

/// An id that no other run against the same server has used.
std::string new_id() { return std::to_string(std::rand()) + std::to_string(now()); }

}  // namespace

TEST_CASE("on a server: this environment is supported", "[server]") { CHECK(hawser::supported()); }

TEST_CASE("on a server: text is echoed unchanged [R6]", "[server]") {
  Session session("/echo");
  REQUIRE(session.opens());
  const Lines texts{"",
                    "hello",
                    "a\0b"s,
                    "\u00e9\u20ac\U0001F680",
                    std::string(1000, 'x'),
                    std::string(1 << 20, 'y') + "\u20ac"};
  for (const auto& text : texts) CHECK(session.socket.send(text));
  REQUIRE(session.hears(1 + texts.size()));
  for (std::size_t i = 0; i < texts.size(); ++i)
    CHECK(session.journal.lines[i + 1] == "text " + texts[i]);
}

TEST_CASE("on a server: binary is echoed unchanged [R6]", "[server]") {
  Session session("/echo");
  std::vector<std::vector<std::byte>> received;
  session.socket.on_message([&](const hawser::Message& message) {
    CHECK_FALSE(message.is_text());
    received.emplace_back(message.bytes().begin(), message.bytes().end());
  });
  REQUIRE(session.opens());
  std::vector<std::vector<std::byte>> sent;
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65'535u, 65'536u, 1u << 20, 16u << 20}) {
    auto& bytes = sent.emplace_back(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7);
    CHECK(session.socket.send(bytes));
  }
  REQUIRE(wait_until([&] { return received.size() == sent.size(); }));
  CHECK(received == sent);
}

TEST_CASE("on a server: url, protocol and extensions are known once open", "[server]") {
  Session session("/protocol?choose=b", {.protocols = {"a", "b", "c"}});
  CHECK(session.socket.protocol().empty());
  REQUIRE(session.opens());
  CHECK(session.socket.url() == server("/protocol?choose=b"));
  CHECK(session.socket.protocol() == "b");
  CHECK(session.socket.extensions().empty());
  Session compressed("/echo?deflate");
  REQUIRE(compressed.opens());
  CHECK(compressed.socket.extensions().starts_with("permessage-deflate"));
}

TEST_CASE("on a server: a subprotocol that was not offered fails the connection [R3]", "[server]") {
  Session session("/protocol?force=x", {.protocols = {"a"}});
  REQUIRE(session.ends());
  CHECK(session.journal.lines ==
        Lines{error_line(Error::connection_failed), "close 1006  unclean"});
}

TEST_CASE("on a server: a refused handshake is an error and one close [R3]", "[server]") {
  Session session("/refuse");
  REQUIRE(session.ends());
  CHECK(session.journal.lines ==
        Lines{error_line(Error::connection_failed), "close 1006  unclean"});
  CHECK(session.socket.ready_state() == ReadyState::closed);
}

TEST_CASE(
    "on a server: a port without a server, and one that browsers block, are an error and one close "
    "[R3]",
    "[server]") {
  const auto* const url = GENERATE("ws://127.0.0.1:9/", "ws://127.0.0.1:6000/");
  auto socket = hawser::WebSocket::open(url).value();
  Journal journal;
  journal.listen_to(socket);
  REQUIRE(wait_until([&] { return journal.end.has_value(); }));
  CHECK(journal.lines == Lines{error_line(Error::connection_failed), "close 1006  unclean"});
}

TEST_CASE("on a server: a URL that only the engine's parser refuses is an invalid URL [R13]",
          "[server]") {
  const auto* const url = GENERATE("ws://[::1/", "ws://[1.2.3]/", "ws://256.256.256.256/",
                                   "ws://a<b/", "ws://a^b/", "ws://%00/");
  CAPTURE(url);
  CHECK(hawser::WebSocket::open(url).error() == Error::invalid_url);
}

TEST_CASE("on a server: the peer's code and reason arrive [R3]", "[server]") {
  Session session("/close?code=4001&reason=b%E2%82%ACye");
  REQUIRE(session.ends());
  CHECK(session.journal.lines == Lines{"open", "close 4001 b\u20acye clean"});
}

TEST_CASE("on a server: a Close frame without a code is 1005 and clean [R3]", "[server]") {
  Session session("/close");
  REQUIRE(session.ends());
  CHECK(session.journal.lines == Lines{"open", "close 1005  clean"});
}

TEST_CASE("on a server: close sends its code and reason, and ends clean [R3]", "[server]") {
  const auto id = new_id();
  Session session("/report?id=" + id);
  REQUIRE(session.opens());
  const std::string reason = "t\u00e4\u20ac\U0001F680";
  CHECK(session.socket.close(4321, reason));
  CHECK(session.socket.ready_state() == ReadyState::closing);
  REQUIRE(session.ends());
  CHECK(session.journal.lines == Lines{"open", "close 4321 " + reason + " clean"});
  CHECK(end_seen_by_server(id) == "4321 " + reason);
}

TEST_CASE("on a server: close without arguments sends 1000", "[server]") {
  const auto id = new_id();
  Session session("/report?id=" + id);
  REQUIRE(session.opens());
  CHECK(session.socket.close());
  CHECK(end_seen_by_server(id) == "1000 ");
}

TEST_CASE("on a server: the destructor closes without a code", "[server]") {
  const auto id = new_id();
  {
    Session session("/report?id=" + id);
    REQUIRE(session.opens());
  }
  CHECK(end_seen_by_server(id) == "1005 ");
}

TEST_CASE("on a server: a bad close code or reason leaves the connection open [R10]", "[server]") {
  Session session("/echo");
  REQUIRE(session.opens());
  for (const int code : {0, 999, 1001, 1005, 1006, 2999, 5000, 66536}) {
    CHECK(session.socket.close(code).error() == Error::invalid_close_code);
  }
  CHECK(session.socket.close(1000, std::string(124, 'a')).error() == Error::close_reason_too_long);
  CHECK(session.socket.close(1000, "\xe2\x82").error() == Error::invalid_utf8);
  CHECK(session.socket.send("still open"));
  REQUIRE(session.hears(2));
  CHECK(session.journal.lines.back() == "text still open");
}

TEST_CASE("on a server: text that is not UTF-8 is never sent [R6]", "[server]") {
  Session session("/echo");
  REQUIRE(session.opens());
  CHECK(session.socket.send("\xff").error() == Error::invalid_utf8);
  CHECK(session.socket.send(std::string(5000, 'a') + "\xed\xa0\x80").error() ==
        Error::invalid_utf8);
  CHECK(session.socket.send("next"));
  REQUIRE(session.hears(2));
  CHECK(session.journal.lines == Lines{"open", "text next"});
}

TEST_CASE("on a server: a dropped TCP connection is an error and one close [R3]", "[server]") {
  Session session("/drop-after-message");
  REQUIRE(session.opens());
  CHECK(session.socket.send("drop"));
  REQUIRE(session.ends());
  CHECK(session.journal.lines ==
        Lines{"open", error_line(Error::connection_lost), "close 1006  unclean"});
}

TEST_CASE("on a server: a handshake that is never answered ends at its deadline [R12]",
          "[server]") {
  Session session("/no-answer", {.connect_timeout = 200ms});
  REQUIRE(session.ends());
  CHECK(session.journal.lines ==
        Lines{error_line(Error::connection_timed_out), "close 1006  unclean"});
}

TEST_CASE("on a server: a Close frame that is never answered ends at its deadline [R12]",
          "[server]") {
  Session session("/never-close", {.close_timeout = 200ms});
  REQUIRE(session.opens());
  CHECK(session.socket.close());
  REQUIRE(session.ends());
  CHECK(session.journal.lines ==
        Lines{"open", error_line(Error::connection_timed_out), "close 1006  unclean"});
}

TEST_CASE(
    "on a server: a send between the peer's Close frame and the close event is refused or ends the "
    "connection [R7]",
    "[server]") {
  Session session("/close-and-hold", {.close_timeout = 300ms});
  REQUIRE(session.opens());
  CHECK(session.socket.send("close now"));
  std::optional<Error> refusal;
  REQUIRE(wait_until([&] {
    const auto sent = session.socket.send("lost?");
    if (!sent) refusal = sent.error();
    return refusal.has_value();
  }));
  CHECK((refusal == Error::already_closing || refusal == Error::already_closed));
  REQUIRE(session.ends());
  CHECK(std::ranges::count_if(session.journal.lines,
                              [](auto& line) { return line.starts_with("close"); }) == 1);
}

TEST_CASE(
    "on a server: messages in the same packet as the 101 response are all delivered, in order [R2]",
    "[server]") {
  Session session("/early?count=50&close=1000");
  REQUIRE(session.ends());
  Lines expected{"open"};
  for (int i = 0; i < 50; ++i) expected.push_back("text early " + std::to_string(i));
  expected.emplace_back("close 1000  clean");
  CHECK(session.journal.lines == expected);
}

TEST_CASE("on a server: invalid UTF-8 from the peer fails the connection [R6]", "[server]") {
  Session session("/invalid-utf8");
  REQUIRE(session.ends());
  const auto count = [&](std::string_view prefix) {
    return std::ranges::count_if(session.journal.lines,
                                 [=](auto& line) { return line.starts_with(prefix); });
  };
  CHECK(count("text") == 0);
  CHECK(count("error") == 1);
  CHECK(count("close") == 1);
}

TEST_CASE("on a server: fragments become one message [R6]", "[server]") {
  Session session("/fragmented");
  REQUIRE(session.hears(3));
  CHECK(session.journal.lines[1] == "text h\u00e9llo w\u00f6rld");
  CHECK(session.journal.lines[2] == "binary 256");
}

TEST_CASE("on a server: a leading BOM arrives [R6]", "[server]") {
  if (is_node()) SKIP("Node's own WebSocket strips it before hawser can see it (docs/caveats.md)");
  Session session("/bom");
  REQUIRE(session.hears(2));
  CHECK(session.journal.lines[1] == "text \ufeffbom");
}

TEST_CASE("on a server: U+0000 and astral characters arrive [R6]", "[server]") {
  Session session("/bom");
  REQUIRE(session.hears(4));
  CHECK(session.journal.lines[2] == "text a\0b"s);
  CHECK(session.journal.lines[3] == "text \U0001F600\U00010348\U0010FFFF");
}

TEST_CASE(
    "on a server: the buffered amount rises while the peer does not read, and falls when it does",
    "[server]") {
  Session session("/slow-reader?ms=300");
  REQUIRE(session.opens());
  CHECK(session.socket.buffered_amount() == 0);
  const std::vector<std::byte> bytes(32 << 20);
  CHECK(session.socket.send(bytes));
  CHECK(session.socket.buffered_amount() > 0);
  CHECK(session.socket.buffered_amount() <= bytes.size() + 14);
  CHECK(wait_until([&] { return session.socket.buffered_amount() == 0; }));
  CHECK(session.socket.send("done"));
  REQUIRE(session.hears(2));
  CHECK(session.journal.lines.back() == "text " + std::to_string(bytes.size()));
}

TEST_CASE("on a server: a flood arrives complete and in order while the test is suspended [R6]",
          "[server]") {
  const bool is_text = GENERATE(true, false);
  Session session("/flood?count=2000&size=64&kind="s + (is_text ? "text" : "binary"));
  std::uint32_t received = 0;
  bool is_in_order = true;
  session.socket.on_message([&](const hawser::Message& message) {
    std::uint32_t index = 0;
    if (message.is_text()) {
      index = static_cast<std::uint32_t>(
          std::strtoul(std::string(message.text()).c_str(), nullptr, 10));
    } else {
      std::memcpy(&index, message.bytes().data(), sizeof index);
    }
    is_in_order = is_in_order && message.is_text() == is_text && message.bytes().size() == 64 &&
                  index == received;
    ++received;
  });
  REQUIRE(session.ends());
  CHECK(received == 2000);
  CHECK(is_in_order);
  CHECK(session.journal.lines == Lines{"open", "close 1000  clean"});
}

TEST_CASE(
    "on a server: close while connecting cancels the attempt, and is reported once, later [R3]",
    "[server]") {
  const auto* const path = GENERATE("/echo", "/no-answer", "/refuse");
  Session session(path);
  CHECK(session.socket.close());
  CHECK(session.journal.lines.empty());
  REQUIRE(session.ends());
  Session next("/echo");
  REQUIRE(next.opens());
  CHECK(session.journal.lines == Lines{error_line(Error::aborted), "close 1006  unclean"});
}

TEST_CASE("on a server: a socket destroyed in its own handler reports nothing more [R4]",
          "[server]") {
  std::optional socket =
      hawser::WebSocket::open(server("/flood?count=100&size=16&kind=text")).value();
  int messages = 0;
  socket->on_message([&](const hawser::Message&) {
    ++messages;
    socket.reset();
  });
  socket->on_close([](const hawser::CloseEvent&) { FAIL("on_close after the destructor"); });
  REQUIRE(wait_until([&] { return messages > 0; }));
  Session next("/echo");
  REQUIRE(next.opens());
  CHECK(messages == 1);
}

TEST_CASE("on a server: no message arrives after close, even if the peer keeps sending [R4]",
          "[server]") {
  Session session("/flood?count=5000&size=1000&kind=binary");
  int messages = 0;
  session.socket.on_message([&](const hawser::Message&) {
    ++messages;
    CHECK(session.socket.close());
  });
  REQUIRE(session.ends());
  CHECK(messages == 1);
}

TEST_CASE("on a server: a hundred sockets at once do not mix up their messages [R9]", "[server]") {
  std::vector<std::unique_ptr<Session>> sessions;
  for (int i = 0; i < 100; ++i) sessions.push_back(std::make_unique<Session>("/echo"));
  for (auto& session : sessions) REQUIRE(session->opens());
  for (std::size_t i = 0; i < sessions.size(); ++i)
    CHECK(sessions[i]->socket.send(std::to_string(i)));
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    REQUIRE(sessions[i]->hears(2));
    CHECK(sessions[i]->journal.lines.back() == "text " + std::to_string(i));
  }
}

TEST_CASE("a Blob, shared memory and a string are sent, and come back as values") {
  using emscripten::val;
  Session session("/echo");
  std::vector<val> values;
  session.socket.on_value([&](const val& data) { values.push_back(data); });
  REQUIRE(session.opens());

  const val parts = val::array(std::vector<val>{val("bl"), val("ob")});
  REQUIRE(session.socket.send(val::global("Blob").new_(parts)));
  REQUIRE(session.socket.send(
      val::global("Uint8Array").new_(val::global("SharedArrayBuffer").new_(3))));
  REQUIRE(session.socket.send(val::u8string("t€xt")));
  REQUIRE(wait_until([&] { return values.size() == 3; }));
  CHECK(val::global("TextDecoder").new_().call<std::string>("decode", values[0]) == "blob");
  CHECK(values[1]["byteLength"].as<int>() == 3);
  CHECK(values[2].as<std::string>() == "t€xt");
}

TEST_CASE("a binary message is delivered as a Blob if a handler of values asks for one") {
  using emscripten::val;
  Session session("/echo");
  std::optional<val> value;
  session.socket.on_value([&](const val& data) { value = data; }, hawser::BinaryType::blob);
  REQUIRE(session.opens());
  REQUIRE(session.socket.send(std::as_bytes(std::span("123", 3))));
  REQUIRE(wait_until([&] { return value.has_value(); }));
  CHECK(value->instanceof(val::global("Blob")));
  CHECK((*value)["size"].as<int>() == 3);
}

TEST_CASE(
    "on a server: a message larger than max_message_size is refused before wasm memory is "
    "allocated",
    "[server]") {
  const auto* const kind = GENERATE("binary", "text");
  CAPTURE(kind);
  const Memory before;
  Session session("/flood?count=2&size=20000000&kind="s + kind, {.max_message_size = 1 << 20});
  REQUIRE(session.ends());
  CHECK(session.journal.lines.at(1) == error_line(Error::message_too_large));
  CHECK(session.journal.lines.size() == 3);
  CHECK(session.journal.end->error == Error::message_too_large);
  CHECK(Memory().used < before.used + (1 << 20));
}

TEST_CASE("on a server: a message of max_message_size bytes is received", "[server]") {
  Session session("/flood?count=1&size=1048576&kind=binary", {.max_message_size = 1 << 20});
  REQUIRE(session.ends());
  CHECK(session.journal.lines.at(1) == "binary 1048576");
}
