#pragma once

#include <concepts>
#include <coroutine>

namespace hawser::detail {

/// The state that all coroutines of one job share. A job is a task that `start` or a `Scope` runs,
/// with the tasks that it awaits.
///
/// A task may destroy its own job. Coroutines can be destroyed only while none of them is running.
/// If one is running, the job is abandoned, and destroyed at its next wait.
struct JobState {
  /// `resume_by` is `resume_in_job`, as compiled in the code that starts the job.
  explicit JobState(void (*resume_by)(JobState&, std::coroutine_handle<>)) noexcept
      : resume(resume_by) {}

  /// Resumes a coroutine of this job.
  void (*const resume)(JobState&, std::coroutine_handle<>);

  std::coroutine_handle<> root;
  int running = 0;  // how many calls on the stack have resumed a coroutine of this job
  bool is_abandoned = false;

  void destroy() {
    if (running > 0)
      is_abandoned = true;
    else
      root.destroy();
  }
};

/// A promise with this base passes its coroutine's job on to the coroutine that it awaits.
struct PartOfJob {
  JobState* job = nullptr;
};

/// A coroutine that is about to wait, and its job if it has one.
struct Suspended {
  template <typename Promise>
  Suspended(std::coroutine_handle<Promise> of) noexcept : coroutine(of) {
    if constexpr (std::derived_from<Promise, PartOfJob>) job = of.promise().job;
  }

  std::coroutine_handle<> coroutine;
  JobState* job = nullptr;
};

/// Exists while a coroutine of the job is being resumed.
///
/// Without WebAssembly exceptions, a JavaScript exception skips the destructor. The job then counts
/// as running and is never destroyed, because its coroutines are neither finished nor suspended.
class Run {
 public:
  explicit Run(JobState& job) noexcept : job_(job) { ++job_.running; }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    if (--job_.running == 0 && job_.is_abandoned) job_.root.destroy();
  }

 private:
  JobState& job_;
};

// Two names, because a JavaScript exception destroys `run` in only one of them. The library itself
// may be compiled without exceptions, and linked with tasks compiled with them.
#ifdef __WASM_EXCEPTIONS__
inline namespace with_wasm_exceptions {
#else
inline namespace without_wasm_exceptions {
#endif

/// Resumes a coroutine of a job.
inline void resume_in_job(JobState& job, std::coroutine_handle<> coroutine) {
  const Run run(job);
  coroutine.resume();
}

}  // namespace with_wasm_exceptions or without

/// Resumes a coroutine.
inline void resume(const Suspended& suspended) {
  if (!suspended.job) return suspended.coroutine.resume();
  suspended.job->resume(*suspended.job, suspended.coroutine);
}

}  // namespace hawser::detail
