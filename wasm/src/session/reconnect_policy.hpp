#pragma once

#include <hawser/close.hpp>
#include <hawser/reconnect.hpp>

#include <chrono>
#include <cstdint>

#include "backoff.hpp"

namespace hawser::detail {

/// The decisions of one session: `decide`, and what depends on how often and for how long it was tried.
///
/// `now` is milliseconds since any moment, of a clock that never goes back.
class ReconnectPolicy {
 public:
  explicit ReconnectPolicy(ReconnectOptions options = {});

  /// The session begins, or begins again after it stopped: nothing was tried yet.
  void start(std::chrono::milliseconds now) noexcept;

  /// A connection, or an attempt at one, has ended at `now`, after it was open for `uptime` (zero: it never was).
  /// `random` is drawn anew for each call, as `Backoff::next` says.
  Decision ended(const CloseEvent& event, EndedBy by, std::chrono::milliseconds uptime, std::chrono::milliseconds now,
                 double random) noexcept;

  /// The same with the app's own decision: `delay` is what is to be waited at the least, and counts as zero where it is
  /// negative.
  Decision ended(const Decision& decided, std::chrono::milliseconds uptime, std::chrono::milliseconds now,
                 double random) noexcept;

  /// A time in which nothing could be tried, as while the browser is offline: it doesn't count for `give_up_after`.
  void paused(std::chrono::milliseconds duration) noexcept;

  /// Earlier failures say nothing about the next attempt, as when the network is back: the delay after it is as short
  /// as after a first one. `max_attempts` and `give_up_after` count on.
  void forget_failures() noexcept { backoff_.reset_delay(); }

  /// The number of the attempt that the last decision was for: 1 for the first after an end. Zero before.
  std::uint32_t attempt() const noexcept { return backoff_.attempt(); }

  const ReconnectOptions& options() const noexcept { return options_; }

 private:
  ReconnectOptions options_;
  Backoff backoff_;
  std::chrono::milliseconds tried_since_{0};
};

}  // namespace hawser::detail
