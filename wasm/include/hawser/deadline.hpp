#pragma once

#include <chrono>

#include <hawser/detail/platform.hpp>

namespace hawser {

/// A point in time that several waits share as their deadline.
///
///     const hawser::Deadline deadline(5s);
///     auto connection = co_await hawser::connect(url, {.connect_timeout = deadline});
///     if (!connection) co_return;
///     auto answer = co_await connection->receive({.timeout = deadline});  // 5 s for both together
///
/// It converts to the remaining time, for `WaitOptions::timeout` and `connect_timeout`. After the
/// deadline, a wait takes only what is already available, and `connect` returns
/// `Error::invalid_timeout`: check `left()` first.
class Deadline {
 public:
  /// Creates a deadline that is `delay` from now. More than 24 days means no deadline.
  explicit Deadline(std::chrono::milliseconds delay) noexcept;

  /// The remaining time, rounded up to a millisecond. Zero after the deadline.
  std::chrono::milliseconds left() const noexcept;

  /// The same as `left()`.
  operator std::chrono::milliseconds() const noexcept { return left(); }

 private:
  double moment_;  // on the clock of the timers
};

}  // namespace hawser
