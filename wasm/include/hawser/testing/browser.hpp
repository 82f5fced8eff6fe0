#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include <hawser/handler.hpp>
#include <hawser/testing/engine.hpp>
#include <hawser/testing/peer.hpp>

// A browser for tests: no network, no waiting, the same result each time.
//
//     hawser::testing::Browser browser;
//     hawser::Session session("wss://example.org/feed");
//     auto peer = browser.expect_connection();
//     peer.accept();
//     peer.cut();
//     browser.advance(30s);
//     browser.expect_connection().accept();

namespace hawser::testing {

/// The options of a `Browser`.
struct BrowserOptions {
  /// The engine whose events it imitates.
  Engine engine = Engine::chromium;

  /// The seed of the random numbers that sessions draw their delays from.
  std::uint64_t seed = 1;

  /// Whether the browser has a WebSocket at all. Without it, opening returns `Error::unsupported`.
  ///
  /// A program asks once, and remembers the answer: this counts for its first `Browser` only.
  bool is_supported = true;
};

/// A browser that does what a test says, and remembers what the application has asked of it.
///
/// hawser runs unchanged on it: sockets, connections, coroutines, sessions. Time passes only in
/// `advance` and `block`. Natively this is what the library is linked with. In wasm it replaces
/// `WebSocket`, the timers, the clock and the random numbers of JavaScript while it lives.
///
/// A program has at most one at a time, on the thread that has the sockets. Create it before the
/// first socket, and destroy it after the last.
class Browser {
 public:
  explicit Browser(BrowserOptions options = {});
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  /// Runs everything that still waits for its time, so that nothing is left for the next test.
  ~Browser();

  // Connections

  /// Returns the peer of the next connection that the application has started, in the order in which
  /// it started them.
  ///
  /// `url` is the URL to expect. Empty: any.
  Peer expect_connection(std::string_view url = {},
                         const std::source_location& where = std::source_location::current()) {
    const auto failure = find_connection(url);
    if (!failure.empty()) detail::fail(failure, where);
    return {*this, expected_connections_ - 1};
  }

  /// Expects that the application has started no other connection.
  void expect_no_connection(const std::source_location& where = std::source_location::current()) {
    const auto failure = find_no_connection();
    if (!failure.empty()) detail::fail(failure, where);
  }

  /// Calls `handler` with each connection that the application starts, from now on: a server that
  /// answers by itself. `expect_connection` does not return these connections, and their peers answer
  /// a Close frame unless `Peer::on_close` of the handler does something else.
  void on_connection(Handler<void(Peer)> handler);

  /// How many connections the application has started.
  int connections() const;

  /// The peer of the connection that was started last, whether it was expected or not.
  Peer peer(const std::source_location& where = std::source_location::current()) {
    if (connections() == 0) detail::fail("the application has started no connection", where);
    return {*this, connections() - 1};
  }

  /// The peer of the `nth` connection, counted from 0.
  Peer peer(int nth) { return {*this, nth}; }

  // Time

  /// Runs everything that is due now, without letting time pass.
  void run_until_idle() { advance(std::chrono::milliseconds(0)); }

  /// Lets time pass, and runs everything that becomes due, in order: timers, deadlines, heartbeats,
  /// delays.
  void advance(std::chrono::milliseconds time);

  /// Keeps the thread busy for so long: nothing runs meanwhile. Then each timer that is due runs,
  /// before any event that was queued.
  void block(std::chrono::milliseconds time);

  /// The time of the virtual clock. It continues from one `Browser` to the next.
  std::chrono::milliseconds now() const;

  // The page

  /// The network is gone. Connections stay until `Peer::cut`, as they do in browsers.
  void go_offline() { set_page(false, is_visible_); }

  /// The network is back.
  void go_online() { set_page(true, is_visible_); }

  /// The user looks at another tab.
  void hide_page() { set_page(is_online_, false); }

  /// The user looks at the page again.
  void show_page() { set_page(is_online_, true); }

  /// The page goes into the back/forward cache: the event pagehide. It stands still, and its
  /// connections are lost.
  void leave_page();

  /// The page is back: the event pageshow, then the events of its lost connections. Late timers run
  /// when the program runs next.
  void return_to_page();

  // Faults

  /// The constructor throws a `DOMException` of this name: "SecurityError" is what browsers throw if
  /// a policy forbids the connection.
  void throw_from_constructor(std::string_view exception_name);

  /// The constructor returns a socket that is closed already, as Chromium does under a policy.
  void close_from_the_start();

  /// Each `send` throws an exception that the standard does not have.
  void throw_from_send();

  /// The next `send` throws such an exception.
  void throw_from_next_send();

  /// Each `close` throws such an exception.
  void throw_from_close();

  /// `close` raises error and close before it returns, as in Node 22 to 26.
  void end_inside_close();

  /// `close` raises error before it returns, and close later.
  void fail_inside_close();

  /// `send` raises close before it returns.
  void end_inside_send();

  /// None of that any more.
  void behave();

  // What the application has done, to look for leaks

  /// Each call of the browser's WebSocket: "new URL [PROTOCOLS]", "send text TEXT", "send binary HEX",
  /// "close CODE REASON", and "close" for a connection that was given up.
  std::vector<std::string> calls() const;

  /// How many calls.
  int made_calls() const;

  /// Exceptions that left a handler of the application, which a browser would report.
  int reported_exceptions() const;

  /// Sockets whose events still reach the application.
  int attached_sockets() const;

  /// Timers that are set.
  int pending_timers() const;

 private:
  friend class Peer;

  std::string find_connection(std::string_view url);
  std::string find_no_connection();
  void set_page(bool is_online, bool is_visible);
  void attend();

  /// What the peers know.
  struct State;
  std::unique_ptr<State> state_;
  int expected_connections_ = 0;
  bool is_online_ = true;
  bool is_visible_ = true;
  bool is_left_ = false;
};

}  // namespace hawser::testing
