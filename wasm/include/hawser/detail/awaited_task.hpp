#pragma once

#include <coroutine>
#include <memory>

#include <hawser/detail/job.hpp>
#include <hawser/detail/ring.hpp>
#include <hawser/detail/waiter.hpp>

namespace hawser::detail {

struct KeptException;

/// A task that a coroutine awaits, in programs with WebAssembly exceptions.
///
/// C++ can't catch a JavaScript exception. The exception destroys the local variables of the
/// coroutines on the stack and leaves these coroutines at their end, without notifying their
/// promises. So each awaited task is in a ring. After such an exception, the ring is searched for
/// tasks that are at their end but have not reported it.
class AwaitedTask : public Waiter {
 public:
  /// Runs `task` to its first wait. If a JavaScript exception leaves it earlier, the task is at its
  /// end, and `resumed` returns the exception.
  void start(std::coroutine_handle<> task);

  /// Registers that `awaiting` waits for `task` from now on.
  void watch(std::coroutine_handle<> task, Suspended awaiting);

  /// Call this when the awaiting coroutine has resumed. Returns the JavaScript exception that left
  /// the task, if any.
  const std::shared_ptr<const KeptException>& resumed() {
    leave();
    return exception_;
  }

  /// Passes a JavaScript exception on to the coroutines that await a task that it left. Returns
  /// whether there were any. A null pointer stands for an exception that no coroutine may catch:
  /// coroutines that await such a task then wait until they are destroyed.
  static bool pass_on(const std::shared_ptr<const KeptException>& exception);

 private:
  std::coroutine_handle<> task_;
  std::shared_ptr<const KeptException> exception_;
};

}  // namespace hawser::detail
