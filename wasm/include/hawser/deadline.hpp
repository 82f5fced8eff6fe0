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
/// It converts to the time that is left, for `WaitOptions::timeout` and `connect_timeout`. Once it
/// has passed, a wait takes only what is available, and `connect` returns `Error::invalid_timeout`:
/// check `left()` first.
class Deadline {
 public:
  /// Creates a deadline that is `delay` from now. More than 24 days means no deadline.
  explicit Deadline(std::chrono::milliseconds delay) noexcept;

  /// The time that is left, rounded up to a millisecond. Zero once the deadline has passed.
  ///
  /// A wait with a timeout of zero takes only what is available already.
  std::chrono::milliseconds left() const noexcept;

  /// The same as `left()`.
  operator std::chrono::milliseconds() const noexcept { return left(); }

 private:
  double moment_;  // on the clock that timers use
};

}  // namespace hawser
