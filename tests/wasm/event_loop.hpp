#pragma once

#include <concepts>

#include <hawser/task.hpp>

/// Runs the event loop for a turn while the test is suspended (JavaScript Promise Integration).
void turn_event_loop();

/// Milliseconds of a monotonic clock.
double now();

/// Suspends the test until `condition` holds. Returns false after two minutes: then something is
/// broken.
template <std::predicate Condition>
bool wait_until(Condition condition) {
  for (const double start = now(); !condition(); turn_event_loop()) {
    if (now() - start > 120'000) return false;
  }
  return true;
}

/// Suspends the test until `task` has ended, and rethrows its exception. A task that has not ended
/// after two minutes fails the test, and is destroyed where it waits.
void run(hawser::Task<> task);
