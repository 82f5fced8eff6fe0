#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// A browser that does what the test tells it, while it lives, and notes what the library asks of it.
///
/// Natively it stands behind the seam (scripted_seam.cpp). In wasm the real shim runs, on a scripted
/// `WebSocket` class and a scripted clock (scripted_globals.cpp). The same test cases run on both.
///
/// Events go to the socket that was constructed last, or to the one that was chosen since. An exception that comes out
/// of one is caught and counted, as a browser reports it.
class ScriptedBrowser {
 public:
  enum class Support : std::uint8_t { no, yes };

  explicit ScriptedBrowser(Support support = Support::yes);

  /// Whatever still waits for a turn of the event loop, or for a deadline, gets it first.
  ~ScriptedBrowser();
  ScriptedBrowser(const ScriptedBrowser&) = delete;
  ScriptedBrowser& operator=(const ScriptedBrowser&) = delete;

  /// Has events go to the `nth` socket that was constructed in this browser, counted from 0.
  void choose(int nth);

  // What happens.
  void open(std::string_view protocol = {}, std::string_view extensions = {});
  void text(std::string_view message);
  void binary(std::span<const std::byte> message);
  void error();
  void close(int code, std::string_view reason = {}, bool was_clean = true);
  void advance(std::chrono::milliseconds time);
  /// The thread is busy for so long, and then runs each timer that is due, before any event that was queued meanwhile.
  void stall(std::chrono::milliseconds time);
  /// The page hears of its network, or is seen or hidden.
  void page(bool is_online, bool is_visible = true);

  // How it behaves.
  void throw_from_constructor(std::string_view exception_name);
  void close_from_the_start();  ///< `readyState` is 3 when the constructor returns, as in Chromium under a policy.
  void throw_from_send();
  void throw_from_next_send();
  void throw_from_close();
  /// The peer's Close frame is there, its close event is not yet: `readyState` is 2.
  void begin_closing();
  /// undici 8 raises error and close inside `close()`.
  void end_inside_close();
  void fail_inside_close();  ///< The error alone, and the close event later.
  void end_inside_send();
  void behave();  ///< It does none of that any more.
  void set_buffered_amount(double bytes);

  // What was asked of it: "new URL [protocols]", "send text …", "send binary HEX", "close CODE REASON".
  std::vector<std::string> calls() const;
  int made_calls() const;  ///< How many.
  int reported_exceptions() const;
  int attached_sockets() const;  ///< That still have handlers, so that events would reach the library.
  int pending_timers() const;
};
