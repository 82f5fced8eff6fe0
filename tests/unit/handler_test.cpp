// Handlers may do anything [R11], and may throw [R1].

#include <catch_amalgamated.hpp>
#include <hawser/hawser.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>

#include "allocations.hpp"
#include "opened.hpp"

using hawser::Error;
using hawser::ReadyState;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

/// Counts live objects that a handler captured.
struct Captured {
  explicit Captured(int& count) : alive(&count) { ++count; }
  Captured(const Captured& other) : alive(other.alive) { ++*alive; }
  Captured& operator=(const Captured&) = delete;
  ~Captured() { --*alive; }
  int* alive;
};

}  // namespace

TEST_CASE("a socket may be destroyed inside on_open [R11]") {
  hawser::testing::Browser browser;
  int alive = 0;
  std::optional socket = hawser::WebSocket::open("ws://host/").value();
  socket->on_open([&, captured = Captured(alive)] {
    socket.reset();
    CHECK(*captured.alive == 1);  // the running handler still exists
  });
  socket->on_close([](const hawser::CloseEvent&) { FAIL("on_close after the destructor"); });
  browser.peer().accept();
  CHECK(alive == 0);
  browser.peer().close(1000);
}

TEST_CASE(
    "a socket may be destroyed inside on_message, and the message stays valid until the handler "
    "returns [R11]") {
  hawser::testing::Browser browser;
  std::optional socket = hawser::WebSocket::open("ws://host/").value();
  std::string received;
  socket->on_message([&](const hawser::Message& message) {
    socket.reset();
    received = message.text();
  });
  browser.peer().accept();
  browser.peer().send("the last one");
  browser.peer().send("unheard");
  CHECK(received == "the last one");
}

TEST_CASE("a socket may be destroyed inside on_error, and then gets no on_close [R11]") {
  const bool has_error_event = GENERATE(true, false);
  hawser::testing::Browser browser;
  std::optional socket = hawser::WebSocket::open("ws://host/").value();
  int errors = 0;
  socket->on_error([&](Error) {
    socket.reset();
    ++errors;
  });
  socket->on_close([](const hawser::CloseEvent&) { FAIL("on_close after the destructor"); });
  if (has_error_event) browser.peer().raise_error();
  browser.peer().cut();
  browser.advance(1h);
  CHECK(errors == 1);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE(
    "a socket may be destroyed inside on_close, and the event stays valid until the handler "
    "returns [R11]") {
  hawser::testing::Browser browser;
  std::optional socket = hawser::WebSocket::open("ws://host/").value();
  std::string reason;
  socket->on_close([&](const hawser::CloseEvent& event) {
    socket.reset();
    reason = event.reason;
  });
  browser.peer().accept();
  browser.peer().close(4000, "a reason that is too long for the small string optimisation");
  CHECK(reason == "a reason that is too long for the small string optimisation");
}

TEST_CASE("a socket may be destroyed inside a handler that a timer called [R11]") {
  hawser::testing::Browser browser;
  std::optional socket = hawser::WebSocket::open("ws://host/", {.connect_timeout = 1s}).value();
  socket->on_error([&](Error) { socket.reset(); });
  browser.advance(1h);
  CHECK_FALSE(socket);
  CHECK(browser.pending_timers() == 0);
}

TEST_CASE("a socket may be moved inside its own handler [R11]") {
  Opened opened;
  std::optional<hawser::WebSocket> target;
  int count = 0;
  opened.socket.on_message([&](const hawser::Message&) {
    if (++count == 1) target = std::move(opened.socket);
    CHECK(target->send("from there"));
  });
  opened.browser.peer().send("one");
  opened.browser.peer().send("two");
  CHECK(count == 2);
  CHECK(opened.browser.calls().back() == "send text from there");
}

TEST_CASE("a socket may be replaced by a new one inside its own on_close [R11]") {
  Opened opened;
  opened.socket.on_close([&](const hawser::CloseEvent&) {
    opened.socket = hawser::WebSocket::open("ws://again/").value();
    opened.journal.listen_to(opened.socket);
  });
  opened.browser.peer().cut();
  opened.browser.peer().accept();
  opened.browser.peer().send("again");
  CHECK(opened.journal.lines == Lines{error_line(Error::connection_lost), "open", "text again"});
}

TEST_CASE("a handler may replace itself while it runs [R11]") {
  Opened opened;
  int alive = 0;
  Lines lines;
  opened.socket.on_message([&, captured = Captured(alive)](const hawser::Message&) {
    opened.socket.on_message([&](const hawser::Message&) { lines.emplace_back("second"); });
    lines.push_back("first " + std::to_string(*captured.alive));
  });
  opened.browser.peer().send("");
  CHECK(alive == 0);
  opened.browser.peer().send("");
  CHECK(lines == Lines{"first 1", "second"});
}

TEST_CASE("a handler may send, close, and open other sockets [R11]") {
  Opened opened;
  std::vector<hawser::WebSocket> others;
  opened.socket.on_message([&](const hawser::Message& message) {
    CHECK(opened.socket.send(message.text()));
    others.push_back(hawser::WebSocket::open("ws://other/").value());
    CHECK(opened.socket.close(3000, "enough"));
    CHECK(opened.socket.send("more").error() == Error::already_closing);
  });
  opened.browser.peer().send("hello");
  CHECK(opened.browser.calls() ==
        Lines{"new ws://host/ []", "send text hello", "new ws://other/ []", "close 3000 enough"});
}

TEST_CASE("a handler may grow memory while it holds a message [R11]") {
  Opened opened;
  const std::string text(1000, 't');
  std::string received;
  std::vector<std::unique_ptr<char[]>> much;
  opened.socket.on_message([&](const hawser::Message& message) {
    for (int i = 0; i < 8; ++i) much.push_back(std::make_unique<char[]>(8 << 20));
    received = message.text();
    CHECK(opened.socket.send(message.text()));
  });
  opened.browser.peer().send(text);
  CHECK(received == text);
  opened.browser.peer().send(text);
  CHECK(opened.browser.calls().back() == "send text " + text);
}

TEST_CASE(
    "a message that arrives inside a handler does not overwrite the one the handler holds [R8]") {
  Opened opened;
  Lines lines;
  opened.socket.on_message([&](const hawser::Message& message) {
    if (message.text() == "outer") opened.browser.peer().send("inner");
    lines.emplace_back(message.text());
  });
  for (const auto* const text : {"before", "outer", "after"}) opened.browser.peer().send(text);
  CHECK(lines == Lines{"before", "inner", "outer", "after"});
}

TEST_CASE("a socket that is opened after all others are gone receives [R8]") {
  for (int i = 0; i < 3; ++i) {
    Opened opened;
    opened.browser.peer().send("first");
    opened.browser.peer().send("second");
    CHECK(opened.journal.lines == Lines{"text first", "text second"});
  }
}

TEST_CASE("a socket destroyed by a nested event stays alive for the outer one [R11]") {
  hawser::testing::Browser browser;
  std::optional socket = hawser::WebSocket::open("ws://host/").value();
  int alive = 0;
  socket->on_message([&, captured = Captured(alive)](const hawser::Message& message) {
    if (message.text() == "inner") return socket.reset();
    browser.peer().send("inner");
    CHECK(*captured.alive == 1);
    CHECK(message.text() == "outer");
  });
  browser.peer().accept();
  browser.peer().send("outer");
  CHECK(alive == 0);
}

TEST_CASE("a handler that throws is reported, and the socket keeps working [R1]") {
  Opened opened;
  int count = 0;
  opened.socket.on_message([&](const hawser::Message&) {
    if (++count <= 2000) throw std::runtime_error("the app's own");
  });
  for (int i = 0; i < 2000; ++i) opened.browser.peer().send("again");
  CHECK(opened.browser.reported_exceptions() == 2000);
  opened.browser.peer().send("fine");
  CHECK(count == 2001);
  CHECK(opened.browser.reported_exceptions() == 2000);
}

TEST_CASE("an exception that a handler threw is no longer in flight for the next handler [R1]") {
  Opened opened;
  int in_flight = -1;
  opened.socket.on_message([](const hawser::Message&) { throw 1; });
  opened.browser.peer().send("");
  opened.socket.on_message([&](const hawser::Message&) { in_flight = std::uncaught_exceptions(); });
  opened.browser.peer().send("");
  CHECK(in_flight == 0);
}

TEST_CASE("a handler that destroys its socket and throws leaves nothing behind [R1]") {
  hawser::testing::Browser browser;
  int alive = 0;
  std::optional socket = hawser::WebSocket::open("ws://host/").value();
  socket->on_message([&, captured = Captured(alive)](const hawser::Message&) {
    socket.reset();
    throw 1;
  });
  browser.peer().accept();
  browser.peer().send("");
  CHECK(browser.reported_exceptions() == 1);
  CHECK(alive == 0);
}

TEST_CASE("on_close follows even if on_error throws [R3]") {
  const bool has_error_event = GENERATE(true, false);
  Opened opened;
  opened.socket.on_error([&](Error) { throw 1; });
  if (has_error_event) opened.browser.peer().raise_error();
  opened.browser.peer().cut();
  opened.browser.advance(1h);
  CHECK(opened.browser.reported_exceptions() == 1);
  CHECK(opened.journal.lines == Lines{"close 1006  unclean"});
}

TEST_CASE("an on_close that throws is reported, and nothing follows [R3]") {
  Opened opened;
  int count = 0;
  opened.socket.on_close([&](const hawser::CloseEvent&) {
    ++count;
    throw 1;
  });
  opened.browser.peer().close(1000);
  opened.browser.advance(1h);
  CHECK(count == 1);
  CHECK(opened.browser.reported_exceptions() == 1);
}

TEST_CASE("an on_open that throws leaves the connection open [R1]") {
  Connecting connecting;
  connecting.socket.on_open([] { throw 1; });
  connecting.browser.peer().accept();
  connecting.browser.peer().send("hello");
  CHECK(connecting.journal.lines == Lines{"text hello"});
  CHECK(connecting.socket.send("hello"));
}

TEST_CASE("calls inside on_error and on_close return an error and do nothing [R7]") {
  Opened opened;
  std::vector<std::optional<Error>> answers;
  const auto ask = [&] {
    answers.push_back(opened.socket.send("text").error());
    answers.push_back(opened.socket.close().error());
  };
  opened.socket.on_error([&](Error) { ask(); });
  opened.socket.on_close([&](const hawser::CloseEvent&) { ask(); });
  opened.browser.peer().raise_error();
  opened.browser.peer().cut();
  CHECK(answers == std::vector<std::optional<Error>>(4, Error::already_closed));
}

TEST_CASE("a handler may be a move-only callable") {
  Opened opened;
  auto owned = std::make_unique<std::string>();
  std::string& text = *owned;
  opened.socket.on_message(
      [owned = std::move(owned)](const hawser::Message& message) { *owned = message.text(); });
  opened.browser.peer().send("moved");
  CHECK(text == "moved");
}

TEST_CASE("an empty std::function and a null function pointer count as no handler") {
  Opened opened;
  opened.socket.on_message(std::function<void(const hawser::Message&)>());
  opened.browser.peer().send("unheard");
  opened.socket.on_message(static_cast<void (*)(const hawser::Message&)>(nullptr));
  opened.browser.peer().send("unheard");
  CHECK(opened.browser.reported_exceptions() == 0);
}

TEST_CASE(
    "a handler may be an object with a call operator, even one that converts from a pointer") {
  struct Aggregate {
    int* count;
    void operator()(const hawser::Message&) const { ++*count; }
  };
  class FromPointer {
   public:
    explicit FromPointer(int* count) : count_(count) {}
    void operator()(const hawser::Message&) { ++*count_; }

   private:
    int* count_;
  };
  Opened opened;
  int count = 0;
  opened.socket.on_message(Aggregate{&count});
  opened.browser.peer().send("");
  opened.socket.on_message(FromPointer(&count));
  opened.browser.peer().send("");
  CHECK(count == 2);
}

TEST_CASE(
    "a handler that holds the last owner of its socket may be removed outside of an event [R11]") {
  hawser::testing::Browser browser;
  auto owner = std::make_shared<hawser::WebSocket>(hawser::WebSocket::open("ws://host/").value());
  owner->on_message([owner](const hawser::Message&) {});
  hawser::WebSocket* const socket = owner.get();
  owner.reset();
  socket->on_message({});
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("handlers are destroyed after on_close, so that they may own their socket [R4]") {
  hawser::testing::Browser browser;
  int alive = 0;
  {
    auto owner = std::make_shared<hawser::WebSocket>(hawser::WebSocket::open("ws://host/").value());
    owner->on_open([owner, captured = Captured(alive)] {});
    owner->on_message([owner, captured = Captured(alive)](const hawser::Message&) {});
    owner->on_error([owner, captured = Captured(alive)](Error) {});
    owner->on_close([owner, captured = Captured(alive)](const hawser::CloseEvent&) {});
  }
  browser.peer().accept();
  CHECK(alive == 4);
  browser.peer().close(1000);
  CHECK(alive == 0);
}

TEST_CASE("handlers are destroyed even if on_close throws [R1]") {
  hawser::testing::Browser browser;
  int alive = 0;
  {
    auto owner = std::make_shared<hawser::WebSocket>(hawser::WebSocket::open("ws://host/").value());
    owner->on_message([owner, captured = Captured(alive)](const hawser::Message&) {});
    owner->on_close([owner, captured = Captured(alive)](const hawser::CloseEvent&) {
      CHECK(*captured.alive == 2);  // the running handler still exists
      throw 1;
    });
  }
  browser.peer().accept();
  browser.peer().close(1000);
  CHECK(browser.reported_exceptions() == 1);
  CHECK(alive == 0);
}

TEST_CASE("handlers that on_close sets are destroyed, too [R4]") {
  Opened opened;
  int alive = 0;
  opened.socket.on_close([&](const hawser::CloseEvent&) {
    opened.socket.on_message([captured = Captured(alive)](const hawser::Message&) {});
    opened.socket.on_close([captured = Captured(alive)](const hawser::CloseEvent&) {});
    CHECK(alive == 2);
  });
  opened.browser.peer().close(1000);
  CHECK(alive == 0);
}

TEST_CASE("the end is reported once, even if on_error runs the event loop [R3]") {
  Connecting connecting({.connect_timeout = 1s});
  connecting.socket.on_error([&](Error) { connecting.browser.advance(1ms); });
  connecting.browser.advance(1s);
  connecting.browser.advance(1h);
  CHECK(connecting.journal.lines == Lines{"close 1006  unclean"});
}

TEST_CASE("an empty handler removes a handler") {
  Opened opened;
  opened.socket.on_message({});
  opened.browser.peer().send("unheard");
  CHECK(opened.journal.lines.empty());
}

TEST_CASE("a received message allocates nothing once warm [R8]") {
  Opened opened;
  std::size_t received = 0;
  opened.socket.on_message(
      [&](const hawser::Message& message) { received += message.bytes().size(); });
  const std::string text(3000, 't');
  const std::vector<std::byte> binary(3000);
  opened.browser.peer().send(text);
  const auto before = allocations();
  for (int i = 0; i < 1000; ++i) {
    opened.browser.peer().send(text);
    opened.browser.peer().send(binary);
  }
  CHECK(allocations() == before);
  CHECK(received == 3000u * 2001u);
}
