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
  /// The engine to imitate.
  Engine engine = Engine::chromium;

  /// The seed of the random numbers from which sessions draw their delays.
  std::uint64_t seed = 1;

  /// Whether the browser has a WebSocket at all. Without it, opening returns `Error::unsupported`.
  ///
  /// hawser checks this once per program, so it counts only for the first `Browser`.
  bool is_supported = true;
};

/// A browser that follows the test's script and records the application's calls.
///
/// All of hawser runs on it unchanged: sockets, connections, coroutines, sessions. Time passes only
/// in `advance` and `block`. Native programs link the library with it. In wasm, as long as it
/// exists, it replaces JavaScript's `WebSocket`, timers, clock and random numbers. Timers of hawser
/// that are already running continue on its clock: they may fire at the first `advance`.
///
/// A program may have only one at a time, on the thread of its sockets. Create it before the first
/// socket, and destroy it after the last.
class Browser {
 public:
  /// Starts a browser. Prints a sentence and aborts if this thread has one already.
  explicit Browser(BrowserOptions options = {});
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  /// Runs all pending work, so that none is left for the next test.
  ~Browser();

  // Connections

  /// Returns the peer of the next connection that the application has started, in the order of
  /// their start.
  ///
  /// `url` is the expected URL. If it is empty, any URL is accepted.
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

  /// Calls `handler` with the peer of each connection that the application starts from now on. Use
  /// it for a server that answers without further calls.
  ///
  /// `expect_connection` does not return these connections. Their peers answer a Close frame,
  /// unless the handler calls `Peer::on_close` to do something else.
  void on_connection(Handler<void(Peer)> handler);

  /// The number of connections that the application has started.
  int connections() const;

  /// The peer of the last connection that was started, whether it was expected or not.
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

  /// Keeps the thread busy for this long: nothing else runs. After that, all due timers run before
  /// any queued event.
  void block(std::chrono::milliseconds time);

  /// The time of the virtual clock. It continues from one `Browser` to the next.
  std::chrono::milliseconds now() const;

  // The page

  /// Takes the network away. Connections stay until `Peer::cut`, as they do in browsers.
  void go_offline() { set_page(false, is_visible_); }

  /// Brings the network back.
  void go_online() { set_page(true, is_visible_); }

  /// Hides the page, as when the user switches to another tab.
  void hide_page() { set_page(is_online_, false); }

  /// Shows the page again.
  void show_page() { set_page(is_online_, true); }

  /// Puts the page into the back/forward cache, with the event pagehide. The page freezes, and its
  /// connections are lost.
  void leave_page();

  /// Brings the page back: the event pageshow, then the events of its lost connections. Late timers
  /// run when the program runs next.
  void return_to_page();

  // Faults

  /// Makes the constructor throw a `DOMException` with this name. Browsers throw "SecurityError" if
  /// a policy forbids the connection.
  void throw_from_constructor(std::string_view exception_name);

  /// Makes the constructor return a socket that is already closed, as Chromium does under a policy.
  void close_from_the_start();

  /// Makes each `send` throw an exception that the standard does not have.
  void throw_from_send();

  /// Makes the next `send` throw such an exception.
  void throw_from_next_send();

  /// Makes each `close` throw such an exception.
  void throw_from_close();

  /// Makes `close` raise error and close before it returns, as in Node 22 to 26.
  void end_inside_close();

  /// Makes `close` raise error before it returns, and close later.
  void fail_inside_close();

  /// Makes `send` raise close before it returns.
  void end_inside_send();

  /// Turns all faults off.
  void behave();

  // The application's calls, and what to check for leaks

  /// Each call of the browser's WebSocket: "new URL [PROTOCOLS]", "send text TEXT", "send binary
  /// HEX", "close CODE REASON", and "close" for a connection that was given up.
  std::vector<std::string> calls() const;

  /// The number of these calls.
  int made_calls() const;

  /// The number of exceptions that left a handler of the application. A browser would report them.
  int reported_exceptions() const;

  /// The number of sockets whose events still reach the application.
  int attached_sockets() const;

  /// The number of timers that are set.
  int pending_timers() const;

 private:
  friend class Peer;

  std::string find_connection(std::string_view url);
  std::string find_no_connection();
  void set_page(bool is_online, bool is_visible);
  void attend();

  /// The state that the peers use.
  struct State;
  std::unique_ptr<State> state_;
  int expected_connections_ = 0;
  bool is_online_ = true;
  bool is_visible_ = true;
  bool is_left_ = false;
};

}  // namespace hawser::testing
