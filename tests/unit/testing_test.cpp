// The testing kit as an app's tests use it. All the other tests show that it behaves as browsers
// do.

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>
#include <hawser/session.hpp>
#include <hawser/testing/browser.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

using hawser::testing::Browser;
using hawser::testing::Engine;
using hawser::testing::Failure;
using hawser::testing::Peer;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace {

constexpr std::array engines{Engine::chromium, Engine::firefox, Engine::webkit, Engine::node20,
                             Engine::node26};

/// The sentence of the failure, without the file and line at its start.
std::string failure_of(const std::function<void()>& expectation) {
  try {
    expectation();
  } catch (const Failure& failure) {
    const std::string text = failure.what();
    CHECK_THAT(text, Catch::Matchers::ContainsSubstring("testing_test.cpp:"));
    return text.substr(text.find(": ") + 2);
  }
  return "no failure";
}

/// A socket that notes its events.
struct Noted {
  explicit Noted(const std::string& url = "ws://host/",
                 const hawser::WebSocketOptions& options = {})
      : socket(hawser::WebSocket::open(url, options).value()) {
    socket.on_open([this] { lines.emplace_back("open"); });
    socket.on_message(
        [this](const hawser::Message& message) { lines.emplace_back(message.text()); });
    socket.on_error([this](hawser::Error error) { lines.emplace_back(hawser::name(error)); });
    socket.on_close([this](const hawser::CloseEvent& end) {
      lines.push_back("close " + std::to_string(end.code));
    });
  }

  hawser::WebSocket socket;
  Lines lines;
};

}  // namespace

TEST_CASE("testing: a peer accepts, sends and receives") {
  Browser browser;
  Noted app("ws://host/", {.protocols = {"superchat", "chat"}});
  auto peer = browser.expect_connection("ws://host/");
  CHECK_FALSE(peer.is_open());
  peer.accept({.protocol = "chat", .extensions = "permessage-deflate"});
  CHECK(peer.is_open());
  CHECK(app.socket.protocol() == "chat");
  CHECK(app.socket.extensions() == "permessage-deflate");
  CHECK(app.socket.send("hello"));
  CHECK(app.socket.send(std::array<unsigned char, 2>{1, 255}));
  peer.expect_text("hello");
  const std::array bytes{std::byte{1}, std::byte{255}};
  peer.expect_binary(bytes);
  peer.expect_nothing();
  peer.send("news");
  peer.send(bytes);
  CHECK(app.lines == Lines{"open", "news", "\1\xff"});
}

TEST_CASE("testing: a peer knows the URL and the subprotocols") {
  Browser browser;
  const auto socket = hawser::WebSocket::open("ws://host/feed", {.protocols = {"v2", "v1"}});
  const auto peer = browser.expect_connection();
  CHECK(peer.url() == "ws://host/feed");
  CHECK(peer.protocols() == std::vector<std::string>{"v2", "v1"});
}

TEST_CASE("testing: a peer selects the first subprotocol, unless the test names another") {
  Browser browser;
  const Noted app("ws://host/", {.protocols = {"v2", "v1"}});
  browser.expect_connection().accept();
  CHECK(app.socket.protocol() == "v2");
  const Noted none;
  browser.expect_connection().accept();
  CHECK(none.socket.protocol().empty());
}

TEST_CASE("testing: a handshake with a subprotocol that was not offered fails in every engine") {
  for (const auto engine : engines) {
    CAPTURE(hawser::testing::name(engine));
    Browser browser({.engine = engine});
    const Noted app("ws://host/", {.protocols = {"v1"}});
    browser.expect_connection().accept({.protocol = "v2"});
    browser.advance(1s);
    CHECK(app.lines == Lines{"connection_failed", "close 1006"});
  }
}

TEST_CASE("testing: Chromium and Node insist on a subprotocol, and the others don't") {
  for (const auto engine : engines) {
    CAPTURE(hawser::testing::name(engine));
    Browser browser({.engine = engine});
    const Noted app("ws://host/", {.protocols = {"v1"}});
    browser.expect_connection().accept({.protocol = ""});
    const bool insists = engine != Engine::firefox && engine != Engine::webkit;
    CHECK(app.lines.front() == (insists ? "connection_failed" : "open"));
  }
}

TEST_CASE(
    "testing: text with U+0000 and every plane, and messages of 0 bytes, arrive on both sides") {
  using namespace std::string_view_literals;
  Browser browser;
  Noted app;
  auto peer = browser.expect_connection();
  peer.accept();
  for (const auto text : {""sv, "a\0b"sv, "\u00e9\u20ac\U0001f600"sv, "\ufeffbom"sv}) {
    CHECK(app.socket.send(text));
    peer.expect_text(text);
    peer.send(text);
    CHECK(app.lines.back() == text);
  }
}

TEST_CASE("testing: in every engine, a refused handshake is one error and one close for the app") {
  for (const auto engine : engines) {
    CAPTURE(hawser::testing::name(engine));
    Browser browser({.engine = engine});
    const Noted app;
    browser.expect_connection().refuse();
    browser.advance(1s);
    CHECK(app.lines == Lines{"connection_failed", "close 1006"});
  }
}

TEST_CASE("testing: in every engine, a lost connection is one error and one close for the app") {
  for (const auto engine : engines) {
    CAPTURE(hawser::testing::name(engine));
    Browser browser({.engine = engine});
    const Noted app;
    auto peer = browser.expect_connection();
    peer.accept();
    peer.cut();
    browser.advance(1s);
    CHECK(app.lines == Lines{"open", "connection_lost", "close 1006"});
  }
}

TEST_CASE("testing: both sides may close, and the peer's answer may be late or never come") {
  Browser browser;
  Noted app;
  auto peer = browser.expect_connection();
  peer.accept();
  SECTION("the peer closes") {
    peer.close(4000, "done");
    CHECK(app.lines == Lines{"open", "close 4000"});
  }
  SECTION("the application closes") {
    CHECK(app.socket.close(4001, "bye"));
    const auto frame = peer.expect_close();
    CHECK(frame.code == 4001);
    CHECK(frame.reason == "bye");
    browser.advance(3s);
    CHECK(app.lines == Lines{"open"});
    peer.answer_close();
    CHECK(app.lines == Lines{"open", "close 4001"});
  }
  SECTION("there is no answer") {
    CHECK(app.socket.close());
    browser.advance(5s);
    CHECK(app.lines == Lines{"open", "connection_timed_out", "close 1006"});
  }
  SECTION("the application destroys its socket") {
    app.socket = {};
    CHECK(peer.expect_close().code == 1005);
    peer.send("too late");
    CHECK(app.lines == Lines{"open"});
  }
}

TEST_CASE("testing: a peer that stalls fills the app's buffer, and empties it when it resumes") {
  Browser browser;
  Noted app;
  auto peer = browser.expect_connection();
  peer.accept();
  peer.stall();
  CHECK(app.socket.send("1234"));
  CHECK(app.socket.send("\u20ac"));
  CHECK(app.socket.buffered_amount() == 7);
  peer.resume();
  CHECK(app.socket.buffered_amount() == 0);
  CHECK(app.socket.send("5"));
  CHECK(app.socket.buffered_amount() == 0);
}

TEST_CASE("testing: a stalled peer sees nothing until it reads again") {
  Browser browser;
  Noted app;
  auto peer = browser.expect_connection();
  peer.accept();
  CHECK(app.socket.send("before"));
  peer.stall();
  CHECK(app.socket.send("after"));
  CHECK(app.socket.close(4000, "enough"));
  peer.expect_text("before");
  peer.expect_nothing();
  peer.resume();
  peer.expect_text("after");
  CHECK(peer.expect_close().code == 4000);
}

TEST_CASE("testing: an echo server of three lines serves every connection") {
  Browser browser;
  browser.on_connection([](Peer peer) {
    peer.accept();
    peer.on_message([peer](const hawser::Message& message) mutable { peer.send(message); });
  });
  Noted first;
  const Noted second;
  browser.run_until_idle();
  CHECK(first.socket.send("one"));
  CHECK(first.socket.send("two"));
  browser.run_until_idle();
  CHECK(first.lines == Lines{"open", "one", "two"});
  CHECK(second.lines == Lines{"open"});
  browser.expect_no_connection();
}

TEST_CASE("testing: a server that answers by itself answers a Close frame once it has read it") {
  Browser browser;
  browser.on_connection([](Peer peer) { peer.accept(); });
  Noted app;
  browser.run_until_idle();
  CHECK(app.socket.send("a message that it does not read"));
  browser.peer().stall();
  CHECK(app.socket.close(4000, "enough"));
  browser.run_until_idle();
  CHECK(app.lines == Lines{"open"});
  browser.peer().resume();
  browser.run_until_idle();
  CHECK(app.lines == Lines{"open", "close 4000"});
}

TEST_CASE("testing: on_close replaces the answer to a Close frame") {
  Browser browser;
  std::vector<int> codes;
  browser.on_connection([&](Peer peer) {
    peer.accept();
    peer.on_close(
        [&codes](const hawser::testing::CloseFrame& frame) { codes.push_back(frame.code); });
  });
  Noted app;
  browser.run_until_idle();
  CHECK(app.socket.close());
  browser.run_until_idle();
  browser.run_until_idle();
  CHECK(codes == std::vector{1000});
  CHECK(app.lines == Lines{"open"});
}

TEST_CASE("testing: a session reconnects when it should, and not before") {
  Browser browser;
  hawser::Session session("ws://host/",
                          {.reconnect = {.backoff = {.base = 1s, .jitter = hawser::Jitter::none}}});
  CHECK(session.send("queued"));
  browser.expect_connection().refuse();
  browser.advance(999ms);
  browser.expect_no_connection();
  browser.advance(1ms);
  auto peer = browser.expect_connection();
  peer.accept();
  peer.expect_text("queued");
}

TEST_CASE("testing: a session waits for the network, and checks again when the page is visible") {
  Browser browser;
  hawser::Session session("ws://host/");
  auto peer = browser.expect_connection();
  peer.accept();
  browser.go_offline();
  peer.cut();
  browser.advance(1h);
  browser.expect_no_connection();
  browser.go_online();
  browser.advance(1s);
  browser.expect_connection("ws://host/").accept();
}

TEST_CASE("testing: a peer sends only on an open connection") {
  Browser browser;
  int messages = 0;
  auto socket = hawser::WebSocket::open("ws://host/").value();
  socket.on_message([&](const hawser::Message&) { ++messages; });
  auto peer = browser.expect_connection();
  CHECK_THROWS_AS(peer.send("early"), Failure);
  peer.raise_message("early");
  CHECK(messages == 0);  // the socket ignores what no engine does
  peer.accept();
  peer.send("news");
  CHECK(messages == 1);
  peer.cut();
  peer.send("late");
  CHECK(messages == 1);
}

TEST_CASE("testing: a session that starts offline waits for the network") {
  Browser browser;
  browser.go_offline();
  const hawser::Session session("ws://host/");
  browser.advance(1h);
  browser.expect_no_connection();
  browser.go_online();
  browser.expect_connection();
}

TEST_CASE(
    "testing: a page that is left freezes, loses its connections, and reports that when it "
    "returns") {
  const auto engine = GENERATE(Engine::chromium, Engine::node26);
  Browser browser({.engine = engine});
  Noted open;
  auto peer = browser.expect_connection();
  peer.accept();
  Noted connecting;
  auto other = browser.expect_connection();
  Noted closed;
  auto last = browser.expect_connection();
  last.refuse();
  open.lines.clear();
  closed.lines.clear();

  browser.leave_page();
  browser.leave_page();
  peer.send("late");
  peer.close(1000);
  other.accept();
  browser.advance(1h);
  browser.block(1h);
  CHECK(open.lines.empty());
  CHECK(connecting.lines.empty());
  CHECK(failure_of([&] { peer.expect_text("hello"); }) ==
        "expected the text \"hello\" from the application, but it has sent nothing on ws://host/: "
        "the page was left");

  browser.return_to_page();
  browser.return_to_page();
  CHECK(open.lines == Lines{"connection_lost", "close 1006"});
  CHECK(connecting.lines == Lines{"connection_failed", "close 1006"});
  CHECK(closed.lines.empty());
}

TEST_CASE("testing: a session makes no attempt while its page is left, and one when it returns") {
  Browser browser;
  const hawser::Session session("ws://host/");
  browser.expect_connection().accept();
  browser.leave_page();
  browser.advance(1h);
  browser.expect_no_connection();
  browser.return_to_page();
  browser.expect_connection().accept();
}

TEST_CASE("testing: each browser starts with a visible page that is online") {
  const auto leave = [](Browser& browser) { browser.leave_page(); };
  const auto hide = [](Browser& browser) { browser.hide_page(); };
  const auto go_offline = [](Browser& browser) { browser.go_offline(); };
  for (void (*change)(Browser&) : {+leave, +hide, +go_offline}) {
    {
      Browser browser;
      const hawser::Session session("ws://host/");
      change(browser);
    }
    Browser browser;
    const hawser::Session session("ws://host/", {.when_hidden = hawser::WhenHidden::close});
    auto peer = browser.expect_connection();
    peer.accept();
    browser.advance(1h);
    peer.expect_nothing();
    CHECK_FALSE(session.status().is_offline);
  }
}

TEST_CASE("testing: the same seed draws the same delays, natively and in wasm") {
  const auto first_delay = [](std::uint64_t seed) {
    Browser browser({.seed = seed});
    const hawser::Session session("ws://host/");
    browser.expect_connection().refuse();
    return session.status().retry_in;
  };
  CHECK(first_delay(1) == first_delay(1));
  CHECK(first_delay(1) != first_delay(2));
  CHECK(first_delay(1) == 344ms);
}

TEST_CASE("testing: a failure says what was expected and what happened") {
  Browser browser;
  CHECK(failure_of([&] { browser.expect_connection(); }) ==
        "expected a connection, but the application has started none");
  CHECK(failure_of([&] { browser.peer(); }) == "the application has started no connection");
  Noted app;
  CHECK(failure_of([&] { browser.expect_no_connection(); }) ==
        "expected no connection, but the application connects to ws://host/");
  CHECK(failure_of([&] { browser.expect_connection("ws://other/"); }) ==
        "expected a connection to ws://other/, but the application connects to ws://host/");
  CHECK(failure_of([&] { browser.expect_connection("ws://other/"); }) ==
        "expected a connection to ws://other/, but the application has started no further one (a "
        "delayed attempt starts only in advance())");
  CHECK(failure_of([&] { browser.peer().send("news"); }) ==
        "the peer can't send the text \"news\" on ws://host/: the connection is not open yet: "
        "accept() opens it");
  auto peer = browser.peer();
  CHECK(failure_of([&] { peer.expect_text("hello"); }) ==
        "expected the text \"hello\" from the application, but it has sent nothing on ws://host/: "
        "the connection is not "
        "open yet: accept() opens it");
  peer.accept();
  CHECK(app.socket.send("hallo"));
  CHECK(failure_of([&] { peer.expect_text("hello"); }) ==
        "expected the text \"hello\" from the application, but it sent the text \"hallo\"");
  CHECK(app.socket.send(std::array<unsigned char, 3>{1, 2, 255}));
  CHECK(failure_of([&] { peer.expect_nothing(); }) ==
        "expected nothing more from the application, but it sent 3 bytes (01 02 ff)");
  CHECK(failure_of([&] { peer.expect_close(); }) ==
        "expected the application to close the connection, but it sent 3 bytes (01 02 ff) on "
        "ws://host/");
  CHECK(failure_of([&] { peer.expect_binary({}); }) ==
        "expected 0 bytes from the application, but it sent 3 bytes (01 02 ff)");
  CHECK(failure_of([&] { peer.expect_message(); }) ==
        "expected a message from the application, but it has sent nothing more on ws://host/: the "
        "connection is open");
  CHECK(app.socket.send(std::string(300, 'x')));
  CHECK(failure_of([&] { peer.expect_text("y"); }) ==
        "expected the text \"y\" from the application, but it sent the text \"" +
            std::string(200, 'x') + "…\" (300 bytes)");
  CHECK(app.socket.close(4001, "bye"));
  CHECK(failure_of([&] { peer.expect_text("y"); }) ==
        "expected the text \"y\" from the application, but it closed the connection with code 4001 "
        "and the reason "
        "\"bye\" "
        "on ws://host/");
  peer.expect_close();
  CHECK(failure_of([&] { peer.expect_close(); }) ==
        "expected the application to close the connection, but it has sent nothing more on "
        "ws://host/: the connection "
        "is closing");
}

TEST_CASE("testing: a peer fails if no server could do that") {
  Browser browser;
  Noted app;
  auto peer = browser.expect_connection();
  const auto closes = [&](int code, const std::string& reason = {}) {
    return failure_of([&] { peer.close(code, reason); });
  };

  SECTION("before the handshake") {
    const std::string not_open =
        "the peer can't close the connection on ws://host/: the connection is not open yet: "
        "accept() opens it";
    CHECK(closes(1000) == not_open);
    CHECK(failure_of([&] { peer.begin_close(); }) == not_open);
    CHECK(failure_of([&] { peer.answer_close(); }) ==
          "the peer can't answer a Close frame on ws://host/: the application has sent none");
    CHECK(app.lines.empty());
  }
  SECTION("a second answer") {
    peer.accept();
    CHECK(failure_of([&] { peer.accept(); }) ==
          "the peer can't accept the connection on ws://host/: the connection is open");
    CHECK(failure_of([&] { peer.refuse(); }) ==
          "the peer can't refuse the connection on ws://host/: the connection is open");
    CHECK(app.lines == Lines{"open"});
  }
  SECTION("a Close frame that cannot be") {
    peer.accept();
    for (const int code : {0, 999, 1006, 1015, 5000}) {
      CHECK(closes(code) ==
            "the peer can't close the connection on ws://host/: no Close frame may have the code " +
                std::to_string(code) + " (cut() ends a connection without a Close frame)");
    }
    CHECK(closes(1000, std::string(124, 'r')) ==
          "the peer can't close the connection on ws://host/: a close reason has at most 123 "
          "bytes, and this one has 124");
    CHECK(closes(1005, "why") ==
          "the peer can't close the connection on ws://host/: a Close frame without a code has no "
          "reason");
    CHECK(app.lines == Lines{"open"});
    peer.close(1005);
    CHECK(app.lines == Lines{"open", "close 1005"});
  }
  SECTION("an answer to a Close frame that it has not read") {
    peer.accept();
    peer.stall();
    CHECK(app.socket.close(4001, "bye"));
    CHECK(failure_of([&] { peer.answer_close(); }) ==
          "the peer can't answer a Close frame on ws://host/: it reads nothing: resume() lets it "
          "read");
    CHECK(app.lines == Lines{"open"});
    peer.resume();
    peer.answer_close();
    CHECK(app.lines == Lines{"open", "close 4001"});
  }
  SECTION("anything after its Close frame") {
    peer.accept();
    peer.begin_close();
    CHECK(failure_of([&] { peer.send("late"); }) ==
          "the peer can't send the text \"late\" on ws://host/: it has sent its Close frame");
    CHECK(failure_of([&] { peer.begin_close(); }) ==
          "the peer can't close the connection on ws://host/: it has sent its Close frame");
    peer.close();
    CHECK(app.lines == Lines{"open", "close 1000"});
  }
}

TEST_CASE("testing: after the end, a peer's actions do nothing, except a second answer") {
  for (const auto engine : engines) {
    for (const std::string_view end : {"refused", "not offered", "cut early", "cut", "closed"}) {
      CAPTURE(engine, end);
      Browser browser({.engine = engine});
      Noted app;
      auto peer = browser.expect_connection();
      std::string state = "the handshake has failed";
      if (end == "refused") peer.refuse();
      if (end == "not offered") peer.accept({.protocol = "v2"});
      if (end == "cut early") peer.cut();
      if (end == "cut" || end == "closed") {
        peer.accept();
        end == "cut" ? peer.cut() : peer.close(4000);
        state = "the connection is closed";
      }
      peer.send("late");
      peer.begin_close();
      peer.answer_close();
      peer.close();
      peer.cut();
      CHECK_FALSE(peer.is_open());
      CHECK(failure_of([&] { peer.accept(); }) ==
            "the peer can't accept the connection on ws://host/: " + state);
      CHECK(failure_of([&] { peer.refuse(); }) ==
            "the peer can't refuse the connection on ws://host/: " + state);
      browser.advance(1s);
      if (end == "closed")
        CHECK(app.lines == Lines{"open", "close 4000"});
      else if (end == "cut")
        CHECK(app.lines == Lines{"open", "connection_lost", "close 1006"});
      else
        CHECK(app.lines == Lines{"connection_failed", "close 1006"});
    }
  }
}

TEST_CASE("testing: a peer does not know yet that the application has given up") {
  Browser browser;
  Noted app;
  auto peer = browser.expect_connection();
  SECTION("before it accepts") {
    CHECK(app.socket.close());
    peer.accept();
    browser.advance(1s);
    CHECK(app.lines == Lines{"aborted", "close 1006"});
  }
  SECTION("before it refuses") {
    app.socket = {};
    peer.refuse();
    CHECK(app.lines.empty());
  }
  SECTION("before it sends and closes") {
    app.socket = {};
    peer.send("late");
    peer.close();
    peer.accept();
    CHECK(app.lines.empty());
  }
  CHECK_FALSE(peer.is_open());
  CHECK(peer.expect_close().code == 1005);
  peer.expect_nothing();
  CHECK(browser.made_calls() == 2);
}

TEST_CASE("testing: a peer may close after the application has destroyed its socket") {
  Browser browser;
  Noted app;
  auto peer = browser.expect_connection();
  peer.accept();
  app.socket = {};
  peer.send("late");
  CHECK(peer.expect_close().code == 1005);
  SECTION("as its answer") { peer.answer_close(); }
  SECTION("by itself") { peer.close(); }
  CHECK_FALSE(peer.is_open());
  CHECK(app.lines == Lines{"open"});
}

TEST_CASE("testing: what a peer does while the page is left does not arrive") {
  Browser browser;
  Noted app;
  auto peer = browser.expect_connection();
  const bool is_open = GENERATE(false, true);
  if (is_open) peer.accept();
  const auto before = app.lines;
  browser.leave_page();
  peer.accept();
  peer.refuse();
  peer.send("late");
  peer.begin_close();
  peer.answer_close();
  peer.close();
  peer.cut();
  CHECK(app.lines == before);
  browser.return_to_page();
  CHECK(app.lines == (is_open ? Lines{"open", "connection_lost", "close 1006"}
                              : Lines{"connection_failed", "close 1006"}));
}

TEST_CASE("testing: a failure mentions exceptions that escaped handlers") {
  Browser browser;
  Noted app;
  auto peer = browser.expect_connection();
  peer.accept();
  app.socket.on_message([](const hawser::Message&) { throw std::runtime_error("on purpose"); });
  peer.send("go");
  CHECK(failure_of([&] { peer.expect_text("reply"); }) ==
        "expected the text \"reply\" from the application, but it has sent nothing on ws://host/: "
        "the connection is open "
        "(an exception has left handlers of the application)");
}

TEST_CASE("testing: blocking the thread lets timers run late, before events that were queued") {
  Browser browser;
  Lines lines;
  auto socket = hawser::WebSocket::open("ws://host/", {.connect_timeout = 10s}).value();
  socket.on_error([&](hawser::Error error) { lines.emplace_back(hawser::name(error)); });
  browser.block(60s);
  CHECK(lines.empty());  // the peer may have answered in time
  browser.expect_connection().accept();
  CHECK(socket.ready_state() == hawser::ReadyState::open);
  CHECK(lines.empty());
}

TEST_CASE("testing: a browser whose policy forbids the connection") {
  Browser browser;
  browser.throw_from_constructor("SecurityError");
  CHECK(hawser::WebSocket::open("ws://host/").error() == hawser::Error::blocked);
  CHECK(browser.connections() == 0);
  browser.behave();
  CHECK(hawser::WebSocket::open("ws://host/"));
  CHECK(browser.connections() == 1);
}
