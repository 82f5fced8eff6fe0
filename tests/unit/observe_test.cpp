// When observers are called, and what a recorder keeps, on the scripted browser.

#include <catch_amalgamated.hpp>
#include <hawser/connection.hpp>
#include <hawser/observe.hpp>
#include <hawser/recorder.hpp>
#include <hawser/session.hpp>
#include <hawser/web_socket.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <hawser/testing/browser.hpp>

using hawser::Error;
using hawser::Observation;
using hawser::ObservationType;
using hawser::Observer;
using hawser::Recorder;
using hawser::Session;
using hawser::WebSocket;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

std::string to_line(const Observation& seen) {
  std::string line = name(seen.type);
  const auto add = [&](std::string_view text) { line += " " + std::string(text); };
  switch (seen.type) {
    case ObservationType::opening:
      add(seen.url);
      add("[" + std::string(seen.protocols) + "]");
      break;
    case ObservationType::open:
      add(seen.protocol);
      add(seen.extensions);
      break;
    case ObservationType::sent:
      add("buffered " + std::to_string(seen.buffered_amount));
      [[fallthrough]];
    case ObservationType::received:
      add(name(seen.message_type));
      add(std::to_string(seen.size));
      if (!seen.data.empty())
        add({reinterpret_cast<const char*>(seen.data.data()), seen.data.size()});
      break;
    case ObservationType::error:
      if (seen.is_refusal) add("refused " + std::to_string(seen.size));
      break;
    case ObservationType::close:
      add(std::to_string(seen.code));
      add(seen.reason);
      add(seen.was_clean ? "clean" : "unclean");
      break;
    case ObservationType::state:
      add(name(seen.state));
      add(std::to_string(seen.attempt));
      if (seen.is_hidden) add("hidden");
      break;
    case ObservationType::retry: add(std::to_string(seen.delay.count()) + " ms"); break;
    case ObservationType::drop:
      add(name(seen.dropped_from));
      add(std::to_string(seen.size));
      break;
  }
  if (seen.error) add(name(*seen.error));
  return line;
}

/// The calls of an observer.
struct Watched {
  explicit Watched(const hawser::ObserveOptions& options = {})
      : observer(hawser::observe(
            [this](const Observation& seen) {
              lines.push_back(to_line(seen));
              sockets.push_back(seen.socket);
              sessions.push_back(seen.session);
              times.push_back(seen.time);
            },
            options)) {}

  Lines take() { return std::exchange(lines, {}); }

  Lines lines;
  std::vector<std::uint64_t> sockets;
  std::vector<std::uint64_t> sessions;
  std::vector<double> times;
  Observer observer;
};

hawser::SessionOptions regular() {
  hawser::SessionOptions options;
  options.reconnect.backoff = {.base = 1s, .cap = 1min, .jitter = hawser::Jitter::none};
  options.reconnect.min_uptime = 0ms;
  return options;
}

constexpr std::array bytes{std::byte{0}, std::byte{255}, std::byte{16}};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an observer sees a socket from its beginning to its end, in order") {
  hawser::testing::Browser browser;
  Watched watched({.max_data_bytes = 100});
  auto socket = WebSocket::open("ws://host/?token=1", {.protocols = {"a", "b"}}).value();
  browser.advance(1ms);
  CHECK(watched.take() == Lines{"opening ws://host/?token=1 [a, b]"});
  browser.peer().accept({"b", "permessage-deflate"});
  CHECK(watched.take() == Lines{"open b permessage-deflate"});
  browser.peer().set_buffered_amount(7);
  CHECK(socket.send("hello"));
  CHECK(socket.send(std::as_bytes(std::span(bytes)).first(0)));
  CHECK(watched.take().empty());  // not inside the call
  browser.advance(0ms);
  CHECK(watched.take() == Lines{"sent buffered 7 text 5 hello", "sent buffered 7 binary 0"});
  browser.peer().send("welcome");
  browser.peer().close(4001, "enough");
  CHECK(watched.take() == Lines{"received text 7 welcome", "close 4001 enough clean"});
  CHECK_FALSE(watched.sockets.empty());
  CHECK(std::ranges::count(watched.sockets, watched.sockets.front()) ==
        std::ssize(watched.sockets));
  CHECK(std::ranges::is_sorted(watched.times));
  CHECK(std::ranges::count(watched.sessions, 0U) == std::ssize(watched.sessions));
}

TEST_CASE("an observer sees a failure before the end, and refused calls") {
  hawser::testing::Browser browser;
  Watched watched;
  auto socket = WebSocket::open("ws://host/").value();
  CHECK(socket.send("early") == std::unexpected(Error::still_connecting));
  browser.advance(0ms);
  CHECK(watched.take() == Lines{"opening ws://host/ []", "error refused 5 still_connecting"});
  browser.peer().raise_error();
  browser.peer().cut();
  CHECK(watched.take() ==
        Lines{"error connection_failed", "close 1006  unclean connection_failed"});
}

TEST_CASE("an observer sees the end of a socket that its owner destroys") {
  hawser::testing::Browser browser;
  Watched watched;
  {
    auto socket = WebSocket::open("ws://host/").value();
    browser.peer().accept();
  }
  browser.advance(0ms);
  CHECK(watched.take() ==
        Lines{"opening ws://host/ []", "open  ", "close 1006  unclean destroyed"});
}

TEST_CASE("an observer sees that the browser blocks a connection") {
  hawser::testing::Browser browser;
  browser.close_from_the_start();
  Watched watched;
  CHECK_FALSE(WebSocket::open("ws://host/"));
  browser.advance(0ms);
  CHECK(watched.take() ==
        Lines{"opening ws://host/ []", "error blocked", "close 1006  unclean destroyed"});
}

TEST_CASE("an observer gets no data unless it asks, and no more than it asks for") {
  hawser::testing::Browser browser;
  Watched none;
  Watched three({.max_data_bytes = 3, .with_buffered_amount = false});
  Watched all({.max_data_bytes = 1000});
  auto socket = WebSocket::open("ws://host/").value();
  browser.peer().accept();
  for (Watched* watched : {&none, &three, &all}) watched->lines.clear();
  browser.peer().send("hello");
  CHECK(none.take() == Lines{"received text 5"});
  CHECK(three.take() == Lines{"received text 5 hel"});
  CHECK(all.take() == Lines{"received text 5 hello"});
}

TEST_CASE("an observer sees nothing from before its creation, and nothing after its destruction") {
  hawser::testing::Browser browser;
  auto socket = WebSocket::open("ws://host/").value();
  browser.peer().accept();
  CHECK(socket.send("before"));
  std::optional<Watched> watched(std::in_place);
  CHECK(socket.send("while"));
  browser.advance(0ms);
  CHECK(watched->take() == Lines{"sent buffered 0 text 5"});
  CHECK(socket.send("noted, not yet reported"));
  watched.reset();
  CHECK(browser.pending_timers() == 0);
  CHECK(socket.send("after"));
  browser.peer().send("after");
  CHECK(browser.reported_exceptions() == 0);
}

TEST_CASE("flush calls observers at once") {
  hawser::testing::Browser browser;
  Watched watched;
  auto socket = WebSocket::open("ws://host/").value();
  watched.observer.flush();
  CHECK(watched.take() == Lines{"opening ws://host/ []"});
  socket.on_message([&](const hawser::Message&) {
    watched.observer.flush();
    CHECK(watched.take() == Lines{"open  ", "received text 2"});
  });
  browser.peer().accept();
  watched.lines = {"open  "};
  browser.peer().send("hi");
  CHECK(watched.take().empty());
}

TEST_CASE("an observer that throws is reported, and changes nothing else") {
  hawser::testing::Browser browser;
  int calls = 0;
  const Observer throwing = hawser::observe([&](const Observation&) {
    ++calls;
    throw std::runtime_error("on purpose");
  });
  Watched watched;
  auto socket = WebSocket::open("ws://host/").value();
  Lines messages;
  socket.on_message([&](const hawser::Message& message) { messages.emplace_back(message.text()); });
  browser.peer().accept();
  browser.peer().send("one");
  browser.advance(1ms);
  browser.peer().send("two");
  browser.advance(1ms);
  CHECK(messages == Lines{"one", "two"});
  CHECK(watched.take() ==
        Lines{"opening ws://host/ []", "open  ", "received text 3", "received text 3"});
  CHECK(calls == 4);
  CHECK(browser.reported_exceptions() == 4);
}

TEST_CASE("an observer sees events from before an exception in another handler") {
  hawser::testing::Browser browser;
  Watched watched;
  auto socket = WebSocket::open("ws://host/").value();
  browser.peer().accept();
  watched.lines.clear();
  socket.on_message([&](const hawser::Message&) { throw std::runtime_error("on purpose"); });
  browser.peer().send("hello");
  browser.advance(0ms);
  CHECK(watched.take() == Lines{"received text 5"});
}

TEST_CASE("messages that an observer sends are not reported, and all other calls are, later") {
  hawser::testing::Browser browser;
  auto socket = WebSocket::open("ws://host/").value();
  browser.peer().accept();
  Lines lines;
  const Observer observer = hawser::observe([&](const Observation& seen) {
    lines.push_back(to_line(seen));
    if (seen.type == ObservationType::received) CHECK(socket.send("seen"));
    if (seen.type == ObservationType::received) CHECK(socket.close());
  });
  browser.peer().send("hello");
  CHECK(lines == Lines{"received text 5"});
  CHECK(std::ranges::count(browser.calls(), "send text seen") == 1);
  browser.peer().close(1000);
  CHECK(lines == Lines{"received text 5", "close 1000  clean"});
}

TEST_CASE("an observer may destroy its socket, other observers and itself") {
  hawser::testing::Browser browser;
  std::optional<WebSocket> socket(WebSocket::open("ws://host/").value());
  browser.peer().accept();
  std::optional<Observer> first;
  std::optional<Watched> second;
  first = hawser::observe([&](const Observation&) {
    socket.reset();
    second.reset();
    first.reset();
  });
  second.emplace();
  browser.peer().send("hello");
  browser.advance(0ms);
  CHECK_FALSE(first);
  CHECK(browser.attached_sockets() == 0);
}

TEST_CASE("an observer sees a session that waits for a hidden page, and no retry") {
  hawser::testing::Browser browser;
  Watched watched;
  hawser::Recorder recorder;
  auto options = regular();
  options.when_hidden = hawser::WhenHidden::close;
  const Session session("ws://host/", options);
  auto peer = browser.expect_connection();
  peer.accept();
  browser.hide_page();
  browser.advance(1min);
  watched.take();
  peer.answer_close();
  browser.advance(0ms);
  CHECK(watched.take() == Lines{"close 1000 page hidden clean", "state waiting 0 hidden"});
  CHECK(contains(recorder.dump(), "state waiting, attempt 0, hidden"));
}

TEST_CASE("an observer sees a session with two reconnects, each connection with its own id") {
  hawser::testing::Browser browser;
  Watched watched;
  auto options = regular();
  options.reconnect.min_uptime = 1min;  // each end counts as one more failure
  Session session("ws://host/", options);
  browser.advance(0ms);
  browser.peer().accept();
  browser.advance(0ms);
  CHECK(watched.take() ==
        Lines{"state connecting 0", "opening ws://host/ []", "open  ", "state open 0"});
  for (const auto* const delay : {"1000 ms", "2000 ms"}) {
    browser.peer().cut();
    browser.advance(0ms);
    CHECK(watched.take() == Lines{"error connection_lost", "close 1006  unclean connection_lost",
                                  std::string("state waiting ") + (delay[0] == '1' ? "1" : "2"),
                                  std::string("retry ") + delay});
    browser.advance(2s);
    browser.peer().accept();
    browser.advance(0ms);
    const auto lines = watched.take();
    REQUIRE(lines.size() == 4);
    CHECK(lines[3].starts_with("state open"));
  }
  std::set<std::uint64_t> sockets(watched.sockets.begin(), watched.sockets.end());
  sockets.erase(0);
  CHECK(sockets.size() == 3);
  CHECK(watched.sessions.front() != 0);
  CHECK(std::ranges::count(watched.sessions, watched.sessions.front()) ==
        std::ssize(watched.sessions));
}

TEST_CASE("an observer sees which messages a session drops and refuses, and its pings") {
  hawser::testing::Browser browser;
  Watched watched;
  auto options = regular();
  options.outbox = {.max_outbox_messages = 1,
                    .when_outbox_full = hawser::WhenOutboxFull::drop_oldest};
  options.heartbeat.interval = 10s;
  options.heartbeat.ping = "ping";
  Session session("ws://host/", options);
  CHECK(session.send("first"));
  CHECK(session.send("second"));
  CHECK(session.send("not kept", hawser::Keep::no));
  CHECK_FALSE(session.send("\xff"));
  browser.advance(0ms);
  CHECK(watched.take() == Lines{"state connecting 0", "drop outbox 5", "drop outbox 8",
                                "error refused 1 invalid_utf8", "opening ws://host/ []"});
  browser.peer().accept();
  browser.advance(0ms);
  watched.lines.clear();
  browser.advance(10s);
  CHECK(watched.take() == Lines{"sent buffered 0 text 4"});
}

TEST_CASE("an observer sees which messages a session's inbox drops") {
  hawser::testing::Browser browser;
  Watched watched;
  auto options = regular();
  options.inbox = {.max_inbox_messages = 1, .when_inbox_full = hawser::WhenInboxFull::drop_oldest};
  Session session("ws://host/", options);
  browser.advance(0ms);
  browser.peer().accept();
  browser.advance(0ms);
  watched.lines.clear();
  browser.peer().send("one");
  browser.peer().send("three");
  CHECK(watched.take() == Lines{"received text 3", "received text 5", "drop inbox 3"});
}

TEST_CASE("an observer sees why a session gives up an attempt") {
  hawser::testing::Browser browser;
  Watched watched;
  Session session("http://host/", regular());
  browser.advance(0ms);
  CHECK(watched.take() == Lines{"state connecting 0", "error invalid_url", "state stopped 0"});
}

TEST_CASE("an observer sees no error if the app closes a waiting session") {
  hawser::testing::Browser browser;
  Session session("ws://host/", regular());
  browser.advance(0ms);
  browser.peer().raise_error();
  browser.peer().cut();
  Watched watched;
  CHECK(session.close());
  browser.advance(0ms);
  CHECK(watched.take() == Lines{"state stopped 1"});
}

TEST_CASE("a recorder keeps the last events, and writes them as lines") {
  hawser::testing::Browser browser;
  Recorder recorder({.max_events = 3, .max_data_bytes = 4});
  auto socket = WebSocket::open("ws://host/", {.protocols = {"chat"}}).value();
  browser.peer().accept();
  CHECK(recorder.size() == 2);
  CHECK(contains(recorder.dump(), " opening url \"ws://host/\" protocols \"chat\"\n"));
  CHECK(contains(recorder.dump(), " open protocol \"chat\"\n"));
  CHECK(socket.send("a\"\nb and more"));
  browser.peer().send(bytes);
  CHECK(recorder.size() == 3);
  CHECK_FALSE(contains(recorder.dump(), "opening"));
  CHECK(contains(recorder.dump(), " sent text of 13 bytes \"a\\\"\\x0ab\"..., buffered 0\n"));
  CHECK(contains(recorder.dump(), " received binary of 3 bytes 00ff10\n"));
  recorder.clear();
  CHECK(recorder.dump().empty());
}

TEST_CASE("a recorder never keeps more payload than its limit in all") {
  hawser::testing::Browser browser;
  Recorder recorder({.max_total_data_bytes = 10});
  auto socket = WebSocket::open("ws://host/").value();
  browser.peer().accept();
  for (const auto* const text : {"first", "second", "last"}) browser.peer().send(text);
  CHECK(recorder.size() == 2);
  CHECK_FALSE(contains(recorder.dump(), "first"));
  browser.peer().send("larger than all");
  CHECK(recorder.size() == 0);
}

TEST_CASE("a recorder keeps only what redact leaves") {
  hawser::testing::Browser browser;
  Recorder recorder({.redact = [](hawser::RecordedEvent& event) {
    if (event.data == "throw") throw std::runtime_error("on purpose");
    if (const auto token = event.url.find("token="); token != std::string::npos)
      event.url.resize(token);
    if (event.data.starts_with("password")) event.data = "***";
  }});
  auto socket = WebSocket::open("ws://host/?token=secret").value();
  browser.peer().accept();
  CHECK(socket.send("password 1234"));
  browser.peer().send("throw");
  browser.advance(0ms);
  const auto all = recorder.dump() + recorder.har();
  CHECK_FALSE(contains(all, "secret"));
  CHECK_FALSE(contains(all, "1234"));
  CHECK_FALSE(contains(all, "throw"));
  CHECK(contains(all, "***"));
  CHECK(browser.reported_exceptions() == 1);
}

TEST_CASE("redact may destroy its recorder") {
  hawser::testing::Browser browser;
  std::optional<Recorder> recorder;
  recorder.emplace(
      hawser::RecorderOptions{.redact = [&](hawser::RecordedEvent&) { recorder.reset(); }});
  auto socket = WebSocket::open("ws://host/").value();
  browser.peer().accept();
  CHECK_FALSE(recorder);
}

TEST_CASE("a HAR has an entry for each socket") {
  hawser::testing::Browser browser;
  Recorder recorder;
  auto socket = WebSocket::open("ws://host/path?a=1&b", {.protocols = {"x", "y"}}).value();
  browser.peer().accept({"y"});
  CHECK(socket.send("line\nseparators \xe2\x80\xa8 and \"quotes\""));
  browser.peer().send(bytes);
  browser.peer().close(4000, "enough");
  auto failing = WebSocket::open("ws://other/").value();
  browser.peer().raise_error();
  browser.peer().cut();
  const auto har = recorder.har();
  CHECK(contains(har, R"("url":"ws://host/path?a=1&b")"));
  CHECK(contains(har, R"("queryString":[{"name":"a","value":"1"},{"name":"b","value":""}])"));
  CHECK(contains(har, R"("headers":[{"name":"Sec-WebSocket-Protocol","value":"x, y"}])"));
  CHECK(contains(har, R"("headers":[{"name":"Sec-WebSocket-Protocol","value":"y"}])"));
  CHECK(contains(har, R"({"type":"send","time":)"));
  CHECK(contains(har, R"("opcode":1,"data":"line\u000aseparators \u2028 and \"quotes\""})"));
  CHECK(contains(har, R"("opcode":2,"data":"AP8Q"})"));
  CHECK(contains(har, R"("_close":{"code":4000,"reason":"enough","wasClean":true,"error":null})"));
  CHECK(contains(har, R"("status":101)"));
  CHECK(contains(har, R"("status":0)"));
  CHECK(contains(har, R"("error":"connection_failed")"));
}

TEST_CASE(
    "a HAR keeps a socket's URL when the ring has dropped its beginning, and cuts text between "
    "characters") {
  hawser::testing::Browser browser;
  Recorder recorder({.max_events = 1, .max_data_bytes = 4});
  auto socket = WebSocket::open("ws://host/").value();
  browser.peer().accept();
  browser.peer().send("abc\xc3\xa9");
  const auto har = recorder.har();
  CHECK(contains(har, R"("url":"ws://host/")"));
  CHECK(contains(har, R"("status":101)"));
  CHECK(contains(har, R"("data":"abc","_size":5})"));
}
