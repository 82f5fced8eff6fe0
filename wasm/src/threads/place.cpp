#include "place.hpp"

#include <hawser/io_thread.hpp>

#include "../socket/deferred_destruction.hpp"
#include "signal.hpp"

namespace hawser::detail {

Place Place::of(const IoThread& thread) {
  if (thread.loop_) return {.thread = thread.loop_->thread};
  static const auto& none = *new std::shared_ptr<LoopThread>([] {
    auto ended = std::make_shared<LoopThread>();
    ended->end();
    return ended;
  }());
  return {.thread = none};
}

std::optional<Place> Place::of_this_thread() {
  switch (way_of_waiting()) {
    case Waiting::cannot: return std::nullopt;
    case Waiting::suspends: return Place{};
    case Waiting::blocks: break;
  }
  auto owner = shared_loop();
  return Place{.thread = owner->thread, .owner = owner};
}

bool Place::can_wait() const noexcept {
  if (thread && thread->is_this()) return false;  // it would wait for itself
  switch (way_of_waiting()) {
    case Waiting::cannot: return false;
    case Waiting::blocks: return true;
    case Waiting::suspends: return event_depth() == 0;
  }
  return false;
}

}  // namespace hawser::detail
