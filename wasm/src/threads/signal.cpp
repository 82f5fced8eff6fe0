#include "signal.hpp"

#ifdef __EMSCRIPTEN__
#include <emscripten/threading.h>

#include <climits>
#include <cmath>

#include "../socket/seam.hpp"
#endif

namespace hawser::detail {

#ifdef __EMSCRIPTEN__

Waiting way_of_waiting() noexcept {
  static thread_local const Waiting way = static_cast<Waiting>(seam::hawser_way_of_waiting());
  return way;
}

void Signal::notify() noexcept {
  changes_.fetch_add(1);
  if (waiting_.load() == 0) return;
#ifdef __EMSCRIPTEN_PTHREADS__
  emscripten_futex_wake(&changes_, INT_MAX);
#else
  seam::hawser_end_suspension(&changes_);
#endif
}

void Signal::wait(std::uint32_t seen, const std::optional<Clock::time_point>& deadline) noexcept {
  double left = INFINITY;  // in milliseconds
  if (deadline) left = std::chrono::duration<double, std::milli>(*deadline - Clock::now()).count();
  if (left <= 0) return;
  waiting_.fetch_add(1);
  if (way_of_waiting() == Waiting::suspends) {
    seam::hawser_suspend(&changes_, seen, left);
  } else {
#ifdef __EMSCRIPTEN_PTHREADS__
    emscripten_futex_wait(&changes_, seen, left);
#endif
  }
  waiting_.fetch_sub(1);
}

#else

Waiting way_of_waiting() noexcept { return Waiting::blocks; }

void Signal::notify() noexcept {
  {
    const std::lock_guard lock(mutex_);
    changes_.fetch_add(1);
  }
  changed_.notify_all();
}

void Signal::wait(std::uint32_t seen, const std::optional<Clock::time_point>& deadline) noexcept {
  const auto is_changed = [&] { return changes_.load() != seen; };
  std::unique_lock lock(mutex_);
  if (deadline)
    changed_.wait_until(lock, *deadline, is_changed);
  else
    changed_.wait(lock, is_changed);
}

#endif

}  // namespace hawser::detail
