#include "signal.hpp"

#ifdef __EMSCRIPTEN__
#include <emscripten/threading.h>

#include <climits>

#include "../socket/seam.hpp"
#endif

namespace hawser::detail {

#ifdef __EMSCRIPTEN__

Waiting way_of_waiting() noexcept {
  static thread_local bool blocks = false;
  if (blocks) return Waiting::blocks;
  const auto way = static_cast<Waiting>(seam::hawser_way_of_waiting());
  blocks = way == Waiting::blocks;
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

void Signal::wait(std::uint32_t seen, std::chrono::duration<double, std::milli> longest) noexcept {
  waiting_.fetch_add(1);
  if (way_of_waiting() == Waiting::suspends) {
    seam::hawser_suspend(&changes_, seen, longest.count());
  } else {
#ifdef __EMSCRIPTEN_PTHREADS__
    emscripten_futex_wait(&changes_, seen, longest.count());
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

void Signal::wait(std::uint32_t seen, std::chrono::duration<double, std::milli> longest) noexcept {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, longest, [&] { return changes_.load() != seen; });
}

#endif

}  // namespace hawser::detail
