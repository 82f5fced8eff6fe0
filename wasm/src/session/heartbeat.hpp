#pragma once

#include <hawser/heartbeat.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

#include <hawser/detail/waiter.hpp>

#include "clock.hpp"
#include "liveness.hpp"

namespace hawser::detail {

class SessionCore;

/// Pings a peer that has stopped sending, and ends the connection if it does not answer. `Liveness`
/// decides when.
class Heartbeat : private Timer {
 public:
  Heartbeat(SessionCore& session, const HeartbeatOptions& options) noexcept;

  /// A connection has opened. Forgets the previous one.
  void opened() noexcept { liveness_.opened(now()); }

  /// Checks the connection from now on, until `stop`.
  void start();
  void stop() noexcept { leave(); }

  /// A message has arrived.
  void received() noexcept {
    if (liveness_.is_on())
      liveness_.received(now());  // without this, it would read the clock for nothing
  }

  /// That message answers a ping. Returns the round-trip time, if it is known.
  std::optional<std::chrono::milliseconds> ponged() noexcept { return liveness_.ponged(now()); }

  /// Checks now, because timers may have been stopped for a while.
  void check() { check(false); }

 private:
  /// What happens when the timer fires.
  enum class Step : std::uint8_t {
    check,            // regular check
    check_once_more,  // the connection looks dead, but a message may be queued behind the timer
    make_up,          // make_ping threw
  };

  void fired();
  void step_soon(Step step);
  void check(bool is_last);
  void ping();
  void send(const Ping& ping);

  SessionCore& session_;
  const HeartbeatOptions& options_;
  Liveness liveness_;
  Step step_ = Step::check;
};

}  // namespace hawser::detail
