#pragma once

#include <concepts>

#include <hawser/task.hpp>

/// Lets the event loop run for a turn, while the test stands still (JavaScript Promise Integration).
void turn_event_loop();

/// Milliseconds of a clock that never goes back.
double now();

/// Suspends the test until `condition` holds. False if it did not within half a minute: then something is
/// broken.
template <std::predicate Condition>
bool wait_until(Condition condition) {
  for (const double start = now(); !condition(); turn_event_loop()) {
    if (now() - start > 120'000) return false;
  }
  return true;
}

/// Suspends the test until `task` has ended, and throws what that let out. One that has not ended after half a minute
/// fails the test, and is destroyed where it waits.
void run(hawser::Task<> task);
