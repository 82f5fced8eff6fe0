#pragma once

#include <hawser/backoff.hpp>

#include <chrono>
#include <cstdint>

namespace hawser::detail {

/// The delays between attempts to connect: exponential, bounded, and with random jitter.
class Backoff {
 public:
  explicit Backoff(const BackoffOptions& options = {}) noexcept;

  /// Returns the delay before the next attempt, in whole milliseconds and at most the cap. `random`
  /// is a new random number from [0, 1). Numbers outside of that are clamped, and NaN counts as 1,
  /// the longest delay.
  std::chrono::milliseconds next(double random) noexcept;

  /// Starts again with `base` and no attempts.
  void reset() noexcept;

  /// Makes the next delay as short as the first one, and keeps the number of attempts.
  void reset_delay() noexcept;

  /// The number of delays that `next` has returned since the last `reset`. It stops at its largest
  /// value.
  std::uint32_t attempt() const noexcept { return attempt_; }

 private:
  double base_;
  double cap_;
  double factor_;
  double bound_;  // bound of the next delay; with Jitter::decorrelated, the last delay
  std::uint32_t attempt_ = 0;
  Jitter jitter_;
};

}  // namespace hawser::detail
