#pragma once

#include <chrono>

namespace hawser {

/// A moment that several waits share, so that together they take no longer:
///
///     const hawser::Deadline deadline(5s);
///     auto connection = co_await hawser::connect(url, {.connect_timeout = deadline});
///     auto answer = co_await connection->receive({.timeout = deadline});
///
/// It stands for the time that is left wherever a duration is wanted.
class Deadline {
 public:
  /// From now. More than 24 days are no deadline.
  explicit Deadline(std::chrono::milliseconds delay) noexcept;

  /// The time that is left, rounded up; zero once the moment has passed. A wait of zero takes only what is there already.
  std::chrono::milliseconds left() const noexcept;
  operator std::chrono::milliseconds() const noexcept { return left(); }

 private:
  double moment_;  // of the clock that timers use
};

}  // namespace hawser
