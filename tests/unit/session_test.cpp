// Sessions, on the scripted browser.

#include <catch_amalgamated.hpp>
#include <hawser/session.hpp>

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include <hawser/testing/browser.hpp>
#include "connected.hpp"
#include "journal.hpp"

using hawser::CloseEvent;
using hawser::Decision;
using hawser::Delivery;
using hawser::Error;
using hawser::Keep;
using hawser::Message;
using hawser::Session;
using hawser::SessionOptions;
using hawser::SessionState;
using hawser::StopReason;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

/// A session whose attempts come after exactly one second, two, four, …
SessionOptions regular() {
  SessionOptions options;
  options.reconnect.backoff = {.base = 1s, .cap = 1min, .jitter = hawser::Jitter::none};
  options.reconnect.min_uptime = 0ms;
  return options;
}

/// A session, the browser under it, and the calls of its handlers.
struct Begun {
  explicit Begun(SessionOptions options = regular(), hawser::SessionHandlers handlers = {})
      : Begun("ws://host/", std::move(options), std::move(handlers)) {}

  template <typename Where>
  Begun(Where where, SessionOptions options, hawser::SessionHandlers handlers = {})
      : session(std::move(where), std::move(options), std::move(handlers)) {
    session.on_open([this] { lines.emplace_back("open"); });
    session.on_message([this](const Message& message) { lines.push_back(to_line(message)); });
    session.on_drop([this](const hawser::KeptMessage& message) {
      lines.push_back("dropped " + to_line(message));
    });
    session.on_status(
        [this](const hawser::SessionStatus& status) { states.push_back(status.state); });
    browser.advance(0ms);
  }

  /// How many sockets were constructed.
  int attempts() const {
    return static_cast<int>(
        std::ranges::count_if(browser.calls(), [](auto& call) { return call.starts_with("new"); }));
  }
  std::string last_call() const { return browser.calls().back(); }

  hawser::testing::Browser browser;
  Session session;
  Lines lines;
  std::vector<SessionState> states;
};

/// Has two endpoints, one of them invalid; it connects to the other.
struct BesideInvalid : Begun {
  BesideInvalid()
      : Begun(std::vector<hawser::Endpoint>{{.url = "http://one/"}, {.url = "ws://two/"}},
              every_second()) {
    browser.advance(1s);
  }

  static SessionOptions every_second() {
    auto options = regular();
    options.reconnect.backoff.factor = 1;
    return options;
  }
};

struct Open : Begun {
  explicit Open(SessionOptions options = regular(), hawser::SessionHandlers handlers = {})
      : Begun(std::move(options), std::move(handlers)) {
    browser.peer().accept();
    lines.clear();
    states.clear();
  }
};

}  // namespace

TEST_CASE("a session connects, opens, and reports each change of its state once") {
  Begun begun;
  CHECK(begun.last_call() == "new ws://host/ []");
  begun.browser.peer().accept();
  CHECK(begun.lines == Lines{"open"});
  CHECK(begun.states == std::vector{SessionState::connecting, SessionState::open});
}

TEST_CASE(
    "a session reports each end of a connection or an attempt, before the state that follows") {
  hawser::testing::Browser browser;
  Lines lines;
  Session session(
      "ws://host/", regular(),
      {.on_error = [&](Error error) { lines.push_back(error_line(error)); },
       .on_close =
           [&](const CloseEvent& end) { lines.push_back("close " + std::to_string(end.code)); },
       .on_status =
           [&](const hawser::SessionStatus& status) {
             lines.push_back("state " + std::to_string(static_cast<int>(status.state)));
           },
       .decide_reconnect =
           [&](const CloseEvent&, Decision decision) {
             lines.emplace_back("decision");
             return decision;
           }});
  const auto next = [&] { return std::exchange(lines, {}); };
  browser.advance(0ms);
  CHECK(next() == Lines{"state 1"});
  browser.peer().raise_error();
  browser.peer().cut();
  CHECK(next() == Lines{"decision", error_line(Error::connection_failed), "close 1006", "state 3"});
  browser.advance(1s);
  browser.peer().accept();
  CHECK(next() == Lines{"state 1", "state 2"});
  browser.peer().close(4000, "by the peer");
  CHECK(next() == Lines{"decision", "close 4000", "state 3"});
  CHECK(session.close());  // waiting: no connection can end
  browser.advance(0ms);
  CHECK(next() == Lines{"state 4"});
  session.retry_now();
  browser.advance(0ms);
  CHECK(session.close());
  browser.advance(0ms);
  CHECK(next() == Lines{"state 1", error_line(Error::aborted), "close 1006", "state 4"});
  CHECK(session.reconnect());
  browser.advance(0ms);
  browser.peer().accept();
  CHECK(session.reconnect());
  browser.peer().close(1000);
  browser.advance(0ms);
  CHECK(next() == Lines{"state 1", "state 2", "close 1000", "state 1"});
}

TEST_CASE("a session reports an invalid URL as the end of an attempt, and stops") {
  hawser::testing::Browser browser;
  Lines lines;
  const Session session(
      "http://host/", regular(),
      {.on_error = [&](Error error) { lines.push_back(error_line(error)); },
       .on_close = [&](const CloseEvent& end) { lines.push_back(std::to_string(end.code)); }});
  browser.advance(0ms);
  CHECK(lines == Lines{error_line(Error::invalid_url), "1006"});
  CHECK(session.status().why == StopReason::cannot_connect);
}

TEST_CASE(
    "handlers for the end of a connection may be set late, drop nothing, and take the session") {
  Open open;
  std::vector<Session*> owners;
  open.session.on_error([&](Session& session, Error) { owners.push_back(&session); });
  open.session.on_close([&](Session& session, const CloseEvent&) { owners.push_back(&session); });
  const Session moved = std::move(open.session);
  open.browser.peer().cut();
  CHECK(owners == std::vector<Session*>(2, const_cast<Session*>(&moved)));
}

TEST_CASE("a session that loses its connection waits, and reconnects") {
  Open open;
  open.browser.peer().cut();
  CHECK(open.session.status().state == SessionState::waiting);
  CHECK(open.session.status().retry_in == 1s);
  CHECK(open.session.status().attempt == 1);
  open.browser.advance(999ms);
  CHECK(open.attempts() == 1);
  open.browser.advance(1ms);
  CHECK(open.attempts() == 2);
  open.browser.peer().accept();
  CHECK(open.session.status().state == SessionState::open);
  CHECK(open.session.status().attempt == 0);
  CHECK(open.states ==
        std::vector{SessionState::waiting, SessionState::connecting, SessionState::open});
}

TEST_CASE("the wait grows with each failed attempt, and a success resets it") {
  Begun begun;
  for (const auto delay : {1s, 2s, 4s}) {
    begun.browser.peer().cut();
    CHECK(begun.session.status().retry_in == delay);
    begun.browser.advance(delay);
  }
  begun.browser.peer().accept();
  begun.browser.advance(1ms);
  begun.browser.peer().cut();
  CHECK(begun.session.status().retry_in == 1s);
}

TEST_CASE("a connection that ended at the moment it opened counts as a success") {
  Begun begun;
  begun.browser.peer().cut();
  begun.browser.advance(1s);
  begun.browser.peer().accept();
  begun.browser.peer().cut();
  CHECK(begun.session.status().retry_in == 1s);
}

TEST_CASE("a session that the app closed does not reconnect") {
  Open open;
  CHECK(open.session.close(4000, "done"));
  CHECK(open.last_call() == "close 4000 done");
  open.browser.peer().close(4000, "done");
  CHECK(open.session.status().state == SessionState::stopped);
  CHECK(open.session.status().why == StopReason::closed_by_app);
  open.browser.advance(1h);
  CHECK(open.attempts() == 1);
}

TEST_CASE("a session that the app closed drops its queued messages, and reports that") {
  Begun begun;
  CHECK(begun.session.send("kept"));
  CHECK(begun.session.close());
  begun.browser.advance(0ms);
  CHECK(begun.lines == Lines{"dropped text kept"});
  CHECK(begun.session.outbox().size() == 0);
}

TEST_CASE(
    "a bad code or reason of close is refused in every state, and the session keeps running") {
  Begun begun;
  const auto is_refused = [&] {
    return begun.session.close(1001) == std::unexpected(Error::invalid_close_code) &&
           begun.session.close(1000, std::string(124, 'r')) ==
               std::unexpected(Error::close_reason_too_long);
  };
  CHECK(is_refused());
  begun.browser.peer().accept();
  CHECK(is_refused());
  begun.browser.peer().cut();
  CHECK(is_refused());
  begun.browser.advance(1s);
  CHECK(begun.attempts() == 2);
}

TEST_CASE("retry_now between close and the end changes nothing") {
  Open open;
  open.browser.peer().cut();
  open.states.clear();
  CHECK(open.session.close());
  open.session.retry_now();
  open.browser.advance(1h);
  CHECK(open.states == std::vector{SessionState::stopped});
}

TEST_CASE("retry_now between close and the end of an idle session changes nothing") {
  auto options = regular();
  options.start = hawser::Start::later;
  Begun begun(std::move(options));
  CHECK(begun.session.close());
  begun.session.retry_now();
  begun.browser.advance(1h);
  CHECK(begun.states == std::vector{SessionState::stopped});
  CHECK(begun.attempts() == 0);
}

TEST_CASE("a session whose status is read between close and the end has no next attempt") {
  Open open;
  open.browser.peer().cut();
  CHECK(open.session.status().retry_in == 1s);
  CHECK(open.session.close());
  CHECK(open.session.ready_state() == hawser::ReadyState::closing);
  CHECK(open.session.status().state == SessionState::waiting);
  CHECK(open.session.status().retry_in == 0s);
}

TEST_CASE("a session may be closed while it connects, and while it waits") {
  const bool is_waiting = GENERATE(false, true);
  Begun begun;
  if (is_waiting) begun.browser.peer().cut();
  CHECK(begun.session.close());
  begun.browser.advance(1h);
  CHECK(begun.session.status().state == SessionState::stopped);
  CHECK(begun.attempts() == 1);
  CHECK(begun.browser.attached_sockets() == 0);
}

TEST_CASE("a session does not reconnect after close code 1008") {
  Open open;
  open.browser.peer().close(1008, "no");
  CHECK(open.session.status().why == StopReason::policy_violation);
}

TEST_CASE("a session stops after a number of attempts, and retry_now starts again") {
  auto options = regular();
  options.reconnect.max_attempts = 2;
  Begun begun(std::move(options));
  for (int i = 0; i < 3; ++i) {
    begun.browser.peer().cut();
    begun.browser.advance(10s);
  }
  CHECK(begun.session.status().why == StopReason::too_many_attempts);
  CHECK(begun.attempts() == 3);
  begun.session.retry_now();
  begun.browser.advance(0ms);
  CHECK(begun.attempts() == 4);
  begun.browser.peer().accept();
  CHECK(begun.session.status().state == SessionState::open);
}

TEST_CASE("retry_now does not wait for the next attempt's time") {
  Open open;
  open.browser.peer().cut();
  open.session.retry_now();
  open.browser.advance(0ms);
  CHECK(open.attempts() == 2);
}

TEST_CASE("the app may override the decision about an end") {
  auto options = regular();
  hawser::SessionHandlers handlers;
  handlers.decide_reconnect = [](const CloseEvent& event, Decision decision) {
    return event.code == 1008 ? Decision{.delay = 7s} : decision;
  };
  Open open(std::move(options), std::move(handlers));
  open.browser.peer().close(1008, "not yet");
  CHECK(open.session.status().retry_in == 8s);  // and the backoff's second
}

TEST_CASE(
    "the app may decide to reconnect at once, without the backoff, and attempts still count") {
  auto options = regular();
  hawser::SessionHandlers handlers;
  options.reconnect.max_attempts = 3;
  options.reconnect.min_uptime = 5s;
  handlers.decide_reconnect = [](const CloseEvent& event, Decision decision) {
    return event.code == 4001 ? Decision::reconnect_now() : decision;  // the token was refreshed
  };
  Open open(std::move(options), std::move(handlers));
  open.browser.advance(5s);
  for (const int attempts : {2, 3}) {
    open.browser.peer().close(4001, "token expired");
    CHECK(open.session.status().retry_in == 0ms);
    open.browser.advance(0ms);
    CHECK(open.attempts() == attempts);
    open.browser.peer().accept();
  }
  open.browser.peer().cut();
  CHECK(open.session.status().retry_in == 4s);  // the third attempt in a row
  open.browser.advance(4s);
  open.browser.peer().raise_close(4001, "token expired");
  CHECK(open.session.status().why == StopReason::too_many_attempts);
}

TEST_CASE("reconnecting at once ignores the pause after code 1001") {
  auto options = regular();
  hawser::SessionHandlers handlers;
  handlers.decide_reconnect = [](const CloseEvent&, Decision) { return Decision::reconnect_now(); };
  Open open(std::move(options), std::move(handlers));
  open.browser.peer().close(1001);
  open.browser.advance(0ms);
  CHECK(open.attempts() == 2);
}

TEST_CASE("the app may decide to stop, and say why") {
  const auto decision = GENERATE(Decision::stop(), Decision::stop(StopReason::final_code),
                                 Decision{.reconnect = false});
  auto options = regular();
  hawser::SessionHandlers handlers;
  handlers.decide_reconnect = [decision](const CloseEvent&, Decision) { return decision; };
  Open open(std::move(options), std::move(handlers));
  open.browser.peer().cut();
  CHECK(open.session.status().why ==
        (decision.why == StopReason::none ? StopReason::decided_by_app : decision.why));
}

TEST_CASE("several endpoints are tried in turn") {
  hawser::testing::Browser browser;
  const Session session({{.url = "ws://one/"}, {.url = "ws://two/", .protocols = {"p"}}},
                        regular());
  browser.advance(0ms);
  CHECK(browser.calls().back() == "new ws://one/ []");
  browser.peer().cut();
  browser.advance(1s);
  CHECK(browser.calls().back() == "new ws://two/ [p]");
  browser.peer().cut();
  browser.advance(2s);
  CHECK(browser.calls().back() == "new ws://one/ []");
}

TEST_CASE("an invalid endpoint stops the session, and is reported") {
  Begun begun("http://host/", regular());
  begun.browser.advance(0ms);
  CHECK(begun.session.status().state == SessionState::stopped);
  CHECK(begun.session.status().why == StopReason::cannot_connect);
  CHECK(begun.session.status().end->error == Error::invalid_url);
}

TEST_CASE("the app is asked for an endpoint before each attempt, and may answer later") {
  std::optional<hawser::EndpointRequest> asked;
  auto options = regular();
  hawser::SessionHandlers handlers;
  handlers.on_endpoint_request = [&](hawser::EndpointRequest request) {
    asked = std::move(request);
  };
  Begun begun(std::move(options), std::move(handlers));
  CHECK(begun.attempts() == 0);
  asked->connect_to({.url = "ws://host/?token=1"});
  CHECK(begun.last_call() == "new ws://host/?token=1 []");
  asked.reset();
  begun.browser.peer().cut();
  begun.browser.advance(1s);
  REQUIRE(asked);
  asked->connect_to({.url = "ws://host/?token=2"});
  CHECK(begun.last_call() == "new ws://host/?token=2 []");
}

TEST_CASE("an attempt fails if its endpoint comes too late or never, or if the app gives up") {
  const std::string_view how = GENERATE("too late", "never", "given up");
  CAPTURE(how);
  std::optional<hawser::EndpointRequest> asked;
  auto options = regular();
  hawser::SessionHandlers handlers;
  handlers.on_endpoint_request = [&](hawser::EndpointRequest request) {
    asked = std::move(request);
  };
  Begun begun(std::move(options), std::move(handlers));
  if (how == "too late") begun.browser.advance(10s);
  if (how == "never") asked.reset();
  if (how == "given up") asked->fail();
  begun.browser.advance(0ms);
  CHECK(begun.session.status().state == SessionState::waiting);
  if (asked) asked->connect_to({.url = "ws://host/"});
  CHECK(begun.attempts() == 0);
}

TEST_CASE("an answer that comes between close and the end opens no connection") {
  std::optional<hawser::EndpointRequest> asked;
  auto options = regular();
  hawser::SessionHandlers handlers;
  handlers.on_endpoint_request = [&](hawser::EndpointRequest request) {
    asked = std::move(request);
  };
  Begun begun(std::move(options), std::move(handlers));
  CHECK(begun.session.close());
  asked->connect_to({.url = "ws://host/"});
  begun.browser.advance(0ms);
  CHECK(begun.attempts() == 0);
  CHECK(begun.session.status().why == StopReason::closed_by_app);
}

TEST_CASE("reconnect while the app is asked for an endpoint asks again at once") {
  std::vector<hawser::EndpointRequest> asked;
  auto options = regular();
  hawser::SessionHandlers handlers;
  handlers.on_endpoint_request = [&](hawser::EndpointRequest request) {
    asked.push_back(std::move(request));
  };
  Begun begun(std::move(options), std::move(handlers));
  CHECK(begun.session.reconnect());
  begun.browser.advance(0ms);
  CHECK(asked.size() == 2);
  CHECK(begun.session.status().state == SessionState::connecting);
}

TEST_CASE("a new endpoint request cancels the previous one") {
  std::optional<hawser::EndpointRequest> asked;
  const auto asking = [&] {
    hawser::SessionHandlers handlers;
    handlers.on_endpoint_request = [&](hawser::EndpointRequest request) {
      asked = std::move(request);
    };
    return handlers;
  };
  hawser::testing::Browser browser;
  const Session first("ws://one/", regular(), asking());
  browser.advance(0ms);
  const Session second("ws://two/", regular(), asking());
  browser.advance(0ms);
  CHECK(first.status().state == SessionState::waiting);
  CHECK(second.status().state == SessionState::connecting);
}

TEST_CASE(
    "messages sent before there is a connection go out in order, after the connection's first "
    "message") {
  Begun begun;
  begun.session.on_open([&] { CHECK(begun.session.send_now("token")); });
  CHECK(begun.session.send("one")->delivery == Delivery::kept);
  CHECK(begun.session.send("two")->delivery == Delivery::kept);
  begun.browser.peer().accept();
  const auto calls = begun.browser.calls();
  CHECK(Lines(calls.end() - 3, calls.end()) ==
        Lines{"send text token", "send text one", "send text two"});
  CHECK(begun.session.send("three")->delivery == Delivery::sent);
  CHECK(begun.session.outbox().size() == 0);
}

TEST_CASE("a session drops a message with Keep::no while there is no connection") {
  Begun begun;
  CHECK(begun.session.send("now or never", Keep::no)->delivery == Delivery::dropped);
  CHECK(begun.session.outbox().size() == 0);
}

TEST_CASE("a full outbox refuses, and loses none of its messages") {
  auto options = regular();
  options.outbox.max_outbox_messages = 1;
  Begun begun(std::move(options));
  CHECK(begun.session.send("one"));
  CHECK(begun.session.send("two").error() == Error::outbox_full);
  begun.browser.peer().accept();
  CHECK(begun.last_call() == "send text one");
}

TEST_CASE("messages that an outbox drops are reported later") {
  auto options = regular();
  options.outbox = {.max_outbox_messages = 1,
                    .when_outbox_full = hawser::WhenOutboxFull::drop_oldest};
  Begun begun(std::move(options));
  CHECK(begun.session.send("one"));
  CHECK(begun.session.send("two"));
  CHECK(begun.lines.empty());
  begun.browser.advance(0ms);
  CHECK(begun.lines == Lines{"dropped text one"});
}

TEST_CASE("a message with Keep::no that its connection did not send is reported as dropped") {
  Open open;
  open.browser.peer().begin_close();
  CHECK(open.session.send("now or never", Keep::no)->delivery == Delivery::kept);
  open.browser.peer().close(1000);
  open.browser.advance(0ms);
  CHECK(open.lines == Lines{"dropped text now or never"});
}

TEST_CASE("nothing is sent twice without acknowledgement") {
  Open open;
  CHECK(open.session.send("once"));
  open.browser.peer().cut();
  open.browser.advance(1s);
  open.browser.peer().accept();
  CHECK(std::ranges::count(open.browser.calls(), "send text once") == 1);
}

TEST_CASE("with acknowledgement, unconfirmed messages are sent again, before newer ones") {
  auto options = regular();
  options.outbox.acknowledgement = hawser::Acknowledgement::by_app;
  Open open(std::move(options));
  const auto first = open.session.send("one");
  CHECK(first->delivery == Delivery::sent);
  CHECK(open.session.send("two"));
  CHECK(open.session.outbox().acknowledge(first->id) == 1);
  open.browser.peer().cut();
  CHECK(open.session.send("three"));
  open.browser.advance(1s);
  open.browser.peer().accept();
  const auto calls = open.browser.calls();
  CHECK(Lines(calls.end() - 2, calls.end()) == Lines{"send text two", "send text three"});
}

TEST_CASE("text that is not UTF-8 is refused at once, and not queued") {
  Begun begun;
  CHECK(begun.session.send("\xff").error() == Error::invalid_utf8);
  CHECK(begun.session.outbox().size() == 0);
}

TEST_CASE("a peer that stops responding is pinged, and dropped if it does not answer") {
  auto options = regular();
  options.heartbeat = {.interval = 20s, .deadline = 5s, .ping = "ping"};
  Open open(std::move(options));
  open.browser.advance(20s);
  CHECK(open.last_call() == "send text ping");
  open.browser.advance(5s);
  CHECK(open.session.status().state == SessionState::waiting);
  CHECK(open.session.status().end->error == Error::connection_timed_out);
  CHECK(open.browser.attached_sockets() == 0);
}

TEST_CASE(
    "any message keeps a connection alive, and a pong yields the round-trip time and reaches no "
    "handler") {
  auto options = regular();
  hawser::SessionHandlers handlers;
  options.heartbeat = {.interval = 20s, .deadline = 5s, .ping = "ping"};
  handlers.is_pong = [](const Message& message) { return message.text() == "pong"; };
  Open open(std::move(options), std::move(handlers));
  open.browser.advance(15s);
  open.browser.peer().send("news");
  open.browser.advance(20s);
  CHECK(open.last_call() == "send text ping");
  open.browser.advance(40ms);
  open.browser.peer().send("pong");
  open.browser.advance(5s);
  CHECK(open.session.status().state == SessionState::open);
  CHECK(open.session.counters().round_trip == 40ms);
  CHECK(open.lines == Lines{"text news"});
}

TEST_CASE("no attempt is made while there is no network, and one is made as soon as it is back") {
  Open open;
  open.browser.peer().cut();
  open.browser.go_offline();
  open.browser.advance(1h);
  CHECK(open.attempts() == 1);
  CHECK(open.session.status().is_offline);
  open.browser.go_online();
  open.browser.advance(0ms);
  CHECK(open.attempts() == 2);
}

TEST_CASE(
    "time without a network does not count towards giving up, whether the network or retry_now "
    "ends it") {
  const bool is_back = GENERATE(true, false);
  auto options = regular();
  options.reconnect.give_up_after = 1min;
  Begun begun(std::move(options));
  begun.browser.go_offline();
  begun.browser.peer().cut();
  CHECK(begun.session.status().is_offline);
  begun.browser.advance(1h);
  if (is_back)
    begun.browser.go_online();
  else
    begun.session.retry_now();
  begun.browser.advance(0ms);
  CHECK(begun.attempts() == 2);
  begun.browser.peer().cut();
  CHECK(begun.session.status().state == SessionState::waiting);
  begun.browser.go_online();
  for (int i = 0; i < 10; ++i) {
    begun.browser.advance(1min);
    begun.browser.peer().cut();
  }
  CHECK(begun.session.status().why == StopReason::deadline);
}

TEST_CASE("a session waits as long as it was asked to, even if the network comes back") {
  Open open;
  open.browser.peer().close(1013, "later");
  open.browser.go_offline();
  open.browser.advance(0ms);
  open.browser.go_online();
  open.browser.advance(9s);
  CHECK(open.attempts() == 1);
  open.browser.advance(2s);
  CHECK(open.attempts() == 2);
}

TEST_CASE("a coroutine receives from a session over several connections, and sees its end") {
  hawser::testing::Browser browser;
  Session session("ws://host/", regular());
  const auto receive = [&] { return Awaited([&] { return session.receive(); }); };
  browser.advance(0ms);
  browser.peer().accept();
  auto first = receive();
  browser.peer().send("one");
  CHECK(first.line() == "text one");
  auto second = receive();
  browser.peer().cut();
  browser.advance(1s);
  browser.peer().accept();
  CHECK(second.line() == "waiting");
  browser.peer().send("two");
  CHECK(second.line() == "text two");
  auto third = receive();
  CHECK(session.close());
  browser.peer().close(1000);
  CHECK(third.line() == error_line(Error::closed));
}

TEST_CASE("a session may be destroyed inside each of its handlers") {
  const auto* const where =
      GENERATE("open", "message", "status", "decision", "drop", "ping", "pong", "error", "close");
  CAPTURE(where);
  hawser::testing::Browser browser;
  std::optional<Session> session;
  auto options = regular();
  hawser::SessionHandlers handlers;
  options.outbox = {.max_outbox_messages = 1,
                    .when_outbox_full = hawser::WhenOutboxFull::drop_oldest};
  const auto destroy_at = [&](std::string_view place) {
    if (place == where) session.reset();
  };
  handlers.decide_reconnect = [&](const CloseEvent&, Decision decision) {
    destroy_at("decision");
    return decision;
  };
  options.heartbeat = {.interval = 20s, .deadline = 5s};
  handlers.make_ping = [&] {
    destroy_at("ping");
    return "ping";
  };
  handlers.is_pong = [&](const Message& message) {
    if (message.text() != "pong") return false;
    destroy_at("pong");
    return true;
  };
  session.emplace("ws://host/", std::move(options), std::move(handlers));
  session->on_open([&] { destroy_at("open"); });
  session->on_message([&](const Message&) { destroy_at("message"); });
  session->on_status([&](const hawser::SessionStatus& status) {
    if (status.state == SessionState::open) destroy_at("status");
  });
  session->on_drop([&](const hawser::KeptMessage&) { destroy_at("drop"); });
  session->on_error([&](Error) { destroy_at("error"); });
  session->on_close([&](const CloseEvent&) { destroy_at("close"); });
  (void)session->send("one");
  (void)session->send("two");
  browser.advance(0ms);
  if (browser.connections() > 0) {  // otherwise it was destroyed before it connected
    browser.peer().accept();
    browser.peer().send("message");
    browser.advance(20s);
    browser.peer().send("pong");
    browser.peer().cut();
    browser.advance(0ms);
  }
  CHECK(!session);
  CHECK(browser.attached_sockets() == 0);
  CHECK(browser.pending_timers() == 0);
  CHECK(browser.reported_exceptions() == 0);
}

TEST_CASE("a session may be replaced inside its own handler") {
  Open open;
  open.session.on_message([&](const Message& message) {
    open.session = Session("ws://other/", regular());
    open.lines.push_back(to_line(message));
  });
  open.browser.peer().send("message");
  open.browser.advance(0ms);
  CHECK(open.lines == Lines{"text message"});
  CHECK(open.last_call() == "new ws://other/ []");
}

TEST_CASE("a session that is destroyed while it waits leaves no timer") {
  Open open;
  open.browser.peer().cut();
  open.session = Session();
  CHECK(open.browser.pending_timers() == 0);
}

TEST_CASE("a session's counters cover all of its connections") {
  Open open;
  CHECK(open.session.send("four"));
  open.browser.peer().send("three");
  open.browser.advance(5ms);
  open.browser.peer().cut();
  open.browser.advance(1s);
  open.browser.peer().accept();
  CHECK(open.session.send("two"));
  open.browser.advance(5ms);
  open.browser.peer().close(4000);
  const auto counters = open.session.counters();
  CHECK(counters.attempts == 2);
  CHECK(counters.connections == 2);
  CHECK(counters.messages_sent == 2);
  CHECK(counters.bytes_sent == 7);
  CHECK(counters.messages_received == 1);
  CHECK(counters.bytes_received == 5);
  CHECK(counters.uptime == 10ms);
  CHECK(counters.last_error == Error::connection_lost);
}

TEST_CASE("a moved-from session reports that it has no connection") {
  hawser::testing::Browser browser;
  Session session("ws://host/", regular());
  const Session other = std::move(session);
  CHECK(session.send("x").error() == Error::no_connection);
  CHECK(session.close().error() == Error::no_connection);
  CHECK(session.status().state == SessionState::idle);
  CHECK(other.status().state == SessionState::connecting);
}

TEST_CASE("a session without jitter and one with the same seed wait for the same times") {
  const auto delays = [](std::optional<std::uint64_t> seed) {
    SessionOptions options;
    options.seed = seed;
    Begun begun(std::move(options));
    std::vector<std::chrono::milliseconds> waited;
    for (int i = 0; i < 5; ++i) {
      begun.browser.peer().cut();
      waited.push_back(begun.session.status().retry_in);
      begun.browser.advance(1h);
    }
    return waited;
  };
  CHECK(delays(7) == delays(7));
  CHECK(delays(7) != delays(8));
}

TEST_CASE(
    "sessions without a seed wait for different times, even if they started and ended together") {
  const auto spread = [] {
    SessionOptions options;
    options.reconnect.backoff = {
        .base = 480h, .cap = 480h};  // so long that two random delays hardly ever coincide
    return options;
  };
  hawser::testing::Browser browser;
  const Session one("ws://one/", spread());
  const Session other("ws://other/", spread());
  browser.advance(0ms);
  for (const int nth : {0, 1}) {
    browser.peer(nth).cut();
  }
  CHECK(one.status().retry_in != other.status().retry_in);
}

TEST_CASE("a session that is closed in decide_reconnect stops at once") {
  Session* asked = nullptr;
  auto options = regular();
  hawser::SessionHandlers handlers;
  handlers.decide_reconnect = [&](const CloseEvent&, Decision decision) {
    CHECK(asked->close());
    return decision;
  };
  Open open(std::move(options), std::move(handlers));
  asked = &open.session;
  open.browser.peer().cut();
  open.browser.advance(0ms);
  CHECK(open.session.status().state == SessionState::stopped);
  CHECK(open.session.status().why == StopReason::closed_by_app);
  open.session.retry_now();
  open.browser.advance(0ms);
  CHECK(open.attempts() == 2);
}

TEST_CASE(
    "a session that is closed while it waits for the network does not connect when the network is "
    "back") {
  Open open;
  open.browser.peer().cut();
  open.browser.go_offline();
  CHECK(open.session.close());
  open.browser.advance(1h);
  open.browser.go_online();
  open.browser.advance(1h);
  CHECK(open.session.status().why == StopReason::closed_by_app);
  CHECK(open.attempts() == 1);
}

TEST_CASE("a ping that cannot be sent counts as unanswered") {
  auto options = regular();
  options.heartbeat = {.interval = 20s, .deadline = 5s, .ping = "ping"};
  Open open(std::move(options));
  open.browser.throw_from_send();
  open.browser.advance(25s);
  CHECK(open.session.status().state == SessionState::waiting);
}

TEST_CASE("a heartbeat does not cut a closing handshake short") {
  auto options = regular();
  options.heartbeat = {.interval = 20s, .deadline = 5s, .ping = "ping"};
  options.close_timeout = 1min;
  Open open(std::move(options));
  open.browser.advance(19s);
  CHECK(open.session.close());
  open.browser.advance(30s);
  CHECK(open.session.status().state == SessionState::open);
  open.browser.peer().close(1000);
  CHECK(open.session.status().why == StopReason::closed_by_app);
}

TEST_CASE("a message with Keep::no is sent in on_open") {
  Begun begun;
  begun.session.on_open([&] { CHECK(begun.session.send("now", Keep::no)); });
  begun.browser.peer().accept();
  CHECK(begun.last_call() == "send text now");
}

TEST_CASE("messages that were not received when a session stopped are received after retry_now") {
  auto options = regular();
  options.reconnect.max_attempts = 0;
  Open open(std::move(options));
  open.session.on_message(nullptr);
  open.browser.peer().send("unread");
  open.browser.peer().cut();
  CHECK(open.session.status().why == StopReason::too_many_attempts);
  open.session.retry_now();
  CHECK(Awaited([&] { return open.session.receive(); }).line() == "text unread");
  CHECK(Awaited([&] { return open.session.receive(); }).line() == "waiting");
}

TEST_CASE("a session with a delayed start is idle until retry_now, and queues messages") {
  const bool by_reconnect = GENERATE(false, true);
  auto options = regular();
  options.start = hawser::Start::later;
  Begun begun(std::move(options));
  CHECK(begun.session.status().state == SessionState::idle);
  CHECK(begun.session.send("early")->delivery == Delivery::kept);
  begun.browser.advance(1h);
  CHECK(begun.attempts() == 0);
  if (by_reconnect) {
    CHECK(begun.session.reconnect());
  } else {
    begun.session.retry_now();
  }
  begun.browser.advance(0ms);
  begun.browser.peer().accept();
  CHECK(begun.last_call() == "send text early");
}

TEST_CASE("the first attempt waits for the network if the browser says that there is none") {
  const Open other;  // a page reports this to every session
  auto& browser = const_cast<hawser::testing::Browser&>(other.browser);
  browser.go_offline();
  const Session session("ws://host/", regular());
  browser.advance(1h);
  CHECK(session.status().state == SessionState::waiting);
  CHECK(session.status().is_offline);
  CHECK(other.attempts() == 1);
  browser.go_online();
  browser.advance(0ms);
  CHECK(other.attempts() == 2);
}

TEST_CASE("reconnect ends an open connection with its code, and opens the next one at once") {
  Open open;
  CHECK(open.session.reconnect(4001, "elsewhere"));
  CHECK(open.last_call() == "close 4001 elsewhere");
  CHECK(open.session.send("meanwhile")->delivery == Delivery::kept);
  open.browser.peer().close(4001, "elsewhere");
  CHECK(open.session.status().state == SessionState::connecting);
  CHECK(open.session.status().attempt == 0);
  CHECK(open.session.status().end->code == 4001);
  open.browser.advance(0ms);
  CHECK(open.attempts() == 2);
  open.browser.peer().accept();
  CHECK(open.last_call() == "send text meanwhile");
}

TEST_CASE("reconnect replaces an attempt, a wait, or a stop with a new attempt") {
  const std::string_view state = GENERATE("connecting", "waiting", "stopped", "closing");
  CAPTURE(state);
  Begun begun;
  if (state == "waiting") begun.browser.peer().cut();
  if (state == "stopped") {
    begun.browser.peer().accept();
    begun.browser.peer().close(1008);
  }
  if (state == "closing") CHECK(begun.session.close());
  CHECK(begun.session.reconnect());
  begun.browser.advance(0ms);
  CHECK(begun.attempts() == 2);
  CHECK(begun.browser.attached_sockets() == 1);
  begun.browser.peer().accept();
  CHECK(begun.session.status().state == SessionState::open);
}

TEST_CASE("reconnect and close: the last call wins") {
  const bool is_close_last = GENERATE(false, true);
  Open open;
  if (is_close_last) {
    CHECK(open.session.reconnect());
    CHECK(open.session.close());
  } else {
    CHECK(open.session.close());
    CHECK(open.session.reconnect());
  }
  open.browser.peer().close(1000);
  open.browser.advance(0ms);
  CHECK(open.session.status().state ==
        (is_close_last ? SessionState::stopped : SessionState::connecting));
}

TEST_CASE("reconnect and close, if the browser cannot close: the last call wins") {
  const bool is_close_last = GENERATE(false, true);
  Open open;
  int ends = 0;
  open.session.on_close([&](const CloseEvent&) { ++ends; });
  open.browser.throw_from_close();
  if (is_close_last) {
    CHECK(open.session.reconnect());
    CHECK(hawser::detail::close_without_code(open.session));
  } else {
    CHECK(open.session.close());
    CHECK(open.session.reconnect());
  }
  CHECK(open.session.status().state == SessionState::open);
  CHECK(open.session.ready_state() == hawser::ReadyState::closing);
  open.browser.advance(0ms);
  CHECK(ends == 1);
  CHECK(open.attempts() == (is_close_last ? 1 : 2));
}

TEST_CASE("reconnect and close, if the browser raises the end inside close: the last call wins") {
  const bool is_close_last = GENERATE(false, true);
  Open open;
  open.browser.end_inside_close();
  if (is_close_last) {
    CHECK(open.session.reconnect());
    CHECK(open.session.close());
  } else {
    CHECK(open.session.close());
    CHECK(open.session.reconnect());
  }
  open.browser.advance(0ms);
  CHECK(open.attempts() == (is_close_last ? 1 : 2));
  CHECK(open.session.counters().last_error != Error::aborted);
}

TEST_CASE("reconnect with a bad code is refused, and the connection stays") {
  Open open;
  CHECK(open.session.reconnect(1001).error() == Error::invalid_close_code);
  CHECK(open.session.send("still here")->delivery == Delivery::sent);
}

TEST_CASE("reconnect in decide_reconnect connects at once") {
  Session* asked = nullptr;
  auto options = regular();
  hawser::SessionHandlers handlers;
  handlers.decide_reconnect = [&](const CloseEvent&, Decision decision) {
    CHECK(asked->reconnect());
    return decision;
  };
  Open open(std::move(options), std::move(handlers));
  asked = &open.session;
  open.browser.peer().close(1008, "no");
  open.browser.advance(0ms);
  CHECK(open.attempts() == 2);
}

TEST_CASE("an invalid endpoint is skipped if there is another one") {
  hawser::testing::Browser browser;
  const Session session({{.url = "http://one/"}, {.url = "ws://two/"}}, regular());
  browser.advance(0ms);
  CHECK(session.status().end->error == Error::invalid_url);
  browser.advance(1s);
  CHECK(browser.calls().back() == "new ws://two/ []");
}

TEST_CASE("an invalid endpoint is skipped every time, however often the other fails") {
  BesideInvalid begun;
  for (const int attempts : {2, 3}) {
    begun.browser.peer().cut();
    begun.browser.advance(2s);
    CHECK(begun.attempts() == attempts);
  }
}

TEST_CASE("an invalid endpoint is skipped even if the app gave up a connection to the other") {
  const bool is_open = GENERATE(true, false);
  BesideInvalid begun;
  if (is_open) begun.browser.peer().accept();
  CHECK(begun.session.reconnect());
  begun.browser.peer().close(1000);
  begun.browser.advance(1s);
  CHECK(begun.session.status().why == StopReason::none);
  CHECK(begun.attempts() == 2);
}

TEST_CASE("a session stops when none of its endpoints is valid") {
  hawser::testing::Browser browser;
  const Session session({{.url = "http://one/"}, {.url = "http://two/"}}, regular());
  browser.advance(1h);
  CHECK(session.status().why == StopReason::cannot_connect);
}

TEST_CASE("a message that the browser can never send does not hold up the next ones") {
  Begun begun;
  CHECK(begun.session.send("poison"));
  CHECK(begun.session.send("cure"));
  begun.browser.throw_from_next_send();
  begun.browser.peer().accept();
  begun.browser.advance(0ms);
  CHECK(begun.lines == Lines{"open", "dropped text poison"});
  CHECK(begun.last_call() == "send text cure");
}

TEST_CASE(
    "a message that the browser can never send is refused by the call that sends it, and not "
    "queued") {
  const auto acknowledgement =
      GENERATE(hawser::Acknowledgement::none, hawser::Acknowledgement::by_app);
  auto options = regular();
  options.outbox.acknowledgement = acknowledgement;
  Open open(std::move(options));
  open.browser.throw_from_next_send();
  CHECK(open.session.send("poison").error() == Error::browser_exception);
  open.browser.advance(0ms);
  CHECK(open.lines.empty());
  CHECK(open.session.outbox().size() == 0);
  CHECK(open.session.send("cure")->delivery == Delivery::sent);
}

TEST_CASE(
    "a session that is never read stays open, and keeps the newest messages within the limits") {
  auto options = regular();
  options.inbox.max_inbox_messages = 3;
  options.inbox.max_inbox_bytes = 7;
  Open open(std::move(options));
  open.session.on_message({});
  for (const auto* const text : {"one", "two", "too large", "three", "four", "five"})
    open.browser.peer().send(text);
  CHECK(open.session.status().state == SessionState::open);
  CHECK(open.session.counters().inbox_dropped == 5);
  CHECK(Awaited([&] { return open.session.receive(); }).line() == "text five");
}

TEST_CASE(
    "a message larger than max_message_size ends a session's connection, however it is read, and "
    "the session says "
    "why") {
  const std::string_view reader = GENERATE("handler", "inbox", "nobody");
  CAPTURE(reader);
  auto options = regular();
  options.max_message_size = 4;
  Open open(std::move(options));
  if (reader != "handler") open.session.on_message({});
  const auto receive = [&] { return open.session.receive(); };
  std::optional<Awaited<decltype(receive)>> received;
  if (reader == "inbox") received.emplace(receive);
  open.browser.peer().send("fives");
  CHECK(open.last_call() == "close 4009 message refused");
  CHECK(open.session.ready_state() == hawser::ReadyState::closing);
  open.browser.peer().close(4009, "message refused");
  open.browser.advance(0ms);
  CHECK(open.lines.empty());
  CHECK(open.session.status().why == StopReason::message_refused);
  CHECK(open.session.status().end->code == 4009);
  CHECK(open.session.counters().last_error == Error::message_too_large);
  if (received) CHECK(received->line() == error_line(Error::message_too_large));
}

TEST_CASE("200 000 unread messages leave a session open, and its memory bounded", "[long]") {
  Open open(SessionOptions{});
  open.session.on_message({});
  const std::string text(200, 'm');
  const auto inbox_limit = SessionOptions{}.inbox.max_inbox_messages;
  for (int i = 0; i < 200'000; ++i) open.browser.peer().send(text);
  CHECK(open.session.status().state == SessionState::open);
  CHECK(open.session.counters().messages_received == 200'000);
  CHECK(open.session.counters().inbox_dropped == 200'000 - inbox_limit);
}

TEST_CASE("a session that discards its messages keeps none") {
  Open open;
  open.session.on_message(hawser::discard);
  open.browser.peer().send("one");
  open.session.on_message({});
  open.browser.peer().send("two");
  CHECK(Awaited([&] { return open.session.receive(); }).line() == "text two");
  CHECK(open.session.counters().inbox_dropped == 0);
}

TEST_CASE("a late handler gets the earlier messages, in order and from the event loop") {
  Open open;
  open.session.on_message({});
  for (const auto* const text : {"one", "two"}) open.browser.peer().send(text);
  open.session.on_message([&](const Message& message) { open.lines.push_back(to_line(message)); });
  CHECK(open.lines.empty());
  const bool is_overtaken = GENERATE(false, true);
  if (is_overtaken) open.browser.peer().send("three");
  open.browser.advance(0ms);
  if (!is_overtaken) open.browser.peer().send("three");
  CHECK(open.lines == Lines{"text one", "text two", "text three"});
}

TEST_CASE("a late handler that replaces itself leaves the rest to the next one") {
  Open open;
  open.session.on_message({});
  for (const auto* const text : {"one", "two", "three"}) open.browser.peer().send(text);
  open.session.on_message([&](const Message& message) {
    open.lines.push_back(to_line(message));
    open.session.on_message({});
  });
  open.browser.advance(0ms);
  CHECK(open.lines == Lines{"text one"});
  CHECK(Awaited([&] { return open.session.receive(); }).line() == "text two");
}

TEST_CASE("a late handler may destroy its session") {
  hawser::testing::Browser browser;
  std::optional<Session> session(std::in_place, "ws://host/", regular());
  browser.advance(0ms);
  browser.peer().accept();
  for (const auto* const text : {"one", "two"}) browser.peer().send(text);
  int calls = 0;
  session->on_message([&](const Message&) {
    ++calls;
    session.reset();
  });
  browser.advance(0ms);
  CHECK(calls == 1);
}

TEST_CASE("an inbox that is read but has no room ends the connection, and the session says why") {
  auto options = regular();
  hawser::SessionHandlers handlers;
  options.inbox.max_inbox_messages = 1;
  std::optional<CloseEvent> asked;
  handlers.decide_reconnect = [&](const CloseEvent& event, Decision decision) {
    asked = event;
    return decision;
  };
  Open open(std::move(options), std::move(handlers));
  open.session.on_message(nullptr);
  CHECK(Awaited([&] { return open.session.receive({.timeout = 0ms}); }).line() ==
        error_line(Error::timed_out));
  open.browser.advance(5ms);
  open.browser.peer().send("one");
  open.browser.peer().send("two");
  CHECK(open.last_call() == "close 4009 message refused");
  CHECK(open.session.status().why == StopReason::message_refused);
  CHECK(asked->error == Error::inbox_overflow);
  CHECK(open.session.counters().last_error == Error::inbox_overflow);
  CHECK(open.session.counters().uptime == 5ms);
  CHECK(Awaited([&] { return open.session.receive(); }).line() == "text one");
  CHECK(Awaited([&] { return open.session.receive(); }).line() ==
        error_line(Error::inbox_overflow));
}

TEST_CASE(
    "the app may keep reconnecting after an inbox ran full, and messages that the inbox drops are "
    "counted") {
  auto options = regular();
  hawser::SessionHandlers handlers;
  options.inbox.max_inbox_messages = 1;
  const bool drops = GENERATE(false, true);
  if (drops) options.inbox.when_inbox_full = hawser::WhenInboxFull::drop_oldest;
  handlers.decide_reconnect = [](const CloseEvent&, Decision) { return Decision(); };
  Open open(std::move(options), std::move(handlers));
  open.session.on_message(nullptr);
  CHECK(Awaited([&] { return open.session.receive({.timeout = 0ms}); }).line() ==
        error_line(Error::timed_out));
  open.browser.peer().send("one");
  open.browser.peer().send("two");
  CHECK(open.session.counters().inbox_dropped == (drops ? 1 : 0));
  if (drops) return;
  CHECK(Awaited([&] { return open.session.receive(); }).line() == "text one");
  open.browser.advance(1s);
  open.browser.peer().accept();
  open.browser.peer().send("three");
  CHECK(Awaited([&] { return open.session.receive(); }).line() == "text three");
  CHECK(open.session.status().state == SessionState::open);
}

TEST_CASE("the app may reconnect while it is asked about a full inbox") {
  Session* asked = nullptr;
  auto options = regular();
  options.inbox.max_inbox_messages = 1;
  hawser::SessionHandlers handlers;
  handlers.decide_reconnect = [&](const CloseEvent&, Decision decision) {
    CHECK(asked->reconnect());
    return decision;
  };
  Open open(std::move(options), std::move(handlers));
  asked = &open.session;
  open.session.on_message(nullptr);
  CHECK(Awaited([&] { return open.session.receive({.timeout = 0ms}); }).line() ==
        error_line(Error::timed_out));
  for (const auto* const text : {"one", "two"}) open.browser.peer().send(text);
  CHECK(Awaited([&] { return open.session.receive(); }).line() == "text one");
  open.browser.advance(0ms);
  open.browser.peer().accept();
  open.browser.peer().send("three");
  CHECK(open.session.status().state == SessionState::open);
  CHECK(Awaited([&] { return open.session.receive(); }).line() == "text three");
}

TEST_CASE("each ping may be different, and binary") {
  int number = 0;
  auto options = regular();
  hawser::SessionHandlers handlers;
  const bool is_text = GENERATE(true, false);
  handlers.make_ping = [&, is_text]() -> hawser::Ping {
    const std::string text = std::to_string(++number);
    return is_text ? hawser::Ping(text) : hawser::Ping(std::as_bytes(std::span(text)));
  };
  options.heartbeat = {.interval = 20s, .deadline = 5s};
  Open open(std::move(options), std::move(handlers));
  open.browser.advance(20s);
  CHECK(open.last_call() == (is_text ? "send text 1" : "send binary 31"));
  open.browser.peer().send("life");
  open.browser.advance(20s);
  CHECK(open.last_call() == (is_text ? "send text 2" : "send binary 32"));
}

TEST_CASE(
    "a session reports the URL, subprotocol and extensions of its last connection, until the next "
    "one") {
  Begun begun(std::vector<hawser::Endpoint>{{.url = "ws://host/", .protocols = {"feed.v2"}}},
              regular());
  const auto last_connection = [&] {
    return begun.session.url() + " " + begun.session.protocol() + " " + begun.session.extensions();
  };
  begun.browser.peer().accept({"feed.v2", "permessage-deflate"});
  CHECK(last_connection() == "ws://host/ feed.v2 permessage-deflate");
  begun.browser.peer().cut();
  CHECK(last_connection() == "ws://host/ feed.v2 permessage-deflate");
  begun.browser.advance(1s);
  CHECK(last_connection() == "ws://host/  ");
}

TEST_CASE("a session has the ready state of a WebSocket, and is connecting while it waits") {
  using hawser::ReadyState;
  Begun begun;
  CHECK(Session().ready_state() == ReadyState::closed);
  CHECK(begun.session.ready_state() == ReadyState::connecting);
  begun.browser.peer().accept();
  CHECK(begun.session.ready_state() == ReadyState::open);
  begun.browser.peer().cut();
  CHECK(begun.session.ready_state() == ReadyState::connecting);
  begun.browser.advance(1s);
  begun.browser.peer().accept();
  CHECK(begun.session.close());
  CHECK(begun.session.ready_state() == ReadyState::closing);
  begun.browser.peer().close(1000);
  CHECK(begun.session.ready_state() == ReadyState::closed);
}

TEST_CASE("one message may be acknowledged without those before it") {
  auto options = regular();
  options.outbox.acknowledgement = hawser::Acknowledgement::by_app;
  Open open(std::move(options));
  CHECK(open.session.send("one"));
  CHECK(open.session.send("two"));
  CHECK(open.session.outbox().acknowledge_one(2) == 1);
  CHECK(open.session.outbox().size() == 1);
}

#ifdef __cpp_exceptions
TEST_CASE("a session's handler that throws is reported, and the session keeps running") {
  const std::string_view where = GENERATE("open", "decision", "status", "error", "close");
  CAPTURE(where);
  auto options = regular();
  hawser::SessionHandlers handlers;
  const auto throw_at = [&](std::string_view place) {
    if (place == where) throw std::runtime_error("thrown by a handler on purpose");
  };
  handlers.decide_reconnect = [&](const CloseEvent&, Decision decision) {
    throw_at("decision");
    return decision;
  };
  Begun begun(std::move(options), std::move(handlers));
  begun.session.on_open([&] { throw_at("open"); });
  begun.session.on_status([&](const hawser::SessionStatus&) { throw_at("status"); });
  begun.session.on_error([&](Error) { throw_at("error"); });
  int ends = 0;
  begun.session.on_close([&](const CloseEvent&) {
    ++ends;
    throw_at("close");
  });
  CHECK(begun.session.send("kept"));
  begun.browser.peer().accept();
  begun.browser.advance(0ms);
  CHECK(begun.last_call() == "send text kept");
  begun.browser.peer().cut();
  begun.browser.advance(2s);
  CHECK(begun.attempts() == 2);
  CHECK(ends == 1);
  CHECK(begun.browser.reported_exceptions() > 0);
}

TEST_CASE("if a late handler throws, it still gets the rest") {
  Open open;
  open.session.on_message({});
  for (const auto* const text : {"one", "two"}) open.browser.peer().send(text);
  open.session.on_message([&](const Message& message) {
    open.lines.push_back(to_line(message));
    throw std::runtime_error("thrown by a handler on purpose");
  });
  open.browser.peer().send("three");
  open.browser.advance(0ms);
  CHECK(open.lines == Lines{"text one", "text two", "text three"});
  CHECK(open.browser.reported_exceptions() == 3);
}

TEST_CASE("all drops are reported, even if a handler throws for one of them") {
  auto options = regular();
  options.outbox = {.max_outbox_messages = 1,
                    .when_outbox_full = hawser::WhenOutboxFull::drop_oldest};
  Begun begun(std::move(options));
  begun.session.on_drop([&](const hawser::KeptMessage& message) {
    begun.lines.push_back(to_line(message));
    throw std::runtime_error("thrown by a handler on purpose");
  });
  for (const auto* const text : {"one", "two", "three"}) CHECK(begun.session.send(text));
  begun.browser.advance(0ms);
  CHECK(begun.lines == Lines{"text one", "text two"});
  CHECK(begun.browser.reported_exceptions() == 2);
}

TEST_CASE("if make_ping throws, the fixed ping is sent") {
  auto options = regular();
  hawser::SessionHandlers handlers;
  options.heartbeat = {.interval = 20s, .deadline = 5s, .ping = "ping"};
  handlers.make_ping = []() -> hawser::Ping { throw std::runtime_error("thrown on purpose"); };
  Open open(std::move(options), std::move(handlers));
  for (int i = 0; i < 2; ++i) {
    open.browser.advance(20s);
    CHECK(open.last_call() == "send text ping");
    CHECK(open.browser.reported_exceptions() == i + 1);
    open.browser.peer().send("alive");
  }
  open.browser.advance(25s);
  CHECK(open.session.counters().last_error == Error::connection_timed_out);
}

TEST_CASE("a peer that was not pinged, because make_ping throws, is not dropped") {
  auto options = regular();
  hawser::SessionHandlers handlers;
  options.heartbeat = {.interval = 20s, .deadline = 5s};
  handlers.make_ping = []() -> hawser::Ping { throw std::runtime_error("thrown on purpose"); };
  Open open(std::move(options), std::move(handlers));
  open.browser.advance(100s);
  CHECK(open.browser.reported_exceptions() == 5);
  CHECK(open.session.status().state == SessionState::open);
}

TEST_CASE("if decide_reconnect throws, hawser's own decision applies") {
  auto options = regular();
  hawser::SessionHandlers handlers;
  handlers.decide_reconnect = [](const CloseEvent&, Decision decision) -> Decision {
    decision.delay = 1h;
    throw std::runtime_error("thrown on purpose");
  };
  Open open(std::move(options), std::move(handlers));
  open.browser.peer().close(4000);
  open.browser.advance(0ms);
  CHECK(open.session.status().retry_in == 1s);
  open.browser.advance(1s);
  open.browser.peer().accept();
  open.browser.peer().close(1008, "no");
  open.browser.advance(1h);
  CHECK(open.session.status().why == StopReason::policy_violation);
  CHECK(open.attempts() == 2);
}

TEST_CASE("if decide_reconnect closes the session and throws, the end is reported once") {
  Session* asked = nullptr;
  auto options = regular();
  hawser::SessionHandlers handlers;
  handlers.decide_reconnect = [&](const CloseEvent&, Decision) -> Decision {
    CHECK(asked->close());
    throw std::runtime_error("thrown on purpose");
  };
  Open open(std::move(options), std::move(handlers));
  asked = &open.session;
  int ends = 0;
  open.session.on_close([&](const CloseEvent&) { ++ends; });
  open.browser.peer().close(4000);
  open.browser.advance(0ms);
  CHECK(open.session.status().why == StopReason::closed_by_app);
  CHECK(open.session.status().end->code == 4000);
  CHECK(ends == 1);
}

TEST_CASE("on_open is called for a connection whose on_status has thrown") {
  Begun begun;
  begun.session.on_status(
      [](const hawser::SessionStatus&) { throw std::runtime_error("thrown on purpose"); });
  begun.session.on_open([&] { CHECK(begun.session.send_now("token")); });
  CHECK(begun.session.send("kept"));
  begun.browser.peer().accept();
  begun.browser.advance(0ms);
  const auto calls = begun.browser.calls();
  CHECK(Lines(calls.end() - 2, calls.end()) == Lines{"send text token", "send text kept"});
}

TEST_CASE("a session whose on_status always throws still requests an endpoint, and connects") {
  auto options = regular();
  hawser::SessionHandlers handlers;
  handlers.on_endpoint_request = [](hawser::EndpointRequest request) {
    request.connect_to({.url = "ws://host/"});
  };
  Begun begun(std::move(options), std::move(handlers));
  begun.session.on_status(
      [](const hawser::SessionStatus&) { throw std::runtime_error("thrown on purpose"); });
  begun.browser.peer().accept();
  begun.browser.peer().close(1013, "later");
  begun.browser.go_offline();
  begun.browser.advance(0ms);
  begun.browser.go_online();
  begun.browser.advance(11s);
  CHECK(begun.attempts() == 2);
}

TEST_CASE("an attempt whose on_endpoint_request throws fails at its deadline") {
  auto options = regular();
  hawser::SessionHandlers handlers;
  handlers.on_endpoint_request = [](hawser::EndpointRequest) {
    throw std::runtime_error("thrown on purpose");
  };
  Begun begun(std::move(options), std::move(handlers));
  begun.browser.advance(10s);
  CHECK(begun.session.status().end.has_value());
  CHECK(begun.session.counters().attempts > 1);
}

TEST_CASE(
    "a message for which is_pong throws shows that the peer is alive, and later ones are "
    "delivered") {
  auto options = regular();
  hawser::SessionHandlers handlers;
  options.heartbeat = {.interval = 20s, .deadline = 5s, .ping = "ping"};
  bool throws = true;
  handlers.is_pong = [&](const Message&) {
    if (throws) throw std::runtime_error("thrown on purpose");
    return false;
  };
  Open open(std::move(options), std::move(handlers));
  open.browser.advance(22s);
  open.browser.peer().send("first");
  open.browser.advance(19s);
  throws = false;
  open.browser.peer().send("second");
  CHECK(open.session.status().state == SessionState::open);
  CHECK(open.lines == Lines{"text second"});
}
#endif

// While ready_state() is open, a session behaves like an open WebSocket.

namespace {

/// The calls to the browser that a WebSocket and a Session cause in a callback of an open
/// connection.
template <typename Act>
Lines asked_of_browser_by_web_socket(std::string_view where, Act act) {
  hawser::testing::Browser browser;
  auto socket = hawser::WebSocket::open("ws://host/").value();
  socket.on_open([&] {
    if (where != "message") act(socket);
  });
  socket.on_message([&](const Message&) {
    if (where == "message") act(socket);
  });
  browser.peer().accept();
  browser.peer().send("message");
  browser.advance(0ms);
  return browser.calls();
}

template <typename Act>
Lines asked_of_browser_by_session(std::string_view where, Act act) {
  hawser::testing::Browser browser;
  auto options = regular();
  options.outbox = {.max_outbox_bytes = 3, .max_outbox_messages = 2};
  Session session("ws://host/", std::move(options));
  const auto act_in = [&](std::string_view place) {
    if (place != where) return;
    CHECK(session.ready_state() == hawser::ReadyState::open);
    act(session);
  };
  session.on_open([&] { act_in("open"); });
  session.on_message([&](const Message&) { act_in("message"); });
  session.on_status([&](const hawser::SessionStatus& status) {
    if (status.state == SessionState::open) act_in("status");
  });
  browser.advance(0ms);
  browser.peer().accept();
  browser.peer().send("message");
  browser.advance(0ms);
  return browser.calls();
}

}  // namespace

TEST_CASE(
    "a call in a callback of an open session causes the same calls to the browser as a WebSocket's "
    "[R14]") {
  const std::string_view where = GENERATE("open", "message", "status");
  const std::string_view what =
      GENERATE("send", "large", "many", "send and close", "close and send", "close twice",
               "close with a bad code", "bad text", "close without messages");
  CAPTURE(where, what);
  const auto act = [what](auto& connection) {
    if (what == "send") {
      CHECK(connection.send("text"));
      CHECK(connection.send(std::as_bytes(std::span("123", 3))));
    } else if (what == "large") {
      CHECK(connection.send(std::string(2'000'000, 'l')));
    } else if (what == "many") {
      for (int i = 0; i < 10'500; ++i) CHECK(connection.send(std::to_string(i)));
    } else if (what == "send and close") {
      CHECK(connection.send("bye, and thanks"));
      CHECK(connection.close(4000, "done"));
    } else if (what == "close and send") {
      CHECK(connection.close(4000));
      CHECK_FALSE(connection.send("late"));
    } else if (what == "close twice") {
      CHECK(connection.close());
      CHECK(connection.close().error() == Error::already_closing);
    } else if (what == "close with a bad code") {
      CHECK(connection.close(1001).error() == Error::invalid_close_code);
      CHECK(connection.send("still open"));
    } else if (what == "bad text") {
      CHECK(connection.send("\xff").error() == Error::invalid_utf8);
    } else {
      CHECK(connection.close(4000));
    }
  };
  CHECK(asked_of_browser_by_session(where, act) == asked_of_browser_by_web_socket(where, act));
}

TEST_CASE("messages queued before a connection go out before a close in its on_open [R14]") {
  Begun begun;
  begun.session.on_open([&] {
    CHECK(begun.session.send("bye"));
    CHECK(begun.session.close(4000));
  });
  CHECK(begun.session.send("kept"));
  begun.browser.peer().accept();
  const auto calls = begun.browser.calls();
  CHECK(Lines(calls.end() - 3, calls.end()) ==
        Lines{"send text kept", "send text bye", "close 4000 "});
}

TEST_CASE("a message with Keep::no is sent in on_open, however full the outbox is [R14]") {
  auto options = regular();
  options.outbox.max_outbox_messages = 1;
  Begun begun(std::move(options));
  begun.session.on_open(
      [&] { CHECK(begun.session.send("now", Keep::no)->delivery == Delivery::kept); });
  CHECK(begun.session.send("kept"));
  begun.browser.peer().accept();
  CHECK(begun.last_call() == "send text now");
}

TEST_CASE("in on_open, the outbox limits apply to messages that wait for an acknowledgement") {
  auto options = regular();
  options.outbox = {.max_outbox_messages = 1, .acknowledgement = hawser::Acknowledgement::by_app};
  Begun begun(std::move(options));
  begun.session.on_open([&] {
    CHECK(begun.session.send("one"));
    CHECK(begun.session.send("two").error() == Error::outbox_full);
  });
  begun.browser.peer().accept();
  CHECK(begun.last_call() == "send text one");
}

TEST_CASE(
    "the limits apply again when the peer has closed, and messages accepted beyond them are kept") {
  auto options = regular();
  options.outbox.max_outbox_messages = 1;
  Begun begun(std::move(options));
  begun.session.on_open([&] {
    if (begun.attempts() == 1) begun.browser.peer().begin_close();
    if (begun.attempts() > 1) return;
    for (const auto* const text : {"one", "two"}) CHECK(begun.session.send(text));
  });
  begun.browser.peer().accept();
  CHECK(begun.session.send("three").error() == Error::outbox_full);
  begun.browser.peer().close(1000);
  begun.browser.advance(1s);
  begun.browser.peer().accept();
  const auto calls = begun.browser.calls();
  CHECK(Lines(calls.end() - 2, calls.end()) == Lines{"send text one", "send text two"});
}

TEST_CASE("a session reports the URL of its first endpoint before its first attempt") {
  hawser::testing::Browser browser;
  const Session session({{.url = "ws://one/"}, {.url = "ws://two/"}}, regular());
  CHECK(session.url() == "ws://one/");
  const Session asking({{.url = "ws://one/"}}, regular(),
                       {.on_endpoint_request = [](const hawser::EndpointRequest&) {}});
  CHECK(asking.url() == "ws://one/");
}

TEST_CASE("a session may be closed without a code") {
  Open open;
  CHECK(open.session.close(0).error() == Error::invalid_close_code);
  CHECK(hawser::detail::close_without_code(open.session));
  CHECK(open.session.ready_state() == hawser::ReadyState::closing);
  CHECK(open.last_call().starts_with("close"));
  CHECK(open.last_call().find("1000") == std::string::npos);
}

// The gate.

namespace {

SessionOptions gated() {
  auto options = regular();
  options.gate = hawser::Gate::closed;
  return options;
}

}  // namespace

TEST_CASE("with a closed gate, only send_now sends before the app is ready") {
  Begun begun(gated());
  begun.session.on_open([&] {
    CHECK(begun.session.send("subscribe"));
    CHECK(begun.session.send("now or never", Keep::no));
  });
  CHECK(begun.session.send("kept"));
  begun.browser.peer().accept();
  begun.browser.advance(1s);
  CHECK(begun.session.send_now("token"));
  CHECK(begun.last_call() == "send text token");
  CHECK(begun.session.ready());
  CHECK(begun.session.send("later")->delivery == Delivery::sent);
  const auto calls = begun.browser.calls();
  CHECK(Lines(calls.end() - 5, calls.end()) == Lines{"send text token", "send text kept",
                                                     "send text subscribe",
                                                     "send text now or never", "send text later"});
  CHECK(begun.session.ready());
  begun.browser.advance(1h);
  CHECK(begun.session.status().state == SessionState::open);
}

TEST_CASE("the app may be ready in on_open, but not before") {
  Begun begun(gated());
  CHECK(begun.session.ready().error() == Error::still_connecting);
  begun.session.on_open([&] {
    CHECK(begun.session.send_now("token"));
    CHECK(begun.session.ready());
    CHECK(begun.session.send("direct")->delivery == Delivery::sent);
  });
  CHECK(begun.session.send("kept"));
  begun.browser.peer().accept();
  begun.browser.advance(1h);
  const auto calls = begun.browser.calls();
  CHECK(Lines(calls.end() - 3, calls.end()) ==
        Lines{"send text token", "send text kept", "send text direct"});
}

TEST_CASE(
    "each connection has its own gate, and one whose gate is never opened ends at its deadline") {
  Begun begun(gated());
  CHECK(begun.session.send("kept"));
  begun.browser.peer().accept();
  begun.browser.advance(9'999ms);
  CHECK(begun.session.status().state == SessionState::open);
  begun.browser.advance(1ms);
  CHECK(begun.session.status().state == SessionState::waiting);
  CHECK(begun.session.status().end->error == Error::connection_timed_out);
  begun.browser.advance(1s);
  begun.browser.peer().accept();
  CHECK(begun.last_call() == "new ws://host/ []");
  CHECK(begun.session.ready());
  CHECK(begun.last_call() == "send text kept");
}

TEST_CASE(
    "a session that is closed behind a closed gate drops the messages that wait there, and says "
    "so") {
  Begun begun(gated());
  CHECK(begun.session.send("kept"));
  begun.browser.peer().accept();
  CHECK(begun.session.close(4000));
  CHECK(begun.last_call() == "close 4000 ");
  CHECK(begun.session.ready().error() == Error::still_connecting);
  begun.browser.peer().close(4000);
  begun.browser.advance(0ms);
  CHECK(begun.lines == Lines{"open", "dropped text kept"});
}

// Network changes, and pages that are left and reopened.

TEST_CASE("an attempt that fails just after the network is back counts as the first failure") {
  Begun begun;
  for (int i = 0; i < 3; ++i) {
    begun.browser.peer().cut();
    begun.browser.advance(4s);
  }
  begun.browser.go_offline();
  begun.browser.peer().cut();
  begun.browser.go_online();
  begun.browser.advance(5ms);
  CHECK(begun.attempts() == 5);
  begun.browser.peer().cut();
  CHECK(begun.session.status().retry_in == 1s);
}

TEST_CASE("when the network returns before the backoff has passed, the session connects at once") {
  Open open;
  open.browser.peer().cut();
  open.browser.go_offline();
  open.browser.advance(10ms);
  open.browser.go_online();
  open.browser.advance(0ms);
  CHECK(open.attempts() == 2);
}

TEST_CASE("a network that is gone and back within a turn is connected to at once, too") {
  Open open;
  open.browser.peer().cut();
  open.browser.go_offline();
  open.browser.go_online();
  open.browser.advance(0ms);
  CHECK(open.attempts() == 2);
}

TEST_CASE("after a return to the page, the wait is at most a second") {
  Begun begun;
  for (int i = 0; i < 4; ++i) {
    begun.browser.peer().cut();
    begun.browser.advance(8s);
  }
  begun.browser.peer().cut();
  CHECK(begun.session.status().retry_in > 10s);
  begun.browser.hide_page();
  begun.browser.advance(10ms);
  CHECK(begun.session.status().retry_in > 10s);
  begun.browser.show_page();
  begun.browser.advance(0ms);
  CHECK(begun.session.status().retry_in == 990ms);
  const int attempts = begun.attempts();
  begun.browser.advance(990ms);
  CHECK(begun.attempts() == attempts + 1);
  begun.browser.peer().cut();
  CHECK(begun.session.status().retry_in == 1s);
}

TEST_CASE("a return to the page does not shorten a delay that the server asked for") {
  Open open;
  open.browser.peer().close(1013, "later");
  open.browser.hide_page();
  open.browser.show_page();
  open.browser.advance(9s);
  CHECK(open.attempts() == 1);
}

TEST_CASE("after 1001, which Firefox uses when a page is left, no attempt is made for a second") {
  auto options = regular();
  options.reconnect.backoff.base = 1ms;
  Open open(std::move(options));
  open.browser.peer().close(1001);
  open.browser.advance(999ms);
  CHECK(open.attempts() == 1);
  open.browser.advance(1ms);
  CHECK(open.attempts() == 2);
}

TEST_CASE("a session that is closed in on_open stops at once if the browser cannot close") {
  auto options = regular();
  options.gate = GENERATE(hawser::Gate::open, hawser::Gate::closed);
  Begun begun(std::move(options));
  begun.session.on_open([&] {
    begun.browser.throw_from_close();
    CHECK(begun.session.close());
  });
  begun.browser.peer().accept();
  begun.browser.advance(0ms);
  CHECK(begun.session.status().why == StopReason::closed_by_app);
}

TEST_CASE("the app may ask for any delay: it counts as 0 at least, and as 24 days at most") {
  const auto delay =
      GENERATE(std::chrono::milliseconds::max(), std::chrono::milliseconds(1LL << 40),
               std::chrono::milliseconds::min(), -1ms);
  hawser::testing::Browser browser;
  Session session("ws://host/", regular(), {.decide_reconnect = [=](const CloseEvent&, Decision) {
                    return Decision{.delay = delay};
                  }});
  browser.advance(1ms);
  browser.peer().accept();
  browser.peer().cut();
  REQUIRE(session.status().state == SessionState::waiting);
  if (delay < 0ms) CHECK(session.status().retry_in == 1s);  // the backoff alone
  browser.hide_page();
  browser.show_page();
  browser.advance(2s);
  if (delay > 0ms) {
    CHECK(session.status().state == SessionState::waiting);
    CHECK(session.status().retry_in > std::chrono::days(24));
    browser.advance(std::chrono::days(25));
  }
  CHECK(session.counters().attempts >= 2);
}

TEST_CASE(
    "a session reports its state before that state's effects, whatever is reported meanwhile") {
  hawser::testing::Browser browser;
  Lines lines;
  auto options = regular();
  options.outbox.max_outbox_messages = 1;
  options.outbox.when_outbox_full = hawser::WhenOutboxFull::drop_oldest;
  Session session(
      std::vector<hawser::Endpoint>{}, options,
      {.on_status =
           [&](const hawser::SessionStatus& status) { lines.emplace_back(name(status.state)); },
       .on_drop = [&](const hawser::KeptMessage&) { lines.emplace_back("drop"); },
       .on_endpoint_request =
           [&](hawser::EndpointRequest request) {
             lines.emplace_back("request");
             request.connect_to({.url = "ws://host/"});
           }});
  browser.advance(1ms);
  browser.peer().accept();
  browser.peer().cut();
  lines.clear();
  session.retry_now();
  (void)session.send("a");
  (void)session.send("b");
  browser.advance(1ms);
  CHECK(lines == Lines{"drop", "connecting", "request"});
}

TEST_CASE("a session that its app closes delivers no more messages to on_message") {
  hawser::testing::Browser browser;
  Lines lines;
  const auto note = [&](const hawser::Message& message) { lines.emplace_back(message.text()); };
  SECTION("closed by is_pong") {
    Session session("ws://host/", regular(),
                    {.on_message = note, .is_pong = [](Session& session, const hawser::Message&) {
                       (void)session.close();
                       return false;
                     }});
    browser.advance(1ms);
    browser.peer().accept();
    browser.peer().send("late");
    CHECK(lines.empty());
  }
  SECTION("closed by the handler of the first of several") {
    Session session("ws://host/", regular());
    browser.advance(1ms);
    browser.peer().accept();
    for (const auto* const text : {"1", "2", "3"}) browser.peer().send(text);
    session.on_message([&](Session& session, const hawser::Message& message) {
      note(message);
      (void)session.close();
    });
    browser.advance(1ms);
    CHECK(lines == Lines{"1"});
  }
}

TEST_CASE("a session that is closed after its connection failed reports that failure") {
  hawser::testing::Browser browser;
  std::vector<Error> errors;
  Session session("ws://host/", regular(),
                  {.on_error = [&](Error error) { errors.push_back(error); }});
  browser.advance(1ms);
  browser.peer().accept();
  browser.peer().raise_error();
  (void)session.close();
  browser.peer().cut();
  browser.advance(1s);
  CHECK(errors == std::vector{Error::connection_lost});
  CHECK(session.status().why == hawser::StopReason::closed_by_app);
}

TEST_CASE("a session's on_drop may keep sending forever, in bounded memory") {
  hawser::testing::Browser browser;
  auto options = regular();
  options.outbox.max_outbox_messages = 2;
  options.outbox.when_outbox_full = hawser::WhenOutboxFull::drop_oldest;
  int drops = 0;
  Session session("ws://host/", options,
                  {.on_drop = [&](Session& session, const hawser::KeptMessage& message) {
                    if (++drops < 10'000) (void)session.send(message.text());
                  }});
  for (int i = 0; i < 6; ++i) (void)session.send("x");
  browser.advance(1ms);
  CHECK(drops >= 10'000);
}
