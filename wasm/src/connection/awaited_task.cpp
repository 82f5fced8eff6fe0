// Handles JavaScript exceptions that escape from tasks. Linked only into programs that have tasks
// and are compiled with WebAssembly exceptions.

#include <hawser/detail/awaited_task.hpp>

#include <memory>

#include "../socket/seam.hpp"
#include "kept_exception.hpp"

namespace hawser::detail {

namespace {

/// The awaited tasks of this thread. Never freed, like the rings of the scheduler.
constinit thread_local Ring<AwaitedTask>* awaited_tasks = nullptr;

}  // namespace

void AwaitedTask::start(std::coroutine_handle<> task) {
  static const bool may_start_tasks = seam::hawser_may_start_tasks();
  if (!may_start_tasks) return task.resume();
  if (const int exception = seam::hawser_start_task(task.address())) {
    exception_ = std::make_shared<const KeptException>(exception);
  }
}

void AwaitedTask::watch(std::coroutine_handle<> task, Suspended awaiting) {
  if (!awaited_tasks) {
    awaited_tasks = new Ring<AwaitedTask>;
    seam::hawser_watch_exceptions();
  }
  task_ = task;
  set_coroutine(awaiting);
  wait(*awaited_tasks);
}

bool AwaitedTask::pass_on(const std::shared_ptr<const KeptException>& exception) {
  if (!awaited_tasks) return false;  // an earlier thread on the same worker was watching
  bool is_passed_on = false;
  Link* next = nullptr;
  for (Link* link = &awaited_tasks->next(); link != awaited_tasks; link = next) {
    next = &link->next();
    auto& task = static_cast<AwaitedTask&>(*link);
    if (!task.task_.done()) continue;
    if (exception) {
      task.exception_ = exception;
      task.end();
      is_passed_on = true;
    } else {
      task.leave();  // otherwise it would also get the next exception, which is another task's
    }
  }
  return is_passed_on;
}

}  // namespace hawser::detail

void hawser::seam::hawser_resume_task(void* task) {
  std::coroutine_handle<>::from_address(task).resume();
}

bool hawser::seam::hawser_on_exception(int exception) {
  return detail::AwaitedTask::pass_on(
      exception ? std::make_shared<const detail::KeptException>(exception) : nullptr);
}
