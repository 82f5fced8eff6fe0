#include "home.hpp"

#include <hawser/io_thread.hpp>

#include "../socket/deferred_destruction.hpp"
#include "signal.hpp"

namespace hawser::detail {

Home Home::of(const IoThread& thread) {
  if (thread.loop_) return {.thread = thread.loop_->thread};
  static const auto& none = *new std::shared_ptr<LoopThread>([] {
    auto ended = std::make_shared<LoopThread>();
    ended->end();
    return ended;
  }());
  return {.thread = none};
}

std::optional<Home> Home::of_this_thread() {
  if (!OwnerThread::is_possible()) return std::nullopt;
  switch (way_of_waiting()) {
    case Waiting::cannot: return std::nullopt;
    case Waiting::suspends: return Home{};
    case Waiting::blocks: break;
  }
  auto owner = shared_loop();
  return Home{.thread = owner->thread, .owner = owner};
}

bool Home::can_wait() const noexcept {
  if (!OwnerThread::is_possible()) return false;
  if (thread && thread->is_this()) return false;  // it would wait for itself
  switch (way_of_waiting()) {
    case Waiting::cannot: return false;
    case Waiting::blocks: return true;
    case Waiting::suspends: return event_depth() == 0;
  }
  return false;
}

}  // namespace hawser::detail
