#pragma once

#include <hawser/close.hpp>
#include <hawser/reconnect.hpp>

#include <chrono>
#include <cstdint>

#include "backoff.hpp"

namespace hawser::detail {

/// The reconnect decisions of one session: `decide`, and limits on how often and for how long it
/// retries.
///
/// `now` is milliseconds of a clock that never goes back.
class ReconnectPolicy {
 public:
  explicit ReconnectPolicy(ReconnectOptions options = {});

  /// The session starts or restarts, with no attempts so far.
  void start(std::chrono::milliseconds now) noexcept;

  /// A connection or an attempt has ended at `now`. It was open for `uptime`, zero if it never
  /// opened. `random` is a new random number from [0, 1).
  Decision ended(const CloseEvent& event, EndedBy by, std::chrono::milliseconds uptime,
                 std::chrono::milliseconds now, double random) noexcept;

  /// The same with the app's own decision. Its `delay` is the minimum wait, and a negative one
  /// counts as zero.
  Decision ended(const Decision& decided, std::chrono::milliseconds uptime,
                 std::chrono::milliseconds now, double random) noexcept;

  /// No attempt could be made for `duration`: for example, because the browser was offline.
  /// `give_up_after` excludes that time.
  void paused(std::chrono::milliseconds duration) noexcept;

  /// Earlier failures say nothing about the next attempt: for example, because the network is back.
  /// Makes the next delay as short as the first one. Does not reset `max_attempts` and
  /// `give_up_after`.
  void forget_failures() noexcept { backoff_.reset_delay(); }

  /// The number of the attempt that the last decision was about: 1 for the first after an end, and
  /// 0 before that.
  std::uint32_t attempt() const noexcept { return backoff_.attempt(); }

  const ReconnectOptions& options() const noexcept { return options_; }

 private:
  ReconnectOptions options_;
  Backoff backoff_;
  std::chrono::milliseconds tried_since_{0};
};

}  // namespace hawser::detail
