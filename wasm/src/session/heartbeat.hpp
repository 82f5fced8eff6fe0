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

/// Pings a peer that stopped responding, and ends the connection if it does not answer. `Liveness` decides when.
class Heartbeat : private Timer {
 public:
  Heartbeat(SessionCore& session, const HeartbeatOptions& options) noexcept;

  /// A connection has opened. Forgets the one before.
  void opened() noexcept { liveness_.opened(now()); }

  /// From now on the connection is checked, until `stop`.
  void start();
  void stop() noexcept { leave(); }

  /// A message has arrived.
  void received() noexcept {
    if (liveness_.is_on()) liveness_.received(now());  // else it would ask for the time for nothing
  }

  /// That message answers a ping: returns the round-trip time, if it is known.
  std::optional<std::chrono::milliseconds> ponged() noexcept { return liveness_.ponged(now()); }

  /// Checks now, since timers may have stood still.
  void check() { check(false); }

 private:
  /// What happens when the timer fires.
  enum class Step : std::uint8_t {
    check,            // the next check
    check_once_more,  // the connection looks dead, but a message may have been queued behind the timer
    make_up,          // make_ping has thrown
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
