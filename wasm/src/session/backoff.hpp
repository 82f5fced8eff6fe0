#pragma once

#include <hawser/backoff.hpp>

#include <chrono>
#include <cstdint>

namespace hawser::detail {

/// The delays between attempts to connect: exponential, bounded, and spread by chance.
class Backoff {
 public:
  explicit Backoff(const BackoffOptions& options = {}) noexcept;

  /// The delay before the next attempt, of whole milliseconds and at most the cap. `random` is drawn anew for each
  /// call, evenly from [0, 1); what lies outside counts as the nearer end, and what is no number as 1, the longest
  /// delay.
  std::chrono::milliseconds next(double random) noexcept;

  /// Begins anew with `base`.
  void reset() noexcept;

  /// The next delay is as short as the first one; attempts count on.
  void reset_delay() noexcept;

  /// How many delays `next` gave since the beginning or `reset`. It stops at its largest value.
  std::uint32_t attempt() const noexcept { return attempt_; }

 private:
  double base_;
  double cap_;
  double factor_;
  double bound_;  // of the next delay; of Jitter::decorrelated, the last delay
  std::uint32_t attempt_ = 0;
  Jitter jitter_;
};

}  // namespace hawser::detail
