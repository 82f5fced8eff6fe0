// Sessions in a hidden page (SessionOptions::when_hidden), on the scripted browser.

#include <catch_amalgamated.hpp>
#include <hawser/session.hpp>
#include <hawser/sleep.hpp>
#include <hawser/task.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hawser/testing/browser.hpp>

using hawser::CloseEvent;
using hawser::Decision;
using hawser::Delivery;
using hawser::Error;
using hawser::Keep;
using hawser::Session;
using hawser::SessionOptions;
using hawser::SessionState;
using hawser::StopReason;
using hawser::WhenHidden;
using hawser::testing::Browser;
using Lines = std::vector<std::string>;
using namespace std::chrono_literals;

namespace {

/// Closes after a minute. Attempts follow after exactly one second, two, four, …
SessionOptions closing() {
  SessionOptions options;
  options.when_hidden = WhenHidden::close;
  options.hidden_grace = 1min;
  options.reconnect.backoff = {.base = 1s, .cap = 1h, .jitter = hawser::Jitter::none};
  options.reconnect.min_uptime = 0ms;
  return options;
}

/// A session, the browser under it, and the calls of its handlers.
struct Begun {
  explicit Begun(const SessionOptions& options = closing(), hawser::SessionHandlers handlers = {})
      : session("ws://host/", options, std::move(handlers)) {
    listen();
  }

  void listen() {
    session.on_open([this] { lines.emplace_back("open"); });
    session.on_error(
        [this](Error error) { lines.push_back(std::string("error ") + hawser::name(error)); });
    session.on_close([this](const CloseEvent& end) {
      lines.push_back("close " + std::to_string(end.code) +
                      (end.was_clean ? " clean" : " unclean"));
    });
    session.on_status([this](const hawser::SessionStatus& status) {
      lines.push_back(std::string(name(status.state)) + (status.is_hidden ? ", hidden" : "") +
                      (status.is_offline ? ", offline" : ""));
    });
    session.on_drop([this](const hawser::KeptMessage& message) {
      lines.push_back("drop " + std::string(message.text()));
    });
  }

  Lines next() { return std::exchange(lines, {}); }

  /// Opens the next connection, and returns its peer.
  hawser::testing::Peer open() {
    auto peer = browser.expect_connection();
    peer.accept();
    return peer;
  }

  /// Does the same, then hides the page.
  hawser::testing::Peer open_in_hidden_page() {
    auto peer = open();
    browser.hide_page();
    return peer;
  }

  bool is_hidden() const {
    return session.status().state == SessionState::waiting && session.status().is_hidden;
  }

  Browser browser;
  Session session;
  Lines lines;
};

/// A page that was hidden for too long, after its connection was closed.
struct Hidden : Begun {
  explicit Hidden(const SessionOptions& options = closing(), hawser::SessionHandlers handlers = {})
      : Begun(options, std::move(handlers)) {
    auto peer = open_in_hidden_page();
    browser.advance(1min);
    peer.expect_close();
    peer.answer_close();
    lines.clear();
  }
};

}  // namespace

TEST_CASE(
    "hidden page: the connection is closed with 1000 after the grace, and reopened when the page "
    "is visible") {
  Begun begun;
  auto peer = begun.open();
  begun.next();
  begun.browser.hide_page();
  begun.browser.advance(1min - 1ms);
  peer.expect_nothing();
  begun.browser.advance(1ms);
  const auto frame = peer.expect_close();
  CHECK(frame.code == 1000);
  CHECK(frame.reason == "page hidden");
  CHECK(begun.session.ready_state() == hawser::ReadyState::closing);
  peer.answer_close();
  CHECK(begun.next() == Lines{"close 1000 clean", "waiting, hidden"});
  CHECK(begun.session.ready_state() == hawser::ReadyState::connecting);
  CHECK(begun.session.status().retry_in == 0ms);
  CHECK(begun.session.status().attempt == 0);
  begun.browser.advance(24h);
  begun.browser.expect_no_connection();
  begun.browser.show_page();
  begun.open();
  CHECK(begun.next() == Lines{"connecting", "open", "open"});
}

TEST_CASE("hidden page: by default a session stays connected, and reconnects") {
  auto options = closing();
  options.when_hidden = SessionOptions().when_hidden;
  Begun begun(options);
  auto peer = begun.open_in_hidden_page();
  begun.browser.advance(24h);
  peer.expect_nothing();
  peer.cut();
  begun.browser.advance(1s);
  begun.open();
}

TEST_CASE("hidden page: the default grace is a minute, and policies have names") {
  CHECK(SessionOptions().hidden_grace == 1min);
  CHECK(name(WhenHidden::keep) == std::string("keep"));
  CHECK(name(WhenHidden::close) == std::string("close"));
  CHECK(name(static_cast<WhenHidden>(2)) == std::string("unknown"));
}

TEST_CASE("hidden page: the grace restarts each time the page is hidden") {
  Begun begun;
  auto peer = begun.open();
  for (int i = 0; i < 5; ++i) {
    begun.browser.hide_page();
    begun.browser.advance(59s);
    begun.browser.show_page();
    begun.browser.hide_page();
    begun.browser.advance(59s);
    begun.browser.show_page();
    begun.browser.advance(1h);
  }
  peer.expect_nothing();
}

TEST_CASE("hidden page: any grace is possible") {
  auto options = closing();
  SECTION("none") {
    options.hidden_grace = GENERATE(0ms, -1ms, std::chrono::milliseconds::min());
    Begun begun(options);
    auto peer = begun.open();
    begun.browser.hide_page();
    peer.expect_close();
  }
  SECTION("longer than any timer") {
    options.hidden_grace = std::chrono::milliseconds::max();
    Begun begun(options);
    auto peer = begun.open();
    begun.browser.hide_page();
    begun.browser.advance(std::chrono::days(30));
    peer.expect_nothing();
  }
}

TEST_CASE("hidden page: decide_reconnect is not called, since nothing has failed") {
  int calls = 0;
  Hidden hidden(closing(), {.decide_reconnect = [&](const CloseEvent&, Decision decision) {
                  ++calls;
                  return decision;
                }});
  CHECK(hidden.is_hidden());
  hidden.browser.show_page();
  hidden.open();
  CHECK(calls == 0);
}

TEST_CASE("hidden page: messages wait in the outbox, and are sent once when the page is visible") {
  Hidden hidden;
  CHECK(hidden.session.send("typed meanwhile")->delivery == Delivery::kept);
  hidden.browser.advance(1h);
  hidden.browser.show_page();
  auto peer = hidden.open();
  peer.expect_text("typed meanwhile");
  peer.cut();
  hidden.browser.advance(1s);
  auto next = hidden.open();
  next.expect_nothing();
}

TEST_CASE("hidden page: messages sent while the connection is closing wait, too") {
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  begun.browser.advance(1min);
  peer.expect_close();
  CHECK(begun.session.send("late")->delivery == Delivery::kept);
  peer.answer_close();
  begun.browser.show_page();
  begun.open().expect_text("late");
}

TEST_CASE("hidden page: messages are treated as at any lost connection") {
  SECTION("an unacknowledged one is sent again") {
    auto options = closing();
    options.outbox.acknowledgement = hawser::Acknowledgement::by_app;
    Begun begun(options);
    auto peer = begun.open();
    CHECK(begun.session.send("1"));
    CHECK(begun.session.send("2"));
    begun.browser.hide_page();
    begun.browser.advance(1min);
    begun.session.outbox().acknowledge(1);  // arrives while the connection is closing
    peer.answer_close();
    begun.browser.show_page();
    begun.open().expect_text("2");
  }
  SECTION("one with Keep::no is dropped") {
    auto options = closing();
    options.gate = hawser::Gate::closed;
    options.ready_timeout = 1h;
    Begun begun(options);
    auto peer = begun.open();
    CHECK(begun.session.send("now or never", Keep::no));
    begun.next();
    begun.browser.hide_page();
    begun.browser.advance(1min);
    peer.answer_close();
    CHECK(begun.next() == Lines{"drop now or never", "close 1000 clean", "waiting, hidden"});
  }
}

TEST_CASE(
    "hidden page: the grace counts from when a connection opens, and never cancels an attempt") {
  Begun begun;
  begun.browser.run_until_idle();
  begun.browser.hide_page();
  begun.browser.advance(20s);
  auto peer = begun.open();
  begun.browser.advance(59s);
  peer.expect_nothing();
  begun.browser.advance(1s);
  peer.expect_close();
}

TEST_CASE("hidden page: an attempt that opens after the grace gets a new grace") {
  auto options = closing();
  options.connect_timeout = 1h;
  Begun begun(options);
  begun.browser.run_until_idle();
  begun.browser.hide_page();
  begun.browser.advance(30min);
  CHECK(begun.session.status().state == SessionState::connecting);
  auto peer = begun.open();
  begun.browser.advance(59s);
  peer.expect_nothing();
  begun.browser.advance(1s);
  peer.expect_close();
}

TEST_CASE("hidden page: after the grace, no attempt follows a failed one") {
  auto options = closing();
  options.connect_timeout = 1h;
  Begun begun(options);
  begun.browser.run_until_idle();
  begun.browser.hide_page();
  begun.browser.advance(30min);
  begun.next();
  begun.browser.expect_connection().refuse();
  CHECK(begun.next() == Lines{"error connection_failed", "close 1006 unclean", "waiting, hidden"});
  begun.browser.advance(24h);
  begun.browser.expect_no_connection();
  begun.browser.show_page();
  begun.open();
}

TEST_CASE(
    "hidden page: a wait for an attempt becomes a wait for the page, which resets the backoff") {
  Begun begun;
  for (int i = 0; i < 7; ++i) {
    begun.browser.expect_connection().refuse();
    begun.browser.advance(begun.session.status().retry_in);
  }
  begun.browser.expect_connection().refuse();
  CHECK(begun.session.status().retry_in == 128s);
  begun.browser.hide_page();
  begun.browser.advance(59s);
  CHECK_FALSE(begun.session.status().is_hidden);
  begun.next();
  begun.browser.advance(1s);
  CHECK(begun.next() == Lines{"waiting, hidden"});
  CHECK(begun.session.status().attempt == 0);
  begun.browser.advance(1h);
  begun.browser.expect_no_connection();
  begun.browser.show_page();
  begun.browser.expect_connection().refuse();
  CHECK(begun.session.status().retry_in == 1s);
}

TEST_CASE("hidden page: attempts continue during the grace") {
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  begun.browser.advance(30s);
  peer.cut();
  begun.browser.advance(1s);
  begun.browser.expect_connection().refuse();
  begun.browser.advance(2s);
  auto next = begun.open();
  begun.browser.advance(59s);
  next.expect_nothing();
}

TEST_CASE(
    "hidden page: a delay that the server asked for also applies when the page becomes visible") {
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  begun.browser.advance(58s);
  peer.close(1013, "later");
  begun.browser.advance(3s);
  CHECK(begun.is_hidden());
  begun.browser.show_page();
  begun.browser.advance(6s);
  begun.browser.expect_no_connection();
  CHECK(begun.session.status().retry_in == 1s);
  begun.browser.advance(1s);
  begun.open();
}

TEST_CASE("hidden page: give_up_after does not count hidden time") {
  auto options = closing();
  options.reconnect.give_up_after = 1min;
  SECTION("after a connection") {
    Hidden hidden(options);
    hidden.browser.advance(24h);
    if (GENERATE(true, false))
      hidden.browser.show_page();
    else
      hidden.session.retry_now();
    hidden.browser.expect_connection().refuse();
    CHECK(hidden.session.status().state == SessionState::waiting);
  }
  SECTION("after a delay that the server asked for") {
    options.reconnect.give_up_after = 62min;
    options.reconnect.try_again_later = 1h;
    Begun begun(options);
    auto peer = begun.open();
    begun.browser.hide_page();
    peer.close(1013, "later");
    begun.browser.advance(59min);
    CHECK(begun.is_hidden());
    begun.browser.show_page();
    begun.browser.advance(1min);
    for (int i = 0; i < 8; ++i) {
      begun.browser.expect_connection().refuse();
      begun.browser.advance(begun.session.status().retry_in);
    }
    begun.browser.expect_connection();  // 64 minutes after the end
  }
}

TEST_CASE("hidden page: retry_now and reconnect connect, and restart the grace") {
  Hidden hidden;
  hidden.browser.advance(1h);
  if (GENERATE(true, false))
    hidden.session.retry_now();
  else
    CHECK(hidden.session.reconnect());
  hidden.browser.advance(10s);
  auto peer = hidden.open();
  hidden.browser.advance(59s);
  peer.expect_nothing();
  hidden.browser.advance(1s);
  peer.expect_close();
  peer.answer_close();
  CHECK(hidden.is_hidden());
}

TEST_CASE("hidden page: attempts that follow retry_now restart the grace") {
  Hidden hidden;
  hidden.session.retry_now();
  hidden.browser.expect_connection().refuse();
  hidden.browser.advance(30s);  // 1, 2, 4, 8 s later
  for (int i = 0; i < 4; ++i) {
    hidden.browser.expect_connection().refuse();
    hidden.browser.advance(hidden.session.status().retry_in);
  }
  hidden.browser.advance(1min);
  CHECK(hidden.is_hidden());
}

TEST_CASE("hidden page: retry_now while the connection is closing reconnects after that") {
  const bool can_close = GENERATE(true, false);
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  if (!can_close) begun.browser.throw_from_close();
  hawser::spawn([](Session& session) -> hawser::Task<> {
    (void)co_await hawser::sleep_for(1min);
    (void)co_await hawser::sleep_for(0ms);  // the grace is over, and nothing else has happened
    session.retry_now();
  }(begun.session));
  begun.browser.advance(1min);
  begun.browser.behave();
  if (can_close) peer.answer_close();
  begun.open();
}

TEST_CASE("hidden page: reconnect while the connection is closing reconnects after that") {
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  begun.browser.advance(1min);
  CHECK(begun.session.reconnect());
  peer.answer_close();
  begun.open();
}

TEST_CASE(
    "hidden page: a page that is visible before the connection has closed reconnects at once") {
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  begun.browser.advance(1min);
  begun.browser.show_page();
  begun.browser.run_until_idle();
  begun.next();
  peer.answer_close();
  CHECK(begun.next() == Lines{"close 1000 clean", "connecting"});
  begun.open();
}

TEST_CASE("hidden page: if the peer closes at the same moment, its reason is reported") {
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  SECTION("after the session's Close frame was sent") { begun.browser.advance(1min); }
  SECTION("before the grace is over, and its close event comes later") {
    begun.browser.advance(59s);
    peer.begin_close();
    begun.browser.advance(1s);
  }
  peer.close(1008, "logged out");
  CHECK(begun.next().back() == "stopped");
  CHECK(begun.session.status().why == StopReason::policy_violation);
}

TEST_CASE(
    "hidden page: a delay that a peer asks for at the same moment applies when the page is "
    "visible") {
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  begun.browser.advance(1min);
  peer.close(1013, "later");
  CHECK(begun.is_hidden());
  begun.browser.show_page();
  begun.browser.advance(9s);
  begun.browser.expect_no_connection();
  begun.browser.advance(1s);
  begun.open();
}

TEST_CASE("hidden page: retry_now while open restarts the grace") {
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  begun.browser.advance(50s);
  begun.session.retry_now();
  begun.browser.advance(59s);
  peer.expect_nothing();
  begun.browser.advance(1s);
  peer.expect_close();
}

TEST_CASE("hidden page: a session that has stopped has no timer") {
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  begun.browser.run_until_idle();
  CHECK(begun.session.close());
  peer.answer_close();
  begun.browser.run_until_idle();
  CHECK(begun.browser.pending_timers() == 0);
}

TEST_CASE(
    "hidden page: a peer that does not answer the Close frame is dropped after close_timeout") {
  Begun begun;
  auto peer = begun.open();
  begun.next();
  begun.browser.hide_page();
  begun.browser.advance(1min);
  peer.expect_close();
  begun.browser.advance(6s);
  CHECK(begun.next().back() == "waiting, hidden");
}

TEST_CASE("hidden page: a connection that the browser can't close is dropped") {
  Begun begun;
  begun.open();
  begun.next();
  begun.browser.hide_page();
  begun.browser.throw_from_close();
  begun.browser.advance(1min);
  CHECK(begun.next() == Lines{"error aborted", "close 1006 unclean", "waiting, hidden"});
  begun.browser.behave();
  begun.browser.show_page();
  begun.open();
}

TEST_CASE(
    "hidden page: close ends the wait, and the session stays closed when the page is visible") {
  Hidden hidden;
  CHECK(hidden.session.close());
  hidden.browser.run_until_idle();
  CHECK(hidden.session.status().why == StopReason::closed_by_app);
  hidden.browser.show_page();
  hidden.browser.advance(1h);
  hidden.browser.expect_no_connection();
}

TEST_CASE("hidden page: close while the connection is closing stops the session") {
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  begun.browser.advance(1min);
  CHECK(begun.session.close());
  peer.answer_close();
  CHECK(begun.session.status().why == StopReason::closed_by_app);
}

TEST_CASE("hidden page: a session that is destroyed leaves nothing behind") {
  std::optional<Hidden> hidden(std::in_place);
  hidden->session = {};
  hidden->browser.run_until_idle();
  CHECK(hidden->browser.pending_timers() == 0);
  CHECK(hidden->browser.attached_sockets() == 0);
}

// The network

TEST_CASE("hidden page: a network that is back changes nothing until the page is visible") {
  Hidden hidden;
  hidden.browser.go_offline();
  hidden.browser.advance(1h);
  hidden.browser.go_online();
  hidden.browser.advance(1h);
  hidden.browser.expect_no_connection();
  CHECK(hidden.next().empty());
  hidden.browser.show_page();
  hidden.open();
}

TEST_CASE("hidden page: a visible page without a network waits for the network") {
  Hidden hidden;
  hidden.browser.go_offline();
  hidden.browser.show_page();
  hidden.browser.run_until_idle();
  CHECK(hidden.next() == Lines{"waiting, offline"});
  hidden.browser.advance(1h);
  hidden.browser.expect_no_connection();
  hidden.browser.go_online();
  hidden.open();
}

TEST_CASE("hidden page: a wait for the network becomes a wait for the page") {
  Begun begun;
  auto peer = begun.open();
  begun.browser.go_offline();
  peer.cut();
  begun.browser.hide_page();
  begun.browser.advance(30s);
  CHECK(begun.session.status().is_offline);
  begun.browser.advance(30s);
  CHECK(begun.is_hidden());
  begun.browser.go_online();
  begun.browser.advance(1h);
  begun.browser.expect_no_connection();
  begun.browser.show_page();
  begun.open();
}

// The life of a page

TEST_CASE(
    "hidden page: a session that starts in a hidden page connects, and gets the grace from then "
    "on") {
  Begun before;
  before.open();
  before.browser.hide_page();
  before.browser.advance(1h);
  Session session("ws://later/", closing());
  auto peer = before.browser.expect_connection("ws://later/");
  peer.accept();
  before.browser.advance(59s);
  peer.expect_nothing();
  before.browser.advance(1s);
  peer.expect_close();
}

TEST_CASE("hidden page: in a page that starts hidden, the grace counts from the start") {
  Browser browser;
  browser.hide_page();
  Session session("ws://host/", closing());
  auto peer = browser.expect_connection();
  peer.accept();
  browser.advance(1min);
  peer.expect_close();
}

TEST_CASE("hidden page: an idle session stays idle, and a stopped one stopped") {
  auto options = closing();
  options.start = hawser::Start::later;
  Begun begun(options);
  begun.browser.hide_page();
  begun.browser.advance(1h);
  CHECK(begun.session.status().state == SessionState::idle);
  begun.session.retry_now();
  auto peer = begun.open();
  peer.close(1008);
  begun.browser.advance(1h);
  begun.browser.show_page();
  begun.browser.advance(1h);
  CHECK(begun.session.status().state == SessionState::stopped);
  begun.browser.expect_no_connection();
}

TEST_CASE("hidden page: a page that is visible when late timers fire keeps its connection") {
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  if (GENERATE(true, false)) begun.browser.advance(30s);
  begun.browser.block(1h);  // frozen: the timers fire first, and the event follows
  begun.browser.show_page();
  begun.browser.advance(1h);
  peer.expect_nothing();
}

TEST_CASE("hidden page: a page that stays hidden when late timers fire closes its connection") {
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  if (GENERATE(true, false)) begun.browser.advance(30s);
  begun.browser.block(1h);
  peer.expect_close();
}

TEST_CASE("hidden page: a network that is back exactly when the grace ends is not forgotten") {
  Begun begun;
  auto peer = begun.open_in_hidden_page();
  begun.browser.advance(30s);
  begun.browser.go_offline();
  peer.cut();
  begun.browser.go_online();
  begun.browser.block(1h);
  begun.browser.show_page();
  begun.open();
}

TEST_CASE(
    "hidden page: the back/forward cache ends the connection, and a visible page reconnects") {
  const bool is_grace_over = GENERATE(true, false);
  Begun begun;
  begun.open();
  begun.browser.hide_page();
  if (is_grace_over) {
    begun.browser.advance(1min);
    begun.browser.peer().answer_close();
    CHECK(begun.is_hidden());
  }
  begun.browser.leave_page();
  begun.browser.advance(1h);
  if (GENERATE(true, false)) {
    begun.browser.return_to_page();
    begun.browser.show_page();
  } else {
    begun.browser.show_page();
    begun.browser.return_to_page();
  }
  begun.open();
}

TEST_CASE(
    "hidden page: a page that returns from the cache and is still hidden does not reconnect") {
  Begun begun;
  begun.open();
  begun.browser.hide_page();
  begun.browser.leave_page();
  begun.browser.advance(1h);
  begun.browser.return_to_page();
  begun.browser.advance(1h);
  CHECK(begun.is_hidden());
  begun.browser.expect_no_connection();
  begun.browser.show_page();
  begun.open();
}
