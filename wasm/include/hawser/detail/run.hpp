#pragma once

#include <coroutine>

namespace hawser::detail {

/// Marks on the stack that a coroutine runs, and for which job: the task that `start` or a `Scope` runs, with all that it
/// awaits. A task may destroy its own job, whose frames can go only when none of them runs any more.
class Run {
 public:
  /// `job` is the address of the job's coroutine; null for what no one can destroy.
  explicit Run(void* job) noexcept : job_(job), outer_(current) { current = this; }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    current = outer_;
    if (is_abandoned_) std::coroutine_handle<>::from_address(job_).destroy();
  }

  /// The job that runs now.
  static void* job() noexcept { return current ? current->job_ : nullptr; }

  /// Destroys a job: now, or if it runs, at its next wait.
  static void destroy(std::coroutine_handle<> job) {
    Run* outermost = nullptr;
    for (Run* run = current; run; run = run->outer_) {
      if (run->job_ == job.address()) outermost = run;
    }
    if (outermost)
      outermost->is_abandoned_ = true;
    else
      job.destroy();
  }

  /// Where nothing runs: at the beginning of an event.
  static void forget_all() noexcept { current = nullptr; }

 private:
  static constinit thread_local Run* current;  // NOLINT(bugprone-dynamic-static-initializers): constinit

  void* job_;
  Run* outer_;
  bool is_abandoned_ = false;
};

}  // namespace hawser::detail
