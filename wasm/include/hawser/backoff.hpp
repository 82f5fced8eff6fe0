#pragma once

#include <chrono>
#include <cstdint>

#include <hawser/detail/platform.hpp>

namespace hawser {

/// How delays vary at random, so that many clients that lost their server don't all reconnect at
/// the same moment.
///
/// Below, d is the bound for the next delay. It starts at `BackoffOptions::base` and is multiplied
/// by `BackoffOptions::factor` with each attempt, up to `BackoffOptions::cap`. Each attempt draws a
/// new random number.
enum class Jitter : std::uint8_t {
  none,          ///< Exactly d. For tests, or if there is only one client.
  equal,         ///< From d / 2 to d.
  full,          ///< From 0 to d. Spreads the attempts best.
  decorrelated,  ///< From `base` to 3 times the previous delay, at most `cap`. Ignores `factor`.
};

/// Returns the name of the enumerator, NUL-terminated, or "unknown" for any other number.
constexpr const char* name(Jitter jitter) noexcept {
  switch (jitter) {
    case Jitter::none: return "none";
    case Jitter::equal: return "equal";
    case Jitter::full: return "full";
    case Jitter::decorrelated: return "decorrelated";
  }
  return "unknown";
}

/// How long to wait before reconnecting.
///
/// See docs/scale.md for the numbers behind the defaults. Out-of-range values are clamped: the
/// bound of a delay is never zero, and never longer than a browser's longest timer.
struct BackoffOptions {
  /// The bound of the first delay, from 1 ms to 24 days.
  ///
  /// With the default jitter, 4 s means two seconds on average. With a much smaller value, all
  /// clients of a restarted server reconnect within its first second.
  std::chrono::milliseconds base = std::chrono::seconds(4);

  /// The bound of every delay, from `base` to 24 days.
  ///
  /// By default, no client waits longer than half a minute after its server is back.
  std::chrono::milliseconds cap = std::chrono::seconds(30);

  /// How much the bound grows with each attempt. Values below 1 and NaN count as 1.
  double factor = 2;

  /// How delays vary at random. For the same average delay, the default has the lowest load peaks.
  Jitter jitter = Jitter::full;
};

}  // namespace hawser
