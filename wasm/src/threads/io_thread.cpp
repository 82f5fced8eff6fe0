#include <hawser/io_thread.hpp>

#include <utility>

#include "loop_thread.hpp"

namespace hawser {

IoThread::IoThread() : loop_(std::make_shared<detail::LoopOwner>(detail::LoopThread::start())) {}

bool IoThread::run(Handler<void()> function) const {
  return loop_ && loop_->thread->post(std::move(function));
}

bool IoThread::run_task(Task<> task) const {
  if (!loop_) return false;
  return loop_->thread->post([thread = loop_->thread, task = std::move(task)]() mutable {
    [[maybe_unused]] const auto spawned = thread->tasks().spawn(std::move(task));
  });
}

bool IoThread::is_running() const noexcept { return loop_ && !loop_->thread->is_ending(); }

}  // namespace hawser
