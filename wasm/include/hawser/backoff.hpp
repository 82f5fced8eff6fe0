#pragma once

#include <chrono>
#include <cstdint>

namespace hawser {

/// How chance spreads the attempts of many clients that lost their server at the same moment. Each draws anew for each
/// attempt. With d for the delay of this attempt, which grows by `BackoffOptions::factor` from `base` to `cap`:
enum class Jitter : std::uint8_t {
  none,          ///< d, the same for all: for tests, and where there is one client only.
  equal,         ///< From d / 2 to d.
  full,          ///< From 0 to d: what spreads best.
  decorrelated,  ///< From `base` to three times what was drawn last, at most `cap`; `factor` has no part in it.
};

/// The identifier of the value, NUL-terminated. "unknown" for a number that is no value.
constexpr const char* name(Jitter jitter) noexcept {
  switch (jitter) {
    case Jitter::none: return "none";
    case Jitter::equal: return "equal";
    case Jitter::full: return "full";
    case Jitter::decorrelated: return "decorrelated";
  }
  return "unknown";
}

/// How long to wait before connecting again. docs/scale.md has the figures behind the defaults.
///
/// Whatever the values, attempts are neither without a pause nor beyond what a timer can wait: see each.
struct BackoffOptions {
  /// The bound of the first delay. Less than 1 ms counts as 1 ms, and more than 24 days as 24 days. The default
  /// is two seconds on average, since a shorter one is what a restarted server's clients all begin with at once.
  std::chrono::milliseconds base = std::chrono::seconds(4);

  /// The bound of every delay. Less than `base` counts as `base`, and more than 24 days as 24 days. By
  /// default nobody waits for more than half a minute after a server is back.
  std::chrono::milliseconds cap = std::chrono::seconds(30);

  /// How much the bound grows with each attempt. Less than 1, and what is no number, counts as 1.
  double factor = 2;

  Jitter jitter = Jitter::full;
};

}  // namespace hawser
